"""Solving the neighbourhood of an edit again: on the road, on a square, and against every plan of the part."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from solver.areas import answer, check, layout, local
from solver.areas.problem import NOBODY
from tests.solver.areas.test_repair import square
from tests.solver.conftest import best_by_trying_all, small_problems

NORTH, SOUTH = 0, 1
A, B, C = 0, 1, 2
AS_IT_IS, BOTH = np.array([NORTH, SOUTH, SOUTH]), np.array([True, True])


def resolve(road, pinned, school_of=AS_IT_IS):
    return local.resolve(layout.problem_of(road), school_of, BOTH, pinned)


def test_an_edit_that_fits_is_kept_and_nothing_else_moves(road):
    # B at North instead of South: 20 x 20 in place of 20 x 5 pupil-minutes, North then full with 50 of 50.
    found = resolve(road, {B: NORTH})
    assert found.school_of.tolist() == [NORTH, NORTH, SOUTH]
    assert (found.cost_before, found.cost, found.bound, found.refusal) == (585, 885, 885, None)


def test_others_make_room_for_an_edit(road):
    # North at 45 places held A (30) alone; with B (20) pinned there A would be too many, and A is North's own.
    # With 50 places at South, C (15) and B (20) at South leave 15 free: moving A there is no way out either.
    assert resolve(replace(road, places=np.array([45, 50])), {B: NORTH}).refusal == local.Refusal(
        "places", None, NORTH, False
    )
    # D, next to B, brings 10 pupils to North; with B pinned to North as well, D must leave to South through B's side.
    longer = with_a_fourth(road)
    found = resolve(longer, {B: NORTH}, np.array([NORTH, SOUTH, SOUTH, NORTH]))
    assert found.school_of.tolist() == [NORTH, NORTH, SOUTH, SOUTH]
    # Before: 150 + 100 + 135 + 10 x 6; after: 150 + 400 + 135 + 10 x 8; both schools cost 100 each.
    assert (found.cost_before, found.cost, found.bound) == (645, 965, 965)


def with_a_fourth(road):
    """A fourth settlement with 10 pupils beside A and C: 6 minutes to North, 8 to South."""
    return replace(
        road,
        settlement_ids=("A", "B", "C", "D"),
        young=np.r_[road.young, 5],
        older=np.r_[road.older, 5],
        minutes=np.vstack([road.minutes, [6, 8]]),
        neighbours=np.vstack([road.neighbours, [0, 3], [2, 3]]),
        school_now=np.r_[road.school_now, 0],
    )


@pytest.mark.parametrize(
    ("change", "pinned", "refusal"),
    [
        # C is 34 minutes from North, over the 30 of the young.
        ({}, {C: NORTH}, local.Refusal("trip_limit", C, NORTH, True)),
        # North stands in A and must stay open.
        ({"keep": np.array([True, False])}, {A: SOUTH}, local.Refusal("own_settlement", A, SOUTH, True)),
        ({"close": np.array([True, False])}, {B: NORTH}, local.Refusal("must_close", B, NORTH, True)),
        # A and B have 30 + 20 pupils.
        ({"places": np.array([49, 40])}, {A: NORTH, B: NORTH}, local.Refusal("places", None, NORTH, True)),
        # North closes without A, and 65 pupils are too many for South.
        ({}, {A: SOUTH}, local.Refusal("places", None, SOUTH, False)),
    ],
)
def test_an_edit_that_cannot_be_is_refused_with_its_rule(road, change, pinned, refusal):
    found = resolve(replace(road, **change), pinned)
    assert (found.refusal, found.school_of, found.cost, found.bound) == (refusal, None, None, None)


def test_a_settlement_without_a_way_to_the_school_is_cut_off(road):
    # C may go as far as North, but B between them is pinned to South by the scenario.
    far = replace(road, young_limit=40, places=np.array([100, 100]), pins=((B, SOUTH),), close=np.array([False, False]))
    found = resolve(replace(far, stands_in=np.array([0, 1])), {C: NORTH}, np.array([NORTH, SOUTH, SOUTH]))
    assert found.refusal == local.Refusal("contiguity", C, None, False)


def test_a_school_closes_when_its_own_settlement_is_taken_away(roomy):
    # North has no zone without A: A travels 30 minutes, 900 + 100 + 135, and one school costs 100.
    found = resolve(roomy, {A: SOUTH})
    assert (found.school_of.tolist(), found.opened.tolist()) == ([SOUTH] * 3, [False, True])
    assert (found.cost, found.bound) == (1235, 1235)


def test_only_the_neighbourhood_is_looked_at(monkeypatch):
    # Nine blocks at 17 make 153. The middle of a side of a block goes over to the next: 2 steps to its school in place
    # of 1, and nobody else gains.
    problem, blocks = square(9)
    v = 2 * 9 + 1
    monkeypatch.setattr(local, "PART_PAIRS", (100, 100))
    found = local.resolve(problem, blocks, np.ones(9, bool), {v: 3})
    assert (found.cost_before, found.cost, found.bound) == (153, 154, 154)
    assert np.flatnonzero(found.school_of != blocks).tolist() == [v]
    # Three blocks of 9 settlements with 3 schools have 81 pairs, a fourth would make it 144.
    assert len(found.schools) == 3
    assert found.settlements == tuple(np.flatnonzero(np.isin(blocks, found.schools)).tolist())


def test_an_edit_among_1296_settlements_is_made_good_in_two_seconds():
    problem, blocks = square(36)
    v = 17 * 36 + 16  # the middle of a side of its block, as above
    took = []
    for _ in range(2):  # the first one loads compiled code
        found = local.resolve(problem, blocks, np.ones(144, bool), {v: 12 * 6 + 5})
        assert (found.cost_before, found.cost) == (144 * 17, 144 * 17 + 1)
        took.append(found.seconds)
    assert min(took) < 2.0


def test_what_was_broken_elsewhere_is_said_and_not_passed_over(monkeypatch):
    problem, blocks = square(9)
    blocks[80] = 0  # a corner of the last block belongs to the first school, far away
    monkeypatch.setattr(local, "PART_PAIRS", (100, 100))
    found = local.resolve(problem, blocks, np.ones(9, bool), {5 * 9 + 7: 8})
    assert found.refusal == local.Refusal("contiguity", 80, 0, False)


@st.composite
def edited_plans(draw):
    """Draw a tiny problem, a lawful plan of it, and an edit."""
    problem = draw(small_problems())
    n_v, n_s = problem.size
    plans = [
        (np.array(school_of), np.array(opened))
        for opened in itertools.product([False, True], repeat=n_s)
        for school_of in itertools.product([s for s in range(n_s) if opened[s]], repeat=n_v)
        if not any(check.breaches(problem, school_of, opened))
    ]
    assume(plans)
    pinned = {draw(st.integers(0, n_v - 1)): draw(st.integers(0, n_s - 1))}
    return problem, *draw(st.sampled_from(plans)), pinned


QUIETLY = [HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@settings(max_examples=120, deadline=None, suppress_health_check=QUIETLY)
@given(edited_plans())
def test_the_part_is_solved_to_its_best_and_the_edit_kept(drawn):
    problem, school_of, opened, pinned = drawn
    n_s = problem.size[1]
    found = local.resolve(problem, school_of, opened, pinned)
    asked = local.with_pins(problem, pinned)
    if found.refusal is not None and found.refusal.certain:
        assert best_by_trying_all(asked) is None
        return
    elsewhere = ~(opened | np.isin(np.arange(n_s), found.schools))
    kept_closed = replace(asked, must_close=asked.must_close | elsewhere)
    if found.refusal is not None:
        assert best_by_trying_all(kept_closed) is None
        return
    assert [found.school_of[v] for v in pinned] == list(pinned.values())
    assert not any(check.breaches(asked, found.school_of.tolist(), found.opened.tolist()))
    assert found.cost == sum(check.parts(problem, found.school_of.tolist(), found.opened.tolist()).values())
    assert found.cost == found.bound == best_by_trying_all(kept_closed)


@settings(max_examples=40, deadline=None, suppress_health_check=QUIETLY)
@given(edited_plans())
def test_the_search_keeps_an_edit_lawfully_between_its_bound_and_its_cost(monkeypatch, drawn):
    monkeypatch.setattr(local.repair, "SMALL_PAIRS", -1)
    monkeypatch.setattr(local.repair, "FEWEST_STEPS", 3_000)
    monkeypatch.setattr(local, "STEPS", 3_000)
    problem, school_of, opened, pinned = drawn
    found = local.resolve(problem, school_of, opened, pinned)
    if found.school_of is not None:
        asked = local.with_pins(problem, pinned)
        elsewhere = ~(opened | np.isin(np.arange(problem.size[1]), found.schools))
        best = best_by_trying_all(replace(asked, must_close=asked.must_close | elsewhere))
        assert not any(check.breaches(asked, found.school_of.tolist(), found.opened.tolist()))
        assert found.bound <= best <= found.cost


def test_an_edit_of_a_layout_is_judged_in_the_planners_terms(road):
    adjusted = answer.adjust(road, AS_IT_IS, BOTH, {B: NORTH})
    assert adjusted.judgement.broken == ()
    assert adjusted.judgement.load == (50, 15)
    assert sum(adjusted.judgement.parts.values()) == adjusted.resolved.cost == 885


def test_an_empty_island_cannot_be_sent_to_a_school(road):
    island = replace(
        road,
        settlement_ids=(*road.settlement_ids, "island"),
        young=np.r_[road.young, 0],
        older=np.r_[road.older, 0],
        minutes=np.vstack([road.minutes, [3, 3]]),
        school_now=np.r_[road.school_now, NOBODY],
    )
    plan = np.r_[AS_IT_IS, NOBODY]
    refused = answer.adjust(island, plan, BOTH, {3: NORTH})
    assert refused.resolved.refusal == local.Refusal("contiguity", 3, NORTH, True)
    assert answer.adjust(island, plan, BOTH, {B: NORTH}).resolved.school_of.tolist() == [NORTH, NORTH, SOUTH, NOBODY]
