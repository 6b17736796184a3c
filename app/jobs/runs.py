"""Runs as work: what a child solves of one, and the plan that is stored of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.cases.plan_document import PlanDocument
from app.db import runs, scenarios
from app.jobs import kinds, watched
from app.jobs.worker import Worker

ENDED = kinds.ENDED

SET_UP_SECONDS = 120.0
"""Loading, forecast and travel times, which the order's seconds do not count; the watchdog grants them."""


class Runs(kinds.Trade):
    """How workers solve runs."""

    rows = runs

    def order_of(self, session: Session, worker: Worker, id: str) -> dict[str, Any]:
        """
        Write the scenario with the run's own changes, its threads limited to what the operator set.

        A watched run is set on the newest figures, the first time that it is taken up.
        """
        run = runs.get(session, id)
        if run.attempts == 1:
            watched.freshen(session, run)
        scenario = scenarios.load(session, run.scenario_id)
        solve_order = scenario.solve.model_copy(
            update={**run.order, "workers": min(int(run.order["workers"]), worker.settings.solver_workers)}
        )
        asked = scenario.model_copy(update={"solve": solve_order})
        if run.schedule_id is not None and run.standing_plan_id is not None:
            asked = watched.with_price_on_change(asked)
        return {
            "kind": "solve",
            **kinds.at_hand(worker),
            "dataset_id": run.dataset_id,
            "standing_plan_id": run.standing_plan_id,
            "scenario": asked.model_dump(mode="json"),
        }

    def seconds(self, order: Mapping[str, Any]) -> float:
        """Grant the time limit of the order, and the time to set up."""
        return float(order["scenario"]["solve"]["seconds"]) + SET_UP_SECONDS

    def store(
        self, session: Session, worker: Worker, id: str, order: Mapping[str, Any], document: Mapping[str, Any]
    ) -> None:
        """End the run with its plan and a manifest that names exactly which question was answered."""
        run = runs.get(session, id)
        manifest = kinds.manifest(run) | {
            "run": run.id,
            "standing_plan": run.standing_plan_id,
            "schedule": run.schedule_id,
            "scenario": order["scenario"],
        }
        runs.finish(session, id, PlanDocument.model_validate(document), manifest, executor=worker.executor_id)


_RUNS = Runs()
solve = _RUNS.solve
take_up = _RUNS.take_up
desk = _RUNS.desk
settle = _RUNS.settle
