"""Zone polygons: the land of the settlements that share a school, dissolved."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo import cells, crs
from geo.contiguity import SNAP_METRES
from geo.crs import Shapes
from geo.errors import UnequalLengths

CLOSED_GAP_METRES = 1.0
"""Widest gap between two settlements that is a fault of drawing and not land of nobody."""

Label = TypeVar("Label", bound=Hashable)


def dissolve(
    geometries: Sequence[BaseGeometry] | Shapes,
    labels: Sequence[Label],
    *,
    gap_metres: float = CLOSED_GAP_METRES,
    snap_metres: float = SNAP_METRES,
) -> dict[Label, BaseGeometry]:
    """
    Join the settlements of each label to one shape.

    Gaps narrower than ``gap_metres`` are given to the neighbour with the longest common border, land claimed by two
    settlements goes to the smaller one (an enclave drawn on top of its surroundings), and borders that run within
    ``snap_metres`` of each other are made one, before the settlements are joined: the shapes do not overlap.

    Parameters
    ----------
    geometries
        The land of each settlement, longitude and latitude, such as `geo.contiguity.Contiguity.cells`. Points and
        empty shapes have no land and add nothing.
    labels
        One for each geometry, such as the id of its school.

    Returns
    -------
    zones
        Valid Polygons or MultiPolygons, longitude and latitude, by label in order of first appearance. Labels without
        land are absent.

    Raises
    ------
    UnequalLengths
        When there is not one label for each geometry.
    WrongCrs
        When the coordinates are not longitude and latitude.
    """
    if len(labels) != len(geometries):
        raise UnequalLengths("labels", len(labels), "settlements", len(geometries))
    given = np.asarray(geometries, dtype=object)
    kept = np.flatnonzero(~shapely.is_empty(given) & (shapely.get_dimensions(given) == 2))
    if kept.size == 0:
        return {}
    system = crs.metric_crs_of(given[kept])
    whole, _ = cells.repaired(crs.project(given[kept], system))
    clean = _clean(whole, gap_metres, snap_metres)
    members: dict[Label, list[int]] = {}
    for place, index in enumerate(kept):
        members.setdefault(labels[int(index)], []).append(place)
    joined = np.array([shapely.union_all(clean[places]) for places in members.values()], dtype=object)
    zones, _ = cells.repaired(crs.unproject(joined, system))
    return {label: zone for label, zone in zip(members, zones, strict=True) if not zone.is_empty}


def _clean(shapes: Shapes, gap: float, snap: float) -> Shapes:
    """Make the shapes a coverage: no overlaps, no narrow gaps, common borders identical."""
    clean = shapely.coverage_clean(  # type: ignore[attr-defined]  # new in shapely 2.2, not yet in its stubs
        shapes, gap_width=gap, snapping_distance=snap, merge_strategy="min_area"
    )
    return np.asarray(clean, dtype=object)
