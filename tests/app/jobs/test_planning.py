"""
The whole chain from a district and a scenario to a plan document, with no server and no database.

Expected numbers are those worked by hand in the docstring of ``data.sample.three_hamlets``: minutes, pupils of 2025 and
2031, places, running costs. Prices in the scenarios are written beside each sum.
"""

from __future__ import annotations

import inspect
import re
import time
from dataclasses import replace

import pytest

from app.cases.errors import ScenarioDoesNotFit
from app.cases.scenario import (
    NormOverride,
    OpenChoice,
    Pin,
    Rule,
    RuleMode,
    Rules,
    Scenario,
    SolveOrder,
    Travel,
    Weights,
)
from app.jobs import planning, wording
from data.domain.schools import RollCount, SchoolId, Stage, ZoneToday
from data.domain.settlements import SettlementId
from data.norms import LaxerThanNational
from data.sample import river_district, three_hamlets
from solver.areas.check import Breach
from solver.plan import Status

NO_SIZE = Rules(least_viable=Rule(mode=RuleMode.OFF))
MINUTES_ONLY = Weights(pupil_minute=1, running_cost=0, moved_pupil=0)
HAMLETS = three_hamlets.load()


def ask(**changes) -> Scenario:
    given = {"title": "test", "target_year": 2025, "rules": NO_SIZE, "weights": MINUTES_ONLY}
    return Scenario(**{**given, "solve": SolveOrder(seconds=10), **changes})


def plan(scenario: Scenario, district=HAMLETS, **more):
    return planning.plan_district(district, scenario, dataset_hash="test", **more)


def schools(document) -> dict[str, str]:
    return {row.id: row.school for row in document.settlements}


def test_the_zones_of_2025_are_those_worked_by_hand():
    document = plan(ask())
    assert schools(document) == {"A": "north", "B": "south", "C": "south"}
    assert document.certificate.parts["pupil_minutes"] == 385
    assert document.certificate.status is Status.OPTIMAL
    assert document.certificate.gap == 0
    assert [b for b in document.rules_broken if b.hard] == []
    assert (document.measures.pupils, document.measures.worst_minutes) == (65, 9)


def test_north_closes_in_2031_when_its_cost_outweighs_the_longer_way():
    # Closing saves 200,000 yuan and costs 654 - 204 = 450 pupil-minutes: worth it below 444 yuan a minute.
    cheap, dear = (
        plan(ask(target_year=2031, weights=Weights(pupil_minute=price, moved_pupil=0))) for price in (444, 445)
    )
    assert {s.id: s.decision for s in cheap.schools} == {"north": "close", "south": "keep"}
    assert cheap.certificate.objective == 654 * 444 + 300_000
    assert {s.id: s.decision for s in dear.schools} == {"north": "keep", "south": "keep"}
    assert dear.certificate.objective == 204 * 445 + 500_000


def test_a_necessary_school_names_the_children_it_is_necessary_for():
    south = next(s for s in plan(ask(target_year=2031)).schools if s.id == "south")
    assert (south.reason, south.necessary_for) == ("necessary", ("C",))  # C is 34 minutes from North


def test_zones_only_keeps_every_school():
    document = plan(ask(target_year=2031, open_choice=OpenChoice.ALL, weights=Weights(pupil_minute=1, moved_pupil=0)))
    assert {s.decision for s in document.schools} == {"keep"}
    assert document.certificate.parts["pupil_minutes"] == 204


def test_an_impossible_order_is_answered_with_who_and_why():
    document = plan(ask(target_year=2031, close=("south",)))
    assert document.certificate.status is Status.INFEASIBLE
    assert [(u.settlement, u.pupils, u.reason, u.nearest_school, u.nearest_minutes) for u in document.unserved] == [
        ("C", 6, "ordered_away", "north", 34)
    ]
    assert document.measures is None
    assert all(row.school is None for row in document.settlements)


def test_too_few_places_are_answered_with_the_sum():
    crowded = replace(HAMLETS, sites=tuple(replace(s, places=32) for s in HAMLETS.sites))
    document = plan(ask(), crowded)
    assert document.certificate.status is Status.INFEASIBLE
    [clash] = document.clashes
    # South stands in B's land and is C's only school: their 35 pupils against its 32 places.
    assert (clash.rule, clash.settlements, clash.schools) == ("places", ("B", "C"), ("south",))
    assert (clash.pupils, clash.places, clash.verified) == (35, 32, True)


def test_a_long_trip_is_priced_and_reported_when_the_limit_is_soft():
    rules = Rules(trip_limit=Rule(mode=RuleMode.SOFT, price=10), least_viable=Rule(mode=RuleMode.OFF))
    document = plan(ask(target_year=2031, close=("south",), rules=rules))
    # C goes to North: 3 of its 6 pupils are in grades 1 to 3 and travel 34 of 30 minutes.
    assert document.certificate.parts["long_trips"] == 10 * 3 * 4
    assert [(b.rule, b.hard, b.amount, b.norm) for b in document.rules_broken] == [
        ("trip_limit_young", False, 12, "acc.walk.g1_3")
    ]


def test_the_plan_tells_its_norms_with_source_and_trust():
    used = {norm.key: norm for norm in plan(ask()).norms_used}
    assert {
        "class.norm",
        "school.max_size",
        "acc.walk.g1_3",
        "acc.board.g1_3",
        "acc.single_trip",
        "zone.contig",
    } <= set(used)
    assert (used["class.norm"].value, used["class.norm"].source, used["class.norm"].trust) == (
        45,
        "GB 50099-2011 3.0.1; 教督〔2017〕6号",
        "V",
    )


def test_a_hard_national_norm_is_only_made_stricter():
    stricter = ask(norms=(NormOverride(key="acc.walk.g1_3", stage=Stage.PRIMARY, value=8),))
    document = plan(stricter)
    assert document.certificate.status is Status.INFEASIBLE  # C is 9 minutes from South
    assert [u.settlement for u in document.unserved] == ["C"]
    with pytest.raises(LaxerThanNational):
        plan(ask(norms=(NormOverride(key="acc.walk.g1_3", stage=Stage.PRIMARY, value=45),)))


def test_minutes_are_marked_as_straight_line_estimates():
    document = plan(ask(travel=Travel(km_per_hour=30)))
    assert document.travel == {"mode": "straight_line", "estimate": True, "km_per_hour": 30, "detour": 1.3}
    assert {n["code"] for n in document.notices} == {"straight-line", "synthetic"}
    assert {row.id: row.minutes for row in document.settlements} == {"A": 3, "B": 3, "C": 5}  # half, rounded up


def test_every_misfit_of_a_scenario_is_told_at_once():
    scenario = ask(
        keep_open=("north", "nowhere"),
        close=("north",),
        pins=(Pin(settlement="A", school="north"), Pin(settlement="A", school="south")),
        bans=(Pin(settlement="Z", school="south"),),
        open_schools_at_least=2,
        open_schools_at_most=1,
    )
    with pytest.raises(ScenarioDoesNotFit) as refused:
        plan(scenario)
    assert len(refused.value.reasons) == len(refused.value.reasons_zh) == 5


def test_a_stage_without_schools_is_refused():
    with pytest.raises(ScenarioDoesNotFit, match="senior"):
        plan(ask(stage=Stage.SENIOR))


@pytest.mark.parametrize(("price", "school"), [(24, "north"), (26, "south")])
def test_pupils_moved_are_counted_against_the_plan_to_start_from(price, school):
    # From South to North, A's 18 pupils of 2031 save 25 minutes each: worth up to 25 a pupil.
    standing = {"A": "south", "B": "south", "C": "south"}
    weights = Weights(pupil_minute=1, running_cost=0, moved_pupil=price)
    document = plan(ask(target_year=2031, weights=weights), standing=standing)
    assert schools(document)["A"] == school
    assert document.measures.pupils_moved == (18 if school == "north" else 0)


def test_a_private_school_takes_no_zone_and_stays():
    private = replace(
        HAMLETS, schools=tuple(replace(s, public=False) if s.id == "north" else s for s in HAMLETS.schools)
    )
    document = plan(ask(target_year=2031), private)
    north = next(s for s in document.schools if s.id == "north")
    assert (north.decision, north.reason) == ("keep", "private")
    assert set(schools(document).values()) == {"south"}


def test_places_beyond_the_largest_school_are_not_used_unless_the_scenario_says_so():
    # 2,010 places in each school, all demand at one of them cannot exceed 2,000: the notice names both.
    large = replace(HAMLETS, sites=tuple(replace(s, places=2_010) for s in HAMLETS.sites))
    document = plan(ask(), large)
    assert {s.places for s in document.schools} == {2_010}
    assert "places-over-the-largest-school" in {n["code"] for n in document.notices}
    loose = ask(rules=Rules(largest_school=Rule(mode=RuleMode.OFF), least_viable=Rule(mode=RuleMode.OFF)))
    assert "places-over-the-largest-school" not in {n["code"] for n in plan(loose, large).notices}


def test_a_hand_edit_is_judged_by_the_checker():
    document = planning.judge_assignment(
        HAMLETS, ask(), {"A": "north", "B": "north", "C": "north"}, dataset_hash="test"
    )
    broken = {b.rule for b in document.rules_broken if b.hard}
    # 65 pupils at 50 places, C 34 minutes away; South takes nobody, so it is closed.
    assert broken == {"places", "trip_limit_young"}
    assert document.certificate.bound is None
    good = planning.judge_assignment(HAMLETS, ask(), {"A": "north", "B": "south", "C": "south"}, dataset_hash="test")
    assert (good.rules_broken, good.certificate.objective) == ((), 385)
    with pytest.raises(ScenarioDoesNotFit):
        planning.judge_assignment(HAMLETS, ask(), {"Z": "north"}, dataset_hash="test")


def test_a_roll_told_by_sex_and_for_both_counts_once():
    told = RollCount(SchoolId("north"), 2025, 1, 6)
    by_sex = (replace(told, pupils=2, sex="male"), replace(told, pupils=4, sex="female"))
    for roll in ((told,), by_sex, (told, *by_sex)):
        document = plan(ask(), replace(HAMLETS, roll=roll))
        assert {s.id: s.pupils_today for s in document.schools} == {"north": 6, "south": None}


def test_zones_cross_the_river_only_by_its_bridges():
    river = river_district.generate()
    scenario = ask(target_year=2026, solve=SolveOrder(seconds=8), weights=Weights())
    document = plan(scenario, river)
    assert document.certificate.status in (Status.OPTIMAL, Status.FEASIBLE)
    assert [b for b in document.rules_broken if b.hard] == []
    without = plan(scenario, replace(river, links=()))
    assert without.certificate.status in (Status.OPTIMAL, Status.FEASIBLE, Status.INFEASIBLE)
    if without.certificate.objective is not None:
        assert without.certificate.objective >= document.certificate.bound


@pytest.mark.parametrize(
    ("zones", "expected"),
    [
        ({}, None),
        ({"A": "north", "B": "south", "C": "south"}, []),
        # C is 34 minutes from North, over the 30 of grades 1 to 3; South stands in B, so its zone holds B.
        (
            {"A": "north", "B": "north", "C": "north"},
            [
                ("own_settlement", "B", 20, "north", "south", "中坝村由北岸小学改划南岸小学:片区须包含学校所在村社。"),
                ("trip_limit", "C", 15, "north", "south", "下河村由北岸小学改划南岸小学:至原学校超过上学用时上限。"),
            ],
        ),
    ],
)
def test_a_plan_tells_what_was_mended_in_the_plan_it_started_from(zones, expected):
    today = tuple(ZoneToday(SettlementId(v), Stage.PRIMARY, SchoolId(s)) for v, s in zones.items())
    document = plan(ask(open_choice=OpenChoice.ALL), replace(HAMLETS, zones=today))
    told = (
        None
        if document.repairs is None
        else [(r.rule, r.settlement, r.pupils, r.school_from, r.school_to, r.detail_zh) for r in document.repairs]
    )
    assert told == expected


def test_a_pin_is_named_as_the_reason_for_a_mended_zone():
    document = plan(ask(pins=(Pin(settlement="A", school="south"),), close=("north",), target_year=2031))
    [school, settlement] = document.repairs
    assert (school.rule, school.school_from, school.detail) == (
        "must_close", "north", "北岸小学 closes: it was ordered to close.",
    )  # fmt: skip
    assert (settlement.rule, settlement.name) == ("closed_school", "上湾村")
    pinned = plan(ask(pins=(Pin(settlement="A", school="south"),), target_year=2031))
    assert [n["en"] for n in pinned.notices if n["code"] == "pinned"] == [
        "1 of 3 settlements are pinned to a school; the bound speaks of plans that keep these pins only."
    ]
    assert [(r.rule, r.settlement) for r in pinned.repairs if r.settlement] == [("pin", "A")]


def test_an_edit_may_not_take_away_the_settlement_of_a_school_that_stays():
    # Only zones are drawn, so South stays open: it stands in B. Where schools may close it would have to close.
    zones_only = ask(target_year=2031, open_choice=OpenChoice.ALL)
    document = plan(zones_only)
    asked = planning.laid_out_as(document, HAMLETS, zones_only)
    found = planning.adjust_edit(asked, document, {"B": "north"})
    assert (found.refused.rule, found.refused.certain, found.objective_after) == ("own_settlement", True, None)
    assert found.objective_before == document.certificate.objective == 204
    assert found.refused.detail_zh == "中坝村为另一所须保留学校的所在地,片区须包含学校所在村社。"


def test_every_rule_that_may_refuse_an_edit_or_mend_a_plan_has_its_sentence():
    text = inspect.getdoc(Breach).partition("Name of the rule:")[2].partition("settlements, school")[0]
    rules = set(re.findall(r"``(\w+)``", text))
    assert len(rules) == 11
    assert set(wording.REFUSALS) == rules | {"no_way", None}  # the core knows of ways only that a pair is forbidden
    assert set(wording.REPAIR_REASONS) >= rules - {"beds"}  # beds are short for a school, never for one place alone


def test_an_edit_of_a_plan_that_sends_nobody_to_school_says_so():
    none = plan(ask(target_year=2031, close=("south",)))
    assert none.certificate.status is Status.INFEASIBLE
    scenario = ask(target_year=2031)
    found = planning.adjust_edit(planning.laid_out_as(none, HAMLETS, scenario), none, {"A": "north"})
    assert (found.refused.rule, found.refused.settlement) == ("every_settlement_joins_a_school", "B")
    assert found.refused.detail == "中坝村 joins no school in this plan. The rest of the plan was kept as it is."


def test_a_check_of_an_edit_takes_less_than_a_twentieth_of_a_second():
    river, scenario = river_district.generate(), ask(target_year=2026, weights=Weights(), solve=SolveOrder(seconds=4))
    document = plan(scenario, river)
    asked = planning.laid_out_as(document, river, scenario)
    seconds = []
    for row in document.settlements[:5]:
        began = time.perf_counter()
        planning.check_edit(asked, document, {row.id: asked.layout.school_ids[0]})
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.05


def test_a_plan_is_laid_out_again_as_it_was_made():
    standing = {"A": "south", "B": "south", "C": "south"}
    scenario = ask(target_year=2031, weights=Weights(pupil_minute=1, running_cost=0, moved_pupil=24))
    document = plan(scenario, standing=standing)
    checked = planning.check_edit(planning.laid_out_as(document, HAMLETS, scenario), document, {})
    # A's 18 pupils went from South to North at 24 each, and travel 5 minutes in place of 30.
    assert checked.objective == document.certificate.objective == 204 + 18 * 24
    assert checked.measures == document.measures
