"""Files of recorded outputs: read with caps, indexed once, matched to samples by id, else by input.

Formats: JSON lines (also gzip), CSV (also gzip) and a JSON array, which includes AlpacaEval files
(``instruction``, ``output``). A new format is one function in :mod:`recording_formats`.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from evaluations.inference.recording_formats import RecordingError, Row, detect_format, rows_of
from evaluations.records import Completion, Sample, Usage

ID_KEYS: Final = ("id", "sample_id")
TEXT_KEYS: Final = ("output", "completion", "response", "text")
INPUT_KEYS: Final = ("input", "prompt", "instruction")
MAX_ROWS: Final = 2_000_000
MAX_FIELD: Final = 2**20
MAX_LISTED: Final = 200

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two rows for one answer; both line numbers are 1-based."""

    key: str
    first_line: int
    line: int


@dataclass(slots=True)
class RecordedRow:
    """One recorded answer."""

    line: int
    completion: Completion
    input_hash: str


@dataclass(slots=True)
class Recording:
    """One file, indexed. ``problems`` and ``duplicates`` make it unusable; ``empty_lines`` do not."""

    format: str
    n_rows: int = 0
    by_id: dict[tuple[str, int], RecordedRow] = field(default_factory=dict)
    by_input: dict[tuple[str, int], RecordedRow] = field(default_factory=dict)
    duplicates: list[Duplicate] = field(default_factory=list)
    empty_lines: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def unit(self) -> str:
        """What a row's number counts: lines of the file, or the entries of an array."""
        return "entry" if self.format == "json" else "line"

    @property
    def errors(self) -> tuple[str, ...]:
        """All reasons against using the file, one text each, at most 200."""
        doubled = (
            f"{self.unit} {item.line}: a second answer for {item.key}, "
            f"the first is in {self.unit} {item.first_line}. "
            "Expected one; remove one of them or number them in a field 'sample_index'"
            for item in self.duplicates
        )
        return (*self.problems, *doubled)[:MAX_LISTED]

    def find(
        self, sample_id: str, sample_index: int, input_text: str
    ) -> tuple[RecordedRow | None, Literal["", "missing", "other_input"]]:
        """The row for a sample: by id, else by input. A row with its id but another input is not used."""
        wanted = input_hash(input_text)
        row = self.by_id.get((sample_id, sample_index))
        if row is not None and row.input_hash in ("", wanted):
            return row, ""
        same_input = self.by_input.get((wanted, sample_index))
        if same_input is not None:
            return same_input, ""
        return None, "other_input" if row is not None else "missing"


@dataclass(frozen=True, slots=True)
class RecordingMatch:
    """How a file of recorded outputs fits a suite, before anything runs. The tuples hold sample ids.

    ``empty``: matched, with an empty output. ``other_input``: the id is there with another input.
    ``unused_rows``: number of rows that fit no sample.
    """

    format: str
    n_rows: int
    matched: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    other_input: tuple[str, ...] = ()
    unused_rows: int = 0
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """The file can be used for at least one sample."""
        return not self.problems and bool(self.matched)


def input_hash(text: str) -> str:
    """SHA-256 of the input with every run of white space written as one space."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()


def read_recording(path: Path, format: str = "") -> Recording:
    """The indexed file; kept in memory until another two files were read or it changed on disk.

    Raises :class:`RecordingError` when the file as a whole cannot be read.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise RecordingError(
            f"{path.name}: cannot be opened ({error.strerror}); expected a file of recorded outputs"
        ) from None
    return _read(path, format, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=2)
def _read(path: Path, format: str, size: int, modified: int) -> Recording:
    recording = Recording(format or detect_format(path))
    for line, row in rows_of(path, recording.format, size):
        recording.n_rows += 1
        if recording.n_rows > MAX_ROWS:
            raise RecordingError(f"{path.name}: more than {MAX_ROWS:,} rows; split the file")
        if isinstance(row, str):
            _note(recording, row)
            continue
        _add(recording, line, row)
    if not recording.n_rows:
        raise RecordingError(f"{path.name}: no rows; expected one recorded output a row")
    return recording


def _note(recording: Recording, problem: str) -> None:
    if len(recording.problems) < MAX_LISTED:
        recording.problems.append(problem)


def _add(recording: Recording, line: int, row: Row) -> None:
    sample_id = _first(row, ID_KEYS)
    text = _first(row, TEXT_KEYS)
    prompt = _first(row, INPUT_KEYS)
    if isinstance(sample_id, int) and not isinstance(sample_id, bool):
        sample_id = str(sample_id)
    problem = _row_problem(sample_id, text, prompt)
    if problem:
        _note(recording, f"{recording.unit} {line}: {problem}")
        return
    try:
        index = _index(row)
        completion = _completion(row, sample_id or "", text, index)
    except ValueError as error:
        _note(recording, f"{recording.unit} {line}: {error}")
        return
    entry = RecordedRow(line, completion, input_hash(prompt) if prompt else "")
    if not text.strip():
        recording.empty_lines.append(line)
    if sample_id:
        _place(recording, recording.by_id, (sample_id, index), entry, f"id {sample_id!r}")
    if prompt:
        _place(
            recording, recording.by_input, (entry.input_hash, index), entry, "" if sample_id else "this input"
        )


def _place(
    recording: Recording,
    table: dict[tuple[str, int], RecordedRow],
    key: tuple[str, int],
    entry: RecordedRow,
    name: str,
) -> None:
    first = table.setdefault(key, entry)
    if first is entry or not name:
        return
    if name == "this input" and first.completion.text == entry.completion.text:
        return  # The suite asks the same thing twice and got the same answer: nothing to choose between.
    if len(recording.duplicates) < MAX_LISTED:
        recording.duplicates.append(Duplicate(name, first.line, entry.line))


def _first(row: Row, keys: Sequence[str]) -> Any:
    return next((row[key] for key in keys if row.get(key) is not None), None)


def _row_problem(sample_id: Any, text: Any, prompt: Any) -> str:
    if text is None:
        return f"no output; expected one of the fields {', '.join(TEXT_KEYS)}"
    if not sample_id and not prompt:
        return f"no id ({', '.join(ID_KEYS)}) and no input ({', '.join(INPUT_KEYS)}) to match a sample by"
    for name, value in (("id", sample_id), ("output", text), ("input", prompt)):
        if value is None:
            continue
        if not isinstance(value, str):
            return f"the {name} is a {type(value).__name__}, expected a text"
        if len(value) > MAX_FIELD:
            return f"the {name} has {len(value):,} characters, expected at most {MAX_FIELD:,}"
        if "\0" in value or _SURROGATE.search(value):
            return f"the {name} has a NUL character or half of a surrogate pair; expected valid text"
    return ""


def _index(row: Row) -> int:
    value = _number(row, "sample_index")
    if value is None:
        return 0
    if value != int(value):
        raise ValueError(f"sample_index is {value}, expected a whole number from 0")
    return int(value)


def _completion(row: Row, sample_id: str, text: str, index: int) -> Completion:
    usage = row.get("usage")
    source: Mapping[str, Any] = usage if isinstance(usage, Mapping) else row
    prompt_tokens, completion_tokens = _number(source, "prompt_tokens"), _number(source, "completion_tokens")
    return Completion(
        sample_id=sample_id,
        sample_index=index,
        text=text,
        usage=Usage(
            None if prompt_tokens is None else int(prompt_tokens),
            None if completion_tokens is None else int(completion_tokens),
        ),
        latency_ms=_number(row, "latency_ms"),
        finish_reason=str(row.get("finish_reason") or "")[:100],
        model_reported=str(row.get("model") or row.get("generator") or "")[:200],
    )


def _number(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise ValueError(f"{name} is {value!r:.80}, expected a number from 0")
    return float(value)


def index_recording(path: Path, samples: Sequence[Sample], format: str = "") -> RecordingMatch:
    """How ``path`` fits ``samples``, for the page that shows matched and unmatched before a run.

    Reads the first answer (sample index 0) of each sample. A file that cannot be read is one problem.
    """
    try:
        recording = read_recording(path, format)
    except RecordingError as error:
        return RecordingMatch(format, 0, unmatched=tuple(s.id for s in samples), problems=(str(error),))
    matched: list[str] = []
    unmatched: list[str] = []
    empty: list[str] = []
    other: list[str] = []
    used: set[int] = set()
    for sample in samples:
        row, why = recording.find(sample.id, 0, sample.input_text)
        if row is None:
            (other if why == "other_input" else unmatched).append(sample.id)
            continue
        matched.append(sample.id)
        used.add(row.line)
        if not row.completion.text.strip():
            empty.append(sample.id)
    lines = {
        row.line for table in (recording.by_id, recording.by_input) for (_, i), row in table.items() if i == 0
    }
    return RecordingMatch(
        format=recording.format,
        n_rows=recording.n_rows,
        matched=tuple(matched),
        unmatched=tuple(unmatched),
        empty=tuple(empty),
        other_input=tuple(other),
        unused_rows=len(lines - used),
        problems=recording.errors,
    )
