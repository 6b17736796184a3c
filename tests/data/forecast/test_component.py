"""The cohort-component model against hand computation, a stable population, and two real censuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import BadRow
from data.forecast import component, vital
from data.forecast.component import Fertility, Movers, Population, Variant, project

NOBODY_DIES = vital.Survival.certain(1)


def people(**by_age):
    """One place, sexes together; ages as a3=10."""
    counts = np.zeros((1, 1, vital.AGES))
    for age, count in by_age.items():
        counts[0, 0, int(age[1:])] = count
    return Population(("A",), 2020, (vital.BOTH,), counts)


@given(st.lists(st.integers(0, 1000), min_size=vital.AGES, max_size=vital.AGES), st.integers(1, 20))
def test_without_movers_and_deaths_every_cohort_is_kept(ages, years):
    base = Population(("A",), 2020, (vital.BOTH,), np.array(ages, dtype=float).reshape(1, 1, -1))
    births = np.arange(1.0, years + 1).reshape(1, -1)
    made = project(base, 2020 + years, NOBODY_DIES, births=births)
    end = made.counts[0, 0, :, -1]
    assert end[years:100].tolist() == ages[: 100 - years]
    assert end[:years].tolist() == births[0, ::-1].tolist()
    assert end[100] == sum(ages[100 - years :])


def test_entrants_of_the_city_from_its_births():
    # fc.cq.entrants: births of 2020 to 2023 in 万; the count is on the first of January after each year.
    base = Population(("Chongqing",), 2020, (vital.BOTH,), np.zeros((1, 1, vital.AGES)))
    births = np.array([[23.88, 20.83, 19.21, 17.88, *[0.0] * 6]])
    made = project(base, 2030, NOBODY_DIES, births=births)
    six = dict(zip(made.years, made.school_ages(1)[0, 6], strict=True))
    assert [round(six[year + 1], 2) for year in (2027, 2028, 2029)] == [21.85, 19.75, 18.32]


def test_the_reference_day_of_the_census_lies_two_months_after_school_begins():
    # Of those aged 6 on 31 August, born September to August, those born in September and October are 7 on 1 November.
    assert component.school_year_shares(11) == pytest.approx((10 / 12, 2 / 12))
    assert component.school_year_shares(9) == (1, 0)


def test_a_year_by_hand():
    # Children are born at 29 and 30, one each; 1000 people of 29 live on with 0.9.
    ages = np.zeros(35)
    ages[29 - 15], ages[30 - 15] = 0.5, 0.5
    survival = vital.Survival(np.array([0.98]), np.full((1, vital.AGES), 0.9))
    share = vital.rate("women_share").value
    made = project(people(a29=1000), 2021, survival, fertility=Fertility(Variant.MIDDLE, ages, np.array([[2.0]])))
    # Women: 1000 of 29 before, 900 of 30 after; each weighs 1/2 (mean of the year) times 0.5 * 2.0.
    births = (1000 + 900) * share / 2
    assert made.births[0, 0] == pytest.approx(births)
    assert made.counts[0, 0, 0, 1] == pytest.approx(0.98 * births)
    assert made.counts[0, 0, 30, 1] == pytest.approx(900)
    assert made.counts[0, 0, :, 1].sum() == pytest.approx(900 + 0.98 * births)


def test_boys_and_girls_are_born_in_the_ratio_at_birth():
    base = Population(("A",), 2020, (vital.MALE, vital.FEMALE), np.zeros((1, 2, vital.AGES)))
    made = project(base, 2021, vital.Survival.certain(2), births=np.array([[2113.0]]))
    assert made.counts[0, :, 0, 1].tolist() == pytest.approx([1113, 1000])


def test_a_stable_population_grows_at_its_own_rate_and_keeps_its_shape():
    # Survival p at every age, growth g: people of age a stand as (p / g)^a. One child-bearing age, 25: with births
    # B = tfr * share * (W[25, t] + W[25, t+1]) / 2 and P[0, t+1] = B it grows by g when
    # tfr = 2 g / (share * (p / g)^25 * (1 + g)).
    p, g, share = 0.99, 1.02, vital.rate("women_share").value
    ages = np.zeros(35)
    ages[10] = 1
    counts = (p / g) ** np.arange(vital.AGES)
    counts[100] /= 1 - p / g
    base = Population(("A",), 2020, (vital.BOTH,), counts.reshape(1, 1, -1))
    total = np.full((1, 30), 2 * g / (share * (p / g) ** 25 * (1 + g)))
    survival = vital.Survival(np.ones(1), np.full((1, vital.AGES), p))
    made = project(base, 2050, survival, fertility=Fertility(Variant.MIDDLE, ages, total))
    assert made.counts[0, 0, :, 30] == pytest.approx(counts * g**30)


def test_movers_come_as_a_share_of_those_who_live_on_and_more_of_them_with_a_multiplier():
    rates = np.zeros((1, 1, vital.AGES))
    rates[0, 0, 11], rates[0, 0, 0] = 0.1, -0.2
    births = np.array([[100.0]])
    made = project(people(a10=100), 2021, NOBODY_DIES, births=births, movers=Movers(rates=rates))
    assert made.counts[0, 0, [0, 11], 1].tolist() == pytest.approx([80, 110])
    more = project(people(a10=100), 2021, NOBODY_DIES, births=births, movers=Movers(rates=rates, multiplier=1.2))
    assert more.counts[0, 0, [0, 11], 1].tolist() == pytest.approx([76, 112])


def test_declared_movers_are_added_and_never_leave_fewer_than_nobody():
    moves = np.zeros((1, 1, vital.AGES, 2))
    moves[0, 0, 11, 0], moves[0, 0, 12, 1], moves[0, 0, 0, 0] = 5, -500, -1
    made = project(people(a10=100), 2022, NOBODY_DIES, births=np.array([[3.0, 0]]), movers=Movers(people=moves))
    assert made.counts[0, 0, 11, 1] == 105
    assert made.counts[0, 0, 0, 1] == 2
    assert made.counts[0, 0, 12, 2] == 0


def test_declared_births_go_before_fertility_where_they_are_known():
    ages = vital.childbearing()
    chosen = Fertility(Variant.HIGH, ages, np.array([[1.0, 1.0]]))
    base = Population(("A",), 2020, (vital.BOTH,), np.full((1, 1, vital.AGES), 100.0))
    made = project(base, 2022, NOBODY_DIES, fertility=chosen, births=np.array([[7.0, np.nan]]))
    assert made.births[0, 0] == 7
    # 100 people of every age: 100 women's share of each age, one child each in a life: 100 times the share.
    assert made.births[0, 1] == pytest.approx(100 * vital.rate("women_share").value)


def test_low_middle_and_high_reach_their_target_and_keep_the_places_apart():
    base = Population(("A", "B"), 2020, (vital.BOTH,), np.full((2, 1, vital.AGES), 100.0))
    base.counts[0, :, :5] = 200
    survival = vital.Survival.certain(1)
    ends = {}
    for variant in Variant:
        total = component.fertility(variant, base, 2040, survival).total
        assert total[0] == pytest.approx(2 * total[1])
        ends[variant] = component.fertility(variant, base, 2040, survival, local=False).total[0]
        assert ends[variant][-1] == vital.rate(f"total_fertility_{variant}").value
    assert ends[Variant.LOW][-1] < ends[Variant.MIDDLE][-1] < ends[Variant.HIGH][-1]
    # 2020 to 2035 in a straight line: a third of the way after five years.
    assert ends[Variant.LOW][4] == pytest.approx(1.3 + (0.8 - 1.3) / 3)


def test_implied_fertility_is_what_the_children_were_born_of():
    # Everybody stays 100 strong by age: 500 children of 0-4 in five years of births by women_share * 100 * tfr.
    base = Population(("A", "none"), 2020, (vital.BOTH,), np.full((2, 1, vital.AGES), 100.0))
    base.counts[1] = 0
    found = component.implied_fertility(base, vital.Survival.certain(1), vital.childbearing())
    assert found[0] == pytest.approx(1 / vital.rate("women_share").value)
    assert np.isnan(found[1])


def test_an_even_change_becomes_the_same_rate_every_year():
    changes = np.full((1, 1, len(component.CHANGE_BLOCKS)), 10 * np.log(1.02))
    rates = component.yearly_rates(changes, 10)
    assert rates[0, 0, :70] == pytest.approx(0.02, abs=0.0005)


def test_changes_are_found_again_by_projecting_with_their_rates():
    ages = np.full((1, 1, vital.AGES), 1000.0)
    wanted = np.interp(np.arange(len(component.CHANGE_BLOCKS)), [0, 3, 5, 14], [0.3, -0.3, 0.2, 0.0])
    rates = component.yearly_rates(wanted.reshape(1, 1, -1), 10)
    made = project(
        Population(("A",), 2010, (vital.BOTH,), ages), 2020, NOBODY_DIES,
        births=np.zeros((1, 10)), movers=Movers(rates=rates),
    )  # fmt: skip
    for (young, old), change in zip(component.CHANGE_BLOCKS, wanted, strict=True):
        found = made.counts[0, 0, young + 10 : old + 11, -1].sum() / 5000
        assert np.log(found) == pytest.approx(change, abs=0.04)


def test_unknown_blocks_leave_the_others_to_tell():
    changes = np.full((2, 1, len(component.CHANGE_BLOCKS)), 0.1)
    changes[1, 0, 5:] = np.nan
    rates = component.yearly_rates(changes, 10)
    assert rates[1, 0, :30] == pytest.approx(np.expm1(0.01), abs=0.001)
    changes[1] = np.nan
    assert not component.yearly_rates(changes, 10)[1].any()


def test_small_places_that_differ_by_chance_only_are_drawn_to_all_places():
    draw = np.random.default_rng(7)
    first = np.full((200, 1, vital.AGES), 4.0)
    second = draw.poisson(4.0 * 1.2, size=first.shape).astype(float)
    changes = component.net_changes(first, second, NOBODY_DIES, 10)
    raw = np.log(second[..., 10:15].sum(axis=-1) + 0.5) - np.log(20.5)
    assert raw.std() > 0.15
    assert changes[..., 0].std() < 0.05
    assert changes[..., 0].mean() == pytest.approx(np.log(1.2), abs=0.03)


def test_large_places_that_truly_differ_keep_their_own_change():
    first = np.full((4, 1, vital.AGES), 1e6)
    second = first * np.array([0.5, 1.0, 1.5, 2.0])[:, None, None]
    changes = component.net_changes(first, second, NOBODY_DIES, 10)
    assert np.exp(changes[:, 0, 0]) == pytest.approx([0.5, 1, 1.5, 2], abs=0.001)


def test_deaths_are_taken_out_of_learned_changes():
    survival = vital.Survival(np.ones(2), np.stack([np.full(vital.AGES, 0.9), np.full(vital.AGES, 0.8)]))
    log_changes = np.full((1, len(component.CHANGE_BLOCKS)), np.log(0.72))
    net = component.without_deaths(log_changes, survival, 2)
    assert np.exp(net[0, :, 0]) == pytest.approx([0.72 / 0.81, 0.72 / 0.64])


def test_the_pyramid_is_in_whole_people_and_adds_up():
    counts = np.full((1, 2, vital.AGES), 0.4)
    base = Population(("A",), 2020, (vital.MALE, vital.FEMALE), counts)
    pyramid = project(base, 2020, vital.Survival.certain(2)).pyramid("A", 2020)
    assert pyramid.shape == (2, vital.AGES)
    assert pyramid.sum() == round(0.4 * 2 * vital.AGES)
    assert set(np.unique(pyramid)) == {0, 1}


def test_what_cannot_be_is_refused():
    base = people(a1=1)
    with pytest.raises(BadRow, match="neither declared"):
        project(base, 2021, NOBODY_DIES)
    with pytest.raises(BadRow, match="shape"):
        project(base, 2022, NOBODY_DIES, births=np.zeros((1, 1)))
    with pytest.raises(BadRow, match="before the base year"):
        project(base, 2019, NOBODY_DIES)
    with pytest.raises(BadRow, match="negative"):
        people(a1=-1)
    with pytest.raises(BadRow, match="sexes"):
        Population(("A",), 2020, (vital.FEMALE,), np.zeros((1, 1, vital.AGES)))
