"""
What a report is made of: headings, words, tables and figures, in order.

A content module says what stands in a report; a writer (`app.reports.monitoring.pdf`, `.word`) how it looks. Every
figure that can be small is masked before it comes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a section, Chinese with an English line under it."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Words:
    """Paragraphs, or points of a list."""

    lines: tuple[str, ...]
    points: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``width`` is its share of the line against the other columns."""

    zh: str
    width: float = 1.0
    align: Literal["left", "center", "right"] = "left"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell; ``tone`` is the warning colour behind it."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table; an empty one says ``empty`` in its place.

    ``under`` holds a line of words under each row, or nothing at all.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    under: tuple[str, ...] = ()
    note: str = ""
    empty: str = "无 None"


@dataclass(frozen=True, slots=True)
class Axis:
    """The marks of an axis, ascending; the first and last are its ends."""

    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """
    One chart by year: a line within its band beside a stepped line, or bars about zero with their bands.

    ``None`` where nothing is known; ``steps`` is empty where there is nothing to compare with.
    """

    title: str
    kind: Literal["line", "bars"]
    years: tuple[int, ...]
    middle: tuple[int | None, ...]
    low: tuple[int | None, ...]
    high: tuple[int | None, ...]
    steps: tuple[int | None, ...]
    axis: Axis


@dataclass(frozen=True, slots=True)
class Pyramid:
    """People by group of ages, youngest first; ``right`` is empty where the sexes were not told apart."""

    title: str
    groups: tuple[str, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    axis: Axis
    left_name: str
    right_name: str


MarkKind = Literal["line", "band", "steps", "plus", "minus", "left", "right"]


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry of a legend."""

    kind: MarkKind
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """Charts side by side, two a row, under one caption; ``says`` tells in words what they show."""

    name: str
    caption: str
    says: str
    panels: tuple[Panel | Pyramid, ...]
    legend: tuple[Mark, ...]


Block = Heading | Words | Table | Figure


@dataclass(frozen=True, slots=True)
class Report:
    """A report ready to be written; ``at`` is the only date that a file of it carries."""

    title: str
    title_en: str
    facts: tuple[tuple[str, str], ...]
    state: str
    draft: bool
    synthetic: bool
    at: datetime
    blocks: tuple[Block, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures in order."""
        return tuple(block for block in self.blocks if isinstance(block, Figure))
