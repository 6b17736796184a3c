"""Watched scenarios: which figures, which comparison, when an alert; and the schedules that start it all."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from job_runs import hamlet, queue_run, until
from shapely import Point
from solver_child import plan

from app.audit import SYSTEM
from app.cases.plan_document import PlanDocument
from app.cases.scenario import OpenChoice, Scenario
from app.db import datasets, plans, runs, scenarios, schedules
from app.jobs import orders, watched
from app.jobs import runs as work
from app.jobs.conduct import Planned
from app.jobs.figures import Figures
from app.jobs.keeper import Keeper
from app.jobs.worker import Worker
from app.settings import Settings
from data.domain.schools import Stage
from data.domain.settlements import Settlement
from data.sample import SAMPLES
from solver.plan import never_stop, report_nothing

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
DUE = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
ORDER = {"scenario": {"title": "一问", "stage": "primary", "target_year": 2030}}


NO_FIGURES = {
    "pupils": 0,
    "pupils_today": None,
    "places": 0,
    "boarders": 0,
    "beds": 0,
    "settlements": 0,
    "running_cost": 0,
}
BROKEN = {"rule": "places", "norm": None, "amount": 1, "unit": "pupil", "who": [], "detail": "", "detail_zh": ""}
NOT_MEASURED = {"school_today": None, "minutes": None, "minutes_today": None, "boarders": 0}


def document(objective, schools, assignment, status="feasible", *, hard_fault=False):
    """
    A plan of three hamlets a (10 pupils), b (20), c (30).

    ``schools`` are open of N, S; ``assignment`` gives the school of a, b and c by letter.
    """
    made = plan(ORDER)
    made["rules_broken"] = [BROKEN | {"hard": hard} for hard in ([False, True] if hard_fault else [False])]
    made["certificate"] |= {"objective": objective, "status": status}
    made["schools"] = [
        {"id": s, "name": s * 2, "decision": "keep" if s in schools else "close", "reason": "chosen"} | NO_FIGURES
        for s in "NS"
    ]
    made["settlements"] = [
        {"id": v, "name": v.upper(), "pupils": pupils, "school": school, "moved": False} | NOT_MEASURED
        for (v, pupils), school in zip((("a", 10), ("b", 20), ("c", 30)), assignment, strict=True)
    ]
    return made


STANDING = document(1_000, "NS", "NNS")


@pytest.mark.parametrize(
    ("standing", "best", "judged", "reason", "alert"),
    [
        (STANDING, None, None, "not-solved", False),
        (None, STANDING, None, "first-plan", False),
        (STANDING, document(None, "", [None] * 3, "infeasible"), None, "no-plan", True),
        (STANDING, document(None, "", [None] * 3, "unknown"), None, "no-answer", False),
        (STANDING, document(900, "N", "NNN"), None, "standing-not-judged", False),
        (
            STANDING,
            document(900, "N", "NNN"),
            document(None, "", [None] * 3, "infeasible"),
            "standing-impossible",
            True,
        ),
        (STANDING, document(900, "N", "NNN"), document(800, "NS", "NNS", hard_fault=True), "standing-impossible", True),
        (STANDING, document(900, "N", "NNN"), document(950, "NS", "NNS"), "better-plan", True),
        # Cheaper figures for the very same plan are no change of the plan.
        (STANDING, document(900, "NS", "NNS"), document(950, "NS", "NNS"), "unchanged", False),
        # Another plan that costs as much, its changes paid for, is no reason to change.
        (STANDING, document(950, "NS", "NSS"), document(950, "NS", "NNS"), "unchanged", False),
        (STANDING, document(960, "N", "NNN"), document(950, "NS", "NNS"), "unchanged", False),
    ],
)
def test_an_alert_is_raised_only_when_the_best_plan_really_changes(standing, best, judged, reason, alert):
    drift = watched.compare(standing, best, judged)
    assert (drift.document["reason"], drift.alert) == (reason, alert)
    assert drift.document["detail"]
    assert drift.document["detail_zh"]


def test_the_report_names_what_would_open_close_and_move():
    drift = watched.compare(document(1_000, "S", "SSS"), document(900, "N", "NSN"), document(950, "S", "SSS")).document
    assert drift["schools_opening"] == [{"id": "N", "name": "NN"}]
    assert drift["schools_closing"] == [{"id": "S", "name": "SS"}]
    assert [(row["id"], row["from"], row["to"]) for row in drift["settlements_changing"]] == [
        ("a", "S", "N"),
        ("c", "S", "N"),
    ]
    assert drift["pupils_moved"] == 10 + 30
    assert drift["objective"] == {"standing_then": 1_000, "standing_now": 950, "best": 900, "bound": 5}


def test_the_standing_plan_leaves_no_choice():
    asked = Scenario(
        title="一问",
        target_year=2030,
        bans=[{"settlement": "a", "school": "S"}],
        open_schools_at_most=1,
        close=["S"],
        keep_open=["N"],
    )
    fixed = watched.only_the_standing_plan(asked, {"a": "S", "b": "S"})
    assert [(pin.settlement, pin.school) for pin in fixed.pins] == [("a", "S"), ("b", "S")]
    assert (fixed.keep_open, fixed.close, fixed.bans) == (("N", "S"), (), ())
    assert fixed.open_choice is OpenChoice.CHOOSE
    assert fixed.open_schools_at_most is None


def test_a_scenario_s_own_price_on_change_is_kept():
    priced = Scenario(title="x", target_year=2030, weights={"moved_pupil": 7})
    assert watched.with_price_on_change(priced).weights.moved_pupil == 7
    free = Scenario(title="x", target_year=2030, weights={"moved_pupil": 0})
    assert watched.with_price_on_change(free).weights.moved_pupil == watched.PRICE_OF_A_MOVED_PUPIL


def village(number):
    point = Point(106.5 + number / 100, 29.5)
    return Settlement(f"v{number}", f"V{number}", "500101", point, point)


FOUR = replace(hamlet("四村"), settlements=tuple(village(n) for n in range(4)))


@pytest.mark.parametrize(
    ("newer", "taken"),
    [
        (replace(FOUR, title="新一年", source="later"), True),
        (replace(FOUR, source="half of them", settlements=FOUR.settlements[:2]), True),
        (replace(FOUR, source="another place", settlements=FOUR.settlements[:1]), False),
        (replace(FOUR, source="real", synthetic=False), False),
        (replace(FOUR, source="juniors", sites=(replace(FOUR.sites[0], stage=Stage.JUNIOR),)), False),
        (replace(FOUR, source="elsewhere", division="500102"), False),
    ],
)
def test_the_newest_version_of_the_same_district_is_taken(database, newer, taken):
    newer = replace(newer, schools=tuple(replace(school, name=newer.source) for school in newer.schools))
    with database.writing() as session:
        named, _ = datasets.store(session, FOUR, [], SYSTEM)
        row = scenarios.store(session, named, Scenario(title="x", target_year=2030), SYSTEM)
        run, _ = runs.create(session, row, order=Scenario(title="x", target_year=2030).solve, actor=SYSTEM)
    with database.writing() as session:
        newest, created = datasets.store(session, newer, [], SYSTEM)
        assert created
    with database.reading() as session:
        found = watched.newest_version(session, runs.get(session, run.id))
    assert found.id == (newest.id if taken else named.id)


def watch(database, *, cron="0 2 * * *", enabled=True, timezone="Asia/Shanghai"):
    """Store a watched scenario with a solve order of 1 s and return the schedule's id."""
    asked = Scenario(title="一问", target_year=2030, weights={"moved_pupil": 0}, solve={"seconds": 1})
    with database.writing() as session:
        dataset, _ = datasets.store(session, hamlet(), [], SYSTEM)
        row = scenarios.store(session, dataset, asked, SYSTEM)
        schedule = schedules.create(session, row, cron=cron, timezone=timezone, enabled=enabled, actor=SYSTEM)
        return schedule.id


@BOTH
def test_a_moment_that_is_due_queues_one_run_however_often_it_comes(database):
    schedule_id = watch(database)
    first = watched.queue_run(database, schedule_id, DUE)
    assert first is not None
    assert watched.queue_run(database, schedule_id, DUE) == first
    with database.reading() as session:
        assert len(runs.newest(session)) == 1


def test_no_run_is_queued_while_the_last_one_is_under_way(database):
    schedule_id = watch(database)
    first = watched.queue_run(database, schedule_id, DUE)
    assert watched.queue_run(database, schedule_id, DUE + timedelta(days=1)) is None
    with database.writing() as session:
        runs.cancel(session, first)
    assert watched.queue_run(database, schedule_id, DUE + timedelta(days=1)) not in (None, first)


def test_a_schedule_that_is_off_or_gone_queues_nothing(database):
    off, gone = watch(database, enabled=False), watch(database)
    with database.writing() as session:
        schedules.remove(session, gone, actor=SYSTEM)
    assert watched.queue_run(database, off, DUE) is None
    assert watched.queue_run(database, gone, DUE) is None
    with database.reading() as session:
        assert runs.newest(session) == []


def with_classrooms(number):
    return replace(hamlet(), sites=(replace(hamlet().sites[0], classrooms=number),))


def test_a_watched_run_keeps_to_the_figures_that_were_newest_when_it_began(database, tmp_path):
    run_id = watched.queue_run(database, watch(database), DUE)
    with database.writing() as session:
        newer, _ = datasets.store(session, with_classrooms(7), [], SYSTEM)
    worker = Worker(Settings(data_dir=tmp_path, database=database.url), database, "w", ("true",))
    assert work.take_up(worker, run_id)["dataset_id"] == newer.id
    # A worker that takes the run over stays on the same figures, whatever came in meanwhile.
    with database.writing() as session:
        datasets.store(session, with_classrooms(8), [], SYSTEM)
    assert work.take_up(worker, run_id)["dataset_id"] == newer.id


def test_a_run_that_a_person_asks_for_keeps_to_the_figures_it_names(database, tmp_path):
    run_id = queue_run(database)
    with database.writing() as session:
        newer, _ = datasets.store(session, with_classrooms(7), [], SYSTEM)
    worker = Worker(Settings(data_dir=tmp_path, database=database.url), database, "w", ("true",))
    assert work.take_up(worker, run_id)["dataset_id"] != newer.id


def test_change_has_a_price_where_there_is_a_plan_to_change(database, tmp_path):
    schedule_id = watch(database)
    worker = Worker(Settings(data_dir=tmp_path, database=database.url), database, "w", ("true",))
    first = watched.queue_run(database, schedule_id, DUE)
    order = work.take_up(worker, first)
    assert order["scenario"]["weights"]["moved_pupil"] == 0  # as the scenario says
    with database.writing() as session:
        work.settle(session, worker, first, order, Planned(STANDING))
        schedules.change(session, schedule_id, {"standing_plan_id": plans.id_of_run(session, first)}, actor=SYSTEM)
    second = work.take_up(worker, watched.queue_run(database, schedule_id, DUE + timedelta(days=1)))
    assert second["scenario"]["weights"]["moved_pupil"] == watched.PRICE_OF_A_MOVED_PUPIL


def test_the_same_change_raises_one_alert_however_many_nights_it_stands(database, tmp_path, monkeypatch):
    schedule_id = watch(database)
    standing = queue_run(database)
    answers = {"best": document(900, "N", "NNN"), "judge": document(950, "NS", "NNS")}
    monkeypatch.setattr(watched, "_judge", lambda *_: answers["judge"])
    worker = Worker(Settings(data_dir=tmp_path, database=database.url), database, "w", ("true",))

    def solve(run_id, made):
        order = work.take_up(worker, run_id)
        with database.writing() as session:
            work.settle(session, worker, run_id, order, Planned(made))
            return plans.id_of_run(session, run_id)

    standing_plan = solve(standing, STANDING)
    with database.writing() as session:
        schedules.change(session, schedule_id, {"standing_plan_id": standing_plan}, actor=SYSTEM)

    def night(number):
        run_id = watched.queue_run(database, schedule_id, DUE + timedelta(days=number))
        solve(run_id, answers["best"])
        watched.report(worker, run_id)
        watched.report(worker, run_id)  # a step may be repeated
        with database.reading() as session:
            [newest, *_] = schedules.reports(session, schedule_id)
            assert newest.run_id == run_id
            return newest.document["reason"], newest.alert

    assert night(1) == ("better-plan", True)
    assert night(2) == ("better-plan", False)
    assert night(3) == ("better-plan", False)
    answers["best"] = document(880, "N", "NNN")  # cheaper, but the same plan
    assert night(4) == ("better-plan", False)
    answers["best"] = document(870, "S", "SSS")
    assert night(5) == ("better-plan", True)
    answers["best"] = STANDING
    assert night(6) == ("unchanged", False)


class Shelf:
    """A job library that remembers what it was asked."""

    def __init__(self):
        self.wanted, self.fired = [], []

    def keep_schedules(self, wanted):
        self.wanted = sorted(wanted, key=lambda firing: firing.schedule_id)

    def catch_up(self, firing, due):
        self.fired.append((firing.schedule_id, due))


def test_the_library_is_given_the_schedules_in_force_and_one_missed_moment(database, tmp_path):
    fresh, old, off = watch(database), watch(database), watch(database, enabled=False)
    yesterday = datetime.now(UTC) - timedelta(days=3)
    with database.writing() as session:
        row = schedules.get(session, old)
        row.created_at = row.changed_at = yesterday
    library = Shelf()
    keeper = Keeper(Worker(Settings(data_dir=tmp_path), database, "w", ("true",)), library)
    keeper.keep_schedules()
    keeper.keep_schedules()
    assert [firing.schedule_id for firing in library.wanted] == sorted([fresh, old])
    assert off not in {firing.schedule_id for firing in library.wanted}
    # Three days were missed; one moment is caught up, the last one: 02:00 in Shanghai is 18:00 UTC.
    [(schedule_id, due)] = library.fired
    assert schedule_id == old
    assert (due.hour, due.minute) == (18, 0)
    assert timedelta(0) < datetime.now(UTC) - due <= timedelta(days=1)


@BOTH
def test_a_schedule_fires_and_its_runs_are_reported_on(database, workers):
    schedule_id = watch(database, cron="*/3 * * * * *")
    workers.start(seconds=0.1)

    def reports():
        with database.reading() as session:
            return schedules.reports(session, schedule_id)

    until(reports, 40, f"no report: {workers.output()}")
    first = reports()[-1]
    assert (first.document["reason"], first.alert, first.standing_plan_id) == ("first-plan", False, None)
    with database.writing() as session:  # the planner adopts it
        schedules.change(session, schedule_id, {"standing_plan_id": first.plan_id}, actor=SYSTEM)

    def compared():
        return [report for report in reports() if report.standing_plan_id is not None]

    until(compared, 40, f"no second report: {workers.output()}")
    [judged, *_] = compared()
    # The child's plans are all the same.
    assert (judged.document["reason"], judged.alert) == ("unchanged", False)
    assert judged.document["objective"]["standing_now"] == 10
    assert len(workers.children("judge")) >= 1
    with database.reading() as session:
        run = runs.get(session, first.run_id)
    assert (run.state, run.schedule_id) == ("done", schedule_id)


# The real chain, on the sample that can be solved by hand.


def answer(kind, database, dataset_id, scenario, standing_plan_id=None):
    order = {
        "kind": kind,
        "database_url": database.url,
        "networks_dir": "networks",
        "ways_dir": "ways",
        "dataset_id": dataset_id,
        "standing_plan_id": standing_plan_id,
        "scenario": scenario.model_dump(mode="json"),
    }
    return orders.answer(order, report_nothing, never_stop)


@pytest.fixture
def planned(database):
    """The three hamlets, planned and stored: scenario, dataset id, plan id and document."""
    # Closing North saves 200,000 yuan for 450 pupil-minutes more, at 60 yuan each; moving pupils costs nothing.
    weights = {"pupil_minute": 60, "moved_pupil": 0}
    scenario = Scenario(title="三村", target_year=2031, weights=weights, solve={"seconds": 10, "deterministic": True})
    with database.writing() as session:
        dataset, _ = datasets.store(session, SAMPLES["three_hamlets"](), [], SYSTEM)
        row = scenarios.store(session, dataset, scenario, SYSTEM)
        run, _ = runs.create(session, row, order=scenario.solve, actor=SYSTEM)
    made = answer("solve", database, dataset.id, scenario)
    with database.writing() as session:
        plan_id = runs.finish(session, run.id, PlanDocument.model_validate(made), {})
    return scenario, dataset.id, plan_id, made


def test_a_plan_judged_on_its_own_figures_costs_what_it_cost(database, planned):
    scenario, dataset_id, plan_id, made = planned
    assert made["certificate"]["objective"] is not None
    judged = answer("judge", database, dataset_id, watched.with_price_on_change(scenario), plan_id)
    assert judged["certificate"]["objective"] == made["certificate"]["objective"]
    drift = watched.compare(made, made, judged)
    assert (drift.document["reason"], drift.alert) == ("unchanged", False)


def without(school_id):
    """The three hamlets with one school less."""
    full = SAMPLES["three_hamlets"]()
    return replace(
        full,
        schools=tuple(school for school in full.schools if school.id != school_id),
        **{
            table: tuple(row for row in getattr(full, table) if row.school != school_id)
            for table in ("sites", "roll", "zones")
        },
    )


def test_a_settlement_whose_school_has_gone_gets_the_best_of_those_left(database, planned):
    scenario, _, _, made = planned
    # By hand (see the sample): in 2031 South takes all three. A standing plan had A at North, which is gone now.
    [south] = {row["school"] for row in made["settlements"]}
    north = next(school.id for school in SAMPLES["three_hamlets"]().schools if school.id != south)
    standing = deepcopy(made)
    next(row for row in standing["settlements"] if row["id"] == "A")["school"] = north
    start_from = orders.standing_in(without(north), Stage.PRIMARY, standing)
    assert start_from == {"B": south, "C": south}
    judged = orders.judge(Figures(without(north), "hash", None), scenario, start_from, never_stop)
    assert {row.school for row in judged.settlements} == {south}
    assert judged.certificate.objective == made["certificate"]["objective"]


def test_a_plan_that_can_no_longer_be_kept_is_told_so(database, planned):
    scenario, _, plan_id, made = planned
    [south] = {row["school"] for row in made["settlements"]}
    # By hand: C has 34 minutes to North, more than the 30 of grades 1 to 3.
    with database.writing() as session:
        dataset, _ = datasets.store(session, without(south), [], SYSTEM)
    judged = answer("judge", database, dataset.id, scenario, plan_id)
    assert judged["certificate"]["status"] == "infeasible"
    best = made  # any plan will do: the standing one is impossible whatever the best costs
    drift = watched.compare(made, best, judged)
    assert (drift.document["reason"], drift.alert) == ("standing-impossible", True)
    assert "C" in str(drift.document["standing_broken_by"])
