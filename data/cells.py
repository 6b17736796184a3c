"""One cell of a table: from text to a value, and back to the same text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, TypeVar

import shapely
from shapely import MultiPolygon, Point, Polygon
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from data.tables import CellType, Choice, Column

Number = TypeVar("Number", int, float)

Cell = str | int | float | bool | date | tuple[str, ...] | BaseGeometry | None
"""What a cell may hold once read; ``None`` is blank."""

LARGEST_WHOLE = 10**15
"""Whole numbers beyond this lose digits in a spreadsheet."""

_FULL_WIDTH = {
    code: code - 0xFEE0 for start, end in ("０９", "ＡＺ", "ａｚ") for code in range(ord(start), ord(end) + 1)
}
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_SHORTENED_CODE = re.compile(r"\d(\.\d+)?[eE]\+\d+")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME_OF_DAY = re.compile(r"[ T]00:00(:00(\.0+)?)?$")
_SERIAL_DAY = re.compile(r"[2-7]\d{4}")
_SPREADSHEET_EPOCH = date(1899, 12, 30)
_SEPARATORS = re.compile(r"[;；、]")


class BadCell(ValueError):
    """A cell does not hold what its column asks; ``code`` and ``facts`` choose and fill the sentence."""

    def __init__(self, code: str, **facts: str) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


def fold(text: str) -> str:
    """Give the form in which headings and choices are compared: half-width, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def plain_code(text: str) -> str:
    """Give a code without outer blanks and with half-width digits and letters."""
    return text.strip().translate(_FULL_WIDTH)


def parse(column: Column, text: str) -> Cell:
    """
    Read one cell; blank gives ``None``.

    Raises
    ------
    BadCell
        When the text is not of the column's type, not one of its choices or out of its range.
    """
    stripped = text.strip()
    return _READ[column.type](column, stripped) if stripped else None


def write(column: Column, value: Cell, *, chinese: bool = False) -> str:
    """Write one cell as text that ``parse`` reads back to an equal value; words in Chinese where asked."""
    return "" if value is None else _WRITE[column.type](column, value, chinese)


def wkt(geometry: BaseGeometry) -> str:
    """Write a point, polygon or multipolygon as WKT with every digit; GEOS itself drops the last ones."""
    match geometry:
        case Point():
            return f"POINT ({_coordinates(geometry)})"
        case Polygon():
            return f"POLYGON {_rings(geometry)}"
        case MultiPolygon():
            return f"MULTIPOLYGON ({', '.join(_rings(part) for part in geometry.geoms)})"
        case _:
            raise ValueError(f"a {geometry.geom_type} is not written")


def _rings(polygon: Polygon) -> str:
    rings = (polygon.exterior, *polygon.interiors)
    return f"({', '.join(f'({_coordinates(ring)})' for ring in rings)})"


def _coordinates(geometry: BaseGeometry) -> str:
    return ", ".join(f"{x + 0.0!r} {y + 0.0!r}" for x, y in shapely.get_coordinates(geometry).tolist())


def _code(_: Column, text: str) -> str:
    code = plain_code(text)
    if _SHORTENED_CODE.fullmatch(code):
        raise BadCell("code-digits-lost")
    return code


def _parts(text: str) -> list[str]:
    return [part.strip() for part in _SEPARATORS.split(text) if part.strip()]


def _ungrouped(text: str) -> str:
    number = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
    return number.replace(",", "") if _GROUPED.fullmatch(number) else number


def _whole(column: Column, text: str) -> int:
    number = _ungrouped(text)
    if not _WHOLE.fullmatch(number):
        raise BadCell("not-whole" if _NUMBER.fullmatch(number) else "not-a-number")
    whole = int(number.partition(".")[0])
    if abs(whole) > LARGEST_WHOLE:
        raise BadCell("too-large")
    return _in_range(column, whole)


def _number(column: Column, text: str) -> float:
    number = _ungrouped(text)
    if not _NUMBER.fullmatch(number):
        raise BadCell("not-a-number")
    value = float(number)
    if abs(value) > 1e300:
        raise BadCell("too-large")
    return _in_range(column, value)


def _in_range(column: Column, value: Number) -> Number:
    too_low = column.minimum is not None and value < column.minimum
    too_high = column.maximum is not None and value > column.maximum
    if too_low or too_high:
        low = "" if column.minimum is None else f"{column.minimum:g}"
        high = "" if column.maximum is None else f"{column.maximum:g}"
        raise BadCell("out-of-range", low=low or "…", high=high or "…")
    return value


def _day(_: Column, text: str) -> date:
    day = _TIME_OF_DAY.sub("", unicodedata.normalize("NFKC", text))
    if _SERIAL_DAY.fullmatch(day):
        return _SPREADSHEET_EPOCH + timedelta(days=int(day))
    found = _DAY.fullmatch(day) or _COMPACT_DAY.fullmatch(day)
    if not found:
        raise BadCell("not-a-date")
    year, month, number = (int(part) for part in found.groups())
    try:
        return date(year, month, number)
    except ValueError as no_such_day:
        raise BadCell("not-a-date") from no_such_day


@cache
def _meanings(choices: tuple[Choice, ...]) -> dict[str, str]:
    return {fold(word): choice.value for choice in choices for word in (choice.value, choice.zh, *choice.aliases)}


def _choice(column: Column, text: str) -> str:
    meaning = _meanings(column.choices).get(fold(text))
    if meaning is None:
        allowed = ", ".join(f"{choice.value} {choice.zh}" for choice in column.choices)
        raise BadCell("not-a-choice", allowed=allowed)
    return meaning


@cache
def _words(choices: tuple[Choice, ...]) -> dict[str, str]:
    return {choice.value: choice.zh for choice in choices}


def _word(column: Column, value: str, chinese: bool) -> str:
    return _words(column.choices)[value] if chinese else value


def _geometry(_: Column, text: str) -> BaseGeometry:
    try:
        geometry = shapely.from_wkt(text)
    except GEOSException as unreadable:
        raise BadCell("bad-geometry") from unreadable
    return shapely.force_2d(geometry)


def _several_codes(column: Column, text: str) -> tuple[str, ...] | None:
    return tuple(_code(column, part) for part in _parts(text)) or None


def _several_choices(column: Column, text: str) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(_choice(column, part) for part in _parts(text))) or None


_READ: Mapping[CellType, Callable[[Column, str], Cell]] = {
    CellType.TEXT: lambda _, text: text,
    CellType.CODE: _code,
    CellType.CODES: _several_codes,
    CellType.WHOLE: _whole,
    CellType.NUMBER: _number,
    CellType.DATE: _day,
    CellType.YES_NO: lambda column, text: _choice(column, text) == "yes",
    CellType.CHOICE: _choice,
    CellType.CHOICES: _several_choices,
    CellType.GEOMETRY: _geometry,
}

_WRITE: Mapping[CellType, Callable[[Column, Any, bool], str]] = {
    CellType.TEXT: lambda _, value, __: str(value),
    CellType.CODE: lambda _, value, __: str(value),
    CellType.CODES: lambda _, value, __: ";".join(value),
    CellType.WHOLE: lambda _, value, __: str(int(value)),
    CellType.NUMBER: lambda _, value, __: repr(float(value) + 0.0),  # no negative zero
    CellType.DATE: lambda _, value, __: str(value.isoformat()),
    CellType.YES_NO: lambda column, value, chinese: _word(column, "yes" if value else "no", chinese),
    CellType.CHOICE: _word,
    CellType.CHOICES: lambda column, value, chinese: ";".join(_word(column, part, chinese) for part in value),
    CellType.GEOMETRY: lambda _, value, __: wkt(value),
}
