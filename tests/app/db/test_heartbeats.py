from __future__ import annotations

from sqlalchemy import text

from app.db import heartbeats


def test_a_silent_worker_is_claimed_by_one_reaper(database):
    with database.writing() as session:
        heartbeats.beat(session, "alive")
        heartbeats.beat(session, "dead")
    with database.writing() as session:
        session.execute(text("UPDATE heartbeats SET seen_at = '2020-01-01 00:00:00+00:00' WHERE executor_id = 'dead'"))
        heartbeats.beat(session, "alive")
    with database.reading() as session:
        assert heartbeats.living(session, 60) == ["alive"]
        assert heartbeats.silent(session, 60) == ["dead"]
    with database.writing() as session:
        assert heartbeats.claim_silent(session, 60) == ["dead"]
    with database.writing() as session:
        assert heartbeats.claim_silent(session, 60) == []
        heartbeats.forget(session, "alive")
        assert heartbeats.living(session, 60) == []
