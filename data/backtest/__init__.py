"""
Backtest: what the forecasts would have said of years that are known, and how far they would have been off.

One engine (`reading`, `measure`, `report`) and a module for each kind of history; a new kind is one more in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from data.backtest import census, grades, registers, stages
from data.backtest.measure import Task
from data.backtest.reading import Table, UnreadableHistory, read_tables
from data.backtest.report import Report
from data.backtest.report import report as measured
from data.faults import Fault

__all__ = ["Report", "Table", "Task", "UnreadableHistory", "backtest", "read_tables"]

KINDS: tuple[Callable[[Sequence[Table]], tuple[Task, ...]], ...] = (
    grades.find,
    registers.find,
    census.find,
    stages.find,
)
"""How each kind finds its histories among tables, in the order they are tried."""


def backtest(paths: Sequence[Path]) -> Report:
    """
    Try the forecasts on the histories in files.

    Raises
    ------
    UnreadableHistory
        When a file cannot be read, or no kind of history is found: with the faults of the kinds that came near.
    """
    return measured(find(read_tables(paths)))


def find(tables: Sequence[Table]) -> tuple[Task, ...]:
    """
    Find the histories among tables; a table that is one by itself to a kind is not offered to the kinds after it.

    Raises
    ------
    UnreadableHistory
        When there is none.
    """
    found: list[Task] = []
    faults: list[Fault] = []
    left = list(tables)
    for kind in KINDS:
        tasks = _tasks(kind, left, faults)
        found += tasks
        left = [table for table in left if not tasks or not _tasks(kind, [table], [])]
    if not found:
        raise UnreadableHistory(faults or [_no_history(table) for table in tables])
    return tuple(found)


def _tasks(
    kind: Callable[[Sequence[Table]], tuple[Task, ...]], tables: Sequence[Table], faults: list[Fault]
) -> tuple[Task, ...]:
    """Let a kind look at tables; what it finds wrong may be no fault to another kind."""
    try:
        return kind(tables) if tables else ()
    except UnreadableHistory as unreadable:
        faults += unreadable.faults
        return ()


def _no_history(table: Table) -> Fault:
    headings = ", ".join(map(str, table.frame.columns))
    return Fault(
        file=table.name,
        table="",
        row=None,
        column="",
        value=headings[:200],
        code="no-history",
        reason="No history is seen in these headings. Needed are pupils by year and grade; births and pupils of a "
        "stage by place and year; people by place and age group of two counts; or births, ages and rolls by township.",
        reason_zh="从列名看不出可回测的历史数据:需要分年份、年级的学生数,或分地区、年份的出生与学段人数,"
        "或两次普查的分年龄人口,或分乡镇的出生、年龄与在校生。",
    )
