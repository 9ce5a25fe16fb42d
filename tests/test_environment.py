"""Readers of environment variables and service URLs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from audit_app import environment


@pytest.mark.parametrize(("word", "value"), [("1", True), ("Yes", True), ("off", False), ("", False)])
def test_a_flag_is_yes_or_no(monkeypatch: pytest.MonkeyPatch, word: str, value: bool) -> None:
    monkeypatch.setenv("PEDIGREE_X", word)

    assert environment.flag("PEDIGREE_X", default=not value) is value


def test_an_unset_variable_gives_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEDIGREE_X", raising=False)

    assert environment.flag("PEDIGREE_X", default=True) is True
    assert environment.number("PEDIGREE_X", 2.5) == 2.5
    assert environment.text("PEDIGREE_X", "a") == "a"
    assert environment.words("PEDIGREE_X", "a, b,") == ("a", "b")
    assert environment.folders("PEDIGREE_X") == ()


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        (environment.flag, "PEDIGREE_X: found 'maybe', expected one of"),
        (lambda name: environment.number(name, 1), "PEDIGREE_X: found 'maybe', expected a number"),
    ],
)
def test_a_word_of_the_wrong_kind_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, reader: object, expected: str
) -> None:
    monkeypatch.setenv("PEDIGREE_X", "maybe")

    with pytest.raises(ImproperlyConfigured) as refused:
        reader("PEDIGREE_X")  # type: ignore[operator]
    assert expected in str(refused.value)


def test_a_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "secret.key"

    first = environment.stored_secret(path)

    assert environment.stored_secret(path) == first
    assert len(first) >= 48
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_url_the_database_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    database = environment.database("", tmp_path)

    assert database["NAME"] == str(tmp_path / "pedigree.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_a_postgresql_url_is_taken_apart() -> None:
    database = environment.database(
        "postgresql://ann:p%40ss@db.example:6543/audits?sslmode=require", Path("/")
    )

    wanted = {"NAME": "audits", "USER": "ann", "PASSWORD": "p@ss", "HOST": "db.example", "PORT": 6543}
    assert wanted.items() <= database.items()
    assert database["OPTIONS"] == {"sslmode": "require"}
    assert database["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize("url", ["mysql://db/audits", "audits.sqlite3"])
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"DATABASE_URL: found .*, expected postgresql://"):
        environment.database(url, Path("/"))


def test_the_embedded_broker_is_two_private_folders(tmp_path: Path) -> None:
    options = environment.broker_options("filesystem://", tmp_path, 3600)

    assert options["data_folder_in"] == options["data_folder_out"]
    for name in ("data_folder_in", "control_folder"):
        assert Path(options[name]).stat().st_mode & 0o777 == 0o700


def test_a_redis_message_stays_hidden_longer_than_any_task() -> None:
    from django.conf import settings

    options = environment.broker_options("redis://127.0.0.1:6379/0", Path("/"), 3600)

    assert options["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT


def test_another_broker_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="BROKER_URL: found 'sqs', expected redis"):
        environment.broker_options("sqs://", Path("/"), 3600)


def test_every_variable_is_documented() -> None:
    repository = Path(environment.__file__).resolve().parents[1]
    reading = r'(?:env\.\w+|environ\.get)\(\s*"([A-Z_]+)"'
    sources = [
        repository / "audit_app" / "settings.py",
        repository / "evaluations" / "management" / "commands" / "start.py",
    ]
    read = {name for source in sources for name in re.findall(reading, source.read_text())}
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (repository / "docs" / "deploy.md").read_text(), re.M))

    assert "DATABASE_URL" in read
    assert read == documented


def test_a_heartbeat_comes_at_least_three_times_in_a_lease() -> None:
    from django.conf import settings

    assert settings.WORK_HEARTBEAT_S * 3 <= settings.WORK_LEASE_S
