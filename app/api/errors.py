"""What the API itself refuses, before a request reaches anything behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data.errors import PlanningError


class BodyTooLarge(PlanningError):
    """A request body is larger than allowed."""

    def __init__(self, limit_mb: int) -> None:
        self.limit_mb = limit_mb
        super().__init__(f"The request is larger than {limit_mb} MiB.")


class BodyTooSlow(PlanningError):
    """A request body took too long to arrive."""

    def __init__(self, limit_seconds: float) -> None:
        self.limit_seconds = limit_seconds
        super().__init__(f"The request did not arrive within {limit_seconds:g} seconds.")


class BadUpload(PlanningError):
    """The files of an upload cannot be taken as they are."""

    def __init__(self, file: str, reason: str) -> None:
        self.file, self.reason = file, reason
        super().__init__(f"{file}: {reason}")


class ImportFaults(PlanningError):
    """The files have faults, and nothing was stored."""

    def __init__(self, faults: Sequence[dict[str, Any]], warnings: Sequence[dict[str, Any]]) -> None:
        self.faults, self.warnings = list(faults), list(warnings)
        super().__init__(f"The files have {len(self.faults)} faults; nothing was stored.")
