"""Write a district, or nothing yet, as files that the importers read back to the same district."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from data import cells, csv_text, records
from data.cells import Cell
from data.domain.district import District
from data.errors import PlanningError
from data.records import Row
from data.tables import ONE_OF, TABLES, CellType, Column, Table

CELL_CHARACTERS = 32_000
"""A spreadsheet cell ends at 32,767 characters; longer outlines go on in further columns."""

SHEET_ROWS = 1_048_576
HEADING_ROWS = 2
VALIDATED_ROWS = 20_000
"""Rows of a blank sheet that get a list of choices."""

GUIDE_SHEET = "说明"
SYNTHETIC_NOTICE = "合成数据,不代表任何真实地区 / Synthetic data: stands for no real place"
MADE_ON = datetime(2000, 1, 1)
"""Creation time of every workbook, so that the same district gives the same bytes."""


class TooManyRows(PlanningError):
    """A table is longer than a spreadsheet can be; the CSV folder has no such limit."""

    def __init__(self, table: str, rows: int) -> None:
        self.table, self.rows = table, rows
        super().__init__(f"{table} has {rows} rows, more than a worksheet holds; export it as CSV.")


def write_csv_folder(district: District, folder: Path) -> None:
    """Write one UTF-8 CSV a table that has rows, with English headings, and a README that names the dataset."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in records.rows_of(district).items():
        table = TABLES[name]
        text = csv_text.write((table.names, *(_texts(table, row) for row in rows)))
        (folder / f"{name}.csv").write_bytes(codecs.BOM_UTF8 + text.encode())
    readme = "\n".join(about for about in _about(district) if about)
    (folder / "README.txt").write_text(readme + "\n", encoding="utf-8")


def write_workbook(district: District, path: Path) -> None:
    """
    Write one workbook with a sheet a table that has rows, Chinese headings with English ones below.

    Raises
    ------
    TooManyRows
        When a table does not fit on a sheet.
    """
    tables = records.rows_of(district)
    for name, rows in tables.items():
        if len(rows) + HEADING_ROWS > SHEET_ROWS:
            raise TooManyRows(name, len(rows))
    with _workbook(path) as book:
        styles = _styles(book)
        _guide(book, styles, _about(district))
        for name, rows in tables.items():
            _sheet(book, styles, TABLES[name], rows)


def blank_workbook(path: Path) -> None:
    """Write the workbook to fill in: a guide, then an empty sheet a table with headings, notes and choices."""
    with _workbook(path) as book:
        styles = _styles(book)
        _guide(book, styles, ("均衡 Junheng 数据填报表 / data workbook",))
        for table in TABLES.values():
            _sheet(book, styles, table, ())


def _texts(table: Table, row: Row) -> list[str]:
    return [cells.write(column, value) for column, value in zip(table.columns, row, strict=True)]


def _about(district: District) -> tuple[str, ...]:
    return (
        district.title,
        f"区县 division: {district.division}",
        f"来源 source: {district.source}" if district.source else "",
        SYNTHETIC_NOTICE if district.synthetic else "",
    )


def _workbook(path: Path) -> Any:
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": MADE_ON, "comments": "Junheng"})
    return book


def _styles(book: Any) -> dict[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "required": book.add_format({"bold": True, "bg_color": "#F4CCCC", "border": 1}),
        "optional": book.add_format({"bold": True, "bg_color": "#D9EAD3", "border": 1}),
        "english": book.add_format({"italic": True, "font_color": "#666666", "border": 1}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "text": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
    }


GUIDE = (
    "第一行是中文列名,第二行是英文列名,从第三行起填写;两行表头都可保留,导入时自动跳过。",
    "Row 1 holds Chinese headings, row 2 English ones; fill in from row 3. Both may stay.",
    "红色列必填,绿色列可空;鼠标停在列名上可看说明。不用的工作表可以删除或留空。",
    "Red columns are required, green ones optional; hover over a heading to read its meaning.",
    "Unused sheets may be deleted or left empty.",
    "编号和代码一律按文本填写;日期写成 2026-09-01;多个值用分号分隔。",
    "Ids and codes are text; dates are written 2026-09-01; several values are separated by semicolons.",
    f"必须有:村社区、学校、办学条件,以及 {' 或 '.join(TABLES[name].zh for name in ONE_OF)} 之一。",
    f"Needed: settlements, schools, sites, and at least one of {', '.join(ONE_OF)}.",
)


def _guide(book: Any, styles: dict[str, Any], about: Sequence[str]) -> None:
    """Write the first sheet: what the workbook is, how to fill it in, and every column of every table."""
    sheet = book.add_worksheet(GUIDE_SHEET)
    for position, width in enumerate((12, 16, 18, 8, 14, 44, 60)):
        sheet.set_column(position, position, width)
    line = 0
    for text in about:
        if text:
            sheet.write_string(line, 0, text, styles["title"])
            line += 1
    for text in GUIDE:
        sheet.write_string(line, 0, text)
        line += 1
    line += 1
    for position, heading in enumerate(("工作表", "列名", "column", "必填", "单位 unit", "说明", "meaning")):
        sheet.write_string(line, position, heading, styles["optional"])
    for table in TABLES.values():
        for column in table.columns:
            line += 1
            must = "是" if column.required else ""
            row = (table.zh, column.zh, column.name, must, column.unit, column.meaning_zh, _meaning(column))
            for position, text in enumerate(row):
                sheet.write_string(line, position, text, styles["wrap"])


def _meaning(column: Column) -> str:
    choices = ", ".join(f"{choice.value} {choice.zh}" for choice in column.choices)
    return f"{column.meaning}: {choices}" if choices else column.meaning


def _sheet(book: Any, styles: dict[str, Any], table: Table, rows: Sequence[Row]) -> None:
    sheet = book.add_worksheet(table.zh)
    sheet.freeze_panes(HEADING_ROWS, 1)
    for position, column in enumerate(table.columns):
        _heading(sheet, styles, column, position, column.zh, column.name)
    for line, row in enumerate(rows, HEADING_ROWS):
        for position, (column, value) in enumerate(zip(table.columns, row, strict=True)):
            _cell(sheet, styles, column, line, position, value)
    if table.columns[-1].type is CellType.GEOMETRY:
        _further_outline_headings(sheet, styles, table, rows)


def _heading(sheet: Any, styles: dict[str, Any], column: Column, position: int, zh: str, english: str) -> None:
    sheet.set_column(position, position, max(12, 2 * len(zh) + 2, len(english) + 2), _column_style(styles, column))
    sheet.write_string(0, position, zh, styles["required" if column.required else "optional"])
    sheet.write_string(1, position, english, styles["english"])
    unit = f" ({column.unit})" if column.unit else ""
    sheet.write_comment(0, position, f"{column.meaning_zh}\n{_meaning(column)}{unit}")
    if column.choices and column.type is not CellType.CHOICES:
        words = [choice.zh for choice in column.choices]
        allowed = {"validate": "list", "source": words, "error_title": column.zh, "error_message": "请从列表中选择"}
        sheet.data_validation(HEADING_ROWS, position, VALIDATED_ROWS, position, allowed)


def _column_style(styles: dict[str, Any], column: Column) -> Any:
    if column.type is CellType.DATE:
        return styles["date"]
    return styles["text"] if column.is_text else None


def _cell(sheet: Any, styles: dict[str, Any], column: Column, line: int, position: int, value: Cell) -> None:
    if value is None:
        return
    text = cells.write(column, value, chinese=True)
    if column.type is CellType.GEOMETRY:
        for step, piece in enumerate(_pieces(text)):
            sheet.write_string(line, position + step, piece, styles["text"])
    elif column.is_text or column.type is CellType.DATE or not _survives(text):
        sheet.write_string(line, position, text, styles["text"])
    else:
        sheet.write_number(line, position, float(text))


def _survives(number: str) -> bool:
    """Tell whether a number keeps every digit in a worksheet, which stores sixteen."""
    return float(f"{float(number):.16G}") == float(number)


def _pieces(text: str) -> list[str]:
    return [text[start : start + CELL_CHARACTERS] for start in range(0, len(text), CELL_CHARACTERS)]


def _further_outline_headings(sheet: Any, styles: dict[str, Any], table: Table, rows: Sequence[Row]) -> None:
    """Name the columns in which an outline too long for one cell goes on: 边界 2, 边界 3, ..."""
    last = len(table.columns) - 1
    column = table.columns[last]
    most = max((len(_pieces(cells.write(column, row[last]))) for row in rows), default=1)
    for step in range(1, most):
        _heading(sheet, styles, column, last + step, f"{column.zh} {step + 1}", f"{column.name} {step + 1}")
