"""Control totals and declared demand, worked by hand."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from data.domain.district import District
from data.domain.divisions import DivisionCode
from data.domain.people import BirthCount, ControlTotal, DeclaredDemand, PeopleCount
from data.domain.schools import Stage
from data.domain.settlements import Settlement, SettlementId
from data.forecast import forecast

YEAR = 2023


def pupils_of_ages(**counts):
    """A settlement's count at every primary age of 2023."""
    return tuple(PeopleCount(place, "settlement", YEAR, age, n) for place, n in counts.items() for age in range(18))


def control(place, level, pupils, year=YEAR, stage=Stage.PRIMARY):
    return ControlTotal(place, level, stage, year, pupils)


def test_a_division_adds_up_to_its_control(three_places):
    # 60, 30 and 30 primary pupils to 100: 50, 25 and 25, and in each grade of A 8.33.
    made = forecast(
        three_places(people=pupils_of_ages(A=10, B=5, C=5), controls=(control("509999", "division", 100),)), [YEAR]
    )
    pupils = made.pupils(Stage.PRIMARY, YEAR)
    assert pupils.tolist() == [50, 25, 25]
    assert all(made.by_grade(grade, YEAR)[0] in (8, 9) for grade in range(1, 7))
    assert made.pupils(Stage.JUNIOR, YEAR).tolist() == [30, 15, 15]


def test_townships_come_first_and_the_division_takes_the_rest(three_places):
    controls = (control("509999", "division", 100), control("East", "township", 60))
    pupils = forecast(three_places(people=pupils_of_ages(A=10, B=10, C=5), controls=controls), [YEAR]).pupils(
        Stage.PRIMARY, YEAR
    )
    assert pupils.tolist() == [30, 30, 40]


def test_controls_that_contradict_each_other_are_noted_and_the_finer_kept(three_places):
    controls = (
        control("509999", "division", 100),
        control("East", "township", 60),
        control("West", "township", 30),
    )
    made = forecast(three_places(people=pupils_of_ages(A=10, B=10, C=5), controls=controls), [YEAR])
    assert made.pupils(Stage.PRIMARY, YEAR).sum() == 90
    assert any("differ from its control total for primary in 2023 by 10" in note for note in made.notes)


def test_other_years_carry_the_ratio_of_the_nearest_control_year(three_places):
    people = pupils_of_ages(A=10, B=10, C=20)  # 240 primary pupils in each year from 2023 on
    controls = (control("509999", "division", 120, 2023), control("509999", "division", 480, 2027))
    made = forecast(three_places(people=people, controls=controls), [2023, 2024, 2025, 2026, 2027])
    totals = [int(made.pupils(Stage.PRIMARY, year).sum()) for year in made.years]
    assert totals == [120, 120, 120, 480, 480]  # 2025 is as near to both: the earlier counts
    assert any("in 2023 is carried to other years" in note for note in made.notes)


def test_a_control_year_that_was_not_asked_for_still_gives_its_ratio(three_places):
    made = forecast(
        three_places(people=pupils_of_ages(A=10, B=10, C=20), controls=(control("West", "township", 60, 2023),)), [2025]
    )
    assert made.pupils(Stage.PRIMARY, 2025).tolist() == [60, 60, 60]


def test_pupils_where_nobody_was_expected_are_spread_evenly(three_places):
    made = forecast(
        three_places(people=pupils_of_ages(A=0, B=0, C=1), controls=(control("East", "township", 24),)), [YEAR]
    )
    assert made.pupils(Stage.PRIMARY, YEAR).tolist() == [12, 12, 6]


@given(
    st.lists(st.integers(0, 50), min_size=3, max_size=3),
    st.integers(0, 2_000),
    st.integers(0, 2_000),
)
def test_totals_are_exact_whatever_the_numbers(counts, east, west):
    settlements = tuple(
        Settlement(SettlementId(name), name, DivisionCode("509999"), Point(107, 30), Point(107, 30), township)
        for name, township in (("A", "East"), ("B", "East"), ("C", "West"))
    )
    controls = (control("East", "township", east), control("509999", "division", east + west))
    people = pupils_of_ages(**dict(zip("ABC", counts, strict=True)))
    district = District(
        "any", DivisionCode("509999"), True, "", settlements=settlements, people=people, controls=controls
    )
    pupils = forecast(district, [YEAR]).pupils(Stage.PRIMARY, YEAR)
    assert pupils[:2].sum() == east
    assert pupils[2] == west


def test_declared_demand_stands_in_place_of_the_forecast(three_places):
    demand = (DeclaredDemand("A", Stage.PRIMARY, YEAR, 100),)
    made = forecast(three_places(people=pupils_of_ages(A=10, B=5, C=5), demand=demand), [YEAR])
    assert made.pupils(Stage.PRIMARY, YEAR).tolist() == [100, 30, 30]
    assert sorted(made.by_grade(g, YEAR)[0] for g in range(1, 7)) == [16, 16, 17, 17, 17, 17]
    assert made.pupils(Stage.JUNIOR, YEAR).tolist() == [30, 15, 15]


def test_demand_declared_by_grade_goes_before_that_of_the_stage(three_places):
    demand = (
        DeclaredDemand("A", Stage.JUNIOR, YEAR, 999),
        DeclaredDemand("A", Stage.JUNIOR, YEAR, 7, grade=7),
        DeclaredDemand("A", Stage.JUNIOR, YEAR, 9, grade=9),
    )
    made = forecast(three_places(people=pupils_of_ages(A=10, B=5, C=5), demand=demand), [YEAR])
    assert [made.by_grade(grade, YEAR)[0] for grade in (7, 8, 9)] == [7, 0, 9]


def test_a_control_total_leaves_declared_demand_alone(three_places):
    demand = (DeclaredDemand("A", Stage.PRIMARY, YEAR, 100),)
    people, controls = pupils_of_ages(A=10, B=5, C=5), (control("509999", "division", 180),)
    made = forecast(three_places(people=people, demand=demand, controls=controls), [YEAR])
    assert made.pupils(Stage.PRIMARY, YEAR)[0] == 100
    assert made.pupils(Stage.PRIMARY, YEAR).sum() == 180


def test_demand_alone_is_enough_and_settlements_without_it_have_none(three_places):
    demand = (DeclaredDemand("A", Stage.PRIMARY, YEAR, 60), DeclaredDemand("C", Stage.PRIMARY, YEAR, 6))
    made = forecast(three_places(demand=demand), [YEAR])
    assert made.pupils(Stage.PRIMARY, YEAR).tolist() == [60, 0, 6]
    assert made.by_grade(3, YEAR).tolist() == [10, 0, 1]
    assert any("1 settlements declare no primary pupils in 2023" in note for note in made.notes)
    assert not made.knows(Stage.JUNIOR, YEAR)


@pytest.mark.parametrize(("count", "seconds"), [(1_300, 3), (11_270, 25)])
def test_a_district_of_many_settlements_takes_seconds(count, seconds):
    settlements = tuple(
        Settlement(SettlementId(f"s{i}"), "", DivisionCode("509999"), Point(107, 30), Point(107, 30), f"t{i % 40}")
        for i in range(count)
    )
    district = District(
        "many",
        DivisionCode("509999"),
        True,
        "",
        settlements=settlements,
        people=tuple(
            PeopleCount(s.id, "settlement", 2023, age, (i + age) % 17)
            for i, s in enumerate(settlements)
            for age in range(18)
        ),
        births=tuple(
            BirthCount(s.id, "settlement", year, i % 11)
            for i, s in enumerate(settlements)
            for year in range(2017, 2025)
        ),
        controls=tuple(control(f"t{i}", "township", 5_000) for i in range(40)),
    )
    started = time.perf_counter()
    made = forecast(district, range(2024, 2034))
    assert time.perf_counter() - started < seconds
    assert made.pupils(Stage.PRIMARY, 2024).shape == (count,)
    assert made.knows(Stage.SENIOR, 2033)
