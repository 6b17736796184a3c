"""
Time and memory against the size of a district, up to ten thousand settlements.

    python -m tests.benchmarks.growth --seconds 300
    python -m tests.benchmarks.growth --draw-only

Each size and model runs in a process of its own, through ``solver.zoning`` and ``solver.consolidation`` as the
service calls them, contiguity on. Each row goes to the CSV file when it is done, and a row that is there is not run
again. The plot needs the extra ``benchmarks``.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from tests.benchmarks.table import append, read_rows

SIZES = (100, 300, 1_000, 3_000, 10_000)
MODELS = ("zoning", "consolidation")
GOAL = 0.01
SEED, WORKERS = 1, 2
_GRACE = 600.0
"""Seconds after its limit at which a run that does not come back is killed."""


@dataclass(frozen=True, slots=True)
class Row:
    """
    One district, one model.

    Attributes
    ----------
    limit
        Seconds that the solver had.
    first_plan_second, goal_second
        When the first plan and a gap of at most ``GOAL`` were there, from the call on; ``None`` where they never were.
    gap_percent
        At the end; ``None`` without plan or bound.
    seconds
        The whole call, with its checks.
    drawing_seconds, drawing_mb
        Time and memory of drawing the district, before the call.
    peak_memory_mb
        Largest resident size of the process.
    """

    settlements: int
    schools: int
    model: str
    trip_limit: bool
    limit: float
    status: str
    objective: int | None
    bound: int | None
    first_plan_second: float | None
    goal_second: float | None
    gap_percent: float | None
    seconds: float
    drawing_seconds: float
    drawing_mb: int
    peak_memory_mb: int


KEY = ("settlements", "model", "trip_limit", "limit")


class Watch:
    """The clock of one call, and what the progress told of it."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.first_plan: float | None = None
        self.goal: float | None = None

    @property
    def seconds(self) -> float:
        """Since the call."""
        return time.monotonic() - self.started

    def look(self, progress: Any) -> None:
        """Take a report of progress."""
        best, bound = progress.best, progress.bound
        if best is not None and self.first_plan is None:
            self.first_plan = round(self.seconds, 2)
        if best is not None and bound is not None and self.goal is None and best - bound <= GOAL * abs(best):
            self.goal = round(self.seconds, 2)


def measure(settlements: int, model: str, trip_limit: bool, limit: float) -> Row:
    """Draw one district and plan it, in this process."""
    grown = importlib.import_module("tests.benchmarks.grown")
    solver, plan = importlib.import_module(f"solver.{model}"), importlib.import_module("solver.plan")
    before = time.monotonic()
    layout = grown.make(settlements, trip_limit=trip_limit).layout
    drawing_seconds, drawing_mb = time.monotonic() - before, peak_mb()
    watch = Watch()
    answer = solver.solve(layout, plan.Limits(seconds=limit, seed=SEED, workers=WORKERS), watch.look)
    certificate = answer.certificate
    return Row(
        settlements=settlements,
        schools=len(layout.school_ids),
        model=model,
        trip_limit=trip_limit,
        limit=limit,
        status=str(certificate.status),
        objective=certificate.objective,
        bound=certificate.bound,
        first_plan_second=watch.first_plan,
        goal_second=watch.goal,
        gap_percent=None if certificate.gap is None else round(certificate.gap * 100, 4),
        seconds=round(watch.seconds, 2),
        drawing_seconds=round(drawing_seconds, 2),
        drawing_mb=drawing_mb,
        peak_memory_mb=peak_mb(),
    )


def peak_mb() -> int:
    """
    Largest resident size of this process so far.

    From the kernel's own page, as ``getrusage`` also counts what the parent held when it started this process.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(kilobytes) / 1024)


def measure_apart(settlements: int, model: str, trip_limit: bool, limit: float) -> Row:
    """Measure in a process of its own; one that does not come back is killed, and says so in its row."""
    command = [sys.executable, "-m", "tests.benchmarks.growth", "--one", f"{settlements}:{model}"]
    command += ["--seconds", str(limit), "--trip-limit" if trip_limit else "--no-trip-limit"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=limit + _GRACE)
    except subprocess.TimeoutExpired:
        return _lost(settlements, model, trip_limit, limit, "killed")
    if done.returncode != 0:
        return _lost(settlements, model, trip_limit, limit, f"failed: {done.returncode}")
    return Row(**json.loads(done.stdout.splitlines()[-1]))


def _lost(settlements: int, model: str, trip_limit: bool, limit: float, status: str) -> Row:
    return Row(settlements, 0, model, trip_limit, limit, status, None, None, None, None, None, limit, 0.0, 0, 0)


def draw(rows: list[dict[str, str]], path: Path) -> None:
    """Draw seconds against settlements, both by their logarithm; what was not reached stands open at its limit."""
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots(figsize=(8, 5))
    for model, colour in zip(MODELS, ("#1f5fa8", "#b4451f"), strict=True):
        members = sorted((row for row in rows if row["model"] == model), key=lambda row: int(row["settlements"]))
        for column, mark, line, what in (
            ("goal_second", "o", "-", f"gap of {GOAL:.0%}"),
            ("first_plan_second", "s", ":", "first plan"),
        ):
            reached = [(int(row["settlements"]), max(float(row[column]), 0.01)) for row in members if row[column]]
            axes.plot(*_columns(reached), line, marker=mark, color=colour, label=f"{model}: {what}")
            missed = [(int(row["settlements"]), float(row["limit"])) for row in members if not row[column]]
            axes.plot(*_columns(missed), marker=mark, color=colour, fillstyle="none", linestyle="none")
    axes.set(xscale="log", yscale="log", xlabel="settlements", ylabel="seconds (open: not reached)")
    axes.grid(True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _columns(points: list[tuple[int, float]]) -> tuple[list[int], list[float]]:
    return [size for size, _ in points], [seconds for _, seconds in points]


def main(
    seconds: Annotated[float, typer.Option(help="Wall time of the solver on each district.")] = 300.0,
    size: Annotated[list[int] | None, typer.Option(help="Settlements; default 100 to 10,000.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="zoning, consolidation; default both.")] = None,
    trip_limit: Annotated[bool, typer.Option(help="Whether trips end at the longest minutes.")] = True,
    out: Annotated[Path, typer.Option(help="CSV file; rows that it holds are not run again.")] = Path("var/growth.csv"),
    draw_only: Annotated[bool, typer.Option("--draw-only", help="Only draw the plot of the CSV file.")] = False,
    one: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Measure what the CSV file lacks, then draw the plot beside it."""
    if one is not None:
        many, _, which = one.partition(":")
        print(json.dumps(asdict(measure(int(many), which, trip_limit, seconds))))
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    if not draw_only:
        subprocess.run([sys.executable, "-m", "solver.warm"], check=True)
        done = {tuple(row[name] for name in KEY) for row in read_rows(out)}
        for settlements in size or SIZES:
            for which in model or MODELS:
                if tuple(map(str, (settlements, which, trip_limit, seconds))) not in done:
                    row = measure_apart(settlements, which, trip_limit, seconds)
                    append(out, row)
                    print(json.dumps(asdict(row)), flush=True)
    if importlib.util.find_spec("matplotlib") is None:
        print("No plot: the extra `benchmarks` is not installed.", file=sys.stderr)
        return
    draw(read_rows(out), out.with_suffix(".svg"))


if __name__ == "__main__":
    typer.run(main)
