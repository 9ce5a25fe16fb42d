"""Write a panel folder that :func:`evaluations.provenance.panels.folder.read_panel` reads back."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from evaluations.provenance.errors import ProvenanceInputError
from evaluations.provenance.panels.folder import NOBODY, Panel, file_stem
from evaluations.records import ModelCard

COLUMNS: Final = (
    *("id", "role", "name", "owner", "family", "lineage", "base", "released", "released_source", "relation"),
    *("taught_by_owner", "taught_by_family", "taught_by", "data_source", "confidence", "source", "note"),
)


def write_panel(panel: Panel, folder: Path) -> None:
    """Write ``panel`` into the empty or new ``folder``; equal panels give equal bytes."""
    if folder.exists() and any(folder.iterdir()):
        raise ProvenanceInputError(f"{folder.name}: the folder is not empty; choose a new or an empty folder")
    stems = [file_stem(key) for key in panel.cards]
    if len(set(stems)) != len(stems):
        twice = next(stem for stem in stems if stems.count(stem) > 1)
        raise ProvenanceInputError(f"models: two ids share the file name {twice!r}; rename one of them")
    (folder / "completions").mkdir(parents=True, exist_ok=True)
    _write_about(panel, folder / "panel.yaml")
    lines = [
        _json({"id": s.id, "input": s.input_text, "category": (s.tags or ("",))[0]}) for s in panel.prompts
    ]
    (folder / "prompts.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")
    with (folder / "models.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for key, card in panel.cards.items():
            writer.writerow(_row(card, "teacher_candidate" if key in panel.candidates else "reference"))
    for key, answers in panel.completions.items():
        _write_answers(panel, answers, folder / "completions" / f"{file_stem(key)}.jsonl.gz")


def _write_about(panel: Panel, path: Path) -> None:
    about = {
        "name": panel.name,
        "title": panel.title,
        "language": panel.language,
        "prompts": len(panel.prompts),
        "models": len(panel.cards),
        "licence": panel.licence,
        "source": panel.source,
        "teacher_candidates": list(panel.candidates),
        "hold_out": panel.hold_out,
    }
    path.write_text(
        yaml.safe_dump(about, sort_keys=False, allow_unicode=True), encoding="utf-8", newline="\n"
    )


def _write_answers(panel: Panel, answers: Mapping[str, str], path: Path) -> None:
    lines = [_json({"id": s.id, "output": answers[s.id]}) for s in panel.prompts if s.id in answers]
    # No file name and no time in the header, so that the bytes depend on the content alone.
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as stream:
        stream.write("".join(lines).encode("utf-8", "surrogatepass"))


def _json(record: Mapping[str, str]) -> str:
    return json.dumps(record, ensure_ascii=True) + "\n"


def _row(card: ModelCard, role: str) -> dict[str, str]:
    taught = "" if card.taught_by_owners is None else ";".join(card.taught_by_owners) or NOBODY
    return {
        "id": card.key,
        "role": role,
        "name": card.name,
        "owner": card.owner,
        "family": card.family,
        "lineage": card.lineage,
        "base": card.base,
        "released": card.released or "",
        "released_source": card.released_source,
        "relation": card.relation,
        "taught_by_owner": taught,
        "taught_by_family": ";".join(card.taught_by_families),
        "taught_by": ";".join(card.taught_by),
        "data_source": card.data_source,
        "confidence": card.confidence,
        "source": card.source,
        "note": card.note,
    }
