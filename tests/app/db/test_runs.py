from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import hamlet_plan
import pytest

from app.audit import SYSTEM, Actor
from app.db import audit_log, datasets, plans, runs, scenarios, schedules
from app.db.errors import KeyReused, NotFound, RunEnded
from app.db.models import RunState, Wish
from app.db.scope import Scope
from solver.plan import Progress

ME = Actor("t1", "me")


@pytest.fixture
def scenario(database):
    with database.writing() as session:
        dataset, _ = datasets.store(session, hamlet_plan.hamlets(), [], SYSTEM)
        return scenarios.store(session, dataset, hamlet_plan.SCENARIO, SYSTEM)


@pytest.fixture
def document():
    return hamlet_plan.document(hamlet_plan.hamlets())


def queue(database, scenario, **more):
    with database.writing() as session:
        return runs.create(session, scenario, order=hamlet_plan.SCENARIO.solve, actor=ME, **more)[0].id


def do(database, function, *arguments, **more):
    with database.writing() as session:
        return function(session, *arguments, **more)


def state(database, run_id):
    with database.reading() as session:
        return runs.get(session, run_id).state


def test_a_run_goes_from_queued_to_running_to_done(database, scenario, document):
    run_id = queue(database, scenario)
    assert state(database, run_id) == RunState.QUEUED
    assert do(database, runs.mark_running, run_id, "w1")
    plan_id = do(database, runs.finish, run_id, document, {"executor": "w1"}, executor="w1")
    with database.reading() as session:
        run = runs.get(session, run_id)
        assert (run.state, run.best, run.bound) == (RunState.DONE, 339_240, 339_240)  # 654 x 60 + 300,000
        assert run.started_at <= run.ended_at
        assert plans.get(session, plan_id).document == document.model_dump(mode="json")
        assert plans.assignment(session, plan_id) == {"A": "south", "B": "south", "C": "south"}


def test_storing_a_plan_twice_stores_it_once(database, scenario, document):
    run_id = queue(database, scenario)
    do(database, runs.mark_running, run_id, "w1")
    other = document.model_copy(update={"title": "another"})
    ids = {do(database, runs.finish, run_id, one, {}) for one in (document, other)}
    assert len(ids) == 1
    with database.reading() as session:
        assert [plan.summary["title"] for plan in plans.newest(session)] == [document.title]


@pytest.mark.parametrize("end", ["done", "failed", "cancelled"])
def test_an_ended_run_never_changes(database, scenario, document, end):
    run_id = queue(database, scenario)
    do(database, runs.mark_running, run_id, "w1")
    endings = {
        "done": lambda: do(database, runs.finish, run_id, document, {}),
        "failed": lambda: do(database, runs.fail, run_id, {"type": "t"}),
        "cancelled": lambda: do(database, runs.cancel, run_id),
    }
    assert endings.pop(end)()
    with database.reading() as session:
        before = {
            c.key: getattr(runs.get(session, run_id), c.key)
            for c in runs.RunRow.__table__.columns
            if c.key != "solve_order"
        }
    for other in endings.values():
        other()
    assert not do(database, runs.mark_running, run_id, "w2")
    assert not do(database, runs.record_progress, run_id, Progress(1.0, "search", 1, 1))
    with pytest.raises(RunEnded):
        do(database, runs.ask_to_stop, run_id, ME)
    with database.reading() as session:
        after = runs.get(session, run_id)
        assert {name: getattr(after, name) for name in before} == before
        assert len(plans.newest(session)) == (1 if end == "done" else 0)


def test_a_plan_whose_transaction_fails_leaves_no_trace(database, scenario, document):
    run_id = queue(database, scenario)
    do(database, runs.mark_running, run_id, "w1")
    with pytest.raises(RuntimeError), database.writing() as session:
        runs.finish(session, run_id, document, {})
        raise RuntimeError
    assert state(database, run_id) == RunState.RUNNING
    with database.reading() as session:
        assert plans.newest(session) == []
        assert "run.done" not in [line.action for line in audit_log.newest(session)]


def test_a_worker_that_lost_its_run_stores_nothing(database, scenario, document):
    run_id = queue(database, scenario)
    do(database, runs.mark_running, run_id, "w1")
    do(database, runs.mark_running, run_id, "w2")
    assert not do(database, runs.record_progress, run_id, Progress(1.0, "search", 5, 1), executor="w1")
    assert do(database, runs.finish, run_id, document, {}, executor="w1") is None
    with database.reading() as session:
        run = runs.get(session, run_id)
        assert (run.state, run.executor, run.attempts) == (RunState.RUNNING, "w2", 2)
        assert not runs.held_by(session, run_id, "w1")
        assert runs.held_by(session, run_id, "w2")
    assert do(database, runs.finish, run_id, document, {}, executor="w2") is not None


def test_of_many_that_end_a_run_at_once_one_does(database, scenario, document):
    run_id = queue(database, scenario)
    do(database, runs.mark_running, run_id, "w1")
    endings = [
        lambda: do(database, runs.finish, run_id, document, {}),
        lambda: do(database, runs.fail, run_id, {"type": "t"}),
        lambda: do(database, runs.cancel, run_id),
    ] * 3
    with ThreadPoolExecutor(9) as pool:
        list(pool.map(lambda ending: ending(), endings))
    with database.reading() as session:
        ends = [
            line.action for line in audit_log.newest(session) if line.subject_id == run_id and "run." in line.action
        ]
        assert len(ends) == 3  # queued, started, and one end
        assert len(plans.newest(session)) == (1 if state(database, run_id) == RunState.DONE else 0)


def test_progress_is_kept_in_order(database, scenario):
    run_id = queue(database, scenario)
    assert not do(database, runs.record_progress, run_id, Progress(0.1, "bound", None, 1))
    do(database, runs.mark_running, run_id, "w1")
    steps = [
        Progress(0.1, "bound", None, 100),
        Progress(0.5, "search", 3_000_000_000, 200),
        Progress(1.0, "proof", 250, 250),
    ]
    for step in steps:
        assert do(database, runs.record_progress, run_id, step)
    with database.reading() as session:
        rows = runs.history(session, [run_id])[run_id]
        assert [Progress(row.seconds, row.phase, row.best, row.bound) for row in rows] == steps
        run = runs.get(session, run_id)
        assert (run.phase, run.best, run.bound, run.seconds) == ("proof", 250, 250, 1.0)


def test_a_queued_run_is_cancelled_at_once_and_a_running_one_is_asked(database, scenario):
    queued, running = queue(database, scenario), queue(database, scenario)
    do(database, runs.mark_running, running, "w1")
    for run_id in (queued, running):
        do(database, runs.ask_to_cancel, run_id, ME)
    assert (state(database, queued), state(database, running)) == (RunState.CANCELLED, RunState.RUNNING)
    with database.reading() as session:
        assert runs.wish(session, queued) == runs.wish(session, running) == Wish.CANCEL
    assert not do(database, runs.mark_running, queued, "w1")
    assert do(database, runs.ask_to_cancel, queued, ME).state == RunState.CANCELLED


def test_a_wish_to_cancel_is_not_softened_to_a_stop(database, scenario):
    run_id = queue(database, scenario)
    do(database, runs.mark_running, run_id, "w1")
    for ask, wished in (
        (runs.ask_to_stop, Wish.STOP),
        (runs.ask_to_cancel, Wish.CANCEL),
        (runs.ask_to_stop, Wish.CANCEL),
    ):
        do(database, ask, run_id, ME)
        with database.reading() as session:
            assert runs.wish(session, run_id) == wished


def test_a_run_outside_the_scope_is_not_there(database, scenario):
    run_id = queue(database, scenario)
    with database.reading() as session:
        assert runs.get(session, run_id, Scope(scenario.division)).id == run_id
        with pytest.raises(NotFound):
            runs.get(session, run_id, Scope("other"))
        assert runs.newest(session, Scope("other")) == []


def test_a_key_starts_one_run_and_belongs_to_one_request_and_one_holder(database, scenario):
    first, again = queue(database, scenario, key="k"), queue(database, scenario, key="k")
    assert first == again
    with pytest.raises(KeyReused), database.writing() as session:
        order = hamlet_plan.SCENARIO.solve.model_copy(update={"seed": 2})
        runs.create(session, scenario, order=order, actor=ME, key="k")
    with database.writing() as session:
        other, created = runs.create(
            session, scenario, order=hamlet_plan.SCENARIO.solve, actor=Actor("t2", "other"), key="k"
        )
        assert created
        assert other.id != first


def test_a_schedule_queues_each_due_moment_once_and_stands_on_what_a_person_asked_for(database, scenario, document):
    from datetime import UTC, datetime  # noqa: PLC0415

    asked = queue(database, scenario)
    do(database, runs.mark_running, asked, "w1")
    plan_id = do(database, runs.finish, asked, document, {})
    with database.writing() as session:
        schedule = schedules.create(
            session, scenario, cron="30 2 * * *", timezone="Asia/Shanghai", enabled=True, actor=ME
        )
    due = datetime(2026, 1, 1, 18, 30, tzinfo=UTC)
    queued = [do(database, schedules.queue_run, schedule, due=due) for _ in range(2)]
    assert [created for _, created in queued] == [True, False]
    nightly = queued[0][0]
    assert (nightly.schedule_id, nightly.standing_plan_id) == (schedule.id, plan_id)
    do(database, runs.mark_running, nightly.id, "w1")
    do(database, runs.finish, nightly.id, document, {})
    with database.reading() as session:
        assert schedules.standing_plan(session, schedule) == plan_id
        assert [run.id for run in schedules.awaiting_report(session)] == [nightly.id]
    reports = [do(database, schedules.store_report, nightly, alert=False, document={"n": n}) for n in (1, 2)]
    assert reports[0].id == reports[1].id
    with database.reading() as session:
        assert schedules.awaiting_report(session) == []
        assert [report.document for report in schedules.reports(session, schedule.id)] == [{"n": 1}]
