"""From files to a district, or to every fault of the files at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shapely import Point
from shapely.geometry.base import BaseGeometry

from data import checks, records
from data.domain.district import District
from data.errors import BadRow
from data.faults import Fault, Findings, Where, did_you_mean
from data.importers import locate, sheets, sources
from data.importers.csv_folder import read_csv
from data.importers.declaration import Declaration
from data.importers.shapes import BEGINNINGS, read_shapes
from data.importers.sheets import Piece, RawSheet
from data.importers.sources import SourceFile
from data.importers.workbook import read_workbook
from data.loaded import Dataset, Loaded, joined
from data.tables import ONE_OF, TABLES, Table

WORKBOOKS = frozenset({".xlsx", ".xlsm"})
UNREAD_TABLES = frozenset(
    {".xls", ".xlsb", ".ods", ".et", ".kml", ".kmz", ".tab", ".mdb", ".parquet", ".gdb", ".7z", ".rar"}
)
"""Kinds that hold tables or shapes but are not read: refused, so that nothing is left out silently."""

NOT_TABLES = frozenset({"readme", "说明", "license", "about"})


@dataclass(frozen=True, slots=True)
class Import:
    """The outcome of an import: a district, or at least one fault; warnings in both cases."""

    district: District | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """
    What the files of tables hold.

    Attributes
    ----------
    places
        Where each settlement and school is, as far as that could be read; also where there is no district.
    """

    district: District | None
    places: tuple[Point, ...]


def read(path: Path, declaration: Declaration) -> Import:
    """
    Read a folder, zip archive, CSV, workbook or shape file as a district; roads and relief among them are left alone.

    Every fault found is in the answer, and where there is one there is no district.
    """
    findings = Findings()
    with sources.opened(path, findings) as files:
        tables = read_tables(path.name, files.tables, declaration, findings)
    faults, warnings = findings.closed()
    return Import(tables.district, faults, warnings)


def read_tables(name: str, files: Sequence[SourceFile], declaration: Declaration, findings: Findings) -> Tables:
    """
    Read the files of tables; ``name`` is what the whole import is called where nothing is found in it.

    There is no district where there is any fault, found here or before.
    """
    raw = _raw_sheets(files, findings)
    _check_declaration(declaration, findings)
    dataset, unknown = _tables(raw, declaration, findings)
    if not raw and not findings.faults:
        findings.add("nothing-to-read", Where(name))
    _report_missing_tables(dataset, unknown, findings)
    known = checks.with_divisions(dataset, declaration)
    counted = checks.check(known, declaration, findings)
    district = _district(counted, declaration, findings) if not findings.faults else None
    return Tables(district, tuple(_places(dataset)))


def _places(dataset: Dataset) -> Iterator[Point]:
    """Give where each settlement and school is, as far as that could be read."""
    for name in ("settlements", "schools"):
        if name not in dataset:
            continue
        columns = dataset[name].columns
        shapes = columns.get("geometry") or [None] * len(dataset[name])
        for shape, lon, lat in zip(shapes, columns["lon"], columns["lat"], strict=True):
            if isinstance(lon, float) and isinstance(lat, float):
                yield Point(lon, lat)
            elif isinstance(shape, BaseGeometry) and not shape.is_empty:
                yield shape.centroid


def _raw_sheets(files: Sequence[SourceFile], findings: Findings) -> list[RawSheet]:
    found: list[RawSheet] = []
    for source in files:
        reader = _reader(source)
        if reader is not None:
            found.extend(reader(source, findings))
        elif source.ending in UNREAD_TABLES:
            findings.add("file-kind", Where(source.name), kind=source.ending)
        elif source.ending not in sources.SIDECARS and source.stem.casefold() not in NOT_TABLES:
            code = "file-kind" if len(files) == 1 else "file-ignored"
            findings.add(code, Where(source.name), kind=source.ending or "?")
    return found


def _reader(source: SourceFile) -> Callable[[SourceFile, Findings], list[RawSheet]] | None:
    if source.ending == ".csv":
        return _one_csv
    if source.ending in WORKBOOKS:
        return read_workbook
    return read_shapes if source.ending in BEGINNINGS else None


def _one_csv(source: SourceFile, findings: Findings) -> list[RawSheet]:
    sheet = read_csv(source, findings)
    return [] if sheet is None else [sheet]


def _check_declaration(declaration: Declaration, findings: Findings) -> None:
    for table in (*declaration.tables.values(), *declaration.columns):
        if table not in TABLES:
            what = {"what": "table", "what_zh": "数据表"}
            findings.add("declaration-unknown", Where(value=table), name=table, **what)
    for table, columns in declaration.columns.items():
        for column in columns if table in TABLES else ():
            if column not in TABLES[table].names:
                what = {"what": f"column of {table}", "what_zh": f"{TABLES[table].zh}列"}
                findings.add("declaration-unknown", Where(table=table, value=column), name=column, **what)


def _tables(raw: list[RawSheet], declaration: Declaration, findings: Findings) -> tuple[dict[str, Loaded], list[str]]:
    """Read every sheet as part of its table; also give the names of sheets that belong to none."""
    declared = locate.declared_system(declaration, findings)
    by_table: dict[str, list[RawSheet]] = {}
    unknown: list[str] = []
    for sheet in raw:
        table = sheets.table_of(sheet, declaration)
        if table is None:
            unknown.append(sheet.called)
            hint = did_you_mean(sheets.likely_tables(sheet.called))
            findings.add("table-unknown", Where(sheet.file), name=sheet.called, **hint)
        else:
            by_table.setdefault(table.name, []).append(sheet)
    dataset = {}
    for name, table in TABLES.items():
        pieces = _pieces(by_table.get(name, []), table, declaration, findings)
        for piece in pieces:
            locate.locate(piece, declared, findings)
        loaded = _one_table(pieces, findings)
        if loaded is not None and len(loaded):
            dataset[name] = loaded
    return dataset, unknown


def _pieces(raw: list[RawSheet], table: Table, declaration: Declaration, findings: Findings) -> list[Piece]:
    with_shapes = [sheet for sheet in raw if sheet.geometry is not None]
    apart = "id" in table.names and 0 < len(with_shapes) < len(raw)
    read = [
        sheets.read_sheet(
            sheet,
            table,
            declaration,
            findings,
            only_shapes=apart and sheet.geometry is not None,
            shapes_elsewhere=apart and sheet.geometry is None,
        )
        for sheet in raw
    ]
    return [piece for piece in read if piece is not None]


def _one_table(pieces: list[Piece], findings: Findings) -> Loaded | None:
    """Join the pieces of a table; shapes that came apart from their rows are laid to them, where rows have an id."""
    shapes = [piece.loaded for piece in pieces if piece.shapes and "id" in piece.loaded.columns]
    rows = [piece.loaded for piece in pieces if not any(piece.loaded is loaded for loaded in shapes)]
    if not rows:
        return joined(shapes) if shapes else None
    table = joined(rows)
    for extra in shapes:
        _lay_shapes(table, extra, findings)
    return table


def _lay_shapes(table: Loaded, shapes: Loaded, findings: Findings) -> None:
    row_of = {identity: row for row, identity in enumerate(table.columns["id"])}
    names = [name for name in ("geometry", "lon", "lat") if name in table.columns]
    for row, identity in enumerate(shapes.columns["id"]):
        target = row_of.get(identity)
        if identity is None:
            continue
        if target is None:
            findings.add("shape-without-row", shapes.where(row, "id"), table=table.table.name, table_zh=table.table.zh)
            continue
        for name in names:
            if table.columns[name][target] is None:
                table.columns[name][target] = shapes.columns[name][row]


def _report_missing_tables(dataset: Dataset, unknown: list[str], findings: Findings) -> None:
    for table in TABLES.values():
        if table.required and table.name not in dataset:
            near = [name for name in unknown if any(table.name in word for word in sheets.likely_tables(name))]
            facts = {"table": table.name, "table_zh": table.zh, **did_you_mean(near[:2])}
            findings.add("table-missing", Where(table=table.name), **facts)
    if not any(name in dataset for name in ONE_OF):
        names_zh = "、".join(TABLES[name].zh for name in ONE_OF)
        findings.add("one-of-missing", Where(), tables=", ".join(ONE_OF), tables_zh=names_zh)


def _district(dataset: Dataset, declaration: Declaration, findings: Findings) -> District | None:
    try:
        return records.district_of(declaration, {name: loaded.rows for name, loaded in dataset.items()})
    except BadRow as impossible:
        findings.add("bad-row", Where(table=impossible.table, value=impossible.row), error=impossible.reason)
        return None
