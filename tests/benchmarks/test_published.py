"""
Published instances, solved through the public core and judged by the verifier that came with them.

Run by hand, some minutes: ``JUNHENG_BENCHMARKS=20 ./test tests/benchmarks`` gives each file 20 seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from solver import bench
from solver.plan import Limits

SHARED = Path(__file__).parents[2].parent / "shared" / "benchmarks"
SECONDS = os.environ.get("JUNHENG_BENCHMARKS")
FILES = ("sap/gy2s_22a", "sap/zys_14b", "cflsap/zya1", "cpmp_geo/geo_zy", "sscflp_orlib/orlib_p1", "pmed/pmed05")

pytestmark = [
    pytest.mark.skipif(SECONDS is None, reason="set JUNHENG_BENCHMARKS to the seconds for each file"),
    pytest.mark.skipif(not SHARED.exists(), reason="the published instances are not beside the repository"),
]


@pytest.mark.parametrize("name", FILES)
def test_the_answer_is_lawful_and_the_bound_holds(name, tmp_path):
    path = SHARED / f"{name}.json.gz"
    line, answer = bench.run_file(path, Limits(seconds=float(SECONDS or 1)))
    assert answer is not None
    told = tmp_path / "answer.json"
    told.write_text(json.dumps(answer))
    command = [sys.executable, str(SHARED / "verify.py"), str(path), str(told), "--json"]
    if line["kind"] in bench.MOST_NUMBER:
        command += ["--p", str(len(answer["open"]))]
    judged = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert judged["feasible"], judged["violations"]
    assert judged["objective"] == pytest.approx(line["objective"])
    # The best known plan is a plan: no bound may pass it.
    assert line["bound"] <= line["best_known"] * (1 + 1e-6)
