"""The buses of one school: by hand on a road of two stops, and against every plan of few stops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solver import buses, run
from solver.buses import bound, check, exact, explain, listing, model
from solver.buses.explain import Binding
from solver.buses.problem import NO_WAY, BusProblem, Reason
from solver.errors import BadProblem, UnlawfulPlan
from solver.plan import Limits, Status
from tests.solver.buses.conftest import best_by_trying_all, cheapest_by_trying_all, small_problems

A, B = 0, 1


def yuan(problem):
    return buses.solve(problem).certificate.objective


def test_two_stops_on_one_road_share_a_bus(road):
    plan = buses.solve(road)
    (one,) = plan.routes
    assert (one.stops, one.pupils, one.minutes) == ((B, A), (12, 10), (21, 10))
    assert (one.metres, one.cost) == (10_000, 140_000)
    assert plan.certificate.status is Status.OPTIMAL
    assert plan.certificate.objective == plan.certificate.bound == 140_000
    assert plan.certificate.parts == {"buses": 120_000, "km": 20_000}
    assert plan.unserved == ()


def test_seats_make_a_second_bus_necessary(road):
    assert len(buses.solve(replace(road, seats=22)).routes) == 1
    plan = buses.solve(replace(road, seats=21))
    assert [(one.stops, one.pupils) for one in plan.routes] == [((A,), (10,)), ((B,), (12,))]
    assert plan.certificate.objective == 270_000
    assert explain.least_buses(replace(road, seats=21)) == explain.Need(2, Binding.SEATS, ())


def test_the_ride_limit_makes_a_second_bus_necessary(road):
    # By A the pupils of B ride 21 minutes, straight 20.
    assert len(buses.solve(replace(road, ride_limit=21)).routes) == 1
    strict = replace(road, ride_limit=20)
    assert yuan(strict) == 270_000
    assert explain.least_buses(strict) == explain.Need(2, Binding.APART, (A, B))
    assert yuan(replace(strict, stop_minutes=0)) == 140_000


def test_a_one_way_street_gives_the_order(road):
    # Both stops are 10 minutes and 5 km from the school; from A to B it is 4 minutes and 2 km, back 20 and 10.
    oneway = replace(
        road,
        minutes=np.array([[0, 4, 10], [20, 0, 10]]),
        metres=np.array([[0, 2000, 5000], [10000, 0, 5000]]),
    )
    (one,) = buses.solve(oneway).routes
    assert (one.stops, one.minutes, one.metres, one.cost) == ((A, B), (15, 10), 7000, 120_000 + 7 * 2000)
    turned = replace(
        oneway,
        minutes=np.array([[0, 20, 10], [4, 0, 10]]),
        metres=np.array([[0, 10000, 5000], [2000, 0, 5000]]),
    )
    (one,) = buses.solve(turned).routes
    assert (one.stops, one.cost) == ((B, A), 134_000)


def test_a_way_round_dearer_than_a_bus_is_not_taken(road):
    # A and B lie on two roads, 15 km apart and 5 and 10 km from the school: shared 20 km, apart 15 km and a bus more.
    apart = replace(road, metres=np.array([[0, 15000, 5000], [15000, 0, 10000]]), bus_price=9_999)
    assert yuan(apart) == 2 * 9_999 + 15 * 2000
    assert yuan(replace(apart, bus_price=10_001)) == 10_001 + 20 * 2000


def test_a_stop_with_more_pupils_than_seats_fills_buses_that_go_straight(road):
    many = replace(road, pupils=np.array([10, 80]))
    plan = buses.solve(many)
    assert [(one.stops, one.pupils) for one in plan.routes] == [((B,), (36,)), ((B,), (36,)), ((B, A), (8, 10))]
    # Three buses, each of 10 km.
    assert plan.certificate.objective == plan.certificate.bound == 3 * 140_000
    assert explain.least_buses(many).buses == 3
    exactly = buses.solve(replace(road, pupils=np.array([0, 72])))
    assert [one.pupils for one in exactly.routes] == [(36,), (36,)]


def test_a_stop_too_far_away_is_named_and_the_others_are_planned(road):
    near = buses.solve(replace(road, ride_limit=19))
    assert [(left.stop, left.reason, left.minutes) for left in near.unserved] == [(B, Reason.TOO_FAR, 20)]
    assert [one.stops for one in near.routes] == [(A,)]
    assert near.certificate.objective == 130_000
    cut_off = buses.solve(replace(road, minutes=np.array([[0, 10, NO_WAY], [10, 0, 20]])))
    assert [(left.stop, left.reason, left.minutes) for left in cut_off.unserved] == [(A, Reason.NO_WAY, None)]
    assert [one.stops for one in cut_off.routes] == [(B,)]


def test_where_nobody_waits_no_bus_rides(road):
    plan = buses.solve(replace(road, pupils=np.array([0, 0])))
    assert (plan.routes, plan.unserved) == ((), ())
    assert (plan.certificate.status, plan.certificate.objective, plan.certificate.bound) == (Status.OPTIMAL, 0, 0)
    empty = np.zeros((0, 1), np.int64)
    none = replace(road, stop_ids=(), pupils=np.zeros(0, np.int64), minutes=empty, metres=empty)
    assert buses.solve(none).certificate.objective == 0


def test_a_problem_that_is_not_well_formed_is_refused(road):
    with pytest.raises(BadProblem, match="minutes has shape"):
        replace(road, minutes=road.minutes[:, :2])
    with pytest.raises(BadProblem, match="pupils are 0 or more"):
        replace(road, pupils=np.array([1, -1]))
    with pytest.raises(BadProblem, match="0 seats"):
        replace(road, seats=0)
    with pytest.raises(BadProblem, match="limits"):
        replace(road, ride_limit=-1)


def broken(problem, routes):
    return [(b.rule, b.stop, b.route, b.amount) for b in check.breaches(problem, routes)]


def test_the_check_names_every_rule_that_routes_break(road):
    (both,) = buses.solve(road).routes
    to_a, to_b = model.route(road, (A,), (10,)), model.route(road, (B,), (12,))
    assert broken(road, (both,)) == broken(road, (to_a, to_b)) == []
    assert check.parts(road, (to_a, to_b)) == {"buses": 240_000, "km": 30_000}
    assert broken(road, (to_b,)) == [("every_pupil_rides", A, None, 10)]
    assert broken(road, (both, to_a)) == [("every_pupil_rides", A, None, -10), ("one_bus", A, None, 1)]
    assert broken(replace(road, seats=21), (both,)) == [("seats", None, 0, 1)]
    assert broken(replace(road, ride_limit=20), (both,)) == [("ride_limit", B, 0, 1)]
    assert broken(replace(road, ride_limit=19), (to_a, to_b)) == [
        ("unserved_stop", B, None, 12),
        ("ride_limit", B, 1, 1),
    ]
    split = (model.route(road, (B, A), (6, 10)), model.route(road, (B,), (6,)))
    assert broken(road, split) == [("one_bus", B, None, 1)]
    assert broken(road, (both, model.route(road, (A,), (0,)))) == [
        ("one_bus", A, None, 1),
        ("every_pupil_rides", A, 1, 1),
    ]
    no_way = replace(road, minutes=np.array([[0, 10, 10], [NO_WAY, 0, 20]]))
    assert broken(no_way, (model.route(no_way, (B, A), (12, 10)),))[0] == ("way", B, 0, 1)
    assert broken(road, (replace(both, cost=1),)) == [("told", None, 0, 1)]


def test_the_answer_is_withheld_when_the_check_refuses_it(road, monkeypatch):
    monkeypatch.setattr(exact, "cheapest", lambda _: [(B,)])
    with pytest.raises(UnlawfulPlan, match="every_pupil_rides"):
        buses.solve(road)


@settings(max_examples=100, deadline=None)
@given(small_problems())
def test_the_routes_are_the_cheapest_of_all(problem):
    plan, best = buses.solve(problem), best_by_trying_all(problem)
    assert list(check.breaches(problem, plan.routes)) == []
    assert plan.certificate.status is Status.OPTIMAL
    assert plan.certificate.objective == plan.certificate.bound == sum(one.cost for one in plan.routes) == best


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(small_problems())
def test_the_search_meets_the_cheapest_routes_between_its_bound_and_its_cost(monkeypatch, problem):
    monkeypatch.setattr(exact, "fits", lambda small: len(small.stop_ids) == 0)
    monkeypatch.setattr(listing, "MOST_SETS", 0)
    monkeypatch.setattr(model, "SOLUTIONS", 60)
    plan, best = buses.solve(problem), best_by_trying_all(problem)
    assert list(check.breaches(problem, plan.routes)) == []
    assert plan.certificate.bound <= best <= plan.certificate.objective
    assert (plan.certificate.status is Status.OPTIMAL) == (plan.certificate.bound == plan.certificate.objective)
    assert explain.least_buses(problem).buses <= len(plan.routes)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(small_problems())
def test_the_listing_betters_a_plan_and_proves_it(monkeypatch, problem):
    monkeypatch.setattr(exact, "fits", lambda small: len(small.stop_ids) == 0)
    monkeypatch.setattr(run, "routes", lambda *_, **__: run.Routed(run.Outcome.STOPPED, None))
    plan, best = buses.solve(problem, Limits(seconds=30, deterministic=True)), best_by_trying_all(problem)
    assert list(check.breaches(problem, plan.routes)) == []
    assert plan.certificate.status is Status.OPTIMAL
    assert plan.certificate.objective == best


@settings(max_examples=150, deadline=None)
@given(small_problems())
def test_every_bus_is_listed_at_its_cheapest(problem):
    stops = np.flatnonzero(problem.servable & (problem.pupils > 0) & (problem.pupils <= problem.seats))
    small = buses.part(problem, stops, problem.pupils[stops])
    listed = {frozenset(order): yuan + small.bus_price for yuan, order in listing.cheapest_rides(small).values()}
    assert listed == cheapest_by_trying_all(small, dict(enumerate(small.pupils.tolist())))


def test_a_proof_that_does_not_end_leaves_the_routes_and_a_bound(monkeypatch):
    problem = county(12, 1)
    best, solve = yuan(problem), run.mixed_integer

    def only_relaxations(asked, **limits):
        return run.Solved(run.Outcome.STOPPED, None, -np.inf) if asked.integer.any() else solve(asked, **limits)

    monkeypatch.setattr(exact, "fits", lambda _: False)
    monkeypatch.setattr(run, "mixed_integer", only_relaxations)
    plan = buses.solve(problem)
    assert bound.least_cost(problem) <= plan.certificate.bound <= best <= plan.certificate.objective
    monkeypatch.setattr(run, "mixed_integer", lambda *_, **__: run.Solved(run.Outcome.STOPPED, None, -np.inf))
    assert buses.solve(problem).certificate.bound == bound.least_cost(problem)
    assert buses.solve(problem).routes == plan.routes


@settings(max_examples=60, deadline=None)
@given(small_problems(on_roads=True))
def test_one_more_seat_never_makes_the_buses_dearer(problem):
    assert yuan(replace(problem, seats=problem.seats + 1)) <= yuan(problem)


@settings(max_examples=60, deadline=None)
@given(small_problems(), st.integers(1, 10))
def test_a_longer_ride_limit_never_makes_the_buses_dearer(problem, more):
    # Of the same stops: with a longer limit more of them might be served.
    served = replace(problem, pupils=np.where(problem.servable, problem.pupils, 0))
    assert yuan(replace(served, ride_limit=served.ride_limit + more)) <= yuan(served)


@settings(max_examples=40, deadline=None)
@given(small_problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_stops_changes_nothing(problem, random):
    n = len(problem.stop_ids)
    turn = list(range(n))
    random.shuffle(turn)
    turned = replace(
        problem,
        pupils=problem.pupils[turn],
        minutes=problem.minutes[np.ix_(turn, [*turn, n])],
        metres=problem.metres[np.ix_(turn, [*turn, n])],
    )
    assert yuan(turned) == yuan(problem)


def county(stops: int, seed: int) -> BusProblem:
    """Stops about a school, 30 km an hour along a grid of roads."""
    random = np.random.default_rng(seed)
    at = np.vstack([random.integers(-8_000, 8_000, (stops, 2)), [[0, 0]]])
    metres = np.abs(at[:stops, None, :] - at[None, :, :]).sum(axis=2)
    return BusProblem(
        stop_ids=tuple(str(i) for i in range(stops)),
        pupils=random.integers(1, 15, stops),
        minutes=-(-metres // 500),
        metres=metres,
        seats=36,
        ride_limit=40,
        stop_minutes=1,
        bus_price=120_000,
        km_price=5.0,
        trips_year=400,
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_many_stops_are_planned_lawfully_and_twice_the_same(seed, monkeypatch):
    monkeypatch.setattr(listing, "MOST_SETS", 0)  # the search alone, which is counted
    problem = county(25, seed)
    first, second = (buses.solve(problem, Limits(seconds=30, seed=seed)) for _ in range(2))
    assert list(check.breaches(problem, first.routes)) == []
    assert first.routes == second.routes
    assert first.certificate.bound <= first.certificate.objective
    alone = sum(model.route(problem, (i,), (int(problem.pupils[i]),)).cost for i in np.flatnonzero(problem.servable))
    assert first.certificate.objective < alone


@pytest.mark.parametrize("seed", range(6))
def test_the_search_finds_the_cheapest_routes_of_a_dozen_stops(seed, monkeypatch):
    problem = county(12, seed)
    proved = buses.solve(problem)
    assert proved.certificate.status is Status.OPTIMAL
    monkeypatch.setattr(exact, "fits", lambda _: False)
    listed = buses.solve(problem, Limits(seconds=30, deterministic=True))
    assert (listed.certificate.status, listed.certificate.objective) == (Status.OPTIMAL, proved.certificate.objective)
    monkeypatch.setattr(listing, "MOST_SETS", 0)
    searched = buses.solve(problem)
    assert searched.certificate.bound <= proved.certificate.objective
    assert searched.certificate.objective <= 1.02 * proved.certificate.objective


def test_without_any_routes_found_every_stop_has_its_bus(road, monkeypatch):
    monkeypatch.setattr(exact, "fits", lambda _: False)
    monkeypatch.setattr(listing, "MOST_SETS", 0)
    monkeypatch.setattr(run, "routes", lambda *_, **__: run.Routed(run.Outcome.STOPPED, None))
    plan = buses.solve(road)
    assert plan.certificate.objective == 270_000
    assert plan.certificate.status is Status.FEASIBLE
    assert plan.certificate.bound <= 140_000


def test_the_bound_of_the_road_on_paper(road):
    # (a) 22 pupils over 36 seats: 1 bus. (b) A goes home by 5 km, B on to A by 5 km: 120,000 + 20,000.
    assert bound.least_cost(road) == 140_000
    # (a) 2 buses for 21 seats: both go home, 15 km.
    assert bound.least_cost(replace(road, seats=21)) == 270_000
    # Two stops side by side: on from either to the other costs nothing, but one leg at least leads home. (b) is then
    # 5 km, and (c) 22 pupils x 10,000 yuan over 36 seats, rounded up, less.
    beside = replace(road, minutes=np.array([[0, 1, 10], [1, 0, 10]]), metres=np.array([[0, 0, 5000], [0, 0, 5000]]))
    assert bound.least_cost(beside) == 130_000
