"""Errors raised on purpose. Each carries facts; its sentence is in the planner's words."""

from __future__ import annotations


class PlanningError(Exception):
    """Base of every error raised on purpose, in every layer."""

    @property
    def facts(self) -> dict[str, object]:
        """The public attributes of the error: what the sentence was made of."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


class BadRow(PlanningError):
    """A domain object was built from figures that cannot be."""

    def __init__(self, table: str, row: str, reason: str) -> None:
        self.table, self.row, self.reason = table, row, reason
        super().__init__(f"{table} {row}: {reason}")
