"""
Cohort-component 队列要素法: people by place, sex and single age, year by year.

    P[x+1, t+1] = P[x, t] s[x] (1 + k m[x+1])                    people of x grow a year older; 100 and older stay there
    B[t]        = tfr[t] sum over x of f[x] (W[x, t] + W[x, t+1]) / 2     births of the year, unless they are declared
    P[0, t+1]   = B[t] s[born] (1 + k m[0])

P people by single age at the reference day of each year, s the share alive a year later, m the net movers of the year
per survivor arriving at an age, k the migrant multiplier, W women, f the share of children by age of mother. Movers may
be declared in persons instead of m. Where the sexes are not told apart, women are a fixed share of people.

Yearly m comes from the change of cohorts between two counts: the logarithms of 1 + m along the way of a cohort add up
to that of its ten-year change without deaths, as smoothly by age as may be. The change is that of the place itself,
drawn to that of all places as far as chance explains how they differ, or one learned from other places (`movers`).

Sources: Preston, Heuveline and Guillot (2001), Demography, ch. 6 (projection) and 2.2 (two counts); DerSimonian and
Laird (1986), Meta-analysis in clinical trials, Controlled Clinical Trials 7(3), for the drawing together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from data.errors import BadRow
from data.forecast import vital
from data.forecast.cohort import AGE_AT_ENTRY, birth_months
from data.forecast.rounding import split_rows

Floats = NDArray[np.float64]

CHANGE_BLOCKS: tuple[tuple[int, int], ...] = tuple((age, age + 4) for age in range(0, 75, 5))
"""Cohorts whose change is measured, by first and last age at the earlier count; older ones are in an open group."""

_FERTILE = slice(vital.FIRST_CHILDBEARING, vital.LAST_CHILDBEARING + 1)
_SMOOTHNESS = 0.3
"""Weight of differences from age to age against the changes of cohorts; children under a year move like older ones."""

_TOWARDS_NOBODY = 1e-4
"""Weight that draws rates of ages without a measured change to 0."""

_FINE = 1_000


class Variant(StrEnum):
    """Level of fertility."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """
    People at a reference day.

    Attributes
    ----------
    sexes
        (``both``,) or (``male``, ``female``).
    counts
        Shape (D, S, 101), by place, sex and single age; the last holds everybody of 100 and older.

    Raises
    ------
    BadRow
        When the shape does not fit, or a count is negative or not a number.
    """

    places: tuple[str, ...]
    year: int
    sexes: tuple[str, ...]
    counts: Floats

    def __post_init__(self) -> None:
        shape = (len(self.places), len(self.sexes), vital.AGES)
        if self.counts.shape != shape:
            raise BadRow("population", str(self.year), f"its shape is {self.counts.shape}, expected {shape}")
        if self.sexes not in ((vital.BOTH,), (vital.MALE, vital.FEMALE)):
            raise BadRow("population", str(self.year), f"its sexes are {self.sexes}")
        if not (self.counts >= 0).all():
            raise BadRow("population", str(self.year), "a count is negative or missing")

    def women(self) -> Floats:
        """Return women of 15 to 49 by single age, shape (D, 35)."""
        return _women(self.counts)


@dataclass(frozen=True, slots=True, eq=False)
class Fertility:
    """
    Children per woman over the years ahead.

    Attributes
    ----------
    ages
        Shape (35,): share of children born at each age of the mother from 15 on; adds up to 1.
    total
        Shape (D, Y): total fertility by place and year after the base.
    """

    variant: Variant
    ages: Floats
    total: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Movers:
    """
    Net migration, as rates or declared.

    Attributes
    ----------
    rates
        Shape (D, S, 101): net movers of a year per survivor arriving at each age; over -1.
    people
        Shape (D, S, 101, Y): persons a year; more leavers than people leave nobody.
    multiplier
        Of the net movers: 1.2 for 20 % more, whether they come or go.
    """

    rates: Floats | None = None
    people: Floats | None = None
    multiplier: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """
    People by place, sex, single age and year.

    Attributes
    ----------
    years
        The base year and the years after it; counts are at the reference day of each.
    counts
        Shape (D, S, 101, Y + 1), expected people, not rounded.
    births
        Shape (D, Y): births of the twelve months up to the reference day of each year after the base.
    """

    places: tuple[str, ...]
    years: tuple[int, ...]
    sexes: tuple[str, ...]
    counts: Floats
    births: Floats

    def pyramid(self, place: str, year: int) -> NDArray[np.int64]:
        """Return whole people by sex and age, shape (S, 101), adding up to the rounded total of the place."""
        counts = self.counts[self.places.index(place), :, :, self.years.index(year)]
        fine = np.rint(counts.reshape(1, -1) * _FINE).astype(np.int64)
        total = np.array([round(float(counts.sum()))], dtype=np.int64)
        return split_rows(fine, total).reshape(counts.shape) if total[0] else np.zeros(counts.shape, dtype=np.int64)

    def school_ages(self, month: int) -> Floats:
        """
        Return children by completed age on 31 August, both sexes, shape (D, 100, Y + 1).

        Parameters
        ----------
        month
            The reference day is the first of this month, 1 to 12. Its column shows 31 August of the same year where
            the month is September or later, else of the year before; deaths and moves in between are left out.
        """
        both = self.counts.sum(axis=1)
        younger, older = school_year_shares(month)
        return np.asarray(younger * both[:, :-1] + older * both[:, 1:], dtype=np.float64)


def school_year_shares(month: int) -> tuple[float, float]:
    """
    Return what share of the children of an age on 31 August has that age, and what share one more, some months later.

    Parameters
    ----------
    month
        1 to 12: the first of this month follows that 31 August. January: 8/12 and 4/12, as a school year's entrants
        come from two calendar years of birth (``fc.cohort``).
    """
    entrants = birth_months(AGE_AT_ENTRY)
    counted_in = AGE_AT_ENTRY if month >= entrants[0][1] else AGE_AT_ENTRY + 1
    ages = [counted_in - year - (born >= month) for year, born in entrants]
    older = sum(age > AGE_AT_ENTRY for age in ages) / len(ages)
    return 1 - older, older


def project(
    base: Population,
    last_year: int,
    survival: vital.Survival,
    *,
    fertility: Fertility | None = None,
    births: Floats | None = None,
    movers: Movers | None = None,
) -> Projection:
    """
    Carry a population forward year by year.

    Parameters
    ----------
    survival
        For the sexes of the base, in its order.
    births
        Shape (D, Y): declared births of the twelve months up to each reference day after the base; NaN where they
        follow from fertility.

    Raises
    ------
    BadRow
        When births of a year are neither declared nor to be had from fertility, or a shape does not fit.
    """
    movers = movers or Movers()
    count = last_year - base.year
    _check(base, count, fertility, births)
    born = np.zeros((len(base.places), count))
    counts = np.zeros((*base.counts.shape, count + 1))
    counts[..., 0] = base.counts
    for year in range(count):
        before = counts[..., year]
        after = _moved(_aged(before, survival), movers, year)
        born[:, year] = _births(before, after, fertility, births, year)
        infants = born[:, year, None] * _sex_shares(base.sexes) * survival.born
        after[:, :, 0] += _moved_infants(infants, movers)
        counts[..., year + 1] = np.maximum(after, 0.0)
    return Projection(base.places, tuple(range(base.year, last_year + 1)), base.sexes, counts, born)


def fertility(
    variant: Variant, base: Population, last_year: int, survival: vital.Survival, *, local: bool = True
) -> Fertility:
    """
    Give a variant of fertility: from the level of the base year in a straight line to that of its target year.

    Parameters
    ----------
    local
        Places keep their own level, as the children of 0 to 4 of the base tell, relative to all places together.
    """
    start, target = vital.rate("total_fertility"), vital.rate(f"total_fertility_{variant}")
    years = np.arange(base.year + 1, last_year + 1)
    way = np.clip((years - start.year) / (target.year - start.year), 0, 1)
    path = start.value + way * (target.value - start.value)
    ages = vital.childbearing()
    level = relative_fertility(base, survival, ages) if local else np.ones(len(base.places))
    return Fertility(variant, ages, level[:, None] * path[None, :])


def implied_fertility(base: Population, survival: vital.Survival, ages: Floats) -> Floats:
    """
    Return the total fertility that the children of 0 to 4 stand for, shape (D,); NaN without women.

    Children living here by women living here: in places whose young adults are away it is high, and so are the births
    that are brought up there. The women of each past year are those of today, so many years older, their deaths and
    moves neglected.
    """
    alive = np.cumprod(np.column_stack([survival.born, survival.yearly[:, :4]]), axis=1)
    shares = _sex_shares(base.sexes)
    children = base.counts[:, :, :5].sum(axis=(1, 2))
    women = base.counts[:, -1] * (1.0 if len(base.sexes) == 2 else vital.rate("women_share").value)
    per_fertility = np.zeros(len(base.places))
    for ago in range(5):
        first = vital.FIRST_CHILDBEARING + ago
        half_older = (women[:, first : first + len(ages)] + women[:, first + 1 : first + 1 + len(ages)]) / 2
        per_fertility += (half_older @ ages) * float(shares @ alive[:, ago])
    known = per_fertility > 0
    return np.where(known, children / np.where(known, per_fertility, 1.0), np.nan)


def relative_fertility(base: Population, survival: vital.Survival, ages: Floats) -> Floats:
    """Return the implied fertility of each place over that of all places together, shape (D,); 1 where unknown."""
    together = Population(("all",), base.year, base.sexes, base.counts.sum(axis=0, keepdims=True))
    own, common = implied_fertility(base, survival, ages), implied_fertility(together, survival, ages)[0]
    if not (np.isfinite(common) and common > 0):
        return np.ones(len(own))
    return np.asarray(np.where(np.isfinite(own), own / common, 1.0), dtype=np.float64)


def net_changes(first: Floats, second: Floats, survival: vital.Survival, gap: int) -> Floats:
    """
    Measure how cohorts changed between two counts besides deaths, drawn to the change of all places.

    Parameters
    ----------
    first, second
        Shape (D, S, 101), the same places in the same order, ``gap`` years apart.

    Returns
    -------
    log_changes
        Shape (D, S, blocks), by `CHANGE_BLOCKS`: ln of people counted over people expected to be alive.

    The change of a place of n people is uncertain by 1/n and 1/n of both counts; how far places truly differ is what
    is left of their variance. A place keeps its own change as far as that is larger than its own uncertainty.
    """
    alive = first * survival.over(gap)
    expected = np.stack([alive[..., a : b + 1].sum(axis=-1) for a, b in CHANGE_BLOCKS], axis=-1)
    counted = np.stack([second[..., a + gap : b + gap + 1].sum(axis=-1) for a, b in CHANGE_BLOCKS], axis=-1)
    own = np.log(counted + 0.5) - np.log(expected + 0.5)
    chance = 1 / (counted + 0.5) + 1 / (expected + 0.5)
    together = np.log(counted.sum(axis=0) + 0.5) - np.log(expected.sum(axis=0) + 0.5)
    return np.asarray(together + _kept(own - together, chance) * (own - together), dtype=np.float64)


def yearly_rates(log_changes: Floats, gap: int) -> Floats:
    """
    Turn changes of cohorts over an interval into yearly rates by age, shape (..., 101).

    Parameters
    ----------
    log_changes
        Shape (..., blocks), by `CHANGE_BLOCKS`, deaths excluded; NaN where unknown.
    """
    flat = log_changes.reshape(-1, log_changes.shape[-1])
    found = np.zeros((len(flat), vital.AGES))
    for pattern in np.unique(np.isfinite(flat), axis=0):
        rows = (np.isfinite(flat) == pattern).all(axis=1)
        if pattern.any():
            found[rows] = flat[rows][:, pattern] @ _spread_over_years(gap, pattern).T
    return np.asarray(np.expm1(found).reshape(*log_changes.shape[:-1], vital.AGES), dtype=np.float64)


def without_deaths(log_changes: Floats, survival: vital.Survival, gap: int) -> Floats:
    """
    Take deaths out of changes of cohorts (`movers.cohort_changes`), shape (D, S, blocks).

    Parameters
    ----------
    log_changes
        Shape (D, blocks), by `CHANGE_BLOCKS`, both sexes; every sex is taken to move alike.
    """
    alive = np.stack([survival.over(gap)[:, a : b + 1].mean(axis=1) for a, b in CHANGE_BLOCKS], axis=-1)
    return np.asarray(log_changes[:, None, :] - np.log(alive)[None], dtype=np.float64)


def _spread_over_years(gap: int, known: NDArray[np.bool_]) -> Floats:
    """The matrix from changes of the known blocks to smooth yearly log rates, shape (101, blocks known)."""
    ways = np.zeros((len(CHANGE_BLOCKS), vital.AGES))
    for row, (young, old) in enumerate(CHANGE_BLOCKS):
        for age in range(young, old + 1):
            ways[row, age + 1 : age + gap + 1] += 1 / (old - young + 1)
    ways = ways[known]
    steps = np.diff(np.eye(vital.AGES), axis=0)
    loose = ways.T @ ways + _SMOOTHNESS * steps.T @ steps + _TOWARDS_NOBODY * np.eye(vital.AGES)
    return np.asarray(np.linalg.solve(loose, ways.T), dtype=np.float64)


def _kept(apart: Floats, chance: Floats) -> Floats:
    """How much of its difference from all places each place keeps, 0 to 1; first axis places."""
    weights = 1 / chance
    total = weights.sum(axis=0)
    middle = (weights * apart).sum(axis=0) / total
    spread = (weights * (apart - middle) ** 2).sum(axis=0) - (len(apart) - 1)
    scale = total - (weights**2).sum(axis=0) / total
    true = np.maximum(np.divide(spread, scale, out=np.zeros_like(scale), where=scale > 0), 0.0)
    return np.asarray(true / (true + chance), dtype=np.float64)


def _aged(before: Floats, survival: vital.Survival) -> Floats:
    alive = before * survival.yearly
    after = np.zeros_like(before)
    after[:, :, 1:] = alive[:, :, :-1]
    after[:, :, -1] += alive[:, :, -1]
    return after


def _moved(after: Floats, movers: Movers, year: int) -> Floats:
    if movers.rates is not None:
        after = after * np.maximum(1 + movers.multiplier * movers.rates, 0.0)
    if movers.people is not None:
        after = after + movers.multiplier * movers.people[..., year]
        after[:, :, 1:] = np.maximum(after[:, :, 1:], 0.0)
    return np.asarray(after, dtype=np.float64)


def _moved_infants(infants: Floats, movers: Movers) -> Floats:
    if movers.rates is None:
        return infants
    return np.asarray(infants * np.maximum(1 + movers.multiplier * movers.rates[:, :, 0], 0.0), dtype=np.float64)


def _births(before: Floats, after: Floats, chosen: Fertility | None, declared: Floats | None, year: int) -> Floats:
    known = np.full(len(before), np.nan) if declared is None else declared[:, year]
    if chosen is None:
        return known
    made = (_women(before) + _women(after)) / 2 @ chosen.ages * chosen.total[:, year]
    return np.where(np.isfinite(known), known, made)


def _women(counts: Floats) -> Floats:
    share = 1.0 if counts.shape[1] == 2 else vital.rate("women_share").value
    return np.asarray(counts[:, -1, _FERTILE] * share, dtype=np.float64)


def _sex_shares(sexes: Sequence[str]) -> Floats:
    """Share of each sex among the born, shape (S,)."""
    boys = vital.rate("sex_ratio_at_birth").value
    return np.ones(1) if len(sexes) == 1 else np.array([boys, 100.0]) / (boys + 100)


def _check(base: Population, count: int, chosen: Fertility | None, births: Floats | None) -> None:
    if count < 0:
        raise BadRow("population", str(base.year), "the last year is before the base year")
    shape = (len(base.places), count)
    for name, given in (("births", births), ("fertility", None if chosen is None else chosen.total)):
        if given is not None and given.shape != shape:
            raise BadRow(name, str(base.year), f"the shape is {given.shape}, expected {shape}")
    if chosen is None and count and (births is None or not np.isfinite(births).all()):
        raise BadRow("births", str(base.year), "some are neither declared nor made by fertility")
