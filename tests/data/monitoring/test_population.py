"""Births to come and moves by age, division by division, against figures worked by hand."""

from dataclasses import replace

import numpy as np
import pytest

from data.domain.people import PeopleCount
from data.forecast import vital
from data.forecast.component import Variant
from data.monitoring import population
from data.sample import SAMPLES

DIVISION = "509902"
PLACES = {f"division:{DIVISION}": DIVISION}


def district(*people):
    return replace(SAMPLES["three_hamlets"](), people=tuple(people))


def even(year, count=100, oldest=100, sexes=("male", "female")):
    """As many people of every age and sex."""
    return [PeopleCount(DIVISION, "division", year, age, count, sex) for age in range(oldest + 1) for sex in sexes]


def outline(people, last_year=2035, variant=Variant.MIDDLE):
    (found,) = population.outlines(district(*people), [DIVISION], PLACES, last_year, [variant])[variant]
    return found


def total(variant, year):
    """Total fertility of a year: in a straight line from 2020 to the target year of the variant."""
    start, target = vital.rate("total_fertility"), vital.rate(f"total_fertility_{variant}")
    way = (year - start.year) / (target.year - start.year)
    return start.value + way * (target.value - start.value)


@pytest.mark.parametrize("variant", list(Variant))
def test_without_adults_births_follow_the_fertility_alone(variant):
    found = outline(even(2025, oldest=17), variant=variant)
    assert found.projection is None
    # The cohort that enters grade 1 in 2040 is born up to September 2034.
    assert found.unborn(2040, 2025) == pytest.approx(total(variant, 2034) / total(variant, 2025))


def test_low_middle_and_high_stand_in_this_order():
    low, middle, high = (outline(even(2025), variant=variant).unborn(2040, 2025) for variant in Variant)
    assert low < middle < high


def test_with_as_many_women_of_every_age_births_follow_the_fertility():
    """The women of 15 to 49 of an even population are as many for years to come, but for the few who die."""
    found = outline(even(2025))
    assert found.unborn(2036, 2025) == pytest.approx(total("middle", 2030) / total("middle", 2025), rel=0.01)


def test_a_shrinking_generation_of_mothers_has_fewer_births():
    """Half as many girls under 15 as women: births fall further than fertility does when they come of age."""
    young = [replace(row, count=50) if row.age < 15 else row for row in even(2025)]
    assert outline(young, last_year=2045).unborn(2050, 2025) < 0.75 * outline(even(2025), last_year=2045).unborn(
        2050, 2025
    )


def test_children_die_rarely_and_without_an_earlier_count_nobody_moves():
    found = outline(even(2025))
    assert 0.995 < found.kept(10, 2030) < 1
    assert found.kept(10, 2025) == 1 == found.kept(10, 2020)


def test_two_counts_show_who_comes_and_goes():
    """Every cohort is a fifth larger ten years later: children of today go on to grow by 1.8 % a year or so."""
    found = outline([*even(2015, 100), *even(2025, 120)])
    assert found.kept(12, 2030) == pytest.approx(1.2**0.5, rel=0.03)


def test_both_sexes_together_are_parted_as_they_are_born():
    both = [PeopleCount(DIVISION, "division", 2025, age, 1000) for age in range(101)]
    base = outline(both).projection.counts[0, :, 5, 0]
    boys = vital.rate("sex_ratio_at_birth").value
    assert base.tolist() == pytest.approx([1000 * boys / (100 + boys), 1000 * 100 / (100 + boys)])


def test_villages_and_their_division_are_put_together_age_by_age():
    """Children counted by hamlet, adults by the division: one population of the division."""
    hamlets = SAMPLES["three_hamlets"]().people
    adults = [row for row in even(2025) if row.age > 17]
    places = PLACES | {f"settlement:{home}": DIVISION for home in "ABC"}
    (found,) = population.outlines(district(*hamlets, *adults), [DIVISION], places, 2030, [Variant.MIDDLE])[
        Variant.MIDDLE
    ]
    assert np.allclose(found.projection.counts[0, :, 6, 0].sum(), 12)  # 5 + 4 + 3 in grade 1
    assert found.projection.counts[0, :, 30, 0].tolist() == [100, 100]
