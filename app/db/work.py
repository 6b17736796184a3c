"""
What a worker takes up, of any kind: queued, running, then done, failed or cancelled; what has ended never changes.

Every change of state is one guarded UPDATE that names the states it may come from, so that of two processes that try
only one succeeds; it writes its audit line in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.audit import SYSTEM, Action, Actor, worker
from app.db import audit_log
from app.db.errors import NotFound
from app.db.models import ForecastRow, Kind, RunRow, RunState, Wish, now
from app.db.scope import ALL, Scope
from data.errors import PlanningError

UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)

R = TypeVar("R", RunRow, ForecastRow)


@dataclass(frozen=True, slots=True)
class Work(Generic[R]):
    """
    The states of one kind of work.

    Attributes
    ----------
    ended
        Makes the refusal of a wish to what has ended, from its id and state.
    """

    kind: Kind
    row: type[R]
    ended: Callable[[str, str], PlanningError]

    def get(self, session: Session, id: str, scope: Scope = ALL) -> R:
        """
        Find a row as the database has it now.

        Raises
        ------
        NotFound
            When there is none in the scope.
        """
        query = select(self.row).where(self.row.id == id, scope.allows(self.row.division))
        found = session.scalar(query.execution_options(populate_existing=True))
        if found is None:
            raise NotFound(self.kind, id)
        return found

    def under_way(self, session: Session) -> Sequence[R]:
        """List what has not ended, oldest first: a start of the service must see it queued."""
        query = select(self.row).where(self.row.state.in_(UNDER_WAY)).order_by(self.row.created_at)
        return session.scalars(query).all()

    def mark_running(self, session: Session, id: str, executor: str) -> bool:
        """
        Take work up: from queued, or from a worker that died with it.

        Returns
        -------
        bool
            False when it has ended, for instance cancelled while queued: then nothing is to be done.
        """
        found = self.get(session, id)
        taken_over = found.executor if found.state == RunState.RUNNING else None
        changed = self.change(
            session,
            id,
            UNDER_WAY,
            state=RunState.RUNNING,
            executor=executor,
            started_at=func.coalesce(self.row.started_at, now()),
            attempts=self.row.attempts + 1,
        )
        if changed:
            facts = {"taken_over_from": taken_over} if taken_over else {}
            self.record(session, worker(executor), "started", found, **facts)
        return changed

    def held_by(self, session: Session, id: str, executor: str) -> bool:
        """Tell whether a worker still holds it; after a takeover the old one does not."""
        query = select(self.row.id).where(
            self.row.id == id, self.row.executor == executor, self.row.state == RunState.RUNNING
        )
        return session.scalar(query) is not None

    def wish(self, session: Session, id: str) -> Wish:
        """Tell what somebody asked of it; what is cancelled asks to be given up."""
        found = session.execute(select(self.row.wish, self.row.state).where(self.row.id == id)).one_or_none()
        if found is None or found.state == RunState.CANCELLED:
            return Wish.CANCEL
        return Wish(found.wish)

    def ask_to_cancel(self, session: Session, id: str, actor: Actor, scope: Scope = ALL) -> R:
        """
        Give work up: what is queued is cancelled at once, what runs by its worker.

        Raises
        ------
        NotFound, PlanningError
            The one that ``ended`` makes; what is cancelled already is no error.
        """
        found = self.get(session, id, scope)
        if self.end(session, id, (RunState.QUEUED,), state=RunState.CANCELLED, wish=Wish.CANCEL):
            self.record(session, actor, "cancelled", found)
        elif self.change(session, id, (RunState.RUNNING,), self.row.wish != Wish.CANCEL, wish=Wish.CANCEL):
            self.record(session, actor, "cancel-asked", found)
        else:
            return self.unchanged(session, id, allowed=(*UNDER_WAY, RunState.CANCELLED))
        return self.get(session, id)

    def fail(self, session: Session, id: str, problem: Mapping[str, Any]) -> bool:
        """End with a problem document (type, title, status, detail, facts); False when it had ended."""
        found = self.get(session, id)
        failed = self.end(session, id, UNDER_WAY, state=RunState.FAILED, error=dict(problem))
        if failed:
            self.record(session, worker_of(found), "failed", found, type=problem.get("type"))
        return failed

    def cancel(self, session: Session, id: str) -> bool:
        """End with nothing kept, as its worker; False when it had ended."""
        found = self.get(session, id)
        cancelled = self.end(session, id, UNDER_WAY, state=RunState.CANCELLED, wish=Wish.CANCEL)
        if cancelled:
            self.record(session, worker_of(found), "cancelled", found)
        return cancelled

    def end(
        self, session: Session, id: str, states: Sequence[RunState], *also: ColumnElement[bool], **values: object
    ) -> bool:
        """Change it for the last time, as ``change``."""
        return self.change(session, id, states, *also, ended_at=now(), **values)

    def change(
        self, session: Session, id: str, states: Sequence[RunState], *also: ColumnElement[bool], **values: object
    ) -> bool:
        """Change it if it is in one of the states, and ``also`` is true of it; tell whether it was."""
        changed = session.execute(
            update(self.row)
            .where(self.row.id == id, self.row.state.in_(states), *also)
            .values(**values)
            .returning(self.row.id)
            .execution_options(synchronize_session=False)
        )
        return changed.scalar_one_or_none() is not None

    def unchanged(self, session: Session, id: str, *, allowed: Sequence[RunState]) -> R:
        """Find what a wish did not change, and refuse the wish where it came too late for the states allowed."""
        found = self.get(session, id)
        if found.state not in allowed:
            raise self.ended(id, found.state)
        return found

    def record(self, session: Session, actor: Actor, what: str, row: R, **facts: object) -> None:
        """Add an audit line: the action is the kind and what happened to it."""
        audit_log.record(session, actor, Action(f"{self.kind}.{what}"), self.kind, row.id, row.division, **facts)


def worker_of(row: RunRow | ForecastRow) -> Actor:
    """Name the worker that holds it as an actor."""
    return worker(row.executor) if row.executor else SYSTEM
