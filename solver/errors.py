"""Errors of the models: bad input or our own fault, never "no plan exists"."""

from __future__ import annotations

from data.errors import PlanningError


class BadProblem(PlanningError):
    """A problem was built from arrays that do not fit together."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"The problem is not well formed: {what}")


class UnlawfulPlan(PlanningError):
    """The search gave a plan that the checker refuses: our own fault, never an answer."""

    def __init__(self, breaches: list[str]) -> None:
        self.breaches = breaches
        super().__init__(f"A plan was found that breaks its own rules and is withheld: {'; '.join(breaches)}")
