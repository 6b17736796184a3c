"""
Small classes: what a smaller class norm asks of the rooms and the posts of a stage.

    classes(n) = sum over schools, and grades where they are known, of ceil(pupils / n)
    missing(n) = sum over schools of max(0, classes(n) - classrooms)      a room of one school helps no other
    posts(n)   = classes(n) x posts a class of today,  posts a class = pupils / ratio / classes

with pupils and classes of the first known year under the norm in force, and the ratio of pupils to posts of
``staff.ratio`` (preschool: ``staff.kg_full_day``). So posts follow the classes to be taught, and under the norm in
force they are today the posts due by the ratio. Where every grade divides into classes of today's mean size, a norm
equal to that size changes nothing; a norm not under the largest class of today never does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import Stage
from data.errors import BadRow
from data.norms import Norms

STEPS = ("class.small_step", "class.small_target")
"""Norms of the scenario's class sizes below the norm in force."""


@dataclass(frozen=True, slots=True, eq=False)
class StageSchools:
    """
    Pupils and classrooms of the S schools of one stage, over Y years.

    Attributes
    ----------
    pupils
        Shape (S, Y); -1 where nothing is known.
    grades
        Pupils by grade, shape (S, G, Y); -1 throughout a school's year whose grades are not known: its pupils are then
        divided as if they were of one grade, which gives the fewest classes.
    classrooms
        Shape (S, Y), 0 or more.
    """

    stage: Stage
    years: tuple[int, ...]
    pupils: NDArray[np.int64]
    grades: NDArray[np.int64]
    classrooms: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SmallClass:
    """
    What a class norm means for a stage in a year.

    Attributes
    ----------
    teachers
        Posts, of teachers and other staff together, as the ratio counts them.
    mean_class
        Pupils over classes; 0 without classes.
    """

    stage: str
    class_norm: int
    year: int
    pupils: int
    classes: int
    classrooms: int
    classrooms_missing: int
    teachers: float
    mean_class: float


def compare(
    stages: Sequence[StageSchools], norms: Norms, on: date, *, sizes: Mapping[Stage, Sequence[int]] | None = None
) -> tuple[SmallClass, ...]:
    """
    Compare class sizes, by stage, size in the order given, and year.

    Parameters
    ----------
    on
        The norms of this day hold.
    sizes
        Class sizes of a stage; by default the norm in force, then those of ``STEPS`` that are smaller.

    Raises
    ------
    BadRow
        When a size is below 1.
    UnknownNorm
        When a stage has no class norm or no ratio.
    """
    rows: list[SmallClass] = []
    for schools in stages:
        wanted = (sizes or {}).get(schools.stage) or default_sizes(norms, schools.stage, on)
        posts = posts_per_class(schools, norms, on)
        for size in wanted:
            rows.extend(_rows(schools, size, posts))
    return tuple(rows)


def default_sizes(norms: Norms, stage: Stage, on: date) -> tuple[int, ...]:
    """Give the norm in force and the smaller steps of the small-class scenario, largest first."""
    norm = int(norms.value("class.norm", stage, on))
    steps = {int(norms.value(key, stage, on)) for key in STEPS}
    return (norm, *sorted((size for size in steps if size < norm), reverse=True))


def classes_of(schools: StageSchools, size: int) -> NDArray[np.int64]:
    """Count the classes of each school and year under a class size; shape (S, Y), 0 where nothing is known."""
    if size < 1:
        raise BadRow("norms", "class.norm", f"a class of {size} pupils cannot be, expected 1 or more")
    by_grade = -(-np.maximum(schools.grades, 0) // size)
    whole = -(-np.maximum(schools.pupils, 0) // size)
    told = (schools.grades >= 0).any(axis=1)
    return np.asarray(np.where(told, by_grade.sum(axis=1), whole))


def posts_per_class(schools: StageSchools, norms: Norms, on: date) -> float:
    """Give the posts that go with one class under the norm in force, in the first year with pupils; 0 without any."""
    key = "staff.kg_full_day" if schools.stage is Stage.PRESCHOOL else "staff.ratio"
    ratio = norms.value(key, schools.stage, on)
    classes = classes_of(schools, int(norms.value("class.norm", schools.stage, on))).sum(axis=0)
    pupils = _pupils(schools).sum(axis=0)
    with_pupils = np.flatnonzero(classes)
    if with_pupils.size == 0:
        return 0.0
    first = with_pupils[0]
    return float(pupils[first] / ratio / classes[first])


def _rows(schools: StageSchools, size: int, posts: float) -> Iterator[SmallClass]:
    by_school = classes_of(schools, size)
    missing = np.maximum(by_school - schools.classrooms, 0).sum(axis=0)
    pupils, classes, rooms = (array.sum(axis=0) for array in (_pupils(schools), by_school, schools.classrooms))
    for at, year in enumerate(schools.years):
        count = int(classes[at])
        yield SmallClass(
            stage=schools.stage,
            class_norm=size,
            year=year,
            pupils=int(pupils[at]),
            classes=count,
            classrooms=int(rooms[at]),
            classrooms_missing=int(missing[at]),
            teachers=count * posts,
            mean_class=float(pupils[at] / count) if count else 0.0,
        )


def _pupils(schools: StageSchools) -> NDArray[np.int64]:
    """Give the pupils of each school and year, by grades where these are known; shape (S, Y)."""
    told = (schools.grades >= 0).any(axis=1)
    return np.asarray(np.where(told, np.maximum(schools.grades, 0).sum(axis=1), np.maximum(schools.pupils, 0)))
