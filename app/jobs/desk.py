"""A scenario laid out on a district: the arrays of the question, and the names that belong to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.cases.errors import ScenarioDoesNotFit
from app.cases.scenario import OpenChoice, Rule, RuleMode, Scenario
from app.jobs import trips, ways
from app.jobs.norms_used import NormsUsed
from app.jobs.trips import Trips
from app.jobs.ways import Cut, Roads
from data import places
from data.domain.district import District
from data.domain.schools import Stage
from data.domain.settlements import Settlement
from data.forecast import Forecast, forecast
from data.forecast.component import Variant
from data.monitoring import outlook
from data.monitoring.outlook import Question
from data.norms import Level, Norms
from data.places import SchoolPlaces
from data.reconcile import of_one_source
from geo import contiguity
from solver.areas import judge
from solver.areas.judge import Judgement
from solver.areas.layout import Layout

NOBODY = -1
YOUNG_GRADES = (1, 2, 3)
"""Grades that never board, with a trip limit of their own (``acc.walk.g1_3``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """
    A scenario with everything it was laid out from.

    Attributes
    ----------
    schools
        Public schools with a site at the stage, in the order of the layout's school index.
    private
        Schools left out because they are private.
    land
        Shape (V,): polygon of each settlement (a Voronoi cell where only a point is known).
    norms
        The norms in force, with the scenario's overrides.
    used
        The norms that shaped the layout.
    trips
        The trips that the layout was made from.
    cut
        Common borders that nobody can cross; ``None`` where roads are not asked.
    notices
        What was assumed or repaired, Chinese and English.
    """

    district: District
    scenario: Scenario
    layout: Layout
    settlements: tuple[Settlement, ...]
    schools: tuple[SchoolPlaces, ...]
    private: tuple[SchoolPlaces, ...]
    land: NDArray[np.object_]
    forecast: Forecast
    used: NormsUsed
    trips: Trips
    cut: Cut | None
    has_zones_today: bool
    notices: tuple[dict[str, str], ...]

    def start(self) -> NDArray[np.int64]:
        """Give the plan to start from: school index by settlement, -1 where there is none."""
        return self.layout.school_now.copy()


def lay_out(
    district: District, scenario: Scenario, standing: Mapping[str, str] | None, roads: Roads | None = None
) -> Asked:
    """
    Lay a scenario out on a district; without ``roads`` minutes are straight-line estimates.

    Raises
    ------
    ScenarioDoesNotFit
        With every reason at once.
    PlanningError
        When a norm is loosened, or a cohort that the year needs is not known.
    """
    norms = _norms(scenario)
    listed = places.ledger(district, norms, scenario.stage, scenario.target_year)
    schools = tuple(row for row in listed if row.school.public)
    private = tuple(row for row in listed if not row.school.public)
    _refuse_misfits(district, scenario, schools, private)
    told = _forecast(district, scenario)
    young, older = _pupils(told, scenario)
    settlements = district.settlements
    near = contiguity.neighbours(
        [s.geometry for s in settlements],
        shared_border_metres=scenario.neighbours.shared_border_metres,
        corners=scenario.neighbours.corners,
    )
    standing_at = contiguity.containing([row.school.point for row in schools], near.cells)
    used = NormsUsed(norms, scenario.stage, places.opening_day(scenario.target_year))
    found = trips.find(district, schools, scenario, used, roads)
    cut = _cut(district, near, scenario, found, used)
    position: dict[str, int] = {settlement.id: v for v, settlement in enumerate(settlements)}
    school_at: dict[str, int] = {row.school.id: s for s, row in enumerate(schools)}
    zones = standing if standing is not None else _zones_today(district, scenario.stage)
    now = _ints(school_at.get(zones.get(s.id, ""), NOBODY) for s in settlements)
    layout = Layout(
        settlement_ids=tuple(s.id for s in settlements),
        school_ids=tuple(row.school.id for row in schools),
        young=young,
        older=older,
        minutes=found.minutes,
        places=_ints(_usable(row, scenario) for row in schools),
        largest=_ints(row.largest for row in schools),
        beds=_ints(row.beds for row in schools),
        running_cost=_ints(round(row.running_cost * scenario.weights.running_cost) for row in schools),
        least_viable=_least_viable(schools, scenario, used),
        protected=_flags(row.school.protected for row in schools),
        keep=_flags(row.school.id in scenario.keep_open for row in schools),
        close=_flags(row.school.id in scenario.close for row in schools),
        stands_in=standing_at.settlement,
        neighbours=_pairs(district, position, near.pairs if cut is None else cut.crossed),
        school_now=now,
        young_limit=_young_limit(scenario, used),
        older_limit=int(used.value("acc.single_trip")),
        minute_price=scenario.weights.pupil_minute,
        trip_price=_price(scenario.rules.trip_limit),
        bed_price=_price(scenario.rules.beds),
        shortfall_price=_price(scenario.rules.least_viable),
        contiguous=scenario.rules.contiguity.mode is not RuleMode.OFF,
        moved_price=scenario.weights.moved_pupil,
        pins=tuple((position[p.settlement], school_at[p.school]) for p in scenario.pins),
        bans=tuple((position[p.settlement], school_at[p.school]) for p in scenario.bans),
        open_at_least=scenario.open_schools_at_least,
        open_at_most=scenario.open_schools_at_most,
        limit_minutes=trips.limits(found, scenario),
        reached=None if found.on_roads is None else found.reached,
        crossing=trips.crossing(found, scenario, used),
        crossing_price=_price(scenario.rules.crossing) or 0,
        transport=trips.transport(found, now, young + older, scenario, used),
    )
    _note_places(used, schools, scenario)
    return Asked(
        district=district,
        scenario=scenario,
        layout=layout,
        settlements=settlements,
        schools=schools,
        private=private,
        land=near.cells,
        forecast=told,
        used=used,
        trips=found,
        cut=cut,
        has_zones_today=bool((layout.school_now >= 0).any()),
        notices=(
            *found.notices,
            *_cut_notices(district, cut),
            *_notices(district, near, standing_at, schools, private, layout),
        ),
    )


def _cut(
    district: District, near: contiguity.Contiguity, scenario: Scenario, found: Trips, used: NormsUsed
) -> Cut | None:
    """Find the borders that nobody can cross; borders that the authority declares itself are not looked at."""
    if found.on_roads is None or not scenario.neighbours.barriers or district.neighbours:
        return None
    roads, profile = found.on_roads.roads, found.on_roads.profile
    unknown = np.asarray(found.estimated.all(axis=1))
    means = ways.means_of(scenario.travel)
    return ways.cut(district, near, roads, profile, means, unknown, snap_limit=used.value("travel.snap_limit"))


def _cut_notices(district: District, cut: Cut | None) -> tuple[dict[str, str], ...]:
    if cut is None or not cut.borders:
        return ()
    kept = sum(border.kept for border in cut.borders)
    return (
        {
            "code": "borders-cut",
            "en": f"{len(cut.borders)} common borders cannot be crossed by any way known and make no neighbours"
            + (f"; {kept} of them count all the same, or a settlement would have no neighbour." if kept else "."),
            "zh": f"{len(cut.borders)} 处村界没有已知道路可以通行,不视为相邻"
            + (f";其中 {kept} 处仍视为相邻,否则有村社将没有邻居。" if kept else "。"),
        },
    )


def _forecast(district: District, scenario: Scenario) -> Forecast:
    """Forecast the target year: children aged, or the pupils of an outlook where the scenario has a recipe."""
    recipe = scenario.forecast
    if recipe is None:
        return forecast(district, [scenario.target_year])
    question = Question(
        last_year=scenario.target_year, fertility=Variant(recipe.fertility), migrants=recipe.migrants_change
    )
    return outlook.pupils(of_one_source(district, recipe.sources), question, scenario.target_year)


def judged(asked: Asked, assignment: Mapping[str, str]) -> tuple[list[int], list[bool], Judgement]:
    """Judge an assignment made by hand; raises as ``placed`` does."""
    school_of, opened = placed(asked, assignment)
    return school_of, opened, judge.judge(asked.layout, school_of, opened)


def placed(asked: Asked, assignment: Mapping[str, str]) -> tuple[list[int], list[bool]]:
    """
    Give an assignment in indices; schools that nobody joins are closed unless they must stay.

    Raises
    ------
    ScenarioDoesNotFit
        When it names settlements or schools that are not there.
    """
    school_at = {school_id: s for s, school_id in enumerate(asked.layout.school_ids)}
    known = set(asked.layout.settlement_ids)
    misfits = [(f"settlement {v}", f"村社 {v}") for v in assignment if v not in known]
    misfits += [(f"school {s}", f"学校 {s}") for s in dict.fromkeys(assignment.values()) if s not in school_at]
    if misfits:
        raise ScenarioDoesNotFit(
            [f"There is no {name}." for name, _ in misfits], [f"不存在{name}。" for _, name in misfits]
        )
    school_of = [school_at.get(assignment.get(v, ""), NOBODY) for v in asked.layout.settlement_ids]
    stays = (asked.layout.protected | asked.layout.keep).tolist()
    everything = asked.scenario.open_choice is OpenChoice.ALL
    opened = [s in school_of or bool(stays[s]) or everything for s in range(len(school_at))]
    return school_of, opened


def _note_places(used: NormsUsed, schools: Sequence[SchoolPlaces], scenario: Scenario) -> None:
    """Remember the norms behind places, boarding, cost, protection and zones."""
    used.note("class.norm")
    used.note("school.max_size")
    if any(row.school.kind in places.THROUGH_KINDS for row in schools):
        used.note("school.max_size_through")
    if scenario.stage is Stage.PRIMARY:
        used.note("acc.board.g1_3")
    if any(row.site.running_cost is None for row in schools):
        used.note("cost.school_year")
    if any(row.school.protected for row in schools):
        used.note("lay.keep_points")
    if scenario.rules.contiguity.mode is RuleMode.HARD:
        used.note("zone.contig")


def _norms(scenario: Scenario) -> Norms:
    norms = Norms.default()
    for own in scenario.norms:
        norms = norms.overridden(Level.DISTRICT, own.key, own.stage, own.value, f"scenario: {scenario.title}")
    return norms


def _refuse_misfits(
    district: District, scenario: Scenario, schools: Sequence[SchoolPlaces], private: Sequence[SchoolPlaces]
) -> None:
    known = {row.school.id for row in schools}
    no_zone = {row.school.id for row in private}
    settlements = {s.id for s in district.settlements}
    named = dict.fromkeys([*scenario.keep_open, *scenario.close, *(p.school for p in (*scenario.pins, *scenario.bans))])
    faults = [
        (f"School {s} is private and takes no zone.", f"学校 {s} 为民办,不划片。")
        if s in no_zone
        else (f"School {s} has no site at stage {scenario.stage}.", f"学校 {s} 没有该学段的校点。")
        for s in named
        if s not in known
    ]
    places_named = dict.fromkeys(p.settlement for p in (*scenario.pins, *scenario.bans))
    faults += [(f"There is no settlement {v}.", f"不存在村社 {v}。") for v in places_named if v not in settlements]
    faults += [
        (f"School {s} is both kept open and closed.", f"学校 {s} 既要求保留又要求撤并。")
        for s in scenario.keep_open
        if s in scenario.close
    ]
    pinned: dict[str, str] = {}
    for pin in scenario.pins:
        if pinned.setdefault(pin.settlement, pin.school) != pin.school:
            faults.append(
                (f"Settlement {pin.settlement} is pinned to two schools.", f"村社 {pin.settlement} 被指定给两所学校。")
            )
    if not schools:
        faults.append((f"No public school has a site at stage {scenario.stage}.", "没有该学段的公办学校。"))
    if not district.settlements:
        faults.append(("The dataset has no settlements.", "数据集中没有村社。"))
    most = scenario.open_schools_at_most
    if most is not None and most < scenario.open_schools_at_least:
        faults.append(("The most open schools are fewer than the least.", "开办学校数上限小于下限。"))
    if faults:
        raise ScenarioDoesNotFit([en for en, _ in faults], [zh for _, zh in faults])


def _pupils(told: Forecast, scenario: Scenario) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    everyone = told.pupils(scenario.stage, scenario.target_year)
    if scenario.stage is not Stage.PRIMARY:
        return np.zeros_like(everyone), everyone
    young = told.in_grades(YOUNG_GRADES, scenario.target_year)
    return young, everyone - young


def _pairs(district: District, position: Mapping[str, int], found: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the neighbours: declared ones where there are any, else shared borders; named links always."""
    declared = [(position[a], position[b]) for a, b in district.neighbours]
    links = [(position[link.settlement], position[link.other]) for link in district.links]
    pairs = np.array([*(declared or found.tolist()), *links], dtype=np.int64).reshape(-1, 2)
    return np.unique(np.sort(pairs, axis=1), axis=0)


def _zones_today(district: District, stage: Stage) -> dict[str, str]:
    return {zone.settlement: zone.school for zone in district.zones if zone.stage is stage}


def _least_viable(schools: Sequence[SchoolPlaces], scenario: Scenario, used: NormsUsed) -> NDArray[np.int64]:
    if scenario.rules.least_viable.mode is RuleMode.OFF:
        return np.zeros(len(schools), np.int64)
    least = int(used.value("school.least_viable"))
    return _ints(0 if row.school.protected else min(least, _usable(row, scenario)) for row in schools)


def _usable(row: SchoolPlaces, scenario: Scenario) -> int:
    """Give the places that a plan may fill: up to the largest school, where that rule is held."""
    return row.places if scenario.rules.largest_school.mode is RuleMode.OFF else min(row.places, row.largest)


def _young_limit(scenario: Scenario, used: NormsUsed) -> int:
    return int(used.value("acc.walk.g1_3")) if scenario.stage is Stage.PRIMARY else int(used.value("acc.single_trip"))


def _price(rule: Rule) -> int | None:
    return {RuleMode.HARD: None, RuleMode.SOFT: rule.price, RuleMode.OFF: 0}[rule.mode]


def _notices(
    district: District,
    near: contiguity.Contiguity,
    standing_at: contiguity.Standing,
    schools: Sequence[SchoolPlaces],
    private: Sequence[SchoolPlaces],
    layout: Layout,
) -> tuple[dict[str, str], ...]:
    notices = []
    if district.synthetic:
        notices.append({"code": "synthetic", "en": "Synthetic data, not a real place.", "zh": "合成数据,非真实地区。"})
    if near.repaired:
        names = "、".join(district.settlements[v].name for v in near.repaired[:10])
        notices.append(
            {
                "code": "repaired-outlines",
                "en": f"{len(near.repaired)} invalid outlines were repaired: {names}.",
                "zh": f"修复了 {len(near.repaired)} 个无效边界:{names}。",
            }
        )
    outside = [row.school.name for row, metres in zip(schools, standing_at.metres, strict=True) if metres > 0]
    if outside:
        names = "、".join(outside[:10])
        notices.append(
            {
                "code": "school-outside",
                "en": f"{len(outside)} schools stand outside every settlement and count in the nearest: {names}.",
                "zh": f"{len(outside)} 所学校不在任何村社界内,归入最近村社:{names}。",
            }
        )
    if private:
        names = "、".join(row.school.name for row in private[:10])
        notices.append(
            {
                "code": "private-schools",
                "en": f"{len(private)} private schools take no zone and are left out: {names}.",
                "zh": f"{len(private)} 所民办学校不划片,未参与规划:{names}。",
            }
        )
    if layout.pins:
        pinned, settlements = len({v for v, _ in layout.pins}), len(layout.settlement_ids)
        notices.append(
            {
                "code": "pinned",
                "en": f"{pinned} of {settlements} settlements are pinned to a school; "
                "the bound speaks of plans that keep these pins only.",
                "zh": f"{settlements} 个村社中有 {pinned} 个被指定了学校;下界只就保持这些指定的方案而言。",
            }
        )
    lost = [(row.school.name, row.places) for s, row in enumerate(schools) if row.places > layout.places[s]]
    if lost:
        names = "、".join(f"{name}({held})" for name, held in lost[:10])
        notices.append(
            {
                "code": "places-over-the-largest-school",
                "en": f"{len(lost)} schools have more places than the largest may; the rest is not used: {names}.",
                "zh": f"{len(lost)} 所学校学位超过规模上限,超出部分不计:{names}。",
            }
        )
    return tuple(notices)


def _ints(values: Iterable[int]) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)


def _flags(values: Iterable[bool]) -> NDArray[np.bool_]:
    return np.array(list(values), dtype=bool)
