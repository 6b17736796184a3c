"""Monitoring reports: drafted on a forecast, commented, signed by a named person, merged at the city."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import Action, Actor
from app.cases.forecast_document import ForecastDocument
from app.db import audit_log, forecasts
from app.db.errors import NotFound
from app.db.models import ForecastRow, MonitoringReportPartRow, MonitoringReportRow, new_id, now
from app.db.scope import ALL, Scope
from app.reports.monitoring import city, district
from app.reports.monitoring.inputs import CityInputs, DistrictInputs, Forecast, Inputs, Previous, Signature
from data.errors import PlanningError

KIND = "report"
DISTRICT, CITY = "district", "city"
DRAFT, SIGNED = "draft", "signed"


class ReportSigned(PlanningError):
    """A change was asked of a signed report; a signed report never changes."""

    def __init__(self, report_id: str, signed_name: str) -> None:
        self.report_id, self.signed_name = report_id, signed_name
        super().__init__(f"Report {report_id} was signed by {signed_name} and never changes.")


class ReportNotSigned(PlanningError):
    """Only a signed report can be merged or compared with, and this one is a draft."""

    def __init__(self, report_id: str) -> None:
        self.report_id = report_id
        super().__init__(f"Report {report_id} is a draft: let it be signed first.")


class BrokenSeal(PlanningError):
    """What a report was made from is no longer what its hash tells; nothing is printed from it."""

    def __init__(self, report_id: str) -> None:
        self.report_id = report_id
        super().__init__(f"The inputs of report {report_id} differ from its hash: they were changed in the database.")


def draft(
    session: Session,
    forecast_id: str,
    *,
    comments: str,
    previous_id: str | None,
    actor: Actor,
    scope: Scope = ALL,
) -> MonitoringReportRow:
    """
    Draft the report of a district on a done forecast, to be compared with a signed one of the same district.

    Raises
    ------
    NotFound, app.db.forecasts.ForecastNotDone, ReportNotSigned
    """
    forecast = forecasts.get(session, forecast_id, scope)
    document = forecasts.load(session, forecast.id)
    if previous_id is not None:
        previous = get(session, previous_id, scope)
        if previous.level != DISTRICT or previous.division != forecast.division:
            raise NotFound(KIND, previous_id)
        require_signed(previous)
    row = MonitoringReportRow(
        id=new_id(),
        level=DISTRICT,
        division=forecast.division,
        title=district.title(document),
        synthetic=document.synthetic,
        state=DRAFT,
        forecast_id=forecast.id,
        previous_id=previous_id,
        comments=comments,
        created_at=now(),
        created_by=actor.name,
    )
    row.hash = _inputs(session, row, {}).hash
    session.add(row)
    session.flush()
    facts = {"forecast": forecast.id, "previous": previous_id}
    audit_log.record(session, actor, Action.REPORT_DRAFTED, KIND, row.id, row.division, hash=row.hash, **facts)
    return row


def merge(
    session: Session, report_ids: Sequence[str], *, title: str, actor: Actor, scope: Scope = ALL
) -> MonitoringReportRow:
    """
    Draft the report of the city from signed reports of districts, one a district.

    Raises
    ------
    NotFound, ReportNotSigned, app.reports.monitoring.city.ReportsDoNotFit
    """
    found = [get(session, id, scope) for id in report_ids]
    for part in found:
        if part.level != DISTRICT:
            raise city.ReportsDoNotFit(f"{part.id} is no report of a district")
        require_signed(part)
    parts = _district_inputs(session, found)
    city.common_years(parts)
    row = MonitoringReportRow(
        id=new_id(),
        level=CITY,
        division=None,
        title=title,
        synthetic=any(part.synthetic for part in parts),
        state=DRAFT,
        comments="",
        created_at=now(),
        created_by=actor.name,
    )
    row.hash = CityInputs(row.id, row.title, row.comments, row.created_at, row.created_by, None, parts).hash
    session.add(row)
    session.flush()
    session.add_all(MonitoringReportPartRow(report_id=row.id, part_id=part.id, hash=part.hash) for part in parts)
    hashes = {part.id: part.hash for part in parts}
    audit_log.record(session, actor, Action.REPORT_MERGED, KIND, row.id, None, hash=row.hash, parts=hashes)
    return row


def get(session: Session, report_id: str, scope: Scope = ALL, *, lock: bool = False) -> MonitoringReportRow:
    """
    Find a report; ``lock`` keeps others from changing it until the transaction ends.

    Raises
    ------
    NotFound
        When there is none in the scope.
    """
    query = select(MonitoringReportRow).where(
        MonitoringReportRow.id == report_id, scope.allows(MonitoringReportRow.division)
    )
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound(KIND, report_id)
    return row


def newest(session: Session, scope: Scope = ALL, *, limit: int = 200) -> Sequence[MonitoringReportRow]:
    """List reports, newest first."""
    query = select(MonitoringReportRow).where(scope.allows(MonitoringReportRow.division))
    return session.scalars(
        query.order_by(MonitoringReportRow.created_at.desc(), MonitoringReportRow.id).limit(limit)
    ).all()


def last_signed_forecast(session: Session, division: str) -> str | None:
    """Find the forecast of the report of a district that was signed last."""
    query = select(MonitoringReportRow.forecast_id).where(
        MonitoringReportRow.division == division, MonitoringReportRow.state == SIGNED
    )
    return session.scalar(query.order_by(MonitoringReportRow.signed_at.desc()).limit(1))


def parts_of(session: Session, reports: Sequence[MonitoringReportRow]) -> Mapping[str, Sequence[MonitoringReportRow]]:
    """Give the reports that each city report was merged from, by division; none for a district's."""
    query = (
        select(MonitoringReportPartRow.report_id, MonitoringReportRow)
        .join(MonitoringReportRow, MonitoringReportRow.id == MonitoringReportPartRow.part_id)
        .where(MonitoringReportPartRow.report_id.in_([row.id for row in reports if row.level == CITY]))
        .order_by(MonitoringReportRow.division)
    )
    found: dict[str, list[MonitoringReportRow]] = {row.id: [] for row in reports}
    for report_id, part in session.execute(query):
        found[report_id].append(part)
    return found


def comment(
    session: Session, report_id: str, comments: str, *, actor: Actor, scope: Scope = ALL
) -> MonitoringReportRow:
    """
    Write other comments to a draft.

    Raises
    ------
    NotFound, ReportSigned
    """
    row = _open(session, report_id, scope)
    with session.no_autoflush:
        row.comments = comments
        row.hash = load_draft(session, row).hash
    session.flush()
    audit_log.record(session, actor, Action.REPORT_COMMENTED, KIND, row.id, row.division, hash=row.hash)
    return row


def sign(session: Session, report_id: str, name: str, *, actor: Actor, scope: Scope = ALL) -> MonitoringReportRow:
    """
    Sign a draft in the name of a person; it never changes again.

    Raises
    ------
    NotFound, ReportSigned, BrokenSeal
    """
    row = _open(session, report_id, scope)
    inputs(session, row)
    with session.no_autoflush:
        row.state, row.signed_at, row.signed_by, row.signed_name = SIGNED, now(), actor.name, name
        row.hash = load_draft(session, row).hash
    session.flush()
    audit_log.record(session, actor, Action.REPORT_SIGNED, KIND, row.id, row.division, hash=row.hash, name=name)
    return row


def _open(session: Session, report_id: str, scope: Scope) -> MonitoringReportRow:
    """Find a report that may be changed."""
    row = get(session, report_id, scope, lock=True)
    if row.state != DRAFT:
        raise ReportSigned(row.id, row.signed_name or "")
    return row


def require_signed(row: MonitoringReportRow) -> None:
    """
    Check that a report is signed.

    Raises
    ------
    ReportNotSigned
    """
    if row.state != SIGNED:
        raise ReportNotSigned(row.id)


def inputs(session: Session, row: MonitoringReportRow) -> Inputs:
    """
    Read what a report is made from, and check that nothing of it was changed.

    Raises
    ------
    BrokenSeal
    """
    found = load_draft(session, row)
    if found.hash != row.hash:
        raise BrokenSeal(row.id)
    return found


def load_draft(session: Session, row: MonitoringReportRow) -> Inputs:
    """Read what a report is made from as the row stands now; its own hash is not looked at."""
    if row.level == DISTRICT:
        return _inputs(session, row, {})
    parts = _district_inputs(session, parts_of(session, [row])[row.id])
    kept = select(MonitoringReportPartRow.part_id, MonitoringReportPartRow.hash)
    hashes = dict(session.execute(kept.where(MonitoringReportPartRow.report_id == row.id)).all())
    if hashes != {part.id: part.hash for part in parts}:
        raise BrokenSeal(row.id)
    return CityInputs(row.id, row.title, row.comments, row.created_at, row.created_by, _signature(row), parts)


def _district_inputs(session: Session, rows: Sequence[MonitoringReportRow]) -> tuple[DistrictInputs, ...]:
    """Read the inputs of district reports, in the order of their divisions, and check them."""
    documents: dict[str, ForecastDocument] = {}
    found = []
    for row in sorted(rows, key=lambda row: (row.division or "", row.id)):
        part = _inputs(session, row, documents)
        if part.hash != row.hash:
            raise BrokenSeal(row.id)
        found.append(part)
    return tuple(found)


def _inputs(session: Session, row: MonitoringReportRow, documents: dict[str, ForecastDocument]) -> DistrictInputs:
    previous = None
    if row.previous_id is not None:
        last = get(session, row.previous_id)
        previous = Previous(last.id, last.hash, last.title, _forecast(session, last, documents).document)
    return DistrictInputs(
        id=row.id,
        title=row.title,
        division=row.division or "",
        comments=row.comments,
        created_at=row.created_at,
        created_by=row.created_by,
        signature=_signature(row),
        forecast=_forecast(session, row, documents),
        previous=previous,
    )


def _forecast(session: Session, row: MonitoringReportRow, documents: dict[str, ForecastDocument]) -> Forecast:
    """Read the forecast of a report, whose bytes must still have the hash that was stored with them."""
    id = row.forecast_id or ""
    content = forecasts.content(session, id)
    digest = session.scalar(select(ForecastRow.hash).where(ForecastRow.id == id))
    if digest is None or hashlib.sha256(content).hexdigest() != digest:
        raise BrokenSeal(row.id)
    if id not in documents:
        documents[id] = ForecastDocument.model_validate_json(content)
    return Forecast(id, digest, documents[id])


def _signature(row: MonitoringReportRow) -> Signature | None:
    if row.signed_at is None:
        return None
    return Signature(row.signed_name or "", row.signed_at, row.signed_by or "")
