"""Where the rows of a table are: coordinates to degrees, invalid outlines repaired, each problem on its own row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import shapely
from shapely import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from data.cells import Cell
from data.faults import Findings, Where
from data.importers import coordinates
from data.importers.coordinates import WGS84, Coordinates, System
from data.importers.declaration import Declaration
from data.importers.sheets import Piece
from data.loaded import Loaded

WORST_SHARE = 0.5
"""Above this share of places outside the area, the system itself is reported instead of each place."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The system a piece is read in; ``assumed``: neither the user nor the file said it."""

    system: System
    assumed: bool = False


def declared_system(declaration: Declaration, findings: Findings) -> System | None:
    """Read the declared coordinate system; a text that names none is reported."""
    if declaration.crs is None or not declaration.crs.strip():
        return None
    try:
        return coordinates.declared_system(declaration.crs)
    except coordinates.UnreadableCrs:
        findings.add("crs-unreadable", Where(value=declaration.crs))
        return None


def locate(piece: Piece, declared: System | None, findings: Findings) -> None:
    """Replace the coordinates of a piece by degrees, and its outlines by valid ones; report what cannot be."""
    loaded = piece.loaded
    if "lon" not in loaded.columns:
        return
    _report_half_points(loaded, findings)
    _make_flat_shapes(loaded, findings)
    places, owners = _places(loaded)
    if not len(places):
        return
    choice = _choose(piece, declared, places, findings)
    if choice is None:
        _spoil(loaded, set(owners))
        return
    degrees = choice.system.to_degrees(places).copy()
    outside = _report_outside(loaded, choice.system, places, degrees, owners, findings)
    degrees[np.isin(owners, list(outside))] = 0.0  # not shown to anyone: these rows are left without a place
    _take_degrees(loaded, degrees)
    _spoil(loaded, outside)
    if not outside:
        _report_assumption(loaded, choice, declared, piece, findings)


def _file_of(loaded: Loaded) -> str:
    return loaded.files[0] if loaded.files else ""


def _choose(piece: Piece, declared: System | None, places: Coordinates, findings: Findings) -> Choice | None:
    """Choose the declared system, else the file's own; for plain columns of degrees WGS 84, which is then said."""
    where = Where(_file_of(piece.loaded), piece.loaded.table.name)
    if declared is not None:
        return Choice(declared)
    if piece.shapes and piece.system is None:
        en, zh = coordinates.likely_systems(places)
        findings.add("crs-unknown", where, candidates=en, candidates_zh=zh)
        return None
    if piece.system is not None:
        if piece.system.old_datum:
            findings.add("crs-old-datum", where, datum=piece.system.old_datum, crs=piece.system.name)
            return None
        return Choice(piece.system)
    if not WGS84.holds(places).any():
        en, zh = coordinates.likely_systems(places)
        findings.add("crs-unknown", where, candidates=en, candidates_zh=zh)
        return None
    return Choice(WGS84, assumed=True)


def _report_assumption(
    loaded: Loaded, choice: Choice, declared: System | None, piece: Piece, findings: Findings
) -> None:
    where = Where(_file_of(loaded), loaded.table.name)
    if choice.assumed:
        findings.add("crs-assumed", where)
    if choice.system.old_datum:
        findings.add("crs-accuracy", where, datum=choice.system.old_datum)
    if declared is not None and piece.system is not None and not declared.same_as(piece.system):
        shifted_degrees = declared.shift is not None and piece.system.crs.is_geographic
        if not shifted_degrees:
            findings.add("crs-differs", where, file_crs=piece.system.name, crs=declared.name)


def _report_half_points(loaded: Loaded, findings: Findings) -> None:
    for row, (lon, lat) in enumerate(zip(loaded.columns["lon"], loaded.columns["lat"], strict=True)):
        blank_is_told = loaded.table.column("lon").required
        if (lon is None) != (lat is None) and not blank_is_told and row not in loaded.spoiled:
            findings.add("half-point", loaded.where(row, "lon" if lon is None else "lat"))
            loaded.spoiled.add(row)


def _make_flat_shapes(loaded: Loaded, findings: Findings) -> None:
    """Keep points and polygons, repaired where invalid; report and drop every other shape."""
    shapes = loaded.columns.get("geometry")
    if shapes is None:
        return
    valid = shapely.is_valid(np.asarray(shapes, dtype=object))
    for row, shape in enumerate(shapes):
        if isinstance(shape, BaseGeometry) and not (valid[row] and _is_flat(shape)):
            shapes[row] = _flat(loaded, row, shape, findings)
            if shapes[row] is None:
                loaded.spoiled.add(row)


def _is_flat(shape: BaseGeometry) -> bool:
    return isinstance(shape, Point | Polygon | MultiPolygon) and not shape.is_empty


def _flat(loaded: Loaded, row: int, shape: BaseGeometry, findings: Findings) -> BaseGeometry | None:
    where = loaded.where(row, "geometry", shape.geom_type)
    if shape.is_empty:
        findings.add("geometry-empty", where)
        return None
    if shape.geom_type == "MultiPoint" and len(shapely.get_parts(shape)) == 1:
        return cast(Point, shapely.get_geometry(shape, 0))
    if shape.geom_type not in {"Polygon", "MultiPolygon", "GeometryCollection"}:
        findings.add("geometry-kind", where, kind=shape.geom_type)
        return None
    polygons = _polygon_parts(shapely.make_valid(shape))
    if polygons is None:
        findings.add("geometry-empty", where)
        return None
    if not shape.is_valid:
        identity = loaded.columns["id"][row]
        findings.add("ring-repaired", loaded.where(row, "id"), id=identity, problem=explain_validity(shape))
    return polygons


def _polygon_parts(shape: BaseGeometry) -> Polygon | MultiPolygon | None:
    """Give the polygons of a repaired shape; lines and points that a repair leaves behind have no area."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    polygons = [part for part in parts if isinstance(part, Polygon) and part.area > 0]
    if not polygons:
        return None
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _places(loaded: Loaded) -> tuple[Coordinates, list[int]]:
    """
    Give every coordinate of a piece and the row it belongs to: first the points, then the outlines.

    The order is the one in which ``_take_degrees`` puts them back.
    """
    points = _points(loaded)
    shapes = _shapes(loaded)
    at = np.array([xy for _, xy in points], dtype=np.float64).reshape(-1, 2)
    vertices, index = shapely.get_coordinates(np.asarray([s for _, s in shapes], dtype=object), return_index=True)
    owners = [row for row, _ in points] + [shapes[i][0] for i in index.tolist()]
    return np.vstack((at, vertices)), owners


def _points(loaded: Loaded) -> list[tuple[int, tuple[float, float]]]:
    pairs = zip(loaded.columns["lon"], loaded.columns["lat"], strict=True)
    return [
        (row, (cast(float, lon), cast(float, lat)))
        for row, (lon, lat) in enumerate(pairs)
        if lon is not None and lat is not None
    ]


def _shapes(loaded: Loaded) -> list[tuple[int, BaseGeometry]]:
    shapes = loaded.columns.get("geometry", [])
    return [(row, shape) for row, shape in enumerate(shapes) if isinstance(shape, BaseGeometry)]


def _report_outside(
    loaded: Loaded, system: System, places: Coordinates, degrees: Coordinates, owners: list[int], findings: Findings
) -> set[int]:
    """Report rows that do not lie where the system is for, and give them."""
    first_of_row: dict[int, int] = {}
    for i in np.flatnonzero(~system.holds(degrees)).tolist():
        first_of_row.setdefault(owners[i], i)
    rows = len(set(owners))
    if rows > 1 and len(first_of_row) > WORST_SHARE * rows:
        first = next(iter(first_of_row.values()))
        where = Where(_file_of(loaded), loaded.table.name, value=_written(places[first]))
        hint = _hint(system, places)
        facts = {"crs": system.name, "count": len(first_of_row), "total": rows, "at": _written(degrees[first])}
        findings.add("crs-implausible", where, **facts, **hint)
        return set(owners)
    for row, i in first_of_row.items():
        where = loaded.where(row, "lon", _written(places[i]))
        findings.add("outside-area", where, at=_written(degrees[i]), crs=system.name)
    return set(first_of_row)


def _spoil(loaded: Loaded, rows: set[int]) -> None:
    """Leave rows without a place: what is wrong with it has been said, and no other check should look at it."""
    loaded.spoiled |= rows
    for name in ("lon", "lat", "geometry"):
        for row in rows if name in loaded.columns else ():
            loaded.columns[name][row] = None


def _hint(system: System, places: Coordinates) -> dict[str, str]:
    if WGS84.crs.is_geographic and system.crs.is_geographic and system.holds(places[:, ::-1]).mean() > WORST_SHARE:
        return {"hint": " Are longitude and latitude exchanged?", "hint_zh": "经度与纬度是否写反?"}
    en, zh = coordinates.likely_systems(places)
    return {"hint": f" {en}" if en else "", "hint_zh": zh}


def _written(place: Coordinates) -> str:
    return ", ".join(f"{number:.10g}" for number in place.tolist())


def _take_degrees(loaded: Loaded, degrees: Coordinates) -> None:
    """Put degrees back where ``_places`` took coordinates."""
    points, shapes = _points(loaded), _shapes(loaded)
    lon: list[Cell] = [None] * len(loaded)
    lat: list[Cell] = [None] * len(loaded)
    for (row, _), (x, y) in zip(points, degrees[: len(points)].tolist(), strict=True):
        lon[row], lat[row] = x, y
    loaded.columns["lon"], loaded.columns["lat"] = lon, lat
    if shapes:
        moved = shapely.set_coordinates(np.array([shape for _, shape in shapes], dtype=object), degrees[len(points) :])
        valid = shapely.is_valid(moved)
        for (row, _), shape, is_valid in zip(shapes, moved, valid.tolist(), strict=True):
            loaded.columns["geometry"][row] = shape if is_valid else _polygon_parts(shapely.make_valid(shape))
