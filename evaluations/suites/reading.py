"""Reads an uploaded suite: first a proposal to look at, then the samples, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from evaluations.records import Sample
from evaluations.registry import Registry, UnknownItem
from evaluations.suites.columns import ColumnStats
from evaluations.suites.guessing import Guess, guess_mapping
from evaluations.suites.mapping import Mapping, MappingError
from evaluations.suites.problems import Problem, SuiteFileError, refuse
from evaluations.suites.scanning import Scan, column_stats, content_hash
from evaluations.suites.source import Format, Source, open_source

__all__ = [
    "Column",
    "Mapping",
    "MappingError",
    "Problem",
    "Proposal",
    "SuiteFileError",
    "SuiteRead",
    "content_hash",
    "formats",
    "propose",
    "read",
    "stream",
]

formats: Registry[Format] = Registry("evaluations.suites.formats", "FORMAT")

PREVIEW_ROWS: Final = 20

Outcome = Literal["accept", "map", "accept_with_report", "refuse"]
OnBadRows = Literal["refuse", "leave_out"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file. ``guess``: id, input, target, output, tag, setting or ignored."""

    name: str
    guess: str
    first: tuple[str, ...]
    n_empty: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the importer would do with a file; nothing is imported yet.

    ``outcome``: accept (nothing to ask), map (``reason`` says what the user must choose or confirm),
    accept_with_report (importable, ``reason`` says what to know), refuse (``reason`` and the errors
    among ``problems`` say why). ``n_rows`` counts records, ``n_bad_rows`` those that cannot be read;
    where some can, ``can_leave_out`` is true. ``labels`` is the closed set of a classification suite.
    ``problems`` is capped, ``n_problems`` is not.
    """

    filename: str
    outcome: Outcome
    reason: str
    format: str = ""
    format_title: str = ""
    encoding: str = ""
    delimiter: str = ""
    unit: str = ""
    columns: tuple[Column, ...] = ()
    mapping: Mapping = field(default_factory=Mapping)
    n_rows: int = 0
    n_bad_rows: int = 0
    n_with_target: int = 0
    labels: tuple[str, ...] = ()
    preview: tuple[Sample, ...] = ()
    problems: tuple[Problem, ...] = ()
    n_problems: int = 0
    can_leave_out: bool = False


@dataclass(frozen=True, slots=True)
class SuiteRead:
    """The samples of a file in its order, what was noted, the lines left out, the content hash."""

    samples: tuple[Sample, ...]
    problems: tuple[Problem, ...]
    left_out: tuple[int, ...]
    content_hash: str


def propose(path: Path, filename: str, mapping: Mapping | None = None) -> Proposal:
    """The proposal for the file at ``path``; ``mapping`` replaces the guess where the user edited it.

    Never raises on the file's content: a file that cannot be imported has the outcome ``refuse``.
    """
    try:
        source, name = _open(path, filename, mapping or Mapping())
        item = formats.get(name)
        stats = column_stats(source, item)
        guess = guess_mapping(stats, name)
        if mapping is not None:
            guess = Guess(mapping, (), guess.reports, guess.labels)
        return _proposal(source, name, stats, guess)
    except SuiteFileError as error:
        return Proposal(
            filename=filename,
            outcome="refuse",
            reason=error.problems[0].text,
            mapping=mapping or Mapping(),
            problems=error.problems,
            n_problems=error.total,
        )


def read(path: Path, mapping: Mapping, on_bad_rows: OnBadRows = "refuse", *, filename: str = "") -> SuiteRead:
    """Every sample of the file under ``mapping``.

    Raises :class:`SuiteFileError` with every bad row (listed up to a cap, with the total), unless
    ``on_bad_rows`` is ``leave_out``; also when no row is left.
    """
    name = filename or path.name
    scan = _scan(path, name, mapping)
    samples = tuple(scan.samples())
    if scan.n_bad and (on_bad_rows == "refuse" or not samples):
        raise SuiteFileError(name, scan.errors, scan.n_bad)
    if not samples:
        raise refuse(name, "no rows", "at least one row")
    return SuiteRead(samples, (*scan.problems, *_notes(scan)), tuple(scan.left_out), content_hash(samples))


def stream(path: Path, mapping: Mapping, *, filename: str = "") -> Iterator[Sample]:
    """The readable samples one by one, for files too large to hold; call after :func:`propose`.

    Bad rows are passed over: only a file whose proposal has no bad rows is read whole.
    """
    return _scan(path, filename or path.name, mapping).samples()


def _scan(path: Path, filename: str, mapping: Mapping) -> Scan:
    if not (mapping.input_columns or mapping.messages_column or mapping.template):
        raise refuse(
            filename, "the mapping names no input", "an input column, a messages column or a template"
        )
    source, name = _open(path, filename, mapping)
    return Scan(source, formats.get(name), mapping)


def _open(path: Path, filename: str, mapping: Mapping) -> tuple[Source, str]:
    source = open_source(path, filename, encoding=mapping.encoding, delimiter=mapping.delimiter)
    if mapping.format:
        try:
            formats.get(mapping.format)
        except UnknownItem as error:
            raise refuse(filename, f"format {mapping.format!r}", str(error)) from error
        return source, mapping.format
    for name, item in formats.items():
        if item.detect(source):
            return source, name
    found = "the text is not a table or JSON (it reads like YAML or a list of bullets)"
    raise refuse(filename, found, "a CSV, TSV, JSON or JSONL file with one task a row")


def _proposal(source: Source, name: str, stats: list[ColumnStats], guess: Guess) -> Proposal:
    mapping = guess.mapping
    scan = Scan(source, formats.get(name), mapping)
    preview: tuple[Sample, ...] = ()
    if mapping.input_columns or mapping.messages_column or mapping.template:
        samples = scan.samples()
        preview = tuple(islice(samples, PREVIEW_ROWS))
        for _ in samples:
            # Rows below the preview are read too: counts and problems are of the whole file.
            pass
    else:
        scan.count()
    outcome, reason = _outcome(scan, guess)
    notes = _notes(scan)
    return Proposal(
        filename=source.filename,
        outcome=outcome,
        reason=reason,
        format=name,
        format_title=formats.get(name).title,
        encoding=source.encoding,
        delimiter=_delimiter(source, name),
        unit=formats.get(name).unit,
        columns=_columns(stats, mapping),
        mapping=mapping,
        n_rows=scan.n_rows,
        n_bad_rows=scan.n_bad,
        n_with_target=scan.n_with_target,
        labels=guess.labels,
        preview=preview,
        problems=(*scan.problems, *notes),
        n_problems=len(scan.problems) - len(scan.errors) + scan.n_bad + len(notes),
        can_leave_out=0 < scan.n_bad < scan.n_rows,
    )


def _outcome(scan: Scan, guess: Guess) -> tuple[Outcome, str]:
    if scan.n_rows == 0:
        return "refuse", "no rows below the header; expected at least one task"
    if scan.n_bad:
        listed = scan.errors[0].text if scan.errors else ""
        return "refuse", f"{scan.n_bad:,} of {scan.n_rows:,} rows cannot be read. First: {listed}"
    if guess.questions:
        return "map", " ".join(guess.questions)
    reports = [*guess.reports, *(problem.text for problem in scan.source.notes)]
    return ("accept_with_report", " ".join(reports)) if reports else ("accept", "")


def _notes(scan: Scan) -> tuple[Problem, ...]:
    notes: list[Problem] = []
    if scan.n_same_input:
        found = f"{scan.n_same_input:,} rows repeat an input of an earlier row"
        notes.append(Problem(None, "", found, "", "note"))
    n_without = scan.n_rows - scan.n_bad - scan.n_with_target
    if scan.mapping.target_columns and n_without:
        found = f"{n_without:,} rows have no target; they are not scored"
        notes.append(Problem(None, "", found, "", "note"))
    return tuple(notes)


def _delimiter(source: Source, name: str) -> str:
    if name != "delimited":
        return ""
    from evaluations.suites.formats.delimited import guess_delimiter

    return source.delimiter or guess_delimiter(source.head)


def _columns(stats: list[ColumnStats], mapping: Mapping) -> tuple[Column, ...]:
    kinds: dict[str, str] = {}
    for kind, names in (
        ("setting", (mapping.target_rule_column, mapping.task_type_column, mapping.criticality_column)),
        ("output", mapping.output_columns),
        ("tag", mapping.tag_columns),
        ("target", mapping.target_columns),
        ("input", (*mapping.input_columns, mapping.messages_column)),
        ("id", (mapping.id_column,)),
    ):
        kinds.update(dict.fromkeys(names, kind))
    return tuple(
        Column(column.name, kinds.get(column.name, "ignored"), tuple(column.first), column.n_empty)
        for column in stats
    )
