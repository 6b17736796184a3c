"""
The teachers: pseudonymous, as many as the pupils and classes of today ask, and unequally spread as in real counties.

The seat has younger and more backbone teachers of every subject; small village schools have older ones, few of them for
music, art and English.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from numpy.random import Generator

from data.domain.schools import SchoolId, SchoolKind, Stage
from data.domain.teachers import Teacher, TeacherId
from data.sample.river import names
from data.sample.river.network import Offer, SampleSchool
from data.sample.river.people import TODAY

_PUPILS_A_TEACHER = {Stage.PRIMARY: 19.0, Stage.JUNIOR: 13.5, Stage.SENIOR: 12.5}
_TEACHERS_A_CLASS = {Stage.PRIMARY: 1.6, Stage.JUNIOR: 2.4, Stage.SENIOR: 2.8}
"""The invented county staffs by the larger of pupils and classes, so that no small school is left without teachers."""
_PUPILS_A_CLASS = 45
_SMALL = (SchoolKind.TEACHING_POINT, SchoolKind.VILLAGE_PRIMARY)
_MEAN_AGE, _SMALL_MEAN_AGE, _AGE_SPREAD = 40, 48, 9
_YOUNGEST, _OLDEST = 23, 60
_BACKBONE, _SEAT_BACKBONE, _SMALL_BACKBONE = 0.09, 0.16, 0.03
_ALSO_LICENSED_ABOVE = 0.12
_NEAR_RETIREMENT = 57
_STAGES = (Stage.PRIMARY, Stage.JUNIOR, Stage.SENIOR)


def make(rng: Generator, schools: Sequence[tuple[SchoolId, SampleSchool, bool]]) -> tuple[Teacher, ...]:
    """Appoint the teachers of schools given with their id and whether they stand in the county seat."""
    teachers: list[Teacher] = []
    for school_id, school, in_seat in schools:
        for offer in school.offers:
            subjects = _subjects(rng, offer.stage, school.kind)
            for _ in range(_needed(offer)):
                number = f"T{len(teachers) + 1:05d}"
                teachers.append(_teacher(rng, number, school_id, school.kind, in_seat, offer.stage, next(subjects)))
    return tuple(teachers)


def _needed(offer: Offer) -> int:
    pupils = sum(offer.pupils)
    classes = sum(math.ceil(in_grade / _PUPILS_A_CLASS) for in_grade in offer.pupils)
    by_class = _TEACHERS_A_CLASS[offer.stage] * min(classes, offer.classrooms)
    return max(1, math.ceil(max(pupils / _PUPILS_A_TEACHER[offer.stage], by_class)))


def _subjects(rng: Generator, stage: Stage, kind: SchoolKind) -> Iterator[tuple[str, ...]]:
    """Yield the subjects of one teacher after another: each in turn, or a main one with another in a small school."""
    if kind in _SMALL:
        while True:
            yield ("语文", "道德与法治") if rng.random() < 0.55 else ("数学", "科学")
    every = names.SUBJECTS if stage is Stage.PRIMARY else names.JUNIOR_SUBJECTS
    main = every[:3]
    while True:
        for subject in main:
            yield (subject,)
        yield (every[int(rng.integers(len(main), len(every)))],)


def _teacher(
    rng: Generator,
    number: str,
    school: SchoolId,
    kind: SchoolKind,
    in_seat: bool,
    stage: Stage,
    subjects: tuple[str, ...],
) -> Teacher:
    small = kind in _SMALL
    age = round(min(max(rng.normal(_SMALL_MEAN_AGE if small else _MEAN_AGE, _AGE_SPREAD), _YOUNGEST), _OLDEST))
    backbone = _SMALL_BACKBONE if small else _SEAT_BACKBONE if in_seat else _BACKBONE
    return Teacher(
        id=TeacherId(number),
        school=school,
        licences=_licences(rng, stage),
        subjects=subjects,
        birth_year=TODAY - age,
        years_at_school=min(int(rng.exponential(9.0)), age - _YOUNGEST),
        backbone=bool(age >= 30 and rng.random() < backbone),
        post_grade=_post_grade(rng, age),
        exempt=_exemption(rng, age),
    )


def _licences(rng: Generator, stage: Stage) -> tuple[Stage, ...]:
    """The licence of the stage taught; some hold that of the next stage too."""
    above = _STAGES.index(stage) + 1
    if above < len(_STAGES) and rng.random() < _ALSO_LICENSED_ABOVE:
        return (stage, _STAGES[above])
    return (stage,)


def _post_grade(rng: Generator, age: int) -> str:
    chance = rng.random()
    if age >= 45 and chance < 0.25:
        return "高级"
    return "中级" if age >= 33 and chance < 0.75 else "初级"


def _exemption(rng: Generator, age: int) -> str:
    if age >= _NEAR_RETIREMENT:
        return "临近退休"
    chance = rng.random()
    if age <= 40 and chance < 0.02:
        return "产假哺乳期"
    return "患病" if chance > 0.99 else ""
