"""The backtest of a district's own rolls, stored with every forecast."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data.backtest import Report, Task
from data.backtest.grades import GradeTask
from data.backtest.report import report
from data.domain.schools import STAGE_ZH
from data.monitoring.errors import FEWEST_YEARS
from data.monitoring.ground import Ground
from data.monitoring.layer import STAGES


def of_rolls(ground: Ground) -> Report | None:
    """
    Backtest the rolls of every stage, all divisions together; ``None`` where they are too short.

    Statistical models are fitted to the district as a whole only: for single schools they take minutes, and the
    histories tried by hand (docs/measurements.md) show what they are worth there.
    """
    tasks = tuple(_tasks(ground))
    return report(tasks) if tasks else None


def _tasks(ground: Ground) -> Iterator[Task]:
    for stage in STAGES:
        rows = np.flatnonzero(ground.has_roll(stage))
        if rows.size:
            history = ground.history(stage, rows)
            if len(history.years) >= FEWEST_YEARS:
                yield GradeTask(f"{stage.value} {STAGE_ZH[stage]}", history, "school", (), most_fits=0)
