"""The tables. Times are UTC; money is whole yuan; ids are random text, never a position."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class RunState(StrEnum):
    """Where a run stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Tell whether the run has ended; an ended run never changes."""
        return self in {RunState.DONE, RunState.FAILED, RunState.CANCELLED}


class Kind(StrEnum):
    """What a worker may be asked to work; also the word for it in the audit and in the queue."""

    RUN = "run"
    FORECAST = "forecast"


class Wish(StrEnum):
    """What somebody asked of a run under way: nothing, to stop and keep the best, or to be given up."""

    NONE = "none"
    STOP = "stop"
    CANCEL = "cancel"


def new_id() -> str:
    """Make a random id."""
    return secrets.token_hex(12)


def now() -> datetime:
    """Tell the time in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC on both databases; SQLite itself forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of every table class; fixes names of constraints, so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


class TokenRow(Base):
    """A key to the service. Only the SHA-256 of the secret is stored; a revoked one stays for the audit."""

    __tablename__ = "tokens"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'planner', 'reader')", name="role"),
        CheckConstraint(
            "(level = 'city' AND division IS NULL) OR (level = 'district' AND division IS NOT NULL)", name="scope"
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    level: Mapped[str] = mapped_column(String(16))
    division: Mapped[str | None] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(200))
    revoked_at: Mapped[datetime | None] = mapped_column()


class SessionRow(Base):
    """A page session opened with a token; only the SHA-256 of the cookie is stored."""

    __tablename__ = "sessions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    token_id: Mapped[str] = mapped_column(ForeignKey("tokens.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column()


class NetworkRow(Base):
    """A road network, stored once by its hash: ``content`` as ``geo.roads.store`` packs it, and the report of it."""

    __tablename__ = "networks"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    report: Mapped[dict[str, Any]] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(default=now)


class DatasetRow(Base):
    """
    One immutable version of a district's data; the figures themselves are in ``dataset_tables``.

    ``network_hash`` is empty where the dataset has no roads; ``hash`` is over figures and roads.
    """

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("division", "hash"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(Text)
    division: Mapped[str] = mapped_column(String(32), index=True)
    synthetic: Mapped[bool] = mapped_column()
    source: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
    counts: Mapped[dict[str, Any]] = mapped_column()
    warnings: Mapped[list[Any]] = mapped_column()
    network_hash: Mapped[str | None] = mapped_column(ForeignKey("networks.hash"))
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    created_by: Mapped[str] = mapped_column(String(200))
    network: Mapped[NetworkRow | None] = relationship(lazy="joined")

    @property
    def roads(self) -> dict[str, Any] | None:
        """What the report of its network tells; ``None`` without roads."""
        return None if self.network is None else {"hash": self.network.hash, **self.network.report}


class DatasetTableRow(Base):
    """One table of a dataset as gzipped canonical CSV (UTF-8); ``rows`` leaves the heading out."""

    __tablename__ = "dataset_tables"

    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    rows: Mapped[int] = mapped_column()
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ScenarioRow(Base):
    """A scenario on a dataset; immutable."""

    __tablename__ = "scenarios"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    division: Mapped[str] = mapped_column(String(32), index=True)
    title: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, Any]] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(200))


class ScheduleRow(Base):
    """
    A watched scenario: solved again at set times from its standing plan.

    ``standing_plan_id`` empty: the newest plan of the scenario that a person asked for. A removed schedule stays, with
    its reports, unseen.
    """

    __tablename__ = "schedules"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    scenario_id: Mapped[str] = mapped_column(ForeignKey("scenarios.id"), index=True)
    division: Mapped[str] = mapped_column(String(32), index=True)
    cron: Mapped[str] = mapped_column(String(100))
    timezone: Mapped[str] = mapped_column(String(64))
    enabled: Mapped[bool] = mapped_column()
    standing_plan_id: Mapped[str | None] = mapped_column(ForeignKey("plans.id", use_alter=True))
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None] = mapped_column()


class RunRow(Base):
    """
    One solve of a scenario.

    ``order`` is the solve order in force (the scenario's with the run's own changes); ``best`` and ``bound`` are yuan
    a year; ``seconds`` is time inside the solve; ``error`` is a problem document; ``attempts`` counts the workers
    that took it up.
    """

    __tablename__ = "runs"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        CheckConstraint("wish IN ('none', 'stop', 'cancel')", name="wish"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    scenario_id: Mapped[str] = mapped_column(ForeignKey("scenarios.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    division: Mapped[str] = mapped_column(String(32), index=True)
    schedule_id: Mapped[str | None] = mapped_column(ForeignKey("schedules.id"), index=True)
    standing_plan_id: Mapped[str | None] = mapped_column(ForeignKey("plans.id", use_alter=True))
    state: Mapped[str] = mapped_column(String(16), default=RunState.QUEUED, index=True)
    wish: Mapped[str] = mapped_column(String(8), default=Wish.NONE)
    order: Mapped[dict[str, Any]] = mapped_column("solve_order")
    phase: Mapped[str | None] = mapped_column(String(32))
    best: Mapped[int | None] = mapped_column(BigInteger)
    bound: Mapped[int | None] = mapped_column(BigInteger)
    seconds: Mapped[float | None] = mapped_column()
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    executor: Mapped[str | None] = mapped_column(String(200))
    workflow_id: Mapped[str | None] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    created_by: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime | None] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()


class RunHistoryRow(Base):
    """One progress report of a run; ``seq`` counts from 1."""

    __tablename__ = "run_history"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seconds: Mapped[float] = mapped_column()
    phase: Mapped[str] = mapped_column(String(32))
    best: Mapped[int | None] = mapped_column(BigInteger)
    bound: Mapped[int | None] = mapped_column(BigInteger)


class PlanRow(Base):
    """
    The answer of a run, stored once and with its manifest: who solved it, where, with what.

    ``summary`` is what a list of plans shows of the document.
    """

    __tablename__ = "plans"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), unique=True)
    scenario_id: Mapped[str] = mapped_column(ForeignKey("scenarios.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    division: Mapped[str] = mapped_column(String(32), index=True)
    document: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    summary: Mapped[dict[str, Any]] = mapped_column()
    manifest: Mapped[dict[str, Any]] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


class ForecastRow(Base):
    """
    One forecast of a dataset, and its document once it is done.

    ``recipe`` is what was asked; ``holder`` and ``key`` are those of an Idempotency-Key, ``request_hash`` of what came
    with it. A done forecast holds its ``summary`` (what a list shows), its ``manifest`` (who worked it, where),
    ``content`` (canonical JSON of the document, zlib) and ``hash`` (SHA-256 of that JSON). The other columns are as
    those of a run.
    """

    __tablename__ = "forecasts"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        CheckConstraint("wish IN ('none', 'stop', 'cancel')", name="wish"),
        CheckConstraint("(state = 'done') = (content IS NOT NULL)", name="document"),
        UniqueConstraint("holder", "key"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    division: Mapped[str] = mapped_column(String(32), index=True)
    title: Mapped[str] = mapped_column(Text)
    synthetic: Mapped[bool] = mapped_column()
    recipe: Mapped[dict[str, Any]] = mapped_column()
    holder: Mapped[str | None] = mapped_column(String(64))
    key: Mapped[str | None] = mapped_column(String(200))
    request_hash: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default=RunState.QUEUED, index=True)
    wish: Mapped[str] = mapped_column(String(8), default=Wish.NONE)
    phase: Mapped[str | None] = mapped_column(String(32))
    seconds: Mapped[float | None] = mapped_column()
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    executor: Mapped[str | None] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    created_by: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime | None] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()
    summary: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    manifest: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    hash: Mapped[str | None] = mapped_column(String(64))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class IdempotencyRow(Base):
    """What a request with an Idempotency-Key started; ``holder`` is a token id or ``schedule:ID``."""

    __tablename__ = "idempotency_keys"

    holder: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class DriftReportRow(Base):
    """What changed when a watched scenario was solved again; ``alert``: the best plan really differs."""

    __tablename__ = "drift_reports"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id"), index=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), unique=True)
    plan_id: Mapped[str | None] = mapped_column(ForeignKey("plans.id"))
    standing_plan_id: Mapped[str | None] = mapped_column(ForeignKey("plans.id"))
    alert: Mapped[bool] = mapped_column()
    document: Mapped[dict[str, Any]] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(default=now)


class HeartbeatRow(Base):
    """The last sign of life of a worker process."""

    __tablename__ = "heartbeats"

    executor_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(default=now, index=True)


class AuditRow(Base):
    """One line of the audit. Triggers on both databases refuse to change or delete it."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject", "subject", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    actor_id: Mapped[str] = mapped_column(String(240))
    actor_name: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
    division: Mapped[str | None] = mapped_column(String(32), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column()


class MonitoringReportRow(Base):
    """
    A monitoring report: of a district on one forecast, or of the city (``division`` empty) on signed reports.

    ``hash`` is that of the report's inputs. Triggers on both databases refuse to change or delete a signed one.
    """

    __tablename__ = "monitoring_reports"
    __table_args__ = (
        CheckConstraint("level IN ('district', 'city')", name="level"),
        CheckConstraint("state IN ('draft', 'signed')", name="state"),
        CheckConstraint(
            "(level = 'district' AND division IS NOT NULL AND forecast_id IS NOT NULL)"
            " OR (level = 'city' AND division IS NULL AND forecast_id IS NULL)",
            name="scope",
        ),
        CheckConstraint(
            "(state = 'draft' AND signed_at IS NULL AND signed_by IS NULL AND signed_name IS NULL)"
            " OR (state = 'signed' AND signed_at IS NOT NULL AND signed_by IS NOT NULL AND signed_name IS NOT NULL)",
            name="signature",
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    level: Mapped[str] = mapped_column(String(16))
    division: Mapped[str | None] = mapped_column(String(32), index=True)
    title: Mapped[str] = mapped_column(Text)
    synthetic: Mapped[bool] = mapped_column()
    state: Mapped[str] = mapped_column(String(16), default="draft")
    forecast_id: Mapped[str | None] = mapped_column(ForeignKey("forecasts.id"), index=True)
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("monitoring_reports.id"))
    comments: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    created_by: Mapped[str] = mapped_column(String(200))
    signed_at: Mapped[datetime | None] = mapped_column()
    signed_by: Mapped[str | None] = mapped_column(String(200))
    signed_name: Mapped[str | None] = mapped_column(String(200))


class MonitoringReportPartRow(Base):
    """A signed district report that a city report was merged from, with its hash at that time."""

    __tablename__ = "monitoring_report_parts"

    report_id: Mapped[str] = mapped_column(ForeignKey("monitoring_reports.id"), primary_key=True)
    part_id: Mapped[str] = mapped_column(ForeignKey("monitoring_reports.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64))
