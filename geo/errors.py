"""Errors of place: a wrong coordinate system, a trip that cannot be timed, shapes that do not match."""

from __future__ import annotations

from data.errors import PlanningError


class WrongCrs(PlanningError):
    """Coordinates are not what the function was promised: longitude and latitude, or metres."""

    def __init__(self, expected: str, found: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(f"The coordinates are not {expected}: {found}.")


class BadTravel(PlanningError):
    """A speed or detour with which no trip can be timed."""

    def __init__(self, name: str, value: float, expected: str) -> None:
        self.name, self.value, self.expected = name, value, expected
        super().__init__(f"The travel figure {name} is {value}, expected {expected}.")


class UnequalLengths(PlanningError):
    """Two lists that describe the same things differ in length."""

    def __init__(self, name: str, length: int, other: str, other_length: int) -> None:
        self.name, self.length, self.other, self.other_length = name, length, other, other_length
        super().__init__(f"There are {length} {name} for {other_length} {other}.")
