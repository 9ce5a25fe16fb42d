"""Files in the data folder: written whole or not at all, named by their content."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from evaluations.errors import Refusal

SPARE_BYTES = 64 * 1024 * 1024
MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class StoredFile:
    """A file of the data folder: its name there, its SHA-256 and its size in bytes."""

    name: str
    sha256: str
    size: int

    @property
    def path(self) -> Path:
        """Where it lies."""
        return path_of(self.name)


def path_of(name: str) -> Path:
    """The absolute path of a stored file; refuses a name that leaves the folder."""
    root = Path(settings.MEDIA_ROOT).resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise Refusal(f"The stored name {name!r} lies outside the data folder.")
    return path


def store(folder: str, chunks: Iterable[bytes], *, suffix: str = "") -> StoredFile:
    """Write ``chunks`` to ``folder``: a part file, flushed to disk, then renamed.

    Refuses more than 512 MB, and a disk that has no room, before anything is visible.
    """
    target = path_of(folder)
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    if shutil.disk_usage(target).free < SPARE_BYTES:
        raise Refusal(
            f"The data folder's disk has less than {SPARE_BYTES // 2**20} MB left. Nothing was stored."
        )
    part = target / f".{secrets.token_hex(8)}.part"
    checksum, size = hashlib.sha256(), 0
    try:
        with part.open("xb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > MAX_BYTES:
                    raise Refusal(f"The file is larger than {MAX_BYTES // 2**20} MB. Nothing was stored.")
                checksum.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        name = f"{folder}/{checksum.hexdigest()}{suffix}"
        part.replace(path_of(name))
    except OSError as error:
        raise Refusal(
            f"The file could not be written to the data folder: {error.strerror}. Nothing was stored."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return StoredFile(name=name, sha256=checksum.hexdigest(), size=size)


def read_in_chunks(path: Path, size: int = 1 << 20) -> Iterable[bytes]:
    """The bytes of a file, in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(size):
            yield chunk
