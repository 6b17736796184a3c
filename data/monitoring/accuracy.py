"""The backtest of a district's own rolls, stored with every forecast."""

from __future__ import annotations

from data.backtest import Report
from data.monitoring.ground import Ground


def of_rolls(ground: Ground) -> Report | None:
    """Backtest the rolls of every stage; ``None`` where they are too short."""
    return None
