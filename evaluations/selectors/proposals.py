"""The proposal for an uploaded file, ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaluations.models import SuiteUpload
from evaluations.reports import format as fmt

GUESSES = {
    "id": "its header and different values",
    "input": "its header",
    "target": "its header",
    "output": "its header",
    "tag": "its header",
    "setting": "its header",
    "ignored": "nothing known",
}


@dataclass(frozen=True)
class FileColumn:
    """One column of the file."""

    name: str
    first: str
    n_empty: int
    guess: str


@dataclass(frozen=True)
class FileProblem:
    """Where, what was found, what was expected. ``line`` is ``None`` for the whole file."""

    line: int | None
    column: str
    found: str
    expected: str
    is_error: bool


@dataclass(frozen=True)
class PreviewRow:
    """One sample as it would be imported."""

    key: str
    input: str
    targets: str
    task_type: str
    criticality: str
    tags: str


@dataclass(frozen=True)
class ProposalView:
    """Everything that the page about an upload shows."""

    id: int
    suite_id: int
    suite: str
    filename: str
    read_as: str
    outcome: str
    reason: str
    columns: tuple[FileColumn, ...]
    errors: tuple[FileProblem, ...]
    notes: tuple[str, ...]
    preview: tuple[PreviewRow, ...]
    n_rows: int
    n_bad: int
    n_good: int
    n_errors: int
    n_with_target: int
    n_labels: int
    can_leave_out: bool
    imported: int | None
    next_number: int

    @property
    def n_more_errors(self) -> int:
        """Bad rows that are not listed."""
        return max(0, self.n_bad - len(self.errors))


def proposal_of(upload: SuiteUpload, *, next_number: int) -> ProposalView:
    """The stored proposal of an upload."""
    found: dict[str, Any] = upload.proposal
    problems = [_problem(item) for item in found["problems"]]
    return ProposalView(
        id=upload.pk,
        suite_id=upload.suite_id,
        suite=upload.suite.name,
        filename=upload.filename,
        read_as=_read_as(upload, found),
        outcome=found["outcome"],
        reason=found["reason"],
        columns=tuple(_column(item) for item in found["columns"]),
        errors=tuple(item for item in problems if item.is_error),
        notes=tuple(item.found for item in problems if not item.is_error),
        preview=tuple(_preview(item) for item in found["preview"]),
        n_rows=found["n_rows"],
        n_bad=found["n_bad_rows"],
        n_good=found["n_rows"] - found["n_bad_rows"],
        n_errors=found["n_problems"],
        n_with_target=found["n_with_target"],
        n_labels=len(found["labels"]),
        can_leave_out=found["can_leave_out"],
        imported=upload.version.number if upload.version else None,
        next_number=next_number,
    )


def size_text(size: int) -> str:
    """A file size in the unit that people read."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1e3:,.1f} kB" if size < 1_000_000 else f"{size / 1e6:,.1f} MB"


def _read_as(upload: SuiteUpload, found: dict[str, Any]) -> str:
    parts = [
        size_text(upload.size),
        fmt.plural(found["n_rows"], "row"),
        fmt.plural(len(found["columns"]), "column"),
    ]
    text = f"{', '.join(parts)}. Read as {found['format_title']}, {found['encoding'].upper()}"
    separator = {"\t": "tab"}.get(found["delimiter"], f'"{found["delimiter"]}"')
    return f"{text}, separator {separator}." if found["delimiter"] else f"{text}."


def _column(item: dict[str, Any]) -> FileColumn:
    first = ", ".join(fmt.clip(" ".join(value.split()), 60) for value in item["first"][:2])
    return FileColumn(item["name"], first, item["n_empty"], GUESSES.get(item["guess"], ""))


def _problem(item: dict[str, Any]) -> FileProblem:
    return FileProblem(
        item["line"], item["column"], item["found"], item["expected"], item["severity"] == "error"
    )


def _preview(item: dict[str, Any]) -> PreviewRow:
    content = item["input"]
    text = (
        content if isinstance(content, str) else " / ".join(f"{t['role']}: {t['content']}" for t in content)
    )
    return PreviewRow(
        key=item["id"],
        input=fmt.clip(" ".join(text.split()), 200),
        targets=fmt.clip(" | ".join(" ".join(target.split()) for target in item["targets"]), 120),
        task_type=fmt.label(item["task_type"]),
        criticality=fmt.label(item["criticality"]),
        tags=", ".join(item["tags"]),
    )
