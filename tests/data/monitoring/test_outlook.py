"""The outlook of the three hamlets, worked by hand in their docstring, and properties of the river district's."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data.domain.people import BirthCount, ControlTotal, MigrantCount, PeopleCount
from data.domain.schools import RollCount, Stage
from data.forecast.component import Variant
from data.monitoring import outlook
from data.monitoring.layer import STAGES, Level
from data.monitoring.outlook import Question
from data.norms import Norms
from data.sample import SAMPLES

NORMS = Norms.default()
PRIMARY = STAGES.index(Stage.PRIMARY)
LAST = 2034


@pytest.fixture(scope="module")
def hamlets():
    return SAMPLES["three_hamlets"]()


@pytest.fixture(scope="module")
def river():
    return outlook.look_ahead(SAMPLES["river_district"](), Question(2036, paths=100), NORMS)


def ahead(district, **asked):
    return outlook.look_ahead(district, Question(asked.pop("last_year", LAST), paths=60, **asked), NORMS)


def pupils(made, level, stage=Stage.PRIMARY):
    """Pupils by place id and year."""
    layer = made.layers[level]
    rows = layer.middle[:, STAGES.index(stage)].tolist()
    return {id: dict(zip(made.years, row, strict=True)) for id, row in zip(layer.ids, rows, strict=True)}


def test_the_three_hamlets_have_the_pupils_worked_out_by_hand(hamlets):
    made = ahead(hamlets)
    by_home = pupils(made, Level.SETTLEMENT)
    assert made.years == tuple(range(2025, LAST + 1))
    assert [by_home[home][2025] for home in "ABC"] == [30, 20, 15]
    assert [by_home[home][2031] for home in "ABC"] == [18, 12, 6]
    # A goes to North, B and C to South.
    assert [pupils(made, Level.SCHOOL)[school][2025] for school in ("north", "south")] == [30, 35]
    assert pupils(made, Level.DIVISION)["509902"][2031] == 36


def test_the_year_of_the_roll_is_the_roll_and_has_no_band(hamlets):
    more = tuple(replace(row, pupils=row.pupils + 1) if row.school == "north" else row for row in hamlets.roll)
    made = ahead(replace(hamlets, roll=more))
    layer = made.layers[Level.SCHOOL]
    north = layer.ids.index("north")
    assert layer.middle[north, PRIMARY, 0] == 36  # 30 children of A, and one pupil more in each of six grades
    assert layer.low[north, PRIMARY, 0] == layer.high[north, PRIMARY, 0] == 36


def test_a_school_that_teaches_more_than_its_zone_goes_on_doing_so(hamlets):
    """Twice the pupils of the zone's children on one roll: half of the surplus at least is still there in 2027."""
    double = tuple(replace(row, pupils=2 * row.pupils) if row.school == "north" else row for row in hamlets.roll)
    plain, more = (pupils(ahead(d), Level.SCHOOL)["north"][2027] for d in (hamlets, replace(hamlets, roll=double)))
    assert plain * 1.5 < more <= plain * 2.1


def test_a_control_total_is_met_exactly(hamlets):
    held = ControlTotal("509902", "division", Stage.PRIMARY, 2028, 70, "plan")
    made = ahead(replace(hamlets, controls=(held,)))
    assert pupils(made, Level.DIVISION)["509902"][2028] == 70


def test_more_migrants_bring_more_pupils_to_the_places_that_count_them_and_to_no_other(hamlets):
    counted = replace(hamlets, migrants=(MigrantCount("A", "settlement", Stage.PRIMARY, 2025, 15, 15),))
    same, more = (pupils(ahead(counted, migrants=change), Level.SETTLEMENT) for change in (0.0, 0.2))
    # 15 of 30 children of A: 20 % more of them are 10 % more children.
    assert sum(more["A"].values()) > sum(same["A"].values())
    assert more["A"][2034] == pytest.approx(1.1 * same["A"][2034], abs=1.01)
    assert more["C"] == same["C"]


def test_births_to_come_follow_the_fertility_and_nothing_else_does(hamlets):
    made = ahead(hamlets, last_year=2040)
    low, middle, high = (made.variants[variant][PRIMARY] for variant in (Variant.LOW, Variant.MIDDLE, Variant.HIGH))
    assert (low <= middle).all() and (middle <= high).all()
    assert low[-1] < middle[-1] < high[-1]
    born = made.years.index(2030)  # the children of 2030 in grades 1 to 6 are all born by 2024
    assert low[: born + 1].tolist() == high[: born + 1].tolist()


def test_without_births_the_cohorts_to_come_are_as_large_as_the_youngest(hamlets):
    made = ahead(replace(hamlets, births=()), last_year=2036)
    by_home = pupils(made, Level.SETTLEMENT)
    assert all(by_home[home][2036] > 0 for home in "ABC")


def test_children_that_nobody_counted_are_unknown_and_not_none(hamlets):
    young = tuple(row for row in hamlets.people if row.age < 12)
    made = ahead(replace(hamlets, people=young))
    junior = made.layers[Level.DIVISION].middle[0, STAGES.index(Stage.JUNIOR)]
    assert junior[0] == -1 and junior[-1] >= 0


def test_groups_of_ages_give_the_same_total(hamlets):
    """The children of each hamlet from 6 to 11 told as one group: as many, and not one more."""
    primary = [row for row in hamlets.people if 6 <= row.age <= 11]
    rest = [row for row in hamlets.people if not 6 <= row.age <= 11]
    groups = [
        PeopleCount(home, "settlement", 2025, 6, sum(row.count for row in primary if row.place == home), age_to=11)
        for home in "ABC"
    ]
    made = ahead(replace(hamlets, people=(*rest, *groups), roll=()))
    assert [pupils(made, Level.SETTLEMENT)[home][2025] for home in "ABC"] == [30, 20, 15]


@pytest.mark.parametrize("stage", [Stage.PRIMARY, Stage.JUNIOR])
def test_settlements_zones_schools_townships_and_the_district_agree_in_every_year(river, stage):
    at = STAGES.index(stage)
    totals = {level: np.maximum(layer.middle[:, at], 0).sum(axis=0).tolist() for level, layer in river.layers.items()}
    assert totals[Level.SETTLEMENT] == totals[Level.SCHOOL] == totals[Level.TOWNSHIP] == totals[Level.DIVISION]
    zone = river.ground.zone[at]
    homes = river.layers[Level.SETTLEMENT].middle[:, at]
    for school in np.unique(zone):
        assert homes[zone == school].sum(axis=0).tolist() == river.layers[Level.SCHOOL].middle[school, at].tolist()


def test_senior_schools_share_the_districts_pupils(river):
    at = STAGES.index(Stage.SENIOR)
    schools = river.layers[Level.SCHOOL].middle[:, at]
    assert schools[schools[:, 0] >= 0].sum(axis=0).tolist() == river.layers[Level.DIVISION].middle[0, at].tolist()


def test_the_agreed_figure_lies_between_the_two_sides(river):
    side = river.sides[Stage.PRIMARY]
    children, rolls = np.nansum(side.of_children, axis=(0, 1)), np.nansum(side.of_rolls, axis=(0, 1))
    agreed = side.schools.sum(axis=(0, 1))
    assert (agreed >= np.minimum(children, rolls) - 1).all() and (agreed <= np.maximum(children, rolls) + 1).all()


def test_bands_hold_the_middle_and_widen(river):
    layer = river.layers[Level.DIVISION]
    assert (layer.low <= layer.middle).all() and (layer.middle <= layer.high).all()
    width = (layer.high - layer.low)[0, PRIMARY] / layer.middle[0, PRIMARY]
    assert width[0] == 0 and width[1] < width[4] < width[9]


def test_small_places_have_wider_bands_than_the_district(river):
    year = river.years.index(2031)

    def relative(level):
        layer = river.layers[level]
        some = layer.middle[:, PRIMARY, year] > 0
        width = (layer.high - layer.low)[some, PRIMARY, year]
        return float(np.median(width / layer.middle[some, PRIMARY, year]))

    assert relative(Level.SETTLEMENT) > relative(Level.SCHOOL) > relative(Level.DIVISION)


def test_the_same_seed_gives_the_same_bands_and_another_only_other_bands():
    district = SAMPLES["three_hamlets"]()
    first, again, other = (ahead(district, seed=seed).layers[Level.SCHOOL] for seed in (1, 1, 2))
    assert np.array_equal(first.low, again.low) and np.array_equal(first.high, again.high)
    assert np.array_equal(first.middle, other.middle) and not np.array_equal(first.high, other.high)


def test_the_error_is_measured_on_the_rolls_where_they_are_long_enough(river, hamlets):
    assert river.measured.on_own_rolls
    assert not ahead(hamlets).measured.on_own_rolls


def test_plans_take_the_same_pupils(river):
    made = outlook.pupils(SAMPLES["river_district"](), Question(2032), 2032)
    at = river.years.index(2032)
    assert made.pupils(Stage.PRIMARY, 2032).tolist() == river.layers[Level.SETTLEMENT].middle[:, PRIMARY, at].tolist()


def test_a_year_of_which_nothing_is_known_is_refused_by_a_plan(hamlets):
    young = tuple(row for row in hamlets.people if row.age < 12)
    made = outlook.pupils(replace(hamlets, people=young), Question(2025), 2025)
    assert made.knows(Stage.PRIMARY, 2025) and not made.knows(Stage.JUNIOR, 2025)


def test_a_city_of_two_divisions_adds_up_division_by_division(hamlets):
    """Hamlet C and its children in a division of their own: each division has its own total, the school its pupils."""
    other = "509903"
    homes = tuple(replace(h, division=other) if h.id == "C" else h for h in hamlets.settlements)
    made = ahead(replace(hamlets, settlements=homes))
    by_division = pupils(made, Level.DIVISION)
    assert (by_division["509902"][2031], by_division[other][2031]) == (30, 6)
    assert pupils(made, Level.SCHOOL)["south"][2031] == 18


def test_births_told_only_by_the_division_are_enough(hamlets):
    births = tuple(BirthCount("509902", "division", year, 6) for year in range(2018, 2025))
    ages = tuple(row for row in hamlets.people if row.age >= 6)
    made = ahead(replace(hamlets, births=births, people=ages, roll=()))
    assert pupils(made, Level.DIVISION)["509902"][2031] == 36  # six cohorts of six children


def test_rolls_of_one_year_are_carried_on(hamlets):
    assert len({row.year for row in hamlets.roll}) == 1
    made = ahead(hamlets)
    assert np.isfinite(made.sides[Stage.PRIMARY].of_rolls).any()


def test_a_roll_of_a_grade_left_blank_counts_as_none(hamlets):
    roll = (RollCount("north", 2025, 1, 5),)
    made = ahead(replace(hamlets, roll=roll))
    assert pupils(made, Level.SCHOOL)["north"][2025] == 5
    assert date(2025, 9, 1).year == made.years[0]


def test_without_zones_children_are_counted_in_the_township_that_teaches_them(hamlets):
    """
    A and B+C are two townships, each with a school, and no zones are told. North teaches 10 of 30 children of A, South
    55 of 35. In 2031 there are 18 children in each: 18 x 10/30 = 6 and 18 x 55/35 = 28.3 pupils.
    """
    homes = tuple(replace(h, township="西" if h.id == "A" else "东") for h in hamlets.settlements)
    schools = tuple(replace(s, township="西" if s.id == "north" else "东") for s in hamlets.schools)
    counts = {"north": (2, 2, 2, 2, 1, 1), "south": (10, 9, 9, 9, 9, 9)}
    roll = tuple(RollCount(s, 2025, grade, n) for s, told in counts.items() for grade, n in enumerate(told, 1))
    made = ahead(replace(hamlets, settlements=homes, schools=schools, zones=(), roll=roll))
    by_town, by_school = pupils(made, Level.TOWNSHIP), pupils(made, Level.SCHOOL)
    assert (
        (by_town["西"][2025], by_town["东"][2025]) == (10, 55) == (by_school["north"][2025], by_school["south"][2025])
    )
    assert (by_town["西"][2031], by_town["东"][2031]) == pytest.approx((6, 28.3), abs=1)


def test_a_cohort_keeps_the_share_it_had_and_later_ones_that_of_the_last_entrants():
    """
    Grade 1 has 1,300 pupils of 1,000 children, the other grades 940 each: a stage of 6,000 pupils of 6,000 children.

    A year later the 1,300 are grade 2, and the 1,000 children who enter have the share of the last entrants: 1,300.
    """
    base = SAMPLES["three_hamlets"]()
    people = tuple(PeopleCount("A", "settlement", 2025, age, 1_000) for age in range(18))
    roll = tuple(RollCount("north", 2025, grade, 1_300 if grade == 1 else 940) for grade in range(1, 7))
    made = ahead(replace(base, people=people, births=(), roll=roll, zones=base.zones[:1]), last_year=2026)
    grades = made.agreed.schools[0, :, made.years.index(2026)]
    first = 3  # grades -2 to 0 stand before it
    assert grades[first : first + 3].tolist() == pytest.approx([1_300, 1_300, 940], rel=0.03)


def test_one_year_without_births_does_not_empty_a_village_for_good(hamlets):
    """
    C has no birth in the last year told and one in each before; the district's last births are 5, not 6.

    The youngest three cohorts known of A, B and C have 9, 6 and 2 children: of the 5 who come a year 5 x 2 / 17 = 0.6
    are of C, 3.5 in six grades.
    """
    births = tuple(replace(row, count=0) if row.place == "C" and row.year == 2025 else row for row in hamlets.births)
    newborn = tuple(replace(row, count=0) if row.place == "C" and row.age == 0 else row for row in hamlets.people)
    made = ahead(replace(hamlets, births=births, people=newborn), last_year=2040)
    assert [pupils(made, Level.SETTLEMENT)["C"][year] for year in (2038, 2039, 2040)] == pytest.approx([3.5] * 3, abs=1)
