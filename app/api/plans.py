"""Plans: read, mapped, exported, asked about one place, checked by hand, compared."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.api import doc, unchanging
from app.api.datasets import XLSX, attachment, masks
from app.api.dependencies import Planner, Reader, Reading, ServiceDep, signed_in
from app.api.service import Service, Shelf
from app.cases.plan_document import (
    AdjustedPlan,
    BrokenRule,
    Clash,
    HandCheck,
    Measures,
    PlanDocument,
    SchoolPlan,
    SettlementPlan,
    Unserved,
)
from app.cases.route_document import SettlementRoutes
from app.cases.scenario import Scenario
from app.cases.strict import Strict
from app.db import plans, scenarios
from app.db.errors import NotFound
from app.db.models import PlanRow
from app.permissions import Role
from app.reports import exports, layers
from data.domain.schools import SchoolKind, Stage
from geo import geojson
from solver.plan import Status

if TYPE_CHECKING:
    from app.jobs.desk import Asked

PLANS_LAID_OUT = 8
"""Questions kept for edits: a table of minutes each, 40 MB for 10,000 settlements and 500 schools."""

_ADJUSTING = threading.Semaphore(1)
"""One local solve at a time: it works for its seconds, and the service must answer meanwhile."""

router = APIRouter(prefix="/api", tags=["plans"], dependencies=[Depends(signed_in)])


class PlanSummary(BaseModel):
    """
    What a list of plans shows; objective and bound in yuan a year.

    ``estimate``: minutes are straight-line estimates, as of every plan made before roads were known.
    """

    id: str
    run_id: str
    scenario_id: str
    dataset_id: str
    division: str
    created_at: datetime
    title: str
    stage: Stage
    target_year: int
    synthetic: bool
    status: Status
    objective: int | None
    bound: int | None
    gap: float | None
    rules_broken: int
    estimate: bool = True


class PlanOut(BaseModel):
    """A plan; ``manifest`` tells who solved it, where, and from exactly which question."""

    id: str
    run_id: str
    scenario_id: str
    dataset_id: str
    division: str
    created_at: datetime
    manifest: dict[str, Any]
    document: PlanDocument


class SchoolAt(BaseModel):
    """A school as a settlement sees it."""

    id: str
    name: str
    decision: str
    places: int
    pupils: int


class SettlementFacts(BaseModel):
    """Everything a plan says of one settlement."""

    plan_id: str
    synthetic: bool
    settlement: SettlementPlan
    township: str
    urban: bool | None
    lon: float
    lat: float
    school: SchoolAt | None
    school_today: SchoolAt | None
    rules_broken: list[BrokenRule]
    unserved: Unserved | None
    clashes: list[Clash]


class SchoolFacts(BaseModel):
    """Everything a plan says of one school; ``settlements`` join it, ``settlements_today`` belong to it now."""

    plan_id: str
    synthetic: bool
    school: SchoolPlan
    kind: SchoolKind
    township: str
    public: bool
    protected: bool
    cluster: str
    lon: float
    lat: float
    settlements: list[SettlementPlan]
    settlements_today: list[SettlementPlan]
    rules_broken: list[BrokenRule]
    clashes: list[Clash]


class HandEdit(Strict):
    """Another school for some settlements; the others stay as the plan has them."""

    assignment: dict[str, str]


class LocalEdit(Strict):
    """Another school that the planner insists on, for one settlement or more."""

    assignment: Annotated[dict[str, str], Field(min_length=1)]


class Difference(BaseModel):
    """A settlement whose school differs between two plans."""

    settlement: str
    name: str
    pupils: int
    school_a: str | None
    school_b: str | None
    minutes_a: int | None
    minutes_b: int | None


class SchoolDifference(BaseModel):
    """A school on which two plans decide differently; null: not in that plan."""

    school: str
    name: str
    decision_a: str | None
    decision_b: str | None


class ComparisonOut(BaseModel):
    """Two plans side by side; ``same_dataset`` tells whether their figures are the same."""

    a: str
    b: str
    same_dataset: bool
    objective_a: int | None
    objective_b: int | None
    measures_a: Measures | None
    measures_b: Measures | None
    settlements: list[Difference]
    schools: list[SchoolDifference]


@dataclass(frozen=True, slots=True)
class Plan:
    """A stored plan with its document read, and the service it came from."""

    row: PlanRow
    document: PlanDocument
    service: Service

    def layer(self, name: str) -> layers.Layer:
        """Draw one of its layers, or ``all`` of them."""
        district, land = self.service.district(self.row.dataset_id), self.service.land(self.row.dataset_id)
        if name == "all":
            return layers.whole_plan(district, land, self.document)
        return layers.plan_layer(name, district, land, self.document)


def plan_of(plan_id: str, identity: Reader, session: Reading, service: ServiceDep) -> Plan:
    """Find the plan of a path."""
    row = plans.get(session, plan_id, identity.scope)
    return Plan(row, document_of(service, row), service)


def document_of(service: Service, row: PlanRow) -> PlanDocument:
    """Read a plan's document, once."""
    return service.replies.get(("document", row.id), lambda: PlanDocument.model_validate(row.document))


PlanDep = Annotated[Plan, Depends(plan_of)]
Publish = Annotated[bool, Query(alias="published", description="Mask counts of children from 1 to 4 as <5.")]


@router.get("/plans", summary="List plans")
def list_plans(
    identity: Reader,
    session: Reading,
    dataset_id: Annotated[str | None, Query()] = None,
    scenario_id: Annotated[str | None, Query()] = None,
) -> list[PlanSummary]:
    """List plans, newest first."""
    found = plans.newest(session, identity.scope, scenario_id=scenario_id, dataset_id=dataset_id)
    return [PlanSummary(**_keys(row), **row.summary) for row in found]


def _keys(row: PlanRow) -> dict[str, Any]:
    names = ("id", "run_id", "scenario_id", "dataset_id", "division", "created_at")
    return {name: getattr(row, name) for name in names}


@router.get("/plans/{plan_id}", summary="Read a plan")
def read_plan(plan: PlanDep) -> PlanOut:
    """Read a plan with its certificate, reasons, measures and broken rules."""
    return PlanOut(**_keys(plan.row), manifest=plan.row.manifest, document=plan.document)


@router.get(
    "/plans/{plan_id}/map/{layer}",
    summary="A map of a plan",
    response_class=Response,
    responses=doc.MAP_REPLY,
)
def read_map(
    layer: Literal["zones", "zones-today", "schools", "settlements", "cut-borders", "buses"],
    plan: PlanDep,
    service: ServiceDep,
    request: Request,
) -> Response:
    """
    Send zones (planned or today's), schools, settlements, borders that no way crosses, or school buses as GeoJSON.

    Each feature carries what the plan says of it.
    """
    return unchanging.reply(request, service, ("plan", plan.row.id, layer), lambda: plan.layer(layer).geojson())


@router.get("/plans/{plan_id}/settlements/{settlement_id}", summary="What a plan says of a settlement")
def read_settlement(settlement_id: str, plan: PlanDep) -> SettlementFacts:
    """Tell old and new school, minutes, broken rules and clashes of one settlement."""
    document = plan.document
    row = _found("settlement", settlement_id, document.settlements)
    place = _found("settlement", settlement_id, plan.service.district(plan.row.dataset_id).settlements)
    schools = {school.id: SchoolAt.model_validate(school, from_attributes=True) for school in document.schools}
    return SettlementFacts(
        plan_id=plan.row.id,
        synthetic=document.synthetic,
        settlement=row,
        township=place.township,
        urban=place.urban,
        lon=round(place.centre.x, geojson.DECIMALS),
        lat=round(place.centre.y, geojson.DECIMALS),
        school=schools.get(row.school or ""),
        school_today=schools.get(row.school_today or ""),
        rules_broken=[broken for broken in document.rules_broken if settlement_id in broken.who],
        unserved=next((one for one in document.unserved if one.settlement == settlement_id), None),
        clashes=[clash for clash in document.clashes if settlement_id in clash.settlements],
    )


@router.get("/plans/{plan_id}/settlements/{settlement_id}/route", summary="The way of a settlement's pupils")
def read_route(settlement_id: str, plan: PlanDep, identity: Reader, session: Reading) -> SettlementRoutes:
    """Send the way to the school of the plan and to today's, leg by leg, there and back, with what it crosses."""
    from app.jobs import pupil_routes  # noqa: PLC0415 - as for edits

    row = _found("settlement", settlement_id, plan.document.settlements)
    from_home = identity.role is not Role.READER

    def make() -> SettlementRoutes:
        asked = _laid_out(plan, session)
        ids = asked.layout.school_ids
        school, today = (-1 if id is None else ids.index(id) for id in (row.school, row.school_today))
        place = asked.layout.settlement_ids.index(settlement_id)
        return pupil_routes.of_settlement(asked, place, school, today, from_home=from_home)

    return plan.service.replies.get(("route", plan.row.id, settlement_id, from_home), make)


@router.get("/plans/{plan_id}/schools/{school_id}", summary="What a plan says of a school")
def read_school(school_id: str, plan: PlanDep) -> SchoolFacts:
    """Tell decision and reason, pupils and places, and the settlements of one school, planned and today's."""
    document = plan.document
    row = _found("school", school_id, document.schools)
    school = _found("school", school_id, plan.service.district(plan.row.dataset_id).schools)
    return SchoolFacts(
        plan_id=plan.row.id,
        synthetic=document.synthetic,
        school=row,
        kind=school.kind,
        township=school.township,
        public=school.public,
        protected=school.protected,
        cluster=school.cluster,
        lon=round(school.point.x, geojson.DECIMALS),
        lat=round(school.point.y, geojson.DECIMALS),
        settlements=[one for one in document.settlements if one.school == school_id],
        settlements_today=[one for one in document.settlements if one.school_today == school_id],
        rules_broken=[broken for broken in document.rules_broken if school_id in broken.who],
        clashes=[clash for clash in document.clashes if school_id in clash.schools],
    )


def _found(kind: str, id: str, rows: Sequence[Any]) -> Any:
    for row in rows:
        if row.id == id:
            return row
    raise NotFound(kind, id)


@router.post("/plans/{plan_id}/check", summary="Check an edit by hand")
def check_by_hand(edit: HandEdit, plan: PlanDep, session: Reading) -> HandCheck:
    """Tell which rules an edited plan breaks and what it costs; nothing is stored."""
    from app.jobs import planning  # noqa: PLC0415 - it imports the solvers, seconds that only this request needs

    return planning.check_edit(_laid_out(plan, session), plan.document, edit.assignment)


@router.post("/plans/{plan_id}/adjust", summary="Make an edit by hand good again")
def adjust_by_hand(edit: LocalEdit, plan: PlanDep, _: Planner, session: Reading) -> AdjustedPlan:
    """
    Keep an edit and solve its neighbourhood again within two seconds; nothing is stored.

    The rest of the plan stays as it is. Where the edit cannot be kept, the answer says which rule is in the way.
    """
    from app.jobs import planning  # noqa: PLC0415 - it imports the solvers, seconds that only this request needs

    asked = _laid_out(plan, session)
    with _ADJUSTING:
        return planning.adjust_edit(asked, plan.document, edit.assignment)


def _laid_out(plan: Plan, session: Session) -> Asked:
    """Lay out the question that a plan answers, once; what is kept never changes, and is of the last plans edited."""
    from app.jobs import planning  # noqa: PLC0415 - as above
    from app.jobs.ways import Roads  # noqa: PLC0415 - as above

    def make() -> Asked:
        told = plan.row.manifest.get("scenario")
        scenario = scenarios.load(session, plan.row.scenario_id) if told is None else Scenario.model_validate(told)
        district, network = plan.service.district(plan.row.dataset_id), plan.service.network(plan.row.dataset_id)
        roads = None if network is None else Roads(network, plan.service.settings.ways_dir)
        return planning.laid_out_as(plan.document, district, scenario, roads)

    shelf = plan.service.replies.get("plans laid out", lambda: Shelf(PLANS_LAID_OUT))
    return shelf.get(plan.row.id, make)


@router.get(
    "/plans/{plan_id}/export.xlsx",
    summary="A plan as a workbook",
    response_class=Response,
    responses=doc.file_reply(XLSX, "A workbook."),
)
def export_workbook(plan: PlanDep, identity: Reader, publish: Publish = False) -> Response:
    """Send a plan as a workbook; synthetic figures are marked on every sheet."""
    content = exports.workbook(plan.document, mask_small_counts=masks(identity, publish))
    return attachment(content, XLSX, f"plan-{plan.row.id}.xlsx")


@router.get(
    "/plans/{plan_id}/export.csv",
    summary="A plan's settlements as CSV",
    response_class=Response,
    responses=doc.file_reply("text/csv", "CSV in UTF-8 with a byte order mark, as Excel reads it."),
)
def export_csv(plan: PlanDep, identity: Reader, publish: Publish = False) -> Response:
    """Send the settlements of a plan as CSV; the last column says whether the figures are synthetic."""
    content = exports.settlements_csv(plan.document, mask_small_counts=masks(identity, publish))
    return attachment(content, "text/csv; charset=utf-8", f"plan-{plan.row.id}.csv")


@router.get(
    "/plans/{plan_id}/export.geojson",
    summary="A plan as GeoJSON",
    response_class=Response,
    responses=doc.file_reply(unchanging.GEOJSON, "Zones, schools and settlements.", doc.COLLECTION),
)
def export_geojson(plan: PlanDep, identity: Reader, publish: Publish = False) -> Response:
    """Send zones, schools and settlements as one file; the member ``synthetic`` says whether they are real."""
    whole = plan.layer("all")
    content = (whole.published() if masks(identity, publish) else whole).geojson()
    return attachment(content, unchanging.GEOJSON, f"plan-{plan.row.id}.geojson")


@router.get(
    "/comparisons",
    summary="Compare two plans",
    responses=doc.NAMES_WHAT_IS_NOT_THERE,
)
def compare(
    a: Annotated[str, Query(description="Id of a plan.")],
    b: Annotated[str, Query(description="Id of another.")],
    identity: Reader,
    session: Reading,
    service: ServiceDep,
) -> ComparisonOut:
    """List the settlements and schools on which two plans differ, with the measures of both."""
    row_a, row_b = (plans.get(session, id, identity.scope) for id in (a, b))
    one, other = document_of(service, row_a), document_of(service, row_b)
    return ComparisonOut(
        a=a,
        b=b,
        same_dataset=one.dataset_hash == other.dataset_hash,
        objective_a=one.certificate.objective,
        objective_b=other.certificate.objective,
        measures_a=one.measures,
        measures_b=other.measures,
        settlements=_settlements_that_differ(one, other),
        schools=_schools_that_differ(one, other),
    )


def _settlements_that_differ(a: PlanDocument, b: PlanDocument) -> list[Difference]:
    rows_a, rows_b = ({row.id: row for row in document.settlements} for document in (a, b))
    nowhere = SettlementPlan(
        id="",
        name="",
        pupils=0,
        school=None,
        school_today=None,
        minutes=None,
        minutes_today=None,
        boarders=0,
        moved=False,
    )
    pairs = [(rows_a.get(id, nowhere), rows_b.get(id, nowhere)) for id in rows_a | rows_b]
    return [
        Difference(
            settlement=one.id or other.id,
            name=one.name or other.name,
            pupils=one.pupils if one.id else other.pupils,
            school_a=one.school,
            school_b=other.school,
            minutes_a=one.minutes,
            minutes_b=other.minutes,
        )
        for one, other in pairs
        if one.school != other.school
    ]


def _schools_that_differ(a: PlanDocument, b: PlanDocument) -> list[SchoolDifference]:
    rows_a, rows_b = ({row.id: row for row in document.schools} for document in (a, b))
    decisions = {
        id: (rows_a[id].decision if id in rows_a else None, rows_b[id].decision if id in rows_b else None)
        for id in rows_a | rows_b
    }
    names = {id: row.name for id, row in (rows_b | rows_a).items()}
    return [
        SchoolDifference(school=id, name=names[id], decision_a=one, decision_b=other)
        for id, (one, other) in decisions.items()
        if one != other
    ]
