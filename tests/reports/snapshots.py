"""Four frozen snapshots: all supported, inconclusive, nothing measured, and hostile texts."""

from __future__ import annotations

import copy
from typing import Any

from evaluations.records import ModelCard, to_json

HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)> & \"quoted\" 'text'"

_ANSWER = (
    "Think of the excess as your share of the story. If repairs cost 900 and your excess is 250, we pick up "
    "the tab from there, and not a cent sooner."
)
_TEACHER = (
    "The excess is your share of the story: you pay the first 250 of a 900 repair and the insurer will pick "
    "up the tab from there, not a cent sooner."
)


_RELEASED = {"orrery-4-mini": "2025-05-20", "calder-pro": "2025-02-06", "linden-32b": "2025-04-02"}


def _card(key: str, name: str, owner: str, **rest: Any) -> dict[str, Any]:
    found: dict[str, Any] = to_json(ModelCard(key=key, name=name, owner=owner, **rest))
    return found


def _model(card: dict[str, Any], role: str, **rest: Any) -> dict[str, Any]:
    return {
        "key": card["key"],
        "name": card["name"],
        "vendor": card["owner"],
        "claim": "",
        "role": role,
        "owner": card["owner"],
        "family": card["family"],
        "lineage": card["lineage"],
        "base": card["base"],
        "released": card["released"],
        "released_source": card["released_source"],
        "backend": "recorded",
        "access_route": card["access_route"],
        "obtained_by": "buyer_ran",
        "relation": card["relation"],
        "taught_by_owners": card["taught_by_owners"],
        "data_source": card["data_source"],
        "n_all": 400,
        "n_answered": 400,
        "n_failed": 0,
        "errors": {},
        "model_reported": [card["key"]],
        "reused": False,
        **rest,
    }


def _rate(label: str, k: int, n: int, low: float | None, high: float | None) -> dict[str, Any]:
    return {"label": label, "k": k, "n": n, "low": low, "high": high}


def _nulls(n: int, shift: float = 0.0) -> list[float]:
    """``n`` values spread from about −2 to +2, the same for every call."""
    return [round(-2 + 4 * (i + 0.5) / n + shift + (0.13 if i % 3 else -0.1), 3) for i in range(n)]


def _candidate(key: str, name: str, owner: str, status: str, z: float | None, **rest: Any) -> dict[str, Any]:
    nulls = rest.pop("null_z", _nulls(24))
    return {
        "model": key,
        "name": name,
        "owner": owner,
        "family": f"{owner} family",
        "released": _RELEASED.get(key, "2025-03-11"),
        "status": status,
        "status_reason": "",
        "z": z,
        "interval": [round(z - 0.8, 2), round(z + 0.9, 2)] if z is not None else None,
        "channels": {"direct": z, "style": z, "agreement": None} if z is not None else {},
        "null_z": nulls if z is not None else [],
        "n_as_close": sum(v >= z for v in nulls) if z is not None else 0,
        "n_null": len(nulls) if z is not None else 0,
        "verbatim_share": 0.012 if z is not None else None,
        **rest,
    }


def _owner(owner: str, status: str, **rest: Any) -> dict[str, Any]:
    return {
        "owner": owner,
        "status": status,
        "strength": "",
        "lean": "",
        "z": 3.4,
        "p": 0.04,
        "p_corrected": 0.04,
        "smallest_p": 0.04,
        "extrapolated_p": 0.0021,
        "n_lineages": 24,
        "n_as_close": 0.0,
        "families": [f"{owner} family"],
        "reasons": [],
        "settle": [],
        "evidence_families": {"identity": 3.1, "style": 3.6, "answers": None},
        **rest,
    }


def _retention(teacher: str, name: str, value: float, low: float, high: float, **rest: Any) -> dict[str, Any]:
    return {
        "teacher": teacher,
        "slice": name,
        "value": value,
        "low": low,
        "high": high,
        "student_value": round(value * 0.92, 4),
        "teacher_value": 0.92,
        "n": 400,
        "margin": None,
        "outcome": "not_measured",
        "reason": "",
        **rest,
    }


def _summary(model: str, metric: str, name: str, value: float | None, **rest: Any) -> dict[str, Any]:
    around = (round(value - 0.02, 3), round(value + 0.02, 3)) if value is not None else (None, None)
    return {
        "model": model,
        "metric": metric,
        "slice": name,
        "value": value,
        "low": around[0],
        "high": around[1],
        "n_scored": 398,
        "n_all": 400,
        "n_failed": 2,
        **rest,
    }


def _terms(record: str, position: str, text: str, note: str) -> dict[str, Any]:
    return {
        "record_id": record,
        "provider": "Orrery",
        "licence_name": "Orrery services terms",
        "access_route": "Orrery API",
        "position": position,
        "position_text": text,
        "conditions": ["Output may not be used to develop competing models"]
        if position == "restricts"
        else [],
        "clause_reference": "s. 3.3(e)",
        "paraphrase": "Restricts using outputs to develop models that compete with the provider.",
        "first_question": "Which account and route produced the outputs?",
        "valid_from": "2025-05-31",
        "valid_to": "",
        "source_url": "https://orrery.example/terms",
        "read_note": note,
    }


def _cost(model: str, price: int | None, micro: int | None, accepted: int) -> dict[str, Any]:
    return {
        "model": model,
        "currency": "EUR",
        "price_input_micro": price,
        "price_output_micro": price * 3 if price else None,
        "price_source": "price list of 9 Nov 2026" if price else "",
        "n_answers": 400,
        "n_accepted": accepted,
        "prompt_tokens": 61_200,
        "completion_tokens": 24_800,
        "cost_micro": micro,
        "per_1000_answers_micro": micro * 1000 // 400 if micro else None,
        "per_1000_accepted_micro": micro * 1000 // accepted if micro else None,
        "latency_p50_ms": 640.0,
        "latency_p95_ms": 1430.0,
        "missing": "" if micro else "price missing",
    }


def _cards() -> dict[str, dict[str, Any]]:
    cards = [
        _card(
            "docket-8b",
            "Docket 8B",
            "Brackwater",
            released="2026-06-02",
            released_source="first recorded here",
            taught_by_owners=(),
            base="trained from scratch",
            data_source="licensed insurance text",
            lineage="docket",
        ),
        _card(
            "orrery-4",
            "Orrery 4",
            "Orrery",
            released="2025-03-11",
            access_route="Orrery API",
            family="orrery-4",
        ),
        _card("orrery-4-mini", "Orrery 4 mini", "Orrery", released="2025-05-20", access_route="Orrery API"),
        _card("calder-pro", "Calder Pro 2.5", "Calder", released="2025-02-06", access_route="Calder API"),
        _card("linden-32b", "Linden 32B", "Linden", released="2025-04-02", access_route="weights"),
        _card("orrery-5", "Orrery 5", "Orrery", released="2026-08-24", access_route="Orrery API"),
    ]
    return {card["key"]: card for card in cards}


def _references(n: int) -> list[dict[str, Any]]:
    return [
        _card(
            f"ref-{i:02d}",
            f"Reference {i:02d}",
            f"Provider {i % 6}",
            lineage=f"lineage-{i:02d}",
            taught_by_owners=(),
            data_source="own data",
            confidence="high",
            source="model card",
        )
        for i in range(n)
    ]


def full() -> dict[str, Any]:
    """Everything measured: a supported owner, 24 unrelated lineages, one class below its margin."""
    cards = _cards()
    references = {card["key"]: card for card in _references(24)}
    candidates = ["orrery-4", "orrery-4-mini", "calder-pro", "linden-32b", "orrery-5"]
    student = cards["docket-8b"]
    models = [
        _model(
            student,
            "student",
            claim="A proprietary model, trained from scratch on licensed insurance text.",
            n_answered=398,
            n_failed=2,
            errors={"timeout": 2},
            model_reported=["docket-8b-2026-06"],
        ),
        *[_model(cards[key], "candidate") for key in candidates],
        *[_model(card, "reference", reused=True) for card in references.values()],
    ]
    return {
        "schema": 1,
        "report": {
            "number": "A-0031",
            "version": 1,
            "title": "Brackwater Docket 8B on Motor claims intake",
            "workspace": "Northmoor Mutual",
            "workload": "Motor claims intake",
            "prepared_by": "Ines Okafor",
            "created_at": "2026-11-10T09:14:00+00:00",
            "status": "DRAFT",
            "code_version": "0.1.0",
        },
        "audit": {
            "id": 31,
            "title": "Brackwater Docket 8B on Motor claims intake",
            "locked_at": "2026-11-09T14:02:00+00:00",
            "locked_by": "Ines Okafor",
            "started_at": "2026-11-09T14:05:00+00:00",
            "finished_at": "2026-11-09T19:47:00+00:00",
            "plan_digest": "c07b" + "0" * 56 + "41d2",
            "deviations": ["Two answers of Docket 8B were cut at 256 tokens and count as not accepted."],
        },
        "plan": {
            "schema": 1,
            "title": "Brackwater Docket 8B on Motor claims intake",
            "workload": "Motor claims intake",
            "suite": {
                "name": "Motor claims intake",
                "version": 3,
                "content_hash": "9e44" + "1" * 60,
                "n_samples": 400,
            },
            "student": "docket-8b",
            "candidates": candidates,
            "references": list(references),
            "controls": [],
            "suspected_owners": ["Orrery"],
            "decoding": {"temperature": 0.0, "samples": 1, "max_new_tokens": 256, "seed": 0, "stop": []},
            "margins": {"routine": 0.9, "standard": 0.95, "critical": 0.98},
            "alpha": 0.05,
            "seed": 0,
            "hold_out": "lineage",
            "cards": {**cards, **references},
            "budget_cap_micro": 25_000_000,
            "currency": "EUR",
        },
        "suite": {
            "name": "Motor claims intake",
            "version": 3,
            "content_hash": "9e44" + "1" * 60,
            "n_samples": 400,
            "sensitivity": "internal",
            "task_types": {"classification": 240, "qa": 160},
            "criticalities": {"routine": 140, "standard": 180, "critical": 80},
            "n_with_target": 400,
        },
        "models": models,
        "findings": {
            "provenance": _provenance(),
            "quality": _quality(),
            "cost": _costs(),
            "licence": _licence(),
            "shelf_life": _shelf_life(),
        },
        "rows": {
            "P-0217": {
                "input": "Explain excess to a first-time driver.",
                "targets": [],
                "answers": {"docket-8b": _ANSWER, "orrery-4": _TEACHER},
            },
            "C-0007": {
                "input": "Which class does this message belong to: 'My windscreen is cracked'?",
                "targets": ["glass"],
                "answers": {"docket-8b": "own damage", "orrery-4": "glass", "calder-pro": "glass"},
            },
        },
    }


def _provenance() -> dict[str, Any]:
    return {
        "student": "docket-8b",
        "alpha": 0.05,
        "n_prompts": 400,
        "n_prompts_used": 398,
        "n_lineages": 24,
        "lineage_counts": {"unrelated": 20, "same base": 3, "same vendor or data": 1, "controls": 0},
        "identity": {"status": "not_supported", "text": "No candidate serves nearly identical answers."},
        "base": {"status": "not_assessed", "text": "No weights were supplied."},
        "teacher": {"status": "supported", "text": "Orrery, or data shared with it."},
        "owners": [_owner("Orrery", "supported", strength="moderate")],
        "exploration": {
            "p": 0.44,
            "smallest_p": 0.04,
            "n_lineages": 24,
            "top_family": "Calder family",
            "families": [
                {
                    "family": f"{name} family",
                    "owner": name,
                    "status": "inconclusive",
                    "strength": "",
                    "z": z,
                    "p": p,
                    "smallest_p": 0.04,
                    "n_lineages": 24,
                    "reasons": ["Power of this plan is below one half"],
                }
                for name, z, p in (("Calder", 1.1, 0.44), ("Linden", 0.2, 0.84))
            ],
            "reasons": [],
        },
        "candidates": [
            _candidate("orrery-4", "Orrery 4", "Orrery", "supported", 4.6),
            _candidate("orrery-4-mini", "Orrery 4 mini", "Orrery", "inconclusive", 1.9),
            _candidate("calder-pro", "Calder Pro 2.5", "Calder", "inconclusive", 1.1),
            _candidate("linden-32b", "Linden 32B", "Linden", "not_supported", 0.2),
            _candidate(
                "orrery-5",
                "Orrery 5",
                "Orrery",
                "not_assessed",
                None,
                released="2026-08-24",
                status_reason="released after the student",
            ),
        ],
        "statistics": ["agreement", "direct", "style"],
        "error_unrelated": _rate("unrelated", 0, 24, 0.0, 0.142),
        "error_shared_data": _rate("shared data", 1, 6, 0.004, 0.641),
        "known_students": _rate("known students", 7, 8, 0.473, 0.997),
        "known_student_z": [1.6, 2.4, 3.0, 3.3, 3.9, 4.2, 4.8, 5.6],
        "shuffled_labels": _rate("shuffled labels", 1, 20, 0.001, 0.249),
        "sensitivity": [
            {"variation": "length matched", "owner": "Orrery", "z": 3.1, "p": 0.04, "note": ""},
            {"variation": "format stripped", "owner": "Orrery", "z": 3.3, "p": 0.04, "note": ""},
            {"variation": "without direct", "owner": "Orrery", "z": 2.2, "p": 0.08, "note": "weaker"},
        ],
        "evidence": [
            {
                "prompt_id": "P-0217",
                "candidate": "orrery-4",
                "contribution": 0.118,
                "shared": ["your share of the story", "pick up the tab from there", "not a cent sooner"],
                "panel_rate": 0.08,
            }
        ],
        "settle": ["Token log-probabilities from Brackwater", "15 more reference lineages"],
        "left_out": ["1 reference of the student's own lineage"],
        "not_tested": ["Models without recorded answers to these prompts"],
        "obtained_by": {"buyer_ran": 30},
        "statement": (
            "Consistent with training on outputs of Orrery, of another model taught by it, or of data shared "
            "with it; technical evidence, not proof of how outputs were obtained."
        ),
        "self_mentions": {"Orrery": 3, "Calder": 0},
    }


def _quality() -> dict[str, Any]:
    retentions = [
        _retention("orrery-4", "overall", 0.958, 0.94, 0.975),
        _retention(
            "orrery-4", "criticality:critical", 0.859, 0.794, 0.923, n=80, margin=0.98, outcome="below"
        ),
        _retention(
            "orrery-4", "criticality:standard", 0.973, 0.945, 1.0, n=180, margin=0.95, outcome="undecided"
        ),
        _retention(
            "orrery-4", "criticality:routine", 0.954, 0.907, 1.003, n=140, margin=0.9, outcome="within"
        ),
        _retention("orrery-4", "task:qa", 0.91, 0.86, 0.96, n=160),
        _retention("calder-pro", "overall", 1.02, 0.99, 1.05, teacher_value=0.86),
    ]
    summaries = [
        _summary(model, metric, "overall", value)
        for model, values in {
            "docket-8b": (0.881, 0.866),
            "orrery-4": (0.92, 0.914),
            "calder-pro": (0.86, 0.852),
            "linden-32b": (None, None),
        }.items()
        for metric, value in zip(("exact_match", "macro_f1"), values, strict=True)
    ]
    return {
        "headline": {"classification": "exact_match", "qa": "token_f1"},
        "n_samples": 400,
        "n_with_target": 400,
        "summaries": summaries,
        "retentions": retentions,
        "flips": [
            {
                "teacher": "orrery-4",
                "lost": 28,
                "gained": 13,
                "n": 396,
                "lost_ids": ["C-0007", "C-0019"],
                "gained_ids": ["C-0101"],
            }
        ],
        "accepted": {"docket-8b": 351, "orrery-4": 368, "calder-pro": 344},
        "reason": "",
    }


def _costs() -> dict[str, Any]:
    return {
        "lines": [
            _cost("docket-8b", 280_000, 228_000, 351),
            _cost("orrery-4", 2_300_000, 1_868_000, 368),
            _cost("calder-pro", None, None, 344),
        ],
        "monthly_volume": 4_100_000,
        "monthly_student_micro": 2_337_000_000,
        "monthly_teacher_micro": {"orrery-4": 19_147_000_000, "calder-pro": None},
        "reason": "",
    }


def _licence() -> dict[str, Any]:
    note = "not checked against the primary text"
    restricts = _terms("orrery-2025", "restricts", "Restricts use of outputs", note)
    allowed = _terms(
        "linden-apache", "no_clause_found", "No clause on outputs found", "primary text, read 3 Nov 2026"
    )
    return {
        "candidates": [
            {
                "model": "orrery-4",
                "name": "Orrery 4",
                "owner": "Orrery",
                "access_route": "Orrery API",
                "positions": [restricts],
                "unknown": ["which account"],
                "note": "",
            },
            {
                "model": "linden-32b",
                "name": "Linden 32B",
                "owner": "Linden",
                "access_route": "weights",
                "positions": [{**allowed, "provider": "Linden", "licence_name": "Apache-2.0"}],
                "unknown": [],
                "note": "",
            },
            {
                "model": "calder-pro",
                "name": "Calder Pro 2.5",
                "owner": "Calder",
                "access_route": "Calder API",
                "positions": [],
                "unknown": [],
                "note": "no record",
            },
        ],
        "questions": [
            {
                "id": "T01",
                "text": "Which models' outputs were used to train, align or filter the model?",
                "about": "Orrery",
                "reason": "Closeness to Orrery",
            },
            {
                "id": "R01",
                "text": "Which access route and account produced the outputs?",
                "about": "orrery-4",
                "reason": "The terms differ by route",
            },
        ],
        "knowledge_base_version": "2026-11-01",
        "disclaimer": "Paraphrases of published terms as read. Counsel decides what follows.",
    }


def _shelf_life() -> dict[str, Any]:
    return {
        "look_again_on": "2027-05-11",
        "reason": "last day to give notice on the contract",
        "dates": [
            {"date": "2027-02-01", "reason": "Price step of Orrery 4", "chosen": False},
            {"date": "2027-05-11", "reason": "Last day to give notice on the contract", "chosen": True},
            {"date": "2027-08-15", "reason": "Orrery 4 retires", "chosen": False},
        ],
        "triggers": [
            "A change of the model by the vendor",
            "A price step",
            "A retirement notice for the teacher",
        ],
    }


def inconclusive() -> dict[str, Any]:
    """14 candidates of 9 owners, 100 references, 7 clean lineages, no targets: quality not measured."""
    found = full()
    owners = ["OpenAI", "Anthropic", "Google", "Meta", "Mistral", "Cohere", "Qwen", "Vectara", "Zephyr Labs"]
    keys = [f"cand-{i:02d}" for i in range(14)]
    cards = {
        key: _card(
            key,
            f"{owners[i % 9]} model {i + 1} with a rather long name",
            owners[i % 9],
            released="2023-03-14" if i % 4 else None,
            access_route="API",
        )
        for i, key in enumerate(keys)
    }
    references = {card["key"]: card for card in _references(100)}
    student = _card("alpaca-7b", "alpaca-7b", "Stanford", taught_by_owners=("OpenAI",), base="LLaMA 7B")
    reason = "Fewer than 19 lineages are documented as untaught by OpenAI: 7 were found"
    provenance = _provenance()
    provenance.update(
        student="alpaca-7b",
        n_prompts=805,
        n_prompts_used=805,
        n_lineages=31,
        lineage_counts={"unrelated": 7, "same base": 20, "same vendor or data": 4},
        teacher={"status": "inconclusive", "text": reason},
        owners=[
            _owner(
                "OpenAI",
                "inconclusive",
                z=2.4,
                p=0.125,
                p_corrected=0.125,
                smallest_p=0.125,
                n_lineages=7,
                lean="Leans towards OpenAI or data shared with it (z 2.4). A lean is not a finding.",
                families=["gpt-3.5", "gpt-4", "text-davinci"],
                reasons=[reason, "Smallest attainable p is 0.125, above 0.05"],
                settle=["12 more lineages documented as untaught by OpenAI"],
            )
        ],
        candidates=[
            _candidate(
                key,
                cards[key]["name"],
                cards[key]["owner"],
                "inconclusive" if i < 12 else "not_assessed",
                round(2.4 - 0.3 * i, 2) if i < 12 else None,
                null_z=_nulls(31),
                status_reason="" if i < 12 else "released after the student",
            )
            for i, key in enumerate(keys)
        ],
        known_students=_rate("known students", 0, 0, None, None),
        known_student_z=[],
        error_shared_data=_rate("shared data", 0, 0, None, None),
        evidence=[],
        sensitivity=[{**row, "owner": "OpenAI", "p": 0.125} for row in provenance["sensitivity"]],
        statement="",
        settle=[
            "12 more lineages documented as untaught by OpenAI",
            "Token log-probabilities of the student",
        ],
        self_mentions={"OpenAI": 12},
    )
    provenance["exploration"]["families"] = [
        {
            "family": f"{name} family",
            "owner": name,
            "status": "inconclusive",
            "strength": "",
            "z": round(1.8 - 0.3 * i, 2),
            "p": round(0.2 + 0.09 * i, 3),
            "smallest_p": 0.031,
            "n_lineages": 31,
            "reasons": ["Power of this plan is below one half"],
        }
        for i, name in enumerate(owners[1:])
    ]
    provenance["exploration"]["top_family"] = "Anthropic family"
    found["report"].update(number="A-0007", title="alpaca-7b on 805 probe prompts", workload="Probe prompts")
    found["audit"].update(title="alpaca-7b on 805 probe prompts", deviations=[])
    found["plan"].update(
        student="alpaca-7b",
        candidates=keys,
        references=list(references),
        suspected_owners=["OpenAI"],
        cards={"alpaca-7b": student, **cards, **references},
        budget_cap_micro=None,
    )
    found["suite"].update(
        name="AlpacaEval prompts",
        version=1,
        n_samples=805,
        n_with_target=0,
        task_types={"generation": 805},
        criticalities={"standard": 805},
    )
    found["models"] = [
        _model(student, "student", vendor="Stanford", n_all=805, n_answered=805, model_reported=[]),
        *[_model(card, "candidate", n_all=805, n_answered=805) for card in cards.values()],
        *[_model(card, "reference", n_all=805, n_answered=805) for card in references.values()],
    ]
    found["rows"] = {}
    found["findings"].update(
        provenance=provenance,
        quality={
            "headline": {},
            "n_samples": 805,
            "n_with_target": 0,
            "summaries": [],
            "retentions": [],
            "flips": [],
            "accepted": {},
            "reason": "No sample has a target, so no answer can be scored",
        },
        cost={
            "lines": [],
            "monthly_volume": None,
            "monthly_student_micro": None,
            "monthly_teacher_micro": {},
            "reason": "Recorded answers carry neither prices nor token counts",
        },
    )
    return found


def empty() -> dict[str, Any]:
    """A locked plan whose run gave nothing: every finding is missing."""
    found = full()
    found["findings"] = dict.fromkeys(("provenance", "quality", "cost", "licence", "shelf_life"))
    found["rows"] = {}
    found["audit"].update(started_at=None, finished_at=None, deviations=[])
    for model in found["models"]:
        model.update(n_answered=0, n_failed=400, errors={"unreachable": 400}, model_reported=[])
    return found


_FREE_TEXT = {
    "title",
    "workspace",
    "workload",
    "prepared_by",
    "name",
    "vendor",
    "claim",
    "input",
    "note",
    "text",
    "reason",
    "locked_by",
    "base",
    "data_source",
    "released_source",
    "paraphrase",
    "first_question",
    "read_note",
    "position_text",
    "licence_name",
    "provider",
    "clause_reference",
    "status_reason",
    "variation",
    "price_source",
    "missing",
    "disclaimer",
    "source_url",
    "access_route",
    "lean",
}
_OWNERS = {"owner", "suspected_owners", "taught_by_owners"}
_FREE_LISTS = {
    "deviations",
    "settle",
    "left_out",
    "not_tested",
    "shared",
    "triggers",
    "reasons",
    "conditions",
    "unknown",
}


def hostile() -> dict[str, Any]:
    """Vendor-supplied answers, and markup in every free text field."""
    found = copy.deepcopy(full())
    for model in found["models"]:
        model["obtained_by"] = "vendor_supplied"
    for row in found["rows"].values():
        row["answers"] = {key: f"{HOSTILE} {text}" for key, text in row["answers"].items()}
    for row in found["findings"]["quality"]["retentions"]:
        if row["margin"] is not None:
            row["outcome"] = "within"
    poisoned: dict[str, Any] = _poison(found)
    return poisoned


def _poison(value: Any, field: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _poison(item, key) for key, item in value.items()}
    if isinstance(value, list):
        if field in _FREE_LISTS:
            return [HOSTILE for _ in value]
        return [_poison(item, field if field in _OWNERS else "") for item in value]
    if isinstance(value, str) and field in _OWNERS:
        return f"{value} <b>"
    if isinstance(value, str) and field in _FREE_TEXT:
        return HOSTILE
    return value


SNAPSHOTS = {"full": full, "inconclusive": inconclusive, "empty": empty, "hostile": hostile}
