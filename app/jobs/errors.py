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
    """A second worker was started on an SQLite data folder that another process already works."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        super().__init__(
            f"Another process already works the runs in {folder}. One worker at a time works an SQLite database: "
            "stop the other one, start this with --no-worker, or use PostgreSQL."
        )


class BadOption(PlanningError):
    """An option of the command line cannot be read."""

    def __init__(self, option: str, value: str, expected: str) -> None:
        self.option, self.value, self.expected = option, value, expected
        super().__init__(f"{option} {value!r} cannot be read; expected {expected}.")


class BadScenarioFile(PlanningError):
    """A scenario file is no scenario: each reason names the field."""

    def __init__(self, file: Path, reasons: list[str]) -> None:
        self.file, self.reasons = str(file), reasons
        super().__init__(f"{file} is no scenario:\n" + "\n".join(f"  {reason}" for reason in reasons))


class UnknownSample(PlanningError):
    """There is no sample district of that name."""

    def __init__(self, name: str, known: list[str]) -> None:
        self.name, self.known = name, known
        super().__init__(f"There is no sample {name!r}; there are {', '.join(known)}.")


class UnknownExport(PlanningError):
    """A plan cannot be written in the format that a file's ending names."""

    def __init__(self, ending: str, known: list[str]) -> None:
        self.ending, self.known = ending, known
        super().__init__(f"A plan cannot be written as {ending!r}; it can be as {', '.join(known)}.")
