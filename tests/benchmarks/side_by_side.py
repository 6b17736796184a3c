"""
The same published instances for us and for the textbook, one process after another on one machine.

    python -m tests.benchmarks.side_by_side --seconds 60 --verifier FOLDER/verify.py FOLDER/*/*.json.gz
    python -m tests.benchmarks.side_by_side --seconds 60 --ours-only --every-question FOLDER/*/*.json.gz

Each row goes to the CSV file when it is done, and a row that is there is not run again, so that a run of some hours
may be stopped and taken up. The Markdown file is made anew from the CSV file at the end. spopt takes part where it is
installed (the extra ``benchmarks``) and has a model of the problem: p-medians.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import typer

from tests.benchmarks import instance as instances
from tests.benchmarks.instance import AT_MOST, Question
from tests.benchmarks.table import append, read_rows

PEERS = ("ours", "cp-sat", "highs", "spopt")
MEGABYTE_OF_KILOBYTES = 1 / 1024


@dataclass(frozen=True, slots=True)
class Row:
    """
    What one peer made of one question; ``None`` where there is nothing to say.

    Attributes
    ----------
    over_best_percent
        Objective over the best published value, percent of that; below 0 where it is better.
    bound_to_best_percent
        Bound over the best published value, percent of that; 0 or less where the bound holds.
    gap_percent
        Objective over bound, percent of the objective.
    seconds
        From the reading of the file to the last answer; the solver had ``limit`` of them.
    first_plan_second
        When the first plan was there, of the same clock.
    peak_memory_mb
        Largest resident size of the peer's process, or of one it waited for.
    verified
        What the verifier said of the answer: ``yes`` or its first objection; ``None`` without answer or verifier.
    """

    set: str
    instance: str
    settlements: int
    schools: int
    problem: str
    p: int | None
    peer: str
    limit: float
    status: str
    objective: float | None
    best_known: float | None
    over_best_percent: float | None
    bound: float | None
    bound_to_best_percent: float | None
    gap_percent: float | None
    seconds: float
    first_plan_second: float | None
    peak_memory_mb: int
    verified: str | None


KEY = ("set", "instance", "problem", "p", "peer", "limit")


@dataclass(frozen=True, slots=True)
class Ended:
    """A peer's process that is over: the lines it wrote, how it ended, and its peak memory in kilobytes."""

    lines: list[dict[str, Any]]
    code: int
    kilobytes: int
    seconds: float
    complaint: str


def applies(peer: str, question: Question) -> bool:
    """Tell whether a peer has a model of a problem."""
    return peer != "spopt" or question.kind in AT_MOST


def installed(peer: str) -> bool:
    """Tell whether a peer can be run here."""
    return peer != "spopt" or importlib.util.find_spec("spopt") is not None


def run(peer: str, path: Path, question: Question, seconds: float, memory_gb: float) -> Ended:
    """Run one peer on one question to its end."""
    number = "-" if question.number is None else str(question.number)
    with tempfile.TemporaryDirectory() as folder:
        out, complaints = Path(folder, "out"), Path(folder, "complaints")
        command = [sys.executable, "-m", "tests.benchmarks.peer", peer, str(path), question.kind, number]
        command += [str(seconds), str(memory_gb), str(out)]
        started = time.monotonic()
        with complaints.open("w") as stderr:
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True)
            _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        _end_session(child.pid)
        lines = [json.loads(line) for line in _whole_lines(out)]
        said = complaints.read_text().strip().splitlines()
    return Ended(lines, child.returncode, used.ru_maxrss, time.monotonic() - started, said[-1] if said else "")


def _end_session(leader: int) -> None:
    """End what a killed peer left behind: spopt's solver is a process of its own."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _whole_lines(path: Path) -> list[str]:
    """The lines of a file less one that a kill cut short."""
    text = path.read_text() if path.exists() else ""
    return text[: text.rfind("\n") + 1].splitlines()


def row_of(
    content: dict[str, Any], question: Question, peer: str, limit: float, ended: Ended, verified: str | None
) -> Row:
    """Sum a peer's lines up."""
    answer = best_answer(ended.lines)
    best, bounds = instances.best_known(content, question), [x["bound"] for x in ended.lines if "bound" in x]
    objective, bound = None if answer is None else answer["objective"], max(bounds, default=None)
    firsts = [x["second"] for x in ended.lines if "answer" in x or "has_plan" in x]
    return Row(
        set=content["set"],
        instance=content["name"],
        settlements=len(content["units"]),
        schools=len(content["sites"]),
        problem=question.kind,
        p=question.number,
        peer=peer,
        limit=limit,
        status=status_of(ended),
        objective=objective,
        best_known=best,
        over_best_percent=_percent_over(objective, best, best),
        bound=bound,
        bound_to_best_percent=_percent_over(bound, best, best),
        gap_percent=_percent_over(objective, bound, objective),
        seconds=round(ended.lines[-1]["second"] if ended.code == 0 else ended.seconds, 2),
        first_plan_second=round(firsts[0], 2) if firsts else None,
        peak_memory_mb=round(ended.kilobytes * MEGABYTE_OF_KILOBYTES),
        verified=verified,
    )


def best_answer(lines: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The cheapest plan among a peer's lines."""
    return min((x for x in lines if "answer" in x), key=lambda x: x["objective"], default=None)


def status_of(ended: Ended) -> str:
    """The peer's own word, or how its process ended."""
    if ended.code == 0:
        return str(ended.lines[-1]["status"])
    if ended.code == -signal.SIGALRM:
        return "overran, killed" if any("built" in line for line in ended.lines) else "not built in time, killed"
    return f"failed: {ended.complaint or ended.code}"


def _percent_over(value: float | None, base: float | None, of: float | None) -> float | None:
    if value is None or base is None or not of:
        return None
    return round((value - base) / abs(of) * 100, 5)


def verify(verifier: Path, path: Path, question: Question, answer: dict[str, Any]) -> str:
    """Ask the verifier that came with the instances; ``yes``, or what it objects to first."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as told:
        json.dump(answer, told)
        told.flush()
        command = [sys.executable, str(verifier), str(path), told.name, "--problem", question.kind, "--json"]
        command += [] if question.number is None else ["--p", str(question.number)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    judged = json.loads(done.stdout)
    return "yes" if judged["feasible"] else str(judged["violations"][0])


def key(cells: dict[str, Any]) -> tuple[str, ...]:
    """What makes a row the same row."""
    return tuple("" if cells[name] is None else str(cells[name]) for name in KEY)


def tables(rows: list[dict[str, str]]) -> str:
    """Both tables in Markdown: by set and peer, then every row."""
    return "\n".join(["## 汇总 Summary", "", *summary(rows), "", "## 逐例 Instances", "", *every_row(rows), ""])


def summary(rows: list[dict[str, str]]) -> Iterator[str]:
    """One line a set, problem, limit and peer."""
    yield "| set | problem | seconds | peer | runs | no plan | mean over best | worst | worst bound to best | proved |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in rows:
        groups.setdefault((row["set"], row["problem"], row["limit"], row["peer"]), []).append(row)
    for group, members in sorted(groups.items()):
        over = [float(row["over_best_percent"]) for row in members if row["over_best_percent"]]
        under = [float(row["bound_to_best_percent"]) for row in members if row["bound_to_best_percent"]]
        figures = [
            len(members),
            sum(not row["objective"] for row in members),
            _percent(mean(over) if over else None),
            _percent(max(over, default=None)),
            _percent(min(under, default=None)),
            sum(row["status"] == "optimal" for row in members),
        ]
        yield f"| {' | '.join([*group, *map(str, figures)])} |"


def every_row(rows: list[dict[str, str]]) -> Iterator[str]:
    """One line a row, by instance."""
    yield (
        "| instance | problem | p | peer | status | objective | best known | over best | bound | gap | seconds | "
        "first plan at | MB | verified |"
    )
    yield "|" + " --- |" * 14
    for row in sorted(rows, key=lambda row: (row["set"], row["instance"], row["problem"], int(row["p"] or 0))):
        cells = [row["instance"], row["problem"], row["p"], row["peer"], row["status"]]
        cells += [_figure(row["objective"]), _figure(row["best_known"]), _percent_cell(row["over_best_percent"])]
        cells += [_figure(row["bound"]), _percent_cell(row["gap_percent"]), row["seconds"], row["first_plan_second"]]
        cells += [row["peak_memory_mb"], row["verified"]]
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _figure(text: str) -> str:
    return f"{float(text):.2f}" if text else ""


def _percent_cell(text: str) -> str:
    return _percent(float(text) if text else None)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f} %"


def main(
    files: Annotated[list[Path], typer.Argument(help="Instance files.", exists=True)],
    seconds: Annotated[float, typer.Option(help="Wall time of each solver on each question.")] = 60.0,
    out: Annotated[Path, typer.Option(help="CSV file; rows that it holds are not run again.")] = Path(
        "var/side_by_side.csv"
    ),
    peer: Annotated[list[str] | None, typer.Option(help="Only these of ours, cp-sat, highs, spopt.")] = None,
    ours_only: Annotated[bool, typer.Option("--ours-only", help="Only ours.")] = False,
    every_question: Annotated[
        bool, typer.Option("--every-question", help="All problems of a file that have a published value.")
    ] = False,
    number: Annotated[list[int] | None, typer.Option("--p", help="Only these of listed numbers of schools.")] = None,
    verifier: Annotated[Path | None, typer.Option(help="The verifier script of the instances.", exists=True)] = None,
    memory_gb: Annotated[float, typer.Option(help="Most address space of a peer.")] = 12.0,
) -> None:
    """Run the peers over the files, one after another, and write both tables."""
    asked = ("ours",) if ours_only else tuple(peer or (name for name in PEERS if installed(name)))
    if unknown := set(asked) - set(PEERS):
        raise typer.BadParameter(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    out.parent.mkdir(parents=True, exist_ok=True)
    if "ours" in asked:
        subprocess.run([sys.executable, "-m", "solver.warm"], check=True)
    numbers = frozenset(number or ())
    for row in missing_rows(files, asked, seconds, every_question, numbers, out, verifier, memory_gb):
        append(out, row)
        print(json.dumps(asdict(row)), flush=True)
    out.with_suffix(".md").write_text(tables(read_rows(out)))


def missing_rows(
    files: Iterable[Path],
    peers: tuple[str, ...],
    seconds: float,
    every_question: bool,
    numbers: frozenset[int],
    out: Path,
    verifier: Path | None,
    memory_gb: float,
) -> Iterator[Row]:
    """Run what the CSV file lacks; the peers of a question come one right after another."""
    done = {key(row) for row in read_rows(out)}
    for path in files:
        content = instances.load(path)
        questions = instances.known_questions(content) if every_question else instances.main_questions(content)
        for question in questions:
            if numbers and question.number is not None and question.number not in numbers:
                continue
            for peer in peers:
                cells = (content["set"], content["name"], question.kind, question.number, peer, seconds)
                if not applies(peer, question) or key(dict(zip(KEY, cells, strict=True))) in done:
                    continue
                ended = run(peer, path, question, seconds, memory_gb)
                answer = best_answer(ended.lines)
                judged = verify(verifier, path, question, answer["answer"]) if verifier and answer else None
                yield row_of(content, question, peer, seconds, ended, judged)


if __name__ == "__main__":
    typer.run(main)
