"""Uploaded files: laid out in a temporary folder under plain names, for the importers to read."""

from __future__ import annotations

import bz2
import gzip
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from fastapi import UploadFile

from app.api.errors import BadUpload
from app.settings import MEBIBYTE, Settings

MOST_IN_AN_ARCHIVE = 10_000
LONGEST_NAME_BYTES = 200
PACKED: Mapping[str, Callable[[Path], BinaryIO]] = {".gz": gzip.open, ".bz2": bz2.open}  # type: ignore[dict-item]
"""What opens a file that is packed alone, by its ending."""


@contextmanager
def laid_out(files: Sequence[UploadFile], settings: Settings) -> Iterator[Path]:
    """
    Write uploaded files to a folder for as long as they are read.

    Returns
    -------
    path
        The file itself when there is one, else the folder of all.

    Raises
    ------
    BadUpload
        When a name cannot be a file's, comes twice, or the files would unpack too large.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="upload-", dir=settings.data_dir) as folder:
        paths = [_write(file, Path(folder)) for file in files]
        _check_unpacked(paths, settings.max_unpacked_mb)
        yield paths[0] if len(paths) == 1 else Path(folder)


def plain_name(sent: str) -> str:
    """
    Take the last part of a name as the browser sent it.

    Raises
    ------
    BadUpload
        When no file can be named so.
    """
    name = PureWindowsPath(PurePosixPath(sent).name).name
    if not name or name.startswith(".") or not name.isprintable() or len(name.encode()) > LONGEST_NAME_BYTES:
        raise BadUpload(sent[:LONGEST_NAME_BYTES], "no file can be named so")
    return name


def _write(file: UploadFile, folder: Path) -> Path:
    path = folder / plain_name(file.filename or "")
    if path.exists():
        raise BadUpload(path.name, "two files have this name")
    with path.open("xb") as out:
        shutil.copyfileobj(file.file, out)
    return path


def _check_unpacked(paths: Sequence[Path], limit_mb: int) -> None:
    """Refuse archives (workbooks are archives too) and packed files that are too large, before they are unpacked."""
    left = limit_mb * MEBIBYTE
    for path in paths:
        left -= _archived_bytes(path) if zipfile.is_zipfile(path) else _packed_bytes(path, left)
        if left < 0:
            raise BadUpload(path.name, f"unpacked, the files would be larger than {limit_mb} MiB")


def _archived_bytes(path: Path) -> int:
    """Add up what the members of an archive say that they unpack to."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    if len(members) > MOST_IN_AN_ARCHIVE:
        raise BadUpload(path.name, f"the archive holds {len(members)} files, more than {MOST_IN_AN_ARCHIVE}")
    return sum(member.file_size for member in members)


def _packed_bytes(path: Path, most: int) -> int:
    """Count what a .gz or .bz2 unpacks to, until it is more than ``most``; 0 for any other file."""
    opener = PACKED.get(path.suffix.lower())
    if opener is None:
        return 0
    size = 0
    with suppress(OSError, EOFError, zlib.error), opener(path) as unpacked:  # a damaged one is told by its reader
        while size <= most and (chunk := unpacked.read(MEBIBYTE)):
            size += len(chunk)
    return size
