"""
Backtest: what the forecasts would have said of years that are known, and how far they would have been off.

One engine (`reading`, `measure`, `report`) and a module for each kind of history.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from data.backtest import census, grades, registers, stages
from data.backtest.measure import Task
from data.backtest.reading import Table, UnreadableHistory, read_tables
from data.backtest.report import Report, report
from data.faults import Findings, Where

__all__ = ["Report", "Table", "Task", "UnreadableHistory", "backtest", "read_tables"]

KINDS: tuple[Callable[[Sequence[Table]], tuple[Task, ...]], ...] = (
    grades.find,
    stages.find,
    census.find,
    registers.find,
)
"""How each kind finds its histories among tables, in the order they are tried."""


def backtest(paths: Sequence[Path]) -> Report:
    """
    Try the forecasts on the histories in files.

    The kind of a set of files is the first that finds a history in it; tables in which it finds none are offered to
    the kinds after it.

    Raises
    ------
    UnreadableHistory
        When a file cannot be read, a figure is none, or no kind of history is found; with all faults.
    """
    tables = read_tables(paths)
    tasks = find(tables)
    if not tasks:
        findings = Findings()
        for table in tables:
            findings.add("nothing-to-read", Where(table.name))
        raise UnreadableHistory(findings.closed()[0])
    return report(tasks)


def find(tables: Sequence[Table]) -> tuple[Task, ...]:
    """Give the tasks of the first kind that finds any; empty where none does."""
    return next((tasks for kind in KINDS if (tasks := kind(tables))), ())
