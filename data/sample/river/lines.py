"""Lines of roads: winding up slopes, cut to pieces, laid side by side. Shape (N, 2), metres east and north."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, Polygon

from data.sample.river.land import Places
from data.sample.river.relief import Relief

STEP = 38.0
"""About the metres between two nodes of a road."""
_BEND = 270.0
"""About the metres straight on from one bend to the next but one."""
_GRADE = 0.07
"""Slope that those who built the roads went for."""
LONGEST = 1.55
"""Length of a winding road over the straight line at most."""
_RUN_IN = 90.0
"""Metres at both ends within which a road comes to wind."""
_SAME = 0.5
"""Metres within which two nodes of a line are one."""
_STEEPNESS = np.linspace(0, 2.5, 26)
"""Steepest slope of a sine wave against its middle line."""
_LENGTHS = np.array(
    [np.hypot(1, s * np.cos(np.linspace(0, 2 * np.pi, 400, endpoint=False))).mean() for s in _STEEPNESS]
)
"""Length of that wave over the length of its middle line."""


def straight(start: Places, end: Places) -> Places:
    """Give the straight line from one place to another, with nodes on the way."""
    count = max(1, round(float(np.hypot(*(end - start))) / STEP))
    return np.asarray(start + np.linspace(0, 1, count + 1)[:, None] * (end - start))


def winding(start: Places, end: Places, relief: Relief, within: Polygon, most: float = LONGEST) -> Places:
    """Give a line from one place to another that winds the more the steeper it is, and stays in a polygon."""
    middle = straight(start, end)
    metres = float(np.hypot(*(end - start)))
    bends = round(metres / _BEND)
    if bends == 0:
        return middle
    share = np.linspace(0, 1, len(middle))
    slope = np.abs(np.gradient(relief.heights(middle), metres * share)) / _GRADE
    steepness = np.interp(np.clip(slope, 1.02, most), _LENGTHS, _STEEPNESS)
    run_in = np.clip(np.minimum(share, 1 - share) * metres / _RUN_IN, 0, 1)
    swing = steepness * run_in * metres / bends / (2 * np.pi) * np.sin(2 * np.pi * bends * share)
    aside = np.array([start[1] - end[1], end[0] - start[0]]) / metres
    for less in (1.0, 0.5, 0.25):
        line = middle + less * swing[:, None] * aside
        if shapely.covers(within, LineString(line[1:-1] if len(line) > 3 else line)):
            return np.asarray(line)
    return middle


def length(line: Places) -> float:
    """Give the metres along a line."""
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def along(line: Places) -> NDArray[np.float64]:
    """Give the metres from the start to each node of a line."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])


def at(line: Places, metres: float) -> Places:
    """Give the place some metres along a line."""
    return np.array([np.interp(metres, along(line), line[:, axis]) for axis in (0, 1)])


def with_nodes(line: Places, where: Sequence[float]) -> Places:
    """Give the line with a node at some metres along it too; nodes of its own less than half a metre away make room."""
    metres = along(line)
    asked = np.unique(np.clip(where, 0, metres[-1]))
    if not len(asked):
        return line
    kept = metres[np.abs(metres[:, None] - asked).min(axis=1) >= _SAME]
    every = np.sort(np.concatenate([kept, asked]))
    return np.column_stack([np.interp(every, metres, line[:, axis]) for axis in (0, 1)])


def through(line: Places, place: Places) -> Places:
    """Give the line with a node at a place that lies on it."""
    metres, here = along(line), LineString(line).project(Point(place))
    keep = np.abs(metres - here) >= _SAME
    before, after = line[keep & (metres < here)], line[keep & (metres > here)]
    return np.vstack([before, place, after])


def aside(line: Places, metres: float) -> Places:
    """Give the line at some metres to the left of a smooth one, node by node."""
    run = np.gradient(line, axis=0)
    left = np.column_stack([-run[:, 1], run[:, 0]]) / np.hypot(*run.T)[:, None]
    return np.asarray(line + metres * left)


def meetings(line: Places, other: Places) -> list[float]:
    """Give the metres along a line at which it crosses another, ascending."""
    course = LineString(line)
    points = shapely.get_parts(course.intersection(LineString(other)))
    return sorted(course.project(point) for point in points if point.geom_type == "Point")
