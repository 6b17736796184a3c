"""Ways to school on drawn roads: legs, minutes, heights and crossings; see ``drawn_roads.SPEEDS``."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_roads import SPEEDS, Spot, Way, drawn, on_earth
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import BadTravel, WrongCrs
from geo.roads import graph, minutes, route
from geo.roads.homes import Homes
from geo.roads.network import NodeFlag, Ride, SegmentFlag
from geo.roads.profile import Means, Slope
from geo.roads.route import LegKind, MetKind
from geo.roads.snap import snap

FAST = {"road": "secondary", "limit_kmh": 30}


def way(network, home, school, means=Means.MIXED, *, speeds=SPEEDS, **options):
    """Find the way between two places in metres."""
    built = graph.build(network, speeds)
    return route.find(built, on_earth(*home), on_earth(*school), means, **options)


def told(found):
    """Kind, minutes and metres of each leg."""
    return [(leg.kind, pytest.approx(leg.minutes, abs=1e-3), pytest.approx(leg.metres, abs=0.01)) for leg in found.legs]


def town():
    """
    Hut(0,300) --path 300 m-- Stop(0,0) --High Street 5 km-- Square(5000,0) --steps 200 m-- School(5000,200).

    A trunk road crosses the path at its middle, and a river with a ferry lies beyond the school.
    """
    nodes = {
        "Hut": (0, 300, 130.0), "X": (0, 150, 115.0), "Stop": (0, 0, 100.0), "Bend": (2_000, 0, 140.0),
        "Square": (5_000, 0, 110.0), "School": (5_000, 200, 120.0), "W": (-400, 150, 115.0), "E": (400, 150, 115.0),
        "Isle": (5_000, 1_200, 120.0), "Chapel": (5_000, 1_300, 120.0),
    }  # fmt: skip
    return drawn(
        nodes,
        [
            Way("Hut X Stop", "path", name="Mill Path"),
            Way("Stop Bend", **FAST, name="High Street"),
            Way("Bend Square", **FAST, name="Long Street"),
            Way("Square School", "steps", flags=SegmentFlag.STEPS),
            Way("W X E", "trunk", limit_kmh=30, name="National Road 319"),
            Way("School Isle", "ferry", flags=SegmentFlag.FERRY, walk=True, name="Ferry"),
            Way("Isle Chapel", "path"),
        ],
    )


FLAT = replace(SPEEDS, slope=Slope.FLAT)


def test_a_way_by_bus_leg_by_leg():
    found = way(town(), (20, 300), (5_000, 230), speeds=FLAT)
    assert told(found) == [
        (LegKind.OFF_ROAD, 0.4, 20),
        (LegKind.WALK, 3, 300),
        (LegKind.BUS, 15, 5_000),  # the wait of 5 is in it
        (LegKind.WALK, 4, 200),
        (LegKind.OFF_ROAD, 0.6, 30),
    ]
    assert found.minutes == pytest.approx(23, abs=1e-3)
    assert found.metres == pytest.approx(5_550, abs=0.01)
    assert [leg.names for leg in found.legs] == [(), ("Mill Path",), ("High Street", "Long Street"), (), ()]


def test_the_line_runs_from_home_to_school_without_a_gap():
    network = town()
    found = way(network, (20, 300), (5_000, 230))
    assert (found.legs[0].lon[0], found.legs[0].lat[0]) == on_earth(20, 300)
    assert (found.legs[-1].lon[-1], found.legs[-1].lat[-1]) == on_earth(5_000, 230)
    for before, after in zip(found.legs, found.legs[1:], strict=False):
        assert (before.lon[-1], before.lat[-1]) == (after.lon[0], after.lat[0])
    bus = found.legs[2]
    assert bus.lon.tolist() == network.lon[[2, 3, 4]].tolist()


def test_the_same_way_on_foot_and_by_bus_only():
    on_foot = way(town(), (0, 300), (5_000, 200), Means.WALK, speeds=FLAT)
    assert told(on_foot) == [(LegKind.WALK, 57, 5_500)]
    assert on_foot.legs[0].names == ("Mill Path", "High Street", "Long Street")
    assert way(town(), (0, 300), (0, 100), Means.MIXED, speeds=FLAT).minutes == pytest.approx(2)
    # By bus a ride is asked for, be it silly: 1.5 down to X, 5, on the trunk road to E and back 2 x 0.8, 0.5 on.
    forced = way(town(), (0, 300), (0, 100), Means.BUS, speeds=FLAT)
    assert [leg.kind for leg in forced.legs] == [LegKind.WALK, LegKind.BUS, LegKind.WALK]
    assert forced.minutes == pytest.approx(8.6, abs=1e-3)


def test_climb_and_descent_are_told_apart():
    # Down 30 to the stop, up 40 to the bend, down 30 to the square, up 10 to the school.
    found = way(town(), (0, 300), (5_000, 200))
    assert (found.climb, found.descent) == (pytest.approx(50, abs=0.1), pytest.approx(60, abs=0.1))


def test_slopes_count_in_the_direction_walked():
    hill = drawn({"Foot": (0, 0, 0.0), "Top": (1_000, 0, 100.0)}, [Way("Foot Top", "path")])
    up, down = way(hill, (0, 0), (1_000, 0)), way(hill, (1_000, 0), (0, 0))
    assert (up.minutes, down.minutes) == (pytest.approx(10 * np.exp(0.35)), pytest.approx(10))
    assert (up.climb, up.descent, down.climb, down.descent) == pytest.approx((100, 0, 0, 100), abs=1e-3)


def test_a_ferry_is_a_leg_with_its_wait():
    found = way(town(), (5_000, 200), (5_000, 1_300), speeds=FLAT)
    assert told(found) == [(LegKind.FERRY, 15, 1_000), (LegKind.WALK, 1, 100)]  # 10 and 1,000 m at 200 a minute
    assert found.legs[0].names == ("Ferry",)


def test_a_school_on_the_same_street_is_walked_to_directly():
    found = way(town(), (500, 0), (700, 30), Means.WALK, speeds=FLAT)
    assert told(found) == [(LegKind.WALK, 2, 200), (LegKind.OFF_ROAD, 0.6, 30)]


def test_home_and_school_at_one_place_are_a_way_of_nothing():
    found = way(town(), (500, 0), (500, 0))
    assert (found.minutes, found.metres) == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-3))


def test_no_way_is_none():
    apart = drawn(
        {"A": (0, 0), "B": (30_000, 0), "C": (0, 500), "D": (30_000, 500)}, [Way("A B", **FAST), Way("C D", **FAST)]
    )
    assert way(apart, (0, 0), (0, 500)) is None
    assert way(town(), (0, 300), (0, 200), Means.WALK, limit_metres=50) is not None
    assert way(town(), (60, 300), (0, 200), Means.WALK, limit_metres=50) is None
    assert way(town(), (0, 300), (5_000, 200), Means.WALK, cut_off_minutes=30) is None


def test_a_path_has_no_way_by_bus():
    path = drawn({"A": (0, 0), "B": (500, 0)}, [Way("A B", "path")])
    assert way(path, (0, 0), (500, 0), Means.BUS) is None


def test_a_cut_off_or_place_that_cannot_be_is_refused():
    with pytest.raises(BadTravel):
        way(town(), (0, 300), (0, 200), cut_off_minutes=0)
    with pytest.raises(WrongCrs):
        route.find(graph.build(town(), SPEEDS), (500_000.0, 3_000_000.0), (108.0, 30.0), Means.WALK)


# Crossings


def met(found):
    return [(m.road, m.kind, m.guarded) for m in found.crossings]


def test_a_trunk_road_crossed_is_named_and_placed():
    network = town()
    found = way(network, (0, 300), (0, 0), Means.WALK)
    assert met(found) == [("National Road 319", MetKind.TRUNK, False)]
    assert (found.crossings[0].lon, found.crossings[0].lat) == (network.lon[1], network.lat[1])


def test_signals_guard_a_crossing_and_rails_are_railways():
    nodes = {
        "A": (0, 0), "X": Spot(100, 0, flags=NodeFlag.SIGNALS), "Rails": Spot(200, 0, flags=NodeFlag.LEVEL_CROSSING),
        "B": (300, 0), "S": (100, -300),
    }  # fmt: skip
    network = drawn(nodes, [Way("A X Rails B", "path"), Way("S X", "trunk", name="G319")])
    assert met(way(network, (0, 0), (300, 0))) == [("G319", MetKind.TRUNK, True), ("", MetKind.RAILWAY, False)]


def test_a_trunk_road_followed_is_told_where_it_begins():
    network = town()
    assert met(way(network, (0, 300), (300, 150), Means.WALK)) == [("National Road 319", MetKind.TRUNK, False)]
    from_its_middle = way(network, (300, 150), (0, 0), Means.WALK)
    assert [(m.lon, m.lat) for m in from_its_middle.crossings] == [pytest.approx(on_earth(300, 150))]


def test_a_trunk_road_followed_over_several_segments_is_told_once():
    assert len(way(town(), (-300, 150), (300, 150), Means.WALK).crossings) == 1


def test_on_the_bus_nothing_is_crossed_on_foot():
    nodes = {"A": (0, 0), "X": (1_000, 0), "B": (5_000, 0), "S": (1_000, -300)}
    network = drawn(nodes, [Way("A X B", **FAST), Way("S X", "trunk")])
    assert way(network, (0, 0), (5_000, 0), Means.BUS).crossings == ()
    assert len(way(network, (0, 0), (5_000, 0), Means.WALK).crossings) == 1


# The way is the one that was timed


def random_town(seed):
    """A hilly net with trunk roads, signals, one-ways, paths, steps and a ferry here and there."""
    rng = np.random.default_rng(seed)
    marks = [0, 0, 0, NodeFlag.SIGNALS, NodeFlag.LEVEL_CROSSING, NodeFlag.NO_VEHICLES]
    nodes = {
        f"{i}-{j}": Spot(
            180 * i + rng.uniform(-50, 50), 180 * j + rng.uniform(-50, 50), rng.uniform(0, 25), int(rng.choice(marks))
        )
        for i in range(7)
        for j in range(7)
    }
    kinds = ["residential", "trunk", "path", "steps", "ferry"]
    ways = []
    for i in range(7):
        for j in range(7):
            for a, b in ((i + 1, j), (i, j + 1)):
                if a < 7 and b < 7 and rng.random() < 0.85:
                    kind = rng.choice(kinds, p=[0.45, 0.15, 0.25, 0.1, 0.05])
                    flags = {"steps": SegmentFlag.STEPS, "ferry": SegmentFlag.FERRY}.get(kind, 0)
                    ride = Ride(int(rng.integers(1, 4))) if kind in {"residential", "trunk"} else None
                    ways.append(Way(f"{i}-{j} {a}-{b}", kind, flags=flags, ride=ride, walk=True))
    return drawn(nodes, ways)


@given(st.integers(0, 100_000), st.sampled_from(list(Means)))
@settings(max_examples=60, deadline=None)
def test_a_way_takes_the_minutes_that_were_told_for_it(seed, means):
    network = random_town(seed)
    built = graph.build(network, SPEEDS)
    places = np.random.default_rng(seed).uniform(0, 1_080, (2, 2))
    home, school = (on_earth(*place) for place in places)
    found = route.find(built, home, school, means)
    start, goal = (snap(network, *place, np.inf) for place in (home, school))
    one = Homes(np.zeros(1, np.int32), np.array(home[:1]), np.array(home[1:]), np.ones(1))
    times = minutes.between(built, one, start, 1, goal, cut_off_minutes=600)
    expected = times.dense(str(means), (1, 1), -1)[0, 0]
    if found is None:
        assert expected == -1
        return
    assert np.ceil(found.minutes - 1e-4) == expected
    assert found.minutes == pytest.approx(sum(leg.minutes for leg in found.legs))
    assert found.climb >= 0 <= found.descent
    if means is not Means.MIXED:
        flag = times.crosses_walk if means is Means.WALK else times.crosses_bus
        assert any(not m.guarded for m in found.crossings) == flag[0]
    rides = sum(leg.kind is LegKind.BUS for leg in found.legs)
    assert rides == 0 if means is Means.WALK else rides <= 1 or any(leg.kind is LegKind.FERRY for leg in found.legs)
