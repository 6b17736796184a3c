"""
Who a worker process is: an id that no other process has, and that the same seat has again after a restart.

Two processes under one executor id run the same step twice, so an id is a seat: a file in the data folder that one
process at a time holds locked. The lock is the kernel's; it goes with the process, however that ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.jobs.errors import WorkerTaken

SEATS = "executors"
WORKER_LOCK = ".worker.lock"


@dataclass(slots=True)
class Hold:
    """A locked file; ``release`` gives it back."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Give the lock back; the file stays for the next process."""
        with suppress(OSError):
            os.close(self.descriptor)


@dataclass(slots=True)
class Seat:
    """An executor id and the lock that makes it ours."""

    executor_id: str
    hold: Hold

    def release(self) -> None:
        """Leave the seat to the next process."""
        self.hold.release()


def take_seat(data_dir: Path) -> Seat:
    """
    Take the first free seat of a data folder.

    A seat that was written on another machine (a copied folder, a volume that moved) gets a new id: the machine it
    was copied from may still use the old one.
    """
    folder = data_dir / SEATS
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    while (hold := _lock(folder / f"{number:03d}.json")) is None:
        number += 1
    return Seat(_id_in(hold), hold)


def lock_worker(file: Path) -> Hold:
    """
    Make this process the one worker of an SQLite file; the lock is a file beside it.

    Raises
    ------
    WorkerTaken
        When another process is.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    hold = _lock(file.with_name(file.name + WORKER_LOCK))
    if hold is None:
        raise WorkerTaken(file)
    return hold


def _lock(path: Path) -> Hold | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return Hold(path, descriptor)


def _id_in(hold: Hold) -> str:
    host = socket.gethostname()
    with suppress(ValueError, KeyError, TypeError):
        written = json.loads(hold.path.read_text(encoding="utf-8"))
        if written["host"] == host:
            return str(written["executor_id"])
    executor_id = f"{host}-{uuid.uuid4().hex[:12]}"
    hold.path.write_text(json.dumps({"host": host, "executor_id": executor_id}), encoding="utf-8")
    return executor_id
