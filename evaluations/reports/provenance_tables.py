"""The tables of the provenance section. They loop over what the finding holds, so a new statistic appears."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.figure_provenance import ordered_candidates
from evaluations.reports.tables import Cell, Column, Row, Table, group, table
from evaluations.reports.wording import SHARED_DATA, verdict

MAX_STATISTIC_COLUMNS: Final = 7


def status_cell(status: str, sub: str = "") -> Cell:
    """A verdict in a table; a supported one always carries the words on shared data."""
    note = SHARED_DATA if status == "supported" else ""
    return Cell(verdict=verdict(status), sub=", ".join(part for part in (note, sub) if part))


def owners_table(found: Json) -> Table:
    """The declared test: each suspected owner, named before the run and tested alone."""
    columns: list[Column | str] = [
        "Suspected owner",
        "Verdict",
        Column("Closeness, SD", True),
        Column("As close, lineages", True),
        Column("p", True),
        Column("p, Holm", True),
        Column("Smallest attainable p", True, short="Smallest p"),
        Column("p, extrapolated", True),
    ]
    rows = [_owner_row(owner) for owner in found.get("owners") or ()]
    caption = (
        "p = (1 + lineages at least as close) / (1 + lineages), over lineages documented as untaught by the owner. "
        "The extrapolated p assumes a t distribution and decides nothing."
    )
    return table("Declared owners", columns, rows, caption=caption, title="Declared test: suspected owners")


def _owner_row(owner: Json) -> list[Cell | str]:
    families = fmt.join(str(name) for name in owner.get("families") or ())
    strength = str(owner.get("strength") or "")
    sub = f"{strength} strength" if strength else ""
    return [
        Cell(str(owner.get("owner") or ""), sub=fmt.clip(families, 60)),
        status_cell(str(owner.get("status")), sub),
        fmt.signed(owner.get("z")),
        fmt.k_of_n(owner.get("n_as_close") or 0, owner.get("n_lineages") or 0),
        fmt.pvalue(owner.get("p")),
        fmt.pvalue(owner.get("p_corrected")),
        fmt.pvalue(owner.get("smallest_p")),
        fmt.pvalue(owner.get("extrapolated_p")),
    ]


def families_table(owners: tuple[Json, ...]) -> Table:
    """Closeness by evidence family for each declared owner: they fail under different attacks."""
    names = list(dict.fromkeys(name for owner in owners for name in owner.get("evidence_families") or {}))
    columns: list[Column | str] = ["Suspected owner", *(Column(fmt.label(name), True) for name in names)]
    rows: list[list[Cell | str]] = [
        [str(owner.get("owner")), *(fmt.signed((owner.get("evidence_families") or {}).get(n)) for n in names)]
        for owner in owners
    ]
    title = "Declared test by evidence family, SD"
    return table("Evidence families", columns, rows if names else [], title=title)


def candidates_table(facts: Facts) -> Table:
    """Every candidate under its owner, the closest first."""
    columns: list[Column | str] = [
        "Candidate",
        "Verdict",
        Column("Closeness, SD", True),
        Column("95% interval", True),
        Column("As close, lineages", True),
        Column("Nearly identical answers", True, short="Nearly identical"),
    ]
    caption = "Within a supported owner the candidates are ranked and not tested one by one. Every model is nearest to something."
    return table(
        "Candidates", columns, list(_grouped(facts)), caption=caption, title="All candidates", lead="long"
    )


def _grouped(facts: Facts) -> Iterator[Row | list[Cell | str]]:
    owner = None
    for candidate in ordered_candidates(facts):
        if candidate.get("owner") != owner:
            owner = candidate.get("owner")
            suspected = "named before the run" if owner in facts.suspected_owners else "exploration"
            yield group(str(owner or "Owner not recorded"), sub=suspected)
        yield _candidate_row(facts, candidate)


def _candidate_row(facts: Facts, candidate: Json) -> list[Cell | str]:
    key = str(candidate.get("model") or "")
    released = (
        f"released {fmt.day(candidate['released'])}" if candidate.get("released") else "no release date"
    )
    supplied = "vendor supplied" if facts.supplied_note(key) else ""
    route = fmt.route(str(facts.model(key).get("access_route") or ""))
    sub = ", ".join(part for part in (route, released, supplied) if part)
    name = Cell(str(candidate.get("name") or facts.name(key)), sub=sub)
    why = str(candidate.get("status_reason") or "") if candidate.get("status") == "not_assessed" else ""
    status = status_cell(
        str(candidate.get("status")), fmt.clip(why, 90) if candidate.get("z") is not None else ""
    )
    if candidate.get("z") is None:
        reason = fmt.sentence(str(candidate.get("status_reason") or "no number could be computed"))
        return [name, status, Cell(reason, span=4, wide=True, label="Reason")]
    interval = candidate.get("interval") or (None, None)
    return [
        name,
        status,
        fmt.signed(candidate["z"]),
        fmt.signed_range(interval[0], interval[1]),
        fmt.k_of_n(candidate.get("n_as_close") or 0, candidate.get("n_null") or 0),
        fmt.pct(candidate.get("verbatim_share")),
    ]


def statistics_tables(facts: Facts) -> tuple[Table, ...]:
    """Closeness by statistic, one column each, in blocks that fit the page."""
    found = facts.provenance or {}
    candidates = [c for c in ordered_candidates(facts) if c.get("z") is not None]
    names = list(found.get("statistics") or ())
    names += [n for c in candidates for n in c.get("channels") or {} if n not in names]
    names = list(dict.fromkeys(names))
    blocks = [names[i : i + MAX_STATISTIC_COLUMNS] for i in range(0, len(names), MAX_STATISTIC_COLUMNS)]
    return tuple(
        table(
            "Closeness by statistic",
            ["Candidate", *(Column(fmt.label(name), True) for name in block)],
            [
                [
                    str(c.get("name") or c.get("model")),
                    *(fmt.signed((c.get("channels") or {}).get(n)) for n in block),
                ]
                for c in candidates
            ],
            title="Closeness by statistic, SD" if index == 0 else "",
            lead="long",
        )
        for index, block in enumerate(blocks)
    )


def exploration_table(found: Json) -> Table:
    """The search over every family whose owner was not named before the run."""
    explored = found.get("exploration") or {}
    columns: list[Column | str] = [
        "Family",
        "Verdict",
        Column("Closeness, SD", True),
        Column("p, max-T", True),
        Column("Smallest attainable p", True, short="Smallest p"),
        Column("Lineages", True),
        Column("Why not stronger", wide=True),
    ]
    rows: list[list[Cell | str]] = [
        [
            Cell(str(family.get("family")), sub=str(family.get("owner") or "")),
            status_cell(str(family.get("status")), str(family.get("strength") or "")),
            fmt.signed(family.get("z")),
            fmt.pvalue(family.get("p")),
            fmt.pvalue(family.get("smallest_p")),
            fmt.count(family.get("n_lineages")),
            fmt.clip(fmt.sentence(next((str(r) for r in family.get("reasons") or ()), "")), 110),
        ]
        for family in explored.get("families") or ()
    ]
    caption = (
        f"p over all of them {fmt.pvalue(explored.get('p'))}, smallest attainable "
        f"{fmt.pvalue(explored.get('smallest_p'))}, over {fmt.plural(explored.get('n_lineages') or 0, 'lineage')}. "
        f"Nearest: {explored.get('top_family') or 'none'}, which alone is no evidence."
    )
    return table("Exploration", columns, rows, caption=caption, title="Exploration: owners nobody named")


def checks_table(found: Json) -> Table:
    """Both error rates, the power from known students, and the shuffled labels."""
    rows: list[list[Cell | str]] = [
        _rate_row("Models of unrelated data, named by mistake", found.get("error_unrelated")),
        _rate_row("Models sharing data with a candidate, named by mistake", found.get("error_shared_data")),
        _rate_row("Known students found (power)", found.get("known_students")),
        _rate_row("Named with shuffled labels", found.get("shuffled_labels")),
    ]
    columns: list[Column | str] = [
        "Check",
        Column("Result", True),
        Column("Share", True),
        Column("95% interval, exact", True),
    ]
    return table("Checks", columns, rows, title="How often would this be wrong?", lead="long")


def _rate_row(label: str, rate: Json | None) -> list[Cell | str]:
    if not rate or not rate.get("n"):
        return [label, "Not tested", "Not tested", "Not tested"]
    k, n = rate.get("k") or 0, rate["n"]
    return [label, fmt.k_of_n(k, n), fmt.pct(k / n, 0), fmt.pct_range(rate.get("low"), rate.get("high"))]


def sensitivity_table(found: Json) -> Table:
    """The same test under one changed choice each."""
    rows: list[list[Cell | str]] = [
        [
            fmt.label(str(row.get("variation") or "")),
            str(row.get("owner") or ""),
            fmt.signed(row.get("z")),
            fmt.pvalue(row.get("p")),
            str(row.get("note") or ""),
        ]
        for row in found.get("sensitivity") or ()
    ]
    columns: list[Column | str] = [
        "Variation",
        "Owner",
        Column("Closeness, SD", True),
        Column("p", True),
        Column("Note", wide=True),
    ]
    return table("Sensitivity", columns, rows, title="Does it hold under other choices?")
