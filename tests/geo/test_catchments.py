"""Zones dissolved on paper and on a real county."""

from collections import deque

import numpy as np
import pytest
import shapely
from shapely import Point, box

from geo.catchments import dissolve
from geo.contiguity import neighbours
from geo.errors import UnequalLengths


def overlap(zones):
    shapes = list(zones.values())
    return sum(a.intersection(b).area for i, a in enumerate(shapes) for b in shapes[:i])


def test_two_squares_of_one_school_become_one_polygon(on_earth):
    west, middle, east = on_earth(box(0, 0, 100, 100), box(100, 0, 200, 100), box(200, 0, 300, 100))
    zones = dissolve([west, east, middle], ["a", "b", "a"])
    assert list(zones) == ["a", "b"]
    assert zones["a"].geom_type == "Polygon"
    assert zones["a"].area == pytest.approx(west.area + middle.area, rel=1e-6)
    assert zones["b"].area == pytest.approx(east.area, rel=1e-6)


def test_settlements_that_do_not_touch_stay_in_pieces(on_earth):
    zones = dissolve(on_earth(box(0, 0, 100, 100), box(300, 0, 400, 100)), ["a", "a"])
    assert len(zones["a"].geoms) == 2


def test_a_hairline_within_a_zone_and_between_zones_is_closed(on_earth):
    squares = on_earth(box(0, 0, 100, 100), box(100.3, 0, 200, 100), box(0, 100.3, 200, 200))
    zones = dissolve(squares, ["a", "a", "b"])
    assert zones["a"].geom_type == "Polygon"
    assert not zones["a"].interiors
    assert overlap(zones) == 0
    assert zones["a"].union(zones["b"]).geom_type == "Polygon"


def test_a_hairline_hole_between_four_corners_is_closed_but_a_courtyard_stays(on_earth):
    around = box(0, 0, 300, 300)
    with_yard = on_earth(around.difference(box(100, 100, 200, 200)))
    assert len(dissolve(with_yard, ["a"])["a"].interiors) == 1
    # Two halves whose common border bends apart by 0.6 m and back: a lens that touches nobody else.
    left = shapely.Polygon([(0, 0), (100, 0), (99.7, 50), (100, 100), (0, 100)])
    right = shapely.Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100.3, 50)])
    assert not dissolve(on_earth(left, right), ["a", "a"])["a"].interiors


def test_an_enclave_drawn_on_top_keeps_its_land(on_earth):
    around, enclave = on_earth(box(0, 0, 100, 100), box(40, 40, 60, 60))
    zones = dissolve([around, enclave], ["a", "b"])
    assert overlap(zones) == 0
    assert zones["b"].area == pytest.approx(enclave.area, rel=1e-6)
    assert len(zones["a"].interiors) == 1


def test_points_have_no_land_and_labels_must_match(on_earth):
    assert dissolve(on_earth(Point(0, 0)), ["a"]) == {}
    with pytest.raises(UnequalLengths):
        dissolve(on_earth(box(0, 0, 1, 1)), ["a", "b"])


def grown_zones(count, pairs, schools):
    """Label settlements by the school whose breadth-first wave over neighbours comes first."""
    beside = {v: [] for v in range(count)}
    for a, b in pairs.tolist():
        beside[a].append(b)
        beside[b].append(a)
    label, queue = {v: v for v in schools}, deque(schools)
    while queue:
        v = queue.popleft()
        for u in beside[v]:
            if u not in label:
                label[u] = label[v]
                queue.append(u)
    return [label[v] for v in range(count)]


def test_connected_zones_of_a_real_county_are_valid_apart_and_in_one_piece(gongyi):
    found = neighbours(gongyi)
    schools = np.random.default_rng(3).choice(len(gongyi), 33, replace=False).tolist()
    labels = grown_zones(len(gongyi), found.pairs, schools)
    zones = dissolve(found.cells, labels)
    assert set(zones) == set(schools)
    assert all(zone.is_valid for zone in zones.values())
    assert overlap(zones) < 1e-12
    whole = shapely.union_all(shapely.make_valid(gongyi)).area
    assert sum(zone.area for zone in zones.values()) == pytest.approx(whole, rel=1e-6)
    scattered = {label for label, cell in zip(labels, found.cells, strict=True) if cell.geom_type == "MultiPolygon"}
    assert {label for label, zone in zones.items() if zone.geom_type == "MultiPolygon"} <= scattered
