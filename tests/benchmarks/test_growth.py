"""The districts that growth is measured on, and the measuring itself."""

from __future__ import annotations

import csv
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from solver import zoning
from solver.areas import judge, layout
from solver.plan import Limits
from tests.benchmarks import grown, growth

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("settlements", "schools"), [(100, 8), (400, 28), (10_000, 500)])
def test_there_is_a_school_for_twelve_settlements_in_a_small_district_and_for_twenty_in_a_large(settlements, schools):
    # 100 / 12 = 8.3; 400 / (12 + 8 log 4 / log 100) = 27.8; 10000 / 20
    assert grown.schools_for(settlements) == schools


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("settlements", [50, 100, 1_000])
def test_a_district_has_a_lawful_plan_in_which_places_are_15_to_30_percent_above_pupils(settlements, seed):
    made = grown.make(settlements, seed)
    asked = made.layout
    assert asked.minutes.shape == (settlements, grown.schools_for(settlements))
    judged = judge.judge(asked, made.zones.tolist(), [True] * len(asked.school_ids))
    assert judged.broken == ()
    spare = asked.places / np.array(judged.load)
    assert spare.min() >= 1.15
    assert ((asked.places - 1) / np.array(judged.load)).max() <= 1.30  # a part of a place is a whole place


def test_the_nearest_schools_are_over_their_places_somewhere_so_that_there_is_something_to_solve():
    asked = grown.make(1_000).layout
    load = np.bincount(asked.minutes.argmin(axis=1), weights=asked.pupils, minlength=len(asked.places))
    assert np.mean(load > asked.places) > 0.1


def test_the_land_is_in_one_piece_and_neighbours_are_as_many_as_on_a_map():
    asked = grown.make(1_000).layout
    pairs = asked.neighbours
    matrix = grown._matrix(pairs, np.ones(len(pairs)), 1_000)
    assert connected_components(matrix, directed=False)[0] == 1
    assert len({tuple(sorted(pair)) for pair in pairs.tolist()}) == len(pairs)
    # Euler: a flat map of V places has at most 3V - 6 borders.
    assert 2 * 1_000 < len(pairs) <= 3 * 1_000 - 6


def test_the_same_seed_gives_the_same_district_and_another_seed_another():
    one, again, other = grown.make(300, 1).layout, grown.make(300, 1).layout, grown.make(300, 2).layout
    assert np.array_equal(one.minutes, again.minutes)
    assert np.array_equal(one.places, again.places)
    assert not np.array_equal(one.places, other.places)


def test_without_a_trip_limit_every_pair_is_permitted():
    assert layout.permitted(grown.make(100, trip_limit=False).layout).all()
    assert not layout.permitted(grown.make(100).layout).all()


def test_the_largest_is_drawn_in_seconds_with_little_memory():
    program = "from tests.benchmarks import growth, grown; grown.make(10_000); print(growth.peak_mb())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True, timeout=30
    )
    # 10,000 x 500 minutes are 40 MB; a few such arrays, and what Python takes
    assert int(done.stdout) < 500


def test_the_watch_notes_the_first_plan_and_the_first_gap_of_one_percent():
    watch = growth.Watch()
    for best, bound in ((None, 50), (102, 50), (101, 99)):
        watch.look(SimpleNamespace(best=best, bound=bound))
    assert watch.first_plan is not None
    assert watch.goal is None  # (101 - 99) / 101 is 1.98 %
    watch.look(SimpleNamespace(best=100, bound=99))
    assert watch.goal is not None


def test_a_small_district_is_planned_to_the_goal(tmp_path):
    out = tmp_path / "growth.csv"
    command = [sys.executable, "-m", "tests.benchmarks.growth", "--size", "50", "--model", "zoning"]
    command += ["--seconds", "5", "--out", str(out)]
    for _ in range(2):  # the second time the row is there
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == ""
    (row,) = csv.DictReader(out.open())
    found = zoning.solve(grown.make(50).layout, Limits(seconds=5)).certificate
    assert (row["status"], row["objective"]) == ("optimal", str(found.objective))
    assert 0 < float(row["first_plan_second"]) <= float(row["goal_second"]) <= float(row["seconds"])


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="the extra `benchmarks` is not installed")
def test_the_plot_shows_what_was_not_reached(tmp_path):
    rows = [
        {"settlements": str(size), "model": model, "first_plan_second": "0.5", "goal_second": goal, "limit": "60.0"}
        for size, goal in ((100, "2.0"), (300, ""))
        for model in growth.MODELS
    ]
    growth.draw(rows, tmp_path / "plot.svg")
    assert "<svg" in (tmp_path / "plot.svg").read_text()
