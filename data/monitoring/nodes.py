"""What stands between a division and its settlements at a stage: zones, else townships, else nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import Stage
from data.monitoring.ground import Ground, Indices
from data.monitoring.layer import STAGES

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """
    What stands between a division and its settlements at a stage: N nodes.

    Attributes
    ----------
    of_home
        Shape (V,): the node of each settlement; ``None`` where nothing stands between.
    of_school
        Shape (S,): the node that each school belongs to.
    division
        Shape (N,).
    """

    of_home: Indices | None
    of_school: Indices
    division: Indices

    @staticmethod
    def of(ground: Ground, stage: Stage) -> Nodes:
        """
        Choose the nodes: zones where the stage has them; else townships, where each with children has a school of the
        stage, so that its children can be taken to go to school there; else the schools, and no settlement under them.
        """
        schools = np.arange(len(ground.district.schools))
        divisions = np.arange(len(ground.divisions))
        zone = ground.zone[STAGES.index(stage)]
        if ground.zoned(stage):
            without = len(schools) + divisions
            home = np.where(zone >= 0, zone, without[ground.settlement_division])
            shares_homes = ~ground.with_zone(stage) & np.isin(without, home)[ground.school_division]
            school = np.where(shares_homes, without[ground.school_division], schools)
            return Nodes(home, school, np.concatenate([ground.school_division, divisions]))
        here = np.bincount(ground.school_township[ground.has_roll(stage)] + 1, minlength=len(ground.townships) + 1)[1:]
        if len(ground.townships) > 1 and (here[np.unique(ground.settlement_township)] > 0).all():
            codes = {code: number for number, code in enumerate(ground.divisions)}
            of_town = np.array([codes[division] for division, _ in ground.townships], dtype=np.intp)
            without = len(of_town) + ground.school_division
            school = np.where(ground.school_township >= 0, ground.school_township, without)
            return Nodes(ground.settlement_township, school, np.concatenate([of_town, divisions]))
        return Nodes(None, schools, ground.school_division)

    def summed(self, figures: Floats) -> Floats:
        """Add schools up to their nodes, shape (N, ...); NaN where nothing is told of any."""
        return summed(figures, self.of_school, len(self.division))


def summed(figures: Floats, groups: Indices, count: int) -> Floats:
    """Add figures (n, ...) up by group, shape (count, ...); NaN where nothing is told of any of a group."""
    told = np.isfinite(figures)
    sums, some = np.zeros((count, *figures.shape[1:])), np.zeros((count, *figures.shape[1:]))
    np.add.at(sums, groups, np.where(told, figures, 0.0))
    np.add.at(some, groups, told)
    return np.where(some > 0, sums, np.nan)


def ratio(after: Floats, before: Floats, groups: Indices, count: int) -> Floats:
    """Divide sums by group, shape (count, Y); 1 where there was nothing before."""
    now, then = (np.nan_to_num(summed(figures, groups, count)) for figures in (after, before))
    return np.divide(now, then, out=np.ones_like(now), where=then > 0)
