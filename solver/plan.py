"""What every optimised answer carries: status, objective by part, bound, gap, and how it was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """What an answer claims; an exception is never an answer."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How long and how a solve may work.

    Attributes
    ----------
    seconds
        Wall time; the answer comes within two seconds of it.
    seed
        Start of every random choice.
    workers
        Threads the exact solver may use.
    deterministic
        The same input, seed and workers give the same plan: work is counted in steps, not in seconds, and
        ``seconds`` is then only a guard far above the work.
    gap
        Stop when the proved relative gap is at most this.
    """

    seconds: float = 60.0
    seed: int = 1
    workers: int = 2
    deterministic: bool = False
    gap: float = 0.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Progress:
    """
    A report from inside a solve.

    Attributes
    ----------
    phase
        One word: ``bound``, ``repair``, ``construct``, ``search``, ``mixture``, ``neighbourhood``, ``proof``.
    best, bound
        Objective of the best plan and proved lower bound so far; ``None`` while there is none.
    """

    seconds: float
    phase: str
    best: int | None
    bound: int | None


Report = Callable[[Progress], None]
ShouldStop = Callable[[], bool]


def report_nothing(_: Progress) -> None:
    """Take a report and do nothing."""


def never_stop() -> bool:
    """Never ask for a stop."""
    return False


@dataclass(frozen=True, slots=True)
class Certificate:
    """
    How good an answer is and how it was made.

    Attributes
    ----------
    objective
        Whole units of the objective; ``None`` without a plan.
    bound
        No plan of the same problem costs less; ``None`` when nothing was proved.
    parts
        The objective by part; the parts sum to ``objective``.
    method
        The solvers and versions at work.
    stopped
        Somebody asked for a stop and the best plan so far was kept.
    """

    status: Status
    objective: int | None
    bound: int | None
    seed: int
    seconds: float
    method: str
    parts: dict[str, int] = field(default_factory=dict)
    deterministic: bool = False
    stopped: bool = False

    @property
    def gap(self) -> float | None:
        """Relative distance of the objective from the bound, 0 when proved; ``None`` when one is missing."""
        if self.objective is None or self.bound is None:
            return None
        if self.objective <= self.bound:
            return 0.0
        return (self.objective - self.bound) / max(abs(self.objective), 1)
