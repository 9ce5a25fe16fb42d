"""SmolLM2-135M-Instruct teaches a tiny student: ``python -m tests.distillation.bench_real_teacher [prompts]``.

The teacher answers questions of ``suites/gsm8k_test.jsonl`` behind a real server. One student learns its answers, another
the people's own answers to the same questions. Printed, on 40 questions that neither has seen: closeness of each
student to the teacher, and the token F1 of all three against the people's answers, with the retention of each.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evaluations.distillation import bases, folders
from evaluations.distillation.closeness import closeness
from evaluations.distillation.generation import answers
from evaluations.distillation.recipe import Pair
from evaluations.distillation.settings import Settings
from evaluations.distillation.students import StudentJob, train_student
from tests.inference.live_server import LiveServer, live_server
from tests.shared_data import shared_path

N_HELD_OUT, MAX_TOKENS = 40, 64
SETTINGS = Settings(
    steps=600, learning_rate=0.008, rows=8, row_length=384, optimiser="muon", held_out=0.05, per_example=True
)


@dataclass
class Fixed:
    """A teacher's stored answers and the people's."""

    prompts: Sequence[str]
    given: Sequence[str]
    people: Sequence[str]

    def answers(self, who: str, temperature: float = 0.0) -> Sequence[str]:
        return self.given

    def targets(self) -> Sequence[str]:
        return self.people

    def shared_data(self) -> Sequence[Pair]:
        return []

    def rephrase(self, text: str, rng: random.Random) -> str:
        return text


def ask(server: LiveServer, prompt: str) -> str:
    body = {
        "model": server.model, "messages": [{"role": "user", "content": prompt}],
        "temperature": 0, "max_tokens": MAX_TOKENS,
    }  # fmt: skip
    request = urllib.request.Request(
        f"{server.base_url}/chat/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as reply:
        return str(json.load(reply)["choices"][0]["message"]["content"])


def f1(text: str, wanted: str) -> float:
    a, b = text.lower().split(), wanted.lower().split()
    shared = sum(min(a.count(word), b.count(word)) for word in set(a))
    return 2 * shared / (len(a) + len(b)) if a and b else 0.0


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def main(n: int) -> None:
    with shared_path("suites/gsm8k_test.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][: n + N_HELD_OUT]
    prompts = [row["question"] for row in rows]
    people = [row["answer"].split("####")[0].strip() for row in rows]
    with live_server() as server:
        given = [ask(server, prompt) for prompt in prompts]
    folder = Path(tempfile.mkdtemp())
    base = folder / "base"
    began = time.process_time()
    bases.train_tiny_base(prompts[:n], given[:n], base, folder / "base.checkpoint", seed=1)
    print(f"tiny base: {time.process_time() - began:.0f} CPU s")
    sources = Fixed(prompts[:n], given[:n], people[:n])
    job = StudentJob("greedy", base, folder / "taught", folder / "c", sources, SETTINGS, seed=1)
    print(f"teacher: token F1 {mean([f1(g, p) for g, p in zip(given[n:], people[n:], strict=True)]):.3f}")
    own = mean([f1(g, p) for g, p in zip(given[n:], people[n:], strict=True)])
    for name, changed in (
        ("taught", job),
        ("independent", replace(job, recipe="targets", folder=folder / "own")),
    ):
        result = train_student(changed)
        assert result is not None
        model, tokenizer = folders.load(changed.folder)
        texts = [a.text for a in answers(model, tokenizer, prompts[n:], max_new_tokens=MAX_TOKENS)]
        near = mean([closeness(t, g) for t, g in zip(texts, given[n:], strict=True)])
        score = mean([f1(t, p) for t, p in zip(texts, people[n:], strict=True)])
        print(
            f"{name}: closeness to the teacher {near:.3f}, token F1 {score:.3f}, retention {score / own:.2f}, "
            f"{result.cpu_seconds} CPU s, agreement {result.agreement:.2f} (before {result.agreement_before:.2f}), "
            f"learnt {result.learnt}, n = {N_HELD_OUT}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
