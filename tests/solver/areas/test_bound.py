"""The parts of the bound against every choice there is, on cases small enough to try them all."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from solver.areas import dual, kernels, reach, tree
from tests.solver.conftest import best_by_trying_all, small_problems

prices = st.integers(-30, 30)


@st.composite
def openings(draw):
    n = draw(st.integers(1, 8))
    some = st.lists(st.booleans(), min_size=n, max_size=n)
    held = np.array(draw(some))
    return {
        "bracket": np.array(draw(st.lists(prices, min_size=n, max_size=n)), dtype=np.float64),
        "places": np.array(draw(st.lists(st.integers(0, 20), min_size=n, max_size=n)), dtype=np.int64),
        "must_open": held,
        "must_close": np.array(draw(some)) & ~held,
        "need": draw(st.integers(0, 60)),
        "least": draw(st.integers(0, 4)),
        "most": draw(st.integers(0, 8)),
    }


@settings(max_examples=300, deadline=None)
@given(openings())
def test_the_cheapest_opening_is_the_cheapest_of_all_choices(asked):
    n, best = len(asked["bracket"]), np.inf
    for choice in itertools.product([False, True], repeat=n):
        y = np.array(choice)
        held = np.all(y[asked["must_open"]]) and not np.any(y[asked["must_close"]])
        if held and asked["places"][y].sum() >= asked["need"] and asked["least"] <= y.sum() <= asked["most"]:
            best = min(best, asked["bracket"][y].sum())
    opened = np.zeros(n, np.bool_)
    assert kernels.cheapest_opening(**asked, most_nodes=100_000, opened=opened) == best
    if np.isfinite(best):
        assert asked["bracket"][opened].sum() == best
        assert asked["places"][opened].sum() >= asked["need"]


def test_a_choice_that_takes_too_long_is_not_claimed():
    n = 12
    opened = np.zeros(n, np.bool_)
    free = np.zeros(n, np.bool_)
    bracket, places = np.arange(1.0, n + 1.0), np.full(n, 3, np.int64)
    assert kernels.cheapest_opening(bracket, places, free, free, 17, 0, n, 3, opened) == -np.inf


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(-30, -1), st.integers(1, 9)), min_size=1, max_size=9), st.integers(-2, 30))
def test_a_knapsack_is_filled_best_and_one_in_part_costs_no_more(items, room):
    items.sort(key=lambda i: i[0] / i[1])
    price, weight = (np.array(column, dtype=np.float64) for column in zip(*items, strict=True))
    best = min(
        sum(p for (p, _), take in zip(items, choice, strict=True) if take)
        for choice in itertools.product([False, True], repeat=len(items))
        if sum(w for (_, w), take in zip(items, choice, strict=True) if take) <= max(room, 0)
    )
    scratch, taken = np.zeros(len(items), np.bool_), np.zeros(len(items))
    value, whole = kernels.fill_knapsack(price, weight, len(items), float(room), 100_000, scratch, taken)
    assert whole
    assert value == best == price @ taken
    in_part, whole = kernels.fill_knapsack(price, weight, len(items), float(room), 0, scratch, taken)
    assert not whole
    assert in_part <= best + 1e-9
    assert weight @ taken <= max(room, 0) + 1e-9


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(small_problems(), st.integers(0, 12))
def test_the_tree_leaves_every_plan_that_is_cheap_enough(problem, nodes):
    best, reached = best_by_trying_all(problem), reach.narrow(problem)
    assume(best is not None)
    ground, told = dual.Ground(reached.problem), []
    left = tree.branch(
        ground,
        dual.ascend(reached.problem, steps=30, target=float(best)),
        ceiling=lambda: float(best),
        choices=tree.Choices(),
        tell=told.append,
        should_stop=lambda: False,
        most_nodes=nodes,
    )
    assert all(bound <= best + 1e-6 for bound in told)
    assert left.climbs
    assert left.climbs[0].bound <= best + 1e-6
    assert best_by_trying_all(left.narrowed(ground, float(best))) == best
    inside = [replace(reached.problem, must_open=c.must_open, must_close=c.must_close) for c in left.climbs]
    assert min(b for p in inside if (b := best_by_trying_all(p)) is not None) == best


def test_choices_are_given_lowest_bound_first_and_full_ones_before_likely_ones():
    choices = tree.Choices()
    assert choices.take(np.inf) is None
    choices.add(np.array([True, False]), 5.0, full=False)
    assert choices.take(np.inf)[1] is False
    choices.add(np.array([True, True]), 9.0, full=True)
    choices.add(np.array([False, True]), 7.0, full=True)
    assert [choices.take(np.inf)[0].tolist() for _ in range(3)] == [[False, True], [True, True], [False, True]]
    assert choices.take(8.0)[0].tolist() == [False, True]
    assert choices.take(6.0) is not None  # no full choice is of use any more: a likely one
