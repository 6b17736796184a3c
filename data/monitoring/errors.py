"""
How far forecasts are off, by years ahead: measured on the rolls at hand where they are long enough.

Both sides (`data.monitoring.sides`) are asked again in every earlier year of the rolls, with the rolls up to it and the
children as they are known today, and compared with what came: the school side by size of school and for each division
as a whole (`data.forecast.spread`), the cohort side at schools (`data.forecast.capture.spread`). What a division errs
beyond what its schools err each by itself is common to them. Rolls too short for that are taken to err as a published
history does, and a horizon longer than any measured as the longest, in proportion to the years.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import GRADES, Stage
from data.forecast import capture, spread
from data.forecast.capture import Spread
from data.forecast.cohort import AGE_AT_ENTRY
from data.forecast.history import History
from data.forecast.paths import Errors
from data.forecast.progression import Projection
from data.monitoring import sides
from data.monitoring.children import Known
from data.monitoring.cohort_side import Children
from data.monitoring.ground import COLUMNS, Ground, Indices
from data.monitoring.layer import STAGES
from data.monitoring.sides import Alone, Weights

Floats = NDArray[np.float64]

FEWEST_YEARS = 4
"""Years of roll that a measurement needs: two to begin from, and two to compare with."""
FEWEST_CASES = 30
LONGEST = 5
"""Years ahead that are measured."""
LEAST_WEIGHT = 0.02
"""Of either side in their agreement."""
OLDEST_CHILD = 17
"""Age at the latest count up to which a cohort is taken to have been where it is now."""

PUBLISHED_SCHOOL, PUBLISHED_COMMON = Spread(0.0006, 0.6), 0.0003
"""
A year ahead, as this code measures it on the elementary schools of Eau Claire without births, 1998 to 2019: spread of
single schools by size, and variance of the district as a whole; both grow in proportion to the years.
"""
EXACT = Spread(0.0, 0.0)
"""Of a roll, in its year."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """
    Errors by years ahead.

    Attributes
    ----------
    weights
        Of the two sides, by stage.
    common, school
        What all schools of a division err together (variance of the log), and a school in all; by years ahead, 0 first.
    on_own_rolls
        Measured here, not taken from a published history.
    """

    weights: Mapping[Stage, Weights]
    common: Floats
    school: Sequence[Spread]
    on_own_rolls: bool

    def at(self, years: Sequence[int], counted: int) -> Errors:
        """Give the errors of years, those up to the year counted without any."""
        ahead = np.array([max(year - counted, 0) for year in years])
        common = _extended(self.common, ahead)
        floor = _extended(np.array([one.floor for one in self.school]), ahead)
        return Errors(
            common=common,
            zone=np.maximum(floor - common, 0.0),
            chance=_extended(np.array([one.falling for one in self.school]), ahead),
        )


def measure(ground: Ground, told: Known) -> Measured:
    """Measure the errors of a district, all stages with enough roll together."""
    again = {stage: _again(ground, told, stage) for stage in STAGES}
    tried = _progressed(ground, again)
    schools, common = (_published(), _in_proportion(PUBLISHED_COMMON)) if tried is None else tried
    weights = Weights(cohort=_of_children(ground, again, schools) or schools, school=schools)
    return Measured(dict.fromkeys(STAGES, weights), common, schools, tried is not None)


def _again(ground: Ground, told: Known, stage: Stage) -> dict[int, Alone]:
    """
    Say again what either side would have said of a stage in every roll year but the last, of the years after it.

    The children are those counted since. Where those of the year itself are not known, or have grown up since, so that
    no share of them could be measured, the cohort side says nothing, nor the school side of who entered later.
    """
    held = np.zeros((len(told.pupils), len(STAGES), len(told.years)), dtype=np.bool_)
    oldest = GRADES[stage][-1] + AGE_AT_ENTRY - 1
    found = {}
    for year in ground.roll_years[:-1] if ground.has_roll(stage).any() else ():
        ahead = tuple(range(year, min(year + LONGEST, ground.roll_years[-1]) + 1))
        children = Children(told.pupils, told.years, told.counted, held)
        alone = sides.alone(ground.upto(year), stage, children, ahead)
        measured = alone.share_measured and oldest + told.counted - year <= OLDEST_CHILD
        if not measured:
            alone.of_children[:] = np.nan
            for step in range(1, len(ahead) if told.cohort is not None else 0):
                alone.of_rolls[:, :step, step] = np.nan
        found[year] = alone
    return found


def _progressed(ground: Ground, again: Mapping[Stage, Mapping[int, Alone]]) -> tuple[tuple[Spread, ...], Floats] | None:
    """Spreads of schools and variances of divisions by years ahead, 0 first; ``None`` where there are too few cases."""
    found: dict[str, list[spread.Errors]] = defaultdict(list)
    counts = []
    for stage in STAGES:
        for division in range(len(ground.divisions)):
            rows = np.flatnonzero(ground.has_roll(stage) & (ground.school_division == division))
            history = ground.history(stage, rows) if rows.size else None
            if history is not None and history.told.any(axis=0).sum() >= FEWEST_YEARS:
                projections = _of_schools(again[stage], history, rows)
                for unit, errors in spread.past_errors(history, projections, _units).items():
                    found[unit].append(errors)
                counts.append(_alike(history.pupils[:, :, -1].sum(axis=1)))
    whole = {unit: _joined(errors) for unit, errors in found.items()}
    of_schools, of_wholes = _larger(whole, "school", FEWEST_CASES), _larger(whole, "district", 1)
    if of_schools is None or of_wholes is None:
        return None
    size, count = float(np.median(whole["district 1"].size)), float(np.median(counts))
    variances = [one.floor + one.falling / size for one in of_wholes]
    common = [_shared(variances[step], of_schools[step], size, count) for step in range(LONGEST + 1)]
    return of_schools, np.maximum.accumulate(np.array(common))


def _of_schools(again: Mapping[int, Alone], history: History, rows: Indices) -> dict[int, Projection]:
    """Take what the school side said of some schools in the years in which their history is counted, the first not."""
    found = {}
    for year, alone in again.items():
        at = year - history.years[0]
        if 0 < at < len(history.years) and history.told[:, at].any() and not history.left_out[at]:
            own = alone.of_rolls[rows][:, :, 1:]
            exists = np.isfinite(own).any(axis=(1, 2))
            ahead = tuple(range(year + 1, year + 1 + own.shape[2]))
            found[year] = Projection(ahead, own, own[exists].sum(axis=0), np.full(own.shape[:2], np.nan))
    return found


def _units(pupils: Floats, district: Floats) -> dict[str, Floats]:
    """Totals of schools and district: of all grades, and of those that were at school 1, 2, ... years before."""
    found = {"school total": pupils.sum(axis=1), "district total": district.sum(axis=0, keepdims=True)}
    for step in range(1, min(LONGEST, len(district) - 1) + 1):
        found[f"school {step}"] = pupils[:, step:].sum(axis=1)
        found[f"district {step}"] = district[step:].sum(axis=0, keepdims=True)
    return found


def _larger(found: Mapping[str, spread.Errors], unit: str, fewest: int) -> tuple[Spread, ...] | None:
    """
    Give the larger of two spreads by years ahead, 0 first: of all grades, and of those at school at the origin.

    The children who enter are those counted since, so that their moves before they entered are in the second alone.
    ``None`` where neither has as many cases a year ahead.
    """
    steps = [step for step in range(1, LONGEST + 1) if f"{unit} {step}" in found]
    if not steps:
        return None
    stayed = _joined([_of_step(found[f"{unit} {step}"], step) for step in steps])
    tried = [errors for errors in (found[f"{unit} total"], stayed) if int((errors.horizon == 1).sum()) >= fewest]
    if not tried:
        return None
    size = float(np.median(tried[0].size))
    spreads = [_by_step(spread.fitted(errors, LONGEST)) for errors in tried]
    return tuple(max(both, key=lambda one: one.floor + one.falling / size) for both in zip(*spreads, strict=True))


def _of_step(errors: spread.Errors, step: int) -> spread.Errors:
    keep = errors.horizon == step
    return spread.Errors(errors.log[keep], errors.size[keep], errors.horizon[keep], errors.origin[keep])


def _alike(sizes: Floats) -> float:
    """The number of schools of one size whose sum varies as that of these does: (sum of sizes)^2 / sum of squares."""
    some = np.nan_to_num(sizes)
    return float(some.sum() ** 2 / max((some**2).sum(), 1e-9))


def _joined(parts: Sequence[spread.Errors]) -> spread.Errors:
    names = ("log", "size", "horizon", "origin")
    return spread.Errors(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _shared(whole: float, school: Spread, size: float, count: float) -> float:
    """
    Take from the variance of a division of ``size`` pupils what its ``count`` schools err each by itself.

        whole = common + (floor - common) / count + falling / size
    """
    if count <= 1:
        return min(whole, school.floor)
    return min(max((whole - school.floor / count - school.falling / size) / (1 - 1 / count), 0.0), school.floor)


def _of_children(
    ground: Ground, again: Mapping[Stage, Mapping[int, Alone]], schools: Sequence[Spread]
) -> tuple[Spread, ...] | None:
    """
    Spreads of the cohort side at schools by years since its share was measured, 0 first; ``None``: too few cases.

    In the year itself they are as measured. Later both sides err together, by the same moves: what counts is the weight
    of the cohort side that would have been best, least squares of the log error of both sides' weighted mean,

        w = sum e d / sum d^2    e = ln(actual / school side), d = ln(cohort side / school side)

    and the spread is the school side's times (1 - w) / w, which gives this weight. Measured a year ahead, it is kept,
    for further ahead the children counted since know more and more of the moves that they stand for. Source: Bates and
    Granger (1969), The combination of forecasts, Operational Research Quarterly 20.
    """
    now, later = (_both_sides(ground, again, ahead) for ahead in (0, 1))
    if min(now.shape[1], later.shape[1]) < FEWEST_CASES:
        return None
    children, rolls, actual = later
    apart = np.log(children / rolls)
    best = float((np.log(actual / rolls) * apart).sum() / max(float((apart**2).sum()), 1e-9))
    weight = min(max(best, LEAST_WEIGHT), 1 - LEAST_WEIGHT)
    scale = (1 - weight) / weight
    children, _, actual = now
    first = capture.spread(np.log(actual / children), children)
    return (first, *(Spread(own.floor * scale, own.falling * scale) for own in schools[1:]))


def _both_sides(ground: Ground, again: Mapping[Stage, Mapping[int, Alone]], ahead: int) -> Floats:
    """Pupils of schools as the cohort side and the school side said so many years before, and as they came; (3, n)."""
    cases = [np.zeros((3, 0))]
    for stage, origins in again.items():
        roll = ground.roll[:, COLUMNS[stage]]
        pupils = np.where(np.isfinite(roll).any(axis=1), np.nansum(roll, axis=1), np.nan)
        for year, alone in origins.items():
            if year + ahead in ground.roll_years:
                told = np.stack(
                    [
                        alone.of_children.sum(axis=1)[:, ahead],
                        alone.of_rolls.sum(axis=1)[:, ahead],
                        pupils[:, ground.roll_years.index(year + ahead)],
                    ]
                )
                cases.append(told[:, (np.nan_to_num(told) > 0).all(axis=0)])
    return np.concatenate(cases, axis=1)


def _by_step(of_schools: spread.Spread) -> tuple[Spread, ...]:
    """Write v[h] (1 + q / size) as floor + falling / size, by years ahead, 0 first."""
    parts = np.maximum.accumulate(np.array(of_schools.variance))
    return (EXACT, *(Spread(v, v * of_schools.small_part) for v in parts.tolist()))


def _published() -> tuple[Spread, ...]:
    floor, falling = _in_proportion(PUBLISHED_SCHOOL.floor), _in_proportion(PUBLISHED_SCHOOL.falling)
    return tuple(Spread(a, b) for a, b in zip(floor.tolist(), falling.tolist(), strict=True))


def _in_proportion(a_year: float) -> Floats:
    return np.asarray(a_year * np.arange(LONGEST + 1), dtype=np.float64)


def _extended(by_step: Floats, ahead: NDArray[np.intp]) -> Floats:
    """Read a variance at years ahead; beyond the longest measured in proportion to the years."""
    last = len(by_step) - 1
    return np.asarray(by_step[np.minimum(ahead, last)] * np.maximum(ahead / max(last, 1), 1.0))
