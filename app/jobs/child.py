"""
The process that solves: one order in, progress and one answer out, in JSON lines (``app.jobs.conduct`` is the parent).

    python -m app.jobs.child

It exits when its stdin closes, so none outlives a killed parent. Its real stdout carries answers only: whatever a
solver prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from app.errors import problem_of
from app.jobs import output
from data.errors import PlanningError
from solver.plan import Progress

EXIT_ORPHANED = 3
EXIT_BAD_ORDER = 4


@dataclass(frozen=True, slots=True)
class Line:
    """The line to the parent; several threads may speak, one at a time."""

    out: IO[str]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, **message: object) -> None:
        """Send one message. A parent that is gone ends this process."""
        text = json.dumps(message, ensure_ascii=False)
        try:
            with self._lock:
                self.out.write(text + "\n")
                self.out.flush()
        except OSError:
            os._exit(EXIT_ORPHANED)


def main() -> int:
    """Take one order from stdin, carry it out, answer."""
    line = Line(output.answers_only())
    first = sys.stdin.readline()
    if not first.strip():
        return EXIT_BAD_ORDER
    stop = threading.Event()
    threading.Thread(target=_listen, args=(sys.stdin, stop), daemon=True).start()
    answer = carry_out(json.loads(first), lambda progress: line.say(progress=asdict(progress)), stop.is_set)
    line.say(**answer)
    return 0


def carry_out(
    order: dict[str, Any], report: Callable[[Progress], None], should_stop: Callable[[], bool]
) -> dict[str, Any]:
    """Answer an order: ``document`` of the answer, ``problem`` of bad input, or ``fault`` of our own."""
    from app.jobs import orders  # noqa: PLC0415 - seconds of imports, after the listener has started

    try:
        return {"document": orders.answer(order, report, should_stop)}
    except PlanningError as error:
        return {"problem": problem_of(error)}
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        return {"fault": f"{type(error).__name__}: {error}"}


def _listen(parent: IO[str], stop: threading.Event) -> None:
    """Hear a wish to stop; the end of stdin is the end of the parent, and of us."""
    for text in parent:
        if text.strip() and json.loads(text).get("stop"):
            stop.set()
    os._exit(EXIT_ORPHANED)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the listener sits in a read; an ordinary exit could wait for it
