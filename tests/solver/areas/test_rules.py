"""
Each rule of a layout twice: one plan or district keeps it, one breaks it and finds checker and model refusing.

All numbers are counted by hand on the road of ``conftest.road``: A - B - C with North at A and South at C.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solver import consolidation, zoning
from solver.areas import explain, judge, layout
from solver.areas.explain import Reason
from solver.errors import UnlawfulPlan
from solver.plan import Limits, Status

QUICK = Limits(seconds=10)
NORTH, SOUTH = 0, 1
BOTH = (True, True)


def broken(asked, school_of, opened=BOTH):
    return {b.rule for b in judge.judge(asked, school_of, opened).broken if b.hard}


def status(asked):
    return zoning.solve(asked, QUICK).certificate.status


def test_the_cheapest_zones_of_the_road(road):
    plan = zoning.solve(road, QUICK)
    assert plan.school_of.tolist() == [NORTH, SOUTH, SOUTH]
    assert plan.certificate.parts["pupil_minutes"] == 385
    assert plan.certificate.status is Status.OPTIMAL
    assert plan.certificate.objective == plan.certificate.bound == 385 + 200


def test_rule_1_every_settlement_joins_an_open_school(road):
    assert broken(road, [0, 1, 1]) == set()
    assert broken(road, [0, -1, 1]) == {"every_settlement_joins_a_school"}
    assert broken(road, [0, 0, 1], (False, True)) == {"closed_school_takes_nobody"}
    assert status(replace(road, close=np.array([True, True]))) is Status.INFEASIBLE


def test_rule_2_a_full_school_sends_away_the_settlement_that_loses_least(road):
    full = replace(road, places=np.array([50, 30]))
    plan = zoning.solve(full, QUICK)
    # Moving B costs 20 x 15 = 300 pupil-minutes more; C is held by its own school.
    assert plan.school_of.tolist() == [NORTH, NORTH, SOUTH]
    assert plan.certificate.parts["pupil_minutes"] == 385 + 300
    assert broken(full, [0, 1, 1]) == {"places"}
    assert status(replace(road, places=np.array([49, 30]))) is Status.INFEASIBLE


def test_rule_3_a_school_below_the_least_size_is_refused_or_priced(road):
    at_least_30 = replace(road, least_viable=np.array([30, 30]), shortfall_price=None)
    assert broken(at_least_30, [0, 1, 1]) == set()
    assert broken(at_least_30, [0, 0, 1]) == {"least_viable"}
    assert status(replace(at_least_30, least_viable=np.array([30, 36]))) is Status.INFEASIBLE
    priced = zoning.solve(replace(road, least_viable=np.array([30, 36]), shortfall_price=7), QUICK)
    assert priced.certificate.parts["missing_pupils"] == 7  # South has 35 of 36


def test_rule_3_a_school_over_the_largest_size_is_reported(road):
    plan = zoning.solve(replace(road, largest=np.array([2000, 34])), QUICK)
    assert [(b.rule, b.hard, b.amount) for b in plan.judgement.broken] == [("largest_school", False, 1)]  # 35 at South


def test_rule_3_an_exempt_school_may_be_as_small_as_it_is(road):
    assert broken(replace(road, least_viable=np.array([0, 0]), shortfall_price=None), [0, 0, 1]) == set()


def test_rule_4_the_young_keep_to_thirty_minutes(roomy):
    closed = replace(roomy, close=np.array([True, False]))
    # From A to South takes exactly 30 minutes: lawful; at a limit of 29 nobody can serve A.
    assert status(closed) is Status.OPTIMAL
    strict = replace(closed, young_limit=29)
    assert status(strict) is Status.INFEASIBLE
    assert broken(strict, [1, 1, 1], (False, True)) == {"trip_limit_young"}
    assert [(x.settlement, x.reason) for x in explain.unserved(strict)] == [(0, Reason.ORDERED_AWAY)]
    # At a limit of 4 minutes all three are too far from everything; North is nearest to A, South to B and C.
    left = explain.unserved(replace(roomy, young_limit=4))
    assert [(x.settlement, x.reason, x.nearest_school, x.nearest_minutes) for x in left] == [
        (0, Reason.TOO_FAR, NORTH, 5),
        (1, Reason.TOO_FAR, SOUTH, 5),
        (2, Reason.TOO_FAR, SOUTH, 9),
    ]


def test_rule_4_a_pin_beyond_the_limit_is_refused(roomy):
    # With North closed A is 30 minutes from South, whether the planner insists on it or not.
    insisted = replace(roomy, pins=((0, SOUTH),), close=np.array([True, False]))
    assert status(insisted) is Status.OPTIMAL
    strict = replace(insisted, young_limit=29)
    assert status(strict) is Status.INFEASIBLE
    assert [(x.settlement, x.reason) for x in explain.unserved(strict)] == [(0, Reason.ORDERED_AWAY)]


def test_rule_4_may_be_held_on_minutes_of_their_own(roomy):
    # A's homes are 30 minutes from South in the mean, and 31 for the last of them: its older pupils board at South.
    closed = replace(roomy, close=np.array([True, False]), beds=np.array([0, 15]), older_limit=30)
    farthest = replace(closed, limit_minutes=np.array([[6, 31], [21, 6], [35, 10]]))
    assert status(closed) is Status.OPTIMAL
    assert status(farthest) is Status.INFEASIBLE
    assert broken(farthest, [1, 1, 1], (False, True)) == {"trip_limit_young"}
    plan = zoning.solve(replace(farthest, young_limit=31), QUICK)
    assert plan.judgement.boarders == (0, 15)
    # Pupil-minutes go on by the mean: 15 young x 30 + 15 boarders x 30 / 5, then B 20 x 5 and C 15 x 9.
    assert plan.certificate.parts["pupil_minutes"] == 450 + 90 + 100 + 135
    priced = zoning.solve(replace(farthest, trip_price=2), QUICK)
    assert priced.certificate.parts["long_trips"] == 2 * 15 * 1  # 15 young of A, one minute beyond
    left = explain.unserved(replace(farthest, young_limit=5, close=np.array([False, False])))
    assert [(x.settlement, x.reason, x.nearest_school, x.nearest_minutes) for x in left] == [
        (0, Reason.TOO_FAR, NORTH, 6),
        (1, Reason.TOO_FAR, SOUTH, 6),
        (2, Reason.TOO_FAR, SOUTH, 10),
    ]


def test_nobody_is_sent_where_no_way_leads(roomy):
    # No bridge leads from B to South: B joins North, 15 minutes a pupil farther.
    no_bridge = replace(roomy, reached=np.array([[True, True], [True, False], [True, True]]))
    plan = zoning.solve(no_bridge, QUICK)
    assert plan.school_of.tolist() == [NORTH, NORTH, SOUTH]
    assert plan.certificate.parts["pupil_minutes"] == 150 + 20 * 20 + 135
    assert broken(no_bridge, [0, 0, 1]) == set()
    assert broken(no_bridge, [0, 1, 1]) == {"no_way"}
    assert [(b.amount, b.unit) for b in judge.judge(no_bridge, [0, 1, 1], BOTH).broken] == [(20, "pupils")]


@pytest.mark.parametrize("trip_price", [None, 2, 0])
def test_no_price_of_a_long_trip_makes_a_way(roomy, trip_price):
    island = replace(roomy, reached=np.array([[True, True], [False, False], [True, True]]), trip_price=trip_price)
    assert status(island) is Status.INFEASIBLE
    assert [(x.settlement, x.reason, x.nearest_school, x.nearest_minutes) for x in explain.unserved(island)] == [
        (1, Reason.NO_WAY, None, None)
    ]
    # A pin makes no way either.
    assert status(replace(island, pins=((1, SOUTH),))) is Status.INFEASIBLE
    # With a way to North alone, and North closed, it is the order that leaves B no school; A has South.
    ordered = replace(
        island,
        reached=np.array([[True, True], [True, False], [True, True]]),
        contiguous=False,
        close=np.array([True, False]),
    )
    assert [(x.settlement, x.reason, x.nearest_school) for x in explain.unserved(ordered)] == [
        (1, Reason.ORDERED_AWAY, None)
    ]


def test_land_without_pupils_needs_no_way(roomy):
    # B is an empty mountain between the others: it still joins the zones of C and A to one, at no cost.
    empty = replace(
        roomy,
        young=np.array([15, 0, 8]),
        older=np.array([15, 0, 7]),
        reached=np.array([[True, True], [False, False], [True, True]]),
        close=np.array([True, False]),
    )
    plan = zoning.solve(empty, QUICK)
    assert plan.school_of.tolist() == [SOUTH, SOUTH, SOUTH]
    assert broken(empty, [1, 1, 1], (False, True)) == set()
    assert plan.certificate.parts["pupil_minutes"] == 30 * 30 + 15 * 9


def test_an_edit_and_a_start_are_told_that_no_way_leads_there(roomy):
    no_bridge = replace(roomy, reached=np.array([[True, True], [True, False], [True, True]]))
    adjusted = zoning.adjust(no_bridge, np.array([0, 0, 1]), np.array(BOTH), {1: SOUTH})
    refusal = adjusted.resolved.refusal
    assert (refusal.rule, refusal.settlement, refusal.school, refusal.certain) == ("no_way", 1, SOUTH, True)
    far = replace(roomy, young_limit=19)
    refusal = zoning.adjust(far, np.array([0, 1, 1]), np.array(BOTH), {1: NORTH}).resolved.refusal
    assert (refusal.rule, refusal.settlement, refusal.school) == ("trip_limit", 1, NORTH)
    begun = zoning.solve(no_bridge, QUICK, start=np.array([0, 1, 1]))
    assert [(r.rule, r.settlement, r.left, r.joined) for r in begun.repairs] == [("no_way", 1, SOUTH, NORTH)]


def test_ways_across_a_trunk_road_are_reported_or_priced(roomy):
    # B's 20 pupils cross the railway on their way to South; to North they walk 15 minutes longer: 300 yuan more.
    rail = replace(roomy, crossing=np.array([[False, True], [False, True], [True, False]]))
    told = zoning.solve(rail, QUICK)
    assert told.school_of.tolist() == [NORTH, SOUTH, SOUTH]
    assert [(b.rule, b.hard, b.amount, b.unit, b.settlements, b.school) for b in told.judgement.broken] == [
        ("crossing", False, 20, "pupils", (1,), SOUTH)
    ]
    assert told.certificate.parts["crossings"] == 0
    cheap = zoning.solve(replace(rail, crossing_price=14), QUICK)
    assert cheap.school_of.tolist() == [NORTH, SOUTH, SOUTH]
    assert cheap.certificate.parts["crossings"] == 14 * 20
    dear = zoning.solve(replace(rail, crossing_price=16), QUICK)
    assert dear.school_of.tolist() == [NORTH, NORTH, SOUTH]
    assert dear.judgement.broken == ()
    assert "crossings" not in zoning.solve(roomy, QUICK).certificate.parts


def test_school_buses_enter_the_choice_of_schools(roomy):
    # Closing North saves 1,000 yuan and costs 30 x 25 = 750 minutes more for A (B and C stay with South).
    dear = replace(roomy, running_cost=np.array([1000, 1000]))
    assert consolidation.solve(dear, QUICK).opened.tolist() == [False, True]
    cheap = consolidation.solve(replace(dear, transport=np.array([[0, 249], [0, 0], [0, 0]])), QUICK)
    assert cheap.opened.tolist() == [False, True]
    assert cheap.certificate.parts["school_bus"] == 249
    kept = consolidation.solve(replace(dear, transport=np.array([[0, 251], [0, 0], [0, 0]])), QUICK)
    assert kept.opened.tolist() == [True, True]
    assert kept.certificate.parts["school_bus"] == 0
    assert "school_bus" not in consolidation.solve(dear, QUICK).certificate.parts


def test_a_part_of_a_layout_keeps_what_is_known_of_every_pair(roomy):
    pairs = np.array([[1, 2], [3, 4], [5, 6]])
    whole = replace(
        roomy,
        limit_minutes=pairs,
        reached=pairs > 1,
        crossing=pairs > 2,
        crossing_price=7,
        transport=10 * pairs,
        stands_in=np.array([0, 2]),
    )
    small = layout.part(whole, np.array([0, 2]))
    assert small.limit_minutes.tolist() == [[1, 2], [5, 6]]
    assert small.reached.tolist() == [[False, True], [True, True]]
    assert small.crossing.tolist() == [[False, False], [True, True]]
    assert small.crossing_price == 7
    assert small.transport.tolist() == [[10, 20], [50, 60]]
    assert layout.part(roomy, np.array([0, 2])).limit_minutes is None


def test_rule_4_a_long_trip_may_be_priced(roomy):
    priced = replace(roomy, close=np.array([True, False]), young_limit=29, trip_price=2)
    plan = zoning.solve(priced, QUICK)
    assert plan.certificate.parts["long_trips"] == 2 * 15 * 1  # 15 young of A, one minute beyond


def test_rule_4_the_older_board_beyond_their_limit_and_the_young_never(roomy):
    far = replace(roomy, close=np.array([True, False]), older_limit=29)
    assert status(far) is Status.INFEASIBLE
    assert broken(far, [1, 1, 1], (False, True)) == {"trip_limit"}
    with_beds = replace(far, beds=np.array([0, 15]))
    plan = zoning.solve(with_beds, QUICK)
    assert plan.judgement.boarders == (0, 15)
    # 15 young x 30 + 15 boarders x 30 / 5, then B 20 x 5 and C 15 x 9.
    assert plan.certificate.parts["pupil_minutes"] == 450 + 90 + 100 + 135


def test_rule_5_boarders_have_beds(roomy):
    short = replace(roomy, close=np.array([True, False]), older_limit=29, beds=np.array([0, 14]))
    assert broken(short, [1, 1, 1], (False, True)) == {"beds"}
    assert status(short) is Status.INFEASIBLE
    assert explain.unserved(short)[0].reason is Reason.NO_BEDS
    priced = zoning.solve(replace(short, bed_price=11), QUICK)
    assert priced.certificate.parts["missing_beds"] == 11


def test_rule_6_a_zone_is_connected(roomy):
    # C may not join North past B: with B pinned to South, North's zone of A and C would be in two pieces.
    moved = replace(roomy, stands_in=np.array([0, 1]), pins=((1, SOUTH), (2, NORTH)))
    assert broken(moved, [0, 1, 0]) == {"contiguity", "trip_limit_young"}
    assert status(replace(moved, young_limit=60, older_limit=60)) is Status.INFEASIBLE
    free = replace(moved, young_limit=60, older_limit=60, contiguous=False)
    assert zoning.solve(free, QUICK).school_of.tolist() == [NORTH, SOUTH, NORTH]


def test_rule_6_a_named_link_joins_an_island(roomy):
    island = replace(roomy, neighbours=np.array([[0, 1]]), stands_in=np.array([0, 1]))
    assert status(island) is Status.INFEASIBLE
    assert explain.unserved(island)[0].reason is Reason.CUT_OFF
    assert status(replace(island, neighbours=np.array([[0, 1], [1, 2]]))) is Status.OPTIMAL


def test_rule_6_a_zone_holds_the_settlement_of_its_school(roomy):
    assert broken(roomy, [1, 1, 1]) == {"zone_holds_its_school"}
    assert broken(roomy, [1, 1, 1], (False, True)) == set()


def test_rule_6_two_schools_in_one_settlement_share_what_borders_it(roomy):
    shared = replace(roomy, stands_in=np.array([1, 1]))
    plan = zoning.solve(shared, QUICK)
    # Both stand in B: South takes it and C, North the bordering A.
    assert plan.school_of.tolist() == [NORTH, SOUTH, SOUTH]
    assert broken(shared, [1, 1, 1]) == {"zone_holds_its_school"}


def test_an_empty_island_asks_for_no_school(roomy):
    empty = replace(
        roomy,
        neighbours=np.array([[0, 1]]),
        stands_in=np.array([0, 1]),
        young=np.array([15, 10, 0]),
        older=np.array([15, 10, 0]),
    )
    plan = zoning.solve(empty, QUICK)
    assert plan.certificate.status is Status.OPTIMAL
    assert plan.school_of.tolist() == [NORTH, SOUTH, -1]


def test_rule_10_a_protected_school_stays_where_a_cheaper_plan_would_close_it(roomy):
    # One school saves 100 yuan but costs more minutes than that; at 1,000 yuan a school closing pays.
    dear = replace(roomy, running_cost=np.array([1000, 1000]))
    assert consolidation.solve(dear, QUICK).opened.tolist() == [False, True]
    kept = replace(dear, protected=np.array([True, False]))
    assert consolidation.solve(kept, QUICK).opened[NORTH]
    assert broken(kept, [1, 1, 1], (False, True)) == {"protected_school"}


def test_rule_10_a_necessary_school_stays_and_names_its_children(roomy):
    strict = replace(roomy, young_limit=29, running_cost=np.array([1000, 1000]))
    plan = consolidation.solve(strict, QUICK)
    assert plan.opened.tolist() == [True, True]
    assert explain.necessary_for(strict, NORTH) == (0,)  # A is 30 minutes from South
    assert explain.necessary_for(strict, SOUTH) == (2,)  # C is 34 minutes from North
    assert explain.necessary_for(roomy, NORTH) == ()


def test_rule_10_a_school_is_necessary_for_its_places(road):
    # 65 pupils; South alone has 40 places.
    assert explain.necessary_for(replace(road, young_limit=60), NORTH) == (0, 1, 2)


def test_rule_12_orders_are_followed(roomy):
    assert consolidation.solve(replace(roomy, close=np.array([True, False])), QUICK).opened.tolist() == [False, True]
    dear = replace(roomy, running_cost=np.array([1000, 1000]), keep=np.array([True, True]))
    assert consolidation.solve(dear, QUICK).opened.tolist() == [True, True]
    assert zoning.solve(replace(roomy, pins=((1, NORTH),)), QUICK).school_of.tolist() == [NORTH, NORTH, SOUTH]
    assert zoning.solve(replace(roomy, bans=((1, SOUTH),)), QUICK).school_of.tolist() == [NORTH, NORTH, SOUTH]
    assert broken(replace(roomy, pins=((1, NORTH),)), [0, 1, 1]) == {"pin"}
    assert broken(replace(roomy, bans=((1, SOUTH),)), [0, 1, 1]) == {"ban"}
    assert broken(replace(roomy, keep=np.array([True, False])), [1, 1, 1], (False, True)) == {"keep_order"}
    assert broken(replace(roomy, close=np.array([True, False])), [0, 1, 1]) == {"close_order"}
    contradicted = replace(roomy, pins=((1, NORTH),), bans=((1, NORTH),))
    assert status(contradicted) is Status.INFEASIBLE
    assert explain.unserved(contradicted)[0].reason is Reason.ORDERED_AWAY


def test_the_number_of_open_schools_is_bounded(roomy):
    dear = replace(roomy, running_cost=np.array([1000, 1000]), open_at_least=2)
    assert consolidation.solve(dear, QUICK).opened.tolist() == [True, True]
    one = replace(roomy, running_cost=np.array([0, 0]), open_at_most=1)
    assert consolidation.solve(one, QUICK).opened.tolist() == [False, True]
    assert broken(one, [0, 1, 1]) == {"number_open"}


def test_moved_pupils_are_priced_against_todays_zones(roomy):
    # Today B belongs to North; joining South saves 300 pupil-minutes and moves 20 pupils.
    assert zoning.solve(replace(roomy, moved_price=14), QUICK).school_of.tolist() == [NORTH, SOUTH, SOUTH]
    assert zoning.solve(replace(roomy, moved_price=16), QUICK).school_of.tolist() == [NORTH, NORTH, SOUTH]


def test_too_many_pupils_for_all_places_are_named_with_the_sum(road):
    crowded = replace(road, places=np.array([30, 34]))
    assert status(crowded) is Status.INFEASIBLE
    crowd = explain.crowd(crowded)
    assert (crowd.settlements, crowd.schools, crowd.pupils, crowd.places) == ((0, 1, 2), (0, 1), 65, 64)


def test_a_settlement_larger_than_every_school_is_told_so(road):
    large = replace(road, places=np.array([29, 29]), stands_in=np.array([1, 2]))
    assert (0, Reason.TOO_LARGE) in [(x.settlement, x.reason) for x in explain.unserved(large)]


def test_clashing_rules_are_found_by_doing_without_one(roomy):
    moved = replace(roomy, stands_in=np.array([0, 1]), pins=((1, SOUTH), (2, NORTH)), young_limit=60, older_limit=60)
    assert {r.rule for r in explain.relaxations(moved, 10.0, 1)} == {"contiguity", "pins_and_bans"}


def test_the_answer_is_withheld_when_the_checker_refuses_it(road, monkeypatch):
    monkeypatch.setattr(judge, "_parts", lambda *_: {"pupil_minutes": 1})
    with pytest.raises(UnlawfulPlan):
        zoning.solve(road, QUICK)


def test_a_start_that_breaks_rules_is_repaired(roomy):
    plan = consolidation.solve(roomy, QUICK, start=np.array([1, 0, 0]))
    assert plan.certificate.status is Status.OPTIMAL


def test_a_stop_keeps_the_best_plan(road):
    plan = zoning.solve(road, replace(QUICK, seconds=5), should_stop=lambda: True)
    assert plan.certificate.stopped
    assert plan.certificate.status in (Status.UNKNOWN, Status.FEASIBLE, Status.OPTIMAL)
