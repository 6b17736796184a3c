"""
One peer on one question, in a process of its own: ``python -m tests.benchmarks.peer PEER FILE KIND NUMBER ...``.

Everything it finds goes line by line to a file, so that what was found before it is killed is kept. The system's own
alarm ends the process ten seconds after its limit, whatever a solver is doing; so it does when the model takes longer
than that to build.
"""

from __future__ import annotations

import importlib
import json
import math
import resource
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from solver.plan import Limits, Progress
from tests.benchmarks import instance as instances
from tests.benchmarks import textbook
from tests.benchmarks.instance import Question

OVERRUN_SECONDS = 10
SEED, WORKERS = 1, 2


class Diary:
    """What a peer found, written as it happens; seconds count from the reading of the file."""

    def __init__(self, to: IO[str]) -> None:
        self._to, self.started = to, time.monotonic()
        self._bound = -math.inf

    def begin(self) -> None:
        """Set the clock to 0."""
        self.started = time.monotonic()

    def note(self, **facts: object) -> None:
        """Write a line."""
        self._to.write(json.dumps({"second": time.monotonic() - self.started, **facts}) + "\n")
        self._to.flush()

    def plan(self, objective: float, school_of: NDArray[np.int64], opened: NDArray[np.bool_]) -> None:
        """Write a plan."""
        answer = {"assignment": school_of.tolist(), "open": np.flatnonzero(opened).tolist()}
        self.note(objective=objective, answer=answer)

    def bound(self, bound: float) -> None:
        """Write a proved bound where it is higher; no cost is below 0, so one of 0 or less says nothing."""
        if math.isfinite(bound) and bound > max(self._bound, 0.0):
            self._bound = bound
            self.note(bound=bound)


def ours(path: Path, question: Question, seconds: float, diary: Diary) -> str:
    """Solve with ``solver.bench``, as ``junheng bench`` does; the other peers do not carry its code in memory."""
    bench = importlib.import_module("solver.bench")
    diary.begin()

    def first(progress: Progress) -> None:
        if progress.best is not None and not seen:
            seen.append(progress.seconds)
            diary.note(has_plan=True)

    seen: list[float] = []
    limits = Limits(seconds=seconds, seed=SEED, workers=WORKERS)
    line, answer = bench.run_file(path, limits, problem=question.kind, number=question.number, report=first)
    if answer is not None:
        diary.note(objective=line["objective"], answer=answer)
    if line["bound"] is not None:
        diary.bound(line["bound"])
    return str(line["status"])


def by_the_book(peer: str, path: Path, question: Question, seconds: float, diary: Diary) -> str:
    """Read the file and build the textbook model; from then on the solver has its whole limit."""
    instance = instances.read(instances.load(path), question)
    run = textbook.TEXTBOOKS[peer](instance)
    diary.note(built=True)
    set_alarm(seconds)
    return run(
        seconds,
        lambda school_of, opened: diary.plan(instance.objective(school_of, opened), school_of, opened),
        diary.bound,
    )


def set_alarm(seconds: float) -> None:
    """Let the system end this process a little after a limit."""
    signal.alarm(math.ceil(seconds) + OVERRUN_SECONDS)


def main(peer: str, path: Path, question: Question, seconds: float, memory_gb: float, out: Path) -> None:
    """Run one peer."""
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_gb * 2**30),) * 2)
    set_alarm(seconds)
    with out.open("w") as to:
        diary = Diary(to)
        work = ours if peer == "ours" else partial(by_the_book, peer)
        status = work(path, question, seconds, diary)
        diary.note(status=status)


if __name__ == "__main__":
    who, file, kind, number, limit, memory, to = sys.argv[1:]
    main(who, Path(file), Question(kind, None if number == "-" else int(number)), float(limit), float(memory), Path(to))
