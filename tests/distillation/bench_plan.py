"""Ten students of a plan: ``python -m tests.distillation.bench_plan``: CPU seconds of the whole, base not counted.

Base and two teachers are those of the small zoo, built first where DIR has none. Five recipes a teacher, each teacher's
answers obtained once.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from evaluations.distillation import zoo
from evaluations.distillation.composition import read_composition

COUNTS = {"greedy": 2, "sampled": 1, "logits": 1, "half": 1}


def main(folder: Path) -> None:
    path = Path(str(files("evaluations.distillation") / "zoo.yaml"))
    small = read_composition(path, size="small")
    whole = read_composition(path, size="full")
    teachers = [entry for entry in small.entries if entry.kind == "teacher"]
    keys = {entry.key for entry in teachers}
    students = [
        entry
        for recipe, n in COUNTS.items()
        for teacher in teachers
        for entry in [e for e in whole.entries if e.recipe == recipe and e.teacher == teacher.key][:n]
    ]
    bases = {entry.base for entry in (*teachers, *students)}
    made = replace(
        whole,
        entries=(*teachers, *students),
        bases=tuple(base for base in whole.bases if base.key in bases),
    )
    jobs = [job for job in zoo.jobs(made) if job.wave < 2 and job.key in keys | bases]
    for job in jobs:
        print(zoo.do(made, job, folder), flush=True)
    began = time.process_time()
    for job in zoo.jobs(made):
        if job.wave >= 2 or job.key not in keys | bases:
            at = time.process_time()
            said = zoo.do(made, job, folder)
            print(f"{time.process_time() - at:.1f} CPU s, {said}", flush=True)
    print(f"{len(students)} students with their teachers' answers: {time.process_time() - began:.0f} CPU s")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp()))
