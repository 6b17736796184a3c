"""The backtest of a district's own rolls, stored with every forecast."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from data.backtest import Report, Task
from data.backtest.grades import GradeTask
from data.backtest.report import report
from data.domain.schools import STAGE_ZH, Stage
from data.forecast.places import DIVISION, SETTLEMENT, TOWNSHIP
from data.monitoring.errors import FEWEST_YEARS
from data.monitoring.ground import Ground
from data.monitoring.layer import STAGES


def of_rolls(ground: Ground) -> Report | None:
    """
    Backtest the rolls of every stage, all divisions together; ``None`` where they are too short.

    Statistical models are fitted to the district as a whole only: for single schools they take minutes, and the
    histories tried by hand (docs/forecast.md) show what they are worth there.
    """
    tasks = tuple(_tasks(ground))
    return report(tasks) if tasks else None


def _tasks(ground: Ground) -> Iterator[Task]:
    for stage in STAGES:
        rows = np.flatnonzero(ground.has_roll(stage))
        if rows.size:
            history = ground.history(stage, rows)
            if len(history.years) >= FEWEST_YEARS:
                told = replace(history, births=_births(ground)) if stage in _FOLLOW_BIRTHS else history
                yield GradeTask(f"{stage.value} {STAGE_ZH[stage]}", told, "school", (), most_fits=0)


_FOLLOW_BIRTHS = (Stage.PRESCHOOL, Stage.PRIMARY)
"""Stages whose entrants are forecast from births; those of the others come from the grade before."""


def _births(ground: Ground) -> Mapping[int, float] | None:
    """Births of the district by calendar year, as the finest level tells them; ``None`` where none are told."""
    by_level: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for row in ground.district.births:
        by_level[row.level][row.year] += row.count
    finest = next((by_level[level] for level in (SETTLEMENT, TOWNSHIP, DIVISION) if level in by_level), None)
    return dict(finest) if finest else None
