"""The two processes an operator starts: the service, with a worker in it or not, and a worker alone."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from app.jobs import queue
from app.jobs.errors import PortTaken
from app.settings import Settings

log = logging.getLogger("junheng.jobs")

LISTEN_BACKLOG = 2048

GOODBYE_SECONDS = 3
"""How long open answers, such as a stream of events, may hold up the end of the service."""


def serve(
    settings: Settings, *, worker: bool = True, sample: str | None = None, solver_command: Sequence[str] = queue.SOLVER
) -> NoReturn:
    """
    Serve until a signal, then end this process.

    Raises
    ------
    WorkerTaken
        When another process works the same SQLite file.
    PortTaken
        When the address is in use: told before anything is made or a first token is shown.
    """
    import uvicorn  # noqa: PLC0415 - a worker needs neither

    from app import main  # noqa: PLC0415

    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises a signal again when it has ended by it
        signal.signal(number, lambda *_: None)
    listener = _listen(settings)
    first_run = None if sample is None else _first_run(settings, sample)
    service = queue.launch(settings, solver_command=solver_command) if worker else None
    code = 1
    try:
        starter = service.starter if service is not None else queue.DbosStarter(settings)
        if first_run is not None:
            starter.start(first_run)
        config = uvicorn.Config(
            main.create_app(settings, starter),
            log_level="info",
            access_log=False,
            timeout_graceful_shutdown=GOODBYE_SECONDS,
        )
        log.info("Junheng 均衡: http://%s:%d", settings.host, settings.port)
        uvicorn.Server(config).run(sockets=[listener])
        code = 0
    except Exception:
        log.exception("the service cannot go on")
    _end(service, code)


def _listen(settings: Settings) -> socket.socket:
    try:
        listener = socket.create_server((settings.host, settings.port), backlog=LISTEN_BACKLOG)
    except OSError as refused:
        raise PortTaken(settings.host, settings.port, str(refused)) from refused
    # a socket made here has no protocol number, so asyncio would leave Nagle's waiting of 40 ms a call switched on
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _first_run(settings: Settings, sample: str) -> str | None:
    from app.jobs import commands  # noqa: PLC0415 - a service without a sample imports no importers

    with commands.Desk(settings) as desk:
        return desk.queue_first_run(desk.load_sample(sample)["id"])


def work(settings: Settings, *, solver_command: Sequence[str] = queue.SOLVER) -> NoReturn:
    """
    Work runs until a signal, then end this process.

    Raises
    ------
    WorkerTaken
        When another process works the same SQLite file.
    """
    asked_to_end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_end.set())
    service = queue.launch(settings, solver_command=solver_command)
    log.info("worker %s is ready", service.worker.executor_id)
    asked_to_end.wait()
    _end(service, 0)


def _end(service: queue.Service | None, code: int) -> NoReturn:
    """
    Leave in good order and end the process.

    Not by returning: an interpreter waits for the threads of its pools, and those of the job library wait for work.
    """
    if service is not None:
        log.info("leaving; runs under way will be taken up again")
        service.shutdown()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
