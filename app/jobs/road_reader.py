"""
Reading roads in a process of its own, so that an extract that takes long disturbs no other request and can be ended.

A reader of XML or a large .pbf holds the interpreter for seconds at a time; in the service's own process nobody would
be answered meanwhile.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from typing import Protocol

from data.faults import Findings, Where
from geo.roads.make import Made


class Read(Protocol):
    """Makes a network, and tells what it found."""

    def __call__(self, *, findings: Findings) -> Made:
        """Read."""


def read_apart(read: Read, called: str, seconds: float, findings: Findings) -> Made | None:
    """
    Read in another process; ``None`` where it took too long or came to no end of its own, which is told as a fault.

    Parameters
    ----------
    read
        Must be picklable, as a ``functools.partial`` of a function of a module is.
    called
        Name by which a person knows the file.
    """
    ours, theirs = multiprocessing.get_context("spawn").Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(theirs, read), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(seconds):
            findings.add("roads-too-long", Where(called), seconds=f"{seconds:.0f}")
            return None
        found: tuple[Made, Findings] = ours.recv()
    except EOFError:
        process.join()
        findings.add("roads-broken", Where(called), error=f"the reader ended with code {process.exitcode}")
        return None
    finally:
        process.kill()
        process.join()
        ours.close()
    made, told = found
    findings.take(told)
    return made


def _work(parent: Connection, read: Read) -> None:
    findings = Findings()
    parent.send((read(findings=findings), findings))
    parent.close()
