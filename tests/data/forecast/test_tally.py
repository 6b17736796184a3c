"""People counted once: groups opened, sexes added, one source a figure."""

from data.domain.people import BirthCount, PeopleCount
from data.forecast import tally


def group(first, last, count, **facts):
    return PeopleCount("A", "settlement", 2020, first, count, age_to=last, **facts)


def test_single_ages_stay_as_they_are():
    rows = [PeopleCount("A", "settlement", 2020, 6, 30), PeopleCount("A", "settlement", 2020, 6, 16, "male")]
    assert list(tally.in_single_ages(rows)) == rows
    assert tally.once(rows) == {(2020, 6, "settlement", "A"): 30}


def test_sexes_are_added_where_nobody_told_both_together():
    rows = [PeopleCount("A", "settlement", 2020, 6, 16, sex) for sex in ("male", "female")]
    assert tally.once(rows) == {(2020, 6, "settlement", "A"): 32}


def test_the_source_that_tells_most_counts_and_is_never_added_to_another():
    rows = [PeopleCount("A", "settlement", 2020, age, 33, source="统计") for age in (6, 7)]
    rows += [PeopleCount("A", "settlement", 2020, 6, 30, source="公安")]
    for told in (rows, rows[::-1]):
        assert tally.once(told) == {(2020, 6, "settlement", "A"): 33, (2020, 7, "settlement", "A"): 33}


def test_a_stated_order_of_sources_goes_before_how_much_they_tell():
    rows = [PeopleCount("A", "settlement", 2020, age, 33, source="统计") for age in (6, 7)]
    rows += [PeopleCount("A", "settlement", 2020, 6, 30, source="公安")]
    kept = tally.people_of_one_source(rows, ["公安"])
    assert [(row.age, row.count, row.source) for row in kept] == [(7, 33, "统计"), (6, 30, "公安")]


def test_births_of_a_month_come_from_one_source():
    rows = [BirthCount("A", "settlement", 2020, n, source=name) for n, name in ((8, "卫健"), (9, "公安"))]
    assert [row.count for row in tally.births_of_one_source(rows, ["公安"])] == [9]
    assert [row.source for row in tally.births_of_one_source(rows)] == ["公安"]  # both tell as much: by name


def test_groups_add_up_when_opened_and_an_even_population_is_even():
    rows = [group(0, 4, 50), group(5, 9, 50), group(10, 14, 50), group(15, 120, 600)]
    ages = tally.once(rows)
    assert [ages[2020, age, "settlement", "A"] for age in range(15)] == [10] * 15
    assert sum(count for (_, age, _, _), count in ages.items() if age >= 15) == 600


def test_a_group_beside_single_ages_adds_up_on_its_own():
    rows = [PeopleCount("A", "settlement", 2020, 0, 9), group(1, 4, 41), group(5, 9, 60)]
    ages = tally.once(rows)
    assert ages[2020, 0, "settlement", "A"] == 9
    assert sum(ages[2020, age, "settlement", "A"] for age in range(1, 5)) == 41
    assert sum(ages[2020, age, "settlement", "A"] for age in range(5, 10)) == 60
    assert len(ages) == 10


def test_ages_that_no_row_counts_stay_uncounted():
    assert set(tally.once([group(5, 9, 60)])) == {(2020, age, "settlement", "A") for age in range(5, 10)}


def test_a_census_in_groups_told_first_is_not_mixed_with_a_register_of_one_age():
    register = PeopleCount("A", "settlement", 2020, 5, 80, source="公安")
    for told in ([group(5, 9, 500, source="统计"), register], [register, group(5, 9, 500, source="统计")]):
        assert sum(tally.once(told).values()) == 500
