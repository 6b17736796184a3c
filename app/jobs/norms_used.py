"""The norms that a layout asks for, remembered, so that a plan lists each one it used."""

from __future__ import annotations

from datetime import date

from data.domain.schools import Stage
from data.norms import Norm, Norms


class NormsUsed:
    """Norms of one stage and day; what is asked of them is remembered."""

    def __init__(self, norms: Norms, stage: Stage, on: date) -> None:
        self._norms, self._stage, self._on = norms, stage, on
        self._found: dict[tuple[str, Stage | None], Norm] = {}

    def value(self, key: str) -> float:
        """Give a norm's value and remember that it was used."""
        norm = self._norms.norm(key, self._stage, self._on)
        self._found[norm.key, norm.stage] = norm
        return norm.value

    def glance(self, key: str) -> float:
        """Give a norm's value for a comparison that shapes nothing."""
        return self._norms.value(key, self._stage, self._on)

    def note(self, key: str) -> None:
        """Remember a norm where there is one."""
        norm = self._norms.find(key, self._stage, self._on)
        if norm is not None:
            self._found[norm.key, norm.stage] = norm

    def listed(self) -> tuple[Norm, ...]:
        """List the norms used, by key."""
        return tuple(sorted(self._found.values(), key=lambda n: (n.key, n.stage or "")))
