"""Norms: the right figure for a day and a level, and no loosening of a hard rule from below."""

from datetime import date

import pytest

from data.domain.schools import Stage
from data.norms import Kind, LaxerThanNational, Level, Norms, Sense, UnknownNorm, read_norms

TODAY = date(2026, 9, 1)

HEADING = "key,stage,value,unit,sense,kind,level,valid_from,valid_to,source,trust,meaning_zh,meaning"


def norms(*lines: str) -> Norms:
    return read_norms([HEADING, *lines])


@pytest.mark.parametrize(
    ("key", "stage", "value"),
    [
        # GB 50099-2011, 3.0.1
        ("class.norm", Stage.PRIMARY, 45),
        ("class.norm", Stage.JUNIOR, 50),
        ("class.norm", Stage.SENIOR, 50),
        # State Council notice on rural schools, 2018: half an hour for grades 1 to 3
        ("acc.walk.g1_3", Stage.PRIMARY, 30),
        # Balanced-development evaluation, 2017
        ("school.max_size", Stage.PRIMARY, 2000),
        ("school.max_size", Stage.JUNIOR, 2000),
        ("school.max_size_through", None, 2500),
        ("bal.cv_max", Stage.PRIMARY, 0.50),
        ("bal.cv_max", Stage.JUNIOR, 0.45),
        ("bal.sport_area", Stage.JUNIOR, 10.2),
        # Unified staffing norms, 2014
        ("staff.ratio", Stage.JUNIOR, 13.5),
    ],
)
def test_the_published_figures_are_shipped(key, stage, value):
    assert Norms.default().value(key, stage, TODAY) == value


@pytest.mark.parametrize("key", ["school.least_viable", "travel.km_per_hour", "travel.detour", "acc.single_trip"])
@pytest.mark.parametrize("stage", Stage)
def test_the_parameters_of_a_plan_have_a_value_at_every_stage(key, stage):
    assert Norms.default().value(key, stage, TODAY) > 0


def test_a_figure_without_a_rule_behind_it_is_marked_unverified():
    for key in ("school.least_viable", "travel.km_per_hour", "travel.detour", "cost.school_year"):
        norm = Norms.default().norm(key, Stage.PRIMARY, TODAY)
        assert (norm.trust, norm.kind) == ("U", Kind.PARAM)


def test_every_shipped_norm_has_a_source_a_unit_and_both_meanings():
    for row in Norms.default().rows:
        assert row.source and row.unit and row.meaning and row.meaning_zh and row.trust in {"V", "K", "U"}


def test_no_two_shipped_norms_hold_for_one_stage_on_one_day():
    rows = Norms.default().rows
    for i, row in enumerate(rows):
        for other in rows[i + 1 :]:
            same = (row.key, row.stage, row.level) == (other.key, other.stage, other.level)
            assert not (same and row.overlaps(other.valid_from, other.valid_to)), row.key


def test_the_day_decides_which_quota_holds():
    # 600 yuan from spring 2016, 720 after the raise of 2023.
    shipped = Norms.default()
    assert shipped.value("fund.quota", Stage.PRIMARY, date(2022, 12, 31)) == 600
    assert shipped.value("fund.quota", Stage.PRIMARY, date(2023, 1, 1)) == 720
    with pytest.raises(UnknownNorm):
        shipped.value("fund.quota", Stage.PRIMARY, date(2015, 12, 31))


def test_an_unknown_key_or_stage_is_an_error_that_names_it():
    with pytest.raises(UnknownNorm) as raised:
        Norms.default().value("fund.quota", Stage.SENIOR, TODAY)
    assert raised.value.facts == {"key": "fund.quota", "stage": "senior", "on": "2026-09-01"}
    assert Norms.default().find("no.such", None, TODAY) is None


def test_a_row_of_the_stage_goes_before_a_row_for_all():
    both = norms("k,,1,u,at_most,param,national,,,s,U,甲,a", "k,primary,2,u,at_most,param,national,,,s,U,甲,a")
    assert both.value("k", Stage.PRIMARY, TODAY) == 2
    assert both.value("k", Stage.JUNIOR, TODAY) == 1


def test_the_district_goes_before_the_city_and_the_city_before_the_nation():
    shipped = Norms.default()
    city = shipped.overridden(Level.CITY, "class.norm", Stage.PRIMARY, 42, "市教委 2026")
    district = city.overridden(Level.DISTRICT, "class.norm", Stage.PRIMARY, 40, "区教委 2026")
    assert shipped.value("class.norm", Stage.PRIMARY, TODAY) == 45
    assert city.value("class.norm", Stage.PRIMARY, TODAY) == 42
    found = district.norm("class.norm", Stage.PRIMARY, TODAY)
    assert (found.value, found.level, found.source, found.sense) == (40, Level.DISTRICT, "区教委 2026", Sense.AT_MOST)
    assert district.value("class.norm", Stage.JUNIOR, TODAY) == 50


@pytest.mark.parametrize(
    ("key", "laxer", "same", "stricter"),
    [("class.norm", 46, 45, 44), ("bal.teach_area", 4.4, 4.5, 4.6)],
)
def test_a_hard_ceiling_or_floor_may_only_be_tightened(key, laxer, same, stricter):
    shipped = Norms.default()
    for value in (same, stricter):
        own = shipped.overridden(Level.DISTRICT, key, Stage.PRIMARY, value, "own")
        assert own.value(key, Stage.PRIMARY, TODAY) == value
    with pytest.raises(LaxerThanNational) as raised:
        shipped.overridden(Level.DISTRICT, key, Stage.PRIMARY, laxer, "own")
    assert raised.value.facts["limit"] == same and raised.value.facts["level"] == "national"


def test_a_district_may_not_loosen_what_its_city_tightened():
    city = Norms.default().overridden(Level.CITY, "class.norm", Stage.PRIMARY, 40, "city")
    with pytest.raises(LaxerThanNational) as raised:
        city.overridden(Level.DISTRICT, "class.norm", Stage.PRIMARY, 45, "own")
    assert raised.value.facts["level"] == "city"


def test_an_override_of_all_stages_is_held_against_each_stage():
    with pytest.raises(LaxerThanNational):
        Norms.default().overridden(Level.DISTRICT, "class.norm", None, 48, "own")  # 48 > 45 for primary


def test_a_parameter_may_be_set_either_way():
    for value in (10, 400):
        own = Norms.default().overridden(Level.DISTRICT, "school.least_viable", Stage.PRIMARY, value, "own")
        assert own.value("school.least_viable", Stage.PRIMARY, TODAY) == value


def test_a_second_override_replaces_the_first():
    once = Norms.default().overridden(Level.DISTRICT, "class.norm", Stage.PRIMARY, 40, "first")
    twice = once.overridden(Level.DISTRICT, "class.norm", Stage.PRIMARY, 42, "second")
    assert twice.norm("class.norm", Stage.PRIMARY, TODAY).source == "second"
    assert len(twice.rows) == len(once.rows)


def test_an_override_for_past_years_only_is_held_against_the_rule_of_those_years():
    until = date(2023, 1, 1)
    own = Norms.default().overridden(Level.DISTRICT, "fund.quota", Stage.PRIMARY, 650, "own", valid_to=until)
    assert own.value("fund.quota", Stage.PRIMARY, date(2022, 9, 1)) == 650
    assert own.value("fund.quota", Stage.PRIMARY, TODAY) == 720
    with pytest.raises(LaxerThanNational):
        Norms.default().overridden(Level.DISTRICT, "fund.quota", Stage.PRIMARY, 650, "own")  # 720 holds now


def test_nothing_can_be_overridden_that_does_not_exist():
    with pytest.raises(UnknownNorm):
        Norms.default().overridden(Level.DISTRICT, "no.such", None, 1, "own")
