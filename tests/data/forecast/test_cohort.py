"""Cohorts aged by hand."""

import pytest

from data.domain.people import BirthCount, Migration, PeopleCount
from data.domain.schools import Stage
from data.forecast import NoCohort, UnknownPlace, YearNotForecast, forecast
from data.forecast.cohort import birth_months, cohort_of


def ages(place, year, counts, level="settlement", **more):
    return tuple(PeopleCount(place, level, year, age, count, **more) for age, count in counts.items())


def births(place, level, counts):
    return tuple(BirthCount(place, level, year, count) for year, count in counts.items())


def every_settlement(make):
    return sum((make(place) for place in "ABC"), ())


def test_a_child_of_six_on_31_august_enters_grade_one():
    # zone.age: six years old by 31 August; born 1 September 2018 to 31 August 2019 enters in September 2025.
    assert cohort_of(2025, 6) == 2025
    months = birth_months(2025)
    assert months[0] == (2018, 9)
    assert months[-1] == (2019, 8)
    assert len(months) == 12


def test_entrants_of_the_city_from_its_births(three_places):
    """
    Check of requirement R03: births of 23.88, 20.83, 19.21 and 17.88 (10,000 persons) in 2020 to 2023.

    Grade 1 of 2027: 4/12 x 23.88 + 8/12 x 20.83 = 21.8467; 2028: 19.75; 2029: 18.3233.
    """
    told = {2020: 238_800, 2021: 208_300, 2022: 192_100, 2023: 178_800}
    made = forecast(three_places(births=births("509999", "division", told)), range(2027, 2030))
    entrants = [int(made.by_grade(1, year).sum()) for year in (2027, 2028, 2029)]
    assert entrants == [218_467, 197_500, 183_233]
    assert [round(count / 10_000, 2) for count in entrants] == [21.85, 19.75, 18.32]


def test_months_of_birth_go_before_the_twelfths_of_a_year(three_places):
    # All 120 births of each year fall in October: entrants of 2027 are those of October 2020 only, not 4/12 + 8/12.
    by_month = tuple(
        BirthCount(place, "settlement", year, 120 if month == 10 else 0, month)
        for place in "ABC"
        for year in (2020, 2021)
        for month in range(1, 13)
    )
    years = every_settlement(lambda place: births(place, "settlement", {2020: 999, 2021: 999}))
    made = forecast(three_places(births=by_month + years), [2027])
    assert made.by_grade(1, 2027).tolist() == [120, 120, 120]


def test_a_year_with_some_months_only_uses_the_yearly_count(three_places):
    rows = every_settlement(lambda place: births(place, "settlement", {2020: 12, 2021: 24}))
    rows += tuple(BirthCount(place, "settlement", 2020, 100, 9) for place in "ABC")
    # 4/12 of 12 and 8/12 of 24 are 4 + 16.
    assert forecast(three_places(births=rows), [2027]).by_grade(1, 2027).tolist() == [20, 20, 20]


def test_without_migration_every_cohort_keeps_its_children(three_places):
    counts = {age: 10 + age for age in range(18)}
    people = every_settlement(lambda place: ages(place, 2023, counts))
    made = forecast(three_places(people=people), range(2023, 2035))
    for year in made.years:
        for grade in range(1, 13):
            age_in_2023 = grade + 5 - (year - 2023)
            if age_in_2023 >= 0:
                assert made.by_grade(grade, year).tolist() == [10 + age_in_2023] * 3


def test_stages_and_groups_are_sums_of_their_grades(three_places):
    people = every_settlement(lambda place: ages(place, 2023, {age: 2**age for age in range(18)}))
    made = forecast(three_places(people=people), [2023])
    assert made.pupils(Stage.PRIMARY, 2023).tolist() == [2**6 + 2**7 + 2**8 + 2**9 + 2**10 + 2**11] * 3
    assert made.pupils(Stage.PRESCHOOL, 2023).tolist() == [2**3 + 2**4 + 2**5] * 3
    assert made.in_group("g1_3", 2023).tolist() == [2**6 + 2**7 + 2**8] * 3
    assert made.in_group("g4_6", 2023).tolist() == [2**9 + 2**10 + 2**11] * 3
    assert made.in_group("junior", 2023).tolist() == made.pupils(Stage.JUNIOR, 2023).tolist()
    assert made.in_group("senior", 2023).tolist() == [2**15 + 2**16 + 2**17] * 3


def test_the_latest_count_not_after_the_year_is_the_base(three_places):
    people = every_settlement(lambda place: ages(place, 2020, {6: 50}) + ages(place, 2022, {8: 40}))
    made = forecast(three_places(people=people), [2021, 2023])
    assert made.by_grade(2, 2021).tolist() == [50] * 3
    assert made.by_grade(4, 2023).tolist() == [40] * 3


def test_ages_go_before_births(three_places):
    rows = every_settlement(lambda place: births(place, "settlement", dict.fromkeys(range(2015, 2023), 120)))
    people = every_settlement(lambda place: ages(place, 2022, {6: 7}))
    made = forecast(three_places(people=people, births=rows), [2023])
    assert made.by_grade(2, 2023).tolist() == [7] * 3  # counted at six in 2022
    assert made.by_grade(1, 2023).tolist() == [120] * 3  # five in 2022: not counted


def test_declared_movers_are_added_by_age_and_year(three_places):
    people = every_settlement(lambda place: ages(place, 2022, {5: 30}))
    moves = (
        Migration("A", "settlement", 2023, 6, 4),
        Migration("A", "settlement", 2024, 7, -10),
        Migration("B", "settlement", 2022, 5, 99),  # before the count: already in it
        Migration("B", "settlement", 2025, 8, 99),  # after the year asked
        Migration("C", "settlement", 2024, 6, 99),  # of another cohort
    )
    made = forecast(three_places(people=people, migration=moves), [2023, 2024])
    assert made.by_grade(1, 2023).tolist() == [34, 30, 30]
    assert made.by_grade(2, 2024).tolist() == [24, 30, 30]


def test_movers_out_of_a_township_leave_where_children_live_and_never_more_than_there_are(three_places):
    people = ages("A", 2022, {6: 30}) + ages("B", 2022, {6: 10}) + ages("C", 2022, {6: 5})
    moves = (Migration("East", "township", 2023, 7, -8), Migration("West", "township", 2023, 7, -9))
    made = forecast(three_places(people=people, migration=moves), [2023])
    assert made.by_grade(2, 2023).tolist() == [24, 8, 0]
    assert any("more children of age 7 leave West in 2023" in note for note in made.notes)


def test_a_year_before_the_count_takes_the_movers_back(three_places):
    people = every_settlement(lambda place: ages(place, 2023, {7: 30}))
    made = forecast(three_places(people=people, migration=(Migration("A", "settlement", 2023, 7, 6),)), [2022])
    assert made.by_grade(1, 2022).tolist() == [24, 30, 30]


def test_a_township_count_is_spread_by_the_settlements_own_counts_of_another_year(three_places):
    # East has 50 seven-year-olds in 2023; as six-year-olds of 2022, A had 30 and B had 10: 37.5 and 12.5 of 50.
    people = ages("A", 2022, {6: 30}) + ages("B", 2022, {6: 10}) + ages("C", 2022, {6: 9})
    people += ages("East", 2023, {7: 50}, "township") + ages("West", 2023, {7: 8}, "township")
    made = forecast(three_places(people=people), [2023])
    assert made.by_grade(2, 2023).tolist() == [38, 12, 8]


def test_a_township_count_is_spread_by_births_and_else_evenly_with_a_note(three_places):
    people = ages("East", 2023, {6: 50}, "township") + ages("West", 2023, {6: 8}, "township")
    by_births = births("A", "settlement", {2022: 40}) + births("B", "settlement", {2022: 10})
    assert forecast(three_places(people=people, births=by_births), [2023]).by_grade(1, 2023).tolist() == [40, 10, 8]
    evenly = forecast(three_places(people=people), [2023])
    assert evenly.by_grade(1, 2023).tolist() == [25, 25, 8]
    assert any("spread evenly" in note for note in evenly.notes)


def test_a_settlement_that_counts_itself_takes_its_share_out_of_the_township(three_places):
    people = ages("A", 2023, {6: 30}) + ages("East", 2023, {6: 50}, "township") + ages("West", 2023, {6: 8}, "township")
    assert forecast(three_places(people=people), [2023]).by_grade(1, 2023).tolist() == [30, 20, 8]


def test_both_sexes_are_added_unless_both_together_are_told(three_places):
    people = ages("A", 2023, {6: 10}, sex="male") + ages("A", 2023, {6: 12}, sex="female")
    people += ages("B", 2023, {6: 10}, sex="male") + ages("B", 2023, {6: 25}) + ages("C", 2023, {6: 1})
    assert forecast(three_places(people=people), [2023]).by_grade(1, 2023).tolist() == [22, 25, 1]


def test_two_sources_of_one_count_are_not_added(three_places):
    people = every_settlement(lambda place: ages(place, 2023, {6: 10}, source="register"))
    people += ages("A", 2023, {6: 13}, source="census")
    assert forecast(three_places(people=people), [2023]).by_grade(1, 2023).tolist() == [10, 10, 10]


def test_births_not_yet_known_are_held_and_noted(three_places):
    rows = every_settlement(lambda place: births(place, "settlement", {2022: 12, 2023: 24}))
    made = forecast(three_places(births=rows), [2029, 2030, 2034])
    assert made.by_grade(1, 2029).tolist() == [20] * 3  # 4/12 of 12, 8/12 of 24: all known
    assert made.by_grade(1, 2030).tolist() == [24] * 3
    assert made.by_grade(1, 2034).tolist() == [24] * 3
    assert any("births of 2023 held" in note and "from 2030 on" in note for note in made.notes)


def test_births_known_to_june_are_held_month_by_month(three_places):
    rows = tuple(
        BirthCount(place, "settlement", year, year - 2000 + month, month)
        for place in "ABC"
        for year in (2024, 2025)
        for month in range(1, 13)
        if (year, month) <= (2025, 6)
    )
    made = forecast(three_places(births=rows), [2031])
    # September to December 2024: 33 to 36; January to June 2025: 26 to 31; July and August as in 2024: 31 and 32.
    assert made.by_grade(1, 2031).tolist() == [(33 + 34 + 35 + 36) + (26 + 27 + 28 + 29 + 30 + 31) + (31 + 32)] * 3
    assert any("births of 2024-07 to 2025-06 held" in note and "from 2031 on" in note for note in made.notes)


def test_children_nobody_counted_are_not_invented(three_places):
    people = every_settlement(lambda place: ages(place, 2023, {6: 10, 7: 10}))
    made = forecast(three_places(people=people), [2023, 2024])
    assert made.by_grade(2, 2023).tolist() == [10] * 3
    assert not made.knows(Stage.PRIMARY, 2023)
    with pytest.raises(NoCohort) as error:
        made.pupils(Stage.PRIMARY, 2024)
    # Grade 1 of 2024 was born 1 September 2017 to 31 August 2018; all three settlements lack it, the first is A.
    assert error.value.facts["place"] == "A"
    assert error.value.facts["settlements"] == 3
    assert (error.value.grade, error.value.born_from, error.value.born_to) == (1, "2017-09", "2018-08")


def test_births_before_the_first_known_year_are_not_held_backwards(three_places):
    rows = every_settlement(lambda place: births(place, "settlement", {2022: 12, 2023: 24}))
    made = forecast(three_places(births=rows), [2028])
    with pytest.raises(NoCohort, match="2021-09 to 2022-08"):
        made.by_grade(1, 2028)


def test_a_township_without_any_figures_is_missing_and_its_first_settlement_named(three_places):
    people = ages("A", 2023, {6: 10}) + ages("B", 2023, {6: 10})
    with pytest.raises(NoCohort) as error:
        forecast(three_places(people=people), [2023]).by_grade(1, 2023)
    assert (error.value.place, error.value.settlements) == ("C", 1)


def test_a_settlement_left_out_of_its_townships_counts_has_none_and_is_noted(three_places):
    people = ages("A", 2023, {6: 10}) + ages("C", 2023, {6: 10})
    made = forecast(three_places(people=people), [2023])
    assert made.by_grade(1, 2023).tolist() == [10, 0, 10]
    assert any("1 settlements, the first of them B, are left out" in note for note in made.notes)


def test_people_of_an_unknown_place_are_refused(three_places):
    for table, level in (("people", "settlement"), ("people", "township"), ("births", "division")):
        rows = ages("Nowhere", 2023, {6: 10}, level) if table == "people" else births("Nowhere", level, {2022: 1})
        with pytest.raises(UnknownPlace) as error:
            forecast(three_places(**{table: rows}), [2023])
        assert error.value.facts == {"table": table, "level": level, "place": "Nowhere"}


def test_a_year_not_asked_for_is_refused(three_places):
    people = every_settlement(lambda place: ages(place, 2023, {6: 10}))
    with pytest.raises(YearNotForecast):
        forecast(three_places(people=people), [2023]).by_grade(1, 2024)
