"""The land within reach of a school, measured on straight roads of known speed."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from geo import crs
from geo.errors import BadTravel
from geo.roads import graph, isochrone
from geo.roads.network import Ride, SegmentFlag
from geo.roads.profile import Closure, Means, Profile, Slope
from tests.support.drawn_roads import Way, drawn, on_earth

PROFILE = Profile(
    walk_kmh=4,
    off_road_kmh=3,
    wait_minutes=5,
    ferry_wait_minutes=10,
    ferry_kmh=8,
    stairs_kmh=2,
    steep_from=0.06,
    steep_loss=0.05,
    steep_least=0.4,
    slope=Slope.FLAT,
)
SYSTEM = crs.metric_crs(108.0, 30.0)
EAST, NORTH = 500_000, 3_320_000


def reached(network, minutes, means=Means.WALK, at=(0, 0), profile=PROFILE, **more):
    """Land in metres of the drawing."""
    shapes = isochrone.polygons(graph.build(network, profile), *on_earth(*at), minutes, means, **more)
    metres = crs.project(shapes, SYSTEM)
    return shapely.transform(metres, lambda xy: xy - [EAST, NORTH])


def road(*xs, **options):
    """A road along the x axis with a node at each x."""
    nodes = {f"n{k}": (x, 0) for k, x in enumerate(xs)}
    return drawn(nodes, [Way(" ".join(nodes), **options)])


@pytest.fixture
def straight():
    """
    Four kilometres of road from west to east, nodes every 500 m, the school in the middle.

    In ten minutes at 4 km/h pupils walk 667 m. Beside the road they have 3 km/h: 100 m take two minutes, so that the
    land is 200 m wide for eight minutes, 533 m, to either side, and narrows to a point in the last 133 m.
    """
    return road(*range(-2000, 2001, 500), road="footway")


def test_length_and_width_are_minutes_times_speed(straight):
    (land,) = reached(straight, [10])
    assert land.bounds == pytest.approx((-666.7, -100, 666.7, 100), abs=2)


def test_area_by_paper(straight):
    (land,) = reached(straight, [10])
    # The rectangle, and at either end what the hull of a circle of 100 m and a point 133.3 m from its centre has beyond
    # half of the circle: r^2 (pi/2 - acos(r/d)) + r sqrt(d^2 - r^2).
    r, d = 100, 400 / 3
    tip = r**2 * (np.pi / 2 - np.arccos(r / d)) + r * np.sqrt(d**2 - r**2)
    assert land.area == pytest.approx(2 * 533.33 * 2 * r + 2 * tip, rel=0.01)


def test_a_minute_less_than_the_way_beside_the_road_narrows_it(straight):
    (land,) = reached(straight, [1])
    # 66.7 m along, 50 m beside at the school itself.
    assert land.bounds == pytest.approx((-66.7, -50, 66.7, 50), abs=1)


def test_the_land_of_more_minutes_holds_that_of_fewer(straight):
    ten, thirty, twenty = reached(straight, [10, 30, 20])
    assert ten.area < twenty.area < thirty.area
    assert twenty.buffer(0.01).covers(ten) and thirty.buffer(0.01).covers(twenty)
    assert all(shape.is_valid for shape in (ten, twenty, thirty))
    # Thirty minutes are 2,000 m: to the very ends of the road.
    assert thirty.bounds == pytest.approx((-2000, -100, 2000, 100), abs=3)


def test_a_school_amid_a_long_segment_is_reached_though_its_ends_are_not():
    (land,) = reached(road(-2000, 3000, road="footway"), [10])
    assert land.bounds == pytest.approx((-666.7, -100, 666.7, 100), abs=2)


def test_a_school_off_the_road_costs_the_way_to_it():
    # 200 m at 3 km/h take four minutes: six are left, 400 m.
    (land,) = reached(road(-2000, 2000, road="footway"), [10], at=(0, 200))
    assert (land.bounds[0], land.bounds[2]) == pytest.approx((-400, 400), abs=2)


def test_a_school_further_from_the_roads_than_the_limit_is_not_reached():
    network = road(-2000, 2000, road="footway")
    assert shapely.is_empty(reached(network, [10, 20], at=(0, 200), snap_limit=199)).tolist() == [True, True]
    assert not shapely.is_empty(reached(network, [10], at=(0, 200), snap_limit=201)).any()


def test_pupils_climb_to_a_school_on_a_hill():
    # Ten per cent up for all that come. Tobler: exp(-3.5 (|0.1 + 0.05| - 0.05)) = 0.7047 of 4 km/h, in ten minutes
    # 469.8 m. Down the slope they would have come further: exp(-3.5 (|-0.1 + 0.05| - 0.05)) = 1, 666.7 m.
    uphill = drawn({"school": (0, 0, 100.0), "far": (1000, 0, 0.0)}, [Way("school far", "footway")])
    downhill = drawn({"school": (0, 0, 0.0), "far": (1000, 0, 100.0)}, [Way("school far", "footway")])
    tobler = replace(PROFILE, slope=Slope.TOBLER, off_road_kmh=1)
    assert reached(uphill, [10], profile=tobler)[0].bounds[2] == pytest.approx(469.8, abs=2)
    assert reached(downhill, [10], profile=tobler)[0].bounds[2] == pytest.approx(666.7, abs=2)


class TestByBus:
    """A residential road of 5 km from west to east, buses at 18 km/h, nodes every kilometre; the school at x = 0."""

    NETWORK = road(*range(0, 6001, 1000), road="residential", limit_kmh=18)

    def test_ride_wait_and_walk(self):
        (land,) = reached(self.NETWORK, [20], Means.BUS)
        # From x = 4000 a bus takes 13.33 minutes, with the wait 18.33: 1.67 are left for 111 m on foot to the stop.
        assert land.bounds[2] == pytest.approx(4111.1, abs=2)

    def test_the_quicker_of_the_two(self):
        (walk,), (bus,), (mixed,) = (
            reached(self.NETWORK, [20], means) for means in (Means.WALK, Means.BUS, Means.MIXED)
        )
        assert walk.bounds[2] == pytest.approx(1333.3, abs=2)
        assert mixed.bounds == pytest.approx((-100, -100, 4111.1, 100), abs=2)
        assert mixed.buffer(0.01).covers(walk) and mixed.buffer(0.01).covers(bus)

    def test_against_a_one_way_street_pupils_walk(self):
        away = road(*range(0, 6001, 1000), road="residential", limit_kmh=18, ride=Ride.FORWARD)
        # Buses drive away from the school only; who walks is not held up.
        (mixed,) = reached(away, [20], Means.MIXED)
        assert mixed.bounds[2] == pytest.approx(1333.3, abs=2)
        assert shapely.is_empty(reached(away, [20], Means.BUS)[0])


def test_nobody_lives_in_a_tunnel_or_on_a_ferry():
    nodes = {"a": (-100, 0), "b": (300, 0), "c": (800, 0), "d": (1200, 0)}
    for flag, kind in ((SegmentFlag.TUNNEL, "footway"), (SegmentFlag.FERRY, "ferry")):
        network = drawn(nodes, [Way("a b", "footway"), Way("b c", kind, flags=flag), Way("c d", "footway")])
        (land,) = reached(network, [40])
        assert land.geom_type == "MultiPolygon"
        assert land.bounds == pytest.approx((-200, -100, 1300, 100), abs=2)
        # 100 m beyond either landing.
        assert land.intersection(shapely.LineString([(0, 0), (1100, 0)])).length == pytest.approx(400 + 400, abs=2)


def test_small_gaps_close_and_small_holes_fill_and_large_ones_stay():
    # Rings of footway: inside a square of side 290 the roads leave 90 m, less than 2 x 50; inside 700 they leave 500.
    for side, holes in ((290, 0), (700, 1)):
        corners = {"a": (0, 0), "b": (side, 0), "c": (side, side), "d": (0, side)}
        (land,) = reached(drawn(corners, [Way("a b c d a", "footway")]), [60])
        assert len(land.interiors) == holes


def test_what_is_shut_is_not_reached():
    network = drawn({"a": (-500, 0), "b": (0, 0), "c": (500, 0)}, [Way("a b", "footway"), Way("b c", "footway")])
    flood = replace(PROFILE, closures=(Closure("flood", ways=(2,)),))
    (land,) = reached(network, [10], profile=flood)
    assert land.bounds == pytest.approx((-600, -100, 100, 100), abs=2)


def test_anywhere_on_earth():
    network = road(*range(-2000, 2001, 500), road="footway")
    lon, lat = on_earth(0, 0)
    for east, north in ((27.0, 60.2), (-45.0, -23.5), (3.0, 42.5)):
        there = graph.build(moved(network, east - lon, north - lat), PROFILE)
        (land,) = isochrone.polygons(there, east, north, [10], Means.WALK)
        metres = crs.project([land], crs.metric_crs(east, north))[0]
        assert metres.is_valid and land.covers(shapely.Point(east, north))
        # Degrees of longitude are shorter or longer there than where the road was drawn; its width is not.
        assert metres.bounds[3] - metres.bounds[1] == pytest.approx(200, abs=3)


def moved(network, east, north):
    return replace(network, lon=network.lon + east, lat=network.lat + north)


def test_minutes_must_be_above_none(straight):
    assert reached(straight, []).tolist() == []
    with pytest.raises(BadTravel):
        reached(straight, [0])
