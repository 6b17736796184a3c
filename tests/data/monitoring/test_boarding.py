"""Boarders to come, worked by hand."""

from dataclasses import replace

import numpy as np

from data.domain.schools import RollCount, Site, Stage
from data.monitoring import boarding
from data.monitoring.ground import COLUMNS, lay_out
from data.sample import SAMPLES


def expected(roll, pupils, beds=12):
    """One junior school of the hamlets with so many beds; pupils by grade and year."""
    base = SAMPLES["three_hamlets"]()
    site = Site("north", Stage.JUNIOR, classrooms=6, beds=beds)
    ground = lay_out(replace(base, roll=tuple(roll), sites=(site,)))
    by_school = np.zeros((2, 15, len(pupils[0])), dtype=np.int64)
    by_school[0, COLUMNS[Stage.JUNIOR]] = pupils
    return [
        (row.year, row.boarders, row.missing)
        for row in boarding.expected(ground, by_school, tuple(range(2026, 2026 + len(pupils[0]))))
    ]


def junior(year, *told, sex=None):
    return [RollCount("north", year, grade, n, sex, b) for grade, (n, b) in enumerate(told, 7)]


def test_the_share_of_each_grade_goes_on_and_beds_are_rounded_up():
    # Shares 10/20, 0/20 and 5/25: 30 x 0.5 + 20 x 0 + 24 x 0.2 = 19.8, so 20 boarders and 8 beds too few.
    assert expected(junior(2025, (20, 10), (20, 0), (25, 5)), [[30], [20], [24]]) == [(2026, 20, 8)]


def test_only_the_latest_roll_tells():
    rolls = junior(2024, (20, 20), (20, 20), (20, 20)) + junior(2025, (20, 5), (20, 5), (20, 5))
    assert expected(rolls, [[20, 40], [20, 40], [20, 40]]) == [(2026, 15, 3), (2027, 30, 18)]


def test_a_grade_without_a_roll_has_the_share_of_its_stage():
    assert expected(junior(2025, (20, 10), (20, 10)), [[0], [0], [10]]) == [(2026, 5, 0)]


def test_boys_and_girls_are_added_and_a_total_beside_them_counts_once():
    by_sex = junior(2025, (10, 4), (10, 4), (10, 4), sex="male") + junior(2025, (10, 6), (10, 6), (10, 6), sex="female")
    assert expected(by_sex, [[20], [20], [20]]) == [(2026, 30, 18)]
    assert expected(by_sex + junior(2025, (20, 10), (20, 10), (20, 10)), [[20], [20], [20]]) == [(2026, 30, 18)]


def test_a_school_without_beds_and_boarders_is_left_out():
    assert expected(junior(2025, (20, 0), (20, 0), (20, 0)), [[20], [20], [20]], beds=0) == []
