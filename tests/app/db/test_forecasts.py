from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import forecast_document
import hamlet_plan
import pytest
from sqlalchemy.exc import IntegrityError

from app.audit import SYSTEM, Actor
from app.cases.recipe import Recipe
from app.db import audit_log, datasets, forecasts
from app.db.errors import KeyReused, NotFound
from app.db.models import RunState
from app.db.scope import Scope
from solver.plan import Progress

ME = Actor("t1", "me")
DOCUMENT = forecast_document.document()


@pytest.fixture
def dataset(database):
    with database.writing() as session:
        return datasets.store(session, hamlet_plan.hamlets(), [], SYSTEM)[0]


def do(database, function, *arguments, **more):
    with database.writing() as session:
        return function(session, *arguments, **more)


def queue(database, dataset, recipe=None, actor=ME, **more):
    return do(database, forecasts.create, dataset, recipe or Recipe(), actor=actor, **more)[0].id


def read(database, forecast_id):
    with database.reading() as session:
        return forecasts.get(session, forecast_id)


def actions(database, forecast_id):
    with database.reading() as session:
        lines = [line for line in audit_log.newest(session) if line.subject_id == forecast_id]
    return [line.action for line in reversed(lines)]


def test_a_forecast_is_queued_worked_and_stored_once(database, dataset):
    forecast_id = queue(database, dataset)
    assert do(database, forecasts.mark_running, forecast_id, "w1")
    assert do(database, forecasts.record_progress, forecast_id, Progress(1.5, "paths", None, None), executor="w1")
    assert (read(database, forecast_id).phase, read(database, forecast_id).seconds) == ("paths", 1.5)
    packed = forecasts.pack(DOCUMENT)
    other = forecasts.pack(DOCUMENT.model_copy(update={"title": "another"}))
    ends = [do(database, forecasts.finish, forecast_id, one, {"n": 1}, executor="w1") for one in (packed, other)]
    assert ends == [True, False]
    row = read(database, forecast_id)
    assert (row.state, row.phase, row.manifest, row.error) == ("done", "done", {"n": 1}, None)
    assert row.summary["warnings"]["red"] == 1
    with database.reading() as session:
        assert forecasts.load(session, forecast_id) == DOCUMENT
    assert actions(database, forecast_id) == ["forecast.queued", "forecast.started", "forecast.done"]


def test_the_summary_counts_schools_by_the_worst_ahead_of_the_first_year():
    """
    Over 2026 to 2028, pupils by places: central preschool 210/270 = 78 %, primary 552/540 = 102 %; small preschool
    29/60 = 48 %, primary 92/180 = 51 %; middle junior 455/500 = 91 %, senior 380/450 = 84 %.
    """
    assert forecasts.summary(DOCUMENT)["warnings"] == {"red": 1, "orange": 0, "yellow": 1, "blue": 2}


def test_the_hash_is_of_the_bytes_that_are_read(database, dataset):
    forecast_id = queue(database, dataset)
    do(database, forecasts.finish, forecast_id, forecasts.pack(DOCUMENT), {})
    with database.reading() as session:
        text = forecasts.content(session, forecast_id)
    row = read(database, forecast_id)
    assert hashlib.sha256(text).hexdigest() == row.hash == row.summary["hash"]
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_a_packed_document_passes_through_json(database):
    packed = forecasts.pack(DOCUMENT)
    assert forecasts.Packed.of(json.loads(json.dumps(packed.plain()))) == packed


def test_figures_are_read_of_done_forecasts_in_scope_only(database, dataset):
    forecast_id = queue(database, dataset)
    with database.reading() as session:
        with pytest.raises(forecasts.ForecastNotDone):
            forecasts.content(session, forecast_id)
        for function in (forecasts.get, forecasts.content):
            with pytest.raises(NotFound):
                function(session, forecast_id, Scope("other"))
        assert forecasts.newest(session, Scope("other")) == []
        assert [row.id for row in forecasts.newest(session, Scope(dataset.division))] == [forecast_id]
        assert forecasts.newest(session, dataset_id="other") == []


@pytest.mark.parametrize("end", ["done", "failed", "cancelled"])
def test_an_ended_forecast_never_changes(database, dataset, end):
    forecast_id = queue(database, dataset)
    do(database, forecasts.mark_running, forecast_id, "w1")
    endings = {
        "done": lambda: do(database, forecasts.finish, forecast_id, forecasts.pack(DOCUMENT), {}),
        "failed": lambda: do(database, forecasts.fail, forecast_id, {"type": "t"}),
        "cancelled": lambda: do(database, forecasts.cancel, forecast_id),
    }
    assert endings.pop(end)()
    columns = [column.key for column in forecasts.ForecastRow.__table__.columns if column.key != "content"]
    before = {name: getattr(read(database, forecast_id), name) for name in columns}
    for other in endings.values():
        assert not other()
    assert not do(database, forecasts.mark_running, forecast_id, "w2")
    assert not do(database, forecasts.record_progress, forecast_id, Progress(9.0, "late", None, None))
    assert {name: getattr(read(database, forecast_id), name) for name in columns} == before
    assert actions(database, forecast_id)[-1] == f"forecast.{end}"


def test_a_worker_that_lost_its_forecast_stores_nothing(database, dataset):
    forecast_id = queue(database, dataset)
    for name in ("w1", "w2"):
        do(database, forecasts.mark_running, forecast_id, name)
    late = Progress(1.0, "paths", None, None)
    assert not do(database, forecasts.record_progress, forecast_id, late, executor="w1")
    assert not do(database, forecasts.finish, forecast_id, forecasts.pack(DOCUMENT), {}, executor="w1")
    row = read(database, forecast_id)
    assert (row.state, row.executor, row.attempts, row.hash) == ("running", "w2", 2, None)
    with database.reading() as session:
        assert not forecasts.held_by(session, forecast_id, "w1")
        assert forecasts.held_by(session, forecast_id, "w2")


def test_of_many_that_end_a_forecast_at_once_one_does(database, dataset):
    forecast_id = queue(database, dataset)
    do(database, forecasts.mark_running, forecast_id, "w1")
    packed = forecasts.pack(DOCUMENT)
    endings = [
        lambda: do(database, forecasts.finish, forecast_id, packed, {}),
        lambda: do(database, forecasts.fail, forecast_id, {"type": "t"}),
        lambda: do(database, forecasts.cancel, forecast_id),
    ] * 3
    with ThreadPoolExecutor(9) as pool:
        ended = list(pool.map(lambda ending: ending(), endings))
    assert sum(ended) == 1
    assert len(actions(database, forecast_id)) == 3  # queued, started, and one end


def test_a_queued_forecast_is_cancelled_at_once_and_a_running_one_is_asked(database, dataset):
    queued, running = queue(database, dataset), queue(database, dataset)
    do(database, forecasts.mark_running, running, "w1")
    for forecast_id in (queued, running, running):
        do(database, forecasts.ask_to_cancel, forecast_id, ME)
    assert (read(database, queued).state, read(database, running).state) == (RunState.CANCELLED, RunState.RUNNING)
    with database.reading() as session:
        assert forecasts.wish(session, queued) == forecasts.wish(session, running) == "cancel"
        assert [row.id for row in forecasts.under_way(session)] == [running]
    assert actions(database, running) == ["forecast.queued", "forecast.started", "forecast.cancel-asked"]
    do(database, forecasts.fail, running, {"type": "t"})
    with pytest.raises(forecasts.ForecastEnded):
        do(database, forecasts.ask_to_cancel, running, ME)


def test_a_key_starts_one_forecast_and_belongs_to_one_request_and_one_holder(database, dataset):
    first, again = queue(database, dataset, key="k"), queue(database, dataset, key="k")
    assert first == again
    with pytest.raises(KeyReused):
        queue(database, dataset, Recipe(seed=2), key="k")
    assert queue(database, dataset, actor=Actor("t2", "other"), key="k") != first
    assert queue(database, dataset) != queue(database, dataset)


def test_a_done_forecast_without_a_document_cannot_be_stored(database, dataset):
    forecast_id = queue(database, dataset)
    with pytest.raises(IntegrityError):
        do(database, forecasts.WORK.end, forecast_id, (RunState.QUEUED,), state=RunState.DONE)
