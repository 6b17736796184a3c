"""
The kind of history that counts pupils by grade and year, of a district or its schools.

From each year on, the counts of that year and before are carried on 1 to 10 years by

    unchanged            every count stays
    grade progression    each grade is the one below a year before times the mean of its last three ratios; the lowest
                         is the mean of its last three shares in the births so many years before (of the district,
                         where births are known), else of its last three counts
    ETS, Theta           exponential smoothing with a damped trend, and Theta, of each series by itself
    junheng              `data.forecast.progression`, with bands by `data.forecast.spread` from the errors of forecasts
                         whose outcomes were known by then

and compared with what came. Units: ``district grade``, ``district total``, ``district stage`` where there are several
stages, and with schools (or places) ``school total`` and ``school grade``.

Sources: as in `data.forecast.progression`; Assimakopoulos and Nikolopoulos (2000), The theta model, International
Journal of Forecasting 16; Hyndman and others (2002), A state space framework for automatic forecasting using
exponential smoothing methods, International Journal of Forecasting 18.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from data.backtest.grades_reading import Found, histories
from data.backtest.measure import OURS, TRIAL_COLUMNS, UNCHANGED
from data.backtest.reading import Table
from data.domain.schools import GRADES, Stage
from data.forecast.history import Floats, History
from data.forecast.progression import AGE_AT_GRADE_ONE
from data.forecast.spread import Spread, by_unit, counted, fitted, past_errors, rolling

PROGRESSION, ETS, THETA = "grade progression", "ETS", "Theta"

FARTHEST = 10
"""Years ahead at most."""

COUNTS_BEFORE_FIRST = 6
"""Counts up to and with the first origin of a long history; a short one begins when a third of it is known."""

RECENT = 3
"""Ratios and shares of which the textbook takes the mean."""

LEAST_SERIES = 6
"""Counts a series needs before a statistical model is fitted to it."""

MOST_FITS = 1_500
"""Fits of each statistical model; where schools times years are more, they are fitted to the district only."""

Units = dict[str, Floats]
"""Figures by unit, shape (N, Y) or (N, H)."""

Fit = Callable[[Floats, int], Floats]
"""From a series to its forecast, shape (H,)."""


@dataclass(frozen=True, slots=True, eq=False)
class GradeTask:
    """
    The forecasts that can be tried on one grade history.

    ``most_fits``: where schools times years are more, statistical models are fitted to the district only.
    """

    name: str
    history: History
    places: str
    notes: tuple[str, ...]
    most_fits: int = MOST_FITS
    kind: str = field(default="grades", init=False)

    def trials(self) -> pd.DataFrame:
        """Make every forecast from every origin; columns `TRIAL_COLUMNS`."""
        history, units = self.history, partial(_units, self.history.grades)
        ours = rolling(history, self._farthest)
        errors = past_errors(history, ours, units)
        came = counted(history, units)
        rows: list[pd.DataFrame] = []
        for origin in [year for year in list(ours)[self._first - 2 :] if self._steps(year)]:
            known = history.upto(origin)
            spreads = {unit: fitted(found.known_in(origin), self._farthest) for unit, found in errors.items()}
            told = units(ours[origin].pupils, ours[origin].district)
            methods: Mapping[str, Units] = {OURS: told, **self._others(known)}
            rows += list(self._compared(origin, methods, came, spreads))
        frame = pd.concat(rows) if rows else pd.DataFrame(columns=list(TRIAL_COLUMNS))
        return frame.reset_index(drop=True)

    @property
    def _first(self) -> int:
        """How many counts there are at the first origin."""
        years = int(self.history.told.any(axis=0).sum())
        return COUNTS_BEFORE_FIRST if years >= 2 * COUNTS_BEFORE_FIRST else max(2, (years + 2) // 3)

    @property
    def _farthest(self) -> int:
        return min(FARTHEST, len(self.history.years) - 1)

    def _others(self, known: History) -> dict[str, Units]:
        horizon = self._farthest
        fits = len(self.history.series) * len(self.history.years)
        series = {unit: counts for unit, counts in _filled(known).items() if unit != "school grade"}
        if fits > self.most_fits:
            series.pop("school total")
        return {
            UNCHANGED: {unit: np.repeat(counts[:, -1:], horizon, 1) for unit, counts in _filled(known).items()},
            PROGRESSION: progression(known, horizon),
            ETS: {unit: _each(counts, horizon, ets) for unit, counts in series.items()},
            THETA: {unit: _each(counts, horizon, theta) for unit, counts in series.items()},
        }

    def _steps(self, origin: int) -> range:
        """The years ahead that are scored: up to the last count, and not across a left-out year."""
        at = self.history.years.index(origin)
        left = np.flatnonzero(self.history.left_out[at:])
        last = int(left[0]) - 1 if left.size else len(self.history.years) - 1 - at
        return range(1, min(self._farthest, last) + 1)

    def _compared(
        self, origin: int, methods: Mapping[str, Units], came: Units, spreads: Mapping[str, Spread]
    ) -> Iterator[pd.DataFrame]:
        at, steps = self.history.years.index(origin), self._steps(origin)
        size = _filled(self.history.upto(origin))
        for unit, names in _names(self.history).items():
            cases = names.assign(unit=self._said(unit, at), origin=origin, size=size[unit][:, -1])
            cases = pd.concat([cases.assign(horizon=step, year=origin + step) for step in steps])
            cases["actual"] = came[unit][:, at + 1 : at + 1 + len(steps)].T.ravel()
            for method, units in methods.items():
                if unit in units:
                    told = cases.assign(method=method, low=np.nan, high=np.nan)
                    told["forecast"] = units[unit][:, : len(steps)].T.ravel()
                    if method == OURS:
                        bands = [spreads[unit].band(units[unit][:, step - 1], step) for step in steps]
                        told["low"] = np.concatenate([low for low, _ in bands])
                        told["high"] = np.concatenate([high for _, high in bands])
                    yield told.loc[told["forecast"].notna() & told["actual"].notna(), list(TRIAL_COLUMNS)]

    def _said(self, unit: str, at: int) -> str:
        """Name a unit: schools may be places, and what begins after a left-out year is another piece of history."""
        named = unit.replace("school", self.places)
        before = np.flatnonzero(self.history.left_out[:at])
        return f"{named} after {self.history.years[before[-1]]}" if before.size else named


def find(tables: Sequence[Table]) -> tuple[GradeTask, ...]:
    """Find grade histories by their headings."""
    return tuple(_task(found) for found in histories(tables))


def progression(history: History, horizon: int) -> Units:
    """Forecast by the textbook: mean ratios of the last three years; the district from births, a school from itself."""
    filled = history.filled()
    whole = np.nansum(filled, axis=0)
    district = _progressed(whole, horizon, _share_of_births(history, whole[0], horizon))
    schools = np.stack([_progressed(own, horizon, None) for own in filled])
    schools[~history.exists] = np.nan
    return _units(history.grades, schools, district)


def ets(series: Floats, horizon: int) -> Floats:
    """Exponential smoothing with a damped trend."""
    model = ExponentialSmoothing(series, trend="add", damped_trend=True, initialization_method="estimated")
    return np.asarray(
        model.fit(use_brute=False, minimize_kwargs={"options": {"maxiter": 25}}).forecast(horizon), dtype=np.float64
    )


def theta(series: Floats, horizon: int) -> Floats:
    """The Theta method."""
    dated = pd.Series(series, index=pd.period_range("2000", periods=len(series), freq="Y"))
    return np.asarray(ThetaModel(dated, deseasonalize=False).fit().forecast(horizon), dtype=np.float64)


def _task(found: Found) -> GradeTask:
    history, notes = found.history, list(found.notes)
    if history.births is not None:
        notes.append("births of a year are taken as known from the next year on; later ones as the mean of three")
    if len(history.series) * len(history.years) > MOST_FITS:
        notes.append(f"{ETS} and {THETA} were fitted to the district only: there are too many {found.places}s")
    ended = int((history.told.any(axis=1) & ~history.exists).sum())
    if ended:
        notes.append(f"{ended} {found.places}s end before the last year: forecasts of years after have no outcome")
    return GradeTask(found.name, history, found.places, tuple(notes))


def _progressed(counts: Floats, horizon: int, first: Floats | None) -> Floats:
    """Carry counts of shape (G, Y) on; ``first``: the lowest grade, shape (H,), else the mean of its last three."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ratios = np.nanmean((counts[1:, 1:] / counts[:-1, :-1])[:, -RECENT:], axis=1)
        entrants = np.repeat(np.nanmean(counts[0, -RECENT:]), horizon) if first is None else first
    ratios = np.where(np.isfinite(ratios), ratios, 1.0)
    now, path = counts[:, -1], np.empty((len(counts), horizon))
    for step in range(horizon):
        now = np.concatenate([entrants[step : step + 1], now[:-1] * ratios])
        path[:, step] = now
    return path


def _share_of_births(history: History, counts: Floats, horizon: int) -> Floats | None:
    """The lowest grade as its mean share in the births of the last three years; ``None`` where births are unknown."""
    births = history.births
    if not births:
        return None
    age = AGE_AT_GRADE_ONE - 1 + history.grades[0]
    held = float(np.mean([births[year] for year in sorted(births)[-RECENT:]]))
    recent = list(zip(history.years[-RECENT:], counts[-RECENT:], strict=True))
    shares = [count / births[year - age] for year, count in recent if births.get(year - age)]
    if not shares:
        return None
    last = history.years[-1]
    return np.array([np.mean(shares) * births.get(last + step - age, held) for step in range(1, horizon + 1)])


def _each(counts: Floats, horizon: int, fit: Fit) -> Floats:
    """Fit each series of counts, shape (N, Y), from its first known year on; NaN where it is short or ended."""
    path = np.full((len(counts), horizon), np.nan)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for index, row in enumerate(counts):
            own = row[np.isfinite(row)]
            if np.isfinite(row[-1]) and len(own) >= LEAST_SERIES and own.any():
                path[index] = np.maximum(fit(own, horizon), 0.0)
    return path


def _filled(history: History) -> Units:
    """Counts by unit with what is unknown between two counts put in, shape (N, Y)."""
    filled = history.filled()
    told = history.told.any(axis=0)
    last = int(np.flatnonzero(told)[-1]) + 1
    district = np.where(np.isfinite(filled).any(axis=(0, 1)), np.nansum(filled, axis=0), np.nan)
    return _units(history.grades, filled[:, :, :last], district[:, :last])


def _units(grades: tuple[int, ...], pupils: Floats, district: Floats) -> Units:
    """Read pupils in every unit: those of `by_unit`, and the stages where a history spans several."""
    units = by_unit(pupils, district)
    stages = _stages(grades)
    if len(stages) < 2:
        return units
    rows = [np.isin(grades, GRADES[stage]) for stage in stages]
    return {**units, "district stage": np.stack([district[own].sum(axis=0) for own in rows])}


def _stages(grades: tuple[int, ...]) -> tuple[Stage, ...]:
    """The stages of which there are at least two grades."""
    return tuple(stage for stage in Stage if len(set(GRADES[stage]) & set(grades)) > 1)


def _names(history: History) -> dict[str, pd.DataFrame]:
    """Stage, place and grade of the rows of each unit that the history has."""
    grades, series = list(history.grades), list(history.series)
    stages = [stage.value for stage in _stages(history.grades)]
    rows: dict[str, list[tuple[str, str, int | None]]] = {
        "district grade": [("", "", grade) for grade in grades],
        "district total": [("", "", None)],
    }
    if len(stages) > 1:
        rows["district stage"] = [(stage, "", None) for stage in stages]
    if len(series) > 1:
        rows["school total"] = [("", school, None) for school in series]
        rows["school grade"] = [("", school, grade) for school in series for grade in grades]
    named = {unit: pd.DataFrame(names, columns=["stage", "place", "grade"]) for unit, names in rows.items()}
    return {unit: names.astype({"grade": "Int64"}) for unit, names in named.items()}
