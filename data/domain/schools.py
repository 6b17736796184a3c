"""Schools, their sites by stage, today's pupils and today's zones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from shapely import Point

from data.domain.divisions import DivisionCode
from data.domain.settlements import SettlementId
from data.errors import BadRow

SchoolId = NewType("SchoolId", str)


class Stage(StrEnum):
    """A stage of schooling 学段."""

    PRESCHOOL = "preschool"
    PRIMARY = "primary"
    JUNIOR = "junior"
    SENIOR = "senior"


GRADES: dict[Stage, tuple[int, ...]] = {
    Stage.PRESCHOOL: (-2, -1, 0),
    Stage.PRIMARY: (1, 2, 3, 4, 5, 6),
    Stage.JUNIOR: (7, 8, 9),
    Stage.SENIOR: (10, 11, 12),
}
"""Grades of each stage; a child of grade g has completed age g + 5 on 31 August (grade 1: six, ``zone.age``)."""

STAGE_OF_GRADE: dict[int, Stage] = {grade: stage for stage, grades in GRADES.items() for grade in grades}


STAGE_ZH: dict[Stage, str] = {
    Stage.PRESCHOOL: "学前",
    Stage.PRIMARY: "小学",
    Stage.JUNIOR: "初中",
    Stage.SENIOR: "高中",
}
"""Names of the stages in Chinese, for notes and reasons."""


class SchoolKind(StrEnum):
    """The registered kind of a school 学校类别."""

    TEACHING_POINT = "teaching_point"  # 教学点
    VILLAGE_PRIMARY = "village_primary"  # 村小
    FULL_PRIMARY = "full_primary"  # 完全小学
    JUNIOR = "junior"  # 初级中学
    NINE_YEAR = "nine_year"  # 九年一贯制
    TWELVE_YEAR = "twelve_year"  # 十二年一贯制
    COMPLETE_MIDDLE = "complete_middle"  # 完全中学
    SENIOR = "senior"  # 高级中学
    KINDERGARTEN = "kindergarten"  # 幼儿园
    SPECIAL = "special"  # 特殊教育


@dataclass(frozen=True, slots=True)
class School:
    """
    A school.

    Attributes
    ----------
    public
        Public 公办; a private school is never closed by a plan and takes no zone.
    protected
        Kept by decision: rule 10 holds it open.
    cluster
        Name of its 教共体, empty when in none.
    point
        Longitude and latitude, EPSG:4326.
    """

    id: SchoolId
    name: str
    division: DivisionCode
    kind: SchoolKind
    point: Point
    township: str = ""
    public: bool = True
    protected: bool = False
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """
    What a school offers at one stage.

    Attributes
    ----------
    classrooms
        Ordinary classrooms in use or ready.
    class_size
        Pupils a class, when smaller than the norm by local decision; ``None`` means the norm.
    ready_classrooms, ready_year
        Classrooms being added and the first 1 September they serve.
    beds
        Boarding beds.
    places
        Places 学位 as declared by the authority, used instead of classrooms x class size when given.
    running_cost
        Yuan a year that the site costs whatever its pupils; ``None`` means the district's parameter.
    teaching_area, sport_area
        Square metres.
    equipment_value
        Yuan.
    """

    school: SchoolId
    stage: Stage
    classrooms: int
    class_size: int | None = None
    ready_classrooms: int = 0
    ready_year: int | None = None
    beds: int = 0
    places: int | None = None
    running_cost: int | None = None
    teaching_area: float | None = None
    sport_area: float | None = None
    equipment_value: float | None = None
    media_rooms: int | None = None

    def __post_init__(self) -> None:
        for name in ("classrooms", "ready_classrooms", "beds"):
            if getattr(self, name) < 0:
                raise BadRow("sites", self.school, f"{name} is {getattr(self, name)}, expected 0 or more")

    def classrooms_in(self, year: int) -> int:
        """Count the classrooms that serve on 1 September of ``year``."""
        added = self.ready_classrooms if self.ready_year is not None and self.ready_year <= year else 0
        return self.classrooms + added


@dataclass(frozen=True, slots=True)
class RollCount:
    """Pupils on the roll of one school in one grade on 1 September of ``year``; no ``sex``: both together."""

    school: SchoolId
    year: int
    grade: int
    pupils: int
    sex: str | None = None
    boarders: int = 0

    def __post_init__(self) -> None:
        if self.grade not in STAGE_OF_GRADE:
            raise BadRow("roll", self.school, f"grade is {self.grade}, expected -2 to 12")
        if self.pupils < 0 or not 0 <= self.boarders <= self.pupils:
            raise BadRow("roll", self.school, f"{self.pupils} pupils with {self.boarders} boarders cannot be")


@dataclass(frozen=True, slots=True)
class ZoneToday:
    """The school whose zone a settlement belongs to today, at one stage."""

    settlement: SettlementId
    stage: Stage
    school: SchoolId
