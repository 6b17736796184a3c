"""Places put on drawn roads."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from drawn_roads import Way, drawn, on_earth
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import crs
from geo.errors import WrongCrs
from geo.roads.network import SegmentFlag
from geo.roads.snap import snap

MILLIMETRE = 1e-3


def cross():
    """
    A street of 1 km along the x axis, segments 0 (West to Middle, 400 m) and 1 (600 m), and a path north, segment 2.

        West(0,0) --0-- Middle(400,0) --1-- East(1000,0);  Middle --2-- North(400,300)
    """
    nodes = {"West": (0, 0), "Middle": (400, 0), "East": (1_000, 0), "North": (400, 300)}
    return drawn(nodes, [Way("West Middle East"), Way("Middle North", "path")])


def put(network, x, y, limit=1_000.0):
    return snap(network, *on_earth(np.array(x, dtype=float), np.array(y, dtype=float)), limit)


def test_a_place_goes_to_the_nearest_point_of_a_segment():
    found = put(cross(), [100, 700, 450], [30, -40, 200])
    assert found.segment.tolist() == [0, 1, 2]
    assert found.along == pytest.approx([0.25, 0.5, 2 / 3], abs=1e-6)
    assert found.metres == pytest.approx([30, 40, 50], abs=MILLIMETRE)
    assert not found.off_part.any()


def test_beyond_the_ends_of_a_street_the_end_is_nearest():
    found = put(cross(), [-30, 1_030], [40, 40])
    assert found.along == pytest.approx([0, 1])
    assert found.metres == pytest.approx([50, 50], abs=MILLIMETRE)


def test_of_segments_equally_near_the_first_is_taken():
    assert put(cross(), [400], [-20]).segment.tolist() == [0]


def test_beyond_the_limit_nothing_is_joined_but_the_distance_is_told():
    found = put(cross(), [500, 500], [-1_000, -1_001], limit=1_000.5)
    assert found.segment.tolist() == [1, -1]
    assert found.metres == pytest.approx([1_000, 1_001], abs=MILLIMETRE)


def test_one_place_far_from_everything_still_tells_how_far():
    found = put(cross(), [1_000], [50_000], limit=100)
    assert found.segment.tolist() == [-1]
    assert found.metres == pytest.approx([np.hypot(600, 49_700)], rel=1e-4)  # to North


def test_expressways_and_ferries_are_not_joined():
    nodes = {"A": (0, 0), "B": (1_000, 0), "C": (0, 50), "D": (1_000, 50), "E": (0, 200), "F": (1_000, 200)}
    ways = [Way("A B", "motorway"), Way("C D", "ferry", walk=True, flags=SegmentFlag.FERRY), Way("E F")]
    network = drawn(nodes, [*ways, Way("A C", "path"), Way("C E", "path")])
    found = put(network, [500], [10])
    assert (found.segment.tolist(), found.metres[0]) == ([2], pytest.approx(190, abs=MILLIMETRE))


def apart(length):
    """A street of 100 km, segment 0, and 200 m north of it a lane of its own, segment 1."""
    nodes = {"A": (0, 0), "B": (100_000, 0), "C": (0, 200), "D": (length, 200)}
    return drawn(nodes, [Way("A B"), Way("C D")])


def test_a_small_part_is_passed_over_and_said():
    found = put(apart(900), [100, 100], [190, -10])
    assert found.segment.tolist() == [0, 0]
    assert found.metres == pytest.approx([190, 10], abs=0.1)
    assert found.off_part.tolist() == [True, False]


def test_a_part_with_a_hundredth_of_all_metres_counts():
    # 1,020 of 101,020 m are more than a hundredth.
    assert put(apart(1_020), [100], [190]).segment.tolist() == [1]


def test_a_part_of_twenty_kilometres_counts_however_large_the_rest():
    nodes = {"A": (0, 0), "B": (2_500_000, 0), "C": (0, 200), "D": (20_001, 200)}
    found = put(drawn(nodes, [Way("A B"), Way("C D")]), [100], [190])
    assert found.segment.tolist() == [1]


def test_where_no_part_that_is_walked_counts_the_longest_of_those_does():
    # The expressway has nearly all metres, and nobody walks on it.
    nodes = {"A": (0, 0), "B": (100_000, 0), "C": (0, 200), "D": (90, 200), "E": (0, 300), "F": (80, 300)}
    network = drawn(nodes, [Way("A B", "motorway"), Way("C D"), Way("E F")])
    found = put(network, [0], [290])
    assert found.segment.tolist() == [1]
    assert found.off_part.tolist() == [True]


@given(st.lists(st.tuples(st.floats(-3_000, 3_000), st.floats(-3_000, 3_000)), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_no_segment_is_nearer_than_the_one_taken(places):
    rng = np.random.default_rng(5)
    nodes = {str(k): (float(x), float(y)) for k, (x, y) in enumerate(rng.uniform(-2_000, 2_000, (40, 2)))}
    network = drawn(nodes, [Way(" ".join(map(str, range(40))), "residential")])
    x, y = np.array(places).T
    found = put(network, x, y, limit=10_000)
    lines = shapely.linestrings([[nodes[str(k)], nodes[str(k + 1)]] for k in range(39)])
    nearest = shapely.distance(shapely.points(x, y)[:, None], lines[None, :]).min(axis=1)
    assert found.metres == pytest.approx(nearest, abs=0.01, rel=1e-5)
    taken = shapely.line_interpolate_point(lines[found.segment], found.along, normalized=True)
    assert shapely.distance(taken, shapely.points(x, y)) == pytest.approx(nearest, abs=0.01, rel=1e-5)


def test_it_works_on_the_other_side_of_the_earth():
    # Segments of a tenth of a degree at 60 S, 170 W: 5,580 m east to west there on the WGS 84 ellipsoid.
    network = drawn({"A": (0, 0), "B": (1_000, 0)}, [Way("A B")])
    far = replace(network, lon=np.array([-170.0, -169.9]), lat=np.array([-60.0, -60.0]))
    found = snap(far, [-169.95], [-60.001], 500)
    assert found.along == pytest.approx([0.5], abs=1e-3)
    assert found.metres == pytest.approx([111.4], abs=3)


def test_no_places_give_no_rows():
    assert snap(cross(), [], [], 100).segment.shape == (0,)


def test_metres_given_for_degrees_are_refused():
    with pytest.raises(WrongCrs):
        snap(cross(), [500_000.0], [3_320_000.0], 100)


def test_a_large_network_is_snapped_to_in_seconds():
    # A net of 100 m: 500,000 segments; every place is set 30 m from the middle of a known street.
    side = 500
    grid = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([grid[:-1].ravel(), grid[:, :-1].ravel()]).astype(np.int32)
    head = np.concatenate([grid[1:].ravel(), grid[:, 1:].ravel()]).astype(np.int32)
    x, y = 100.0 * np.divmod(grid.ravel(), side)[0], 100.0 * (grid.ravel() % side)
    one = drawn({"A": (0, 0), "B": (100, 0)}, [Way("A B")])
    lon, lat = on_earth(x, y)
    many = {name: np.repeat(getattr(one, name), tail.size) for name in
            ("metres", "way_id", "road", "walk", "ride", "limit_kmh", "flags", "ferry_minutes", "name")}  # fmt: skip
    network = replace(
        one, lon=lon, lat=lat, part=np.zeros(lon.size, np.int32), tail=tail, head=head, **many
    )  # the rest of the arrays is not looked at
    chosen = np.random.default_rng(0).integers(0, tail.size, 12_000)
    middle = np.column_stack([x[tail[chosen]] + x[head[chosen]], y[tail[chosen]] + y[head[chosen]]]) / 2
    across = np.where((x[tail[chosen]] == x[head[chosen]])[:, None], (30.0, 0.0), (0.0, 30.0))
    found = snap(network, *on_earth(*(middle + across).T), 1_000)
    assert (found.segment == chosen).all()
    assert crs.metric_crs(108, 30) == crs.metric_crs(float(lon.mean()), float(lat.mean()))
    assert found.metres == pytest.approx(np.full(12_000, 30.0), abs=MILLIMETRE)
