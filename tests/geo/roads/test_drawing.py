"""Lines for maps."""

import numpy as np
import pytest
import shapely

from geo import crs
from geo.roads import drawing
from geo.roads.network import BarrierKind, SegmentFlag
from tests.support.drawn_roads import Barrier, Way, drawn, on_earth

SYSTEM = crs.metric_crs(108.0, 30.0)


@pytest.fixture
def hamlet():
    """
    A main road of three pieces, the middle one a bridge, a lane off it, and a footpath; a river under the bridge.

        a ---- b ==== c ---- d      y = 0, x = 0, 1000, 1200, 2000
               |             |
               e             f      y = 500
    """
    nodes = {"a": (0, 0), "b": (1000, 0), "c": (1200, 0), "d": (2000, 0), "e": (1000, 500), "f": (2000, 500)}
    ways = [
        Way("d f", "footway"),
        Way("a b", "primary", name="Main Road", id=7),
        Way("b c", "primary", flags=SegmentFlag.BRIDGE, name="Main Road", id=7),
        Way("c d", "primary", name="Main Road", id=7),
        Way("b e", "residential", walk=True),
    ]
    river = Barrier(BarrierKind.WATER, [(1100, -900), (1100, 0), (1100, 900)], "Long River")
    rails = Barrier(BarrierKind.RAILWAY, [(1900, -900), (1900, -100)])
    return drawn(nodes, ways, [river, rails])


def box(west, south, east, north):
    return (*on_earth(west, south), *on_earth(east, north))


def metres(shapes):
    return shapely.length(crs.project(shapes, SYSTEM)).round(1).tolist()


def test_main_roads_first_and_the_longest_of_a_class_first(hamlet):
    found = drawing.roads(hamlet, None, 100)
    assert [fact["road"] for fact in found.facts] == ["primary"] * 3 + ["residential", "footway"]
    assert metres(found.shapes) == [1000, 800, 200, 500, 500]
    assert [fact["bridge"] for fact in found.facts] == [False, False, True, False, False]
    assert not found.truncated


def test_what_is_said_of_a_road(hamlet):
    bridge = drawing.roads(hamlet, None, 100).facts[2]
    assert bridge == {
        "road": "primary", "zh": "主要道路", "name": "Main Road", "walk": True, "bridge": True, "tunnel": False
    }  # fmt: skip


def test_the_smallest_are_left_out_and_it_says_so(hamlet):
    found = drawing.roads(hamlet, None, 4)
    assert found.truncated
    assert [fact["road"] for fact in found.facts] == ["primary"] * 3 + ["residential"]
    assert not drawing.roads(hamlet, None, 5).truncated


def test_segments_of_one_way_make_one_line():
    nodes = {"a": (0, 0), "b": (100, 50), "c": (200, -50), "d": (300, 0), "e": (400, 0)}
    found = drawing.roads(drawn(nodes, [Way("a b c d"), Way("d e")]), None, 9)
    assert shapely.get_num_points(found.shapes).tolist() == [4, 2]
    assert np.allclose(shapely.get_coordinates(found.shapes[0])[0], on_earth(0, 0))
    assert np.allclose(shapely.get_coordinates(found.shapes[0])[-1], on_earth(300, 0))


def test_only_what_comes_into_the_box(hamlet):
    lane = drawing.roads(hamlet, box(900, 300, 1050, 600), 9)
    assert [fact["road"] for fact in lane.facts] == ["residential"]
    # A box amid a long segment, with neither of its ends in it.
    assert [fact["road"] for fact in drawing.roads(hamlet, box(400, -10, 600, 10), 9).facts] == ["primary"]
    nothing = drawing.roads(hamlet, box(3000, 0, 4000, 10), 9)
    assert (len(nothing.shapes), nothing.facts, nothing.truncated) == (0, (), False)


def test_a_way_that_leaves_the_box_and_comes_back_is_two_lines():
    nodes = {"a": (0, 0), "b": (100, 0), "c": (100, 900), "d": (200, 900), "e": (200, 0), "f": (300, 0)}
    found = drawing.roads(drawn(nodes, [Way("a b c d e f")]), box(-10, -10, 310, 10), 9)
    # The piece from c to d stays out.
    assert metres(found.shapes) == [1000, 1000]


def test_lines_are_as_fine_as_the_box_can_show():
    # A zigzag of 10 m in a road of 2 km: seen whole, a pixel is half a metre; seen from 100 km, 25 m.
    nodes = {f"n{k}": (100 * k, 10 * (k % 2)) for k in range(21)}
    network = drawn(nodes, [Way(" ".join(nodes))])
    assert shapely.get_num_points(drawing.roads(network, None, 9).shapes[0]) == 21
    far = drawing.roads(network, box(-50_000, -50_000, 50_000, 50_000), 9)
    assert shapely.get_num_points(far.shapes[0]) == 2


def test_barriers_with_kind_and_name(hamlet):
    found = drawing.barriers(hamlet, None)
    assert found.facts == ({"kind": "water", "name": "Long River"}, {"kind": "railway", "name": ""})
    assert metres(found.shapes) == [1800, 800]
    assert not found.truncated


def test_barriers_within_a_box(hamlet):
    found = drawing.barriers(hamlet, box(1000, 100, 2000, 200))
    assert found.facts == ({"kind": "water", "name": "Long River"},)
    assert metres(found.shapes) == [900]


def test_nothing_to_draw():
    empty = drawn({}, [])
    assert len(drawing.roads(empty, None, 9).shapes) == len(drawing.barriers(empty, None).shapes) == 0
