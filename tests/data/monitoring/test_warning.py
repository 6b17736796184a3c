"""Warnings: levels at their edges and on their way back, dates to act, reasons; every number worked by hand."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.domain.schools import Stage
from data.errors import BadRow
from data.monitoring.layer import STAGES, Layer, Level
from data.monitoring.warning import BY_SEVERITY, Colour, watch, worst_ahead
from data.norms import Level as SetBy
from data.norms import Norms

SPRING = date(2026, 3, 1)
SHIPPED = Norms.default()


def one_school(pupils, places, *, stage=Stage.PRIMARY, low=None, high=None, others=None, first_year=2026):
    """
    One school over some years from 2026 on; `places` one number or one a year.

    The chance of shortage is 0.25 and of surplus 0.75 throughout.
    """
    years = len(pupils)
    shape = (1, len(STAGES), years)
    middle, offered = np.full(shape, -1), np.full(shape, -1)
    axis = STAGES.index(stage)
    middle[0, axis], offered[0, axis] = pupils, places
    for other, (its_pupils, its_places) in (others or {}).items():
        middle[0, STAGES.index(other)], offered[0, STAGES.index(other)] = its_pupils, its_places
    lows, highs = middle.copy(), middle.copy()
    if low is not None:
        lows[0, axis], highs[0, axis] = low, high
    return Layer(
        level=Level.SCHOOL,
        ids=("s1",),
        names=("North",),
        parents=("t1",),
        years=tuple(range(first_year, first_year + years)),
        middle=middle,
        low=lows,
        high=highs,
        offered=offered,
        shortage=np.full(shape, 0.25),
        surplus=np.full(shape, 0.75),
    )


def colours(layer, norms=SHIPPED, **more):
    return [row.colour for row in watch(layer, norms, SPRING, **more)]


def set_to(key, value, norms=SHIPPED, stage=None):
    return norms.overridden(SetBy.DISTRICT, key, stage, value, "own rule")


ZHEJIANG = set_to("warn.margin", 0, set_to("warn.orange", 1.0))
"""浙教基〔2018〕100号: yellow from 90 % of the places, red from 100 %; each year by itself."""


@pytest.mark.parametrize(
    ("pupils", "places", "colour"),
    [
        (899, 1000, "normal"),
        (900, 1000, "yellow"),
        (999, 1000, "yellow"),
        (1000, 1000, "red"),
        (1001, 1000, "red"),
        (27, 30, "yellow"),  # 0.9 has no exact binary fraction
        (8_999_999, 10_000_000, "normal"),
        (9_999_999, 10_000_000, "yellow"),
    ],
)
def test_the_levels_of_zhejiang_at_their_edges(pupils, places, colour):
    assert colours(one_school([pupils], places), ZHEJIANG) == [colour]


@pytest.mark.parametrize(
    ("pupils", "colour"),
    [(0, "blue"), (599, "blue"), (600, "normal"), (899, "normal"), (900, "yellow"), (949, "yellow"), (950, "orange"),
     (999, "orange"), (1000, "red")],
)  # fmt: skip
def test_the_shipped_levels_at_their_edges(pupils, colour):
    assert colours(one_school([pupils], 1000)) == [colour]


def test_a_level_is_left_only_two_points_past_its_threshold():
    # 100 places. Red stands while over 98 %, orange over 93 %, yellow over 88 %; blue while under 62 %.
    walk = {
        100: "red", 99: "red", 98: "orange", 94: "orange", 93: "yellow", 89: "yellow", 88: "normal",
        61: "normal", 60: "normal", 59: "blue", 62: "normal",
    }  # fmt: skip
    assert colours(one_school(list(walk), 100)) == list(walk.values())


def test_blue_stands_up_to_the_margin_and_a_jump_passes_levels():
    assert colours(one_school([59, 61, 62], 100)) == ["blue", "blue", "normal"]
    assert colours(one_school([59, 100, 93, 59], 100)) == ["blue", "red", "yellow", "blue"]


def test_the_same_figures_on_the_way_up_enter_nothing_early():
    assert colours(one_school([88, 89, 93, 94, 98, 99], 100)) == ["normal", "normal", *["yellow"] * 2, *["orange"] * 2]


def test_the_last_signed_report_is_where_the_levels_begin():
    layer = one_school([99], 100)
    assert colours(layer) == ["orange"]
    assert colours(layer, previous={("s1", "primary"): Colour.RED}) == ["red"]
    assert colours(layer, previous={("s1", "junior"): Colour.RED, ("s2", "primary"): Colour.RED}) == ["orange"]
    assert colours(one_school([61], 100), previous={("s1", Stage.PRIMARY): Colour.BLUE}) == ["blue"]


def test_a_year_without_places_has_no_warning_and_leaves_the_level_as_it_was():
    layer = one_school([100, 80, 99, -1, 99], [100, 0, 100, 100, 100])
    rows = watch(layer, SHIPPED, SPRING)
    assert [(row.year, row.colour) for row in rows] == [(2026, "red"), (2028, "red"), (2030, "red")]


def test_settlements_and_places_that_offer_nothing_are_not_warned_of():
    assert watch(one_school([30, 40], -1), SHIPPED, SPRING) == ()


def test_thresholds_may_differ_by_stage():
    own = set_to("warn.yellow", 0.8, stage=Stage.JUNIOR)
    assert colours(one_school([85], 100), own) == ["normal"]
    assert colours(one_school([85], 100, stage=Stage.JUNIOR), own) == ["yellow"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("warn.red", 0.94), ("warn.yellow", 0.96), ("warn.blue", 0.9), ("warn.blue", 0), ("warn.margin", -0.01),
     ("warn.margin", 0.31)],
)  # fmt: skip
def test_thresholds_out_of_order_are_refused(key, value):
    with pytest.raises(BadRow, match=r"warn\."):
        watch(one_school([50], 100), set_to(key, value), SPRING)


def test_the_ends_of_the_band_are_coloured_each_year_by_itself():
    rows = watch(one_school([100, 99], 100, low=[90, 94], high=[120, 99]), SHIPPED, SPRING)
    assert [(row.colour_low, row.colour, row.colour_high) for row in rows] == [
        ("yellow", "red", "red"),
        ("yellow", "red", "orange"),
    ]


def test_the_worst_of_three_years_and_the_order_of_levels():
    rows = watch(one_school([70, 59, 80, 90, 95, 100, 70], 100), SHIPPED, SPRING)
    assert [row.colour for row in rows] == ["normal", "blue", "normal", "yellow", "orange", "red", "normal"]
    assert [row.worst_ahead for row in rows] == ["blue", "yellow", "orange", "red", "red", "red", "normal"]
    assert BY_SEVERITY == (Colour.NORMAL, Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED)


def test_the_worst_ahead_of_a_forecast_shorter_than_three_years():
    codes = np.array([[[0, 4]]], dtype=np.int8)
    assert worst_ahead(codes).tolist() == [[[4, 4]]]
    assert worst_ahead(codes[..., :1]).tolist() == [[[0]]]


def test_a_row_holds_the_figures_of_the_layer():
    (row,) = watch(one_school([45], 60, low=[40], high=[50]), SHIPPED, SPRING)
    assert (row.level, row.id, row.name, row.parent, row.stage, row.year) == (
        "school", "s1", "North", "t1", "primary", 2026,
    )  # fmt: skip
    assert (row.pupils, row.low, row.high, row.places, row.utilisation) == (45, 40, 50, 60, 0.75)
    assert (row.shortage_probability, row.surplus_probability) == (0.25, 0.75)
    assert (row.action, row.act_by, row.overdue) == (None, None, False)


# -- what to do, and until when ------------------------------------------------------------------------------------


def lasting_shortage(first_short=2030):
    """100 places; a class of 45 or more missing in three years from `first_short` on, until 2033."""
    pupils = [80] * (first_short - 2026) + [150] * (2033 - first_short) + [80]
    return one_school(pupils, 100)


@pytest.mark.parametrize(
    ("today", "action", "act_by"),
    [
        # 36 months before 1 September 2030 is 1 September 2027; 12 months: 2029; 6 months: 1 March 2030.
        (date(2027, 9, 1), "build", date(2027, 9, 1)),
        (date(2027, 9, 2), "convert", date(2029, 9, 1)),
        (date(2029, 9, 1), "convert", date(2029, 9, 1)),
        (date(2029, 9, 2), "transfer", date(2030, 3, 1)),
        (date(2030, 3, 1), "transfer", date(2030, 3, 1)),
    ],
)
def test_a_lasting_shortage_is_built_for_while_there_is_time_else_converted_else_transferred(today, action, act_by):
    rows = watch(lasting_shortage(), SHIPPED, today)
    # Every year up to the end of the shortage tells of it, the one after it no more.
    assert {(row.action, row.act_by, row.overdue) for row in rows[:-1]} == {(action, act_by, False)}
    assert (rows[-1].action, rows[-1].act_by) == (None, None)


def test_when_even_a_transfer_is_too_late_the_row_is_overdue():
    row = watch(lasting_shortage(), SHIPPED, date(2030, 3, 2))[0]
    assert (row.action, row.act_by, row.overdue) == ("transfer", date(2030, 3, 1), True)


@pytest.mark.parametrize(
    ("missing", "action"),
    [
        ([45, 45, 45], "build"),
        ([45, 45], "transfer"),  # two years do not last
        ([45, 44, 45, 44], "transfer"),  # a class misses in two of the years only
        ([44, 44, 44, 44], "transfer"),
        ([1, 45, 45, 45], "build"),
        ([0, 0, 0], "transfer"),  # full to the last place
    ],
)
def test_rooms_are_built_for_a_class_missing_in_three_years(missing, action):
    layer = one_school([80] * 6 + [100 + count for count in missing], 100)
    assert watch(layer, SHIPPED, SPRING)[0].action == action


def test_size_years_and_lead_times_are_norms():
    layer = one_school([80] * 6 + [120, 120], 100)
    own = set_to("act.classes", 0.4, set_to("act.years", 2, set_to("lead.build", 22)))  # 0.4 x 45 = 18 pupils
    row = watch(layer, own, SPRING)[0]
    assert (row.action, row.act_by) == ("build", date(2030, 11, 1))  # 22 months before 1 September 2032
    with pytest.raises(BadRow, match=r"lead\.build"):
        watch(layer, set_to("lead.build", -1), SPRING)


def test_more_pupils_than_places_are_a_shortage_also_under_the_red_of_a_district():
    (row,) = watch(one_school([105], 100), set_to("warn.red", 1.1), SPRING)
    assert (row.colour, row.action) == ("orange", "transfer")


def test_planned_places_end_a_shortage():
    rows = watch(one_school([120, 120, 120], [100, 200, 200]), SHIPPED, date(2025, 9, 1))
    assert [row.action for row in rows] == ["transfer", None, None]


def test_a_surplus_of_three_years_is_merged_and_a_shorter_one_left():
    rows = watch(one_school([80, 50, 50, 50, 80], 100), SHIPPED, SPRING)
    # 12 months before 1 September 2027
    assert [(row.action, row.act_by) for row in rows] == [("merge", date(2026, 9, 1))] * 4 + [(None, None)]
    passing = watch(one_school([80, 50, 50, 80], 100), SHIPPED, SPRING)
    assert [row.action for row in passing] == [None] * 4
    assert "lasts 2 years" in passing[1].reason and "2年" in passing[1].reason_zh


def test_rooms_wanted_later_or_by_another_stage_are_converted_not_merged():
    later = watch(one_school([50, 50, 50, 80, 110], 100), SHIPPED, date(2025, 9, 1))
    assert [row.action for row in later] == ["convert"] * 3 + ["transfer"] * 2
    # 50 juniors without a place are a class of 50; 49 are not.
    for juniors, action in ((150, "convert"), (149, "merge")):
        layer = one_school([50, 50, 50], 100, others={Stage.JUNIOR: ([80, juniors, 80], 100)})
        assert watch(layer, SHIPPED, SPRING)[0].action == action


# -- reasons -------------------------------------------------------------------------------------------------------


def test_the_reason_of_a_shortage_tells_every_number():
    layer = one_school([1950, 2100, 2100, 2150, 2050], 2000, low=[1800, 1950, 1950, 2000, 1900], high=[2200] * 5)
    row = watch(layer, SHIPPED, SPRING)[1]
    # From 2027 on: 36 months are past since 2024-09-01, 12 months are not: 2026-09-01.
    assert row.reason == (
        "2027: 2,100 pupils (1,950 to 2,200) for 2,000 places, 105.0 % used, 100 missing; chance of shortage 25 %. "
        "Short of up to 150 places from 2027 to the end of the forecast: convert rooms between stages, at the latest "
        "from 2026-09-01. It is too late to build for 2027."
    )
    assert row.reason_zh == (
        "2027年预计学生2100人(区间1950—2200人),学位2000个,使用率105.0%,缺100个,学位不足概率25%。"
        "2027年起至预测期末最多缺学位150个:在学段之间调剂改用校舍,最迟2026年9月1日启动。新建扩建已赶不上2027年秋季。"
    )


def test_a_building_that_still_serves_later_years_is_told_of():
    row = watch(one_school([200] * 10, 100), SHIPPED, SPRING)[0]
    # Begun in March 2026 it is ready in March 2029: for 2029, and 7 years of shortage are left.
    assert row.reason.endswith(
        "Short of up to 100 places from 2026 to the end of the forecast: change zones, move pupils and teachers, at "
        "the latest from 2026-03-01. It is too late to build or convert for 2026; a building begun now would serve "
        "from 2029."
    )
    assert row.reason_zh.endswith("新建扩建、改用校舍已赶不上2026年秋季;现在启动新建扩建,可自2029年秋季投用。")
    # Here the shortage ends in 2030, two years after: no building is worth it.
    assert "a building begun" not in watch(one_school([200] * 5 + [80] * 5, 100), SHIPPED, SPRING)[0].reason


def test_the_reason_of_a_surplus():
    row = watch(one_school([50, 40, 50], 100), SHIPPED, SPRING)[0]
    assert row.reason == (
        "2026: 50 pupils for 100 places, 50.0 % used, 50 left. Up to 60 places empty from 2026 to the end of the "
        "forecast: look into merging classes or schools, at the latest from 2025-09-01, a date already past."
    )
    assert row.reason_zh.endswith("最多空余学位60个:研究并班或合并办学,最迟2025年9月1日启动(已逾期)。") and row.overdue


def test_the_reason_of_a_level_kept_and_of_a_level_that_misses_no_place():
    red, held, orange = watch(one_school([100, 99, 98], 100), SHIPPED, SPRING)
    assert held.colour == "red" and "Still red: the level is left at 98.0 % or less." in held.reason
    assert "仍为红色:使用率回到98.0%及以下方解除。" in held.reason_zh
    assert "Still" not in red.reason + orange.reason
    assert orange.reason.endswith("By the middle of the band no places are missing up to 2028.")


def test_the_share_used_never_reads_as_a_threshold_not_reached():
    (row,) = watch(one_school([99_999], 100_000), SHIPPED, SPRING)
    assert row.colour == "orange" and "99.9 % used" in row.reason and "使用率99.9%" in row.reason_zh


# -- properties ----------------------------------------------------------------------------------------------------

ENTERED = {4: Fraction(100, 100), 3: Fraction(95, 100), 2: Fraction(90, 100)}
MARGIN = Fraction(2, 100)


def levels_by_the_rule(pupils, places):
    """The rule of the module's docstring for one school, one year after the other, in fractions."""
    level, found = 0, []
    for count, room in zip(pupils, places, strict=True):
        used = Fraction(count, room)
        reached = [k for k, at in ENTERED.items() if used >= at or (level >= k and used > at - MARGIN)]
        blue = used < Fraction(6, 10) or (level == 1 and used < Fraction(6, 10) + MARGIN)
        level = max(reached) if reached else int(blue)
        found.append(BY_SEVERITY[level])
    return found


years_of_a_school = st.lists(st.tuples(st.integers(40, 110), st.sampled_from([50, 100, 200])), min_size=1, max_size=10)


@given(years_of_a_school)
def test_levels_are_those_of_the_rule_applied_year_by_year(years):
    pupils, places = zip(*years, strict=True)
    assert colours(one_school(pupils, places)) == levels_by_the_rule(pupils, places)


@given(years_of_a_school, st.integers(0, 60))
def test_more_places_never_worsen_a_shortage(years, more):
    pupils, places = zip(*years, strict=True)
    order = (Colour.YELLOW, Colour.ORANGE, Colour.RED)

    def shortage(rows):
        return [[order.index(c) if c in order else -1 for c in (r.colour, r.colour_low, r.colour_high)] for r in rows]

    before = shortage(watch(one_school(pupils, places), SHIPPED, SPRING))
    after = shortage(watch(one_school(pupils, [room + more for room in places]), SHIPPED, SPRING))
    assert all(b >= a for row_b, row_a in zip(before, after, strict=True) for b, a in zip(row_b, row_a, strict=True))


@given(years_of_a_school)
def test_a_later_day_never_gives_more_time(years):
    pupils, places = zip(*years, strict=True)
    layer = one_school(pupils, places)
    for early, late in zip(watch(layer, SHIPPED, SPRING), watch(layer, SHIPPED, date(2030, 3, 1)), strict=True):
        assert early.colour == late.colour and (early.action is None) == (late.action is None)
        assert late.overdue or not early.overdue
        assert early.act_by is None or early.act_by <= late.act_by


def test_each_place_is_judged_by_itself():
    alone = [one_school([100, 99, 50, 50, 50], 100), one_school([50, 59, 61, 100, 98], 100)]
    both = replace(
        alone[0],
        ids=("s1", "s2"), names=("North", "South"), parents=("t1", "t1"),
        **{
            name: np.concatenate([getattr(layer, name) for layer in alone])
            for name in ("middle", "low", "high", "offered", "shortage", "surplus")
        },
    )  # fmt: skip
    south = [replace(row, id="s2", name="South") for row in watch(alone[1], SHIPPED, SPRING)]
    assert list(watch(both, SHIPPED, SPRING)) == [*watch(alone[0], SHIPPED, SPRING), *south]


def test_a_quarter_of_a_municipality_is_warned_of_within_seconds():
    """1,000 schools with four stages each and 10 years: 40,000 rows, words included."""
    places, years = 1_000, 10
    pupils = np.random.default_rng(1).integers(40, 120, (places, len(STAGES), years))
    ids = tuple(map(str, range(places)))
    layer = Layer(
        Level.SCHOOL, ids, ids, ids, tuple(range(2026, 2036)), pupils, pupils, pupils, np.full_like(pupils, 100),
        np.zeros(pupils.shape), np.zeros(pupils.shape),
    )  # fmt: skip
    start = process_time()
    assert len(watch(layer, SHIPPED, SPRING)) == 40_000
    assert process_time() - start < 6  # 0.6 seconds measured on a quiet machine
