"""Excel workbooks: every sheet as text, merged cells and formula errors seen to."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

import python_calamine

from data.cells import LARGEST_WHOLE
from data.faults import Findings, Where
from data.importers.sheets import RawSheet
from data.importers.sources import MOST_UNPACKED_BYTES, SourceFile, unpacked_bytes

GUIDES = frozenset({"说明", "填写说明", "readme", "guide"})
"""Sheets that explain and hold no table."""

_ERROR_CELL = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)(\d+)"[^>]*>.*?<(?:\w+:)?v>(.*?)<', re.DOTALL
)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_workbook(source: SourceFile, findings: Findings) -> list[RawSheet]:
    """Read every sheet of a workbook but its guides; what cannot be opened is reported."""
    if unpacked_bytes(source.path) > MOST_UNPACKED_BYTES:
        findings.add("zip-too-large", Where(source.name), limit=f"{MOST_UNPACKED_BYTES >> 20} MB")
        return []
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(source.path))
        errors = _formula_errors(source)
        names = [name for name in book.sheet_names if name.strip().casefold() not in GUIDES]
        return [_sheet(source, book, name, errors.get(name, {}), alone=len(names) == 1) for name in names]
    except (python_calamine.CalamineError, OSError, zipfile.BadZipFile, KeyError, ElementTree.ParseError) as broken:
        findings.add("workbook-broken", Where(source.name), error=broken)
        return []


def _sheet(source: SourceFile, book: Any, name: str, errors: dict[tuple[int, int], str], *, alone: bool) -> RawSheet:
    sheet = book.get_sheet_by_name(name)
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for (line, position), error in errors.items():
        if line < len(rows) and position < len(rows[line]):
            rows[line][position] = error
    _spread_merged(rows, sheet.merged_cell_ranges or [])
    names = (name, source.stem, source.name) if alone else (name,)
    return RawSheet(f"{source.name} [{name}]", names, rows, list(range(1, len(rows) + 1)))


def _text(cell: object) -> str:
    """Write a cell as a person would type it; numbers without the ``.0`` that spreadsheets add."""
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < LARGEST_WHOLE else repr(cell)
        case datetime():
            return cell.isoformat(sep=" ")
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


def _spread_merged(rows: list[list[str]], merged: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Repeat a cell merged over several rows on each of them; empty a title merged over several columns."""
    for (top, left), (bottom, right) in merged:
        if right > left:
            _empty_title(rows, top, left, right)
        elif top < len(rows) and left < len(rows[top]):
            for line in range(top + 1, min(bottom + 1, len(rows))):
                rows[line][left] = rows[top][left]


def _empty_title(rows: list[list[str]], top: int, left: int, right: int) -> None:
    """Blank a merged title or note when nothing else stands in its row, so that the row is skipped."""
    if top < len(rows) and not any(text.strip() for i, text in enumerate(rows[top]) if not left <= i <= right):
        rows[top] = [""] * len(rows[top])


def _formula_errors(source: SourceFile) -> dict[str, dict[tuple[int, int], str]]:
    """Find cells with a formula error, by sheet, row and column from 0; the reader itself gives them as blank."""
    with zipfile.ZipFile(source.path) as archive:
        return {name: dict(_errors_in(archive.read(part))) for name, part in _sheet_parts(archive)}


def _sheet_parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Give the name of each sheet and its part of the archive."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        target = targets.get(element.get(_RELATION)) if element.tag.endswith("}sheet") else None
        if target:
            part = target.removeprefix("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
            if part in archive.namelist():
                yield element.get("name", ""), part


def _errors_in(sheet: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    if b't="e"' in sheet:
        for letters, line, error in _ERROR_CELL.findall(sheet):
            yield (int(line) - 1, _position(letters.decode())), error.decode()


def _position(letters: str) -> int:
    position = 0
    for letter in letters:
        position = position * 26 + ord(letter) - ord("A") + 1
    return position - 1
