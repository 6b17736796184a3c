from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.audit import SYSTEM, Action
from app.db import audit_log
from app.db.migrate import migrate
from app.db.models import Base
from app.db.session import Database


def test_migrations_make_exactly_the_tables_of_the_models(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        names = set(inspect(connection).get_table_names())
    assert names == set(Base.metadata.tables) | {"alembic_version"}


def test_a_difference_between_models_and_tables_would_be_seen(database):
    with database.writing() as session:
        session.execute(text("ALTER TABLE schedules DROP COLUMN timezone"))
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert [change[0] for change in compare_metadata(context, Base.metadata)] == ["add_column"]


def test_foreign_keys_that_go_in_a_circle_are_there_on_both_databases(database):
    targets = {
        (table, key["referred_table"])
        for table in ("runs", "schedules")
        for key in inspect(database.engine).get_foreign_keys(table)
        if key["constrained_columns"] == ["standing_plan_id"]
    }
    assert targets == {("runs", "plans"), ("schedules", "plans")}


def test_migrating_again_changes_nothing(database):
    migrate(database)
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_processes_that_start_together_migrate_once(database_url):
    databases = [Database(database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, databases))
    with databases[0].reading() as session:
        assert session.scalar(text("SELECT count(*) FROM tokens")) == 0
    for opened in databases:
        opened.close()


@pytest.mark.parametrize("change", ["UPDATE audit SET actor_name = 'x'", "DELETE FROM audit"])
def test_the_audit_refuses_change_even_to_the_owner_of_the_database(database, change):
    with database.writing() as session:
        audit_log.record(session, SYSTEM, Action.RUN_DONE, "run", "r1", None)
    with pytest.raises(DBAPIError, match="append only"), database.writing() as session:
        session.execute(text(change))
    with database.reading() as session:
        assert [line.actor_name for line in audit_log.newest(session)] == [SYSTEM.name]


def test_sqlite_keeps_foreign_keys_and_the_write_ahead_log(tmp_path):
    opened = Database(f"sqlite:///{tmp_path / 'deep' / 'new.sqlite'}")
    migrate(opened)
    with opened.reading() as session:
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA busy_timeout")) > 0
    opened.close()


def test_datasets_stored_before_roads_are_kept_without_any(database_url):
    opened = Database(database_url)
    migrate(opened, "0003")
    with opened.writing() as session:
        session.execute(
            text(
                "INSERT INTO datasets (id, title, division, synthetic, source, hash, counts, warnings, created_at, "
                "created_by) VALUES ('d1', '旧', '509902', true, '', 'h', '{}', '[]', '2026-01-01 00:00:00', 'me')"
            )
        )
        session.execute(
            text("INSERT INTO dataset_tables (dataset_id, name, rows, content) VALUES ('d1', 'people', 1, :content)"),
            {"content": b"old"},
        )
    migrate(opened)
    with opened.reading() as session:
        assert session.execute(text("SELECT title, network_hash FROM datasets")).all() == [("旧", None)]
        kept = session.execute(
            text("SELECT d.hash, t.content FROM datasets d JOIN dataset_tables t ON t.dataset_id = d.id")
        )
        assert [(hash, bytes(content)) for hash, content in kept] == [("h", b"old")]
        assert session.scalar(text("SELECT count(*) FROM networks")) == 0
    for change in ("UPDATE datasets SET network_hash = 'nowhere'", "DELETE FROM datasets"):  # foreign keys hold on
        with pytest.raises(IntegrityError), opened.writing() as session:
            session.execute(text(change))
    opened.close()
