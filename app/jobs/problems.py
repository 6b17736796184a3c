"""How a run failed, as the problem document that is stored with it (RFC 9457)."""

from __future__ import annotations

import signal
from http import HTTPStatus
from typing import Any

from app.errors import problem


def _ours(slug: str, title: str, detail: str, **facts: object) -> dict[str, Any]:
    return problem(slug, HTTPStatus.INTERNAL_SERVER_ERROR, title, detail, facts)


def fault(text: str) -> dict[str, Any]:
    """Tell of an exception that nobody raised on purpose."""
    return _ours("solver-fault", "Our own fault", f"The solver met an error of our own: {text}", error=text)


def crashed(code: int, attempts: int) -> dict[str, Any]:
    """Tell of solver processes that ended without an answer, each time."""
    how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    return _ours(
        "solver-crashed",
        "The solver process ended without an answer",
        f"The solver process was {how}, {attempts} times. Memory may be short on this machine.",
        code=code,
        attempts=attempts,
    )


def overran(seconds: float) -> dict[str, Any]:
    """Tell of a solver process that had to be killed."""
    return _ours(
        "solver-overran",
        "The solver did not keep its time",
        f"The solver answered neither to its time limit nor to a stop and was ended after {seconds:.0f} s.",
        seconds=round(seconds, 1),
    )


def lost(reason: str) -> dict[str, Any]:
    """Tell of a run that no worker can take up any more."""
    return _ours("run-lost", "No worker could end this run", reason, reason=reason)
