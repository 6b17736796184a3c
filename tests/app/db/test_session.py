from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.audit import SYSTEM, Action
from app.db import audit_log
from app.db.models import AuditRow


def test_many_writers_wait_for_one_another(database):
    """On SQLite a transaction that reads first and writes later would fail here at once without its early lock."""

    def write(number):
        with database.writing() as session:
            session.scalar(text("SELECT count(*) FROM audit"))
            audit_log.record(session, SYSTEM, Action.RUN_DONE, "run", f"r{number}", None)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM audit")) == 40


def test_a_reader_sees_one_moment(database):
    with database.reading() as session:
        assert audit_log.newest(session) == []
    with database.reading() as before:
        before.scalar(text("SELECT count(*) FROM audit"))
        with database.writing() as session:
            audit_log.record(session, SYSTEM, Action.RUN_DONE, "run", "r", None)
    with database.reading() as session:
        assert len(audit_log.newest(session)) == 1


def test_foreign_keys_hold(database):
    with pytest.raises(IntegrityError), database.writing() as session:
        session.execute(
            text("INSERT INTO dataset_tables (dataset_id, name, rows, content) VALUES ('none', 'people', 0, :c)"),
            {"c": b""},
        )


def test_times_come_back_in_utc_whatever_zone_they_were_given_in(database):
    shanghai = datetime(2026, 1, 2, 2, 30, tzinfo=timezone(timedelta(hours=8)))
    with database.writing() as session:
        session.add(
            AuditRow(at=shanghai, actor_id="a", actor_name="a", action="x", subject="s", subject_id="s", facts={})
        )
    with database.reading() as session:
        found = audit_log.newest(session)[0].at
    assert found == shanghai
    assert found.tzinfo is UTC
