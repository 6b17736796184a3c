"""The figures of a report: children with their bands against places, places left over or lacking, people by age."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from app.cases import forecast_document as told
from app.cases.forecast_document import PupilsByYear
from app.reports.monitoring import words
from app.reports.monitoring.blocks import Axis, Figure, Mark, MarkKind, Panel, Pyramid
from app.reports.published import SMALLEST_SHOWN

GROUP_YEARS = 5
"""Ages of one bar of a pyramid."""

Stages = Mapping[str, PupilsByYear]


def children(years: Sequence[int], pupils: Stages, low: Stages, high: Stages, places: Stages, *, band: float) -> Figure:
    """Draw pupils by stage as a line within its band, beside the places."""
    panels = [
        Panel(
            title=_stage_title(stage),
            kind="line",
            years=tuple(years),
            middle=_shown(pupils[stage]),
            low=_shown(low[stage]),
            high=_shown(high[stage]),
            steps=places.get(stage, ()),
            axis=axis(0, _most(high[stage], pupils[stage], places.get(stage, ()))),
        )
        for stage in words.in_order(pupils)
    ]
    return Figure(
        name="children",
        caption="分学段学龄儿童与学位 Children by stage against places",
        says="各学段逐年学生数、区间与学位",
        panels=tuple(panels),
        legend=(
            Mark("line", "学生数 Pupils"),
            Mark("band", f"{band:.0%}区间 Band"),
            Mark("steps", "学位 Places"),
        ),
    )


def balance(years: Sequence[int], pupils: Stages, low: Stages, high: Stages, places: Stages) -> Figure:
    """Draw the places left over (up) or lacking (down) by stage, with the band of the pupils turned over."""
    panels = []
    for stage in words.in_order(pupils):
        if stage not in places:
            continue
        middle = _left(places[stage], pupils[stage])
        worst, best = _left(places[stage], high[stage]), _left(places[stage], low[stage])
        panels.append(
            Panel(
                title=_stage_title(stage),
                kind="bars",
                years=tuple(years),
                middle=middle,
                low=worst,
                high=best,
                steps=(),
                axis=axis(min(0, _least(worst, middle)), max(0, _most(best, middle))),
            )
        )
    return Figure(
        name="balance",
        caption="分学段学位余缺 Places left over or lacking",
        says="各学段逐年学位减学生数，细线为区间",
        panels=tuple(panels),
        legend=(Mark("plus", "富余 Left over"), Mark("minus", "不足 Lacking"), Mark("line", "区间 Band")),
    )


def pyramid(people: told.Pyramid) -> Figure:
    """Draw the people of the first and the last year by groups of five ages; groups under five people stay empty."""
    starts = range(0, max(people.ages) + 1, GROUP_YEARS) if people.ages else range(0)
    last = starts[-1] if starts else 0
    groups = tuple(f"{start}+" if start == last else f"{start}–{start + GROUP_YEARS - 1}" for start in starts)
    chosen = sorted({0, len(people.years) - 1}) if people.years else []
    counts = {
        (sex, at): tuple(_group(people, sex, at, start) for start in starts) for sex in people.sexes for at in chosen
    }
    marks = axis(0, max((count for bars in counts.values() for count in bars), default=1))
    names = tuple(words.SEX.get(sex, sex) for sex in people.sexes)
    sides: tuple[MarkKind, ...] = ("left", "right")
    panels = tuple(
        Pyramid(
            title=f"{people.years[at]}年",
            groups=groups,
            left=counts[people.sexes[0], at],
            right=counts[people.sexes[1], at] if len(people.sexes) > 1 else (),
            axis=marks,
            left_name=names[0],
            right_name=names[1] if len(names) > 1 else "",
        )
        for at in chosen
    )
    return Figure(
        name="pyramid",
        caption="人口年龄结构 People by age",
        says="基准年与末年分年龄组人口",
        panels=panels,
        legend=tuple(Mark(kind, name) for kind, name in zip(sides, names, strict=False)),
    )


def axis(least: float, most: float) -> Axis:
    """Choose round marks, four to eight, from at or below the least to at or above the most."""
    step = _round_step(max(most - least, 4) / 5)
    return Axis(tuple(range(math.floor(least / step) * step, (math.ceil(most / step) or 1) * step + 1, step)))


def _round_step(rough: float) -> int:
    power = 10 ** math.floor(math.log10(max(rough, 1)))
    return int(next(power * times for times in (1, 2, 5, 10) if power * times >= rough))


def _stage_title(stage: str) -> str:
    return f"{words.stage(stage)} {words.STAGE_EN.get(stage, stage)}"


def _group(people: told.Pyramid, sex: str, at: int, start: int) -> int:
    last = start + GROUP_YEARS > max(people.ages)
    found = sum(
        count
        for age, count in zip(people.ages, people.people[sex][at], strict=True)
        if age >= start and (last or age < start + GROUP_YEARS)
    )
    return found if found >= SMALLEST_SHOWN else 0


def _shown(counts: PupilsByYear) -> PupilsByYear:
    """Leave out counts too small to be shown."""
    return tuple(None if words.small(count) else count for count in counts)


def _left(places: PupilsByYear, pupils: PupilsByYear) -> PupilsByYear:
    return tuple(
        None if room is None or count is None or words.small(count) else room - count
        for room, count in zip(places, pupils, strict=True)
    )


def _most(*series: PupilsByYear) -> int:
    return max((value for values in series for value in values if value is not None), default=1)


def _least(*series: PupilsByYear) -> int:
    return min((value for values in series for value in values if value is not None), default=0)
