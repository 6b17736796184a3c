"""
Heights above the sea from elevation files: SRTM tiles (.hgt, also zipped) and GeoTIFF of any coordinate system.

A height is interpolated between the four cells around a place (bilinear). A hole of up to ``SMALL_HOLE`` cells across
is filled from around it; over a larger one nothing is known.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio import Affine
from rasterio.errors import RasterioError
from rasterio.fill import fillnodata
from rasterio.windows import Window
from scipy.ndimage import find_objects, label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from geo.crs import GEOGRAPHIC
from geo.roads.errors import BadRoadFile, said
from geo.roads.network import Floats, Floats32, Ints32
from geo.roads.osm import Box

ENDINGS = (".hgt", ".hgt.zip", ".tif", ".tiff")
"""Endings of files that are read."""

SMALL_HOLE = 10
"""Cells across."""

_LOWEST, _HIGHEST = -1_000.0, 9_000.0
"""No land lies beyond these metres: such values mark holes."""
_HGT_HOLE = -32_768
_MOST_CELLS = 20_000_000
"""Cells read at once."""
_CORNER = re.compile(r"([NS])(\d{1,2})([EW])(\d{1,3})", re.IGNORECASE)
_UNREADABLE = (RasterioError, OSError, ValueError, RuntimeError, zipfile.BadZipFile)

Bools = NDArray[np.bool_]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """
    One elevation file.

    Attributes
    ----------
    rows, columns
        Number of cells.
    cell_of
        From longitude and latitude, or the coordinates of ``crs``, to column and row; whole at the middle of a cell.
    crs
        ``None``: longitude and latitude.
    cells
        Reads rows ``[a, b)`` and columns ``[c, d)``, NaN in holes.
    """

    path: Path
    rows: int
    columns: int
    cell_of: Affine
    crs: CRS | None
    cells: Callable[[int, int, int, int], Floats32]

    @property
    def cell_degrees(self) -> float:
        """Height of a cell in degrees, roughly."""
        size = math.sqrt(abs(1 / self.cell_of.determinant))
        metres_a_degree = 111_320
        return size if self.crs is None or self.crs.is_geographic else size / metres_a_degree

    def bounds(self) -> Box:
        """Give the least box around its corners, longitude and latitude."""
        column, row = np.array([0, self.columns, 0, self.columns]) - 0.5, np.array([0, 0, self.rows, self.rows]) - 0.5
        x, y = _moved(~self.cell_of, column, row)
        if self.crs is not None:
            x, y = Transformer.from_crs(self.crs, GEOGRAPHIC, always_xy=True).transform(x, y)
        return Box(float(np.min(x)), float(np.min(y)), float(np.max(x)), float(np.max(y)))

    def heights(self, lon: Floats, lat: Floats) -> Floats:
        """Interpolate; NaN outside and in holes. Raises `BadRoadFile` when the cells cannot be read."""
        column, row = self._cells_at(lon, lat)
        half = 0.5
        within = (column >= -half) & (column <= self.columns - half) & (row >= -half) & (row <= self.rows - half)
        heights = np.full(lon.shape, np.nan)
        which = np.flatnonzero(within)
        column, row = np.clip(column[which], 0, self.columns - 1), np.clip(row[which], 0, self.rows - 1)
        for some in self._bands(column, row):
            heights[which[some]] = self._interpolated(column[some], row[some])
        return heights

    def _cells_at(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        x, y = lon, lat
        if self.crs is not None:
            x, y = Transformer.from_crs(GEOGRAPHIC, self.crs, always_xy=True).transform(lon, lat)
        with np.errstate(invalid="ignore"):  # places that the system cannot hold are infinitely far
            column, row = _moved(self.cell_of, x, y)
        return column, row

    def _bands(self, column: Floats, row: Floats) -> Iterator[Indices]:
        """Split places into bands of rows, so that no more than ``_MOST_CELLS`` are read for one of them."""
        if column.size == 0:
            return
        width = int(column.max() - column.min()) + 2 + 2 * SMALL_HOLE
        band = row.astype(np.intp) // max(_MOST_CELLS // width - 2 * SMALL_HOLE, 1)
        for one in np.unique(band).tolist():
            yield np.flatnonzero(band == one)

    def _interpolated(self, column: Floats, row: Floats) -> Floats:
        margin = SMALL_HOLE + 1  # so that a hole at the edge is seen whole
        top, left = max(int(row.min()) - margin, 0), max(int(column.min()) - margin, 0)
        bottom = min(int(row.max()) + 2 + margin, self.rows)
        right = min(int(column.max()) + 2 + margin, self.columns)
        try:
            cells = self.cells(top, bottom, left, right)
        except _UNREADABLE as error:
            raise BadRoadFile(self.path, "relief-broken", error=said(self.path, error)) from error
        return bilinear(without_small_holes(cells), column - left, row - top)


def _moved(by: Affine, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return by.a * x + by.b * y + by.c, by.d * x + by.e * y + by.f


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Elevation files, the finest first: where one knows nothing the next is asked."""

    tiles: tuple[Tile, ...]

    def heights(self, lon: Floats, lat: Floats) -> Floats:
        """Metres above the sea at each place, NaN where unknown."""
        heights = np.full(lon.shape, np.nan)
        for tile in self.tiles:
            unknown = np.flatnonzero(np.isnan(heights))
            heights[unknown] = tile.heights(lon[unknown], lat[unknown])
        return heights


def is_relief(name: str) -> bool:
    """Tell whether a file name is that of an elevation file."""
    return name.lower().endswith(ENDINGS)


def read(paths: Sequence[Path]) -> Relief:
    """Open elevation files; raises `BadRoadFile` for the first that cannot be used."""
    return relief([tile for path in paths for tile in tiles_of(path)])


def relief(tiles: Sequence[Tile]) -> Relief:
    """Put tiles in an order that does not depend on how they were named in a command."""
    return Relief(tuple(sorted(tiles, key=lambda tile: (round(tile.cell_degrees, 9), tile.path.name, tile.bounds()))))


def tiles_of(path: Path) -> list[Tile]:
    """
    Open one elevation file.

    Raises
    ------
    BadRoadFile
        When it is of another kind (``relief-kind``), empty (``file-empty``), damaged (``relief-broken``) or does not
        say where it lies (``relief-crs``).
    """
    name = path.name.lower()
    if not is_relief(name):
        raise BadRoadFile(path, "relief-kind", kind=path.suffix or "?")
    if path.stat().st_size == 0:
        raise BadRoadFile(path, "file-empty")
    try:
        if name.endswith(".hgt.zip"):
            return _zipped(path)
        return [_hgt(path, path.name, path.read_bytes())] if name.endswith(".hgt") else [_geotiff(path)]
    except _UNREADABLE as error:
        raise BadRoadFile(path, "relief-broken", error=said(path, error)) from error


# SRTM tiles


def _zipped(path: Path) -> list[Tile]:
    with zipfile.ZipFile(path) as archive:
        inside = [info for info in archive.infolist() if info.filename.lower().endswith(".hgt")]
        if not inside:
            raise ValueError("no .hgt file in the archive")
        return [_hgt(path, PurePosixPath(info.filename).name, _unpacked(archive, info)) for info in inside]


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    _shape(info.file_size)  # a size that no tile has is refused before it is unpacked
    return archive.read(info)


def _hgt(path: Path, name: str, content: bytes) -> Tile:
    """Read a tile of one degree, named after its south-west corner; its outer cells lie on whole degrees."""
    corner = _CORNER.search(name)
    if corner is None:
        raise BadRoadFile(path, "relief-crs")
    south = int(corner[2]) * (1 if corner[1].upper() == "N" else -1)
    west = int(corner[4]) * (1 if corner[3].upper() == "E" else -1)
    rows, columns = _shape(len(content))
    heights = np.frombuffer(content, dtype=">i2").reshape(rows, columns)

    def cells(top: int, bottom: int, left: int, right: int) -> Floats32:
        return _without_marks(heights[top:bottom, left:right], _HGT_HOLE)

    of_cell = Affine(1 / (columns - 1), 0, west, 0, -1 / (rows - 1), south + 1)
    return Tile(path, rows, columns, ~of_cell, None, cells)


def _shape(size: int) -> tuple[int, int]:
    """Rows and columns by the number of bytes: a square, or half as many columns far from the equator."""
    arc_second, two_arc_seconds = 3_601, 1_801
    if size == arc_second * two_arc_seconds * 2:
        return arc_second, two_arc_seconds
    side = math.isqrt(size // 2)
    if side < 2 or side * side * 2 != size or side > 2 * arc_second:
        raise ValueError(f"{size} bytes are no whole tile")
    return side, side


# GeoTIFF


def _geotiff(path: Path) -> Tile:
    with rasterio.open(path, driver="GTiff") as file:
        if file.crs is None:
            raise BadRoadFile(path, "relief-crs")
        if file.dtypes[0] == "uint8" and file.count >= 3:
            raise ValueError("a picture, not heights")
        crs = CRS.from_wkt(file.crs.to_wkt())
        edge = ~file.transform
        cell_of = Affine(edge.a, edge.b, edge.c - 0.5, edge.d, edge.e, edge.f - 0.5)
        return Tile(path, file.height, file.width, cell_of, crs, _window_of(path))


def _window_of(path: Path) -> Callable[[int, int, int, int], Floats32]:
    def cells(top: int, bottom: int, left: int, right: int) -> Floats32:
        with rasterio.open(path, driver="GTiff") as file:
            raw = file.read(1, window=Window(left, top, right - left, bottom - top))
            heights = _without_marks(raw, file.nodata)
            return (heights * np.float32(file.scales[0]) + np.float32(file.offsets[0])).astype(np.float32)

    return cells


# Holes


def _without_marks(raw: NDArray[Any], mark: float | None) -> Floats32:
    """Heights with NaN where the file marks a hole, or says what no land is."""
    heights = raw.astype(np.float32)
    heights[~((heights >= _LOWEST) & (heights <= _HIGHEST))] = np.nan
    if mark is not None and not np.isnan(mark):
        heights[raw == mark] = np.nan
    return heights


def without_small_holes(cells: Floats32) -> Floats32:
    """Fill holes of up to ``SMALL_HOLE`` cells across from around them; larger ones stay NaN."""
    holes = np.isnan(cells)
    if not holes.any() or holes.all():
        return cells
    number, _ = label(holes, structure=np.ones((3, 3)))
    across = [max(s.stop - s.start for s in place) for place in find_objects(number)]
    small = holes & (np.array([0, *across])[number] <= SMALL_HOLE)
    filled = fillnodata(np.where(holes, 0, cells).astype(np.float32), (~holes).astype(np.uint8), SMALL_HOLE)
    return np.where(small, filled, cells).astype(np.float32)


def bilinear(cells: Floats32, column: Floats, row: Floats) -> Floats:
    """
    Interpolate between the four cells around each place, column and row within the cells.

    Where some of them are unknown the others are used; NaN where all that count are.
    """
    rows, columns = cells.shape
    left = np.clip(np.floor(column).astype(np.intp), 0, max(columns - 2, 0))
    top = np.clip(np.floor(row).astype(np.intp), 0, max(rows - 2, 0))
    total, weight = np.zeros(column.shape), np.zeros(column.shape)
    for down in (0, 1):
        for over in (0, 1):
            value = cells[np.minimum(top + down, rows - 1), np.minimum(left + over, columns - 1)].astype(np.float64)
            share = np.abs(1 - over - (column - left)) * np.abs(1 - down - (row - top))
            share = np.where(np.isnan(value), 0.0, share)
            total += share * np.nan_to_num(value)
            weight += share
    heights: Floats = np.divide(total, weight, out=np.full(column.shape, np.nan), where=weight > 0)
    return heights


# Bridges and tunnels


def straight_over(height: Floats, tail: Ints32, head: Ints32, metres: Floats32, lifted: Bools) -> Floats:
    """
    Replace the ground under bridges and over tunnels by the straight slope between their ends.

    Parameters
    ----------
    height
        By node; NaN where unknown.
    lifted
        By segment: on a bridge or in a tunnel.

    Returns
    -------
    height
        By node. A node all of whose segments are lifted takes the mean of its neighbours', weighted by the inverse of
        their distances: on a run of segments that is the straight line between its ends, and where runs meet in the
        air the three or more slopes join. Ends are nodes of other segments, and dead ends.
    """
    nodes = height.size
    ends = np.concatenate([tail, head])
    on_ground = np.bincount(ends[np.tile(~lifted, 2)], minlength=nodes) > 0
    dead_end = np.bincount(ends, minlength=nodes) == 1
    touched = np.bincount(ends[np.tile(lifted, 2)], minlength=nodes) > 0
    free = touched & ~(on_ground | dead_end)
    held = touched & ~free & np.isfinite(height)
    free = touched & ~held
    result = height.copy()
    result[free] = np.nan
    a, b, pull = tail[lifted], head[lifted], 1 / np.maximum(metres[lifted].astype(np.float64), 1e-3)
    reached = _joined_to(held, a, b)
    solved = free & reached
    if solved.any():
        result[solved] = _balanced(result, solved, a, b, pull)
    return result


def _joined_to(held: Bools, a: Ints32, b: Ints32) -> Bools:
    """Tell which nodes are joined by these segments to one that is held."""
    nodes = held.size
    _, part = connected_components(coo_array((np.ones(a.size), (a, b)), shape=(nodes, nodes)), directed=False)
    return np.asarray(np.isin(part, part[held]))


def _balanced(height: Floats, solved: Bools, a: Ints32, b: Ints32, pull: Floats) -> Floats:
    """Solve for the heights at which each of these nodes is the weighted mean of its neighbours."""
    number = np.cumsum(solved) - 1
    count = int(solved.sum())
    here, there, pull = np.concatenate([a, b]), np.concatenate([b, a]), np.tile(pull, 2)
    counts = solved[here] & (solved[there] | np.isfinite(height[there]))
    here, there, pull = here[counts], there[counts], pull[counts]
    inner = solved[there]
    sides = np.bincount(number[here], weights=pull, minlength=count)
    known = np.bincount(number[here[~inner]], weights=(pull * np.nan_to_num(height[there]))[~inner], minlength=count)
    rows, columns = number[here[inner]], number[there[inner]]
    diagonal = np.arange(count)
    matrix = coo_array(
        (
            np.concatenate([sides, -pull[inner]]),
            (np.concatenate([diagonal, rows]), np.concatenate([diagonal, columns])),
        ),
        shape=(count, count),
    )
    return np.asarray(spsolve(matrix.tocsc(), known), dtype=np.float64).reshape(count)
