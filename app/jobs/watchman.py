"""
Which workers are dead: those whose sign of life has not changed for a while, by our own clock.

Clocks of two machines are never compared: a watchman remembers when *it* last saw a sign change. So a new watchman
needs one whole silence before it calls anybody dead.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime


class Watchman:
    """Watches signs of life."""

    def __init__(self, dead_after_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._dead_after = dead_after_seconds
        self._clock = clock
        self._seen: dict[str, tuple[datetime | None, float]] = {}

    def dead(self, holders: Iterable[str], signs: Mapping[str, datetime]) -> list[str]:
        """
        Tell which holders of work are dead.

        Parameters
        ----------
        holders
            Executor ids that hold work.
        signs
            The last sign of life by executor id; a holder without one never gave any, or took its leave.
        """
        now = self._clock()
        held = set(holders)
        self._seen = {id: seen for id, seen in self._seen.items() if id in held}
        for id in held:
            sign = signs.get(id)
            if id not in self._seen or self._seen[id][0] != sign:
                self._seen[id] = (sign, now)
        return sorted(id for id, (_, since) in self._seen.items() if now - since >= self._dead_after)
