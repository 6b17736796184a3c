"""Tables of a history: any CSV or workbook as headings and typed columns, with the row each figure stands in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells import fold
from data.errors import PlanningError
from data.faults import Fault, Findings, Where
from data.importers.csv_folder import read_csv
from data.importers.sheets import RawSheet
from data.importers.sources import SourceFile
from data.importers.workbook import read_workbook

BLANKS = frozenset({"", "-", "--", "—", "——", "…", "...", "na", "n/a", "nan", "null", "none", "缺", "无数据", "*"})
"""What people write in a cell they have no figure for."""

WORKBOOKS = frozenset({".xlsx", ".xlsm"})

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_CODE = re.compile(r"0\d+")
_UNIT = re.compile(r"\s*[(\[【].*?[)\]】]\s*$")
_JOINTS = re.compile(r"[\s_\-./]+")


class UnreadableHistory(PlanningError):
    """
    The files of a history cannot be read, or no kind of history is in them.

    Attributes
    ----------
    faults
        All faults of all files; the error's sentence lists them.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("The history cannot be used:\n" + "\n".join(f"  {_line(fault)}" for fault in self.faults))


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """
    One file or sheet.

    Attributes
    ----------
    name
        What a person calls it: the file name, with the sheet of a workbook in square brackets.
    frame
        Columns by heading as written, outer blanks removed. The index is the row as a person sees it. A column of
        numbers only is ``int64`` or ``float64``; every other is text. A blank is missing (``isna``).
    """

    name: str
    frame: pd.DataFrame

    @property
    def stem(self) -> str:
        """The name without the file's ending."""
        file, bracket, sheet = self.name.partition(" [")
        return PurePosixPath(file).stem + bracket + sheet

    def column(self, words: Iterable[str]) -> str | None:
        """Give the heading that is one of the words, the first word first; case, joints and units do not matter."""
        known = {plain(heading): heading for heading in reversed(list(self.frame.columns))}
        return next((known[plain(word)] for word in words if plain(word) in known), None)


def plain(heading: str) -> str:
    """Give the form in which headings are compared: folded, without a unit in brackets, joints as one underscore."""
    return _JOINTS.sub("_", _UNIT.sub("", fold(heading))).strip("_")


def read_tables(paths: Sequence[Path]) -> tuple[Table, ...]:
    """
    Read CSV files (UTF-8, UTF-16 or GB18030) and workbooks (.xlsx), each sheet a table.

    Raises
    ------
    UnreadableHistory
        With the faults of all files: missing, empty, of another kind, broken, two columns of one heading.
    """
    findings = Findings()
    raw = [sheet for path in paths for sheet in _sheets(Path(path), findings)]
    tables = [table for sheet in raw if (table := _table(sheet, findings)) is not None]
    refuse(findings)
    return tuple(tables)


def numbers(table: Table, heading: str, findings: Findings, *, low: float | None = 0) -> NDArray[np.float64]:
    """Give a column as numbers, NaN where blank; a cell that is none, or is under ``low``, is reported and NaN."""
    rows = [int(str(row)) for row in table.frame.index]
    values = np.full(len(rows), np.nan)
    for position, (row, cell) in enumerate(zip(rows, table.frame[heading].tolist(), strict=True)):
        value = _number(str(cell)) if isinstance(cell, str) else cell
        where = Where(table.name, "", row, heading, str(cell))
        if isinstance(value, str):
            findings.add("not-a-number", where)
        elif value is not None and low is not None and value < low:
            findings.add("out-of-range", where, low=f"{low:g}", high="…")
        elif value is not None:
            values[position] = value
    return values


def refuse(findings: Findings) -> None:
    """Raise `UnreadableHistory` where there is a fault."""
    faults, _ = findings.closed()
    if faults:
        raise UnreadableHistory(faults)


def _line(fault: Fault) -> str:
    place = [fault.file, f"row {fault.row}" if fault.row else "", f"column {fault.column}" if fault.column else ""]
    value = f" ({fault.value})" if fault.value else ""
    return f"{', '.join(part for part in place if part)}{value}: {fault.reason}"


def _sheets(path: Path, findings: Findings) -> list[RawSheet]:
    source = SourceFile(path.name, path)
    if not path.is_file():
        findings.add("path-missing", Where(path.name))
    elif source.ending in WORKBOOKS:
        return read_workbook(source, findings)
    elif source.ending in {".csv", ".tsv", ".txt"}:
        sheet = read_csv(source, findings)
        return [] if sheet is None else [sheet]
    else:
        findings.add("file-kind", Where(path.name), kind=source.ending or "?")
    return []


def _table(sheet: RawSheet, findings: Findings) -> Table | None:
    """Take the first row of two or more filled cells as headings, the rows with anything in them as the body."""
    filled = [sum(bool(text.strip()) for text in row) for row in sheet.rows]
    top = next((i for i, count in enumerate(filled) if count >= 2), None)
    if top is None:
        findings.add("nothing-to-read", Where(sheet.file))
        return None
    texts = [text.strip() for text in sheet.rows[top]]
    wanted = [position for position, text in enumerate(texts) if text]
    twice = {text for text in texts if text and texts.count(text) > 1}
    for text in sorted(twice):
        where = Where(sheet.file, "", sheet.lines[top], text)
        findings.add("column-twice", where, column=text, column_zh=text, headings=f"{text}, {text}")
    body = [i for i in range(top + 1, len(sheet.rows)) if filled[i]]
    if not body or twice:
        if not body:
            findings.add("nothing-to-read", Where(sheet.file))
        return None
    rows = sheet.rows
    columns = {texts[p]: _typed([rows[i][p] if p < len(rows[i]) else "" for i in body]) for p in wanted}
    return Table(sheet.file, pd.DataFrame(columns, index=pd.Index([sheet.lines[i] for i in body], name="row")))


def _typed(texts: list[str]) -> pd.Series | NDArray[np.int64] | NDArray[np.float64]:
    read = [_number(text) for text in texts]
    given = [value for value in read if value is not None]
    if not given or any(isinstance(value, str) for value in given):
        return np.array([None if _blank(text) else text.strip() for text in texts], dtype=object)
    values = np.array([np.nan if value is None else value for value in read], dtype=np.float64)
    whole = np.isfinite(values).all() and bool((values == np.rint(values)).all() and (abs(values) < 2**53).all())
    return values.astype(np.int64) if whole else values


def _blank(text: str) -> bool:
    return fold(text) in BLANKS


def _number(text: str) -> float | str | None:
    """Read a number; ``None`` where blank, the text itself where it is none or a code that begins with 0."""
    if _blank(text):
        return None
    number = fold(text).replace("−", "-")
    number = number.replace(",", "") if _GROUPED.fullmatch(number) else number
    return float(number) if _NUMBER.fullmatch(number) and not _CODE.fullmatch(number) else text
