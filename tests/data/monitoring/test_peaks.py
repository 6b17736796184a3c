"""Peaks and troughs of made-up places whose years are read off by eye."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.monitoring.layer import STAGES, Layer, Level
from data.monitoring.peaks import find

PRIMARY, JUNIOR = 1, 2


def township(pupils, places, *, first_year=2026, stage=PRIMARY):
    years = len(pupils)
    shape = (1, len(STAGES), years)
    middle, offered = np.full(shape, -1), np.full(shape, -1)
    middle[0, stage], offered[0, stage] = pupils, places
    nothing = np.full(shape, np.nan)
    return Layer(
        Level.TOWNSHIP, ("t1",), ("Town",), ("d1",), tuple(range(first_year, first_year + years)),
        middle, middle, middle, offered, nothing, nothing,
    )  # fmt: skip


def test_a_wave_of_ten_years():
    #                 2026 2027 2028 2029 2030 2031 2032 2033 2034 2035
    layer = township([800, 900, 950, 950, 900, 800, 600, 500, 500, 570], 850)
    (peak,) = find(layer)
    assert (peak.level, peak.id, peak.name, peak.stage) == ("township", "t1", "Town", "primary")
    assert (peak.peak_year, peak.peak_pupils, peak.peak_is_first_year) == (2028, 950, False)
    assert (peak.trough_year, peak.trough_pupils) == (2033, 500)
    # 570 is 380 under 950: two fifths. Under 850 places from 2031 on; 350 places left in 2033 and 2034.
    assert (peak.last_year, peak.last_pupils, peak.change_to_last) == (2035, 570, -0.4)
    assert (peak.surplus_years, peak.deepest_surplus, peak.deepest_surplus_year) == (5, 350, 2033)


def test_a_peak_in_the_first_year_may_have_been_earlier():
    (peak,) = find(township([100, 90, 80], 100))
    assert (peak.peak_year, peak.peak_is_first_year, peak.trough_year) == (2026, True, 2028)
    assert (peak.surplus_years, peak.deepest_surplus) == (2, 20)


def test_a_place_that_only_grows_has_its_trough_in_its_peak_and_no_surplus_after_it():
    (peak,) = find(township([50, 60, 70], 100))
    assert (peak.peak_year, peak.trough_year, peak.trough_pupils, peak.change_to_last) == (2028, 2028, 70, 0.0)
    assert (peak.surplus_years, peak.deepest_surplus, peak.deepest_surplus_year) == (0, None, None)


def test_places_change_with_the_years_and_a_full_year_is_no_surplus():
    (peak,) = find(township([120, 100, 100, 100], [100, 100, 130, 90]))
    assert (peak.surplus_years, peak.deepest_surplus, peak.deepest_surplus_year) == (1, 30, 2028)


def test_years_without_figures_or_places_are_passed_over():
    (peak,) = find(township([-1, 70, 90, -1, 60, 80], [100, 100, 100, 100, -1, 100]))
    assert (peak.peak_year, peak.peak_is_first_year, peak.trough_year, peak.last_year) == (2028, False, 2030, 2031)
    assert (peak.surplus_years, peak.deepest_surplus_year) == (1, 2031)


def test_a_stage_of_which_nothing_is_known_has_no_peak_and_one_without_pupils_no_change():
    assert find(township([-1, -1], 100)) == ()
    (peak,) = find(township([0, 0], 100))
    assert (peak.peak_pupils, peak.change_to_last, peak.surplus_years, peak.deepest_surplus) == (0, 0.0, 1, 100)


@pytest.mark.parametrize("years_later", [1, 7])
def test_a_local_wave_peaks_in_its_own_year(years_later):
    wave = [80, 100, 60]
    here, later = find(township(wave, 90))[0], find(township(wave, 90, first_year=2026 + years_later))[0]
    assert (later.peak_year - here.peak_year, later.trough_year - here.trough_year) == (years_later, years_later)


def test_each_stage_of_each_place_has_its_own_row_in_order():
    one, two = township([1, 2], 5), township([2, 1], 5, stage=JUNIOR)
    middle = np.maximum(one.middle, two.middle)
    both = np.concatenate([middle, middle])
    layer = Layer(
        Level.TOWNSHIP, ("t1", "t2"), ("A", "B"), ("", ""), (2026, 2027),
        both, both, both, both, one.shortage, one.surplus,
    )  # fmt: skip
    assert [(row.id, row.stage, row.peak_year) for row in find(layer)] == [
        ("t1", "primary", 2027), ("t1", "junior", 2026), ("t2", "primary", 2027), ("t2", "junior", 2026),
    ]  # fmt: skip


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12), st.integers(0, 50))
def test_peak_and_trough_are_those_found_by_looking_at_every_year(pupils, places):
    (peak,) = find(township(pupils, places))
    years = range(2026, 2026 + len(pupils))
    top = min(year for year, count in zip(years, pupils, strict=True) if count == max(pupils))
    after = [(count, year) for year, count in zip(years, pupils, strict=True) if year >= top]
    assert (peak.peak_pupils, peak.peak_year) == (max(pupils), top)
    assert (peak.trough_pupils, peak.trough_year) == min(after)
    left = [places - count for count, year in after if year > top and count < places]
    assert (peak.surplus_years, peak.deepest_surplus) == (len(left), max(left, default=None))
