"""The tests' own environment, what they may skip, and the fixed cast.

A plain run uses SQLite. ``--postgresql`` runs the tests that use the database once more, on the
server that DATABASE_URL names or that answers on 127.0.0.1:5432; where none answers it says so and
runs nothing. Under CI=true a skip is a failure unless its reason begins with "not applicable:".
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import pytest
from django.test import Client, override_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests import servers

# A busy machine is no failure: examples are counted, not timed.
hypothesis_settings.register_profile(
    "pedigree", deadline=None, derandomize=servers.IN_CI, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("pedigree")

DATA_DIR = Path(tempfile.mkdtemp(prefix="pedigree-tests-"))
(DATA_DIR / "static").mkdir()
os.environ["PEDIGREE_DATA_DIR"] = str(DATA_DIR)
os.environ["BROKER_URL"] = servers.BROKER_URLS["filesystem"]
os.environ.pop("DATABASE_URL", None)
# Playwright's synchronous API keeps an event loop in the test's own thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
RUN_ID = os.environ.setdefault("PEDIGREE_TEST_RUN", str(os.getpid()))
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
APPLIES_NOT = "not applicable:"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgresql", action="store_true", help="run the tests that use the database, on PostgreSQL"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--postgresql"):
        if not servers.postgresql_version():
            pytest.exit(
                "no PostgreSQL server answers on 127.0.0.1:5432 and DATABASE_URL names none: "
                "the tests that use the database run on SQLite only",
                returncode=1 if servers.IN_CI else 0,
            )
        os.environ["DATABASE_URL"] = servers.POSTGRESQL_URL
    _load_settings()


def _load_settings() -> None:
    """Load the settings from this process's own environment, and leave workers to do the same."""
    from django.conf import settings

    os.environ["DJANGO_SETTINGS_MODULE"] = "audit_app.settings"
    loaded_from = settings.DATA_DIR
    if loaded_from != DATA_DIR.resolve():
        pytest.exit(
            "the settings were loaded before the tests' own environment was made "
            f"(data folder {loaded_from}, expected {DATA_DIR}): unset DJANGO_SETTINGS_MODULE, leave out --ds",
            returncode=1,
        )
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(DATA_DIR, ignore_errors=True)


def pytest_report_header(config: pytest.Config) -> str:
    return f"django: {django.get_version()}; " + _what_runs(config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(_what_runs(config))


def _what_runs(config: pytest.Config) -> str:
    return servers.summary(servers.database_label(config.getoption("--postgresql")))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if "browser" in names:
            item.add_marker(pytest.mark.browser)
    if config.getoption("--postgresql"):
        chosen = [item for item in items if _uses_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen


def _uses_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    return bool(names & DATABASE_FIXTURES) or item.get_closest_marker("django_db") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _refuse_skip((yield))


def _refuse_skip(report: Any) -> Any:
    """Under CI a skip becomes a failure, unless the test says that it does not apply here."""
    if not servers.IN_CI or report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return report
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if not reason.startswith(APPLIES_NOT):
        report.outcome = "failed"
        report.longrepr = f"CI=true allows no skip, and this test was skipped: {reason}"
    return report


@pytest.fixture(scope="session", autouse=True)
def plain_settings() -> Iterator[None]:
    """Static files without a manifest, and a quick password hasher."""
    with override_settings(
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A database of this run's own: a file for SQLite, a name no other run uses for PostgreSQL."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(DATA_DIR / "test.sqlite3")
    else:
        database.setdefault("TEST", {})["NAME"] = f"test_pedigree_{RUN_ID}_{worker}"


@pytest.fixture
def now() -> datetime:
    """The moment at which every test happens."""
    return datetime(2026, 11, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def workspace(db: None, now: datetime) -> Any:
    """Alice's and Bob's workspace."""
    from evaluations.services import workspaces

    return workspaces.create(name="Northmoor Bank", slug="northmoor", now=now)


@pytest.fixture
def alice(workspace: Any, now: datetime) -> Any:
    """The workspace's admin."""
    return _person(workspace, "alice", "admin", now)


@pytest.fixture
def bob(workspace: Any, now: datetime) -> Any:
    """A viewer of the same workspace."""
    return _person(workspace, "bob", "viewer", now)


@pytest.fixture
def charlie(db: None, now: datetime) -> Any:
    """The admin of another workspace: to him, Northmoor's rows do not exist."""
    from evaluations.services import workspaces

    return _person(workspaces.create(name="Elsewhere", slug="elsewhere", now=now), "charlie", "admin", now)


def _person(workspace: Any, username: str, role: str, now: datetime) -> Any:
    from evaluations.services import workspaces

    return workspaces.add_person(
        workspace=workspace, username=username, role=role, password=username, now=now
    )


@pytest.fixture
def client_for() -> Callable[[Any], Client]:
    """``client_for(alice)`` is a signed-in test client."""

    def signed_in(user: Any) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture(params=list(servers.BROKER_URLS))
def broker_url(request: pytest.FixtureRequest) -> str:
    """Each broker in turn: folders, Redis, RabbitMQ. Use it with ``queue_name``, which is nobody else's."""
    if not servers.BROKER_VERSIONS[request.param]():
        pytest.skip(f"no {request.param} broker answers at {servers.BROKER_URLS[request.param]}")
    return servers.BROKER_URLS[request.param]


@pytest.fixture
def queue_name() -> str:
    """The name of a queue that no other test or program uses."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium, without its own calls home."""
    path = servers.chromium()
    if path is None:
        pytest.skip("Chromium is not installed: no chromium in PATH, and CHROMIUM names none")
    return {**browser_type_launch_args, "executable_path": str(path), "args": BROWSER_ARGUMENTS}


@pytest.fixture(scope="session")
def torch():
    """PyTorch, or a skip that says how to get it; under CI its absence is a failure."""
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        message = f"the extra [ml] is not installed ({error}); run: make install-ml"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return torch
