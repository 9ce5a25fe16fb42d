from __future__ import annotations

from evaluations.reports.tables import MAX_PDF_ROWS, Cell, Column, group, table


def test_a_cell_learns_its_label_and_alignment_from_the_column() -> None:
    found = table("t", ["Name", Column("Cost of a month", True, short="Cost")], [["a", "1"]])
    cell = found.rows[0].rest[0]

    assert (cell.label, cell.numeric) == ("Cost", True)


def test_a_group_row_spans_the_table() -> None:
    assert table("t", ["a", "b", "c"], [group("Owner")]).rows[0].head.span == 3


def test_the_pdf_prints_sixty_rows_and_counts_the_rest() -> None:
    found = table("t", ["a"], [[str(i)] for i in range(MAX_PDF_ROWS + 5)])

    assert len(found.pdf_rows) == 60
    assert found.pdf_more == 5


def test_a_wide_cell_is_not_right_aligned() -> None:
    found = table("t", ["a", Column("b", True), "c"], [["x", Cell("reason", span=2)]])

    assert not found.rows[0].rest[0].numeric
