"""Small classes: two schools on paper, and today's average class as the norm."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.domain.schools import Stage
from data.errors import BadRow
from data.monitoring.small_classes import StageSchools, compare, default_sizes, posts_per_class
from data.norms import Level, Norms

TODAY = date(2026, 3, 1)
SHIPPED = Norms.default()


def two_schools():
    """
    North, two grades of 90 and 41 pupils, 4 rooms; South, 80 pupils whose grades are not known, 2 rooms.

        classes at      45            40            35
        North           2 + 1 = 3     3 + 2 = 5     3 + 2 = 5
        South           2             2             3
        rooms missing   0             1             1 + 1 = 2
    """
    return StageSchools(
        stage=Stage.PRIMARY,
        years=(2026,),
        pupils=np.array([[131], [80]]),
        grades=np.array([[[90], [41]], [[-1], [-1]]]),
        classrooms=np.array([[4], [2]]),
    )


def test_two_schools_at_three_norms():
    rows = compare([two_schools()], SHIPPED, TODAY)
    assert [(row.stage, row.year, row.pupils, row.classrooms) for row in rows] == [("primary", 2026, 211, 6)] * 3
    assert [(row.class_norm, row.classes, row.classrooms_missing) for row in rows] == [
        (45, 5, 0),
        (40, 7, 1),
        (35, 8, 2),
    ]
    # 211 pupils are 211 / 19 posts today, over 5 classes; 7 and 8 classes need 7 and 8 fifths of them.
    assert [row.teachers for row in rows] == pytest.approx([211 / 19, 211 / 19 * 7 / 5, 211 / 19 * 8 / 5])
    assert [row.mean_class for row in rows] == pytest.approx([42.2, 211 / 7, 211 / 8])


def test_an_empty_room_of_one_school_does_not_help_another():
    pupils = np.array([[90], [45]])  # 2 classes in 1 room, 1 class in 5 rooms
    schools = StageSchools(Stage.PRIMARY, (2026,), pupils, np.full((2, 6, 1), -1), np.array([[1], [5]]))
    (row,) = compare([schools], SHIPPED, TODAY, sizes={Stage.PRIMARY: [45]})
    assert (row.classes, row.classrooms, row.classrooms_missing) == (3, 6, 1)


def test_with_fewer_pupils_the_posts_follow_the_classes():
    schools = StageSchools(
        Stage.JUNIOR, (2026, 2027), np.array([[100, 50]]), np.array([[[100, 50]]]), np.array([[2, 2]])
    )  # fmt: skip
    rows = compare([schools], SHIPPED, TODAY, sizes={Stage.JUNIOR: [50]})
    # 100 / 13.5 posts for two classes, half of them for one.
    assert [row.teachers for row in rows] == pytest.approx([100 / 13.5, 50 / 13.5])


@pytest.mark.parametrize(
    ("stage", "sizes"),
    [
        (Stage.PRIMARY, (45, 40, 35)),
        (Stage.JUNIOR, (50, 40, 35)),
        (Stage.SENIOR, (50, 40, 35)),
        (Stage.PRESCHOOL, (30,)),  # already smaller
    ],
)
def test_the_scenario_goes_from_the_norm_in_force_to_40_and_35(stage, sizes):
    assert default_sizes(SHIPPED, stage, TODAY) == sizes


def test_a_district_with_smaller_classes_begins_there():
    own = SHIPPED.overridden(Level.DISTRICT, "class.norm", Stage.PRIMARY, 38, "own rule")
    assert default_sizes(own, Stage.PRIMARY, TODAY) == (38, 35)


def even_schools(average, classes):
    """Schools of one grade whose classes are all of one size: grade s divides into classes[s] of them."""
    pupils = np.array([[average * count] for count in classes])
    return StageSchools(Stage.PRIMARY, (2026,), pupils, pupils[:, None, :], np.array([[count] for count in classes]))


@given(st.integers(31, 45), st.lists(st.integers(1, 2), min_size=1, max_size=5))
def test_a_norm_of_todays_average_class_changes_nothing(average, classes):
    # Sizes over 30 keep two classes from fitting into one of 45, and up to two a grade no third class is saved.
    rows = compare([even_schools(average, classes)], SHIPPED, TODAY, sizes={Stage.PRIMARY: [45, average]})
    today, then = rows
    assert today.mean_class == average
    assert replace(then, class_norm=today.class_norm) == today
    assert (then.classrooms_missing, then.classes) == (0, sum(classes))


@given(
    st.lists(st.lists(st.integers(0, 200), min_size=2, max_size=2), min_size=1, max_size=4),
    st.integers(10, 60),
    st.integers(0, 8),
)
def test_smaller_classes_never_need_less_and_a_norm_not_under_the_largest_class_changes_nothing(grades, size, rooms):
    by_grade = np.array(grades)[:, :, None]
    schools = StageSchools(
        Stage.PRIMARY, (2026,), by_grade.sum(axis=1), by_grade, np.full((len(grades), 1), rooms)
    )  # fmt: skip
    larger, smaller = compare([schools], SHIPPED, TODAY, sizes={Stage.PRIMARY: [size, size - 1]})
    assert smaller.classes >= larger.classes and smaller.classrooms_missing >= larger.classrooms_missing
    assert smaller.teachers >= larger.teachers and smaller.mean_class <= size - 1
    in_each = [-(-count // (-(-count // size))) for pair in grades for count in pair if count]
    (kept,) = compare([schools], SHIPPED, TODAY, sizes={Stage.PRIMARY: [max(in_each, default=1)]})
    assert (kept.classes, kept.classrooms_missing, kept.teachers) == (
        larger.classes, larger.classrooms_missing, larger.teachers,
    )  # fmt: skip


def test_without_pupils_nothing_is_needed():
    nobody = StageSchools(Stage.PRESCHOOL, (2026,), np.array([[-1]]), np.full((1, 3, 1), -1), np.array([[3]]))
    (row,) = compare([nobody], SHIPPED, TODAY)
    assert (row.pupils, row.classes, row.teachers, row.mean_class, row.classrooms_missing) == (0, 0, 0.0, 0.0, 0)


def test_kindergartens_are_staffed_by_the_full_day_ratio():
    # 60 children, 2 classes of 30, 60 / 7 posts.
    children = np.array([[60]])
    schools = StageSchools(Stage.PRESCHOOL, (2026,), children, np.full((1, 3, 1), -1), np.array([[2]]))
    assert posts_per_class(schools, SHIPPED, TODAY) == pytest.approx(30 / 7)


def test_a_class_of_nobody_is_refused():
    with pytest.raises(BadRow, match="class of 0"):
        compare([two_schools()], SHIPPED, TODAY, sizes={Stage.PRIMARY: [0]})
