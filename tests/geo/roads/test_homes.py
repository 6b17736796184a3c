"""Homes of drawn settlements."""

import numpy as np
import pytest
import shapely
from drawn_roads import Way, drawn, on_earth, shape_on_earth

from geo.roads.homes import Homes, points_of
from geo.roads.network import SegmentFlag


def street(length=1_000.0, **way):
    """One street along the x axis."""
    return drawn({"A": (0, 0), "B": (length, 0)}, [Way("A B", **way)])


def settlement(*bounds):
    """A box in metres, and its middle."""
    box = shapely.box(*bounds)
    return shape_on_earth(box), shape_on_earth(box.centroid)


def homes(network, *settlements, given=None):
    shapes, centres = (np.array(list(column), dtype=object) for column in zip(*settlements, strict=True))
    return points_of(network, shapes, centres, given)


def metres_east(found):
    """Where the homes lie along the drawing's x axis."""
    lon, _ = on_earth(np.array([0.0, 1_000.0]), np.zeros(2))
    return (found.lon - lon[0]) / (lon[1] - lon[0]) * 1_000


def test_places_are_set_evenly_along_the_road_inside():
    # 450 m of the street lie inside: four places, each in the middle of a quarter of 112.5 m.
    found = homes(street(), settlement(100, -200, 550, 200))
    assert metres_east(found) == pytest.approx([156.25, 268.75, 381.25, 493.75], abs=0.01)
    assert found.weight.tolist() == [0.25] * 4
    assert found.settlement.tolist() == [0] * 4


def test_no_more_than_sixteen_places():
    found = homes(street(10_000), settlement(0, -200, 8_000, 200))
    assert metres_east(found) == pytest.approx(250 + 500 * np.arange(16), abs=0.1)
    assert found.weight.sum() == pytest.approx(1)


def test_with_less_than_two_hundred_metres_of_road_it_is_the_centre():
    found = homes(street(), settlement(0, -200, 190, 200))
    assert metres_east(found) == pytest.approx([95], abs=0.01)
    assert found.weight.tolist() == [1]


@pytest.mark.parametrize(
    "way", [{"road": "motorway"}, {"road": "path"}, {"walk": False}, {"road": "ferry", "flags": SegmentFlag.FERRY}]
)
def test_nobody_lives_along_expressways_paths_and_water(way):
    found = homes(street(**way), settlement(0, -200, 1_000, 200))
    assert metres_east(found) == pytest.approx([500], abs=0.01)


def test_pieces_of_several_roads_are_shared_by_their_length():
    # Inside: 300 m of the first street, 100 m of the second, in two pieces of 50 m on either side of a notch.
    network = drawn(
        {"A": (0, 0), "B": (1_000, 0), "C": (0, 100), "D": (150, 100)},
        [Way("A B"), Way("C D")],
    )
    notched = shapely.box(0, -50, 300, 150) - shapely.box(50, 50, 100, 200)
    found = homes(network, (shape_on_earth(notched), shape_on_earth(notched.centroid)))
    # 400 m, four places at 50, 150, 250 and 350 m: three on the first street, the last where the second piece begins.
    assert metres_east(found)[:3] == pytest.approx([50, 150, 250], abs=0.01)
    assert metres_east(found)[3] == pytest.approx(50, abs=0.5) or metres_east(found)[3] == pytest.approx(100, abs=0.5)


def test_a_multipolygon_has_places_in_every_part():
    both = shapely.MultiPolygon([shapely.box(0, -10, 200, 10), shapely.box(800, -10, 1_000, 10)])
    found = homes(street(), (shape_on_earth(both), shape_on_earth(both.centroid)))
    assert metres_east(found) == pytest.approx([50, 150, 850, 950], abs=0.1)


def test_a_point_has_its_centre():
    middle = shape_on_earth(shapely.Point(300, 40))
    found = homes(street(), (middle, middle))
    assert (found.lon[0], found.lat[0]) == (middle.x, middle.y)


def test_homes_that_are_given_win_and_the_rest_is_ordered_by_settlement():
    lon, lat = on_earth(np.array([700.0, 20.0, 30.0]), np.array([5.0, 5.0, 5.0]))
    given = Homes(np.array([2, 0, 0], np.int32), lon, lat, np.array([12.0, 3.0, 0.0]))
    found = homes(
        street(), settlement(0, -50, 400, 50), settlement(400, -50, 600, 50), settlement(600, -50, 900, 50), given=given
    )
    # Nobody lives at the third; settlement 1 has 200 m of road: two places.
    assert found.settlement.tolist() == [0, 1, 1, 2]
    assert metres_east(found) == pytest.approx([20, 450, 550, 700], abs=0.01)
    assert found.weight.tolist() == [3, 0.5, 0.5, 12]


def test_a_settlement_whose_given_homes_are_all_empty_is_sampled():
    lon, lat = on_earth(np.array([20.0]), np.array([5.0]))
    found = homes(street(), settlement(0, -50, 200, 50), given=Homes(np.zeros(1, np.int32), lon, lat, np.zeros(1)))
    assert metres_east(found) == pytest.approx([50, 150], abs=0.01)


def test_the_same_places_come_out_every_time():
    network = street()
    first, second = (homes(network, settlement(0, -50, 900, 50)) for _ in range(2))
    assert np.array_equal(first.lon, second.lon)


def test_a_broken_ring_is_mended():
    bow = shapely.Polygon([(0, -10), (330, 10), (330, -10), (0, 10)])
    found = homes(street(), (shape_on_earth(bow), shape_on_earth(shapely.Point(150, 0))))
    assert metres_east(found) == pytest.approx([55, 165, 275], abs=1)
