"""Teachers, by pseudonymous id; names never enter the system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from data.domain.schools import SchoolId, Stage

TeacherId = NewType("TeacherId", str)


@dataclass(frozen=True, slots=True)
class Teacher:
    """
    A teacher.

    Attributes
    ----------
    licences
        Stages of the licences held 教师资格.
    backbone
        County level or above 骨干教师.
    years_at_school
        Full school years served at the present school.
    exempt
        Reason for exemption from rotation, empty when none.
    """

    id: TeacherId
    school: SchoolId
    licences: tuple[Stage, ...]
    subjects: tuple[str, ...]
    birth_year: int
    years_at_school: int
    backbone: bool = False
    post_grade: str = ""
    exempt: str = ""
