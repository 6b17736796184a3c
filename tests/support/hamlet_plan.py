"""The plan of the three hamlets for 2031 that their drawing works out by hand: North closes, everyone goes South."""

from __future__ import annotations

from dataclasses import replace

from app.cases.plan_document import (
    CertificateOut,
    Measures,
    NormUse,
    PlanDocument,
    SchoolPlan,
    SettlementPlan,
)
from app.cases.scenario import Scenario, SolveOrder, Weights
from data import digest
from data.domain.district import District
from data.domain.divisions import Division, DivisionCode
from data.domain.schools import SchoolId, Stage
from data.domain.teachers import Teacher, TeacherId
from data.sample import three_hamlets
from solver.plan import Status

OTHER_DIVISION = "509903"
SCENARIO = Scenario(
    title="三村 2031",
    stage=Stage.PRIMARY,
    target_year=2031,
    weights=Weights(pupil_minute=60, running_cost=1.0, moved_pupil=0),
    solve=SolveOrder(seconds=10, deterministic=True),
)


def hamlets(division: str = three_hamlets.DIVISION) -> District:
    """Return the three hamlets, with one teacher, as the data of a division."""
    drawn = three_hamlets.load()
    code = DivisionCode(division)
    return replace(
        drawn,
        division=code,
        divisions=(Division(code, "三村县(合成)", "county"),),
        settlements=tuple(replace(row, division=code) for row in drawn.settlements),
        schools=tuple(replace(row, division=code) for row in drawn.schools),
        teachers=(Teacher(TeacherId("t1"), SchoolId("north"), (Stage.PRIMARY,), ("语文",), 1980, 7),),
    )


def document(district: District) -> PlanDocument:
    """Write the plan by hand; 654 pupil-minutes at 60 yuan and South's 300,000 yuan a year."""
    minutes = 18 * 30 + 12 * 5 + 6 * 9
    parts = {"pupil_minutes": 60 * minutes, "running_cost": 300_000}
    return PlanDocument(
        title=SCENARIO.title,
        dataset_title=district.title,
        dataset_hash=digest.digest(district),
        synthetic=True,
        stage="primary",
        target_year=2031,
        certificate=CertificateOut(
            status=Status.OPTIMAL,
            objective=sum(parts.values()),
            bound=sum(parts.values()),
            gap=0.0,
            parts=parts,
            method="by hand",
            seed=1,
            seconds=0.5,
            deterministic=True,
            stopped=False,
        ),
        schools=(
            _school("north", "北岸小学", "close", "chosen", pupils=0, today=30, places=50, settlements=0, cost=200_000),
            _school(
                "south", "南岸小学", "keep", "necessary", pupils=36, today=35, places=40, settlements=3, cost=300_000
            ),
        ),
        settlements=(
            _settlement("A", "上湾村", 18, "north", 30, 5),
            _settlement("B", "中坝村", 12, "south", 5, 5),
            _settlement("C", "下河村", 6, "south", 9, 9),
        ),
        measures=Measures(
            pupils=36,
            schools_open=1,
            schools_closed=1,
            mean_minutes=minutes / 36,
            mean_minutes_today=204 / 36,
            p95_minutes=30,
            worst_minutes=30,
            within_limit_share=1.0,
            pupils_moved=18,
            boarders=0,
            running_cost=300_000,
            places_open=40,
        ),
        norms_used=(
            NormUse(
                key="class.norm",
                stage="primary",
                value=45,
                unit="pupils",
                kind="hard",
                source="by hand",
                trust="V",
                level="national",
            ),
        ),
        rules_broken=(),
        unserved=(),
        clashes=(),
        travel={"km_per_hour": 15.0, "detour": 1.3, "estimate": True},
        notices=({"code": "synthetic", "en": "Synthetic data.", "zh": "合成数据。"},),
        forecast={},
        versions={"junheng": "test"},
    )


def _school(
    id: str, name: str, decision: str, reason: str, *, pupils: int, today: int, places: int, settlements: int, cost: int
) -> SchoolPlan:
    return SchoolPlan(
        id=id,
        name=name,
        decision=decision,
        reason=reason,
        pupils=pupils,
        pupils_today=today,
        places=places,
        boarders=0,
        beds=0,
        settlements=settlements,
        running_cost=cost,
        necessary_for=("C",) if reason == "necessary" else (),
    )


def _settlement(id: str, name: str, pupils: int, today: str, minutes: int, minutes_today: int) -> SettlementPlan:
    return SettlementPlan(
        id=id,
        name=name,
        pupils=pupils,
        school="south",
        school_today=today,
        minutes=minutes,
        minutes_today=minutes_today,
        boarders=0,
        moved=today != "south",
    )
