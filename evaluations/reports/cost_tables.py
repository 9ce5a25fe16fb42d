"""The tables of cost: per model, and at the workload's monthly volume."""

from __future__ import annotations

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.tables import Cell, Column, Table, table


def cost_table(facts: Facts) -> Table:
    """What each model's run cost, per 1,000 answers and per 1,000 accepted ones."""
    columns: list[Column | str] = [
        "Model",
        Column("Price of a million tokens, in and out", True, short="Price in, out"),
        Column("Accepted", True),
        Column("This run", True),
        Column("1,000 answers", True),
        Column("1,000 accepted", True),
        Column("Latency, median and 95%", True, short="Latency"),
    ]
    rows = [_row(facts, line) for line in (facts.cost or {}).get("lines") or ()]
    caption = "Prices as entered, without cache or batch discounts. Accepted: answers that pass the headline metric."
    return table("Cost", columns, rows, caption=caption, title="Cost by model")


def nothing_costed(facts: Facts) -> str:
    """One sentence where neither a cost nor a latency of any model is known; "" elsewhere."""
    lines = list((facts.cost or {}).get("lines") or ())
    if any(line.get("cost_micro") is not None or line.get("latency_p50_ms") is not None for line in lines):
        return ""
    reasons = dict.fromkeys(str(line.get("missing") or "price missing") for line in lines)
    return fmt.sentence(f"for {fmt.plural(len(lines), 'model')}: {'; '.join(reasons)}")


def _row(facts: Facts, line: Json) -> list[Cell | str]:
    key = str(line.get("model"))
    currency = str(line.get("currency") or facts.currency)
    role = "student" if key == facts.student else ("teacher" if key in facts.candidates else "")
    prices = line.get("price_input_micro"), line.get("price_output_micro")
    text = f"{fmt.money(prices[0], currency)}, {fmt.money(prices[1], currency)}"
    price = Cell(text, sub=str(line.get("price_source") or ""))
    if line.get("cost_micro") is None:
        return [
            Cell(facts.name(key), key=role),
            Cell(
                fmt.sentence(str(line.get("missing") or "price missing")), span=5, wide=True, label="Reason"
            ),
            _latency(line),
        ]
    accepted = line.get("n_accepted")
    return [
        Cell(facts.name(key), key=role),
        price,
        fmt.k_of_n(accepted, line.get("n_answers") or 0) if accepted is not None else fmt.NOT_MEASURED_TEXT,
        fmt.money(line.get("cost_micro"), currency),
        fmt.money(line.get("per_1000_answers_micro"), currency),
        fmt.money(line.get("per_1000_accepted_micro"), currency),
        _latency(line),
    ]


def _latency(line: Json) -> str:
    median, high = line.get("latency_p50_ms"), line.get("latency_p95_ms")
    return fmt.NOT_MEASURED_TEXT if median is None else f"{fmt.latency(median)}, {fmt.latency(high)}"


def monthly_table(facts: Facts) -> Table:
    """The student and every candidate at the workload's monthly volume."""
    found = facts.cost or {}
    volume = found.get("monthly_volume")
    rows: list[list[Cell | str]] = []
    if volume:
        mine = found.get("monthly_student_micro")
        rows.append([Cell(facts.student_name, key="student"), fmt.money(mine, facts.currency), ""])
        for key, micro in (found.get("monthly_teacher_micro") or {}).items():
            rows.append(
                [
                    Cell(facts.name(str(key)), key="teacher"),
                    fmt.money(micro, facts.currency),
                    _saving(facts, mine, micro),
                ]
            )
    columns: list[Column | str] = ["Model", Column("A month", True), Column("The student saves", True)]
    return table("Monthly cost", columns, rows, title=f"At {fmt.count(volume or 0)} tasks a month")


def _saving(facts: Facts, mine: int | None, theirs: int | None) -> str:
    if mine is None or theirs is None:
        return fmt.NOT_MEASURED_TEXT
    return fmt.money(theirs - mine, facts.currency)


def finding(facts: Facts, teacher: str) -> str:
    """One sentence: the student's cost per accepted answer against the decisive candidate."""
    lines = {str(line.get("model")): line for line in (facts.cost or {}).get("lines") or ()}
    mine, theirs = lines.get(facts.student), lines.get(teacher)
    for field, unit in (
        ("per_1000_accepted_micro", "accepted answers"),
        ("per_1000_answers_micro", "answers"),
    ):
        if not mine or mine.get(field) is None:
            continue
        text = f"1,000 {unit} of {facts.student_name} cost {fmt.money(mine[field], facts.currency)}"
        if theirs and theirs.get(field):
            other = f"{facts.name(teacher)} costs {fmt.money(theirs[field], facts.currency)}"
            return f"{text}; {other}."
        return f"{text}."
    return f"The cost of {facts.student_name} was not measured."
