"""Who can cross: squares of a kilometre side by side, roads and barriers drawn in metres."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import shapely
from shapely.geometry import Point, Polygon, box

from geo.errors import UnequalLengths
from geo.roads import borders
from geo.roads.network import BarrierKind, SegmentFlag
from tests.support.drawn_roads import Barrier, Way, drawn, on_earth, shape_on_earth

WEST, EAST = box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)
LONE_ROADS = {"a": (200, 500), "b": (800, 500), "c": (1200, 500), "d": (1800, 500)}
"""A road in each of the two, 200 m from their border at x = 1000."""
OWN = [Way("a b"), Way("c d")]
INF = float("inf")


def judged(network, shapes, pairs=((0, 1),)):
    land = np.array([shape_on_earth(shape) for shape in shapes], dtype=object)
    centres = [shape_on_earth(shape.centroid) for shape in shapes]
    return borders.crossable(network, np.array(pairs), land, centres)


def of_two(nodes=(), ways=(), barriers=(), shapes=(WEST, EAST)):
    """Judge the two squares, each with a road of its own and the nodes and ways given."""
    return judged(drawn({**LONE_ROADS, **dict(nodes)}, [*OWN, *ways], barriers), shapes)


def river(x=1000, name="Long River"):
    return Barrier(BarrierKind.WATER, [(x, -500), (x, 400), (x, 1500)], name)


def verdict(found):
    return bool(found.kept[0]), found.reason[0], found.barrier[0]


KEPT = (True, "", "")


def test_a_road_across_makes_neighbours():
    found = of_two(ways=[Way("b c", "track")])
    assert verdict(found) == KEPT
    assert found.metres[0] == 0 and found.geometry[0].is_empty
    assert found.known.tolist() == [True, True]


def test_without_a_road_across_no_way_is_known():
    found = of_two()
    assert verdict(found) == (False, "no_way", "")
    assert found.metres[0] == pytest.approx(1000, abs=1.1)  # half a metre around either corner
    south, north = on_earth(1000, 0), on_earth(1000, 1000)
    assert found.geometry[0].hausdorff_distance(shapely.LineString([south, north])) < 1e-5


def test_an_expressway_across_is_nobodys_way():
    assert verdict(of_two(ways=[Way("b c", "motorway")])) == (False, "no_way", "")


def test_the_order_of_a_pair_and_of_the_pairs_is_kept():
    network = drawn({**LONE_ROADS, "e": (2500, 500)}, [Way("a b"), Way("c d e")])
    found = judged(network, [WEST, EAST, box(2000, 0, 3000, 1000)], [(2, 1), (1, 0)])
    assert found.pairs.tolist() == [[2, 1], [1, 0]]
    assert found.kept.tolist() == [True, False]


def test_where_one_has_no_road_nothing_is_known():
    found = judged(drawn(LONE_ROADS, [Way("a b"), Way("c d", "motorway")]), [WEST, EAST])
    assert verdict(found) == KEPT
    assert found.known.tolist() == [True, False]


def test_a_settlement_without_land_of_its_own_is_kept():
    found = judged(drawn(LONE_ROADS, OWN), [WEST, Polygon(), EAST], [(0, 1), (0, 2)])
    assert found.kept.tolist() == [True, False]


def test_a_settlement_within_another_is_joined_by_a_road_out_of_it():
    within = box(100, 400, 400, 600)
    assert verdict(judged(drawn(LONE_ROADS, OWN), [WEST, within])) == KEPT
    apart = drawn({"a": (200, 500), "b": (300, 500), "c": (700, 500), "d": (900, 500)}, OWN)
    found = judged(apart, [WEST, within])
    assert verdict(found) == (False, "no_way", "")
    assert found.metres[0] == pytest.approx(1000, abs=2)  # all around: 300 + 200 + 300 + 200


def test_a_short_border_tells_nothing_unless_something_is_to_blame():
    # The second square stands higher: the two share 80 m, or 120.
    high, lower = box(1000, 920, 2000, 1920), box(1000, 880, 2000, 1880)
    nodes = {"a": (200, 500), "b": (800, 500), "c": (1200, 1500), "d": (1800, 1500)}
    assert verdict(judged(drawn(nodes, OWN), [WEST, high])) == KEPT
    assert verdict(judged(drawn(nodes, OWN), [WEST, lower])) == (False, "no_way", "")
    assert verdict(judged(drawn(nodes, OWN, [river()]), [WEST, high])) == (False, "water", "Long River")


class TestRivers:
    def test_a_river_along_the_border_keeps_apart(self):
        assert verdict(of_two(barriers=[river()])) == (False, "water", "Long River")

    def test_a_bridge_joins(self):
        assert verdict(of_two(ways=[Way("b c", flags=SegmentFlag.BRIDGE)], barriers=[river()])) == KEPT

    def test_a_river_far_from_border_and_centres_is_not_to_blame(self):
        # Centres at x = 500 and 1500; the river is 700 m east of the border.
        assert verdict(of_two(barriers=[river(1700)])) == (False, "no_way", "")

    def test_a_river_between_the_centres_is_to_blame(self):
        # 300 m from the border: not along it, but between.
        assert verdict(of_two(barriers=[river(1300)])) == (False, "water", "Long River")

    def test_what_runs_along_the_border_is_to_blame_before_what_lies_between(self):
        barriers = [river(1200), Barrier(BarrierKind.RAILWAY, [(1050, 0), (1050, 600)], "Old Line")]
        assert verdict(of_two(barriers=barriers)) == (False, "railway", "Old Line")

    def test_half_a_border_is_not_most_of_it(self):
        short = Barrier(BarrierKind.RAILWAY, [(1050, 0), (1050, 400)], "Old Line")
        assert verdict(of_two(barriers=[short])) == (False, "no_way", "")

    def test_of_a_named_and_a_nameless_piece_the_name_is_told(self):
        pieces = [
            Barrier(BarrierKind.WATER, [(1000, 0), (1000, 700)]),
            Barrier(BarrierKind.WATER, [(1000, 700), (1000, 1000)], "Long River"),
        ]
        assert verdict(of_two(barriers=pieces)) == (False, "water", "Long River")

    def test_a_ferry_joins_and_is_named(self):
        piers = {"p": (950, 500), "q": (1000, 520), "r": (1050, 500)}
        crossing = Way("p q r", "ferry", flags=SegmentFlag.FERRY, name="Ox Ferry")
        found = of_two(piers, [Way("b p"), crossing, Way("r c")], [river()])
        assert verdict(found) == KEPT
        assert found.ferry[0] and found.ferry_name[0] == "Ox Ferry"

    def test_a_ferry_beside_a_bridge_is_not_needed(self):
        ways = [Way("b c", "ferry", flags=SegmentFlag.FERRY, name="Ox Ferry"), Way("a d", flags=SegmentFlag.BRIDGE)]
        found = of_two(ways=ways, barriers=[river()])
        assert verdict(found) == KEPT
        assert not found.ferry[0] and found.ferry_name[0] == ""

    def test_a_road_of_one_bank_that_dips_over_a_border_drawn_askew_does_not_cross(self):
        # The river runs at x = 1030; the road on West's bank has one node at x = 1010, in East's land. The two halves
        # of its segments make 102 m there, beside 2,100 m of East's own roads.
        bank = {
            "s": (990, 300),
            "t": (1010, 400),
            "u": (990, 500),
            "x": (1800, 900),
            "y": (1200, 900),
            "z": (1200, 500),
        }
        roads = [Way("b s t u", "track"), Way("d x y z")]
        assert verdict(of_two(bank, roads, [river(1030)])) == (False, "water", "Long River")
        # Where there is no river, a road is a road.
        assert verdict(of_two(bank, roads)) == KEPT

    def test_nor_when_it_dips_over_a_gap_between_the_two(self):
        # As above, with ten metres of nobody's land from x = 995 to 1005 and a node of the bank road in it.
        shapes = (box(0, 0, 995, 1000), box(1005, 0, 2000, 1000))
        bank = {
            "s": (985, 300),
            "m": (1000, 350),
            "t": (1010, 400),
            "x": (1800, 900),
            "y": (1200, 900),
            "z": (1200, 500),
        }
        roads = [Way("b s m t", "track"), Way("d x y z")]
        found = of_two(bank, roads, [river(1040)], shapes)
        assert verdict(found) == (False, "water", "Long River")
        assert not found.ferry[0]
        assert verdict(of_two(bank, roads, (), shapes)) == KEPT


class TestNobodysLand:
    """Two settlements on both sides of a strip of 200 m that belongs to nobody."""

    SHAPES = (box(0, 0, 900, 1000), box(1100, 0, 2000, 1000))
    STRIP: ClassVar = {"p": (920, 500), "q": (960, 500), "r": (1040, 500), "s": (1080, 500)}

    def test_a_bridge_over_the_strip_joins(self):
        ways = [Way("b p q", "path"), Way("q r", flags=SegmentFlag.BRIDGE), Way("r s c", "path")]
        assert verdict(of_two(self.STRIP, ways, [river()], self.SHAPES)) == KEPT

    def test_without_it_the_river_keeps_apart(self):
        found = of_two(self.STRIP, [Way("b p q", "path"), Way("r s c", "path")], [river()], self.SHAPES)
        assert verdict(found) == (False, "water", "Long River")
        # The side of one that faces the other, and a little of the two sides next to it.
        assert 1000 <= found.metres[0] <= 1300

    def test_a_long_way_round_over_nobodys_ground_does_not_join(self):
        # 2 x 1,100 m on the ground north of both, over a bridge there.
        far = {
            "p": (900, 1100),
            "q": (900, 2100),
            "r": (1100, 2100),
            "s": (1100, 1100),
            "m": (850, 990),
            "n": (1150, 990),
        }
        ways = [Way("b m p q"), Way("q r", flags=SegmentFlag.BRIDGE), Way("r s n c")]
        assert verdict(of_two(far, ways, [river()], self.SHAPES)) == (False, "water", "Long River")
        # A bridge may be as long as it likes.
        ways = [Way("b m"), Way("m p q r s n", flags=SegmentFlag.BRIDGE), Way("n c")]
        assert verdict(of_two(far, ways, [river()], self.SHAPES)) == KEPT

    def test_three_roads_meeting_on_nobodys_ground_join_all_three(self):
        thirds = (*self.SHAPES, box(0, 1100, 2000, 1500))
        nodes = {**LONE_ROADS, "m": (1000, 1050), "e": (1000, 1200), "f": (1000, 1400)}
        network = drawn(nodes, [*OWN, Way("b m"), Way("m c"), Way("m e f")])
        assert judged(network, thirds, [(0, 1), (0, 2), (1, 2)]).kept.tolist() == [True] * 3

    def test_a_way_through_a_third_settlement_is_none_of_theirs(self):
        # West and East touch nowhere but are named neighbours; the only road leads through the ground of the third.
        thirds = (*self.SHAPES, box(900, 0, 1100, 1000))
        network = drawn({**LONE_ROADS, "m": (1000, 500)}, [*OWN, Way("b m c")])
        assert judged(network, thirds, [(0, 1), (0, 2), (1, 2)]).kept.tolist() == [False, True, True]

    def test_a_road_within_a_narrow_strip_is_on_both_sides(self):
        # 20 m between the two, the road in the middle of them, 50 m of it.
        shapes = (box(0, 0, 990, 1000), box(1010, 0, 2000, 1000))
        strip = {"p": (1000, 300), "q": (1000, 350)}
        assert verdict(of_two(strip, [Way("p q")], (), shapes)) == KEPT
        rail = Barrier(BarrierKind.RAILWAY, [(1015, 0), (1015, 1000)])
        assert verdict(of_two(strip, [Way("p q")], [rail], shapes)) == (False, "railway", "")


class TestThroughTheAir:
    """A footbridge from the first over the third, x = 1000 to 2000, to the second."""

    SHAPES = (WEST, box(2000, 0, 3000, 1000), EAST)
    NODES: ClassVar = {
        "a": (200, 500), "b": (950, 500), "m": (1300, 500), "n": (1700, 500), "c": (2050, 500), "d": (2800, 500),
        "e": (1300, 800), "f": (1700, 800), "g": (1500, 500),
    }  # fmt: skip
    PAIRS = ((0, 1), (0, 2), (1, 2))
    GROUND = (Way("a b"), Way("c d"), Way("e f"))

    def test_it_joins_the_ends_only(self):
        network = drawn(self.NODES, [*self.GROUND, Way("b m g n c", "footway", flags=SegmentFlag.BRIDGE)])
        assert judged(network, self.SHAPES, self.PAIRS).kept.tolist() == [True, False, False]

    def test_a_tunnel_likewise(self):
        network = drawn(self.NODES, [*self.GROUND, Way("b m n c", flags=SegmentFlag.TUNNEL)])
        assert judged(network, self.SHAPES, self.PAIRS).kept.tolist() == [True, False, False]

    def test_stairs_down_join_the_third(self):
        bridge, stairs = Way("b m g n c", flags=SegmentFlag.BRIDGE), Way("m e", "steps", flags=SegmentFlag.STEPS)
        network = drawn(self.NODES, [*self.GROUND, bridge, stairs])
        assert judged(network, self.SHAPES, self.PAIRS).kept.tolist() == [True, True, True]

    def test_a_settlement_with_nothing_but_bridges_over_it_is_not_known(self):
        network = drawn(self.NODES, [*self.GROUND[:2], Way("b m g n c", flags=SegmentFlag.BRIDGE)])
        assert judged(network, self.SHAPES, self.PAIRS).known.tolist() == [True, True, False]


class TestExpressways:
    EXPRESSWAY = Barrier(BarrierKind.EXPRESSWAY, [(1000, -100), (1000, 1100)], "G65")
    SERVICE: ClassVar = {"p": (980, 200), "q": (980, 800)}

    def test_it_keeps_apart_with_service_roads_beside_it(self):
        found = of_two(self.SERVICE, [Way("b p q", "service")], [self.EXPRESSWAY])
        assert verdict(found) == (False, "expressway", "G65")

    def test_an_underpass_joins(self):
        found = of_two(self.SERVICE, [Way("b p q"), Way("p c", flags=SegmentFlag.TUNNEL)], [self.EXPRESSWAY])
        assert verdict(found) == KEPT

    def test_where_it_stands_on_a_viaduct_a_road_beside_it_is_on_both_sides(self):
        # No barrier between y = 400 and 600.
        gap = [
            Barrier(BarrierKind.EXPRESSWAY, [(1000, -100), (1000, 400)], "G65"),
            Barrier(BarrierKind.EXPRESSWAY, [(1000, 600), (1000, 1100)], "G65"),
        ]
        assert verdict(of_two(self.SERVICE, [Way("b p q", "service")], gap)) == KEPT


class TestRoadsAlongTheBorder:
    def test_a_road_along_the_border_is_on_both_sides(self):
        assert verdict(of_two({"p": (990, 300), "q": (990, 600)}, [Way("p q")])) == KEPT

    def test_a_road_on_the_line_itself_as_well(self):
        assert verdict(of_two({"p": (1000, 300), "q": (1000, 600)}, [Way("p q")])) == KEPT

    def test_not_when_it_is_further_off(self):
        assert verdict(of_two({"p": (970, 300), "q": (970, 600)}, [Way("p q")])) == (False, "no_way", "")

    def test_not_when_it_only_comes_near(self):
        # It ends 10 m before the border: 15 m of it are within 25 m.
        assert verdict(of_two({"p": (990, 500)}, [Way("b p")])) == (False, "no_way", "")

    def test_not_with_a_river_in_between(self):
        found = of_two({"p": (990, 300), "q": (990, 600)}, [Way("p q")], [river(1010)])
        assert verdict(found) == (False, "water", "Long River")

    def test_a_river_behind_the_road_is_no_hindrance(self):
        found = of_two({"p": (990, 300), "q": (990, 900)}, [Way("p q")], [river(970)])
        assert verdict(found) == KEPT

    def test_not_an_expressway_nor_a_bridge(self):
        along = {"p": (990, 300), "q": (990, 600)}
        assert verdict(of_two(along, [Way("p q", "motorway")])) == (False, "no_way", "")
        assert verdict(of_two(along, [Way("p q", flags=SegmentFlag.BRIDGE)])) == (False, "no_way", "")

    def test_not_on_the_land_of_a_third(self):
        # The road runs 10 m north of the corner that all three share.
        north = box(0, 1000, 2000, 2000)
        network = drawn({**LONE_ROADS, "p": (900, 1010), "q": (1100, 1010)}, [*OWN, Way("p q")])
        assert judged(network, (WEST, EAST, north), [(0, 1), (0, 2), (1, 2)]).kept.tolist() == [False, True, True]


class TestTies:
    """
    Six settlements in two rows of three; a river between the rows.

        0 - 1 - 2
        ~   ~   ~
        3 - 4 - 5
    """

    PAIRS = ((0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5))

    def cut(self, *closed):
        shapes = [box(1000 * x, 1000 * y, 1000 * x + 1000, 1000 * y + 1000) for y in (1, 0) for x in range(3)]
        nodes = {f"{v}{k}": (1000 * (v % 3) + 400 + 200 * k, 1500 - 1000 * (v // 3)) for v in range(6) for k in (0, 1)}
        own = [Way(f"{v}0 {v}1") for v in range(6)]
        roads = [Way(f"{a}1 {b}1") for k, (a, b) in enumerate(self.PAIRS) if k not in closed]
        return judged(drawn(nodes, [*own, *roads]), shapes, self.PAIRS)

    def test_parts_that_hung_together_keep_the_shortest_way(self):
        found = self.cut(4, 5, 6)
        assert found.kept.tolist() == [True] * 4 + [False] * 3
        tied = borders.with_ties(found, np.array([50.0, 40.0, 45.0]), 60)
        assert tied.kept.tolist() == [True] * 4 + [False, True, False]
        assert tied.reason[5] == "no_way"
        assert found.kept[5] == np.False_

    def test_no_tie_beyond_the_limit_or_where_no_road_leads(self):
        found = self.cut(4, 5, 6)
        assert borders.with_ties(found, np.array([60.5, INF, INF]), 60).kept.tolist() == found.kept.tolist()
        assert borders.with_ties(found, np.array([60.0, INF, INF]), 60).kept[4]

    def test_none_where_the_parts_hang_together_anyway(self):
        found = self.cut(4, 6)
        assert borders.with_ties(found, np.array([1.0, 1.0]), 60).kept.tolist() == found.kept.tolist()

    def test_as_few_ties_as_hang_all_parts_together(self):
        # 0 | 1 2 above, 3 4 | 5 below, no way over the river: four parts, three ties, the shortest that do it.
        found = self.cut(0, 3, 4, 5, 6)
        minutes = np.array([30.0, 35.0, 10.0, 20.0, 50.0])
        tied = borders.with_ties(found, minutes, 60)
        # 0-3 (10), 1-4 (20); 0-1 (30) would close a ring; 4-5 (35); 2-5 (50) would close one.
        assert tied.kept.tolist() == [False, True, True, True, True, True, False]

    def test_minutes_are_given_for_every_pair_that_is_not_kept(self):
        with pytest.raises(UnequalLengths):
            borders.with_ties(self.cut(4, 5), np.array([10.0]), 60)


def test_no_pairs_and_no_land_are_no_fault():
    network = drawn(LONE_ROADS, OWN)
    assert judged(network, [WEST, EAST], np.empty((0, 2), dtype=int)).kept.tolist() == []
    assert judged(network, [Polygon(), Polygon()]).kept.tolist() == [True]


def test_a_network_elsewhere_on_earth_tells_nothing():
    network = drawn(LONE_ROADS, OWN)
    elsewhere = replace(network, lon=network.lon - 130, lat=-network.lat)
    found = judged(elsewhere, [WEST, EAST])
    assert verdict(found) == KEPT
    assert not found.known.any()


def test_centres_must_match_cells():
    with pytest.raises(UnequalLengths):
        borders.crossable(
            drawn(LONE_ROADS, OWN), np.array([[0, 1]]), np.array([WEST, EAST], dtype=object), [Point(108, 30)]
        )
