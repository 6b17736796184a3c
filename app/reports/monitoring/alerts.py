"""The warnings of a forecast as a report tells them: one a place, stage and side, the gravest and most urgent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from app.cases.forecast_document import ForecastDocument, WarningRow
from app.reports.monitoring import words

COLOURS = ("red", "orange", "yellow", "blue")
"""Colours that warn."""


@dataclass(frozen=True, slots=True)
class Alert:
    """
    What is ahead of one place and stage, on the side of shortage or of surplus.

    Attributes
    ----------
    near
        The gravest colour of the first year and the two after it; ``normal`` when this side comes later.
    worst
        The row of the gravest colour of all years, the first of them.
    urgent
        The row whose last date to act comes first, or ``worst`` when nothing can be done.
    """

    first: WarningRow
    near: str
    worst: WarningRow
    urgent: WarningRow

    def under(self, parent: str) -> Alert:
        """Give the place another parent to be listed with."""
        return replace(self, first=self.first.model_copy(update={"parent": parent}))

    @property
    def red(self) -> bool:
        """Tell whether it is red in any year."""
        return "red" in (self.near, self.worst.colour)

    @property
    def probability(self) -> float:
        """Share of paths with a shortage, or on the side of surplus with a surplus, in the year of the worst colour."""
        return self.worst.surplus_probability if self.worst.colour == "blue" else self.worst.shortage_probability

    @property
    def act_by(self) -> date | None:
        """The last date to act."""
        return self.urgent.act_by

    @property
    def order(self) -> tuple[int, int, date, str, str]:
        """Gravest first, then the most urgent."""
        return (
            words.severity(self.near),
            words.severity(self.worst.colour),
            self.act_by or date.max,
            self.first.id,
            self.first.stage,
        )


def alerts(document: ForecastDocument, level: str) -> tuple[Alert, ...]:
    """Gather the warnings of a level."""
    rows = sorted(
        (row for row in document.warnings if row.level == level), key=lambda row: (row.id, row.stage, row.year)
    )
    found = []
    for _, group in groupby(rows, key=lambda row: (row.id, row.stage)):
        years = tuple(group)
        short = [row for row in years if row.colour in COLOURS and row.colour != "blue"]
        spare = [row for row in years if row.colour == "blue"]
        found += [_alert(years, side) for side in (short, spare) if side]
    return tuple(sorted(found, key=lambda alert: alert.order))


def _alert(years: tuple[WarningRow, ...], side: list[WarningRow]) -> Alert:
    first = years[0]
    ahead = [row.colour for row in side if row.year <= first.year + 2]
    worst = min(side, key=lambda row: (words.severity(row.colour), row.year))
    urgent = min((row for row in side if row.act_by), key=lambda row: (row.act_by or date.max, row.year), default=worst)
    return Alert(first, min(ahead, key=words.severity, default="normal"), worst, urgent)


def counted(document: ForecastDocument, level: str = "school") -> Mapping[str, int]:
    """Count places and stages of a level by the worst colour ahead of the first year."""
    first = document.years[0]
    return Counter(row.worst_ahead for row in document.warnings if row.level == level and row.year == first)


def dates(found: Iterable[Alert]) -> tuple[Alert, ...]:
    """Choose what can still be done in time, the nearest last date first."""
    timely = [alert for alert in found if alert.act_by is not None and not alert.urgent.overdue]
    return tuple(sorted(timely, key=lambda alert: (alert.act_by or date.max, alert.order)))
