"""Mending a plan: every plan of tiny problems says what the nearest lawful one is, and a road says why."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from solver import consolidation, zoning
from solver.areas import check, layout, repair
from solver.areas import solve as areas
from solver.areas.problem import NOBODY, AreaProblem
from solver.plan import Limits, Status
from tests.solver.conftest import best_by_trying_all, small_problems

NORTH, SOUTH = 0, 1
A, B, C = 0, 1, 2


def square(side):
    """
    A square of settlements of one pupil each, a school in the middle of each block of 3 x 3, and the blocks as a plan.

    A pupil costs one a step, a school 5, and takes 18 pupils. A block costs 4 x 1 + 4 x 2 = 12 and its school 5.
    """
    at = np.array([(x, y) for x in range(side) for y in range(side)])
    homes = [v for v, (x, y) in enumerate(at.tolist()) if x % 3 == 1 and y % 3 == 1]
    v, s = len(at), len(homes)
    beside = [(a, a + 1) for a in range(v) if a % side < side - 1] + [(a, a + side) for a in range(v - side)]
    problem = AreaProblem(
        settlement_ids=tuple(map(str, range(v))),
        school_ids=tuple(map(str, homes)),
        pupils=np.ones(v, np.int64),
        places=np.full(s, 18, np.int64),
        cost=np.abs(at[:, None, :] - at[None, homes, :]).sum(axis=2),
        allowed=np.ones((v, s), dtype=bool),
        open_cost=np.full(s, 5, np.int64),
        must_open=np.zeros(s, dtype=bool),
        must_close=np.zeros(s, dtype=bool),
        neighbours=np.array(beside, dtype=np.int64),
        anchors=tuple((home,) for home in homes),
    )
    return problem, side // 3 * (at[:, 0] // 3) + at[:, 1] // 3


@st.composite
def problems_with_a_plan(draw):
    """A tiny problem and any plan of it: settlements anywhere or nowhere, any schools open."""
    problem = draw(small_problems())
    n_v, n_s = problem.size
    school_of = draw(st.lists(st.integers(NOBODY, n_s - 1), min_size=n_v, max_size=n_v))
    opened = draw(st.lists(st.booleans(), min_size=n_s, max_size=n_s))
    return problem, np.array(school_of, np.int64), np.array(opened, bool)


def lawful(problem, school_of, opened):
    return not any(check.breaches(problem, school_of.tolist(), opened.tolist()))


def after(school_of, opened, changes):
    """Carry out the changes of a list on the plan that it is about."""
    school_of, opened = school_of.copy(), opened.copy()
    for change in changes:
        if change.settlement is None:
            opened[change.left if change.joined is None else change.joined] = change.joined is not None
        else:
            assert school_of[change.settlement] == (NOBODY if change.left is None else change.left)
            school_of[change.settlement] = change.joined
    return school_of.tolist(), opened.tolist()


@settings(max_examples=150, deadline=None)
@given(problems_with_a_plan())
def test_the_nearest_lawful_plan_is_found_where_there_is_one_and_the_list_leads_to_it(drawn):
    problem, school_of, opened = drawn
    assume(not lawful(problem, school_of, opened))
    mended = repair.mend(problem, school_of, opened, 1)
    near = repair.nearness(problem, school_of, opened)
    best = best_by_trying_all(near)
    assert (mended is None) == (best is None) == (best_by_trying_all(problem) is None)
    if mended is not None:
        assert lawful(problem, mended.school_of, mended.opened)
        assert after(school_of, opened, mended.changes) == (mended.school_of.tolist(), mended.opened.tolist())
        assert sum(check.parts(near, mended.school_of.tolist(), mended.opened.tolist()).values()) == best


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problems_with_a_plan())
def test_the_search_mends_lawfully_too(monkeypatch, drawn):
    monkeypatch.setattr(repair, "SMALL_PAIRS", -1)
    monkeypatch.setattr(repair, "FEWEST_STEPS", 3_000)
    problem, school_of, opened = drawn
    mended = repair.mend(problem, school_of, opened, 1)
    if best_by_trying_all(problem) is None:
        assert mended is None
    elif mended is not None:
        assert lawful(problem, mended.school_of, mended.opened)
        assert after(school_of, opened, mended.changes) == (mended.school_of.tolist(), mended.opened.tolist())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(small_problems(), st.data())
def test_a_lawful_plan_stays_as_it_is(problem, data):
    n_v, n_s = problem.size
    plans = [
        (np.array(school_of), np.array(opened))
        for opened in itertools.product([False, True], repeat=n_s)
        for school_of in itertools.product([s for s in range(n_s) if opened[s]], repeat=n_v)
        if lawful(problem, np.array(school_of), np.array(opened))
    ]
    assume(plans)
    school_of, opened = data.draw(st.sampled_from(plans))
    mended = repair.mend(problem, school_of, opened, 1)
    assert (mended.school_of.tolist(), mended.opened.tolist()) == (school_of.tolist(), opened.tolist())
    assert mended.changes == ()


def mended(road, school_of, opened=(True, True)):
    return repair.mend(layout.problem_of(road), np.array(school_of), np.array(opened), 1)


def test_a_plan_that_is_the_only_one_is_found_although_nothing_can_move(monkeypatch):
    # Every settlement of the square is bound to the school of its block: nine blocks at 17.
    problem, blocks = square(9)
    bound = replace(problem, allowed=blocks[:, None] == np.arange(9)[None, :])
    monkeypatch.setattr(repair, "SMALL_PAIRS", -1)
    found = repair.mend(bound, np.zeros(81, np.int64), np.ones(9, bool), 1)
    assert found.school_of.tolist() == blocks.tolist()
    monkeypatch.setattr(areas, "SMALL_PAIRS", -1)
    plan = areas.solve(bound, Limits(seconds=20))
    assert (plan.certificate.status, plan.certificate.objective) == (Status.OPTIMAL, 153)
    assert plan.certificate.seconds < 10


def test_mending_stops_when_asked(monkeypatch):
    monkeypatch.setattr(repair, "SMALL_PAIRS", -1)
    problem, _ = square(36)
    began = time.monotonic()
    assert repair.mend(problem, np.zeros(1296, np.int64), np.ones(144, bool), 1, lambda: True) is None
    assert time.monotonic() - began < 5


def told(plan):
    return [(change.rule, change.settlement, change.left, change.joined) for change in plan.changes]


def test_who_lives_too_far_away_goes_and_nobody_else(road):
    # C is 34 minutes from North, beyond the 30 of the young. Without C, North has 50 pupils at 50 places: B stays.
    plan = mended(road, [NORTH, NORTH, NORTH])
    assert told(plan) == [("trip_limit", C, NORTH, SOUTH)]
    assert plan.school_of.tolist() == [NORTH, NORTH, SOUTH]


def test_a_lawful_place_is_left_to_make_room(road):
    # A's 30 and B's 20 pupils at 45 places: North stands in A, so B leaves; South then has 35 of 40.
    tight = replace(road, places=np.array([45, 40]))
    assert told(mended(tight, [NORTH, NORTH, SOUTH])) == [("makes_room", B, NORTH, SOUTH)]


def test_who_is_cut_off_comes_back(road):
    # A joins South across B, which belongs to North: A is cut off from C, and North's zone does not hold A.
    assert told(mended(road, [SOUTH, NORTH, SOUTH])) == [("contiguity", A, SOUTH, NORTH)]


def test_a_zone_takes_the_settlement_of_its_school(roomy):
    # All at South, North must stay open: it stands in A, so A joins it. B is lawful where it is.
    kept = replace(roomy, keep=np.array([True, False]))
    assert told(mended(kept, [SOUTH, SOUTH, SOUTH])) == [("own_settlement", A, SOUTH, NORTH)]


def test_a_school_ordered_to_close_sends_its_children_on(roomy):
    ordered = replace(roomy, close=np.array([True, False]))
    assert told(mended(ordered, [NORTH, SOUTH, SOUTH])) == [
        ("must_close", None, NORTH, None),
        ("closed_school", A, NORTH, SOUTH),
    ]


def test_a_school_opens_where_the_open_ones_are_too_small(road):
    # All 65 pupils at South's 40 places with North closed; A, where North stands, takes 30 of them there.
    assert told(mended(road, [SOUTH, SOUTH, SOUTH], (False, True))) == [
        ("makes_room", None, None, NORTH),
        ("makes_room", A, SOUTH, NORTH),
    ]


def test_who_joins_no_school_joins_the_nearest_that_costs_nobody_a_change(road):
    # B is 20 minutes from North and 5 from South, and fits either: 50 of 50, or 35 of 40.
    assert told(mended(road, [NORTH, NOBODY, SOUTH])) == [("every_settlement_joins_a_school", B, None, SOUTH)]


def test_no_lawful_plan_is_told_from_an_untouched_one(road):
    assert mended(replace(road, places=np.array([20, 40])), [NORTH, SOUTH, SOUTH]) is None  # A has 30 pupils
    assert mended(road, [NORTH, SOUTH, SOUTH]).changes == ()


@pytest.mark.parametrize("model", [zoning, consolidation])
def test_a_solve_tells_what_it_changed_in_the_plan_it_started_from(road, model):
    limits = Limits(seconds=10)
    for start, expected in (
        (None, None),
        (np.array([NORTH, SOUTH, SOUTH]), []),
        (np.array([NORTH, NORTH, NORTH]), [("trip_limit", C, NORTH, SOUTH)]),
    ):
        plan = model.solve(replace(road, keep=np.array([True, True])), limits, start=start)
        assert plan.certificate.status is Status.OPTIMAL
        assert plan.begun == (start is not None)
        assert (None if plan.repairs is None else told_of(plan.repairs)) == expected


def told_of(repairs):
    return [(change.rule, change.settlement, change.left, change.joined) for change in repairs]


def test_repairs_name_settlements_of_the_whole_layout_where_an_empty_island_is_left_out(road):
    # An island without pupils comes first; what is B in the smaller layout is settlement 2 here.
    island = replace(
        road,
        settlement_ids=("island", *road.settlement_ids),
        young=np.r_[0, road.young],
        older=np.r_[0, road.older],
        minutes=np.vstack([[99, 99], road.minutes]),
        stands_in=road.stands_in + 1,
        neighbours=road.neighbours + 1,
        school_now=np.r_[NOBODY, road.school_now],
        places=np.array([45, 40]),
    )
    plan = zoning.solve(island, Limits(seconds=10), start=np.array([NOBODY, NORTH, NORTH, SOUTH]))
    assert plan.school_of[0] == NOBODY
    assert told_of(plan.repairs) == [("makes_room", 2, NORTH, SOUTH)]


def test_the_mended_plan_is_offered_before_the_search_goes_on(monkeypatch, road):
    monkeypatch.setattr(areas, "SMALL_PAIRS", -1)
    monkeypatch.setattr(areas.begin, "FEWEST_STEPS", 2_000)
    problem = layout.problem_of(road)
    start = (np.array([NORTH, NORTH, NORTH]), np.array([True, True]))
    plan = areas.solve(problem, Limits(seconds=10, deterministic=True), start=start)
    first = next(step for step in plan.history if step[2] is not None)
    # A and B at North, C at South: 150 + 400 + 135 pupil-minutes and two schools at 100 yuan.
    assert (first[1], first[2]) == ("repair", 885)
    assert plan.certificate.objective == 585
