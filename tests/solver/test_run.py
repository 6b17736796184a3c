"""The door to HiGHS: what it tells is believed only where it fits; solvers that do not end are not waited for."""

from __future__ import annotations

import importlib
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from solver import run, warm
from solver.areas import proof, work
from solver.areas import solve as areas
from solver.areas.exact import Exact
from solver.plan import Limits, never_stop


def knapsack(whole: bool) -> run.MixedInteger:
    """Three things of worth 5, 4 and 3 and weight 4, 3 and 2 for a bag of 6: best 8 (whole), 8.25 (in part)."""
    return run.MixedInteger(
        cost=np.array([-5.0, -4.0, -3.0]),
        lower=np.zeros(3),
        upper=np.ones(3),
        integer=np.full(3, whole),
        rows=csr_array(np.array([[4.0, 3.0, 2.0]])),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([6.0]),
    )


@pytest.mark.parametrize(("whole", "best"), [(True, -8.0), (False, -8.25)])
def test_a_model_and_its_relaxation_are_solved_and_bounded(whole, best):
    solved = run.mixed_integer(knapsack(whole), seconds=5)
    assert solved.outcome is run.Outcome.OPTIMAL
    assert knapsack(whole).cost @ solved.values == pytest.approx(best)
    assert best - 1e-4 < solved.bound <= best


def test_a_solver_whose_point_does_not_have_the_cost_it_tells_is_not_believed(caplog):
    # what HiGHS 1.16.0 did on a published p-median: status optimal, cost 1335 told, the start of cost 1358 returned
    highspy = importlib.import_module("highspy")
    info = SimpleNamespace(
        primal_solution_status=highspy.SolutionStatus.kSolutionStatusFeasible,
        objective_function_value=-9.0,
        mip_dual_bound=-9.0,
    )
    highs = SimpleNamespace(
        getModelStatus=lambda: highspy.HighsModelStatus.kOptimal,
        getInfo=lambda: info,
        getSolution=lambda: SimpleNamespace(col_value=[1.0, 0.0, 1.0]),
    )
    solved = run._solved(highspy, highs, knapsack(True), 1.0)
    assert solved.outcome is run.Outcome.STOPPED
    assert solved.bound == -np.inf
    assert solved.values.tolist() == [1.0, 0.0, 1.0]
    assert "its bound is not used" in caplog.text


def test_a_proof_that_does_not_hear_its_end_is_left_behind(monkeypatch):
    released, ended = threading.Event(), threading.Event()

    def deaf(self, problem, seconds):
        released.wait(600)
        ended.set()
        return Exact(False, -np.inf)

    monkeypatch.setattr(proof.Proof, "_solve", deaf)
    monkeypatch.setattr(proof.Proof, "_wait_for_a_plan", lambda self: None)
    district = replace(warm.chequered(12), must_open=np.ones(16, np.bool_))
    plan = areas.solve(district, Limits(seconds=2, seed=1))
    assert plan.school_of is not None
    assert not ended.is_set()
    released.set()


def test_progress_is_told_while_nothing_new_is_found(monkeypatch):
    monkeypatch.setattr(work, "PULSE_SECONDS", 0.0)
    told = []
    under_way = work.Work(warm.chequered(3), Limits(seconds=60), told.append, never_stop)
    for _ in range(3):
        time.sleep(0.001)
        assert not under_way.over()
    assert [p.phase for p in told] == ["bound"] * 3
    assert told[0].seconds < told[1].seconds < told[2].seconds
    assert under_way.history == []


def test_routes_keep_to_their_budgets_and_the_seed_gives_them_again():
    # Three places on a line, 1, 2 and 3 from the depot: one route of 3, or, of two places at most, 3 + 1.
    at = np.array([1, 2, 3, 0])
    legs = np.abs(at[:, None] - at[None, :])
    legs[3] = 0
    calls = np.repeat(np.array([[1], [1], [1], [0]]), 4, axis=1)
    for most, vehicles, cost in ((3, 1, 3), (2, 2, 4)):
        fleet = run.Fleet(legs, 100, 3, (run.Budget(calls, most),))
        first, second = (run.routes(fleet, seconds=10, solutions=50, seed=4) for _ in range(2))
        assert first == second
        assert sorted(place for route in first.routes for place in route) == [0, 1, 2]
        assert len(first.routes) == vehicles
        assert sum(legs[a, b] for r in first.routes for a, b in zip(r, (*r[1:], 3), strict=True)) == cost


def test_a_fleet_that_cannot_call_everywhere_is_told_so():
    fleet = run.Fleet(np.zeros((2, 2), np.int64), 1, 1, (run.Budget(np.array([[0, 5], [0, 0]]), 4),))
    assert run.routes(fleet, seconds=5, solutions=10).routes is None
