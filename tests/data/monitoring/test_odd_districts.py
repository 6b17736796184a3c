"""Districts that lack, repeat or contradict something: nothing crashes, and what must add up does."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point

from data.domain.district import District
from data.domain.divisions import Division
from data.domain.people import BirthCount, ControlTotal, DeclaredDemand, MigrantCount, Migration, PeopleCount
from data.domain.schools import GRADES, RollCount, School, SchoolKind, Site, Stage, ZoneToday
from data.domain.settlements import Settlement
from data.monitoring import outlook
from data.monitoring.layer import STAGES, Level
from data.monitoring.outlook import NothingTold, Question
from data.norms import Norms
from data.sample import SAMPLES

NORMS = Norms.default()
HERE = Point(107, 30)
FIRST, OTHER = "509901", "509902"
YEAR = 2024


def look(district, last_year=YEAR + 6, **asked):
    return outlook.look_ahead(district, Question(last_year, paths=50, **asked), NORMS)


def row(made, level, id, stage):
    layer = made.layers[level]
    return dict(zip(made.years, layer.middle[layer.ids.index(id), STAGES.index(stage)].tolist(), strict=True))


def home(id, division=FIRST, township="镇"):
    return Settlement(id, id, division, HERE, HERE, township)


def school(id, kind=SchoolKind.FULL_PRIMARY, division=FIRST, township="镇"):
    return School(id, id, division, kind, HERE, township)


def children(place, count, *, level="settlement", year=YEAR, ages=range(18)):
    return tuple(PeopleCount(place, level, year, age, count) for age in ages)


def rolls(id, count, stage=Stage.PRIMARY, years=(YEAR,)):
    return tuple(RollCount(id, year, grade, count) for year in years for grade in GRADES[stage])


def district(homes, **tables):
    names = dict.fromkeys([FIRST, *(one.division for one in homes)])
    divisions = tuple(Division(code, code, "district") for code in names)
    return District("odd", FIRST, True, "", divisions=divisions, settlements=tuple(homes), **tables)


@pytest.fixture(scope="module")
def hamlets():
    return SAMPLES["three_hamlets"]()


def test_nothing_told_is_refused_in_a_sentence():
    with pytest.raises(NothingTold, match="give people, births, rolls or declared pupils"):
        look(district([home("A")]))


def test_a_division_without_rolls_keeps_its_children_where_another_has_rolls():
    """Senior pupils have no zones; 10 children of each age in either division, a roll in the first alone."""
    made = look(
        district(
            [home("A"), home("B", OTHER)],
            people=children("A", 10) + children("B", 10),
            schools=(school("S", SchoolKind.SENIOR), school("T", SchoolKind.SENIOR, OTHER)),
            roll=rolls("S", 10, Stage.SENIOR),
        )
    )
    assert row(made, Level.DIVISION, FIRST, Stage.SENIOR)[YEAR] == 30
    assert set(row(made, Level.DIVISION, OTHER, Stage.SENIOR).values()) == {30}


def test_declared_pupils_alone_tell_of_their_stage_and_of_no_other():
    demand = tuple(
        DeclaredDemand(id, Stage.SENIOR, year, n) for id, n in (("A", 40), ("B", 7)) for year in (2024, 2026)
    )
    made = look(district([home("A"), home("B")], demand=demand), 2026)
    assert made.years == (2024, 2025, 2026)
    assert row(made, Level.DIVISION, FIRST, Stage.SENIOR) == {2024: 47, 2025: -1, 2026: 47}
    assert row(made, Level.SETTLEMENT, "B", Stage.SENIOR)[2024] == 7
    assert set(row(made, Level.DIVISION, FIRST, Stage.PRIMARY).values()) == {-1}


def test_declared_pupils_of_a_later_year_do_not_move_today_and_stay_as_declared(hamlets):
    demand = (DeclaredDemand("A", Stage.PRIMARY, 2028, 99),)
    made = look(replace(hamlets, demand=demand), 2030)
    assert made.years[0] == 2025
    assert row(made, Level.SETTLEMENT, "A", Stage.PRIMARY)[2028] == 99


def test_declared_pupils_hold_against_rolls_of_an_earlier_year_where_there_are_no_zones():
    base = district([home("A")], people=children("A", 10), schools=(school("S"),), roll=rolls("S", 10))
    made = look(replace(base, demand=(DeclaredDemand("A", Stage.PRIMARY, YEAR + 2, 405),)))
    by_year = row(made, Level.SCHOOL, "S", Stage.PRIMARY)
    assert (by_year[YEAR], by_year[YEAR + 1], by_year[YEAR + 2]) == (60, 60, 405)
    assert row(made, Level.SETTLEMENT, "A", Stage.PRIMARY)[YEAR + 2] == 405


def test_a_control_total_holds_where_moves_and_deaths_of_all_ages_are_counted():
    """The river district counts adults, so that its cohorts move after today; 2,000 junior pupils are told for 2031."""
    river = SAMPLES["river_district"]()
    held = ControlTotal(river.division, "division", Stage.JUNIOR, 2031, 2_000)
    for asked in ({}, {"migrants": 0.2}):
        made = look(replace(river, controls=(held,)), 2032, **asked)
        assert row(made, Level.DIVISION, river.division, Stage.JUNIOR)[2031] == 2_000


def test_a_control_total_of_a_township_holds():
    made = look(
        district(
            [home("A"), home("B", township="乡")],
            people=children("A", 10) + children("B", 10),
            schools=(school("S"),),
            roll=rolls("S", 22),
            zones=tuple(ZoneToday(id, Stage.PRIMARY, "S") for id in "AB"),
            controls=(ControlTotal("乡", "township", Stage.PRIMARY, YEAR + 2, 90),),
        )
    )
    assert row(made, Level.TOWNSHIP, "乡", Stage.PRIMARY)[YEAR + 2] == 90


def test_a_last_year_before_today_has_no_band(hamlets):
    made = look(hamlets, 2022)
    layer = made.layers[Level.DIVISION]
    assert made.years == (2022, 2023, 2024, 2025)
    assert np.array_equal(layer.low, layer.high)


def test_a_school_that_closed_leaves_the_others_known():
    made = look(
        district(
            [home("A")],
            schools=(school("S"), school("T")),
            roll=rolls("S", 20, years=(2022, 2023, 2024)) + rolls("T", 5, years=(2022, 2023)),
        )
    )
    assert row(made, Level.SCHOOL, "S", Stage.PRIMARY)[YEAR] == 120
    assert row(made, Level.DIVISION, FIRST, Stage.PRIMARY)[YEAR] == 120


def test_children_without_a_zone_are_counted_once_with_the_schools_that_have_none():
    """A has a zone and 10 children of each age, B has none; S teaches A's, T the other 60."""
    made = look(
        district(
            [home("A"), home("B")],
            people=children("A", 10) + children("B", 10),
            schools=(school("S"), school("T")),
            roll=rolls("S", 10) + rolls("T", 10),
            zones=(ZoneToday("A", Stage.PRIMARY, "S"),),
        )
    )
    assert set(row(made, Level.DIVISION, FIRST, Stage.PRIMARY).values()) == {120}
    assert set(row(made, Level.SCHOOL, "T", Stage.PRIMARY).values()) == {60}


def test_migrants_told_at_two_levels_come_once_and_never_more_than_there_are_children():
    """30 of 60 children of A are migrants, so are 30 of the township: none are left to B. A fifth more are 6 more."""
    base = district([home("A"), home("B")], people=children("A", 10) + children("B", 10))
    counts = (
        MigrantCount("A", "settlement", Stage.PRIMARY, YEAR, 30, 30),
        MigrantCount("镇", "township", Stage.PRIMARY, YEAR, 30, 30),
        MigrantCount(FIRST, "division", Stage.JUNIOR, YEAR, 5_000, 0),
    )
    made = look(replace(base, migrants=counts), migrants=0.2)
    assert row(made, Level.SETTLEMENT, "A", Stage.PRIMARY)[YEAR + 1] == 66
    assert row(made, Level.SETTLEMENT, "B", Stage.PRIMARY)[YEAR + 1] == 60
    assert row(made, Level.DIVISION, FIRST, Stage.JUNIOR)[YEAR + 1] == 72  # all 60 taken to be migrants


def test_more_migrants_are_as_many_more_pupils_on_a_roll(hamlets):
    """15 of A's 30 pupils are migrants: with a fifth more of them, North's 28 of 2026 are 30.8."""
    counts = (MigrantCount("A", "settlement", Stage.PRIMARY, 2025, 15, 15),)
    same, more = (
        row(look(replace(hamlets, migrants=counts), migrants=change), Level.SCHOOL, "north", Stage.PRIMARY)[2026]
        for change in (0.0, 0.2)
    )
    assert (same, more) == (28, 31)


def test_townships_of_one_name_in_two_divisions_are_two():
    made = look(
        district([home("A"), home("B", OTHER)], people=children("A", 10) + children("B", 4)),
    )
    assert made.layers[Level.TOWNSHIP].ids == (f"{FIRST}/镇", f"{OTHER}/镇")
    assert row(made, Level.TOWNSHIP, f"{OTHER}/镇", Stage.PRIMARY)[YEAR] == 24


def test_a_school_of_a_township_without_settlements_is_counted_there():
    made = look(
        district(
            [home("A")],
            people=children("A", 10),
            schools=(school("S"), school("T", township="外乡")),
            roll=rolls("S", 10) + rolls("T", 3),
            zones=(ZoneToday("A", Stage.PRIMARY, "S"),),
        )
    )
    assert row(made, Level.TOWNSHIP, "外乡", Stage.PRIMARY)[YEAR] == 18
    assert row(made, Level.DIVISION, FIRST, Stage.PRIMARY)[YEAR] == 78


def test_cohorts_are_known_however_far_ahead_where_no_birth_is_told():
    made = look(district([home("A")], people=children("A", 10)), 2060)
    assert set(row(made, Level.DIVISION, FIRST, Stage.PRIMARY).values()) != {-1}
    assert min(row(made, Level.DIVISION, FIRST, Stage.PRIMARY).values()) > 0


def test_births_older_than_the_children_counted_are_not_held_against_them():
    """100 births in 2018 and none told since; 10 children of every age from 0: who enters later is one of 10."""
    births = (BirthCount("A", "settlement", 2017, 100), BirthCount("A", "settlement", 2018, 100))
    made = look(district([home("A")], people=children("A", 10), births=births), 2036)
    assert max(row(made, Level.DIVISION, FIRST, Stage.PRIMARY).values()) < 100


def test_a_division_of_nobody_has_nobody():
    people = children("A", 0) + tuple(PeopleCount(FIRST, "division", YEAR, age, 0) for age in range(18, 101))
    made = look(district([home("A")], people=people), 2045)
    assert set(row(made, Level.DIVISION, FIRST, Stage.PRIMARY).values()) == {0}


@st.composite
def districts(draw):
    """Small districts with any of the tables, years and levels that may be missing or odd."""
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    few, some = draw(st.sampled_from([0, 2, 60])), draw(st.sampled_from([0, 3, 40]))
    homes = [
        home(f"V{v}", draw(st.sampled_from([FIRST, OTHER])), draw(st.sampled_from(["", "东镇", "西镇"])))
        for v in range(draw(st.integers(1, 4)))
    ]
    kinds = [SchoolKind.FULL_PRIMARY, SchoolKind.NINE_YEAR, SchoolKind.COMPLETE_MIDDLE, SchoolKind.SPECIAL]
    schools = tuple(
        replace(school(f"S{s}", draw(st.sampled_from(kinds)), township=draw(st.sampled_from(["", "东镇", "外镇"]))))
        for s in range(draw(st.integers(0, 3)))
    )
    years = draw(st.sampled_from([(), (2024,), (2018, 2019, 2021, 2022), (2022, 2023, 2024, 2026)]))
    stages = draw(st.lists(st.sampled_from(STAGES), unique=True))
    ages = draw(st.sampled_from([(), range(18), range(6, 12), range(101)]))
    births = draw(st.sampled_from([(), range(2014, 2018), range(2018, 2025)]))
    demand = draw(st.sampled_from([(), (2024,), (2024, 2027)]))
    control = draw(st.sampled_from([(), ((FIRST, "division"),), (("东镇", "township"),)]))
    towns = {one.township for one in homes}

    def count(mean):
        return int(numbers.poisson(mean))

    return district(
        homes,
        schools=schools,
        sites=tuple(Site(one.id, stage, count(4)) for one in schools for stage in stages),
        roll=tuple(
            RollCount(one.id, year, grade, count(some))
            for one in schools[:2]
            for stage in stages
            for year in years
            for grade in GRADES[stage]
        ),
        zones=tuple(ZoneToday(one.id, stage, schools[0].id) for one in homes[1:] for stage in stages[:1] if schools),
        people=tuple(PeopleCount(one.id, "settlement", 2024, age, count(few)) for one in homes for age in ages),
        births=tuple(BirthCount(one.id, "settlement", year, count(few)) for one in homes for year in births),
        demand=tuple(DeclaredDemand(one.id, Stage.SENIOR, year, count(few)) for one in homes for year in demand),
        migration=tuple(Migration(one.id, "settlement", 2025, 9, -5) for one in homes[:1]),
        migrants=tuple(MigrantCount(one.id, "settlement", Stage.PRIMARY, 2023, 90, 9) for one in homes[:1]),
        controls=tuple(
            ControlTotal(place, level, Stage.PRIMARY, 2025, 77)
            for place, level in control
            if place in towns or any(one.division == place for one in homes)
        ),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(districts(), st.sampled_from([2021, 2024, 2030, 2050]), st.sampled_from([-0.5, 0.0, 0.2]))
@pytest.mark.filterwarnings("error")
def test_no_odd_district_crashes_or_loses_a_pupil(odd, last_year, change):
    try:
        made = look(odd, last_year, migrants=change)
    except NothingTold:
        assert not (odd.people or odd.births or odd.roll or odd.demand)
        return
    ground = made.ground
    for layer in made.layers.values():
        assert ((layer.middle == -1) == (layer.low == -1)).all() and (layer.middle >= -1).all()
        assert (layer.low <= layer.middle).all() and (layer.middle <= layer.high).all()
        assert not np.isnan(layer.shortage[(layer.middle >= 0) & (layer.offered > 0)]).any()
    for at, stage in enumerate(STAGES):
        known = made.agreed.known[at]
        division, home_pupils, schools = (
            np.maximum(made.layers[level].middle[:, at], 0)
            for level in (Level.DIVISION, Level.SETTLEMENT, Level.SCHOOL)
        )
        sums = np.zeros_like(division)
        np.add.at(sums, ground.settlement_division, home_pupils)
        beside = made.sides[stage].beside
        np.add.at(sums, ground.school_division[beside], schools[beside])
        assert (sums == division)[:, known].all()
        zone = ground.zone[at]
        for number in np.unique(zone[zone >= 0]):
            assert home_pupils[zone == number].sum(axis=0).tolist() == schools[number].tolist()
