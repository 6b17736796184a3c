"""What the keeper asks of the job library: who holds work, how its workflow stands, which schedules it fires."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dbos import DBOS
from dbos import error as dbos_error

from app.db.models import Kind

log = logging.getLogger("junheng.jobs")

PENDING = "PENDING"
UNDER_WAY = frozenset({"ENQUEUED", "DELAYED", PENDING})


@dataclass(frozen=True, slots=True)
class Firing:
    """When a schedule fires, in the library's terms."""

    schedule_id: str
    cron: str
    timezone: str

    @property
    def name(self) -> str:
        """The library's name of it."""
        return f"{Library.PREFIX}{self.schedule_id}"


class Library:
    """
    The job library of this process.

    Parameters
    ----------
    start
        Puts a run or a forecast in the queue.
    workflow_id
        Names the workflow of a run or a forecast.
    watch
        The workflow that a schedule starts, with the moment due and the schedule's id.
    """

    PREFIX = "watch-"

    def __init__(
        self,
        start: Callable[[str, Kind], str],
        workflow_id: Callable[[str, Kind], str],
        watch: Callable[[datetime, Any], None],
    ) -> None:
        self.start = start
        self._workflow_id = workflow_id
        self._watch = watch

    def holders(self) -> set[str]:
        """Find the executors that hold work now."""
        pending = DBOS.list_workflows(status=PENDING, load_input=False, load_output=False)
        return {workflow.executor_id for workflow in pending if workflow.executor_id}

    def take_over(self, executor_id: str) -> None:
        """Put the work of a dead executor back in its queue; work that somebody took up already stays there."""
        DBOS._recover_pending_workflows([executor_id])

    def states(self, kind: Kind, ids: Collection[str]) -> dict[str, str]:
        """Find how the workflows of runs or forecasts stand, by their ids; one without a workflow is left out."""
        by_workflow = {self._workflow_id(id, kind): id for id in ids}
        found = DBOS.list_workflows(workflow_ids=list(by_workflow), load_input=False, load_output=False)
        return {by_workflow[workflow.workflow_id]: workflow.status for workflow in found}

    def keep_schedules(self, wanted: Collection[Firing]) -> None:
        """Make the library fire these and no others; those that stay the same are not touched."""
        known: dict[str, Mapping[str, Any]] = {
            schedule["schedule_name"]: schedule for schedule in DBOS.list_schedules(schedule_name_prefix=self.PREFIX)
        }
        for name in set(known) - {firing.name for firing in wanted}:
            DBOS.delete_schedule(name)
        for firing in wanted:
            if not _same(known.get(firing.name), firing):
                self._fire(firing)

    def _fire(self, firing: Firing) -> None:
        try:
            DBOS.apply_schedules(
                [
                    {
                        "schedule_name": firing.name,
                        "workflow_fn": self._watch,
                        "schedule": firing.cron,
                        "cron_timezone": firing.timezone,
                        "context": firing.schedule_id,
                    }
                ]
            )
        except dbos_error.DBOSException as error:  # one bad row must not keep the others from firing
            log.error("schedule %s cannot be kept: %s", firing.schedule_id, error)

    def catch_up(self, firing: Firing, due: datetime) -> None:
        """Fire the moment ``due`` if it was not fired: the id of a firing is made of its moment."""
        second = timedelta(seconds=1)
        DBOS.backfill_schedule(firing.name, due.astimezone(UTC) - second, due.astimezone(UTC) + second)


def _same(known: Mapping[str, Any] | None, firing: Firing) -> bool:
    return (
        known is not None
        and known["schedule"] == firing.cron
        and known["cron_timezone"] == firing.timezone
        and known["status"] == "ACTIVE"
    )
