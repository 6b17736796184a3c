"""
Published instances, solved through the public core and judged by the verifier that came with them.

Run by hand, some hours for all: ``JUNHENG_BENCHMARKS=20 pytest tests/benchmarks/test_published.py`` gives each question
20 seconds; ``-k`` chooses (``-k sap/zys``, ``-k "cpmp and 13"``). Every question of every file is asked: its main
problem, the other problems that have a published value, and each number of schools where there is a list of them.
``JUNHENG_BENCHMARKS_FOLDER`` names the folder where it is not beside the repository.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from solver import bench, warm
from solver.plan import Limits
from tests.benchmarks import instance as instances

FOLDER = Path(os.environ.get("JUNHENG_BENCHMARKS_FOLDER") or Path(__file__).parents[2].parent / "shared" / "benchmarks")
SECONDS = float(os.environ.get("JUNHENG_BENCHMARKS") or 0)

if not SECONDS:
    pytest.skip("set JUNHENG_BENCHMARKS to the seconds for each question", allow_module_level=True)
if not FOLDER.exists():
    pytest.skip("the published instances are not beside the repository", allow_module_level=True)

OVERRUN = 2.0
FIRST_PLAN_WITHIN, FIRST_PLAN_UP_TO = 5.0, 1_300
"""Seconds to the first plan of a problem with connected zones, and the settlements up to which that is asked."""


def questions() -> list[object]:
    found = []
    for path in sorted(FOLDER.glob("*/*.json.gz")):
        content = instances.load(path)
        for question in dict.fromkeys(instances.main_questions(content) + instances.known_questions(content)):
            number = "" if question.number is None else f"-{question.number}"
            label = f"{path.parent.name}/{content['name']}-{question.kind}{number}"
            found.append(pytest.param(path, question, id=label))
    return found


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """The search is compiled before a clock runs."""
    warm.main()


@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.parametrize(("path", "question"), questions())
def test_the_answer_is_lawful_in_time_and_the_bound_holds(path, question, tmp_path):
    content = instances.load(path)
    plans = []
    began = time.monotonic()
    line, answer = bench.run_file(
        path,
        Limits(seconds=SECONDS),
        problem=question.kind,
        number=question.number,
        report=lambda progress: plans.append(progress.seconds) if progress.best is not None else None,
    )
    took = time.monotonic() - began
    # A published plan is a plan, also of a problem with fewer rules: no bound may pass its cost.
    for value in instances.plans_known(content, question):
        assert line["bound"] is None or line["bound"] <= value * (1 + 1e-6) + instances.printed_to(value)
    assert took <= SECONDS + OVERRUN
    assert answer is not None, "no plan"
    if question.kind in instances.CONTIGUOUS and len(content["units"]) <= FIRST_PLAN_UP_TO:
        assert plans[0] <= FIRST_PLAN_WITHIN
    if question.kind in instances.EXACTLY:
        assert len(answer["open"]) == question.number
    if question.kind in instances.AT_MOST:
        assert len(answer["open"]) <= question.number
    told = tmp_path / "answer.json"
    told.write_text(json.dumps(answer))
    command = [sys.executable, str(FOLDER / "verify.py"), str(path), str(told), "--json", "--problem", question.kind]
    command += [] if question.number is None else ["--p", str(question.number)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    judged = json.loads(done.stdout)
    assert judged["feasible"], judged["violations"]
    assert judged["objective"] == pytest.approx(line["objective"])
