"""Unlabelled training prompts: a pasted text or a file becomes a suite version without targets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.db import transaction

from evaluations.errors import Refusal
from evaluations.models import Sensitivity, SuiteVersion, TaskSuite, Workspace
from evaluations.records import Sample, TaskType
from evaluations.services import files, suites
from evaluations.suites.json_values import DECODER, check, check_text
from evaluations.suites.problems import RowError, SuiteFileError
from evaluations.suites.reading import content_hash
from evaluations.suites.source import Source, open_source

MOST_PROMPTS = 100_000
LONGEST_PROMPT = 32_000
MOST_BYTES = 64 * 1024 * 1024
LISTED = 20
JSON_NAMES = (".jsonl", ".ndjson")


@transaction.atomic
def add(
    *, workspace: Workspace, user: Any, suite_name: str, filename: str, chunks: Iterable[bytes], now: datetime
) -> SuiteVersion:
    """The prompts of a text (one a line) or of a JSON Lines file (the value of "prompt") as a version.

    A prompt keeps every character of its line but the line end; lines that hold nothing else are left out
    and listed on the version. The suite is made where there is none of that name. Refuses with every bad
    line (the first 20 are named), and then stores nothing.
    """
    stored = files.store("uploads", chunks)
    if stored.size > MOST_BYTES:
        raise Refusal(
            f"{filename}: found {stored.size:,} bytes, expected at most {MOST_BYTES:,}. Split the file."
        )
    prompts, empty = _read(filename, stored)
    suite = _suite(workspace, user, suite_name, now)
    samples = tuple(
        Sample(id=f"p{number}", input=prompt, task_type=TaskType.GENERATION)
        for number, prompt in enumerate(prompts, start=1)
    )
    return suites.create_version(
        suite=suite, user=user, samples=samples, content_hash=content_hash(samples), mapping={},
        source_filename=filename[:255], source_sha256=stored.sha256, left_out=empty, now=now,
    )  # fmt: skip


def _suite(workspace: Workspace, user: Any, name: str, now: datetime) -> TaskSuite:
    suite = TaskSuite.objects.filter(workspace=workspace, name=name).first()
    if suite is None:
        return suites.create_suite(
            workspace=workspace, user=user, name=name, sensitivity=Sensitivity.INTERNAL, now=now
        )
    newest = suite.versions.order_by("-number").first()
    if newest is not None and newest.samples.exclude(targets=[]).exists():
        raise Refusal(
            f"There is a suite named {name!r}, and its samples have right answers. "
            "Choose another name for prompts without them."
        )
    return suite


def _read(filename: str, stored: files.StoredFile) -> tuple[list[str], list[int]]:
    """The prompts in their order, and the numbers of the lines that are empty."""
    prompts: list[str] = []
    empty: list[int] = []
    problems: list[str] = []
    n_bad = 0
    try:
        source = open_source(stored.path, filename)
        for number, line in _lines(source):
            try:
                prompt = _prompt(line, number, filename)
            except RowError as error:
                n_bad += 1
                if n_bad <= LISTED:
                    problems.append(f"{filename}: {error.problem.text}.")
                continue
            if prompt is None:
                empty.append(number)
                continue
            prompts.append(prompt)
            if len(prompts) > MOST_PROMPTS:
                raise Refusal(
                    f"{filename}: found more than {MOST_PROMPTS:,} prompts, expected at most that many."
                )
    except SuiteFileError as error:
        raise Refusal(*(f"{filename}: {problem.text}." for problem in error.problems)) from error
    if n_bad > LISTED:
        problems.append(f"{filename}: {n_bad - LISTED:,} more lines cannot be used.")
    if problems:
        raise Refusal(*problems)
    if not prompts:
        raise Refusal(f"{filename}: found no prompt, expected at least 1.")
    return prompts, empty


def _lines(source: Source) -> Iterator[tuple[int, str]]:
    """Each line without its end. Only the line feed ends a line, so a prompt may hold any other sign."""
    for number, line in source.lines("\n"):
        yield number, line.removesuffix("\n").removesuffix("\r")


def _prompt(line: str, number: int, filename: str) -> str | None:
    """The prompt of one line, or ``None`` where it holds nothing. Raises ``RowError``."""
    if PurePath(filename).suffix.lower() not in JSON_NAMES:
        prompt = line
    elif not line.strip():
        return None
    else:
        prompt = _json_prompt(line, number)
    if not prompt.strip():
        return None
    if len(prompt) > LONGEST_PROMPT:
        raise RowError(number, "", f"{len(prompt):,} characters", f"at most {LONGEST_PROMPT:,}")
    check_text(prompt, number, "")
    return prompt


def _json_prompt(line: str, number: int) -> str:
    try:
        value = DECODER.decode(line)
    except (json.JSONDecodeError, RecursionError):
        raise RowError(number, "", "no JSON", 'an object with a text under "prompt"') from None
    check(value, number, "", 0)
    found = value.get("prompt") if isinstance(value, dict) else None
    if not isinstance(found, str):
        raise RowError(number, "", 'no text under "prompt"', 'an object with a text under "prompt"')
    return found
