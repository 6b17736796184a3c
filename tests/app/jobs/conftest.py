"""Fixtures of the tests of durable work: a database where a worker looks for it, and worker processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from databases import fresh_postgresql
from job_runs import Workers

from app.db.session import Database


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """As everywhere, but the SQLite file lies where a worker with ``data`` as its folder finds it."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path / 'data/junheng.sqlite'}"
    else:
        yield from fresh_postgresql(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def workers(database: Database, tmp_path: Path) -> Iterator[Workers]:
    """Worker processes of this test."""
    made = Workers(database, tmp_path)
    yield made
    for process in made.processes:
        process.kill()
        process.wait()
    for pid in [*made.children(), *made.children("judge")]:
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGKILL)
