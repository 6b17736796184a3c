"""What a worker process works with."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from app.db.session import Database
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Worker:
    """
    What a worker process works with.

    Attributes
    ----------
    command
        How a solver child is started.
    leaving
        Set when the process shuts down: the runs under way are left for later.
    """

    settings: Settings
    database: Database
    executor_id: str
    command: tuple[str, ...]
    leaving: threading.Event = field(default_factory=threading.Event)
