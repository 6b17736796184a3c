"""The parent's side of a solve, against children that are real processes of a few lines."""

from __future__ import annotations

import signal
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest

from app.jobs import conduct
from app.jobs.conduct import Abandoned, Cancelled, Crashed, Desk, Leaving, Look, Overran, Planned, Refused

HEAD = """
import json, os, sys, threading, time
order = json.loads(sys.stdin.readline())
stop = threading.Event()
def listen():
    for line in sys.stdin:
        if json.loads(line).get("stop"):
            stop.set()
    os._exit(3)
threading.Thread(target=listen, daemon=True).start()
def say(**message):
    print(json.dumps(message), flush=True)
"""


def child(tmp_path: Path, body: str) -> list[str]:
    script = tmp_path / "child.py"
    script.write_text(HEAD + textwrap.dedent(body), encoding="utf-8")
    return [sys.executable, str(script)]


def desk(**changes) -> Desk:
    return Desk(**({"look": lambda: Look.GO_ON, "record": lambda _: None, "poll_seconds": 0.05} | changes))


def test_the_answer_comes_back_with_the_last_progress_before_it(tmp_path):
    reports = []
    command = child(
        tmp_path,
        """
        for best in (30, 20, 10):
            say(progress={"seconds": 0.1, "phase": "search", "best": best, "bound": 5})
        print("noise that is no JSON")
        say(document={"title": order["title"]})
        """,
    )
    outcome = conduct.conduct(command, {"title": "均衡"}, desk(record=reports.append))
    assert outcome == Planned({"title": "均衡"})
    assert [report.best for report in reports] == [30, 10]  # at most one a second, and the last one always


def test_bad_input_comes_back_as_the_problem_it_is(tmp_path):
    command = child(tmp_path, 'say(problem={"title": "UnknownSchool"})')
    assert conduct.conduct(command, {}, desk()) == Refused({"title": "UnknownSchool"})


def test_a_fault_of_ours_is_a_problem_that_says_so(tmp_path):
    outcome = conduct.conduct(child(tmp_path, 'say(fault="ValueError: no")'), {}, desk())
    assert isinstance(outcome, Refused)
    assert outcome.problem["status"] == 500
    assert "ValueError: no" in outcome.problem["detail"]


def test_a_killed_child_is_a_crash_with_its_signal(tmp_path):
    outcome = conduct.conduct(child(tmp_path, "os.kill(os.getpid(), 9)"), {}, desk())
    assert outcome == Crashed(-signal.SIGKILL)


def test_a_wish_to_stop_reaches_the_child_which_still_answers(tmp_path):
    command = child(tmp_path, "stop.wait(20); say(document={'stopped': stop.is_set()})")
    outcome = conduct.conduct(command, {}, desk(look=lambda: Look.STOP))
    assert outcome == Planned({"stopped": True})


def test_a_cancelled_child_is_gone_although_it_listens_to_nothing(tmp_path):
    pid_file = tmp_path / "pid"
    command = child(tmp_path, f"open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)")
    began = time.monotonic()
    outcome = conduct.conduct(command, {}, desk(look=lambda: Look.CANCEL if pid_file.exists() else Look.GO_ON))
    assert outcome == Cancelled()
    assert time.monotonic() - began < 10
    assert not psutil.pid_exists(int(pid_file.read_text() or 0))


def test_the_watchdog_asks_first(tmp_path):
    command = child(tmp_path, "stop.wait(20); say(document={'stopped': stop.is_set()})")
    outcome = conduct.conduct(command, {}, desk(stop_after_seconds=0.5, kill_after_seconds=20))
    assert outcome == Planned({"stopped": True})


def test_the_watchdog_kills_a_child_that_does_not_answer_to_a_stop(tmp_path):
    began = time.monotonic()
    outcome = conduct.conduct(child(tmp_path, "time.sleep(60)"), {}, desk(stop_after_seconds=0.3, kill_after_seconds=1))
    assert isinstance(outcome, Overran)
    assert time.monotonic() - began < 10


def test_a_run_that_another_worker_took_is_left_alone(tmp_path):
    outcome = conduct.conduct(child(tmp_path, "time.sleep(60)"), {}, desk(look=lambda: Look.NOT_OURS))
    assert outcome == Abandoned()


def test_a_shutdown_ends_the_child_and_reports_no_outcome(tmp_path):
    leaving = threading.Event()
    leaving.set()
    with pytest.raises(Leaving):
        conduct.conduct(child(tmp_path, "time.sleep(60)"), {}, desk(leaving=leaving))
    assert not issubclass(Leaving, Exception)  # else the job library would record it as the outcome
