"""Errors of a scenario: it does not fit the figures it is asked of."""

from __future__ import annotations

from collections.abc import Sequence

from data.errors import PlanningError


class ScenarioDoesNotFit(PlanningError):
    """A scenario names what the dataset does not hold, or contradicts itself; all reasons at once."""

    def __init__(self, reasons: Sequence[str], reasons_zh: Sequence[str]) -> None:
        self.reasons, self.reasons_zh = tuple(reasons), tuple(reasons_zh)
        super().__init__(f"The scenario does not fit the dataset: {' '.join(reasons)}")
