"""
From a district and a recipe to a forecast document: the whole chain as one plain function.

    sources linked -> outlook (children, two sides, errors, paths) -> warnings, peaks, small classes, migrants ->
    accuracy on the district's own rolls -> document

It needs no server and no database, so that a test or a notebook may call it.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, replace
from datetime import date

import numpy as np

from app.cases.forecast_document import (
    BoardingRow,
    ForecastDocument,
    MigrantRow,
    PeakRow,
    SmallClassRow,
    WarningRow,
)
from app.cases.recipe import Recipe
from app.jobs import forecast_wording as wording
from app.jobs.wording import norm_use
from data.domain.district import District
from data.domain.people import MigrantCount
from data.forecast.component import Variant
from data.monitoring import accuracy, boarding, migrants, outlook, peaks, small_classes, warning
from data.monitoring.ground import COLUMNS, class_rooms
from data.monitoring.layer import STAGES, Level
from data.monitoring.outlook import Outlook, Question
from data.monitoring.small_classes import StageSchools
from data.monitoring.warning import Colour
from data.norms import Norm, Norms
from data.reconcile import limits_of, of_one_source, reconcile
from solver.plan import Progress, Report, ShouldStop, never_stop, report_nothing

WARNED = (Level.DIVISION, Level.TOWNSHIP, Level.SCHOOL)
PEAKED = (Level.DIVISION, Level.TOWNSHIP)


def forecast_document(
    district: District,
    recipe: Recipe,
    *,
    dataset_hash: str,
    previous: ForecastDocument | None = None,
    report: Report = report_nothing,
    should_stop: ShouldStop = never_stop,
) -> ForecastDocument:
    """
    Forecast a district.

    Parameters
    ----------
    previous
        The forecast of the last signed report: hysteresis begins with the levels that it warned of for the base year.

    Raises
    ------
    PlanningError
        When the figures do not fit together.
    TimeoutError
        When ``should_stop`` said so between two phases: half a forecast is none.
    """
    started = time.perf_counter()

    def phase(name: str) -> None:
        if should_stop():
            raise TimeoutError(f"the forecast was stopped before its phase {name}")
        report(Progress(time.perf_counter() - started, name, None, None))

    day = recipe.as_of or date.today()
    norms = Norms.default()
    phase("sources")
    linked = reconcile(district, recipe.sources, limits=limits_of(norms, day))
    question = Question(
        last_year=recipe.last_year,
        fertility=Variant(recipe.fertility),
        migrants=recipe.migrants_change,
        paths=recipe.paths,
        seed=recipe.seed,
        band=recipe.band,
    )
    made = outlook.look_ahead(of_one_source(district, recipe.sources), question, norms, report=phase)
    phase("warnings")
    layers = made.layers
    warned = [
        row
        for level in WARNED
        for row in warning.watch(layers[level], norms, day, previous=_levels(previous, level, made.years[0]))
    ]
    measured = accuracy.of_rolls(made.ground)
    phase("document")
    return ForecastDocument(
        title=district.title,
        division=district.division,
        synthetic=district.synthetic,
        dataset_hash=dataset_hash,
        recipe=recipe.model_copy(update={"as_of": day}),
        base_year=made.years[0],
        years=made.years,
        stages=wording.stages_of(layers),
        method=wording.method(made),
        notes=wording.notes(made),
        levels={level.value: wording.places(layers[level], made.years) for level in Level},
        school_grades=wording.school_grades(made),
        variants=wording.variants(made),
        pyramids=wording.pyramids(made),
        corrections=wording.corrections(made),
        peaks=tuple(PeakRow(**asdict(row)) for level in PEAKED for row in peaks.find(layers[level])),
        warnings=tuple(WarningRow(**asdict(row)) for row in warned),
        small_classes=tuple(
            SmallClassRow(**asdict(row)) for row in small_classes.compare(_stage_schools(made, norms), norms, day)
        ),
        migrants=_migrants(made, norms, day),
        boarding=tuple(
            BoardingRow(**asdict(row)) for row in boarding.expected(made.ground, made.agreed.schools, made.years)
        ),
        sources=wording.sources(linked, district),
        accuracy=None if measured is None else measured.json(),
        accuracy_note=wording.accuracy_note(made, measured is not None),
        norms=tuple(norm_use(norm) for norm in _used(norms, day)),
    )


def _levels(previous: ForecastDocument | None, level: Level, year: int) -> dict[tuple[str, str], Colour]:
    """Levels by place and stage that a forecast warned of for a year, or for the last of its years before it."""
    if previous is None:
        return {}
    at = max((told for told in previous.years if told <= year), default=previous.years[0])
    rows = (row for row in previous.warnings if row.level == level and row.year == at)
    return {(row.id, row.stage): Colour(row.colour) for row in rows}


def _stage_schools(made: Outlook, norms: Norms) -> tuple[StageSchools, ...]:
    """Pupils, grades and classrooms of every stage that has classrooms and of which something is known."""
    layer = made.layers[Level.SCHOOL]
    rooms = class_rooms(made.ground.district, made.years)
    found = []
    for at, stage in enumerate(STAGES):
        rows = np.flatnonzero((rooms[:, at] > 0).any(axis=1) & (layer.middle[:, at] >= 0).any(axis=1))
        if rows.size:
            grades = made.agreed.schools[rows][:, COLUMNS[stage]]
            known = layer.middle[rows, at] >= 0
            found.append(
                StageSchools(
                    stage=stage,
                    years=made.years,
                    pupils=layer.middle[rows, at],
                    grades=np.where(known[:, None], grades, -1),
                    classrooms=np.maximum(rooms[rows, at], 0),
                )
            )
    return tuple(found)


def _migrants(made: Outlook, norms: Norms, day: date) -> tuple[MigrantRow, ...]:
    """Migrant children of the places that count them, and of the townships and divisions they add up to."""
    layers = made.layers
    counts = _by_id(made)
    names = {
        (level.value, id): name
        for level in Level
        for id, name in zip(layers[level].ids, layers[level].names, strict=True)
    }
    growth = migrants.growth_of(layers.values(), counts)
    rows = migrants.expected(counts, growth, made.years, names, norms, day)
    for finer, coarser in ((Level.SETTLEMENT, Level.TOWNSHIP), (Level.TOWNSHIP, Level.DIVISION)):
        rows = migrants.with_totals(rows, layers[finer], coarser, names, norms, day)
    return tuple(MigrantRow(**asdict(row)) for row in rows)


def _by_id(made: Outlook) -> tuple[MigrantCount, ...]:
    """Counts of migrants by the ids of the layers; of a township whose name two divisions have, by its name."""
    layer = made.layers[Level.TOWNSHIP]
    named = Counter(layer.names)
    id_of = {name: id for id, name in zip(layer.ids, layer.names, strict=True) if named[name] == 1}
    return tuple(
        replace(row, place=id_of.get(row.place, row.place)) if row.level == Level.TOWNSHIP else row
        for row in made.ground.district.migrants
    )


def _used(norms: Norms, day: date) -> tuple[Norm, ...]:
    """The norms that a forecast reads."""
    keys = (
        "class.",
        "warn.",
        "lead.",
        "act.",
        "rec.",
        "gov.migrant",
        "staff.ratio",
        "staff.kg_full_day",
        "school.max_size",
    )
    return tuple(norm for norm in norms.in_force(day) if norm.key.startswith(keys))
