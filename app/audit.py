"""Who did what, when, on what: the words of the audit; ``app.db.audit_log`` stores them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """A change of state that is written down."""

    TOKEN_MADE = "token.made"
    TOKEN_REVOKED = "token.revoked"
    SIGNED_IN = "session.opened"
    SIGNED_OUT = "session.closed"
    DATASET_STORED = "dataset.stored"
    SCENARIO_STORED = "scenario.stored"
    RUN_QUEUED = "run.queued"
    RUN_STARTED = "run.started"
    RUN_STOP_ASKED = "run.stop-asked"
    RUN_CANCEL_ASKED = "run.cancel-asked"
    RUN_DONE = "run.done"
    RUN_FAILED = "run.failed"
    RUN_CANCELLED = "run.cancelled"
    FORECAST_QUEUED = "forecast.queued"
    FORECAST_STARTED = "forecast.started"
    FORECAST_CANCEL_ASKED = "forecast.cancel-asked"
    FORECAST_DONE = "forecast.done"
    FORECAST_FAILED = "forecast.failed"
    FORECAST_CANCELLED = "forecast.cancelled"
    REPORT_DRAFTED = "report.drafted"
    REPORT_COMMENTED = "report.commented"
    REPORT_SIGNED = "report.signed"
    REPORT_MERGED = "report.merged"
    SCHEDULE_MADE = "schedule.made"
    SCHEDULE_CHANGED = "schedule.changed"
    SCHEDULE_REMOVED = "schedule.removed"
    DRIFT_REPORTED = "drift.reported"


@dataclass(frozen=True, slots=True)
class Actor:
    """
    Who acts.

    Attributes
    ----------
    id
        Token id of a person, ``worker:EXECUTOR`` of a worker, ``system`` of the service itself.
    name
        What the token was named when it was made.
    """

    id: str
    name: str


SYSTEM = Actor("system", "Junheng")


def worker(executor_id: str) -> Actor:
    """Name a worker process as an actor."""
    return Actor(f"worker:{executor_id}", "worker")
