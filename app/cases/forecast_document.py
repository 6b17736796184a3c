"""The forecast as stored, sent and shown: children by place, stage and year, bands, warnings, and its own accuracy."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.cases.plan_document import NormUse, Part
from app.cases.recipe import Recipe

PupilsByYear = tuple[int | None, ...]
"""One number a year, in the order of the document's years; ``None`` where nothing is known."""


class Note(Part):
    """Something assumed, held, left out or found contradictory, in words."""

    text: str
    text_zh: str


class PlaceOutlook(Part):
    """
    One place of a level.

    ``pupils``, ``low``, ``high``, ``places``, ``shortage`` (share of paths with too few places) by stage, one value a
    year; a stage of which nothing is known, or which has no places, is left out.
    """

    id: str
    name: str
    parent: str
    pupils: dict[str, PupilsByYear]
    low: dict[str, PupilsByYear]
    high: dict[str, PupilsByYear]
    places: dict[str, PupilsByYear]
    shortage: dict[str, tuple[float | None, ...]]


class WarningRow(Part):
    """
    The warning of one place, stage and year.

    ``colour``: ``red``, ``orange``, ``yellow`` (shortage), ``normal``, ``blue`` (surplus). ``colour_low`` and
    ``colour_high``: at the ends of the band. ``worst_ahead``: the worst of this year and the next two. ``act_by``: the
    last date on which ``action`` (``build``, ``convert``, ``transfer``, ``merge``) still helps in time.
    """

    level: str
    id: str
    name: str
    parent: str
    stage: str
    year: int
    pupils: int
    low: int
    high: int
    places: int
    utilisation: float
    colour: str
    colour_low: str
    colour_high: str
    worst_ahead: str
    shortage_probability: float
    surplus_probability: float
    action: str | None
    act_by: date | None
    overdue: bool
    reason: str
    reason_zh: str


class PeakRow(Part):
    """
    Peak and trough of a stage at a division or township.

    ``change_to_last`` is relative to the peak. ``surplus_years``: years with pupils under the places after the peak;
    ``deepest_surplus``: places left in the emptiest year.
    """

    level: str
    id: str
    name: str
    stage: str
    peak_year: int
    peak_pupils: int
    peak_is_first_year: bool
    trough_year: int
    trough_pupils: int
    last_year: int
    last_pupils: int
    change_to_last: float
    surplus_years: int
    deepest_surplus: int | None
    deepest_surplus_year: int | None


class SmallClassRow(Part):
    """What a class norm means for a stage in a year: classes, places, teachers needed, and the rooms that lack."""

    stage: str
    class_norm: int
    year: int
    pupils: int
    classes: int
    classrooms: int
    classrooms_missing: int
    teachers: float
    mean_class: float


class MigrantRow(Part):
    """Migrant children of a stage in a year and the public places they find; ``change`` is -0.2, 0 or 0.2."""

    level: str
    id: str
    name: str
    stage: str
    year: int
    change: float
    migrants: int
    in_public: int
    coverage: float
    gap: int


class BoardingRow(Part):
    """Boarders of a school and stage in a year, and the beds they find; ``missing`` is what lacks."""

    id: str
    name: str
    stage: str
    year: int
    boarders: int
    beds: int
    missing: int


class Conflict(Part):
    """Two figures that should agree and do not; both stay as they were told."""

    kind: str
    level: str
    place: str
    name: str
    year: int
    cohort: str
    first: float
    first_source: str
    second: float
    second_source: str
    ratio: float | None
    reason: str
    reason_zh: str


class SourceUse(Part):
    """How many cells of the age table one source gave."""

    source: str
    table: str
    cells: int
    first_year: int
    last_year: int


class Sources(Part):
    """The sources linked: what each gave, what contradicts, what is missing."""

    used: tuple[SourceUse, ...]
    conflicts: tuple[Conflict, ...]
    conflicts_in_all: int
    gaps: tuple[Note, ...]


class Correction(Part):
    """
    How the two sides of a forecast were brought together at one place, stage and year.

    ``cohort_side``: children of the place, aged; ``school_side``: pupils progressed from grade to grade; ``None`` where
    a side knows nothing.
    """

    level: str
    id: str
    name: str
    stage: str
    year: int
    cohort_side: float | None
    school_side: float | None
    agreed: int


class Pyramid(Part):
    """People of a division by sex and completed age, ``[year][age]``; ``sexes``: male and female, or both together."""

    division: str
    years: tuple[int, ...]
    ages: tuple[int, ...]
    sexes: tuple[str, ...]
    people: dict[str, tuple[tuple[int, ...], ...]]


class SchoolGrades(Part):
    """Pupils of one school by grade, one value a year."""

    id: str
    name: str
    grades: dict[str, PupilsByYear]


class ForecastDocument(Part):
    """
    A whole forecast.

    ``levels`` maps ``division``, ``township``, ``school`` (with its zone) and ``settlement`` to their places.
    ``variants``: pupils of the district by fertility, stage and year. ``accuracy``: the report of the backtest on this
    dataset's own rolls (``None`` where they are too short, see ``accuracy_note``).
    """

    title: str
    division: str
    synthetic: bool
    dataset_hash: str
    recipe: Recipe
    base_year: int
    years: tuple[int, ...]
    stages: tuple[str, ...]
    method: tuple[Note, ...]
    notes: tuple[Note, ...]
    levels: dict[str, tuple[PlaceOutlook, ...]]
    school_grades: tuple[SchoolGrades, ...]
    variants: dict[str, dict[str, PupilsByYear]]
    pyramids: tuple[Pyramid, ...]
    corrections: tuple[Correction, ...]
    peaks: tuple[PeakRow, ...]
    warnings: tuple[WarningRow, ...]
    small_classes: tuple[SmallClassRow, ...]
    migrants: tuple[MigrantRow, ...]
    boarding: tuple[BoardingRow, ...] = ()
    sources: Sources
    accuracy: dict[str, Any] | None
    accuracy_note: Note
    norms: tuple[NormUse, ...]
