"""Bring a database to the newest tables; done at every start, harmless when nothing is to do."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from app.db.session import Database

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 5_726_311  # any number of our own: two processes that start together migrate one after the other


def migrate(database: Database, revision: str = "head") -> None:
    """
    Upgrade in one transaction, while every other process that starts waits.

    SQLite checks foreign keys again at the end, for Alembic rebuilds tables there with the checks off.
    """
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            _migrate_sqlite(connection, revision)
        else:
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                _upgrade(connection, revision)


def _migrate_sqlite(connection: Connection, revision: str) -> None:
    raw = connection.connection.dbapi_connection
    if raw is None:
        raise ValueError("the connection is closed")
    raw.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction, so before it
    writing = connection.execution_options(junheng_writes=True)
    try:
        with writing.begin():
            _upgrade(writing, revision)
            if broken := writing.execute(text("PRAGMA foreign_key_check")).all():
                raise ValueError(f"the migration to {revision} breaks foreign keys: {broken[:3]}")
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
