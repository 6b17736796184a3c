"""
The roads: courses drawn on the ground, with their bridges, and how they get past the expressway and the railway.

A road that is needed passes under a viaduct, in a few places through an underpass or over the rails on the level; any
other way is there only where it meets a viaduct or tunnel.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from data.sample.river import courses, fenced, lines, names
from data.sample.river.courses import PATH, TRACK, Course
from data.sample.river.fenced import Fenced
from data.sample.river.land import Land, Places
from data.sample.river.network import Network
from data.sample.river.relief import Relief

Tags = Mapping[str, str]
Stretch = tuple[float, float, Tags]
"""Part of a road, as metres from its start, and what it is there besides."""

UNDERPASSES, LEVEL_CROSSINGS = 2, 2
"""Roads that pass under the expressway in a tunnel of their own, and over the rails on the level."""
_UNDERPASS = 45.0
"""Metres of tunnel before and after the middle of the expressway."""
_STRAIGHT_WITHIN = 110.0
"""Metres from a fenced line within which a road does not wind."""
_ABUTMENT = 15.0
"""Metres from the water at which a bridge begins."""
_BRIDGE_TRIES, _BRIDGE_REACH = 9, 1.3
"""Landings tried on each bank, within so many times the least width of the water."""
_APART = 150.0
"""Metres along a fenced line from an underpass or level crossing to the next crossing of any kind."""
_CARRIAGEWAY = 13.0
"""Metres from the middle of the expressway to that of a carriageway."""
_RAMP, _RAMP_FOOT = 260.0, 110.0
"""Metres from a crossing to where ramps leave the expressway, and to where they reach the road."""
_NO_BUILDING = 60.0
"""Metres on both sides of a fenced line where nothing else is built."""
ON_FOOT = frozenset({TRACK, PATH})
_ON_FOOT_LONGEST = 1.2
"""Length of a winding track or path over the straight line at most."""
_BRIDGE: Tags = {"bridge": "yes", "layer": "1"}
_TUNNEL: Tags = {"tunnel": "yes", "layer": "-1"}


@dataclass(frozen=True, slots=True, eq=False)
class Road:
    """
    One way of the map.

    Attributes
    ----------
    line
        Shape (N, 2), metres.
    tags
        As in OpenStreetMap.
    ground
        On the ground: joins every other such way that it crosses.
    """

    line: Places
    tags: Tags
    ground: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """
    A course on the ground.

    Attributes
    ----------
    line
        From the centre of the one settlement to that of the other.
    halves
        The part on the land of the one, and that on the land of the other, each from its centre outwards.
    stretches
        Bridges and underpasses.
    """

    course: Course
    line: Places
    halves: tuple[Places, Places]
    stretches: tuple[Stretch, ...] = ()

    @property
    def rank(self) -> int:
        """0 the best road; more is less."""
        return courses.BY_RANK.index(self.course.road)


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """
    What is on the map.

    Attributes
    ----------
    courses
        Ways between settlements.
    closed
        Where nothing else may be built: the expressway and the railway with a margin.
    marks
        Places of nodes with tags of their own.
    """

    roads: tuple[Road, ...]
    courses: tuple[Drawn, ...]
    closed: BaseGeometry
    marks: tuple[tuple[Places, Tags], ...]


def draw(land: Land, schools: Network, relief: Relief, stems: Sequence[str]) -> Drawing:
    """Draw the ways between settlements, the expressway and the railway; ``stems`` name the settlements."""
    fences = [fenced.lay(kind, land, relief) for kind in ("motorway", "rail")]
    near = shapely.union_all([LineString(fence.line) for fence in fences]).buffer(_STRAIGHT_WITHIN)
    drawn = [_on_the_ground(course, land, relief, near) for course in courses.choose(land, schools, relief)]
    drawn, expressway = _past_the_expressway(drawn, fences[0])
    drawn, railway, on_the_level = _past_the_railway(drawn, fences[1])
    drawn, expressway, ramps = _interchange(drawn, _with_ends(expressway), land)
    roads = [road for one in drawn for road in _roads(one, land, stems)]
    roads += [*_expressway(expressway), *_railway(_with_ends(railway)), *ramps]
    closed = [LineString(fence.line).buffer(_NO_BUILDING) for fence in (expressway, railway)]
    closed += [LineString(ramp.line).buffer(_CARRIAGEWAY) for ramp in ramps]
    marks = [(place, {"railway": "level_crossing"}) for place in on_the_level]
    return Drawing(tuple(roads), tuple(drawn), shapely.union_all(closed), (*marks, *_signals(drawn, land)))


def _on_the_ground(course: Course, land: Land, relief: Relief, near: BaseGeometry) -> Drawn:
    one, other = course.one, course.other
    ends = _shores(land, one, other) if course.at is None else (np.array(course.at), np.array(course.at))
    most = _ON_FOOT_LONGEST if course.road in ON_FOOT else lines.LONGEST
    first, second = (_half(land, relief, home, end, near, most) for home, end in zip((one, other), ends, strict=True))
    if course.at is not None:
        return Drawn(course, np.vstack([first, second[-2::-1]]), (first, second))
    begins = lines.length(first) - _ABUTMENT
    ends_at = begins + 2 * _ABUTMENT + float(np.hypot(*(ends[1] - ends[0])))
    line = lines.with_nodes(np.vstack([first, second[::-1]]), [begins, ends_at])
    name = names.BRIDGES[[set(pair) for pair in land.bridges].index({one, other})]
    return Drawn(course, line, (first, second), ((begins, ends_at, {**_BRIDGE, "bridge:name": name}),))


def _half(land: Land, relief: Relief, home: int, end: Places, near: BaseGeometry, most: float) -> Places:
    centre = land.centres[home]
    if near.intersects(LineString([centre, end])):
        return lines.straight(centre, end)
    return lines.winding(centre, end, relief, land.cells[home], most)


def _shores(land: Land, one: int, other: int) -> tuple[Places, Places]:
    """Where a bridge begins and ends: near each other, and where straight ways from the two centres lead."""
    reach = _BRIDGE_REACH * land.cells[one].distance(land.cells[other])
    here, there = _landings(land, one, other, reach), _landings(land, other, one, reach)
    ends = min(
        ((a, b) for a in here for b in there),
        key=lambda ends: ends[0][1] + ends[1][1] + 3 * float(np.hypot(*(ends[0][0] - ends[1][0]))),
    )
    return ends[0][0], ends[1][0]


def _landings(land: Land, home: int, across: int, reach: float) -> list[tuple[Places, float]]:
    """Places on the shore of a settlement, and metres to its centre, with what leads over other land many times."""
    shore = land.cells[home].boundary.intersection(land.cells[across].buffer(reach))
    longest = max(shapely.get_parts(shapely.line_merge(shore)), key=shapely.length)
    places = shapely.line_interpolate_point(longest, np.linspace(0, 1, _BRIDGE_TRIES), normalized=True)
    ways = [LineString([land.centres[home], place.coords[0]]) for place in places]
    lost = [way.length - way.intersection(land.cells[home]).length for way in ways]
    return [(np.array(way.coords[1]), way.length + 1_000 * gap) for way, gap in zip(ways, lost, strict=True)]


def _past_the_expressway(drawn: list[Drawn], expressway: Fenced) -> tuple[list[Drawn], Fenced]:
    """The least of the needed roads get underpasses, the others viaducts; roads nobody needs end here."""
    meetings = _meetings(drawn, expressway)
    under = _few(drawn, meetings, expressway, UNDERPASSES)
    expressway = expressway.over(
        metres
        for number, found in meetings.items()
        if drawn[number].course.needed and number not in under
        for metres in found
    )
    for number in under:
        (metres,) = lines.meetings(drawn[number].line, expressway.line)
        stretch = (metres - _UNDERPASS, metres + _UNDERPASS)
        line = lines.with_nodes(drawn[number].line, stretch)
        drawn[number] = replace(drawn[number], line=line, stretches=(*drawn[number].stretches, (*stretch, _TUNNEL)))
    return _passing(drawn, meetings, expressway), expressway


def _past_the_railway(drawn: list[Drawn], railway: Fenced) -> tuple[list[Drawn], Fenced, list[Places]]:
    """The least of the needed roads cross on the level; also give where."""
    meetings = _meetings(drawn, railway)
    on_the_level = _few(drawn, meetings, railway, LEVEL_CROSSINGS)
    where = [meetings[number][0] for number in on_the_level]
    railway = replace(railway, line=lines.with_nodes(railway.line, where))
    railway = railway.over(
        metres
        for number, found in meetings.items()
        if drawn[number].course.needed and number not in on_the_level
        for metres in found
    )
    places = [lines.at(railway.line, metres) for metres in where]
    for number, place in zip(on_the_level, places, strict=True):
        drawn[number] = replace(drawn[number], line=lines.through(drawn[number].line, place))
    return _passing(drawn, meetings, railway), railway, places


def _meetings(drawn: Sequence[Drawn], fence: Fenced) -> dict[int, list[float]]:
    """Where each course that crosses a fenced line does so, as metres along the fenced line."""
    tree = shapely.STRtree([LineString(one.line) for one in drawn])
    crossing = np.sort(tree.query(LineString(fence.line), predicate="intersects"))
    return {number: lines.meetings(fence.line, drawn[number].line) for number in crossing.tolist()}


def _few(drawn: Sequence[Drawn], meetings: Mapping[int, list[float]], fence: Fenced, count: int) -> list[int]:
    """A few needed courses, the least roads first, that cross a fenced line once and far from any viaduct or bridge."""
    taken: list[int] = []
    for number in sorted(meetings, key=lambda number: (-drawn[number].rank, number)):
        one, found = drawn[number], meetings[number]
        others = [metres for other, all_of in meetings.items() if other != number for metres in all_of]
        alone = all(abs(found[0] - metres) > _APART for metres in others)
        if one.course.needed and len(found) == 1 and alone and not one.stretches and not fence.is_open(found[0]):
            taken.append(number)
    return taken[:count]


def _passing(drawn: Sequence[Drawn], meetings: Mapping[int, list[float]], fence: Fenced) -> list[Drawn]:
    """Leave out the courses that nobody needs and that a fenced line cuts."""
    return [
        one
        for number, one in enumerate(drawn)
        if one.course.needed or all(fence.is_open(metres) for metres in meetings.get(number, ()))
    ]


def _interchange(drawn: list[Drawn], expressway: Fenced, land: Land) -> tuple[list[Drawn], Fenced, list[Road]]:
    """Ramps between the expressway and the best road under it, near the county seat; nodes are put where they join."""
    number, metres = _best_below(drawn, expressway, land)
    one = drawn[number]
    (middle,) = lines.meetings(one.line, expressway.line)
    last, end = lines.length(one.line), lines.length(expressway.line)
    feet = [max(middle - _RAMP_FOOT, middle / 2), min(middle + _RAMP_FOOT, (middle + last) / 2)]
    leave = [max(metres - _RAMP, metres / 2), min(metres + _RAMP, (metres + end) / 2)]
    drawn[number] = replace(one, line=lines.with_nodes(one.line, feet))
    line = lines.with_nodes(expressway.line, leave)
    first, second = (int(np.abs(lines.along(line) - where).argmin()) for where in leave)
    east, west = _carriageways(line)
    right, left = _right_first(lines.at(one.line, feet[0]), lines.at(one.line, feet[1]), line[first], line[second])
    tags = {"highway": "motorway_link", "oneway": "yes", "name": names.EXPRESSWAY}
    ramps = [(east[first], right), (right, east[second]), (west[second], left), (left, west[first])]
    return drawn, replace(expressway, line=line), [Road(lines.straight(*ends), tags, ground=False) for ends in ramps]


def _best_below(drawn: Sequence[Drawn], expressway: Fenced, land: Land) -> tuple[int, float]:
    """The needed course of best class that passes under a viaduct, and where, as metres along the expressway."""
    seat = land.centres[land.centre_of_town[0]]
    below = {
        number: found[0]
        for number, found in _meetings(drawn, expressway).items()
        if len(found) == 1 and drawn[number].course.needed and not drawn[number].stretches
    }
    number = min(
        below,
        key=lambda number: (drawn[number].rank, float(np.hypot(*(lines.at(expressway.line, below[number]) - seat)))),
    )
    return number, below[number]


def _right_first(one: Places, other: Places, start: Places, end: Places) -> tuple[Places, Places]:
    """Of two places on the two sides of a line, give the one to the right of its direction first."""
    run, to = end - start, one - start
    return (one, other) if run[0] * to[1] - run[1] * to[0] < 0 else (other, one)


def _carriageways(line: Places) -> tuple[Places, Places]:
    """The carriageway to the east, on the right of the middle, and that to the west; node by node, both eastward."""
    return lines.aside(line, -_CARRIAGEWAY), lines.aside(line, _CARRIAGEWAY)


def _expressway(expressway: Fenced) -> Iterator[Road]:
    tags = {"highway": "motorway", "oneway": "yes", "lanes": "2", "name": names.EXPRESSWAY}
    east, west = _carriageways(expressway.line)
    for piece, kind in _pieces(expressway.line, _stretches(expressway)):
        yield Road(east[piece], {**tags, **kind}, ground=False)
        yield Road(west[piece][::-1], {**tags, **kind}, ground=False)


def _railway(railway: Fenced) -> Iterator[Road]:
    for piece, kind in _pieces(railway.line, _stretches(railway)):
        yield Road(railway.line[piece], {"railway": "rail", "name": names.RAILWAY, **kind}, ground=False)


def _stretches(fence: Fenced) -> tuple[Stretch, ...]:
    viaducts = tuple((*stretch, _BRIDGE) for stretch in fence.viaducts)
    return (*viaducts, *((*stretch, _TUNNEL) for stretch in fence.tunnels))


def _with_ends(fence: Fenced) -> Fenced:
    """Put nodes where viaducts and tunnels begin and end."""
    ends = [end for stretch in (*fence.viaducts, *fence.tunnels) for end in stretch]
    return replace(fence, line=lines.with_nodes(fence.line, ends))


def _roads(one: Drawn, land: Land, stems: Sequence[str]) -> Iterator[Road]:
    """The ways of a course: one, or several where it has a bridge or underpass."""
    tags = {"highway": one.course.road, **_named(one.course, land, stems)}
    if min(land.kind[one.course.one], land.kind[one.course.other]) == 2 and not one.course.needed:
        tags["oneway"] = "yes"
    for piece, kind in _pieces(one.line, one.stretches):
        yield Road(one.line[piece], {**tags, **kind}, ground=not kind)


def _named(course: Course, land: Land, stems: Sequence[str]) -> Tags:
    town = names.towns()[land.town[course.one]]
    if course.road == courses.TRUNK:
        return {"name": names.TRUNK_ROAD}
    if course.road in ON_FOOT:
        return {}
    if course.road in {courses.PRIMARY, courses.SECONDARY, courses.TERTIARY}:
        return {"name": f"{town}{'大道' if course.road == courses.PRIMARY else '公路'}"}
    return {"name": f"{stems[course.one]}{'街' if course.road == courses.RESIDENTIAL else '村道'}"}


def _pieces(line: Places, stretches: Sequence[Stretch]) -> Iterator[tuple[slice, Tags]]:
    """Cut a line at the ends of stretches, where it has nodes: the nodes of each piece, and what is said of it."""
    metres = lines.along(line)
    ends = [int(np.abs(metres - end).argmin()) for stretch in stretches for end in stretch[:2]]
    cuts = sorted({0, *ends, len(line) - 1})
    for start, end in itertools.pairwise(cuts):
        middle = (metres[start] + metres[end]) / 2
        kind = next((tags for begins, finishes, tags in stretches if begins < middle < finishes), {})
        yield slice(start, end + 1), kind


def _signals(drawn: Sequence[Drawn], land: Land) -> Iterator[tuple[Places, Tags]]:
    """Traffic signals where a main road meets others in the middle of a community of the county seat."""
    roads_at = defaultdict(list)
    for one in drawn:
        if one.course.road not in ON_FOOT:
            roads_at[one.course.one].append(one.rank)
            roads_at[one.course.other].append(one.rank)
    main = courses.BY_RANK.index(courses.PRIMARY)
    for home in np.flatnonzero(land.kind == 2).tolist():
        if len(roads_at[home]) > 2 and min(roads_at[home]) <= main:
            yield land.centres[home], {"highway": "traffic_signals", "crossing": "traffic_signals"}
