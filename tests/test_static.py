"""Static files are collected once, compressed, and again only when a source changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import override_settings

from audit_app import static


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source" / "css" / "page.css"
    file.parent.mkdir(parents=True)
    file.write_text("body { color: black; }\n" * 200)
    return file


def test_files_are_collected_when_they_changed_and_only_then(tmp_path: Path, source: Path) -> None:
    target = tmp_path / "target"
    storages = {"staticfiles": {"BACKEND": "audit_app.static.GzipManifestStorage"}}
    with override_settings(
        STATIC_ROOT=target,
        STATICFILES_DIRS=[tmp_path / "source"],
        STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
        STORAGES=storages,
    ):
        assert static.collect() is True
        assert static.collect() is False
        source.write_text("body { color: white; }\n" * 200)
        assert static.collect() is True

    names = sorted(path.name for path in (target / "css").iterdir())
    # The plain file, its hashed copy of each of the two texts, and a compressed file beside each of the three.
    assert len(names) == 6
    assert sum(name.endswith(".gz") for name in names) == 3
    assert not any(name.endswith(".br") for name in names)
