"""
The built-in register of Chongqing's county-level units, each valid between two dates.

It is right from ``KNOWN_FROM`` on: the divisions of earlier years, and their codes, were others. The change of
2025 took effect on the day it was announced, 6 November 2025; the new district's offices opened on 25 January 2026.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from data.domain.divisions import Division, DivisionCode
from data.errors import PlanningError

KNOWN_FROM = date(2017, 1, 1)


class OutsideRegister(PlanningError):
    """The register does not go back to that day."""

    def __init__(self, on: date) -> None:
        self.on, self.known_from = on.isoformat(), KNOWN_FROM.isoformat()
        super().__init__(f"The register of divisions begins on {KNOWN_FROM}; {on} is before it.")


class UnknownDivision(PlanningError):
    """No division of that code is in the register."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"The register of divisions has no {code}.")


@dataclass(frozen=True, slots=True)
class TownshipMove:
    """A township that went, from a day on, to another unit than the rest of its old one."""

    on: date
    township: str
    before: DivisionCode
    after: DivisionCode


@dataclass(frozen=True, slots=True)
class Register:
    """Divisions with their dates, and the townships that moved between them."""

    divisions: tuple[Division, ...]
    moves: tuple[TownshipMove, ...] = ()

    @staticmethod
    def default() -> Register:
        """Give the register shipped with the program."""
        return _shipped()

    def find(self, code: str) -> Division | None:
        """Find a division of any date by its code, or ``None``."""
        return next((division for division in self.divisions if division.code == code), None)

    def units(self, on: date) -> tuple[Division, ...]:
        """
        List the county-level units in force on a day, by code.

        Raises
        ------
        OutsideRegister
            When the day is before the register begins.
        """
        if on < KNOWN_FROM:
            raise OutsideRegister(on)
        return tuple(unit for unit in self.divisions if unit.level != "city" and unit.in_force(on))

    def unit_of(self, code: str, township: str, on: date) -> DivisionCode:
        """
        Give the unit that a township, recorded under ``code`` at whatever date, belongs to on a later day.

        A township named in the list of moves follows it; any other follows the first successor of its unit.

        Raises
        ------
        UnknownDivision
            When the register has no ``code``.
        """
        division = self.find(code)
        if division is None:
            raise UnknownDivision(code)
        for move in self.moves:
            if (move.before, move.township) == (division.code, township) and move.on <= on:
                return move.after
        ended = division.valid_to is not None and division.valid_to <= on
        if ended and division.succeeded_by:
            return self.unit_of(division.succeeded_by[0], township, on)
        return division.code


@cache
def _shipped() -> Register:
    divisions = tuple(sorted((_division(row) for row in _rows("divisions.csv")), key=lambda unit: unit.code))
    return Register(divisions, tuple(_move(row) for row in _rows("township_moves.csv")))


def _rows(name: str) -> Iterator[Mapping[str, str]]:
    text = resources.files("data").joinpath(name).read_text(encoding="utf-8")
    return iter(csv.DictReader(text.splitlines()))


def _division(row: Mapping[str, str]) -> Division:
    return Division(
        code=DivisionCode(row["code"]),
        name=row["name"],
        level=row["level"],
        parent=DivisionCode(row["parent"]) if row["parent"] else None,
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        succeeded_by=tuple(DivisionCode(code) for code in row["succeeded_by"].split(";") if code),
    )


def _move(row: Mapping[str, str]) -> TownshipMove:
    on = date.fromisoformat(row["on"])
    return TownshipMove(on, row["township"], DivisionCode(row["from"]), DivisionCode(row["to"]))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
