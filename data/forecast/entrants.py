"""
Pupils of the primary and junior stages of whole places, from births, entrants and enrolled.

Sets    v places, y years up to the origin, g grades 1..6 and 7..10 (the tenth: fourth junior year of five-four places)
Data    B[v,y] births, E[v,y] primary entrants, P[v,y] primary pupils, F[v,y] junior entrants, J[v,y] junior pupils;
        any of them may be unknown in any year
Reckon  n[v,y,g] pupils by grade, as the figures up to the origin imply:
        (1) schooling      s[v] = J / F - 3, between 0 and 1: the share of five-year primary with four-year junior
        (2) classes move   n[y,g] = n[y-1,g-1]; of grade 5 the share s leaves, of grade 9 the share s stays
        (3) first class    as reported, or else what the others leave of the total, near what was due
        (4) other classes  scaled to the reported total: repeating, leaving, moving house, corrections of registers
Then    (5) entrants       this year's give way by a quarter a year to births x ratio of entrants to births; the ratio
                           of a place nears by a quarter a year that of the middle place, taken half-way to one a birth
        (6) first juniors  leavers of primary x the latest share that entered
        (7) juniors        half-way between the classes of (2) and the stock: J x leavers at junior age then / now

Half-way and nearer are meant in logs (geometric means). Children enter at 6 or 7: those due in a year are half the
births 6 and half the births 7 years before; births after the last known are held. The quarter is a round figure: in
rolling-origin trials on sixteen provinces halves of the places, and of the origins, chose 0.25 to 0.5, with errors that
hardly differ between 0.2 and 0.5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import GRADES, Stage

Figures = NDArray[np.float64]
Due = Callable[[int, Figures], Figures]
"""The first class to be expected in a year, counted from the first, given the classes (Y, V, G) before it."""

PRIMARY_YEARS, JUNIOR_YEARS = len(GRADES[Stage.PRIMARY]), len(GRADES[Stage.JUNIOR])
ENTRY_AGES = (6, 7)
NEARER_A_YEAR = 0.25
"""How far, each year, this year's entrants give way to births, and a place's ratio to the common one."""

UNREPORTED = 0.9
"""A first class that is not reported lies between this share of what was due and the inverse of it."""


@dataclass(frozen=True, slots=True, eq=False)
class StageHistory:
    """
    What places reported, a row a year without gaps from ``first_year`` on.

    Attributes
    ----------
    births, primary_entrants, primary_enrolled, junior_entrants, junior_enrolled
        Shape (Y, V), all in one unit of persons; NaN where unknown.
    """

    places: tuple[str, ...]
    first_year: int
    births: Figures
    primary_entrants: Figures
    primary_enrolled: Figures
    junior_entrants: Figures
    junior_enrolled: Figures

    @property
    def last_year(self) -> int:
        """The origin of a forecast made from the whole of it."""
        return self.first_year + len(self.births) - 1

    def until(self, year: int) -> StageHistory:
        """Give what was known in ``year``."""
        kept = year - self.first_year + 1
        births, primary_entrants, primary_enrolled, junior_entrants, junior_enrolled = (
            getattr(self, name)[:kept] for name in SERIES
        )
        return replace(
            self,
            births=births,
            primary_entrants=primary_entrants,
            primary_enrolled=primary_enrolled,
            junior_entrants=junior_entrants,
            junior_enrolled=junior_enrolled,
        )


SERIES = tuple(field.name for field in fields(StageHistory))[2:]


@dataclass(frozen=True, slots=True, eq=False)
class StageForecast:
    """Pupils 1, 2, ... years after the origin, each of shape (years, V); NaN where the history says too little."""

    primary_entrants: Figures
    primary_enrolled: Figures
    junior_entrants: Figures
    junior_enrolled: Figures


def forecast_stages(history: StageHistory, years: int) -> StageForecast:
    """Forecast ``years`` (1 or more) years after the last of the history."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = five_four_share(history)
        past = _primary_classes(history, share)
        entrants = _future_entrants(history, past[-1, :, 0], years)
        future = _forward(past[-1], entrants, _primary_moves(share))
        leavers = _leavers(np.concatenate([past, future]), share)
        before, after = leavers[: len(past)], leavers[len(past) :]
        classes = _junior_classes(history, before, share)
        first = after * _share_entering(classes[:, :, 0], before)
        by_class = _forward(classes[-1], first, _junior_moves(share)).sum(axis=2)
        stock = _at_junior_age(leavers, share)
        by_stock = history.junior_enrolled[-1] * stock[len(past) :] / stock[len(past) - 1]
        both = np.sqrt(by_class * by_stock)
        juniors = np.where(np.isfinite(both), both, by_class)
    return StageForecast(entrants, future.sum(axis=2), first, juniors)


def five_four_share(history: StageHistory) -> Figures:
    """Estimate (1) by the median year; 0 where juniors are unknown. Shape (V,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        years = _median(history.junior_enrolled / history.junior_entrants)
    return np.clip(np.nan_to_num(years, nan=JUNIOR_YEARS) - JUNIOR_YEARS, 0, 1)


def births_due(births: Figures, rows: NDArray[np.int64]) -> Figures:
    """
    Give the births of the children due to enter in ``rows``, counted from the first year of births.

    Unknown births between known ones lie on a line between them; before and after they are held. Shape (rows, V).
    """
    held = _held(births)
    return np.asarray(np.mean([held[np.clip(rows - age, 0, len(births) - 1)] for age in ENTRY_AGES], axis=0))


def _held(births: Figures) -> Figures:
    rows = np.arange(len(births))
    held = births.copy()
    for place in range(births.shape[1]):
        known = np.isfinite(births[:, place])
        if known.any():
            held[:, place] = np.interp(rows, rows[known], births[known, place])
    return held


def _primary_moves(share: Figures) -> Figures:
    """The share of grades 1 to 5 that moves on, shape (V, 5)."""
    return np.column_stack([np.ones((len(share), PRIMARY_YEARS - 2)), 1 - share])


def _junior_moves(share: Figures) -> Figures:
    """The share of grades 7 to 9 that moves on, shape (V, 3)."""
    return np.column_stack([np.ones((len(share), JUNIOR_YEARS - 1)), share])


def _leavers(classes: Figures, share: Figures) -> Figures:
    """Who left primary before each year: the last class of the year before, with the share of grade 5."""
    left = classes[:-1, :, -1] + share * classes[:-1, :, -2]
    return np.concatenate([np.full((1, len(share)), np.nan), left])


def _at_junior_age(leavers: Figures, share: Figures) -> Figures:
    """Leavers of the last three years, with the share of the fourth."""
    last = np.where(share > 0, share * _late(leavers, JUNIOR_YEARS), 0.0)
    return np.asarray(sum(_late(leavers, lag) for lag in range(JUNIOR_YEARS)) + last)


def _late(values: Figures, lag: int) -> Figures:
    return np.concatenate([np.full((lag, values.shape[1]), np.nan), values])[: len(values)]


def _primary_classes(history: StageHistory, share: Figures) -> Figures:
    due = births_due(history.births, np.arange(len(history.births)))

    def expected(row: int, classes: Figures) -> Figures:
        change = due[row] / due[row - 1]
        return np.asarray(classes[row - 1, :, 0] * np.where(np.isfinite(change), change, 1.0))

    even = np.ones((*history.primary_enrolled.shape, PRIMARY_YEARS))
    return _reckoned(history.primary_enrolled, history.primary_entrants, expected, _primary_moves(share), even)


def _junior_classes(history: StageHistory, leavers: Figures, share: Figures) -> Figures:
    def expected(row: int, classes: Figures) -> Figures:
        from_primary = leavers[row] * _share_entering(classes[:row, :, 0], leavers[:row])
        return np.where(np.isfinite(from_primary), from_primary, classes[row - 1, :, 0])

    left = np.stack([_late(leavers, lag) for lag in range(JUNIOR_YEARS + 1)], axis=2)
    sizes = np.where(np.isfinite(left).all(axis=2, keepdims=True), left, 1.0)
    return _reckoned(history.junior_enrolled, history.junior_entrants, expected, _junior_moves(share), sizes)


def _share_entering(first: Figures, leavers: Figures) -> Figures:
    """Entrants a leaver in the last of the years; 1 where unknown."""
    taken = first[-1] / leavers[-1]
    return np.where(np.isfinite(taken), taken, 1.0)


def _reckoned(enrolled: Figures, reported: Figures, due: Due, moves: Figures, sizes: Figures) -> Figures:
    """Steps (2) to (4): classes of shape (Y, V, G), NaN before anything is known."""
    years, places = enrolled.shape
    classes = np.full((years, places, moves.shape[1] + 1), np.nan)
    steady = np.column_stack([np.ones(places), np.cumprod(moves, axis=1)])
    for row in range(years):
        others = classes[row - 1, :, :-1] * moves if row else classes[row, :, 1:]
        expected = due(row, classes) if row else others[:, 0]
        begun = np.isfinite(others).any(axis=1)
        first = _first_class(
            np.where(begun | ~np.isfinite(enrolled[row]), reported[row], np.nan),
            enrolled[row] - others.sum(axis=1),
            np.where(begun, expected, np.nan),
        )
        classes[row] = _scaled(first, others, enrolled[row], sizes[row] * steady)
    return classes


def _first_class(reported: Figures, left_over: Figures, due: Figures) -> Figures:
    """Step (3)."""
    implied = np.where(np.isfinite(left_over), np.clip(left_over, UNREPORTED * due, due / UNREPORTED), due)
    return np.where(np.isfinite(reported), reported, implied)


def _scaled(first: Figures, others: Figures, total: Figures, sizes: Figures) -> Figures:
    """Step (4); classes of which nothing is known share what is left of the total by ``sizes``."""
    classes = np.column_stack([first, others])
    unknown = ~np.isfinite(classes)
    rest = total - np.where(unknown, 0.0, classes).sum(axis=1)
    spread = sizes * (rest / np.where(unknown, sizes, 0.0).sum(axis=1))[:, None]
    factor = (total - first) / others.sum(axis=1)
    classes[:, 1:] *= np.where(np.isfinite(factor) & (factor > 0), factor, 1.0)[:, None]
    return np.where(unknown, spread, classes)


def _forward(classes: Figures, first: Figures, moves: Figures) -> Figures:
    """Step (2) from the classes (V, G) of the origin on, with the first class (years, V) given."""
    ahead = []
    for entering in first:
        classes = np.column_stack([entering, classes[:, :-1] * moves])
        ahead.append(classes)
    return np.array(ahead)


def _future_entrants(history: StageHistory, latest: Figures, years: int) -> Figures:
    """Step (5); this year's entrants where births are unknown."""
    origin = len(history.births) - 1
    due = births_due(history.births, origin + np.arange(years + 1))
    ratio = np.log(latest / due[0])
    known = ratio[np.isfinite(ratio)]
    common = float(np.median(known)) / 2 if len(known) else 0.0
    left = (1 - NEARER_A_YEAR) ** np.arange(1, years + 1)[:, None]
    from_births = due[1:] * np.exp(common + (ratio - common) * left)
    blended = from_births ** (1 - left) * latest**left
    return np.where(np.isfinite(blended), blended, latest)


def _median(values: Figures) -> Figures:
    """The median over years of what is finite, NaN where nothing is; shape (V,)."""
    return np.array([np.median(own[np.isfinite(own)]) if np.isfinite(own).any() else np.nan for own in values.T])
