"""A queued run on a real database, and worker processes that tests may kill."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from shapely import Point

from app.audit import SYSTEM
from app.cases.scenario import Scenario
from app.db import datasets, plans, runs, scenarios
from app.db.models import RunRow
from app.db.session import Database
from data.domain.district import District
from data.domain.schools import School, SchoolKind, Site, Stage
from data.domain.settlements import Settlement

SUPPORT = Path(__file__).parent
ROOT = SUPPORT.parents[1]


def hamlet(title: str = "一村一校") -> District:
    """One settlement, one school: enough to be stored."""
    here = Point(106.5, 29.5)
    return District(
        title=title,
        division="500101",
        synthetic=True,
        source="drawn for a test",
        settlements=(Settlement("a", "A", "500101", here, here),),
        schools=(School("s", "S", "500101", SchoolKind.FULL_PRIMARY, here),),
        sites=(Site("s", Stage.PRIMARY, 6),),
    )


def queue_run(database: Database, *, seconds: float = 20, start: Callable[[str], object] | None = None) -> str:
    """Store a dataset, a scenario and a queued run."""
    scenario = Scenario(title="一问", target_year=2030, weights={"moved_pupil": 0}, solve={"seconds": seconds})
    with database.writing() as session:
        dataset, _ = datasets.store(session, hamlet(), [], SYSTEM)
        row = scenarios.store(session, dataset, scenario, SYSTEM)
        run, _ = runs.create(session, row, order=scenario.solve, actor=SYSTEM)
    if start is not None:
        start(run.id)
    return run.id


def read_run(database: Database, run_id: str) -> RunRow:
    """Read a run as it is now."""
    with database.reading() as session:
        return runs.get(session, run_id)


def until(what: Callable[[], object], seconds: float = 30, why: str = "it did not come true") -> object:
    """Wait for something to become true, and return it."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, why
        time.sleep(0.1)
    return found


def until_state(database: Database, run_id: str, *states: str, seconds: float = 30) -> RunRow:
    """Wait for a run to come into one of the states."""
    until(lambda: read_run(database, run_id).state in states, seconds, f"the run is not {states}")
    return read_run(database, run_id)


def plans_of(database: Database, run_id: str) -> int:
    """Count the plans that a run stored."""
    with database.reading() as session:
        return sum(plan.run_id == run_id for plan in plans.newest(session))


@dataclass
class Workers:
    """Worker processes on one database, all ended with the test, and the log their solver children write."""

    database: Database
    folder: Path
    log: Path = field(init=False)
    processes: list[subprocess.Popen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = self.folder / "children.log"

    def start(
        self, *habits: str, seconds: float = 1, what: str = "work", data: str = "data", port: int = 0, url: str = ""
    ):
        """Start a process; its children report progress for so many seconds."""
        solver = [sys.executable, str(SUPPORT / "solver_child.py"), str(self.log), str(seconds), *habits]
        url = url or ("" if self.database.url.startswith("sqlite") else self.database.url)
        with (self.folder / f"worker-{len(self.processes)}.log").open("w") as output:
            process = subprocess.Popen(
                [sys.executable, SUPPORT / "worker_process.py", what, self.folder / data, url, str(port), *solver],
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def children(self, kind: str = "solve") -> list[int]:
        """Process ids of every solver child so far."""
        if not self.log.exists():
            return []
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return [int(pid) for pid, what in lines if what == kind]

    def output(self) -> str:
        """What the processes said."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("worker-*.log")))
