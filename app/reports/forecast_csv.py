"""Warnings of a forecast as CSV, in the planner's words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cases.forecast_document import WarningRow
from app.reports.exports import FORMULA_SIGNS
from app.reports.monitoring import words, workbook
from data import csv_text

SHARE_DIGITS = 4
"""Decimals of shares and chances."""


def matching(
    rows: Iterable[WarningRow], level: str | None, stage: str | None, year: int | None, colour: str | None
) -> tuple[WarningRow, ...]:
    """Keep the warnings of a level, stage, year and colour; ``None`` keeps all."""
    wanted = (level, stage, year, colour)
    return tuple(
        row
        for row in rows
        if all(
            want in (None, fact)
            for want, fact in zip(wanted, (row.level, row.stage, row.year, row.colour), strict=True)
        )
    )


def warnings_csv(rows: Sequence[WarningRow], *, synthetic: bool, mask_small_counts: bool) -> bytes:
    """Write warnings; the first bytes tell Excel that it is UTF-8."""
    columns = [column for column in workbook.WARNINGS if column.name != "reason"]
    lines = [[*(column.zh for column in columns), "合成数据"]]
    for row in rows:
        facts = row.model_dump(mode="json")
        shown = workbook.masked(facts) if mask_small_counts else facts
        lines.append([*(_cell(column.name, shown[column.name]) for column in columns), _yes(synthetic)])
    return b"\xef\xbb\xbf" + csv_text.write(lines).encode()


def _cell(name: str, value: object) -> str:
    """Write a cell so that a spreadsheet reads it as it is and never runs text as a formula."""
    match value:
        case None:
            return ""
        case bool():
            return _yes(value)
        case str():
            text = words.CODED.get(name, {}).get(value, value)
            return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
        case float():
            return f"{round(value, SHARE_DIGITS)}"
        case _:
            return str(value)


def _yes(value: bool) -> str:
    return "是" if value else "否"
