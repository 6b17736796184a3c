"""The yuan of a seat: by hand, and against routes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from solver import buses
from solver.buses import estimate
from solver.errors import BadProblem
from tests.solver.buses.conftest import small_problems

PRICES = {"bus_price": 120_000, "km_price": 5.0, "trips_year": 400}


def test_a_seat_on_paper():
    # 10 km are 20,000 yuan a year; of 36 seats 80 % are 28.8.
    found = estimate.seat_cost(np.array([[10.0, 0.0], [5.0, np.nan]]), seats=36, filled=0.8, **PRICES)
    assert found == pytest.approx(np.array([[140_000 / 28.8, 120_000 / 28.8], [130_000 / 28.8, np.nan]]), nan_ok=True)


def test_a_bus_full_at_one_stop_costs_what_was_reckoned(road):
    full = buses.part(road, np.array([1]), np.array([36]))
    km = full.metres[:, -1] / 1000
    reckoned = estimate.seat_cost(km, seats=36, filled=1.0, **PRICES) @ full.pupils
    assert buses.solve(full).certificate.objective == pytest.approx(reckoned) == 140_000


@settings(max_examples=60, deadline=None)
@given(small_problems(on_roads=True))
def test_with_every_seat_taken_no_routes_cost_less(problem):
    pupils = np.where(problem.servable, problem.pupils, 0)
    reckoned = estimate.seat_cost(
        problem.metres[:, -1] / 1000,
        seats=problem.seats,
        filled=1.0,
        bus_price=problem.bus_price,
        km_price=problem.km_price,
        trips_year=problem.trips_year,
    )
    assert float(reckoned @ pupils) <= buses.solve(problem).certificate.objective + 1e-6


@pytest.mark.parametrize(("seats", "filled"), [(0, 0.8), (36, 0.0), (36, 1.1)])
def test_impossible_buses_are_refused(seats, filled):
    with pytest.raises(BadProblem):
        estimate.seat_cost(np.array([1.0]), seats=seats, filled=filled, **PRICES)
