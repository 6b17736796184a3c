"""The files of an import: a single file, a folder or a zip archive, unpacked with care, and what kind each is of."""

from __future__ import annotations

import codecs
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from data.faults import Findings, Where

MOST_MEMBERS = 2_000
MOST_UNPACKED_BYTES = 1 << 30
CHUNK_BYTES = 1 << 20
DEEPEST = 2
"""An archive is unpacked, and one inside it; any deeper is left as it is."""

SIDECARS = frozenset(
    {".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qmd", ".qpj", ".xml", ".gpkg-wal", ".tfw", ".ovr"}
)
"""Parts of a shapefile, GeoPackage or GeoTIFF that are read with it or not at all."""

ROADS = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
"""Endings of road extracts."""

RELIEF = (".hgt", ".hgt.zip", ".tif", ".tiff")
"""Endings of elevation files."""

_DOUBTFUL = re.compile(r"[\x00-\x7f]*(?:[\u0370-\u07ff][\x00-\x7f]*)+")
"""Besides ASCII only letters of two bytes that no Latin or Chinese text has: Greek, Cyrillic and what follows."""
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

    @property
    def is_roads(self) -> bool:
        """Tell whether the name is that of a road extract."""
        return self.path.name.lower().endswith(ROADS)

    @property
    def is_relief(self) -> bool:
        """Tell whether the name is that of an elevation file."""
        return self.path.name.lower().endswith(RELIEF)

    @property
    def is_archive(self) -> bool:
        """Tell whether the name is that of an archive of files, and not of one elevation tile in a zip."""
        return self.ending == ".zip" and not self.is_relief


@dataclass(frozen=True, slots=True)
class Sorted:
    """The files of an import by kind; ``tables`` are all that are neither roads nor relief."""

    tables: tuple[SourceFile, ...]
    roads: tuple[SourceFile, ...]
    relief: tuple[SourceFile, ...]


@dataclass(slots=True)
class _Budget:
    """What the archives of one import may still unpack to."""

    members: int
    bytes: int


class _Unsafe(Exception):
    """An archive cannot be unpacked; ``code`` and ``facts`` say why."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


@contextmanager
def opened(path: Path, findings: Findings) -> Iterator[Sorted]:
    """
    Give the files of a folder, an archive or one file, by kind, for as long as they are read.

    Archives, and those in a folder or in another archive, are unpacked into a folder that is removed in the end.
    """
    with tempfile.TemporaryDirectory(prefix="junheng-import-") as workspace:
        found = files_of(path, Path(workspace), findings)
        yield Sorted(
            tables=tuple(file for file in found if not (file.is_roads or file.is_relief)),
            roads=tuple(file for file in found if file.is_roads),
            relief=tuple(file for file in found if file.is_relief),
        )


def files_of(path: Path, workspace: Path, findings: Findings) -> list[SourceFile]:
    """
    List the files of an import by name; zip archives are unpacked into ``workspace``, one inside another too.

    Hidden files and the extra folders some systems add to archives are left out.
    """
    if not path.exists():
        findings.add("path-missing", Where(path.name))
        return []
    budget = _Budget(MOST_MEMBERS, MOST_UNPACKED_BYTES)
    if path.is_dir():
        return [
            inner for file in _listed(path) for inner in _inside(file, f"{file.name}/", workspace, budget, findings)
        ]
    return _inside(SourceFile(path.name, path), "", workspace, budget, findings)


def _inside(
    file: SourceFile, prefix: str, workspace: Path, budget: _Budget, findings: Findings, depth: int = 0
) -> list[SourceFile]:
    """Give the files of an archive, their names with a prefix; the file itself where it is none or lies too deep."""
    if not file.is_archive or depth == DEEPEST:
        return [file]
    target = Path(tempfile.mkdtemp(dir=workspace))
    try:
        _unpack(file.path, target, budget)
    except _Unsafe as problem:
        findings.add(problem.code, Where(file.name), **problem.facts)
        return []
    named = [replace(inner, name=prefix + inner.name) for inner in _listed(target)]
    return [leaf for one in named for leaf in _inside(one, f"{one.name}/", workspace, budget, findings, depth + 1)]


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


def _unpack(path: Path, target: Path, budget: _Budget) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            budget.members -= len(members)
            if budget.members < 0:
                raise _Unsafe("zip-too-many", limit=MOST_MEMBERS)
            for member, place in _targets(members, target):
                budget.bytes -= _unpack_member(archive, member, place, budget.bytes)
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

    Some short Chinese texts in GB18030, 学校 among them, are also UTF-8 for two Cyrillic letters; where UTF-8 gives
    nothing but such letters and GB18030 gives Chinese, that is taken. Latin letters with accents are believed to be
    UTF-8, and so is a mark of it at the start.

    Raises
    ------
    UnicodeDecodeError
        When the text is neither.
    """
    try:
        as_utf8 = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")
    if raw.startswith(codecs.BOM_UTF8) or not _DOUBTFUL.fullmatch(as_utf8):
        return as_utf8
    try:
        as_gb18030 = raw.decode("gb18030")
    except UnicodeDecodeError:
        return as_utf8
    return as_gb18030 if _CHINESE.search(as_gb18030) else as_utf8
