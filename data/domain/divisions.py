"""Divisions: authorities and districts, each valid between two dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NewType

from data.errors import BadRow

DivisionCode = NewType("DivisionCode", str)


@dataclass(frozen=True, slots=True)
class Division:
    """
    A county-level unit or another education authority, valid between two dates.

    Attributes
    ----------
    code
        GB/T 2260 code, always text.
    level
        ``city``, ``district``, ``county``, ``authority`` or ``township``.
    valid_from, valid_to
        First day in force, and first day no longer in force; ``None`` means open.
    succeeded_by
        Codes of the units that took over its territory; empty while it is in force.
    """

    code: DivisionCode
    name: str
    level: str
    parent: DivisionCode | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    succeeded_by: tuple[DivisionCode, ...] = ()

    def __post_init__(self) -> None:
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise BadRow("divisions", self.code, f"valid_to {self.valid_to} is not after {self.valid_from}")

    def in_force(self, on: date) -> bool:
        """Tell whether the unit exists on that day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)
