"""GeoJSON, GeoPackage and Shapefile, through GDAL."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import shapely
from pyogrio.errors import DataSourceError, FieldError, GeometryError
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from data.cells import LARGEST_WHOLE
from data.faults import Findings, Where
from data.importers import coordinates
from data.importers.sheets import RawSheet
from data.importers.sources import SourceFile

SHAPEFILE_PARTS = (".shx", ".dbf")

BEGINNINGS: dict[str, Callable[[bytes], bool]] = {
    ".shp": lambda start: start.startswith(b"\x00\x00\x27\x0a"),
    ".gpkg": lambda start: start.startswith(b"SQLite format 3\x00"),
    ".geojson": lambda start: start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"),
    ".json": lambda start: start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"),
}
"""How each kind of file begins. GDAL chooses its reader by content, so nothing else may reach it."""

_Broken = (
    DataSourceError,
    FieldError,
    GeometryError,
    GEOSException,
    UnicodeDecodeError,
    ValueError,
    RuntimeError,
    OSError,
)


def read_shapes(source: SourceFile, findings: Findings) -> list[RawSheet]:
    """Read every layer of a shape file; what cannot be opened is reported."""
    start = _start(source.path)
    if not start.strip():
        findings.add("file-empty", Where(source.name))
        return []
    if not BEGINNINGS[source.ending](start):
        findings.add("shapes-broken", Where(source.name), error=f"it is not a {source.ending} file")
        return []
    missing = _missing_parts(source)
    for part in missing:
        findings.add("shapefile-part", Where(source.name), part=part)
    if missing:
        return []
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(source.path)]
        return [_layer(source, name, alone=len(layers) == 1) for name in layers]
    except _Broken as broken:
        findings.add("shapes-broken", Where(source.name), error=broken)
        return []


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def _missing_parts(source: SourceFile) -> list[str]:
    if source.ending != ".shp":
        return []
    beside = {path.suffix.lower() for path in source.path.parent.iterdir() if path.stem == source.path.stem}
    return [part for part in SHAPEFILE_PARTS if part not in beside]


def _layer(source: SourceFile, name: str, *, alone: bool) -> RawSheet:
    encoding = _shapefile_encoding(source.path) if source.ending == ".shp" else None
    meta, _, outlines, fields = pyogrio.raw.read(source.path, layer=name, encoding=encoding, force_2d=True)
    texts = [[_text(value) for value in field.tolist()] for field in fields]
    headings = [str(heading) for heading in meta["fields"]]
    count = len(fields[0]) if texts else 0 if outlines is None else len(outlines)
    rows = [headings, *(list(row) for row in zip(*texts, strict=True))] if texts else [[] for _ in range(count + 1)]
    geometry = _geometry(outlines, count)
    file = source.name if alone else f"{source.name} [{name}]"
    names = (source.name, source.stem, name) if alone else (name,)
    system = coordinates.file_system(meta.get("crs"))
    return RawSheet(file, names, rows, list(range(len(rows))), geometry, system)


def _geometry(outlines: Any, count: int) -> list[BaseGeometry | None]:
    if outlines is None:
        return [None] * count
    shapes = shapely.from_wkb(outlines, on_invalid="ignore")
    return list(np.asarray(shapes, dtype=object))


def _text(value: object) -> str:
    """Write an attribute as a person would type it."""
    match value:
        case None:
            return ""
        case float():
            if math.isnan(value):  # how a blank number is given
                return ""
            return str(int(value)) if value.is_integer() and abs(value) < LARGEST_WHOLE else repr(value)
        case dt.datetime():
            return value.isoformat(sep=" ")
        case _:
            return str(value)


def _shapefile_encoding(path: Path) -> str | None:
    """Choose the encoding of a shapefile without a .cpg: UTF-8 where its text is that, else GB18030."""
    beside = {part.suffix.lower(): part for part in path.parent.iterdir() if part.stem == path.stem}
    if ".cpg" in beside:
        return None
    content = beside[".dbf"].read_bytes()
    records_start = int.from_bytes(content[8:10], "little")
    try:
        content[records_start:].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"
