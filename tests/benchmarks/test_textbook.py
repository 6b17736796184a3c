"""The peers and we agree on a road whose best plans can be found on paper."""

from __future__ import annotations

import csv
import importlib.util
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from solver import bench
from solver.plan import Limits
from tests.benchmarks import instance as instances
from tests.benchmarks import side_by_side, textbook
from tests.benchmarks.instance import Question
from tests.benchmarks.side_by_side import Ended

ROOT = Path(__file__).parents[2]
HAS_SPOPT = importlib.util.find_spec("spopt") is not None
needs_spopt = pytest.mark.skipif(not HAS_SPOPT, reason="the extra `benchmarks` is not installed")

# The best plans, by hand: which schools open, where B and C go, and the sum.
BEST = {
    Question("gap", None): 2.0,  # all open; B to South
    Question("sap", None): 3.0,  # all open; B to Mid, since C parts it from South
    Question("sscflp", None): 21.0,  # North, South: 13 + B to South 2 + C to North 6
    Question("cflsap", None): 22.0,  # North, South: 13 + B to North 5 + C to South 4
    Question("ssckflp", 1): 23.0,  # Mid alone has 40 places: 10 + 6 + 3 + 0 + 4
    Question("ssckflp", 2): 21.0,
    Question("ssckflp", 3): 25.0,  # 23 + B to South 2
    Question("ckflsap", 1): 23.0,  # Mid: A is joined to it by way of B
    Question("ckflsap", 2): 22.0,
    Question("ckflsap", 3): 26.0,  # 23 + B to Mid 3
    Question("cpmp", 1): 13.0,
    Question("cpmp", 2): 7.0,  # North, Mid: B 3 + D 4
    Question("pmed", 1): 13.0,
    Question("pmed", 2): 6.0,  # North, South: B 2 + C 4, for which South has no places
}


@pytest.fixture
def road() -> dict[str, Any]:
    """
    Four settlements of 10 pupils on one road, three schools: places, cost of opening, and cost of each settlement.

        A(North) ---- B ---- C(Mid) ---- D(South)

                 places  open    A  B  C  D
        North        30     8    0  5  6  9
        South        20     5    9  2  4  0
        Mid          40    10    6  3  0  4
    """
    schools = {"North": (0, 30, 8), "South": (3, 20, 5), "Mid": (2, 40, 10)}
    return {
        "format": "zoning-bench-1",
        "name": "road",
        "set": "hand",
        "kind": "cflsap",
        "units": [{"id": name, "demand": 10, "x": 0, "y": 0} for name in "ABCD"],
        "sites": [
            {"id": name, "unit": home, "capacity": places, "fixed_cost": cost}
            for name, (home, places, cost) in schools.items()
        ],
        "cost": {"type": "matrix", "axis": "site_major", "weight": "one",
                 "data": [[0, 5, 6, 9], [9, 2, 4, 0], [6, 3, 0, 4]]},
        "edges": [[0, 1], [1, 2], [2, 3]],
        "p": None,
        "best_known": [
            {"problem": question.kind, "p": question.number, "objective": best} for question, best in BEST.items()
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("peer", "question"),
    [
        pytest.param(peer, question, marks=needs_spopt if peer == "spopt" else ())
        for peer in textbook.TEXTBOOKS
        for question in BEST
        if side_by_side.applies(peer, question)
    ],
    ids=str,
)
def test_a_peer_finds_and_proves_the_best_plan(road, peer, question):
    instance = instances.read(road, question)
    costs, bounds = [], []
    status = textbook.TEXTBOOKS[peer](instance)(
        10, lambda school_of, opened: costs.append(instance.objective(school_of, opened)), bounds.append
    )
    assert status == "optimal"
    assert min(costs) == pytest.approx(BEST[question])
    assert max(bounds) == pytest.approx(BEST[question], rel=1e-6)


@pytest.mark.parametrize("question", BEST, ids=str)
def test_we_find_and_prove_the_same(road, question, tmp_path):
    path = tmp_path / "road.json"
    path.write_text(json.dumps(road))
    line, answer = bench.run_file(path, Limits(seconds=10), problem=question.kind, number=question.number)
    assert line["status"] == "optimal"
    assert line["objective"] == pytest.approx(BEST[question])
    school_of, opened = np.array(answer["assignment"]), np.isin(np.arange(3), answer["open"])
    assert instances.read(road, question).objective(school_of, opened) == pytest.approx(BEST[question])


def test_decimal_pupils_are_counted_in_the_largest_unit_in_which_they_are_whole(road):
    road["units"][1]["demand"], road["sites"][1]["capacity"] = 10.25, 20.5
    pupils, places = textbook.whole_pupils(instances.read(road, Question("sscflp", None)))
    assert pupils.tolist() == [1000, 1025, 1000, 1000]
    assert places.tolist() == [3000, 2050, 4000]


def test_a_bound_is_held_against_the_plans_of_narrower_problems_too(road):
    # 21 and 22 are the location problems', 23, 21, 25 and 23, 22, 26 those with a fixed number of schools.
    assert sorted(instances.plans_known(road, Question("sscflp", None))) == [21, 21, 22, 22, 23, 23, 25, 26]
    assert sorted(instances.plans_known(road, Question("ssckflp", 2))) == [21, 22]
    assert instances.plans_known(road, Question("sap", None)) == [3]


@pytest.mark.parametrize(("printed", "half"), [(4441.13, 0.005), (3658247.0, 0.5), (1904637.492, 0.0005)])
def test_a_published_value_is_known_to_half_of_its_last_digit(printed, half):
    assert instances.printed_to(printed) == pytest.approx(half)


def test_what_a_killed_peer_had_found_is_kept(road):
    lines = [
        {"second": 1.0, "built": True},
        {"second": 2.0, "objective": 30.0, "answer": {"assignment": [0, 0, 0, 1], "open": [0, 1]}},
        {"second": 3.0, "bound": 11.0},
        {"second": 4.0, "objective": 22.0, "answer": {"assignment": [0, 0, 1, 1], "open": [0, 1]}},
    ]
    ended = Ended(lines, -signal.SIGALRM, kilobytes=2048, seconds=70.2, complaint="")
    row = side_by_side.row_of(road, Question("cflsap", None), "highs", 60, ended, None)
    assert (row.status, row.seconds, row.peak_memory_mb) == ("overran, killed", 70.2, 2)
    assert (row.objective, row.bound, row.gap_percent, row.first_plan_second) == (22, 11, 50, 2)
    assert row.over_best_percent == 0


def test_a_table_is_made_row_by_row_and_taken_up_where_it_ended(road, tmp_path):
    road["best_known"] = [row for row in road["best_known"] if row["problem"] == "pmed" or row["p"] == 3]
    path, out = tmp_path / "road.json", tmp_path / "table.csv"
    path.write_text(json.dumps(road))
    command = [sys.executable, "-m", "tests.benchmarks.side_by_side", str(path), "--seconds", "5", "--out", str(out)]
    command += ["--peer", "highs", "--every-question"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    rows = list(csv.DictReader(out.open()))
    found = {(row["problem"], row["p"]): float(row["objective"]) for row in rows}
    assert found == {("ssckflp", "3"): 25, ("ckflsap", "3"): 26, ("pmed", "1"): 13, ("pmed", "2"): 6}
    out.write_text("".join(out.read_text().splitlines(keepends=True)[:-1]))
    again = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert [json.loads(line)["p"] for line in again.stdout.splitlines()] == [2]
    subprocess.run([*command, "--p", "1", "--peer", "cp-sat"], cwd=ROOT, check=True, capture_output=True)
    added = list(csv.DictReader(out.open()))[len(rows) :]
    assert [(row["problem"], row["p"], row["peer"], float(row["objective"])) for row in added] == [
        ("pmed", "1", "cp-sat", 13)
    ]
    assert list(csv.DictReader(out.open()))[len(rows) - 1]["objective"] == rows[-1]["objective"]
    table = out.with_suffix(".md").read_text()
    assert "| hand | pmed | 5.0 | highs | 2 | 0 | +0.000 % | +0.000 % | +0.000 % | 2 |" in table
    assert "| road | ckflsap | 3 | highs | optimal | 26.00 | 26.00 | +0.000 % | 26.00 | +0.000 % |" in table
