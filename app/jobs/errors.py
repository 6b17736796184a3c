"""Errors of the durable work around a plan."""

from __future__ import annotations

from pathlib import Path

from data.errors import PlanningError


class BadCron(PlanningError):
    """A schedule's cron line cannot be read, or names no moment that ever comes."""

    def __init__(self, cron: str, reason: str) -> None:
        self.cron, self.reason = cron, reason
        super().__init__(f"The cron line {cron!r} cannot be used: {reason}")


class UnknownTimezone(PlanningError):
    """A schedule names a time zone that the time zone database does not hold."""

    def __init__(self, timezone: str) -> None:
        self.timezone = timezone
        super().__init__(f"There is no time zone {timezone!r}; expected a name such as Asia/Shanghai.")


class WorkerTaken(PlanningError):
    """A second worker was started on an SQLite file that another process already works."""

    def __init__(self, file: Path) -> None:
        self.file = str(file)
        super().__init__(
            f"Another process already works the runs in {file}. One worker at a time works an SQLite database: "
            "stop the other one, start this with --no-worker, or use PostgreSQL."
        )


class PortTaken(PlanningError):
    """The address that the service should listen on is in use, or is not this machine's."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        self.host, self.port, self.reason = host, port, reason
        super().__init__(f"The service cannot listen on {host}:{port}: {reason}. JUNHENG_PORT names another port.")
