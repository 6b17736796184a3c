"""Errors of a forecast: children nobody counted, places nobody knows, years nobody asked for."""

from __future__ import annotations

from data.errors import PlanningError


class NoCohort(PlanningError):
    """
    The children of a grade in a year are in no count of ages, no births and no declared demand of a whole township.

    Attributes
    ----------
    place
        The first settlement without them.
    settlements
        How many settlements are without them.
    born_from, born_to
        The birth period of these children, both months included, as ``YYYY-MM``.
    """

    def __init__(self, place: str, settlements: int, grade: int, year: int, born_from: str, born_to: str) -> None:
        self.place, self.settlements, self.grade, self.year = place, settlements, grade, year
        self.born_from, self.born_to = born_from, born_to
        super().__init__(
            f"Nothing is known of the children of grade {grade} in {year}, born {born_from} to {born_to}, in "
            f"{settlements} settlements, the first of them {place}: give their ages, births or declared demand."
        )


class UnknownPlace(PlanningError):
    """A row counts people of a place in which there is no settlement."""

    def __init__(self, table: str, level: str, place: str) -> None:
        self.table, self.level, self.place = table, level, place
        super().__init__(f"The table {table} names the {level} {place}, in which there is no settlement.")


class YearNotForecast(PlanningError):
    """A year is asked of a forecast that was not made for it."""

    def __init__(self, year: int, years: tuple[int, ...]) -> None:
        self.year, self.years = year, years
        super().__init__(f"The forecast was made for {', '.join(map(str, years))}, not for {year}.")
