"""When a watched scenario is solved again: cron lines, and our rows kept equal to the job library's schedules."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterError, croniter  # type: ignore[import-untyped]

from app.jobs.errors import BadCron, UnknownTimezone

FIELDS = 5


def validate_cron(cron: str, timezone: str) -> None:
    """
    Check a schedule's time.

    Five fields: minute, hour, day of month, month, day of week.

    Raises
    ------
    BadCron
        When the line cannot be read, or names a moment that never comes (30 February).
    UnknownTimezone
        When the zone is not in the time zone database.
    """
    zone = read_timezone(timezone)
    if len(cron.split()) != FIELDS:
        raise BadCron(cron, f"it has {len(cron.split())} fields, expected {FIELDS}: minute hour day month weekday")
    try:
        croniter(cron, datetime.now(zone)).get_next(datetime)
    except (CroniterError, ValueError, KeyError) as error:
        raise BadCron(cron, str(error)) from error


def read_timezone(timezone: str) -> ZoneInfo:
    """Find a time zone by its name, such as ``Asia/Shanghai``."""
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownTimezone(timezone) from error


def last_due(cron: str, timezone: str, at: datetime) -> datetime:
    """Find the last moment, before ``at``, that a schedule named."""
    before: datetime = croniter(cron, at.astimezone(read_timezone(timezone)), second_at_beginning=True).get_prev(
        datetime
    )
    return before.astimezone(UTC)
