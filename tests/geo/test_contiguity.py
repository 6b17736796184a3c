"""Neighbours on maps drawn by hand, and on a real county with a published answer."""

import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, box

from geo import contiguity
from geo.contiguity import containing, islands, neighbours
from geo.errors import WrongCrs


def pairs(found):
    return [tuple(pair) for pair in found.pairs.tolist()]


@pytest.fixture
def four_squares(on_earth):
    """
    Squares of 100 m; 0 and 3 meet in one point, as do 1 and 2.

        2 3
        0 1
    """
    return on_earth(box(0, 0, 100, 100), box(100, 0, 200, 100), box(0, 100, 100, 200), box(100, 100, 200, 200))


def test_squares_with_a_side_in_common_are_neighbours_and_those_with_a_corner_only_on_request(four_squares):
    assert pairs(neighbours(four_squares)) == [(0, 1), (0, 2), (1, 3), (2, 3)]
    assert pairs(neighbours(four_squares, corners=True)) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


def test_a_shared_border_counts_only_when_longer_than_asked(on_earth):
    beside = on_earth(box(0, 0, 100, 100), box(100, 95, 200, 200))  # they share 5 m
    assert pairs(neighbours(beside, shared_border_metres=4.9)) == [(0, 1)]
    assert pairs(neighbours(beside, shared_border_metres=7.1)) == []


def test_a_hairline_between_two_digitisations_is_no_gap_but_a_road_wide_strip_is(on_earth):
    # The same border, drawn with other vertices 0.3 m apart; then 3 m apart.
    hairline = Polygon([(100.3, 0), (200, 0), (200, 100), (100.2, 100), (100.25, 40)])
    strip = box(103, 0, 200, 100)
    assert pairs(neighbours(on_earth(box(0, 0, 100, 100), hairline))) == [(0, 1)]
    assert pairs(neighbours(on_earth(box(0, 0, 100, 100), hairline), snap_metres=0)) == []
    assert pairs(neighbours(on_earth(box(0, 0, 100, 100), strip))) == []


def test_a_hairline_overlap_is_a_shared_border(on_earth):
    assert pairs(neighbours(on_earth(box(0, 0, 100, 100), box(99.8, 10, 200, 60)))) == [(0, 1)]


def test_near_corners_are_no_hairline_borders(on_earth):
    # Two squares whose corners are 0.2 m apart, and two wedges that meet at 45 degrees.
    assert pairs(neighbours(on_earth(box(0, 0, 100, 100), box(100.2, 100.2, 200, 200)))) == []
    wedges = on_earth(Polygon([(0, 0), (100, 0), (100, 20)]), Polygon([(0, 0), (100, 100), (0, 100)]))
    assert pairs(neighbours(wedges)) == []


def test_a_settlement_inside_another_is_its_neighbour_with_or_without_a_hole(on_earth):
    inner = box(40, 40, 60, 60)
    ring = box(0, 0, 100, 100).difference(inner)
    assert pairs(neighbours(on_earth(ring, inner))) == [(0, 1)]
    assert pairs(neighbours(on_earth(box(0, 0, 100, 100), inner))) == [(0, 1)]


def test_a_ring_that_crosses_itself_is_repaired_and_named(on_earth):
    bow_tie = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    found = neighbours(on_earth(box(100, 0, 200, 100), bow_tie))
    assert found.repaired == (1,)
    assert pairs(found) == [(0, 1)]
    assert shapely.is_valid(found.cells).all()


def test_parts_cut_off_from_the_largest_are_listed_larger_first(on_earth):
    found = neighbours(
        on_earth(
            box(900, 0, 950, 50),
            box(0, 0, 100, 100),
            box(100, 0, 200, 100),
            box(200, 0, 300, 100),
            box(500, 0, 600, 100),
            box(600, 0, 700, 100),
        )
    )
    assert found.islands == ((4, 5), (0,))
    assert any("3 settlements in 2 parts" in note for note in found.notes)


def test_islands_of_pairs_given_by_hand():
    assert islands(5, np.array([[0, 1], [3, 4], [1, 3]])) == ((2,),)
    assert islands(3, np.empty((0, 2), dtype=np.int64)) == ((1,), (2,))
    assert islands(0, np.empty((0, 2), dtype=np.int64)) == ()


def test_points_are_neighbours_when_their_voronoi_cells_are(on_earth):
    # A cross of five: the middle borders all four, and the arms border one another beyond it within the hull.
    cross = on_earth(Point(0, 0), Point(1000, 0), Point(0, 1000), Point(-1000, 0), Point(0, -1000))
    found = neighbours(cross)
    assert {(0, 1), (0, 2), (0, 3), (0, 4)} <= set(pairs(found))
    assert (1, 3) not in pairs(found)
    assert (2, 4) not in pairs(found)
    assert all(cell.covers(point) for cell, point in zip(found.cells, cross, strict=True))


# Straight lines in metres are slightly bent in degrees: areas agree to one part in ten thousand.
def test_cells_of_points_fill_the_outline_and_do_not_cross_it(on_earth):
    points = on_earth(Point(100, 100), Point(900, 100), Point(500, 800))
    (outline,) = on_earth(box(0, 0, 1000, 1000))
    found = neighbours(points, outline=outline)
    assert shapely.union_all(found.cells).symmetric_difference(outline).area < 1e-4 * outline.area
    assert pairs(found) == [(0, 1), (0, 2), (1, 2)]


def test_land_that_the_outline_cuts_off_from_its_point_goes_to_the_bank_it_lies_on(on_earth):
    # Two banks; the cell of the southern point 0 reaches over the river, where point 1 or 2 is the only owner in reach.
    (outline,) = on_earth(shapely.union_all([box(0, 0, 3000, 1000), box(0, 1100, 3000, 3000)]))
    points = on_earth(Point(1500, 900), Point(100, 2500), Point(2900, 2500))
    found = neighbours(points, outline=outline)
    assert pairs(found) == [(1, 2)]
    assert found.islands == ((0,),)
    assert all(cell.geom_type == "Polygon" for cell in found.cells)
    assert shapely.union_all(found.cells).area == pytest.approx(outline.area, rel=1e-4)


def test_points_at_one_place_each_have_a_cell(on_earth):
    found = neighbours(on_earth(Point(0, 0), Point(0, 0), Point(0, 0), Point(2000, 0)))
    assert (shapely.area(found.cells) > 0).all()
    assert found.islands == ()
    assert any("3 point settlements share their place" in note for note in found.notes)


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_points_have_cells(on_earth, count):
    found = neighbours(on_earth(*[Point(1000 * i, 0) for i in range(count)]))
    assert pairs(found) == [(0, 1)][: count - 1]
    assert (shapely.area(found.cells) > 0).all()


def test_points_among_polygons_share_what_the_polygons_leave(on_earth):
    #  0: square west of x = 1000; points 1 (near it) and 2 (far east); 3 stands within the square.
    mixed = on_earth(box(0, 0, 1000, 1000), Point(1500, 500), Point(3500, 500), Point(200, 200))
    found = neighbours(mixed)
    assert {(0, 1), (0, 3), (1, 2)} <= set(pairs(found))
    assert found.cells[3].is_empty
    assert found.cells[1].intersection(found.cells[0]).area < 1e-12
    assert found.islands == ()


def test_nothing_in_gives_nothing_out():
    found = neighbours([])
    assert found.pairs.shape == (0, 2)
    assert found.islands == ()


def test_metres_given_as_degrees_are_refused():
    with pytest.raises(WrongCrs):
        neighbours([box(500_000, 3_300_000, 500_100, 3_300_100)])


@settings(max_examples=30, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=40), st.randoms())
def test_cells_of_a_grid_are_neighbours_as_on_squared_paper(squares, random):
    order = sorted(squares)
    random.shuffle(order)
    step = 0.01
    shapes = [box(107 + x * step, 30 + y * step, 107 + (x + 1) * step, 30 + (y + 1) * step) for x, y in order]
    expected = {
        (i, j)
        for i, (x, y) in enumerate(order)
        for j, (u, v) in enumerate(order)
        if i < j and abs(x - u) + abs(y - v) == 1
    }
    assert set(pairs(neighbours(shapes))) == expected


def test_a_school_stands_in_the_settlement_that_contains_it_or_else_the_nearest(on_earth, four_squares):
    schools = on_earth(Point(150, 50), Point(50, 150), Point(260, 150))
    standing = containing(schools, four_squares)
    assert standing.settlement.tolist() == [1, 2, 3]
    assert standing.metres == pytest.approx([0, 0, 60], abs=1e-3)


def test_a_school_in_an_enclave_stands_in_the_enclave(on_earth):
    homes = on_earth(box(0, 0, 100, 100), box(40, 40, 60, 60))
    assert containing(on_earth(Point(50, 50), Point(10, 10)), homes).settlement.tolist() == [1, 0]


def test_a_school_among_point_settlements_stands_in_the_nearest(on_earth):
    homes = on_earth(Point(0, 0), Point(1000, 0))
    standing = containing(on_earth(Point(400, 0), Point(900, 0)), homes)
    assert standing.settlement.tolist() == [0, 1]
    assert standing.metres == pytest.approx([400, 100], abs=1e-3)


def test_no_schools_stand_nowhere_and_no_settlements_are_refused(four_squares):
    assert containing([], four_squares).settlement.tolist() == []
    with pytest.raises(ValueError, match="no settlements"):
        containing([Point(107, 30)], [])


def test_the_real_county_has_the_published_neighbours(gongyi, gongyi_published):
    started = time.perf_counter()
    rook, exact = neighbours(gongyi), neighbours(gongyi, snap_metres=0)
    queen = neighbours(gongyi, corners=True)
    seconds = time.perf_counter() - started
    # The note on the data: 3,426 pairs by shared border, 3,907 to 3,909 with corners, all of them published.
    assert len(exact.pairs) == 3_426
    assert len(rook.pairs) == 3_427  # one border of 546 m was digitised twice, a hairline apart
    assert 3_907 <= len(queen.pairs) <= 3_909
    assert set(pairs(queen)) <= gongyi_published
    assert set(pairs(exact)) < set(pairs(rook)) < set(pairs(queen))
    assert rook.repaired == (12, 153, 1101, 1124)
    assert rook.islands == ()
    assert seconds < 6


def test_real_units_known_by_a_point_stand_in_themselves(gongyi):
    points = shapely.point_on_surface(shapely.make_valid(gongyi))
    assert containing(points, gongyi).settlement.tolist() == list(range(len(gongyi)))


def test_eleven_thousand_settlements_take_seconds():
    places = np.random.default_rng(1).uniform([107, 30], [108.5, 31.5], (11_000, 2))
    started = time.perf_counter()
    by_point = neighbours(shapely.points(places))
    by_polygon = neighbours(by_point.cells)
    assert time.perf_counter() - started < 40
    assert by_polygon.pairs.tolist() == by_point.pairs.tolist()
    assert len(by_point.pairs) < 3 * 11_000  # a planar map has fewer than three edges a cell
    assert contiguity.islands(11_000, by_point.pairs) == ()
