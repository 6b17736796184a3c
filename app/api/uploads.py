"""Uploaded files: laid out in a temporary folder under plain names, for the importers to read."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from fastapi import UploadFile

from app.api.errors import BadUpload
from app.settings import MEBIBYTE, Settings

MOST_IN_AN_ARCHIVE = 10_000
LONGEST_NAME_BYTES = 200


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
        When a name cannot be a file's, comes twice, or an archive would unpack too large.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="upload-", dir=settings.data_dir) as folder:
        paths = [_write(file, Path(folder)) for file in files]
        _check_archives(paths, settings.max_unpacked_mb)
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


def _check_archives(paths: Sequence[Path], limit_mb: int) -> None:
    """Refuse archives (workbooks are archives too) that say, before they are unpacked, that they are too large."""
    left = limit_mb * MEBIBYTE
    for path in paths:
        if not zipfile.is_zipfile(path):
            continue
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
        left -= sum(member.file_size for member in members)
        if left < 0:
            raise BadUpload(path.name, f"unpacked, the files would be larger than {limit_mb} MiB")
        if len(members) > MOST_IN_AN_ARCHIVE:
            raise BadUpload(path.name, f"the archive holds {len(members)} files, more than {MOST_IN_AN_ARCHIVE}")
