"""
Runs: solves of a scenario, worked as ``app.db.work`` says; a done one has stored its plan in the same transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audit import Actor
from app.cases.plan_document import PlanDocument
from app.cases.scenario import SolveOrder
from app.db import idempotency, plans
from app.db.errors import RunEnded
from app.db.models import Kind, RunHistoryRow, RunRow, RunState, ScenarioRow, Wish
from app.db.scope import ALL, Scope
from app.db.work import UNDER_WAY, Work, worker_of
from solver.plan import Progress

WORK = Work(Kind.RUN, RunRow, RunEnded)

get = WORK.get
under_way = WORK.under_way
mark_running = WORK.mark_running
held_by = WORK.held_by
wish = WORK.wish
ask_to_cancel = WORK.ask_to_cancel
fail = WORK.fail
cancel = WORK.cancel


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
    WORK.record(session, actor, "queued", run, **wanted)
    return run, True


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


def record_progress(session: Session, run_id: str, progress: Progress, *, executor: str | None = None) -> bool:
    """
    Note how far a run is, on the run and in its history.

    Returns
    -------
    bool
        False, with nothing written, when the run is not running or (with ``executor``) is another worker's now.
    """
    changed = WORK.change(
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


def ask_to_stop(session: Session, run_id: str, actor: Actor, scope: Scope = ALL) -> RunRow:
    """
    Ask a run to end soon with the best plan it has; a wish to cancel stays one.

    Raises
    ------
    NotFound, RunEnded
    """
    run = get(session, run_id, scope)
    if not WORK.change(session, run_id, UNDER_WAY, RunRow.wish == Wish.NONE, wish=Wish.STOP):
        return WORK.unchanged(session, run_id, allowed=UNDER_WAY)
    WORK.record(session, actor, "stop-asked", run)
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
    ended = WORK.end(
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
    WORK.record(session, worker_of(run), "done", run, plan=plan_id, status=certificate.status)
    return plan_id
