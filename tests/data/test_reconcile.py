"""Sources linked on a district small enough for paper, and in a city of villages."""

import time
from datetime import date

import pytest
from shapely import Point

from data.domain.district import District
from data.domain.divisions import DivisionCode
from data.domain.people import BirthCount, PeopleCount
from data.domain.schools import RollCount
from data.domain.settlements import Settlement, SettlementId
from data.forecast.cohort import Ages, Births, Notebook, cohort_of
from data.norms import Norms
from data.reconcile import Figure, Limits, limits_of, of_one_source, reconcile

HUKOU, CENSUS, CLINICS = "hukou register", "census", "clinics"


def district(names, **tables):
    """Settlements by township, all of division 509999."""
    settlements = tuple(
        Settlement(SettlementId(name), name, DivisionCode("509999"), Point(107, 30), Point(107, 30), township)
        for name, township in names.items()
    )
    return District("drawn", DivisionCode("509999"), True, "drawn", settlements=settlements, **tables)


def people(place, year, ages, source=HUKOU, level="settlement", sex=None):
    return tuple(PeopleCount(place, level, year, age, count, sex, source) for age, count in ages.items())


@pytest.fixture
def two_townships():
    """
    Two townships, one village each, and one school whose pupils come from both.

                      hukou 2022      census 2022    hukou 2023     rolls 2023
        Hill    age 6         40               40   age 7:   39     grade 2: 130 in Town,
                age 5        100               80   age 6:   99     grade 1: 150 in Town
        Dale    age 6        100                -   age 7:   98
                age 5         60                -   age 6:   20
    """
    return district(
        {"Hill": "Upper", "Dale": "Lower"},
        people=(
            *people("Hill", 2022, {6: 40, 5: 100}),
            *people("Hill", 2022, {6: 40, 5: 80}, CENSUS),
            *people("Dale", 2022, {6: 100, 5: 60}),
            *people("Hill", 2023, {7: 39, 6: 99}),
            *people("Dale", 2023, {7: 98, 6: 20}),
        ),
        births=(
            BirthCount("Hill", "settlement", 2015, 30, source=CLINICS),
            BirthCount("Hill", "settlement", 2016, 120, source=CLINICS),
            BirthCount("Dale", "settlement", 2015, 90, source=CLINICS),
            BirthCount("Dale", "settlement", 2016, 60, source=CLINICS),
        ),
        roll=(RollCount("Town", 2023, 2, 130), RollCount("Town", 2023, 1, 150)),
    )


def kinds(made):
    return [(one.kind, one.place, one.cohort, one.first.count, one.second.count) for one in made.conflicts]


def test_every_seeded_conflict_is_reported_and_nothing_else(two_townships):
    """
    On paper, with the limits of the module.

    sources  cohort 2023 of Hill: 100 and 80, 20 apart, 2 % of 100 allowed. Cohort 2022: 40 and 40, nothing.
    cohort   Dale 60 -> 20: 40 apart, allowed 6 + 3 sqrt(60) = 29.2. Dale 100 -> 98, Hill 40 -> 39, 100 -> 99: nothing.
    births   of cohort 2022, September 2015 to August 2016: Hill 4/12 x 30 + 8/12 x 120 = 90 born, 40 at age 6 in 2022:
             50 apart, allowed 22.5 + 3 sqrt(90) = 51.0, nothing. Dale 30 + 40 = 70 born, 100 counted: 30 apart,
             allowed 17.5 + 30, nothing.
    roll     cohort 2022: 39 + 98 = 137 registered, 130 pupils: 7 apart, allowed 13.7 + 35.1. Cohort 2023: 99 + 20 = 119
             and 150: 31 apart, allowed 11.9 + 3 sqrt(150) = 48.6, nothing.
    """
    assert kinds(reconcile(two_townships)) == [
        ("sources", "Hill", 2023, 100, 80),
        ("cohort", "Dale", 2023, 60, 20),
    ]


def test_a_conflict_says_where_who_and_by_how_much_in_both_languages(two_townships):
    sources, cohort = reconcile(two_townships).conflicts
    assert sources.first == Figure(100, "people", 2022, HUKOU)
    assert sources.second == Figure(80, "people", 2022, CENSUS)
    assert sources.ratio == pytest.approx(0.8)
    for sentence in (sources.reason, sources.reason_zh):
        assert all(word in sentence for word in ("Hill", "2022", "100", "80", HUKOU, CENSUS, "-20 %"))
    assert (cohort.first.year, cohort.second.year) == (2022, 2023)
    assert "-67 %" in cohort.reason
    assert "2023 年入学" in cohort.reason_zh


def test_every_cell_traces_to_its_source(two_townships):
    made = reconcile(two_townships)
    told = {
        (row.level, row.place, row.year, row.age, row.count, row.source)
        for row in two_townships.people
        if row.source == HUKOU
    }
    cells = made.ages[made.ages["told_as"] == "people"]
    named = cells[["level", "place", "year", "age", "count", "source"]]
    assert set(named.itertuples(index=False, name=None)) == told
    assert made.trace("settlement", "Hill", 2022, 5) == Figure(100, "people", 2022, HUKOU)
    assert made.trace("settlement", "Hill", 2022, 4) is None
    row = cells[(cells["place"] == "Hill") & (cells["year"] == 2022) & (cells["age"] == 5)].iloc[0]
    assert (row["others"], row["cohort"]) == (CENSUS, 2023)
    # Age 0 of August 2016 is the births of cohort 2022: 10 + 80.
    assert made.trace("settlement", "Hill", 2016, 0) == Figure(90, "births", 2016, CLINICS)


def test_a_stated_order_decides_and_figures_are_never_mixed(two_townships):
    made = reconcile(two_townships, order=(CENSUS,))
    assert made.trace("settlement", "Hill", 2022, 5) == Figure(80, "people", 2022, CENSUS)
    assert made.trace("settlement", "Dale", 2022, 5) == Figure(60, "people", 2022, HUKOU)
    assert made.conflicts[0].first.count == 80
    assert set(made.ages["count"]) <= {row.count for row in two_townships.people} | {90, 70}


@pytest.mark.parametrize("order", [(), (CENSUS,), ("nobody", CENSUS, HUKOU)])
def test_the_forecast_uses_the_same_figures(two_townships, order):
    sexes = (
        *people("Hill", 2021, {4: 50}, CENSUS, sex="male"),
        *people("Hill", 2021, {4: 70}, HUKOU, sex="male"),
        *people("Hill", 2021, {4: 41}, CENSUS, sex="female"),
        *people("Hill", 2021, {4: 60}, HUKOU, sex="female"),
    )
    given = district({"Hill": "Upper", "Dale": "Lower"}, people=(*sexes, *two_townships.people))
    made, ages = reconcile(given, order), Ages(of_one_source(given, order).people)
    for row in made.ages.to_dict("records"):
        assert ages.told(row["cohort"], row["year"])["settlement"][row["place"]] == row["count"]
    # Male and female of one source: 70 + 60 by the register, which tells most, 50 + 41 by the census.
    figure = made.trace("settlement", "Hill", 2021, 4)
    assert (figure.count, figure.source) == ((91, CENSUS) if order else (130, HUKOU))


def test_births_by_month_are_those_of_the_forecast():
    rows = [BirthCount("Hill", "settlement", 2017 + (m > 12), m, (m - 1) % 12 + 1, CLINICS) for m in range(1, 25)]
    rows += [BirthCount("Hill", "settlement", 2016, 12, source=CLINICS)]
    made = reconcile(district({"Hill": "Upper"}, births=tuple(rows)))
    # Cohort 2024, September 2017 to August 2018: 9 + ... + 20 = 174. Cohort 2023: 4/12 x 12 + 1 + ... + 8 = 40.
    assert made.trace("settlement", "Hill", 2018, 0).count == 174
    assert made.trace("settlement", "Hill", 2017, 0).count == 40
    told, _ = Births(rows, Notebook()).twelfths(2024)
    assert told["settlement"]["Hill"] == 12 * 174
    # Later births are not known: nothing is held over into the table of what is told.
    assert set(made.ages["cohort"]) == {2023, 2024}


def test_births_far_from_the_first_count_and_rolls_far_from_the_register_are_reported():
    made = reconcile(
        district(
            {"Hill": "Upper"},
            people=people("Hill", 2022, {6: 400}),
            births=tuple(BirthCount("Hill", "settlement", year, 900, source=CLINICS) for year in (2015, 2016)),
            roll=(RollCount("S", 2022, 1, 300, "male"), RollCount("S", 2022, 1, 250, "female")),
        )
    )
    # 900 born: 500 apart, allowed 225 + 90. 550 pupils of 400: 150 apart, allowed 40 + 70.4.
    assert kinds(made) == [("births", "Hill", 2022, 900, 400), ("roll", "509999", 2022, 400, 550)]
    assert made.conflicts[1].level == "division"
    assert "+38 %" in made.conflicts[1].reason_zh


def test_a_whole_that_differs_from_its_parts_is_reported_only_when_the_parts_are_complete_or_larger():
    names = {"A": "East", "B": "East"}
    whole = people("East", 2022, {6: 100}, CENSUS, "township")
    complete = (*people("A", 2022, {6: 30}), *people("B", 2022, {6: 40}), *whole)
    assert kinds(reconcile(district(names, people=complete))) == [("levels", "East", 2022, 70, 100)]
    part_only = (*people("A", 2022, {6: 30}), *whole)
    assert kinds(reconcile(district(names, people=part_only))) == []
    too_many = (*people("A", 2022, {6: 130}), *whole)
    assert kinds(reconcile(district(names, people=too_many))) == [("levels", "East", 2022, 130, 100)]


def test_limits_are_the_planners(two_townships):
    assert not reconcile(two_townships, limits=Limits(sources=0.2, yearly=0.5)).conflicts
    strict = reconcile(two_townships, limits=Limits(births=0.20))
    # Hill: 50 apart, now allowed 18 + 28.5.
    assert ("births", "Hill", 2022, 90, 40) in kinds(strict)


def test_a_group_of_ages_is_compared_with_the_single_ages_it_spans():
    """A census of ages 5 to 9 together, 500 people; the register counts each of them: 5 x 80 = 400, 100 apart."""
    group = PeopleCount("Hill", "settlement", 2020, 5, 500, source=CENSUS, as_of=date(2020, 11, 1), age_to=9)
    single = people("Hill", 2020, dict.fromkeys(range(5, 10), 80))
    made = reconcile(district({"Hill": "Upper"}, people=(group, *single)))
    assert kinds(made) == [("sources", "Hill", 2021, 400, 500)]
    assert "age 5-9" in made.conflicts[0].reason
    assert made.conflicts[0].second.as_of == date(2020, 11, 1)
    assert made.ages["told_as"].tolist() == ["people"] * 5
    agreeing = people("Hill", 2020, {5: 60, 6: 80, 7: 100, 8: 120, 9: 140})
    assert not reconcile(district({"Hill": "Upper"}, people=(group, *agreeing))).conflicts
    without_one = people("Hill", 2020, dict.fromkeys(range(5, 9), 80))
    assert not reconcile(district({"Hill": "Upper"}, people=(group, *without_one))).conflicts
    alone = reconcile(district({"Hill": "Upper"}, people=(group,)))
    assert set(alone.ages["told_as"]) == {"group"}
    assert alone.ages["count"].sum() == 500


def test_a_division_told_in_groups_is_compared_with_its_villages():
    whole = PeopleCount("509999", "division", 2020, 5, 600, source=CENSUS, age_to=9)
    villages = tuple(row for name in ("A", "B") for row in people(name, 2020, dict.fromkeys(range(5, 10), 50)))
    made = reconcile(district({"A": "East", "B": "West"}, people=(whole, *villages)))
    assert kinds(made) == [("levels", "509999", 2021, 500, 600)]


def test_each_cell_says_when_its_source_was_drawn_up():
    row = PeopleCount("Hill", "settlement", 2022, 6, 40, source=HUKOU, as_of=date(2022, 8, 31))
    born = BirthCount("Hill", "settlement", 2016, 12, source=CLINICS, as_of=date(2017, 1, 5))
    both = (born, BirthCount("Hill", "settlement", 2015, 12, source="hospitals", as_of=date(2016, 1, 5)))
    made = reconcile(district({"Hill": "Upper"}, people=(row,), births=both))
    assert made.trace("settlement", "Hill", 2022, 6).as_of == date(2022, 8, 31)
    # 4/12 of 2015 and 8/12 of 2016: known when the later was, by both, named in the order of the table.
    assert made.trace("settlement", "Hill", 2016, 0) == Figure(
        12, "births", 2016, "clinics; hospitals", date(2017, 1, 5)
    )


def test_gaps_are_townships_without_figures_and_villages_left_out():
    given = district(
        {"A": "East", "B": "East", "C": "West"},
        people=people("A", 2022, {6: 10}),
    )
    made = reconcile(given, cohorts=[2022])
    assert [(gap.level, gap.place) for gap in made.gaps] == [("township", "West"), ("settlement", "B")]
    assert "2015-09 to 2016-08" in made.gaps[0].reason
    assert "2015 年 9 月至 2016 年 8 月" in made.gaps[0].reason_zh
    covered = district(
        {"A": "East", "B": "East", "C": "West"},
        people=(*people("A", 2022, {6: 10}), *people("509999", 2022, {6: 30}, level="division")),
    )
    assert reconcile(covered, cohorts=[2022]).gaps == ()


def test_cohorts_of_interest_are_those_of_school_age_and_younger(two_townships):
    assert {gap.cohort for gap in reconcile(two_townships).gaps} <= set(range(cohort_of(2023, 17), 2030))


def test_a_district_that_tells_nothing_has_nothing():
    made = reconcile(district({"A": "East"}))
    assert (len(made.ages), made.conflicts, made.gaps) == (0, (), ())


def test_a_whole_city_takes_seconds():
    """11,270 villages x 19 ages of two sources, one figure in a thousand wrong."""
    names = {f"v{v}": f"t{v % 1000}" for v in range(11_270)}
    rows = [
        PeopleCount(f"v{v}", "settlement", 2024, age, 30 + (v + age) % 7 + wrong, None, source)
        for source in (HUKOU, CENSUS)
        for v in range(11_270)
        for age in range(19)
        for wrong in [20 if source == CENSUS and (19 * v + age) % 1000 == 0 else 0]
    ]
    given = district(names, people=tuple(rows))
    started = time.perf_counter()
    made = reconcile(given)
    assert time.perf_counter() - started < 20
    assert len(made.ages) == 11_270 * 19
    assert {one.kind for one in made.conflicts} == {"sources"}
    assert len(made.conflicts) == 215  # multiples of 1000 below 214,130


def test_the_limits_in_force_are_those_of_the_norms():
    assert limits_of(Norms.default(), date(2026, 9, 1)) == Limits()
