"""The layers at run time: what really gets imported. The import contracts themselves run in `make check`."""

from __future__ import annotations

import ast
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
DOMAIN = (
    "suites",
    "inference",
    "metrics",
    "provenance",
    "distillation",
    "economics",
    "licensing",
    "reports",
)
BASE = ("evaluations.records", "evaluations.registry", "evaluations.errors")
NEVER_LOADED = ("django", "celery", "kombu", "psycopg", "sqlite3", "torch", "transformers")
PROBE = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
    loaded = sorted(set(json.loads(sys.argv[2])) & set(sys.modules))
    if loaded:
        sys.exit(f"importing {name} loads {', '.join(loaded)}")
"""


def modules_of(package: str) -> list[str]:
    """The package and every module below it, by name."""
    folder = REPOSITORY / package.replace(".", "/")
    found = pkgutil.walk_packages([str(folder)], prefix=f"{package}.")
    return [package, *sorted(module.name for module in found)]


def first_wrong_import(modules: list[str], forbidden: tuple[str, ...]) -> str:
    """Import the modules in a fresh interpreter; the first one that loads a forbidden package, or ""."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(modules), json.dumps(forbidden)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("package", DOMAIN)
def test_a_domain_package_loads_no_django_no_celery_and_no_torch(package: str) -> None:
    assert first_wrong_import(modules_of(f"evaluations.{package}"), NEVER_LOADED) == ""


def test_records_registry_and_errors_load_none_of_them_either() -> None:
    assert first_wrong_import(list(BASE), NEVER_LOADED) == ""


def test_the_probe_notices_a_wrong_import() -> None:
    assert first_wrong_import(["celery"], ("celery", "torch")) == "importing celery loads celery"


def test_the_web_process_loads_no_torch() -> None:
    assert first_wrong_import(["audit_app.wsgi", "evaluations.urls"], ("torch", "transformers")) == ""


def sources(folder: str) -> list[Path]:
    return sorted((REPOSITORY / folder).rglob("*.py"))


def test_no_module_is_longer_than_300_lines() -> None:
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for path in sources("evaluations") + sources("audit_app")
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > 300
    }
    assert long == {}


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The function's lines from ``def`` to its end, without its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def test_no_function_is_longer_than_40_lines_and_no_task_longer_than_12() -> None:
    long = {}
    for path in sources("evaluations") + sources("audit_app"):
        most = 12 if path.name == "tasks.py" else 40
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of(node) > most:
                long[f"{path.relative_to(REPOSITORY)}: {node.name}"] = lines_of(node)
    assert long == {}


def test_nothing_is_loaded_by_name_from_the_metrics_hub() -> None:
    wanted = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}"
        for path in sources("evaluations")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "evaluate.load"
    ]
    assert wanted == []
