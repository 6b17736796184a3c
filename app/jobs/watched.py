"""
Watched scenarios: solved again on the newest figures from the standing plan, with a price on change, and reported on.

The report sets two costs side by side, both on the newest figures and under the same scenario: of keeping the standing
plan, and of the best plan found, the price of its changes included. An alert is raised only when the best plan really
differs: when it is cheaper although its changes cost something, or when the standing plan cannot be kept.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from app.cases.scenario import OpenChoice, Pin, Scenario
from app.db import datasets, plans, runs, scenarios, schedules
from app.db.errors import KeyReused, NotFound
from app.db.models import DatasetRow, RunRow, RunState
from app.db.scope import Scope
from app.db.session import Database
from app.jobs import conduct
from app.jobs.conduct import Desk, Look, Planned
from app.jobs.kinds import at_hand
from solver.plan import Status

if TYPE_CHECKING:
    from app.jobs.worker import Worker

PRICE_OF_A_MOVED_PUPIL = 500
"""Yuan a year for each pupil whose school changes, where the scenario sets no price: our proposal, to be tuned."""
SAME_PLACE_SHARE = 0.5
"""Settlements two datasets must share, of the older one's, to be versions of one district."""
JUDGE_SECONDS = 60.0
JUDGE_SET_UP_SECONDS = 120.0


def queue_run(database: Database, schedule_id: str, due: datetime) -> str | None:
    """
    Queue the run that a schedule is due; asked again for the same moment, find the same run.

    Returns
    -------
    ``None`` when the schedule is gone or switched off, or its last run is still under way.
    """
    try:
        with database.writing() as session:
            schedule = schedules.get(session, schedule_id)
            run, created = schedules.queue_run(session, schedule, due=due)
            if not schedule.enabled or (created and _another_under_way(session, run)):
                raise _NotNow
            return run.id
    except (NotFound, KeyReused, _NotNow):  # a key whose plan was replaced meanwhile has its run already
        return None


class _NotNow(Exception):
    """Rolls the queueing back."""


def _another_under_way(session: Session, run: RunRow) -> bool:
    return any(other.schedule_id == run.schedule_id and other.id != run.id for other in runs.under_way(session))


def with_price_on_change(scenario: Scenario, price: int | None = None) -> Scenario:
    """Put a price on moved pupils, yuan a year each; not given: ours, where the scenario has none."""
    if price is None:
        price = scenario.weights.moved_pupil or PRICE_OF_A_MOVED_PUPIL
    weights = scenario.weights.model_copy(update={"moved_pupil": price})
    return scenario.model_copy(update={"weights": weights})


def freshen(session: Session, run: RunRow) -> None:
    """Set a watched run on the newest figures of its division; any other run keeps the figures it names."""
    if run.schedule_id is not None:
        run.dataset_id = newest_version(session, run).id
        session.flush()


def newest_version(session: Session, run: RunRow) -> DatasetRow:
    """
    Find the newest dataset that is a version of the one a run names.

    Of the same division, as synthetic as it, with sites of the scenario's stage, and holding at least half of its
    settlements. The dataset itself always is.
    """
    named = datasets.get(session, run.dataset_id)
    stage = scenarios.load(session, run.scenario_id).stage
    settlements = _column(session, named, "settlements", "id")
    for candidate in datasets.newest(session, Scope(named.division)):
        if candidate.id == named.id:
            break
        if candidate.synthetic != named.synthetic or stage not in _column(session, candidate, "sites", "stage"):
            continue
        if len(settlements & _column(session, candidate, "settlements", "id")) >= SAME_PLACE_SHARE * len(settlements):
            return candidate
    return named


def _column(session: Session, dataset: DatasetRow, table: str, column: str) -> set[str]:
    if table not in dataset.counts:
        return set()
    content = datasets.table(session, dataset.id, table).decode("utf-8")
    return {row[column] for row in csv.DictReader(io.StringIO(content))}


def only_the_standing_plan(scenario: Scenario, assignment: Mapping[str, str]) -> Scenario:
    """
    Leave a scenario no choice but a standing plan: its settlements pinned, their schools open.

    ``assignment`` is what of the plan is still in the figures. What the plan does not know stays free.
    """
    joined = set(assignment.values())
    return scenario.model_copy(
        update={
            "open_choice": OpenChoice.CHOOSE,
            "pins": tuple(Pin(settlement=v, school=s) for v, s in assignment.items()),
            "bans": (),
            "close": tuple(id for id in scenario.close if id not in joined),
            "keep_open": tuple(sorted(joined.union(scenario.keep_open))),
            "open_schools_at_least": 0,
            "open_schools_at_most": None,
            "solve": scenario.solve.model_copy(update={"seconds": min(scenario.solve.seconds, JUDGE_SECONDS)}),
        }
    )


def report(worker: Worker, run_id: str) -> str:
    """Store the drift report of a watched run; of another run, nothing. Repeating it finds the first report."""
    with worker.database.reading() as session:
        run = runs.get(session, run_id)
        if run.schedule_id is None or not RunState(run.state).final:
            return "none"
        order = _judge_order(session, worker, run)
    judged = None if order is None else _judge(worker, order)
    with worker.database.writing() as session:
        run = runs.get(session, run_id)
        drift = compare(*_documents(session, run), judged)
        repeated = _tells_the_same(drift.document, _last_report(session, run))
        document = {**_about(session, run), **drift.document, "already_reported": repeated}
        alert = drift.alert and not repeated
        schedules.store_report(session, run, alert=alert, document=document)
    return "alert" if alert else "no alert"


def _last_report(session: Session, run: RunRow) -> Mapping[str, Any] | None:
    found = [] if run.schedule_id is None else schedules.reports(session, run.schedule_id, limit=2)
    return next((report.document for report in found if report.run_id != run.id), None)


def _tells_the_same(document: Mapping[str, Any], last: Mapping[str, Any] | None) -> bool:
    """Tell whether a report names the same changes for the same reason as the one before: no second alert for it."""
    if last is None or last["reason"] != document["reason"]:
        return False
    plan, plan_before = (
        [
            sorted(row["id"] for row in told["schools_opening"]),
            sorted(row["id"] for row in told["schools_closing"]),
            sorted((row["id"], row["to"]) for row in told["settlements_changing"]),
        ]
        for told in (document, last)
    )
    return plan == plan_before


def _judge_order(session: Session, worker: Worker, run: RunRow) -> dict[str, Any] | None:
    if run.standing_plan_id is None or run.state != RunState.DONE:
        return None
    scenario = with_price_on_change(scenarios.load(session, run.scenario_id))
    return {
        "kind": "judge",
        **at_hand(worker),
        "dataset_id": run.dataset_id,
        "standing_plan_id": run.standing_plan_id,
        "scenario": scenario.model_dump(mode="json"),
    }


def _judge(worker: Worker, order: Mapping[str, Any]) -> dict[str, Any] | None:
    """Judge the standing plan in a child; ``None`` when that failed."""
    desk = Desk(
        look=lambda: Look.GO_ON,
        record=lambda _: None,
        leaving=worker.leaving,
        stop_after_seconds=JUDGE_SECONDS + JUDGE_SET_UP_SECONDS,
        kill_after_seconds=JUDGE_SECONDS + JUDGE_SET_UP_SECONDS + worker.settings.overrun_seconds,
    )
    outcome = conduct.conduct(worker.command, order, desk)
    return outcome.document if isinstance(outcome, Planned) else None


def _documents(session: Session, run: RunRow) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    plan_id = plans.id_of_run(session, run.id)
    return tuple(  # type: ignore[return-value]
        None if id is None else plans.get(session, id).document for id in (run.standing_plan_id, plan_id)
    )


def _about(session: Session, run: RunRow) -> dict[str, Any]:
    """Say which run on which figures this was, and how the figures were chosen."""
    dataset = datasets.get(session, run.dataset_id)
    scenario = scenarios.get(session, run.scenario_id)
    return {
        "run_id": run.id,
        "state": run.state,
        "error": run.error,
        "dataset": {
            "id": dataset.id,
            "title": dataset.title,
            "hash": dataset.hash,
            "synthetic": dataset.synthetic,
            "created_at": dataset.created_at.isoformat(),
            "is_the_scenarios_own": dataset.id == scenario.dataset_id,
            "chosen_as": "the newest dataset of the division with sites of the scenario's stage and at least "
            f"{SAME_PLACE_SHARE:.0%} of the settlements of the scenario's own dataset",
        },
        "price_of_a_moved_pupil": with_price_on_change(Scenario.model_validate(scenario.document)).weights.moved_pupil,
    }


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed, as stored, and whether somebody should be told."""

    alert: bool
    document: dict[str, Any]


REASONS = {
    "not-solved": (False, "The scenario was not solved this time.", "本次未能求解。"),
    "first-plan": (False, "This is the first plan; there is none to compare it with.", "这是首个方案，尚无可比方案。"),
    "no-plan": (True, "No plan is possible any more under the rules.", "按现行规则已无可行方案。"),
    "no-answer": (False, "The time was too short to find a plan.", "时间不足，未找到方案。"),
    "standing-not-judged": (False, "The standing plan could not be judged.", "现行方案未能评估。"),
    "standing-impossible": (True, "The standing plan can no longer be kept.", "现行方案已无法维持。"),
    "better-plan": (True, "A changed plan is better, its changes paid for.", "计入变动成本后，调整方案更优。"),
    "unchanged": (False, "The standing plan is still the best known.", "现行方案仍为已知最优。"),
}
"""Reason: whether it raises an alert, and its sentence in English and Chinese."""


def compare(
    standing: Mapping[str, Any] | None, best: Mapping[str, Any] | None, judged: Mapping[str, Any] | None
) -> Drift:
    """
    Compare a standing plan with the best plan of the newest figures.

    Parameters
    ----------
    standing, best
        Plan documents; ``None`` where there is no plan.
    judged
        The standing plan as it comes out on the newest figures; ``None`` when it was not judged.
    """
    reason = _reason(standing, best, judged)
    alert, text, text_zh = REASONS[reason]
    return Drift(
        alert,
        {
            "reason": reason,
            "detail": text,
            "detail_zh": text_zh,
            "objective": {
                "standing_then": _objective(standing),
                "standing_now": _objective(judged),
                "best": _objective(best),
                "bound": None if best is None else best["certificate"]["bound"],
            },
            "pupils": {"then": _pupils(standing), "now": _pupils(best)},
            **_changes(standing, best),
            "standing_broken_by": []
            if judged is None
            else [*_hard_faults(judged), *judged["unserved"], *judged["clashes"]],
        },
    )


def _reason(
    standing: Mapping[str, Any] | None, best: Mapping[str, Any] | None, judged: Mapping[str, Any] | None
) -> str:
    if best is None:
        return "not-solved"
    if _objective(best) is None:
        return "no-plan" if best["certificate"]["status"] == Status.INFEASIBLE else "no-answer"
    if standing is None:
        return "first-plan"
    return _against(standing, best, judged)


def _against(standing: Mapping[str, Any], best: Mapping[str, Any], judged: Mapping[str, Any] | None) -> str:
    """Give the reason when there is a standing plan and a new one."""
    if judged is None:
        return "standing-not-judged"
    if judged["certificate"]["status"] == Status.INFEASIBLE or _hard_faults(judged):
        return "standing-impossible"
    now, new = _objective(judged), _objective(best)
    if now is None or new is None:
        return "standing-not-judged"
    changes = _changes(standing, best)
    differs = bool(changes["schools_opening"] or changes["schools_closing"] or changes["settlements_changing"])
    return "better-plan" if differs and new < now else "unchanged"


def _hard_faults(document: Mapping[str, Any]) -> list[Any]:
    return [rule for rule in document["rules_broken"] if rule["hard"]]


def _objective(document: Mapping[str, Any] | None) -> int | None:
    return None if document is None else document["certificate"]["objective"]


def _pupils(document: Mapping[str, Any] | None) -> int | None:
    return None if document is None else sum(row["pupils"] for row in document["settlements"])


def _changes(standing: Mapping[str, Any] | None, best: Mapping[str, Any] | None) -> dict[str, Any]:
    """List what the best plan would change of the standing one."""
    if standing is None or best is None or _objective(best) is None:
        return {"schools_opening": [], "schools_closing": [], "settlements_changing": [], "pupils_moved": 0}
    was_open, is_open = (
        {row["id"]: row["name"] for row in plan["schools"] if row["decision"] == "keep"} for plan in (standing, best)
    )
    school_then = {row["id"]: row["school"] for row in standing["settlements"]}
    moving = [
        {"id": row["id"], "name": row["name"], "pupils": row["pupils"], "from": then, "to": row["school"]}
        for row in best["settlements"]
        if (then := school_then.get(row["id"])) is not None and then != row["school"]
    ]
    return {
        "schools_opening": _named(is_open, was_open),
        "schools_closing": _named(was_open, is_open),
        "settlements_changing": moving,
        "pupils_moved": sum(row["pupils"] for row in moving),
    }


def _named(schools: Mapping[str, str], without: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"id": id, "name": name} for id, name in sorted(schools.items()) if id not in without]
