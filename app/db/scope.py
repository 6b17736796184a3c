"""Which divisions a query may see. Every query that lists or finds by id takes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import InstrumentedAttribute


@dataclass(frozen=True, slots=True)
class Scope:
    """``division`` alone, or everything when it is ``None``."""

    division: str | None

    def allows(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Limit a query to rows of the division."""
        return true() if self.division is None else column == self.division

    def contains(self, division: str) -> bool:
        """Tell whether a division lies in the scope."""
        return self.division in (None, division)


ALL = Scope(None)
"""The service's own view: workers and schedules see every division."""
