"""Monitoring reports: drafted, commented, signed, merged; as PDF, for Word, as a workbook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field, StringConstraints

from app.api import doc
from app.api.datasets import XLSX, attachment
from app.api.dependencies import Planner, Reader, Reading, Writing, signed_in
from app.cases.strict import Strict
from app.db import monitoring_reports
from app.db.models import MonitoringReportRow
from app.reports.monitoring import files
from app.reports.monitoring.inputs import Inputs

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
DISTRICTS = 200
"""Reports that one city report may be merged from."""

router = APIRouter(prefix="/api/monitoring-reports", tags=["monitoring reports"], dependencies=[Depends(signed_in)])

Comments = Annotated[str, Field(max_length=20_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
ShortLine = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class ReportOrder(Strict):
    """A done forecast to report on; ``previous_id``: the signed report of the same district to compare with."""

    forecast_id: str
    comments: Comments = ""
    previous_id: str | None = None


class MergeOrder(Strict):
    """Signed reports of districts, one each, and the title of the city's report."""

    report_ids: Annotated[list[str], Field(min_length=1, max_length=DISTRICTS)]
    title: ShortLine


class CommentsChange(Strict):
    """What is to be printed with the figures."""

    comments: Comments


class SignOrder(Strict):
    """The person who signs."""

    name: ShortLine


class ReportOut(BaseModel):
    """
    A report.

    ``hash`` is that of its inputs (forecasts, comments, signature, parts): while it stays the same, so do the bytes of
    its files. A city report has no ``division``; ``merged_from`` are the reports in it.
    """

    id: str
    level: Literal["district", "city"]
    division: str | None
    title: str
    synthetic: bool
    state: Literal["draft", "signed"]
    forecast_ids: list[str]
    previous_id: str | None
    merged_from: list[str]
    comments: str
    hash: str
    created_at: datetime
    created_by: str
    signed_at: datetime | None
    signed_by: str | None
    signed_name: str | None


SIGNED: doc.Responses = {409: {"description": "The report is signed: it never changes."}}
NOT_READY: doc.Responses = {409: {"description": "The forecast is not done, or a report is not signed."}}


def reports_out(session: Reading, rows: Sequence[MonitoringReportRow]) -> list[ReportOut]:
    """Write reports."""
    parts = monitoring_reports.parts_of(session, rows)
    return [_out(row, parts[row.id]) for row in rows]


def _out(row: MonitoringReportRow, parts: Sequence[MonitoringReportRow]) -> ReportOut:
    own = {name: getattr(row, name) for name in ReportOut.model_fields.keys() & row.__mapper__.column_attrs.keys()}
    told = [one.forecast_id for one in (row, *parts) if one.forecast_id is not None]
    return ReportOut.model_validate(own | {"forecast_ids": told, "merged_from": [part.id for part in parts]})


@router.post("", status_code=201, summary="Draft a report", responses=doc.NAMES_WHAT_IS_NOT_THERE | NOT_READY)
def draft_report(order: ReportOrder, identity: Planner, session: Writing) -> ReportOut:
    """Draft the report of a district on a forecast."""
    row = monitoring_reports.draft(
        session,
        order.forecast_id,
        comments=order.comments,
        previous_id=order.previous_id,
        actor=identity.actor,
        scope=identity.scope,
    )
    return reports_out(session, [row])[0]


@router.post(
    "/merge",
    status_code=201,
    summary="Merge the reports of districts",
    responses=doc.NAMES_WHAT_IS_NOT_THERE | NOT_READY,
)
def merge_reports(order: MergeOrder, identity: Planner, session: Writing) -> ReportOut:
    """Draft the report of the city from signed reports of its districts; needs the city level."""
    for report_id in order.report_ids:
        monitoring_reports.get(session, report_id, identity.scope)
    identity.require_division(None)
    row = monitoring_reports.merge(session, order.report_ids, title=order.title, actor=identity.actor)
    return reports_out(session, [row])[0]


@router.get("", summary="List reports")
def list_reports(identity: Reader, session: Reading) -> list[ReportOut]:
    """List reports, newest first."""
    return reports_out(session, monitoring_reports.newest(session, identity.scope))


@router.get("/{report_id}", summary="Read a report")
def read_report(report_id: str, identity: Reader, session: Reading) -> ReportOut:
    """Tell how a report stands."""
    return reports_out(session, [monitoring_reports.get(session, report_id, identity.scope)])[0]


@router.put("/{report_id}/comments", summary="Write the comments of a draft", responses=SIGNED)
def write_comments(report_id: str, change: CommentsChange, identity: Planner, session: Writing) -> ReportOut:
    """Replace the comments of a draft."""
    row = monitoring_reports.comment(
        session, report_id, change.comments, actor=identity.actor, scope=identity.scope
    )  # fmt: skip
    return reports_out(session, [row])[0]


@router.post("/{report_id}/sign", summary="Sign a report", responses=SIGNED)
def sign_report(report_id: str, order: SignOrder, identity: Planner, session: Writing) -> ReportOut:
    """Sign a draft in the name of a person; from then on it never changes."""
    row = monitoring_reports.sign(session, report_id, order.name, actor=identity.actor, scope=identity.scope)
    return reports_out(session, [row])[0]


@router.get(
    "/{report_id}/pdf",
    summary="A report as PDF",
    response_class=Response,
    responses=doc.file_reply(PDF, "An archive PDF (PDF/A-2a)."),
)
def read_pdf(report_id: str, identity: Reader, session: Reading) -> Response:
    """Print a report; the same inputs give the same bytes."""
    return _file(report_id, identity, session, files.pdf_file, PDF, "pdf")


@router.get(
    "/{report_id}/docx",
    summary="A report for Word",
    response_class=Response,
    responses=doc.file_reply(DOCX, "A Word document."),
)
def read_word(report_id: str, identity: Reader, session: Reading) -> Response:
    """Write a report for Word; the same inputs give the same bytes."""
    return _file(report_id, identity, session, files.word_file, DOCX, "docx")


@router.get(
    "/{report_id}/workbook",
    summary="The figures of a report",
    response_class=Response,
    responses=doc.file_reply(XLSX, "A workbook."),
)
def read_workbook(report_id: str, identity: Reader, session: Reading) -> Response:
    """Write the figures of a report; counts of children from 1 to 4 are masked, as in the report."""
    return _file(report_id, identity, session, files.workbook_file, XLSX, "xlsx")


def _file(
    report_id: str, identity: Reader, session: Reading, make: Callable[[Inputs], bytes], media_type: str, suffix: str
) -> Response:
    row = monitoring_reports.get(session, report_id, identity.scope)
    content = make(monitoring_reports.inputs(session, row))
    return attachment(content, media_type, f"report-{row.id}.{suffix}")
