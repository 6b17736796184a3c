"""The files of an import: a single file, a folder or a zip archive, unpacked with care."""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from data.faults import Findings, Where

MOST_MEMBERS = 2_000
MOST_UNPACKED_BYTES = 1 << 30
CHUNK_BYTES = 1 << 20

SIDECARS = frozenset({".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qmd", ".qpj", ".xml", ".gpkg-wal"})
"""Parts of a shapefile or GeoPackage that are read with it or not at all."""

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file on disk and the name a person knows it by: its path inside the folder or archive."""

    name: str
    path: Path

    @property
    def ending(self) -> str:
        """Ending in lower case, with its dot."""
        return self.path.suffix.lower()

    @property
    def stem(self) -> str:
        """Name without folder and ending."""
        return PurePosixPath(self.name).stem


class _Unsafe(Exception):
    """An archive cannot be unpacked; ``code`` and ``facts`` say why."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


def files_of(path: Path, workspace: Path, findings: Findings) -> list[SourceFile]:
    """
    List the files of an import by name; a zip archive is unpacked into ``workspace``.

    Hidden files and the extra folders some systems add to archives are left out.
    """
    if path.is_dir():
        return _listed(path)
    if not path.is_file():
        findings.add("path-missing", Where(path.name))
        return []
    if path.suffix.lower() != ".zip":
        return [SourceFile(path.name, path)]
    try:
        _unpack(path, workspace)
    except _Unsafe as problem:
        findings.add(problem.code, Where(path.name), **problem.facts)
        return []
    return _listed(workspace)


def unpacked_bytes(path: Path) -> int:
    """Give the size that a zip-based file says it has when unpacked; 0 where it is no zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return 0


def _listed(folder: Path) -> list[SourceFile]:
    found = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith((".", "~$", "__MACOSX")) for part in relative.parts)
        if path.is_file() and not path.is_symlink() and not hidden:
            found.append(SourceFile(relative.as_posix(), path))
    return found


def _unpack(path: Path, workspace: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_MEMBERS:
                raise _Unsafe("zip-too-many", limit=MOST_MEMBERS)
            left = MOST_UNPACKED_BYTES
            for member, target in _targets(members, workspace):
                left -= _unpack_member(archive, member, target, left)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError, NotImplementedError) as broken:
        raise _Unsafe("zip-broken", error=broken) from broken
    except RuntimeError as locked:  # how zipfile asks for a password
        raise _Unsafe("zip-locked") from locked


def _targets(members: list[zipfile.ZipInfo], workspace: Path) -> Iterator[tuple[zipfile.ZipInfo, Path]]:
    for member in members:
        name = PurePosixPath(_member_name(member).replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or (name.parts and ":" in name.parts[0]):
            raise _Unsafe("zip-unsafe")
        yield member, workspace / name


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Unpack one member and give its true size; the size it claims is not trusted."""
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with archive.open(member) as packed, target.open("wb") as out:
        while chunk := packed.read(CHUNK_BYTES):
            size += len(chunk)
            if size > left:
                raise _Unsafe("zip-too-large", limit=f"{MOST_UNPACKED_BYTES >> 20} MB")
            out.write(chunk)
    return size


def _member_name(member: zipfile.ZipInfo) -> str:
    """Give a member's name as its maker wrote it: archives made on Chinese systems do not say that they use GBK."""
    says_utf8 = member.flag_bits & 0x800
    if says_utf8:
        return member.filename
    raw = member.filename.encode("cp437", errors="replace")
    try:
        return decoded(raw)
    except UnicodeDecodeError:
        return member.filename


def decoded(raw: bytes) -> str:
    """
    Read text that is UTF-8 or GB18030.

    Some short Chinese texts in GB18030, 学校 among them, are also UTF-8 for two Cyrillic letters; where only the
    second reading gives Chinese, it is taken. A mark of UTF-8 at the start is believed.

    Raises
    ------
    UnicodeDecodeError
        When the text is neither.
    """
    try:
        as_utf8 = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")
    if raw.startswith(codecs.BOM_UTF8) or as_utf8.isascii() or _CHINESE.search(as_utf8):
        return as_utf8
    try:
        as_gb18030 = raw.decode("gb18030")
    except UnicodeDecodeError:
        return as_utf8
    return as_gb18030 if _CHINESE.search(as_gb18030) else as_utf8
