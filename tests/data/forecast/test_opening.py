"""Age groups opened to single ages."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import BadRow
from data.forecast import vital
from data.forecast.opening import AgeCounts, AgeGroup, read_age_group, single_ages

MIAOLI = Path(__file__).resolve().parents[4] / "shared/real/schools/miaoli/village_age_2014_2015.csv"

CENSUS = (AgeGroup(0, 0), AgeGroup(1, 4), *(AgeGroup(age, age + 4) for age in range(5, 85, 5)), AgeGroup(85, None))


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("0", AgeGroup(0, 0)),
        ("1-4岁", AgeGroup(1, 4)),
        ("5~9", AgeGroup(5, 9)),
        ("１０－１４", AgeGroup(10, 14)),
        ("age_7", AgeGroup(7, 7)),
        ("85+", AgeGroup(85, None)),
        ("85岁及以上", AgeGroup(85, None)),
        ("90 and over", AgeGroup(90, None)),
        ("under 5", AgeGroup(0, 4)),
        ("不满1岁", AgeGroup(0, 0)),
        ("合计", None),
        ("2010", None),
        ("9-5", None),
    ],
)
def test_headings_of_age_groups(text, group):
    assert read_age_group(text) == group


def test_an_even_population_stays_even():
    groups = tuple(AgeGroup(age, age + 4) for age in range(0, 30, 5))
    opened = single_ages(np.full((2, 6), 50), groups)
    assert (opened[:, :30] == 10).all()
    assert not opened[:, 30:].any()


def test_a_gentle_slope_is_kept_to_one_person_inside():
    # Slopes of the monotone cubic are harmonic means of neighbouring groups: near the true ones where groups are alike.
    truth = 100 + 2 * np.arange(25)
    groups = tuple(AgeGroup(age, age + 4) for age in range(0, 25, 5))
    opened = single_ages(truth.reshape(1, 5, 5).sum(axis=2), groups)[0, :25]
    assert np.abs(opened - truth)[5:20].max() <= 1


@given(st.lists(st.lists(st.integers(0, 30_000), min_size=len(CENSUS), max_size=len(CENSUS)), min_size=1, max_size=4))
def test_groups_add_up_and_nobody_is_negative(counts):
    counts = np.array(counts)
    opened = single_ages(counts, CENSUS)
    assert opened.shape == (len(counts), vital.AGES)
    assert opened.min() >= 0
    for column, group in enumerate(CENSUS):
        last = vital.OLDEST if group.last is None else group.last
        assert (opened[:, group.first : last + 1].sum(axis=1) == counts[:, column]).all()


def test_known_births_shape_the_ages_of_children():
    groups = (AgeGroup(0, 4), AgeGroup(5, 9), AgeGroup(10, None))
    births = np.array([[10.0, 20, 30, 20, 20], [0, 0, 0, 0, 0]])
    opened = single_ages(np.array([[200, 50, 0], [50, 50, 0]]), groups, births)
    assert opened[0, :5].tolist() == [20, 40, 60, 40, 40]
    assert opened[1, :5].tolist() == [10, 10, 10, 10, 10]


def test_the_open_group_falls_like_the_years_lived():
    opened = single_ages(np.array([[1_000_000]]), (AgeGroup(0, None),))[0]
    expected = vital.stationary() / vital.stationary().sum() * 1_000_000
    assert np.abs(opened - expected).max() < 2


@pytest.mark.parametrize(
    "groups",
    [
        (AgeGroup(1, 4),),
        (AgeGroup(0, 4), AgeGroup(6, 9)),
        (AgeGroup(0, 4), AgeGroup(4, 9)),
        (AgeGroup(0, None), AgeGroup(5, 9)),
        (AgeGroup(0, 104),),
    ],
)
def test_gaps_and_overlaps_are_refused(groups):
    with pytest.raises(BadRow):
        single_ages(np.ones((1, len(groups)), dtype=np.int64), groups)


def test_a_range_is_told_only_by_groups_that_make_just_it():
    counts = AgeCounts(("A",), (AgeGroup(0, 0), AgeGroup(1, 4), AgeGroup(5, 9)), np.array([[1.0, 4, 5]]))
    assert counts.between(0, 4).tolist() == [5]
    assert counts.between(0, 9).tolist() == [10]
    assert counts.between(2, 4) is None
    assert counts.between(5, 10) is None


def test_villages_with_known_ages_are_opened_better_than_evenly():
    if not MIAOLI.exists():
        pytest.skip("the real county is not on this machine")
    with MIAOLI.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["month"] == "2014-08"]
    truth = np.array([[int(row[f"age_{age}"]) for age in range(20)] for row in rows])
    groups = (AgeGroup(0, 0), AgeGroup(1, 4), AgeGroup(5, 9), AgeGroup(10, 14), AgeGroup(15, 19))
    widths = [1, 4, 5, 5, 5]
    counts = np.add.reduceat(truth, [0, 1, 5, 10, 15], axis=1)
    even = np.repeat(counts / widths, widths, axis=1)

    def off(ages):
        return np.abs(ages - truth).sum() / truth.sum()

    opened = single_ages(counts, groups)[:, :20]
    assert off(opened) < 0.95 * off(even)
    county, whole = truth.sum(axis=0), single_ages(counts.sum(axis=0, keepdims=True), groups)[0, :20]
    assert np.abs(whole - county).sum() < 0.7 * np.abs(even.sum(axis=0) - county).sum()
