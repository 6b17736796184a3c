"""
Runs: queued, running, then done, failed or cancelled. An ended run never changes.

Every change of state is one guarded UPDATE that names the states it may come from, so that of two processes that try
only one succeeds; it writes its audit line in the same transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.audit import SYSTEM, Action, Actor, worker
from app.cases.plan_document import PlanDocument
from app.cases.scenario import SolveOrder
from app.db import audit_log, idempotency, plans
from app.db.errors import NotFound, RunEnded
from app.db.models import RunHistoryRow, RunRow, RunState, ScenarioRow, Wish, now
from app.db.scope import ALL, Scope
from solver.plan import Progress

UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)


def create(
    session: Session,
    scenario: ScenarioRow,
    *,
    order: SolveOrder,
    actor: Actor,
    standing_plan_id: str | None = None,
    schedule_id: str | None = None,
    key: str | None = None,
) -> tuple[RunRow, bool]:
    """
    Queue a run, or find the one that the same request with the same ``key`` queued before.

    Returns
    -------
    run, created
        ``created`` is False when the key was known: then nothing is to be started again.

    Raises
    ------
    KeyReused
        When the key came with another request.
    """
    wanted = {
        "scenario": scenario.id,
        "order": order.model_dump(mode="json"),
        "standing": standing_plan_id,
        "schedule": schedule_id,
    }
    digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
    if key is not None and (known := idempotency.find(session, actor.id, key, digest)) is not None:
        return get(session, known), False
    run = RunRow(
        scenario_id=scenario.id,
        dataset_id=scenario.dataset_id,
        division=scenario.division,
        schedule_id=schedule_id,
        standing_plan_id=standing_plan_id,
        order=wanted["order"],
        created_by=actor.name,
    )
    session.add(run)
    session.flush()
    if key is not None:
        idempotency.keep(session, actor.id, key, digest, run.id)
    audit_log.record(session, actor, Action.RUN_QUEUED, "run", run.id, run.division, **wanted)
    return run, True


def get(session: Session, run_id: str, scope: Scope = ALL) -> RunRow:
    """
    Find a run as the database has it now.

    Raises
    ------
    NotFound
        When there is none in the scope.
    """
    query = select(RunRow).where(RunRow.id == run_id, scope.allows(RunRow.division))
    run = session.scalar(query.execution_options(populate_existing=True))
    if run is None:
        raise NotFound("run", run_id)
    return run


def newest(
    session: Session,
    scope: Scope = ALL,
    *,
    scenario_id: str | None = None,
    dataset_id: str | None = None,
    state: RunState | None = None,
    limit: int = 200,
) -> Sequence[RunRow]:
    """List runs, newest first."""
    query = select(RunRow).where(scope.allows(RunRow.division)).order_by(RunRow.created_at.desc(), RunRow.id)
    for column, wanted in (
        (RunRow.scenario_id, scenario_id),
        (RunRow.dataset_id, dataset_id),
        (RunRow.state, state),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return session.scalars(query.limit(limit)).all()


def under_way(session: Session) -> Sequence[RunRow]:
    """List the runs that have not ended, oldest first: those a start of the service must see queued."""
    return session.scalars(select(RunRow).where(RunRow.state.in_(UNDER_WAY)).order_by(RunRow.created_at)).all()


def history(session: Session, run_ids: Sequence[str]) -> dict[str, list[RunHistoryRow]]:
    """Read the progress reports of runs, in order, by run id."""
    found: dict[str, list[RunHistoryRow]] = {run_id: [] for run_id in run_ids}
    query = select(RunHistoryRow).where(RunHistoryRow.run_id.in_(run_ids)).order_by(RunHistoryRow.seq)
    for row in session.scalars(query):
        found[row.run_id].append(row)
    return found


def set_workflow(session: Session, run_id: str, workflow_id: str) -> None:
    """Note which job of the job library works on a run."""
    session.execute(update(RunRow).where(RunRow.id == run_id).values(workflow_id=workflow_id))


def mark_running(session: Session, run_id: str, executor: str) -> bool:
    """
    Take a run up: from queued, or from a worker that died with it.

    Returns
    -------
    bool
        False when the run has ended, for instance cancelled while queued: then nothing is to be done.
    """
    run = get(session, run_id)
    taken_over = run.executor if run.state == RunState.RUNNING else None
    changed = _change(
        session,
        run_id,
        UNDER_WAY,
        state=RunState.RUNNING,
        executor=executor,
        started_at=func.coalesce(RunRow.started_at, now()),
        attempts=RunRow.attempts + 1,
    )
    if changed:
        facts = {"taken_over_from": taken_over} if taken_over else {}
        audit_log.record(session, worker(executor), Action.RUN_STARTED, "run", run_id, run.division, **facts)
    return changed


def held_by(session: Session, run_id: str, executor: str) -> bool:
    """Tell whether a worker still holds a run; after a takeover the old one does not."""
    query = select(RunRow.id).where(RunRow.id == run_id, RunRow.executor == executor, RunRow.state == RunState.RUNNING)
    return session.scalar(query) is not None


def record_progress(session: Session, run_id: str, progress: Progress, *, executor: str | None = None) -> bool:
    """
    Note how far a run is, on the run and in its history.

    Returns
    -------
    bool
        False, with nothing written, when the run is not running or (with ``executor``) is another worker's now.
    """
    changed = _change(
        session,
        run_id,
        (RunState.RUNNING,),
        *(() if executor is None else (RunRow.executor == executor,)),
        phase=progress.phase,
        best=progress.best,
        bound=progress.bound,
        seconds=progress.seconds,
    )
    if changed:
        last = session.scalar(select(func.max(RunHistoryRow.seq)).where(RunHistoryRow.run_id == run_id)) or 0
        session.add(
            RunHistoryRow(
                run_id=run_id,
                seq=last + 1,
                seconds=progress.seconds,
                phase=progress.phase,
                best=progress.best,
                bound=progress.bound,
            )
        )
        session.flush()
    return changed


def wish(session: Session, run_id: str) -> Wish:
    """Tell what somebody asked of a run; a cancelled run asks to be given up."""
    row = session.execute(select(RunRow.wish, RunRow.state).where(RunRow.id == run_id)).one_or_none()
    if row is None or row.state == RunState.CANCELLED:
        return Wish.CANCEL
    return Wish(row.wish)


def ask_to_stop(session: Session, run_id: str, actor: Actor, scope: Scope = ALL) -> RunRow:
    """
    Ask a run to end soon with the best plan it has; a wish to cancel stays one.

    Raises
    ------
    NotFound, RunEnded
    """
    run = get(session, run_id, scope)
    if not _change(session, run_id, UNDER_WAY, RunRow.wish == Wish.NONE, wish=Wish.STOP):
        return _unchanged(session, run_id, allowed=UNDER_WAY)
    audit_log.record(session, actor, Action.RUN_STOP_ASKED, "run", run_id, run.division)
    return get(session, run_id)


def ask_to_cancel(session: Session, run_id: str, actor: Actor, scope: Scope = ALL) -> RunRow:
    """
    Give a run up: a queued one is cancelled at once, a running one by its worker.

    Raises
    ------
    NotFound, RunEnded
        An already cancelled run is no error.
    """
    run = get(session, run_id, scope)
    if _end(session, run_id, (RunState.QUEUED,), state=RunState.CANCELLED, wish=Wish.CANCEL):
        audit_log.record(session, actor, Action.RUN_CANCELLED, "run", run_id, run.division)
    elif _change(session, run_id, (RunState.RUNNING,), RunRow.wish != Wish.CANCEL, wish=Wish.CANCEL):
        audit_log.record(session, actor, Action.RUN_CANCEL_ASKED, "run", run_id, run.division)
    else:
        return _unchanged(session, run_id, allowed=(*UNDER_WAY, RunState.CANCELLED))
    return get(session, run_id)


def finish(
    session: Session, run_id: str, document: PlanDocument, manifest: Mapping[str, Any], *, executor: str | None = None
) -> str | None:
    """
    Store the plan and its manifest and end the run, all or nothing.

    Storing again is harmless: the plan of a done run is found and returned, whatever is brought now.

    Returns
    -------
    plan_id
        ``None``, with nothing stored, when the run was failed or cancelled meanwhile, or (with ``executor``) is
        another worker's now.
    """
    if (known := plans.id_of_run(session, run_id)) is not None:
        return known
    run = get(session, run_id)
    certificate = document.certificate
    ended = _end(
        session,
        run_id,
        UNDER_WAY,
        *(() if executor is None else (RunRow.executor == executor,)),
        state=RunState.DONE,
        phase="done",
        best=certificate.objective,
        bound=certificate.bound,
        seconds=certificate.seconds,
    )
    if not ended:
        return plans.id_of_run(session, run_id)
    plan_id = plans.store(session, run, document, manifest)
    actor = _worker_of(run)
    audit_log.record(
        session, actor, Action.RUN_DONE, "run", run_id, run.division, plan=plan_id, status=certificate.status
    )
    return plan_id


def fail(session: Session, run_id: str, problem: Mapping[str, Any]) -> bool:
    """End a run with a problem document (type, title, status, detail, facts); False when it had ended."""
    run = get(session, run_id)
    ended = _end(session, run_id, UNDER_WAY, state=RunState.FAILED, error=dict(problem))
    if ended:
        audit_log.record(
            session, _worker_of(run), Action.RUN_FAILED, "run", run_id, run.division, type=problem.get("type")
        )
    return ended


def cancel(session: Session, run_id: str) -> bool:
    """End a run with nothing kept, as its worker; False when it had ended."""
    run = get(session, run_id)
    ended = _end(session, run_id, UNDER_WAY, state=RunState.CANCELLED, wish=Wish.CANCEL)
    if ended:
        audit_log.record(session, _worker_of(run), Action.RUN_CANCELLED, "run", run_id, run.division)
    return ended


def _worker_of(run: RunRow) -> Actor:
    return worker(run.executor) if run.executor else SYSTEM


def _end(
    session: Session, run_id: str, states: Sequence[RunState], *also: ColumnElement[bool], **values: object
) -> bool:
    return _change(session, run_id, states, *also, ended_at=now(), **values)


def _change(
    session: Session, run_id: str, states: Sequence[RunState], *also: ColumnElement[bool], **values: object
) -> bool:
    """Change a run if it is in one of the states; tell whether it was."""
    changed = session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.state.in_(states), *also)
        .values(**values)
        .returning(RunRow.id)
        .execution_options(synchronize_session=False)
    )
    return changed.scalar_one_or_none() is not None


def _unchanged(session: Session, run_id: str, *, allowed: Sequence[RunState]) -> RunRow:
    run = get(session, run_id)
    if run.state not in allowed:
        raise RunEnded(run_id, run.state)
    return run
