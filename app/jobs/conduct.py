"""
One solve in a child process, seen from the parent.

The child reads one order on its stdin and answers in JSON lines on its stdout: any number of ``{"progress": ...}``,
then one of ``{"document": ...}``, ``{"problem": ...}`` (bad input) or ``{"fault": ...}`` (our own). A line
``{"stop": true}`` on its stdin asks for the best plan so far. When its stdin closes the child ends itself, so none
outlives a killed parent. The parent may also kill it: that stop always works, whatever the solver holds.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Any

from app.jobs import problems
from solver.plan import Progress

log = logging.getLogger("junheng.jobs")

LAST_WORDS = 40  # lines of the child's stderr kept for the log


class Leaving(BaseException):
    """
    The process is shutting down in the middle of a run.

    Not an ``Exception``, so that the job library records no outcome and the run is taken up again later.
    """


@dataclass(frozen=True, slots=True)
class Planned:
    """The child found its answer: a plan document, infeasible ones included."""

    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """The input cannot be planned, or the child met a fault of ours: a problem with type, title, detail and facts."""

    problem: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Crashed:
    """The child ended with no answer; a negative code is the signal that killed it."""

    code: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Somebody cancelled: the child is gone and nothing is kept."""


@dataclass(frozen=True, slots=True)
class Overran:
    """The child answered neither to its time limit nor to a stop."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The run belongs to another worker now, which thought this one dead; nothing may be stored from here."""


Outcome = Planned | Refused | Crashed | Cancelled | Overran | Abandoned


class Look(StrEnum):
    """What a look at the run's row says of it: go on, end it in one way or another, or leave it to its new owner."""

    GO_ON = "go-on"
    STOP = "stop"
    CANCEL = "cancel"
    NOT_OURS = "not-ours"


@dataclass(frozen=True, slots=True)
class Desk:
    """
    What a running child is watched with.

    Attributes
    ----------
    look
        What the planner, and the other workers, want of the run now; called every ``poll_seconds``.
    record
        Keep a report of progress; called at most once every ``record_seconds``.
    leaving
        Set when the process shuts down.
    stop_after_seconds, kill_after_seconds
        When the watchdog asks the child to stop, and when it kills it.
    """

    look: Callable[[], Look]
    record: Callable[[Progress], None]
    leaving: threading.Event = field(default_factory=threading.Event)
    stop_after_seconds: float = 120.0
    kill_after_seconds: float = 180.0
    poll_seconds: float = 0.5
    record_seconds: float = 1.0


def conduct(command: Sequence[str], order: Mapping[str, Any], desk: Desk) -> Outcome:
    """
    Give the order to a new child and watch it to its end.

    Raises
    ------
    Leaving
        When ``desk.leaving`` is set; the child is gone by then.
    """
    with Child(command, order) as child:
        return _watch(child, desk)


class Child:
    """A child process, its lines as they come, and its end. Leaving the ``with`` block ends the process."""

    def __init__(self, command: Sequence[str], order: Mapping[str, Any]) -> None:
        self.started = time.monotonic()
        self.lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS)
        # Its own session: a Ctrl-C in the terminal is the parent's to handle.
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._readers = [
            threading.Thread(target=self._read_answers, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self._say(dict(order))

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Process id, which is also the process group."""
        return self._process.pid

    def seconds(self) -> float:
        """Wall time since the start."""
        return time.monotonic() - self.started

    def ask_to_stop(self) -> None:
        """Ask for the best plan so far."""
        self._say({"stop": True})

    def kill(self) -> None:
        """End the process and all it started; harmless when it has ended."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join(timeout=5)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with suppress(OSError):
                _present(pipe).close()

    def end(self) -> int:
        """Wait for an end that is near and give the exit code; the last words of a bad end go to the log."""
        code = self._process.wait()
        if code != 0:
            log.warning("solver process %d ended with code %d:\n%s", self.pid, code, "".join(self._last_words))
        return code

    def _say(self, message: dict[str, Any]) -> None:
        stdin = _present(self._process.stdin)
        with suppress(BrokenPipeError, OSError):
            stdin.write(json.dumps(message, ensure_ascii=False) + "\n")
            stdin.flush()

    def _read_answers(self) -> None:
        for line in _present(self._process.stdout):
            try:
                message = json.loads(line)
            except ValueError:
                log.debug("solver process %d printed %r", self.pid, line)
                continue
            if isinstance(message, dict):
                self.lines.put(message)
        self.lines.put(None)

    def _read_errors(self) -> None:
        for line in _present(self._process.stderr):
            self._last_words.append(line)
            log.debug("solver process %d: %s", self.pid, line.rstrip())


def _present(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise ValueError("the child was started without its pipes")
    return pipe


def _watch(child: Child, desk: Desk) -> Outcome:
    pace = _Pace(desk)
    stopping = False
    while True:
        message = _next(child, desk.poll_seconds)
        if message is _ENDED:
            pace.flush()
            return Crashed(child.end())
        if message is not None:
            if "progress" in message:
                pace.take(Progress(**message["progress"]))
            elif (answer := _answer(message)) is not None:
                pace.flush()
                return answer
        if not pace.time_to_look():
            continue
        look = desk.look()
        if (ending := _ending(child, desk, look)) is not None:
            return ending
        if not stopping and (look is Look.STOP or child.seconds() > desk.stop_after_seconds):
            stopping = True
            child.ask_to_stop()


_ENDED: dict[str, Any] = {"ended": True}


def _next(child: Child, seconds: float) -> dict[str, Any] | None:
    try:
        message = child.lines.get(timeout=seconds)
    except queue.Empty:
        return None
    return _ENDED if message is None else message


def _answer(message: dict[str, Any]) -> Outcome | None:
    if "document" in message:
        return Planned(message["document"])
    if "problem" in message:
        return Refused(message["problem"])
    if "fault" in message:
        return Refused(problems.fault(str(message["fault"])))
    return None


def _ending(child: Child, desk: Desk, look: Look) -> Outcome | None:
    """Find a reason, other than an answer, to end the child now."""
    if desk.leaving.is_set():
        raise Leaving
    if look is Look.NOT_OURS:
        return Abandoned()
    if look is Look.CANCEL:
        return Cancelled()
    if child.seconds() > desk.kill_after_seconds:
        return Overran(child.seconds())
    return None


class _Pace:
    """Keeps the looks at the desk and the records of progress apart by their seconds."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._next_look = self._next_record = 0.0
        self._waiting: Progress | None = None

    def take(self, progress: Progress) -> None:
        self._waiting = progress
        self._record_if_due()

    def time_to_look(self) -> bool:
        self._record_if_due()
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + self._desk.poll_seconds
        return True

    def flush(self) -> None:
        if self._waiting is not None:
            self._desk.record(self._waiting)
            self._waiting = None

    def _record_if_due(self) -> None:
        if self._waiting is not None and time.monotonic() >= self._next_record:
            self._next_record = time.monotonic() + self._desk.record_seconds
            self.flush()
