"""
Norms: dated figures with unit, source and trust; city and district rows override national ones.

The figures are in ``norms.csv``. ``valid_from`` is the first day of the document's year where only the year is
known. ``trust``: V the text was read, K known but not re-read, U unverified 未核实 and to be confirmed by the user.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from importlib import resources

from data.domain.schools import Stage
from data.errors import PlanningError


class Level(StrEnum):
    """Who set a norm; a later one of this list goes before an earlier one."""

    NATIONAL = "national"
    CITY = "city"
    DISTRICT = "district"


class Sense(StrEnum):
    """How a figure is held against the norm."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    EXACTLY = "exactly"


class Kind(StrEnum):
    """What a breach means: ``hard`` unlawful, ``soft`` reported, ``target`` aimed at, ``info``, ``param`` a choice."""

    HARD = "hard"
    SOFT = "soft"
    TARGET = "target"
    INFO = "info"
    PARAM = "param"


RANK = {level: rank for rank, level in enumerate(Level)}


class UnknownNorm(PlanningError):
    """No norm of that key and stage is in force on that day."""

    def __init__(self, key: str, stage: str | None, on: date) -> None:
        self.key, self.stage, self.on = key, stage, on.isoformat()
        super().__init__(f"No norm {key} for {stage or 'every stage'} is in force on {on}.")


class LaxerThanNational(PlanningError):
    """An override loosens a hard floor or ceiling set above it."""

    def __init__(self, key: str, stage: str | None, value: float, norm: Norm) -> None:
        self.key, self.stage, self.value = key, stage, value
        self.limit, self.sense, self.level, self.source = norm.value, norm.sense.value, norm.level.value, norm.source
        super().__init__(
            f"{key} {value:g} is laxer than {norm.value:g} ({norm.sense.replace('_', ' ')}), "
            f"a hard rule at {norm.level} level: {norm.source}."
        )


@dataclass(frozen=True, slots=True)
class Norm:
    """
    One figure of one document.

    Attributes
    ----------
    stage
        ``None``: for every stage, or for none in particular.
    valid_from, valid_to
        First day in force, and first day no longer in force; ``None`` means open.
    """

    key: str
    value: float
    unit: str
    stage: Stage | None
    valid_from: date | None
    valid_to: date | None
    kind: Kind
    source: str
    trust: str
    level: Level
    sense: Sense
    meaning: str = ""
    meaning_zh: str = ""

    def in_force(self, on: date) -> bool:
        """Tell whether the norm holds on that day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)

    def allows(self, value: float) -> bool:
        """Tell whether a value is at least as strict as this norm."""
        match self.sense:
            case Sense.AT_MOST:
                return value <= self.value
            case Sense.AT_LEAST:
                return value >= self.value
            case Sense.EXACTLY:
                return value == self.value

    def overlaps(self, valid_from: date | None, valid_to: date | None) -> bool:
        """Tell whether some day lies in both validities."""
        starts_before_end = valid_to is None or self.valid_from is None or self.valid_from < valid_to
        ends_after_start = self.valid_to is None or valid_from is None or valid_from < self.valid_to
        return starts_before_end and ends_after_start


@dataclass(frozen=True)
class Norms:
    """A set of norms; immutable, an override gives a new set."""

    rows: tuple[Norm, ...]

    @staticmethod
    def default() -> Norms:
        """Give the norms shipped with the program."""
        return _shipped()

    def find(self, key: str, stage: Stage | None, on: date) -> Norm | None:
        """
        Find the norm in force on a day, or ``None``.

        The lowest level wins (district, city, national); within it a row of that stage goes before one for every
        stage, and the row that came into force last goes before an older one.
        """
        wanted = (row for row in self._by_key.get(key, ()) if row.stage in (stage, None) and row.in_force(on))
        return max(wanted, key=_precedence, default=None)

    def norm(self, key: str, stage: Stage | None, on: date) -> Norm:
        """Find the norm in force on a day; raises ``UnknownNorm`` when there is none."""
        found = self.find(key, stage, on)
        if found is None:
            raise UnknownNorm(key, stage, on)
        return found

    def value(self, key: str, stage: Stage | None, on: date) -> float:
        """Give the value, in the unit of the norm; raises ``UnknownNorm`` when there is none."""
        return self.norm(key, stage, on).value

    def in_force(self, on: date) -> tuple[Norm, ...]:
        """List every norm of that day, of every level, by key, stage and level."""
        return tuple(sorted((row for row in self.rows if row.in_force(on)), key=_order))

    def overridden(
        self,
        level: Level,
        key: str,
        stage: Stage | None,
        value: float,
        source: str,
        *,
        valid_from: date | None = None,
        valid_to: date | None = None,
    ) -> Norms:
        """
        Add a city's or district's own value.

        The new row keeps unit, sense and kind of the newest row it overrides. Where ``stage`` is ``None`` it holds
        for every stage, and is compared with the rows of every stage.

        Raises
        ------
        UnknownNorm
            When there is nothing of that key and stage to override.
        LaxerThanNational
            When a hard row of a higher level, in force on some day of the override, is stricter.
        """
        above = [
            row for row in self._by_key.get(key, ()) if RANK[row.level] < RANK[level] and _covers(stage, row.stage)
        ]
        concerned = [row for row in above if row.overlaps(valid_from, valid_to)]
        if not concerned:
            raise UnknownNorm(key, stage, valid_from or date.today())
        still_open = [row for row in concerned if row.valid_to is None] if valid_to is None else []
        for row in still_open or concerned:
            if row.kind is Kind.HARD and not row.allows(value):
                raise LaxerThanNational(key, stage, value, row)
        like = max(concerned, key=_precedence)
        own = replace(
            like, level=level, stage=stage, value=value, source=source, trust="U",
            valid_from=valid_from, valid_to=valid_to,
        )  # fmt: skip
        kept = tuple(row for row in self.rows if not (row.level == level and row.key == key and row.stage == stage))
        return Norms((*kept, own))

    @cached_property
    def _by_key(self) -> dict[str, list[Norm]]:
        by_key: dict[str, list[Norm]] = {}
        for row in self.rows:
            by_key.setdefault(row.key, []).append(row)
        return by_key


def read_norms(lines: Iterable[str]) -> Norms:
    """Read norms from the lines of a CSV file with the columns of ``norms.csv``."""
    return Norms(tuple(_norm(row) for row in csv.DictReader(lines)))


@cache
def _shipped() -> Norms:
    text = resources.files("data").joinpath("norms.csv").read_text(encoding="utf-8")
    return read_norms(text.splitlines())


def _norm(row: Mapping[str, str]) -> Norm:
    return Norm(
        key=row["key"],
        value=float(row["value"]),
        unit=row["unit"],
        stage=Stage(row["stage"]) if row["stage"] else None,
        valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        kind=Kind(row["kind"]),
        source=row["source"],
        trust=row["trust"],
        level=Level(row["level"]),
        sense=Sense(row["sense"]),
        meaning=row["meaning"],
        meaning_zh=row["meaning_zh"],
    )


def _precedence(row: Norm) -> tuple[int, bool, date]:
    return RANK[row.level], row.stage is not None, row.valid_from or date.min


def _order(row: Norm) -> tuple[str, str, int, date]:
    return row.key, row.stage or "", RANK[row.level], row.valid_from or date.min


def _covers(wanted: Stage | None, stage: Stage | None) -> bool:
    """Tell whether an override for ``wanted`` touches a row of ``stage``."""
    return wanted is None or stage is None or wanted == stage
