"""An outlook in the words and rows of a forecast document."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from app.cases.forecast_document import (
    Conflict,
    Correction,
    Note,
    PlaceOutlook,
    PupilsByYear,
    Pyramid,
    SchoolGrades,
    Sources,
    SourceUse,
)
from data import reconcile
from data.domain.district import District
from data.domain.schools import GRADES, STAGE_ZH, Stage
from data.forecast.result import GRADES_IN_ORDER
from data.monitoring.errors import FEWEST_YEARS
from data.monitoring.layer import STAGES, Layer, Level
from data.monitoring.outlook import Outlook
from data.reconcile import Reconciled

MOST_CONFLICTS = 500
"""Conflicts that a document lists; all of them are counted."""

Floats = NDArray[np.float64]


def stages_of(layers: Mapping[Level, Layer]) -> tuple[str, ...]:
    """Name the stages of which the divisions know any year."""
    known = np.asarray((layers[Level.DIVISION].middle >= 0).any(axis=(0, 2)))
    return tuple(stage.value for stage, some in zip(STAGES, known, strict=True) if some)


def places(layer: Layer, years: tuple[int, ...]) -> tuple[PlaceOutlook, ...]:
    """Write the places of a layer."""
    some = np.asarray((layer.middle >= 0).any(axis=2))
    room = np.asarray((layer.offered >= 0).any(axis=2))
    pupils, low, high = (numbers.tolist() for numbers in (layer.middle, layer.low, layer.high))
    offered, shortage = layer.offered.tolist(), np.round(layer.shortage, 3).tolist()

    def by_stage(figures: list[list[int]], told: NDArray[np.bool_]) -> dict[str, PupilsByYear]:
        return {
            stage.value: tuple(None if value < 0 else value for value in figures[at])
            for at, stage in enumerate(STAGES)
            if told[at]
        }

    return tuple(
        PlaceOutlook.model_construct(
            id=id,
            name=name,
            parent=parent,
            pupils=by_stage(pupils[row], some[row]),
            low=by_stage(low[row], some[row]),
            high=by_stage(high[row], some[row]),
            places=by_stage(offered[row], room[row]),
            shortage={
                stage.value: tuple(None if math.isnan(value) else value for value in shortage[row][at])
                for at, stage in enumerate(STAGES)
                if room[row, at] and some[row, at]
            },
        )
        for row, (id, name, parent) in enumerate(zip(layer.ids, layer.names, layer.parents, strict=True))
    )


def school_grades(made: Outlook) -> tuple[SchoolGrades, ...]:
    """Write the pupils of every school by grade."""
    known = np.repeat(made.agreed.at_school, [len(GRADES[stage]) for stage in STAGES], axis=1)
    years = np.repeat(made.agreed.known, [len(GRADES[stage]) for stage in STAGES], axis=0)
    return tuple(
        SchoolGrades(
            id=str(school.id),
            name=school.name,
            grades={
                str(grade): tuple(
                    pupils if told else None
                    for pupils, told in zip(made.agreed.schools[row, at].tolist(), years[at].tolist(), strict=True)
                )
                for at, grade in enumerate(GRADES_IN_ORDER)
                if known[row, at]
            },
        )
        for row, school in enumerate(made.ground.district.schools)
        if known[row].any()
    )


def variants(made: Outlook) -> dict[str, dict[str, PupilsByYear]]:
    """Write the pupils of all divisions together by fertility."""
    return {
        variant.value: {
            stage.value: tuple(None if value < 0 else value for value in totals[at].tolist())
            for at, stage in enumerate(STAGES)
            if (totals[at] >= 0).any()
        }
        for variant, totals in made.variants.items()
    }


def pyramids(made: Outlook) -> tuple[Pyramid, ...]:
    """Write the people of every division that counts them at all ages."""
    found = []
    for outline in made.outlines:
        if outline.projection is None:
            continue
        years = [year for year in outline.projection.years if year >= made.years[0]] or [outline.projection.years[-1]]
        by_year = [outline.projection.pyramid(outline.division, year) for year in years]
        found.append(
            Pyramid(
                division=outline.division,
                years=tuple(years),
                ages=tuple(range(by_year[0].shape[1])),
                sexes=outline.projection.sexes,
                people={
                    sex: tuple(tuple(people[at].tolist()) for people in by_year)
                    for at, sex in enumerate(outline.projection.sexes)
                },
            )
        )
    return tuple(found)


def corrections(made: Outlook) -> tuple[Correction, ...]:
    """Write what each side said of every division and school, and what was agreed."""
    return tuple(row for stage in STAGES for row in _corrections(made, stage))


def _corrections(made: Outlook, stage: Stage) -> Iterable[Correction]:
    side, ground = made.sides[stage], made.ground
    of_children, of_rolls = (_summed(figures) for figures in (side.of_children, side.of_rolls))
    divisions, schools = made.layers[Level.DIVISION], made.layers[Level.SCHOOL]
    for row in range(len(ground.divisions)):
        mine = ground.school_division == row
        yield from _rows(divisions, row, stage, _together(of_children[mine]), _together(of_rolls[mine]))
    for row in np.flatnonzero(side.at_school).tolist():
        yield from _rows(schools, row, stage, of_children[row], of_rolls[row])


def _rows(layer: Layer, row: int, stage: Stage, cohort: Floats, school: Floats) -> Iterable[Correction]:
    agreed = layer.middle[row, STAGES.index(stage)]
    for at, year in enumerate(layer.years):
        if agreed[at] >= 0 and (math.isfinite(cohort[at]) or math.isfinite(school[at])):
            yield Correction.model_construct(
                level=layer.level.value,
                id=layer.ids[row],
                name=layer.names[row],
                stage=stage.value,
                year=year,
                cohort_side=_told(cohort[at]),
                school_side=_told(school[at]),
                agreed=int(agreed[at]),
            )


def _summed(figures: Floats) -> Floats:
    """Sum the grades of schools, shape (S, Y); NaN where a side says nothing of a grade."""
    return np.asarray(figures.sum(axis=1))


def _together(figures: Floats) -> Floats:
    """Sum schools of which a side says something, shape (Y,); NaN where it says nothing of any."""
    return np.where(np.isfinite(figures).any(axis=0), np.nansum(figures, axis=0), np.nan)


def _told(value: float) -> float | None:
    return round(float(value), 1) if math.isfinite(value) else None


def sources(linked: Reconciled, district: District) -> Sources:
    """Write what each source gave, what contradicts, and what is missing."""
    names = {str(home.id): home.name for home in district.settlements}
    rows = sorted(linked.conflicts, key=lambda row: -abs(row.second.count - row.first.count))
    return Sources(
        used=tuple(_used(linked, district)),
        conflicts=tuple(_conflict(row, names) for row in rows[:MOST_CONFLICTS]),
        conflicts_in_all=len(linked.conflicts),
        gaps=tuple(Note(text=gap.reason, text_zh=gap.reason_zh) for gap in linked.gaps[:MOST_CONFLICTS]),
    )


def _used(linked: Reconciled, district: District) -> Iterable[SourceUse]:
    for (table, source), part in linked.ages.groupby(["told_as", "source"], sort=True):
        years = part["year"]
        yield SourceUse(
            source=str(source),
            table=str(table),
            cells=len(part),
            first_year=int(years.min()),
            last_year=int(years.max()),
        )
    if district.roll:
        rolls = [row.year for row in district.roll]
        yield SourceUse(
            source=reconcile.ROLLS, table="roll", cells=len(rolls), first_year=min(rolls), last_year=max(rolls)
        )


def _conflict(row: reconcile.Conflict, names: Mapping[str, str]) -> Conflict:
    return Conflict(
        kind=row.kind,
        level=row.level,
        place=row.place,
        name=names.get(row.place, row.place),
        year=row.second.year,
        cohort=str(row.cohort),
        first=row.first.count,
        first_source=row.first.source,
        second=row.second.count,
        second_source=row.second.source,
        ratio=round(row.ratio, 4) if math.isfinite(row.ratio) else None,
        reason=row.reason,
        reason_zh=row.reason_zh,
    )


def accuracy_note(made: Outlook, measured: bool) -> Note:
    """Say what the accuracy rests on."""
    years = len(made.ground.roll_years)
    if measured:
        return Note(
            text=f"Measured on this dataset's own rolls of {years} years, from every earlier year in turn: the school "
            "side alone, with births where they are told. Agreed with the children of the zones a forecast knows more.",
            text_zh=f"用本数据集{years}年的在校生数逐年回测得出,只回测学校侧(有出生数时含出生数);与片区适龄儿童协调后的预测依据更多。",
        )
    return Note(
        text=f"Years of roll in the dataset: {years}; a backtest needs {FEWEST_YEARS} or more. Bands are those of a "
        "published history.",
        text_zh=f"本数据集在校生数只有{years}年,回测至少需要{FEWEST_YEARS}年;区间按已发表的历史误差给出。",
    )


def method(made: Outlook) -> tuple[Note, ...]:
    """Say how the forecast was made, part by part."""
    own = made.measured.on_own_rolls
    return (
        Note(
            text="Cohorts aged from the latest count of ages, or from births (4/12 and 8/12 where months are not "
            "told); births to come by the fertility of the variant; moves and deaths where a division counts all ages.",
            text_zh="以最近分年龄人口或出生数为起点逐年推移(无分月出生数时按4/12与8/12);未来出生按所选生育方案;"
            "有全年龄人口的区县另计死亡与迁移。",
        ),
        Note(
            text="Grades of every school progressed by ratios drawn to those of the district by size; entrants are the "
            "children of its zone times the share its school teaches.",
            text_zh="各校按年级递进法推算,升级比率按规模向全区收缩;新生为片区适龄儿童乘以该校吸纳比例。",
        ),
        Note(
            text="Both sides brought to agreement by least squares, each weighted by its error, so that settlements, "
            "zones, schools and divisions add up in every year.",
            text_zh="两侧按误差大小加权最小二乘协调,使村社区、片区、学校、区县各年各学段相加一致。",
        ),
        Note(
            text=f"Bands from {made.question.paths} sample paths, seed {made.question.seed}; errors measured on "
            + ("this dataset's own rolls." if own else "a published history, the rolls here being too short."),
            text_zh=f"区间由{made.question.paths}条样本路径得出,种子{made.question.seed};误差"
            + ("按本数据集在校生历史回测。" if own else "取自已发表的历史(本数据集在校生年数不足)。"),
        ),
    )


def notes(made: Outlook) -> tuple[Note, ...]:
    """Write what was assumed or held."""
    found = [Note(text=text, text_zh=zh) for text, zh in zip(made.notes, made.notes_zh, strict=True)]
    unknown = [
        (stage, [year for year, told in zip(made.years, made.agreed.known[at].tolist(), strict=True) if not told])
        for at, stage in enumerate(STAGES)
    ]
    for stage, years in unknown:
        if years:
            span = str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"
            found.append(
                Note(
                    text=f"Nothing is known of {stage} pupils in {span}: no ages, births or rolls tell of them.",
                    text_zh=f"{span}年{STAGE_ZH[stage]}学生数未知:没有相应的年龄、出生或在校生数。",
                )
            )
    for stage in STAGES:
        declared = any(row.stage is stage for row in made.ground.district.demand)
        if not declared and not made.ground.has_roll(stage).any() and made.agreed.known[STAGES.index(stage)].any():
            found.append(
                Note(
                    text=f"There is no roll of {stage}: its figures are children of that age, not pupils.",
                    text_zh=f"没有{STAGE_ZH[stage]}在校生数:该学段为适龄儿童数,不是在校生数。",
                )
            )
    return tuple(found)
