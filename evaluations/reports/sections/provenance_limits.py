"""What provenance does not show, and what was done about each other explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.section import SectionPlugin
from evaluations.reports.tables import table


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The standing limits, what was left out, and the other explanations one by one."""
    facts = Facts(snapshot)
    found = facts.provenance or {}
    rows = _explanations(facts, found) if found else []
    return {
        "items": (
            f"Whether {facts.vendor} itself asked a candidate for its outputs. Direct and indirect teaching give the "
            "same pattern.",
            "Which access route was used, and so which terms applied.",
            "Whether a model that is not on the candidate list is closer still.",
            "Anything about intent. Similar text can come from data that both models share.",
        ),
        "not_tested": tuple(fmt.sentence(str(item)) for item in found.get("not_tested") or ()),
        "left_out": tuple(fmt.sentence(str(item)) for item in found.get("left_out") or ()),
        "table": table(
            "Other explanations",
            ["Other explanation", "What this audit did about it"],
            rows,
            title="Other explanations",
            lead="long",
        ),
    }


def _explanations(facts: Facts, found: Json) -> list[list[str]]:
    base = (found.get("base") or {}).get("text") or "Not measured"
    rate = found.get("error_shared_data") or {}
    shared = (
        f"Error rate measured on {fmt.plural(rate['n'], 'model')} sharing data."
        if rate.get("n")
        else "Not tested."
    )
    variations = {str(row.get("variation") or "").lower() for row in found.get("sensitivity") or ()}

    def varied(word: str) -> str:
        names = [name for name in sorted(variations) if word in name]
        return f"Repeated {fmt.join(names)}, see the sensitivity table." if names else "Not tested."

    reported = facts.model(facts.student).get("model_reported") or ()
    served = fmt.plural(len(reported), "model name") if reported else "No model name"
    return [
        ["Shared starting weights", fmt.sentence(str(base))],
        ["Shared data, or a common third teacher", shared],
        ["Capable models agree", "Closeness is centred by the reference models."],
        ["Length and verbosity", varied("length")],
        ["Markdown and format", varied("format")],
        [
            "Decoding and system prompt",
            "One locked decoding configuration for every model that was run here.",
        ],
        ["Later preference training", "Not tested."],
        ["Paraphrase or style laundering", "Not tested. It weakens style evidence, not shared errors."],
        ["Tokenizers differ", "No statistic of this audit compares tokens."],
        [
            "A teacher version that is not in the panel",
            varied("date") if "date" in "".join(variations) else "Not tested.",
        ],
        ["Prompts in training data", "Not tested."],
        ["Closed candidate list", f"{fmt.plural(len(facts.candidates), 'candidate')} compared, no others."],
        ["Evasion, routing, caching", f"{served} reported with the answers."],
        ["Number format and runtime", "Recorded with each run where the backend says so."],
    ]


SECTION = SectionPlugin("What provenance does not show", 60, build, short="What it does not show")
