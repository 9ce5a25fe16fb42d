"""Files of the data folder: whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluations.errors import Refusal
from evaluations.services import files


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_a_file_is_named_by_its_content(folder: Path) -> None:
    stored = files.store("uploads", [b"ab", b"c"], suffix=".csv")
    assert stored.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert stored.name == f"uploads/{stored.sha256}.csv"
    assert stored.path.read_bytes() == b"abc" and stored.size == 3


def test_the_same_content_twice_is_one_file(folder: Path) -> None:
    assert files.store("uploads", [b"abc"]).name == files.store("uploads", [b"abc"]).name
    assert len(list((folder / "uploads").iterdir())) == 1


def test_an_upload_that_breaks_off_leaves_nothing(folder: Path) -> None:
    def torn() -> Iterator[bytes]:
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(Refusal, match="No space left on device"):
        files.store("uploads", torn())
    assert list((folder / "uploads").iterdir()) == []


def test_too_large_a_file_is_refused_before_it_is_visible(folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 3)
    with pytest.raises(Refusal, match="larger than"):
        files.store("uploads", [b"abcd"])
    assert list((folder / "uploads").iterdir()) == []


@pytest.mark.parametrize("name", ["../secret.key", "/etc/passwd", "uploads/../../secret.key"])
def test_a_name_that_leaves_the_folder_is_refused(name: str) -> None:
    with pytest.raises(Refusal, match="outside the data folder"):
        files.path_of(name)
