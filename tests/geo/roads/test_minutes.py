"""
Minutes from settlements to schools on drawn roads, worked on paper.

The speeds are round (``drawn_roads.SPEEDS``): a minute is 100 m on foot, 50 m off the road or on steps, 500 m by bus on
``FAST`` roads; a bus is waited for 5 minutes, a ferry 10.
"""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from drawn_roads import SPEEDS, Spot, Way, drawn, on_earth, shape_on_earth
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import BadTravel
from geo.roads import graph, minutes, warm
from geo.roads.homes import Homes
from geo.roads.minutes import FAR
from geo.roads.network import NodeFlag, Ride, SegmentFlag
from geo.roads.profile import Closure, Means, Slope
from geo.roads.snap import snap

FAST = {"road": "secondary", "limit_kmh": 30}
NO = -1


@pytest.fixture(autouse=True, scope="module")
def _compiled():
    warm.main()


def time(network, homes, schools, *, speeds=SPEEDS, cut_off=200, settlement=None, weight=None, workers=None):
    """Minutes of homes at these places (each a settlement of its own unless told) to schools at those."""
    owner = np.arange(len(homes)) if settlement is None else np.array(settlement)
    lon, lat = on_earth(*np.array(homes, dtype=float).T)
    places = Homes(owner.astype(np.int32), lon, lat, np.ones(len(homes)) if weight is None else np.array(weight))
    at = snap(network, lon, lat, 1_000)
    goals = snap(network, *on_earth(*np.array(schools, dtype=float).T), 1_000)
    built = graph.build(network, speeds)
    count = int(owner.max()) + 1
    return minutes.between(built, places, at, count, goals, cut_off_minutes=cut_off, workers=workers)


def one(found):
    """Walk, bus and mixed minutes of the only settlement to the only school."""
    return tuple(int(found.dense(name, (1, 1), NO)[0, 0]) for name in ("walk", "bus", "mixed"))


def to_school(network, home, school, **options):
    return one(time(network, [home], [school], **options))


# By bus


def test_the_wait_makes_walking_quicker_for_short_trips():
    # 600 m: 6 on foot, 5 + 1.2 by bus. 1,000 m: 10 on foot, 5 + 2 by bus.
    road = drawn({"School": (0, 0), "Near": (600, 0), "Far": (1_000, 0)}, [Way("School Near Far", **FAST)])
    found = time(road, [(600, 0), (1_000, 0)], [(0, 0)])
    assert found.walk.tolist() == [6, 10]
    assert found.bus.tolist() == [7, 7]
    assert found.mixed.tolist() == [6, 7]


def ring():
    """A square with sides of 1 km; from B to A one may drive straight, from A to B only around by C and D."""
    nodes = {"A": (0, 0), "B": (1_000, 0), "D": (1_000, 1_000), "C": (0, 1_000)}
    return drawn(nodes, [Way("A B", **FAST, ride=Ride.BACKWARD), Way("A C D B", **FAST)])


def test_a_one_way_sends_the_bus_around_and_walkers_straight():
    # A to B: 3 km by bus, 5 + 6. B to A: 1 km, 5 + 2.
    assert to_school(ring(), (0, 0), (1_000, 0)) == (10, 11, 10)
    assert to_school(ring(), (1_000, 0), (0, 0)) == (10, 7, 7)


def test_a_footbridge_is_a_shortcut_on_foot_only():
    # Home --1 km-- Gate == 200 m on foot == Yard --1 km-- School, and a road of 15 km around from home to school.
    nodes = {
        "Home": (0, 0), "Gate": (1_000, 0), "Yard": (1_200, 0), "School": (2_200, 0),
        "Up": (0, 6_400), "Over": (2_200, 6_400),
    }  # fmt: skip
    around = [Way("Home Gate", **FAST), Way("Yard School", **FAST), Way("Home Up Over School", **FAST)]
    bridge = Way("Gate Yard", "footway", flags=SegmentFlag.BRIDGE)
    # On foot 22. One ride: to the gate 5 + 2, then 12 on foot. Without the bridge 15 km: 150, or 5 + 30.
    assert to_school(drawn(nodes, [*around, bridge]), (0, 0), (2_200, 0)) == (22, 19, 19)
    assert to_school(drawn(nodes, around), (0, 0), (2_200, 0)) == (150, 35, 35)


def test_pupils_walk_to_the_bus_and_from_it():
    # Home --300 m path-- Stop --5 km-- Square --200 m steps-- School: 3 + 5 + 10 + 4.
    nodes = {"Home": (0, 300), "Stop": (0, 0), "Square": (5_000, 0), "School": (5_000, 200)}
    steps = Way("Square School", "steps", flags=SegmentFlag.STEPS)
    network = drawn(nodes, [Way("Home Stop", "path"), Way("Stop Square", **FAST), steps])
    assert to_school(network, (0, 300), (5_000, 200)) == (57, 22, 22)


def test_pupils_walk_on_to_where_boarding_is_quicker():
    # A bus leaves home too, but around: home --10 km-- Town; on foot 100 m to Stop, from there 1 km to Town.
    nodes = {"Home": (0, 100), "Far": (-4_950, 100), "Stop": (0, 0), "Town": (1_000, 0), "Low": (-4_950, -50)}
    network = drawn(nodes, [Way("Home Far Low Town", **FAST), Way("Home Stop", "path"), Way("Stop Town", **FAST)])
    # 1 + 5 + 2; boarding at home would be 5 + (4,950 + 150 + 5,950) / 500 and more.
    assert to_school(network, (0, 100), (1_000, 0)) == (11, 8, 8)


def test_a_school_in_the_middle_of_a_street_is_walked_to_from_its_ends():
    road = drawn({"A": (0, 0), "B": (2_000, 0), "C": (2_600, 0)}, [Way("A B C", **FAST)])
    # From A: walk 23; bus 4 + 5 to B, 3 on foot on to x = 2,300.
    assert to_school(road, (0, 0), (2_300, 0)) == (23, 12, 12)


# On foot


def test_a_ferry_is_waited_for_once():
    nodes = {"A": (0, 0), "Left": (100, 0), "Mid": (500, 0), "Right": (900, 0), "B": (1_000, 0)}
    ferry = Way("Left Mid Right", "ferry", flags=SegmentFlag.FERRY, walk=True, ferry_minutes=6)
    network = drawn(nodes, [Way("A Left", "path"), ferry, Way("Right B", "path")])
    # 1 + 10 + 6 + 1, both ways.
    assert to_school(network, (0, 0), (1_000, 0)) == (18, NO, 18)
    assert to_school(network, (1_000, 0), (0, 0)) == (18, NO, 18)


def test_steps_are_taken_where_the_street_around_is_longer_in_minutes():
    nodes = {"A": (0, 0), "B": (0, 120), "C": (180, 60)}
    streets = [Way("A B", "steps", flags=SegmentFlag.STEPS), Way("A C B", "footway")]
    # Steps: 120 m at 50 a minute, 2.4; around 2 x hypot(180, 60) = 379.5 m, 3.8.
    assert to_school(drawn(nodes, streets), (0, 0), (0, 120)) == (3, NO, 3)


@pytest.mark.parametrize(
    ("slope", "up", "down"),
    # Tobler: 20 exp(0.35) = 28.4 up, 20 down. Minetti: 20 x 1.9597 = 39.2 up, never quicker than flat down.
    [(Slope.TOBLER, 29, 20), (Slope.MINETTI, 40, 20), (Slope.FLAT, 20, 20)],
)
def test_minutes_up_differ_from_minutes_down(slope, up, down):
    hill = drawn({"Foot": (0, 0, 0.0), "Top": (2_000, 0, 200.0)}, [Way("Foot Top", "path")])
    speeds = replace(SPEEDS, slope=slope)
    assert to_school(hill, (0, 0), (2_000, 0), speeds=speeds)[0] == up
    assert to_school(hill, (2_000, 0), (0, 0), speeds=speeds)[0] == down


def test_places_in_the_middle_of_streets_take_parts_of_them():
    # Home 250 m before the corner and 20 m off the road, school 350 m beyond it and 30 m off: 0.4 + 2.5 + 3.5 + 0.6.
    corner = drawn({"A": (0, 0), "B": (1_000, 0), "C": (1_000, 1_000)}, [Way("A B C", "path")])
    assert to_school(corner, (750, 20), (1_030, 350)) == (7, NO, 7)


def test_two_places_on_one_segment_take_the_way_between_them():
    road = drawn({"A": (0, 0, 0.0), "B": (1_000, 0, 100.0)}, [Way("A B", "path")])
    # 400 m: up 4 exp(0.35) = 5.68, down 4.
    assert to_school(road, (300, 0), (700, 0))[0] == 6
    assert to_school(road, (700, 0), (300, 0))[0] == 4
    assert to_school(road, (300, 10), (300, -10))[0] == 1  # 0.2 + 0.2 off the road


def test_two_places_on_one_segment_go_around_where_that_is_quicker():
    # Steps of 1,000 m take 20 minutes, the street beside them 10: 800 m of steps are 16, around 2 + 10.05 + 2.
    nodes = {"A": (0, 0), "B": (1_000, 0), "C": (500, 50)}
    network = drawn(nodes, [Way("A B", "steps", flags=SegmentFlag.STEPS), Way("A C B", "path")])
    assert to_school(network, (100, 0), (900, 0)) == (15, NO, 15)


def test_a_long_street_does_not_cost_a_minute_for_its_many_bends():
    # 1,000 m in sevenths, whose single-precision lengths do not add up to 1,000.
    nodes = {str(k): (1_000 * k / 7, 0) for k in range(8)}
    network = drawn(nodes, [Way(" ".join(nodes), "path")])
    assert to_school(network, (0, 0), (1_000, 0))[0] == 10
    assert to_school(network, (0, 0), (999.9, 0))[0] == 10
    assert to_school(network, (-0.1, 0), (1_000, 0))[0] == 11


def test_a_home_at_the_school_takes_no_minutes_on_foot():
    road = drawn({"A": (0, 0), "B": (500, 0)}, [Way("A B", **FAST)])
    assert to_school(road, (0, 0), (0, 0)) == (0, 7, 0)  # by bus to B and back, as a ride is asked for


# Who does not get there


def two_parts():
    return drawn(
        {"A": (0, 0), "B": (30_000, 0), "C": (0, 500), "D": (30_000, 500)}, [Way("A B", **FAST), Way("C D", **FAST)]
    )


def test_between_two_parts_there_is_no_way():
    found = time(two_parts(), [(0, 0), (0, 500)], [(0, 500)])
    assert found.settlement.tolist() == [1]
    assert found.dense("walk", (2, 1), NO).tolist() == [[NO], [0]]


def test_a_place_off_every_road_reaches_nothing():
    found = time(two_parts(), [(0, -2_000), (50, 0)], [(0, -2_000), (0, 0)])
    assert (found.school.tolist(), found.settlement.tolist()) == ([1], [1])


def test_the_cut_off_counts_whole_trips_and_keeps_the_very_minute():
    road = drawn({"A": (0, 0), "B": (3_000, 0)}, [Way("A B", "path")])
    found = time(road, [(900, 0), (1_000, 0), (1_001, 0), (990, 10)], [(0, 0)], cut_off=10)
    assert found.settlement.tolist() == [0, 1]  # the last takes 9.9 and 0.2 off the road
    assert found.walk.tolist() == [9, 10]


def test_each_means_has_the_cut_off_to_itself():
    road = drawn({"A": (0, 0), "B": (3_000, 0)}, [Way("A B", **FAST)])
    found = time(road, [(3_000, 0)], [(0, 0)], cut_off=12)
    assert (found.walk.tolist(), found.bus.tolist(), found.mixed.tolist()) == ([FAR], [11], [11])
    assert found.walk_p95.tolist() == [FAR]


# Settlements of several homes


def village(far=20):
    """A path with homes every 100 m, the k-th k minutes from the school at its begin."""
    return drawn({"School": (0, 0), "End": (3_000, 0)}, [Way("School End", "path")]), [
        (100 * k, 0) for k in range(1, far + 1)
    ]


def test_mean_and_95th_percentile_of_twenty_homes():
    network, homes = village()
    found = time(network, homes, [(0, 0)], settlement=[0] * 20)
    # Mean 10.5; 19 of 20 homes are 95 %.
    assert (found.walk.tolist(), found.walk_p95.tolist()) == ([11], [19])
    assert (found.mixed.tolist(), found.mixed_p95.tolist()) == ([11], [19])


def test_the_last_twentieth_may_lie_beyond_the_cut_off():
    network, homes = village()
    within = time(network, homes, [(0, 0)], settlement=[0] * 20, cut_off=19)
    assert (within.walk.tolist(), within.walk_p95.tolist()) == ([10], [19])  # mean of 1 to 19
    assert time(network, homes, [(0, 0)], settlement=[0] * 20, cut_off=18).walk.tolist() == []


def test_homes_count_by_their_people():
    network, homes = village(far=3)
    found = time(network, homes, [(0, 0)], settlement=[0] * 3, weight=[1, 95, 4])
    # (1 + 2 x 95 + 3 x 4) / 100 = 2.03; 96 of 100 arrive within 2.
    assert (found.walk.tolist(), found.walk_p95.tolist()) == ([3], [2])


def test_homes_off_every_road_count_among_those_who_do_not_arrive():
    network, homes = village(far=3)
    away = [*homes, (0, -5_000)]
    assert time(network, away, [(0, 0)], settlement=[0] * 4).walk.tolist() == []
    assert time(network, away, [(0, 0)], settlement=[0] * 4, weight=[1, 95, 4, 5]).walk.tolist() == [3]


def test_many_homes_are_sorted_as_few_are():
    rng = np.random.default_rng(3)
    network, _ = village()
    x = rng.permutation(np.arange(1, 201)) * 10  # 0.1 to 20 minutes; 190 of 200 within 19
    found = time(network, [(float(k), 0) for k in x], [(0, 0)], settlement=[0] * 200)
    assert (found.walk.tolist(), found.walk_p95.tolist()) == ([11], [19])  # mean 10.05


def test_mixed_takes_the_quicker_for_each_home():
    road = drawn({"A": (0, 0), "B": (1_000, 0)}, [Way("A B", **FAST)])
    found = time(road, [(100, 0), (1_000, 0)], [(0, 0)], settlement=[0, 0])
    # On foot 1 and 10: 5.5. By bus 7 from B; the other walks 9 to B and rides: 16; or from A: 1 + 5 + 4 to B and back.
    assert found.walk.tolist() == [6]
    assert found.mixed.tolist() == [4]  # 1 and 7
    assert found.mixed_p95.tolist() == [7]


def brute(labels, homes, at, built, cut_off, means):
    """Mean and 95th percentile of each settlement in plain Python; the school lies on no home's segment."""
    ends = graph.ends(built, at)
    value = labels.by(means)[built.node[ends.node]]
    each = ends.off + (ends.out + value).min(axis=1)
    rows = {}
    for v in range(int(homes.settlement.max()) + 1):
        mine = np.flatnonzero(homes.settlement == v)
        order = mine[np.argsort(each[mine])]
        arrive = order[each[order] <= cut_off]
        whole = homes.weight[mine].sum()
        if homes.weight[arrive].sum() >= 0.95 * whole:
            mean = (each[arrive] * homes.weight[arrive]).sum() / homes.weight[arrive].sum()
            late = each[order[np.searchsorted(np.cumsum(homes.weight[order]), 0.95 * whole)]]
            rows[v] = (int(np.ceil(mean - 1e-4)), int(np.ceil(late - 1e-4)))
    return rows


def streets(rng, side=12):
    """A hilly net of streets, paths and one-ways, on average 200 m between corners."""
    nodes = {
        f"{i}-{j}": Spot(200 * i + rng.uniform(-50, 50), 200 * j + rng.uniform(-50, 50), rng.uniform(300, 330))
        for i in range(side)
        for j in range(side)
    }
    pairs = [(f"{i}-{j}", f"{i + 1}-{j}") for i in range(side - 1) for j in range(side)]
    pairs += [(f"{i}-{j}", f"{i}-{j + 1}") for i in range(side) for j in range(side - 1)]
    ways = [
        Way(f"{a} {b}", "path")
        if rng.random() < 0.3
        else Way(f"{a} {b}", "residential", ride=Ride(int(rng.integers(1, 4))))
        for a, b in pairs
        if rng.random() < 0.9
    ]
    return drawn(nodes, ways)


def test_summaries_agree_with_plain_python_for_any_number_of_threads():
    rng = np.random.default_rng(11)
    network = streets(rng)
    settlement = np.sort(rng.integers(0, 40, 300)).astype(np.int32)
    settlement[:40] = np.arange(40)
    settlement.sort()
    lon, lat = on_earth(*rng.uniform(0, 2_200, (2, 300)))
    homes = Homes(settlement, lon, lat, rng.uniform(1, 5, 300))
    at = snap(network, lon, lat, 1_000)
    free = np.setdiff1d(np.flatnonzero(network.walk & (network.part[network.tail] == 0)), at.segment)[:30]
    built = graph.build(network, SPEEDS)
    schools = snap(network, network.lon[network.tail[free]], network.lat[network.tail[free]], 1)
    found = [
        minutes.between(built, homes, at, 40, schools, cut_off_minutes=25, workers=threads) for threads in (1, 2, None)
    ]
    for other in found[1:]:
        for name in ("school", "settlement", "walk", "bus", "mixed", "mixed_p95", "crosses_walk"):
            assert np.array_equal(getattr(found[0], name), getattr(other, name))
    assert np.array_equal(np.lexsort((found[0].settlement, found[0].school)), np.arange(found[0].school.size))
    for means in Means:
        mean, late = (found[0].dense(name, (40, free.size), NO) for name in (str(means), f"{means}_p95"))
        for s in range(free.size):
            if schools.segment[s] in at.segment:
                continue
            single = snap(network, network.lon[network.tail[free[s]]], network.lat[network.tail[free[s]]], 1)
            labels = minutes.labels(built, single, cut_off_minutes=25)
            expected = brute(labels, homes, at, built, 25 + 1e-4, means)
            assert {v: (mean[v, s], late[v, s]) for v in np.flatnonzero(mean[:, s] != NO)} == expected


# Crossings


def crossing(*, flags=0, road="trunk", x_road=0):
    """Home --100 m-- X --100 m-- School, and another road through X."""
    nodes = {"Home": (0, 0), "X": Spot(100, 0, flags=flags), "School": (200, 0), "S": (100, -500), "N": (100, 500)}
    return drawn(nodes, [Way("Home X School", "path"), Way("S X N", road, flags=x_road)])


def crosses(network, home=(0, 0), school=(200, 0), **options):
    found = time(network, [home], [school], **options)
    return bool(found.crosses_walk[0])


def test_a_trunk_road_on_the_level_is_crossed():
    assert crosses(crossing())
    assert crosses(crossing(flags=NodeFlag.CROSSING)), "a marked crossing without signals is one"


def test_signals_make_it_safe():
    assert not crosses(crossing(flags=NodeFlag.CROSSING | NodeFlag.SIGNALS))


def test_a_small_road_is_no_crossing_and_a_bridge_is_not_on_the_level():
    assert not crosses(crossing(road="residential"))
    assert not crosses(crossing(x_road=SegmentFlag.BRIDGE))


def test_an_underpass_crosses_nothing():
    nodes = {"Home": (0, 0), "School": (200, 0), "S": (100, -500), "N": (100, 500), "Lane": (0, -500)}
    lane = Way("Home Lane S", "path")  # so that the trunk road is of the same part
    network = drawn(nodes, [Way("Home School", "path", flags=SegmentFlag.TUNNEL), Way("S N", "trunk"), lane])
    assert not crosses(network)


def test_a_railway_on_the_level_is_crossed():
    network = drawn(
        {"Home": (0, 0), "X": Spot(100, 0, flags=NodeFlag.LEVEL_CROSSING), "School": (200, 0)},
        [Way("Home X School", "path")],
    )
    assert crosses(network)


def test_a_way_that_only_ends_at_the_trunk_road_does_not_cross_it():
    assert not crosses(crossing(), school=(100, 0))
    assert not crosses(crossing(), home=(100, 0))


def test_to_follow_a_trunk_road_counts_even_with_signals_at_its_end():
    network = crossing(flags=NodeFlag.SIGNALS)
    assert crosses(network, school=(100, 300))
    assert crosses(network, home=(100, 300))
    assert crosses(network, home=(100, 100), school=(100, 300))


def test_boarding_at_a_trunk_road_does_not_cross_it():
    # Home --100 m-- X on the trunk road, by bus to N, 100 m on foot to the school on the same side.
    nodes = {"Home": (0, 0), "X": (100, 0), "N": (100, 5_000), "School": (0, 5_000)}
    network = drawn(nodes, [Way("Home X", "path"), Way("X N", "trunk", limit_kmh=30), Way("N School", "path")])
    found = time(network, [(0, 0)], [(0, 5_000)])
    assert (found.bus.tolist(), found.walk.tolist()) == ([17], [52])  # 1 + 5 + 10 + 1
    assert (found.crosses_bus.tolist(), found.crosses_walk.tolist()) == ([False], [True])


def test_walking_over_it_to_the_bus_crosses_it():
    nodes = {"Home": (0, 0), "X": (100, 0), "Stop": (200, 0), "School": (10_200, 0), "S": (100, -500), "N": (100, 500)}
    network = drawn(nodes, [Way("Home X Stop", "path"), Way("Stop School", **FAST), Way("S X N", "trunk", ride=0)])
    assert time(network, [(0, 0)], [(10_200, 0)]).crosses_bus.tolist() == [True]


@pytest.mark.parametrize(("beyond", "expected"), [(1, False), (2, True), (3, True)])
def test_a_settlement_crosses_when_half_of_it_does(beyond, expected):
    homes = [(0, 0)] * beyond + [(150, 0)] * (4 - beyond)
    assert time(crossing(), homes, [(200, 0)], settlement=[0] * 4).crosses_walk.tolist() == [expected]


# Closures


def bypass():
    """A road of 2 km from A to B over Mid (height 900), 3 km around by the valley (height 100)."""
    nodes = {"A": (0, 0, 300.0), "Mid": (1_000, 0, 900.0), "B": (2_000, 0, 300.0), "Low": (1_000, -1_118.034, 100.0)}
    return drawn(nodes, [Way("A Mid B", "path", id=1), Way("A Low B", "path", id=2)])


@pytest.mark.parametrize(
    ("closures", "expected"),
    [
        ((), 20),
        ((Closure("ice", above_metres=800),), 30),
        ((Closure("works", ways=(1,)),), 30),
        ((Closure("flood", below_metres=200),), 20),
        ((Closure("slide", area=shape_on_earth(shapely.box(400, -100, 600, 100))),), 30),
        ((Closure("ice", above_metres=800), Closure("flood", below_metres=200)), NO),
    ],
)
def test_closures_send_pupils_around_or_cut_them_off(closures, expected):
    speeds = replace(SPEEDS, slope=Slope.FLAT, closures=closures)
    assert to_school(bypass(), (0, 0), (2_000, 0), speeds=speeds)[0] == expected


def test_a_closed_ferry_leaves_no_way():
    ferry = Way("B C", "ferry", flags=SegmentFlag.FERRY, walk=True)
    network = drawn({"A": (0, 0), "B": (100, 0), "C": (300, 0), "D": (400, 0)}, [Way("A B"), ferry, Way("C D")])
    assert to_school(network, (0, 0), (400, 0))[0] == 13  # 1 + 10 + 1 + 1
    shut = replace(SPEEDS, closures=(Closure("ice on the river", ferries=True),))
    assert to_school(network, (0, 0), (400, 0), speeds=shut)[0] == NO


def test_a_home_on_a_shut_way_is_shut_in_and_one_at_its_end_is_not():
    shut = replace(SPEEDS, slope=Slope.FLAT, closures=(Closure("works", ways=(1,)),))
    assert to_school(bypass(), (500, 0), (2_000, 0), speeds=shut)[0] == NO
    assert to_school(bypass(), (0, 0), (2_000, 0), speeds=shut)[0] == 30


# What holds on every network


@given(st.integers(0, 10_000), st.integers(0, 500))
@settings(max_examples=15, deadline=None)
def test_shutting_a_way_never_shortens_a_trip(seed, way):
    rng = np.random.default_rng(seed)
    network = streets(rng, side=6)
    at = snap(network, network.lon[0], network.lat[0], np.inf)
    shut = replace(SPEEDS, closures=(Closure("works", ways=(way % int(network.way_id.max()) + 1,)),))
    before, after = (
        minutes.labels(graph.build(network, speeds), at, cut_off_minutes=1_000) for speeds in (SPEEDS, shut)
    )
    for means in Means:
        assert (after.by(means) >= before.by(means) - 1e-9).all()


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_no_way_is_longer_than_over_a_third_place_and_mixed_is_the_least(seed):
    rng = np.random.default_rng(seed)
    network = streets(rng, side=6)
    built = graph.build(network, SPEEDS)
    a, b = rng.choice(np.unique(network.tail), 2, replace=False)
    to_a, to_b = (
        minutes.labels(built, snap(network, network.lon[k], network.lat[k], np.inf), cut_off_minutes=1_000)
        for k in (a, b)
    )
    assert (to_a.walk <= to_b.walk + to_a.walk[b] + 1e-6).all()
    assert (to_a.bus <= to_b.walk + to_a.bus[b] + 1e-6).all()  # on foot to the third place, then on by bus
    assert np.array_equal(to_a.by(Means.MIXED), np.fmin(to_a.walk, to_a.bus))


# At the door


def test_a_cut_off_that_cannot_be_is_refused():
    for wrong in (0, -5, np.nan, 70_000):
        with pytest.raises(BadTravel):
            time(ring(), [(0, 0)], [(0, 0)], cut_off=wrong)


def test_homes_out_of_order_are_refused():
    with pytest.raises(ValueError, match="ordered"):
        time(ring(), [(0, 0), (0, 0)], [(0, 0)], settlement=[1, 0])


def test_no_schools_or_no_homes_give_no_rows():
    built = graph.build(ring(), SPEEDS)
    nobody = Homes(np.empty(0, np.int32), np.empty(0), np.empty(0), np.empty(0))
    nowhere, somewhere = snap(ring(), [], [], 10), snap(ring(), *on_earth(0, 0), 10)
    assert minutes.between(built, nobody, nowhere, 0, somewhere, cut_off_minutes=60).school.tolist() == []
    one_home = Homes(np.zeros(1, np.int32), *(np.atleast_1d(x) for x in on_earth(0, 0)), np.ones(1))
    assert minutes.between(built, one_home, somewhere, 1, nowhere, cut_off_minutes=60).school.tolist() == []
