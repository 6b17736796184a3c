"""The state of one solve: best plan, best bound, clock, and who wants to know."""

from __future__ import annotations

import logging
import threading
import time

import numpy as np

from solver.areas import check
from solver.areas.check import Breach
from solver.areas.problem import AreaProblem
from solver.areas.search import Found
from solver.plan import Limits, Progress, Report, ShouldStop

log = logging.getLogger("junheng.solver")

PULSE_SECONDS = 0.9

GUARD_SECONDS = 3_600.0
"""Wall time of a deterministic solve: a guard far above its work, which is counted in steps."""


def refuse(broken: Breach) -> None:
    """Note that the search offered an unlawful plan: our own fault, and no plan for anybody."""
    log.warning("an unlawful plan was offered and refused: %s at school %s", broken.rule, broken.school)


class Work:
    """One solve under way; ``offer`` and ``raise_bound`` may be called from several threads."""

    def __init__(self, problem: AreaProblem, limits: Limits, report: Report, should_stop: ShouldStop) -> None:
        self.problem, self.limits, self._report, self._asked = problem, limits, report, should_stop
        self.started = time.monotonic()
        self.best: Found | None = None
        self.bound = -np.inf
        self.proved = False
        self.stopped = False
        self.history: list[tuple[float, str, int | None, int | None]] = []
        self._lock = threading.Lock()
        self._phase, self._told = "bound", self.started

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return time.monotonic() - self.started

    def left(self) -> float:
        """Seconds left; a far guard in deterministic mode."""
        total = GUARD_SECONDS if self.limits.deterministic else self.limits.seconds
        return total - self.seconds

    def past(self, share: float) -> bool:
        """Tell whether to end, or a share of the time is used; deterministic work knows no time."""
        return self.over() or (not self.limits.deterministic and self.seconds > share * self.limits.seconds)

    def over(self) -> bool:
        """Tell whether to end: proved, out of time, or asked to stop."""
        if not self.stopped and self._asked():
            self.stopped = True
        if time.monotonic() - self._told > PULSE_SECONDS:
            self._tell()
        return self.stopped or self.done() or self.left() <= 0

    def done(self) -> bool:
        """Tell whether the wanted gap is reached."""
        if self.proved or self.best is None:
            return self.proved
        return self.best.cost - self.bound <= self.limits.gap * max(abs(self.best.cost), 1.0)

    def offer(self, found: Found | None, phase: str) -> bool:
        """Take a plan when it is cheaper than the best and the checker finds it lawful; tell whether it was."""
        if found is None or not self._cheaper(found):
            return False
        broken = next(check.breaches(self.problem, found.school_of.tolist(), found.opened.tolist()), None)
        if broken is not None:
            refuse(broken)
            return False
        with self._lock:
            better = self._cheaper(found)
            if better:
                self.best = found
        if better:
            self.say(phase)
        return better

    def _cheaper(self, found: Found) -> bool:
        return self.best is None or found.cost < self.best.cost - 0.5

    def raise_bound(self, bound: float, phase: str) -> None:
        """Take a proved bound when it is higher; costs are whole, so it rounds up."""
        whole = np.ceil(bound - 1e-9) if np.isfinite(bound) else bound
        with self._lock:
            better = whole > self.bound
            if better:
                self.bound = float(whole)
        if better:
            self.say(phase)

    def say(self, phase: str) -> None:
        """Note where the solve stands, and report it."""
        self._phase = phase
        best, bound = self._tell()
        self.history.append((self.seconds, phase, best, bound))

    def _tell(self) -> tuple[int | None, int | None]:
        """Report best plan and bound; also called once a second when nothing new is found."""
        self._told = time.monotonic()
        best = None if self.best is None else round(self.best.cost)
        bound = None if not np.isfinite(self.bound) else int(self.bound)
        if best is not None and bound is not None:
            bound = min(bound, best)
        self._report(Progress(self.seconds, self._phase, best, bound))
        return best, bound
