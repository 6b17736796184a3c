"""Where homes and schools join the network: the nearest point of a segment that people may walk along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from geo import crs
from geo.roads.network import Floats, Ints32, Ints64, Network, SegmentFlag

_LEAST_SHARE = 0.01
_LEAST_METRES = 20_000.0
_DEGREE_METRES = 110_000.0
"""A little less than a degree of latitude anywhere, so that a box of degrees is never too small."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """
    P places on the network.

    Attributes
    ----------
    segment
        Shape (P,); -1 where no road that counts lies within the limit.
    along
        Shape (P,), share of the segment from its tail, 0 to 1.
    metres
        Shape (P,), straight to that point; beyond the limit as well, and infinite where there is no road at all.
    off_part
        Shape (P,), whether a nearer road was passed over because it belongs to a small part of the network.
    """

    segment: Ints32
    along: Floats
    metres: Floats
    off_part: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Nearest:
    segment: Ints64
    along: Floats
    metres: Floats


def snap(network: Network, lon: ArrayLike, lat: ArrayLike, limit_metres: float) -> Snapped:
    """
    Put places on the network.

    Roads of a part with at least a hundredth of all metres, or 20 km, count; where no part is that long, those of the
    longest. Ferries never do. Of segments equally near the first is taken.

    Parameters
    ----------
    lon, lat
        Shape (P,), degrees, EPSG:4326.
    limit_metres
        Longest way off the road.

    Raises
    ------
    geo.errors.WrongCrs
        When a value cannot be a longitude or latitude.
    """
    east, north = np.atleast_1d(np.asarray(lon, dtype=float)), np.atleast_1d(np.asarray(lat, dtype=float))
    if east.size == 0:
        nothing = np.empty(0)
        return Snapped(np.empty(0, np.int32), nothing, nothing, np.empty(0, dtype=bool))
    system = crs.metric_crs(float(east.mean()), float(north.mean()))
    at = crs.project_points(east, north, system)
    counts, passed_over = _candidates(network)
    boxed = _in_box(network, counts, east, north, limit_metres)
    found = _nearest(network, boxed, at, system)
    missed = np.flatnonzero(~(found.metres <= limit_metres))
    if missed.size and boxed.size < counts.size:
        found.metres[missed] = _nearest(network, counts, at[missed], system).metres
    small = _nearest(network, _in_box(network, passed_over, east, north, limit_metres), at, system)
    near = found.metres <= limit_metres
    return Snapped(
        segment=np.where(near, found.segment, -1).astype(np.int32),
        along=np.where(near, found.along, 0.0),
        metres=found.metres,
        off_part=(small.metres < found.metres) & (small.metres <= limit_metres),
    )


def _candidates(network: Network) -> tuple[Ints64, Ints64]:
    """Segments to join, and those of parts too small to count."""
    usable = network.walk & ((network.flags & SegmentFlag.FERRY) == 0) & (network.tail != network.head)
    part = network.part[network.tail]
    length = np.bincount(part, weights=network.metres, minlength=1)
    large = (length >= _LEAST_SHARE * length.sum()) | (length >= _LEAST_METRES)
    walked = np.bincount(part, weights=network.metres * usable, minlength=1) > 0
    if not (large & walked).any():
        large[int(np.argmax(np.where(walked, length, -1.0)))] = True
    return np.flatnonzero(usable & large[part]), np.flatnonzero(usable & ~large[part])


def _in_box(network: Network, which: Ints64, lon: Floats, lat: Floats, margin_metres: float) -> Ints64:
    """Those of the segments that come near the box around all places."""
    high = min(float(np.abs(lat).max()) + margin_metres / _DEGREE_METRES, 89.0)
    wide = margin_metres / (_DEGREE_METRES * np.cos(np.radians(high)))
    tall = margin_metres / _DEGREE_METRES
    x = network.lon[network.tail[which]], network.lon[network.head[which]]
    y = network.lat[network.tail[which]], network.lat[network.head[which]]
    beside = (np.fmax(*x) < lon.min() - wide) | (np.fmin(*x) > lon.max() + wide)
    above = (np.fmax(*y) < lat.min() - tall) | (np.fmin(*y) > lat.max() + tall)
    far: NDArray[np.bool_] = beside | above
    return which[~far]


def _nearest(network: Network, which: Ints64, at: Floats, system: CRS) -> _Nearest:
    """Nearest point of these segments to each place; infinitely far where there is none."""
    if which.size == 0:
        return _Nearest(np.full(len(at), -1), np.zeros(len(at)), np.full(len(at), np.inf))
    ends = _ends(network, which, system)
    tree = shapely.STRtree(np.asarray(shapely.linestrings(ends), dtype=object))
    (place, line), metres = tree.query_nearest(shapely.points(at), return_distance=True, all_matches=True)
    order = np.lexsort((line, place))
    first = order[np.unique(place[order], return_index=True)[1]]
    line = line[first]
    run = ends[line, 1] - ends[line, 0]
    share = np.einsum("ij,ij->i", at - ends[line, 0], run) / np.maximum(np.einsum("ij,ij->i", run, run), 1e-12)
    return _Nearest(which[line], np.clip(share, 0.0, 1.0), metres[first])


def _ends(network: Network, which: Ints64, system: CRS) -> Floats:
    """Both ends of each segment in metres: shape (segments, 2, 2)."""
    nodes, place = np.unique(np.concatenate([network.tail[which], network.head[which]]), return_inverse=True)
    metres = crs.project_points(network.lon[nodes], network.lat[nodes], system)
    return np.stack([metres[place[: which.size]], metres[place[which.size :]]], axis=1)
