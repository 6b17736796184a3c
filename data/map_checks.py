"""Rules of the map: outlines that overlap, points that lie outside what they belong to."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from data.cells import Cell
from data.faults import Findings
from data.loaded import Dataset, Loaded

METRES_PER_DEGREE = 111_320.0
OVERLAP_SQUARE_METRES = 1_000.0
OVERLAP_SHARE = 0.01
"""Overlaps below either, the share being of the smaller outline, come from digitising and are not reported."""

OUTSIDE_METRES = 100.0
"""Points no further than this outside an outline are taken as drawn on its edge."""

HOME_OUTSIDE_METRES = 500.0
"""A home further than this outside its settlement is reported: more than the middle of a grid cell on the edge lies."""


def everything_has_a_location(dataset: Dataset, findings: Findings) -> None:
    """A settlement has an outline or a point, a school or home a point."""
    for name in ("settlements", "schools", "homes"):
        if name not in dataset:
            continue
        loaded = dataset[name]
        shapes = loaded.columns.get("geometry") or [None] * len(loaded)
        for row, (shape, lon) in enumerate(zip(shapes, loaded.columns["lon"], strict=True)):
            heading_is_there = (loaded.files[row], "lon") in loaded.headings
            told = row in loaded.spoiled or (heading_is_there and loaded.table.column("lon").required)
            if shape is None and lon is None and not told:
                findings.add("no-location", loaded.where(row, loaded.table.key[0]))


def homes_find_their_settlement(dataset: Dataset, findings: Findings) -> dict[str, Loaded]:
    """
    Give the dataset with homes that name no settlement put into the one they lie in, or on whose edge they lie.

    Those that lie in none are left out, which is said; where a settlement has no outline they cannot be told.
    """
    homes, settlements = dataset.get("homes"), dataset.get("settlements")
    if homes is None or settlements is None:
        return dict(dataset)
    unnamed = [row for row, name in enumerate(homes.columns["settlement"]) if name is None and row not in homes.spoiled]
    placed = [row for row in unnamed if None not in (homes.columns["lon"][row], homes.columns["lat"][row])]
    if not placed:
        return dict(dataset)
    rows, outlines, scale = _outlines(settlements)
    if len(rows) < len(settlements):
        for row in placed:
            findings.add("home-settlement-missing", homes.where(row, "settlement"))
        return dict(dataset)
    names = [settlements.columns["id"][row] for row in rows]
    found, metres = _nearest(outlines, names, _points(homes, placed, scale))
    outside = {row for row, away in zip(placed, metres, strict=True) if away > OUTSIDE_METRES}
    for row, name in zip(placed, found, strict=True):
        if row not in outside:
            homes.columns["settlement"][row] = name
    for row in sorted(outside):
        findings.add("home-nowhere", homes.where(row, "lon"))
    return {**dataset, "homes": homes.without(outside)}


def _nearest(
    outlines: NDArray[np.object_], names: list[Cell], points: NDArray[np.object_]
) -> tuple[list[Cell], list[float]]:
    """Give the settlement nearest to each point and the metres to it; of several as near, the first by its id."""
    order = np.array(sorted(range(len(names)), key=lambda i: str(names[i])))
    pairs, metres = shapely.STRtree(outlines[order]).query_nearest(points, return_distance=True)
    by_name = np.lexsort((pairs[1], pairs[0]))
    first = by_name[np.unique(pairs[0][by_name], return_index=True)[1]]
    return [names[i] for i in order[pairs[1][first]].tolist()], metres[first].tolist()


def outlines_and_points_fit(dataset: Dataset, findings: Findings) -> None:
    """Outlines do not overlap, trips start inside, schools stand in some settlement and homes in or near theirs."""
    if "settlements" not in dataset:
        return
    settlements = dataset["settlements"]
    rows, outlines, scale = _outlines(settlements)
    if not rows:
        return
    tree = shapely.STRtree(outlines)
    names = [str(settlements.columns["name"][row] or settlements.columns["id"][row]) for row in rows]
    _report_overlaps(settlements, rows, names, outlines, tree, findings)
    _report_centres_outside(settlements, rows, outlines, scale, findings)
    if "schools" in dataset and len(rows) == len(settlements):
        _report_schools_outside(dataset["schools"], names, outlines, tree, scale, findings)
    if "homes" in dataset:
        at = {settlements.columns["id"][row]: i for i, row in enumerate(rows)}
        _report_homes_outside(dataset["homes"], at, outlines, scale, findings)


def _outlines(settlements: Loaded) -> tuple[list[int], NDArray[np.object_], NDArray[np.float64]]:
    """Give the rows of settlements with an outline, the outlines in about metres, and the metres a degree for those."""
    shapes = settlements.columns["geometry"]
    rows = [row for row, shape in enumerate(shapes) if isinstance(shape, BaseGeometry) and shape.area > 0]
    degrees = np.array([shapes[row] for row in rows], dtype=object)
    scale = _metres_a_degree(degrees) if rows else np.ones(2)
    return rows, shapely.transform(degrees, lambda xy: xy * scale), scale


def _metres_a_degree(outlines: NDArray[np.object_]) -> NDArray[np.float64]:
    """Give metres a degree east and north at the middle of the district; good to about one in a hundred."""
    _, south, _, north = shapely.total_bounds(outlines)
    return np.array([METRES_PER_DEGREE * np.cos(np.radians((south + north) / 2)), METRES_PER_DEGREE])


def _report_overlaps(
    settlements: Loaded,
    rows: list[int],
    names: list[str],
    outlines: NDArray[np.object_],
    tree: shapely.STRtree,
    findings: Findings,
) -> None:
    left, right = tree.query(outlines, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    areas = shapely.area(shapely.intersection(outlines[left], outlines[right]))
    smaller = np.minimum(shapely.area(outlines[left]), shapely.area(outlines[right]))
    notable = np.flatnonzero((areas > OVERLAP_SQUARE_METRES) & (areas > OVERLAP_SHARE * smaller))
    for i in notable.tolist():
        one, other = int(left[i]), int(right[i])
        facts = {"one": names[one], "other": names[other], "area": f"{areas[i]:.0f}"}
        findings.add("settlements-overlap", settlements.where(rows[one], "id"), **facts)


def _report_centres_outside(
    settlements: Loaded,
    rows: list[int],
    outlines: NDArray[np.object_],
    scale: NDArray[np.float64],
    findings: Findings,
) -> None:
    placed = [i for i, row in enumerate(rows) if settlements.columns["lon"][row] is not None]
    if not placed:
        return
    points = _points(settlements, [rows[i] for i in placed], scale)
    for i, metres in zip(placed, shapely.distance(outlines[placed], points).tolist(), strict=True):
        if metres > OUTSIDE_METRES:
            findings.add("centre-outside", settlements.where(rows[i], "lon"), metres=f"{metres:.0f}")


def _report_schools_outside(
    schools: Loaded,
    names: list[str],
    outlines: NDArray[np.object_],
    tree: shapely.STRtree,
    scale: NDArray[np.float64],
    findings: Findings,
) -> None:
    placed = [row for row, lon in enumerate(schools.columns["lon"]) if lon is not None]
    if not placed:
        return
    points = _points(schools, placed, scale)
    nearest = tree.nearest(points)
    distances = shapely.distance(points, outlines[nearest])
    for row, near, metres in zip(placed, nearest.tolist(), distances.tolist(), strict=True):
        if metres > OUTSIDE_METRES:
            facts = {"metres": f"{metres:.0f}", "nearest": names[near]}
            findings.add("school-outside", schools.where(row, "id"), **facts)


def _report_homes_outside(
    homes: Loaded,
    at: dict[Cell, int],
    outlines: NDArray[np.object_],
    scale: NDArray[np.float64],
    findings: Findings,
) -> None:
    """Report homes far outside their settlement; ``at`` gives the outline of each settlement that has one."""
    names, lons = homes.columns["settlement"], homes.columns["lon"]
    placed = [row for row, (name, lon) in enumerate(zip(names, lons, strict=True)) if name in at and lon is not None]
    if not placed:
        return
    own = outlines[[at[names[row]] for row in placed]]
    for row, metres in zip(placed, shapely.distance(own, _points(homes, placed, scale)).tolist(), strict=True):
        if metres > HOME_OUTSIDE_METRES:
            findings.add("home-outside", homes.where(row, "lon"), metres=f"{metres:.0f}", settlement=names[row])


def _points(loaded: Loaded, rows: list[int], scale: NDArray[np.float64]) -> NDArray[np.object_]:
    places = np.array([[loaded.columns["lon"][row], loaded.columns["lat"][row]] for row in rows], dtype=np.float64)
    return np.asarray(shapely.points(places * scale), dtype=object)
