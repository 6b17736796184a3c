"""Executor ids: one process at a time has one, and a seat keeps its id over restarts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from app.jobs import executor
from app.jobs.errors import WorkerTaken

HOLDER = """
import sys, time
from pathlib import Path
from app.jobs import executor
seat = executor.take_seat(Path(sys.argv[1]))
lock = executor.lock_worker(Path(sys.argv[1]) / 'junheng.sqlite')
print(seat.executor_id, flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the first seat and the worker's lock of ``tmp_path``."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    process.executor_id = process.stdout.readline().strip()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_seat_keeps_its_id(tmp_path):
    seat = executor.take_seat(tmp_path)
    seat.release()
    again = executor.take_seat(tmp_path)
    assert again.executor_id == seat.executor_id
    again.release()


def test_two_at_once_never_share_an_id(tmp_path):
    seats = [executor.take_seat(tmp_path) for _ in range(3)]
    assert len({seat.executor_id for seat in seats}) == 3
    for seat in seats:
        seat.release()


def test_a_process_that_was_killed_leaves_its_seat_and_its_id(tmp_path, holder):
    mine = executor.take_seat(tmp_path)
    assert mine.executor_id != holder.executor_id
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    after = executor.take_seat(tmp_path)
    assert after.executor_id == holder.executor_id
    mine.release()
    after.release()


def test_a_copied_folder_gets_a_new_id(tmp_path):
    seat = executor.take_seat(tmp_path)
    seat.hold.path.write_text(json.dumps({"host": "another-machine", "executor_id": seat.executor_id}))
    seat.release()
    again = executor.take_seat(tmp_path)
    assert again.executor_id != seat.executor_id
    again.release()


def test_a_second_worker_on_one_file_is_refused(tmp_path, holder):
    with pytest.raises(WorkerTaken) as refusal:
        executor.lock_worker(tmp_path / "junheng.sqlite")
    assert refusal.value.facts == {"file": str(tmp_path / "junheng.sqlite")}


def test_the_lock_goes_with_the_process(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    executor.lock_worker(tmp_path / "junheng.sqlite").release()
