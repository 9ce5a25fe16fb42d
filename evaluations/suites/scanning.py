"""Passes over the rows of a file: what its columns hold, and its samples under a mapping."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from evaluations.records import Sample, canonical_json
from evaluations.suites.building import PLACEHOLDER, sample_builder
from evaluations.suites.columns import ColumnStats
from evaluations.suites.mapping import Mapping
from evaluations.suites.problems import COLUMNS, MAX_LISTED, ROWS, Problem, RowError, SuiteFileError, refuse
from evaluations.suites.source import Format, Row, Source


def column_stats(source: Source, item: Format) -> list[ColumnStats]:
    """One pass: what every column holds, in the order in which columns appear."""
    stats: dict[str, ColumnStats] = {}
    seen = 0
    for row in item.rows(source):
        if not isinstance(row, Row):
            continue
        for name, value in row.values.items():
            if name not in stats:
                # A key that begins late was empty in every row before.
                stats[name] = ColumnStats(name, n=seen, n_empty=seen)
            stats[name].add(value)
        seen += 1
        if len(stats) > COLUMNS:
            raise refuse(source.filename, f"more than {COLUMNS} columns", f"at most {COLUMNS}", row.line)
        if seen > ROWS:
            raise _too_many_rows(source)
    for column in stats.values():
        column.n_empty += seen - column.n
        column.n = seen
    return list(stats.values())


class Scan:
    """One pass over the rows under a mapping; the counts and problems are complete at its end."""

    def __init__(self, source: Source, item: Format, mapping: Mapping) -> None:
        self.source = source
        self.item = item
        self.mapping = mapping
        self.problems: list[Problem] = list(source.notes)
        self.left_out: list[int] = []
        self.n_rows = 0
        self.n_bad = 0
        self.n_with_target = 0
        self.n_same_input = 0
        self._line_of_id: dict[str, int] = {}
        self._inputs: set[int] = set()
        self._columns: set[str] = set()

    def samples(self) -> Iterator[Sample]:
        """Every readable sample. Raises ``SuiteFileError`` where the file cannot be read on."""
        build = sample_builder(self.mapping)
        for row in self.item.rows(self.source):
            self.n_rows += 1
            if self.n_rows > ROWS:
                raise _too_many_rows(self.source)
            if isinstance(row, Problem):
                self._bad(row)
                continue
            self._columns.update(row.values)
            try:
                sample = build(row, self.n_rows)
                self._check_id(sample.id, row.line)
            except RowError as error:
                self._bad(error.problem)
                continue
            self._count(sample)
            yield sample
        self._check_columns()

    def count(self) -> None:
        """Counts rows and unreadable ones, for a mapping that names no input yet."""
        for row in self.item.rows(self.source):
            self.n_rows += 1
            if isinstance(row, Problem):
                self._bad(row)

    @property
    def errors(self) -> list[Problem]:
        """The listed problems that bar their rows."""
        return [problem for problem in self.problems if problem.severity == "error"]

    def _bad(self, problem: Problem) -> None:
        self.n_bad += 1
        if self.n_bad <= MAX_LISTED:
            self.problems.append(problem)
        if problem.line is not None:
            self.left_out.append(problem.line)

    def _check_id(self, sample_id: str, line: int) -> None:
        first = self._line_of_id.get(sample_id)
        if first is not None:
            found = f"id {sample_id!r} is also on line {first}"
            raise RowError(line, self.mapping.id_column, found, "each id once")
        self._line_of_id[sample_id] = line

    def _count(self, sample: Sample) -> None:
        self.n_with_target += bool(sample.targets)
        key = hash(sample.input_text)
        self.n_same_input += key in self._inputs
        self._inputs.add(key)

    def _check_columns(self) -> None:
        wanted = {*self.mapping.used_columns, *PLACEHOLDER.findall(self.mapping.template)}
        missing = sorted(wanted - self._columns)
        if missing and self._columns:
            known = ", ".join(sorted(self._columns))
            problems = [
                Problem(None, name, "the file has no such column", f"one of: {known}") for name in missing
            ]
            raise SuiteFileError(self.source.filename, problems)


def content_hash(samples: Iterable[Sample]) -> str:
    """SHA-256 over the canonical JSON of the list of samples, in order (64 hex digits)."""
    running = hashlib.sha256(b"[")
    for number, sample in enumerate(samples):
        running.update(b"," if number else b"")
        running.update(canonical_json(sample).encode("utf-8", "surrogatepass"))
    running.update(b"]")
    return running.hexdigest()


def _too_many_rows(source: Source) -> SuiteFileError:
    return refuse(source.filename, f"more than {ROWS:,} rows", "a smaller suite; split the file")
