"""
Kind of history: places by year with births, entrants and enrolled of the primary and junior stage.

Every method forecasts every unit at every origin from what was known then. Ours is `data.forecast.entrants`; where it
says nothing, it stays at unchanged. Compared with:

    unchanged       the figure of the origin
    births alone    the figure of the origin x births of the ages of the stage then / at the origin
    ETS             exponential smoothing with a damped trend (statsmodels)
    Theta           Assimakopoulos and Nikolopoulos 2000 (statsmodels)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.tsa.api import ExponentialSmoothing
from statsmodels.tsa.forecasting.theta import ThetaModel

from data.backtest.measure import OURS, TRIAL_COLUMNS, UNCHANGED
from data.backtest.reading import Table
from data.backtest.stages_bands import Errors, widths
from data.backtest.stages_reading import histories
from data.forecast.entrants import (
    JUNIOR_YEARS,
    PRIMARY_YEARS,
    StageHistory,
    births_due,
    forecast_stages,
)

Figures = NDArray[np.float64]
Method = Callable[[StageHistory, str], Figures]
"""Forecasts a unit 1, 2, ... years after the end of a history: shape (`FARTHEST`, V), NaN where it cannot."""

UNITS = {
    "primary enrolled": "primary_enrolled",
    "junior enrolled": "junior_enrolled",
    "primary entrants": "primary_entrants",
    "junior entrants": "junior_entrants",
}
"""What is forecast, with its series in a history."""

HORIZONS = (1, 3, 5, 10)
FARTHEST = max(HORIZONS)
FIT_STEPS = 100
"""Steps of its search; further ones changed no error by 0.01 points and take four times as long."""

LEAST_SERIES = 6
"""Known years in a row before an origin that a library method needs."""


@dataclass(frozen=True, eq=False)
class StageTask:
    """The forecasts that can be tried on one history of stages."""

    name: str
    history: StageHistory
    read_notes: tuple[str, ...]
    kind: str = "stages"

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What was left out, held or assumed, in words."""
        years = range(self.history.first_year, self.history.last_year + 1)
        gaps = [_gaps(unit, getattr(self.history, series), years) for unit, series in UNITS.items()]
        births = _gaps("births", self.history.births, years)
        first = self._first_origin
        origins = f"{len(self.history.places)} places; origins from {first} on, earlier ones serve the bands alone."
        return (origins, *self.read_notes, *(note for note in (births, *gaps) if note))

    def trials(self) -> pd.DataFrame:
        """Make the forecasts at every origin; columns `TRIAL_COLUMNS`."""
        ours = {origin: _ours(self.history.until(origin)) for origin in self._all_origins}
        errors = Errors(self._errors(ours), {unit: _like(unit) for unit in UNITS})
        parts = [part for unit in UNITS for part in self._trials(unit, ours, errors)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(TRIAL_COLUMNS))

    @property
    def _all_origins(self) -> range:
        """Origins with at least two years behind them and one ahead."""
        return range(self.history.first_year + 2, self.history.last_year)

    @property
    def _first_origin(self) -> int:
        """The first origin that counts: a whole primary stage behind it, a third of the years in a short history."""
        return self.history.first_year + max(2, min(PRIMARY_YEARS, len(self.history.births) // 3))

    def _actual(self, unit: str, year: int) -> Figures:
        return np.asarray(getattr(self.history, UNITS[unit])[year - self.history.first_year])

    def _errors(self, ours: Mapping[int, Mapping[str, Figures]]) -> dict[tuple[str, int, int], Figures]:
        errors = {}
        with np.errstate(divide="ignore", invalid="ignore"):
            for origin, forecasts in ours.items():
                for unit in UNITS:
                    for years in range(1, min(FARTHEST, self.history.last_year - origin) + 1):
                        error = np.log(self._actual(unit, origin + years) / forecasts[unit][years - 1])
                        if np.isfinite(error).any():
                            errors[unit, origin, years] = error
        return errors

    def _trials(self, unit: str, ours: Mapping[int, Mapping[str, Figures]], errors: Errors) -> Iterator[pd.DataFrame]:
        origins = [origin for origin in self._all_origins if origin >= self._first_origin]
        bands = {years: widths(errors, unit, years, origins) for years in HORIZONS}
        for origin in origins:
            known = self.history.until(origin)
            if not np.isfinite(self._actual(unit, origin)).any():
                continue
            forecasts = {OURS: ours[origin][unit]} | {name: method(known, unit) for name, method in METHODS.items()}
            for years in (years for years in HORIZONS if origin + years <= self.history.last_year):
                for method, forecast in forecasts.items():
                    width = bands[years][origin] if method == OURS else np.array(np.nan)
                    yield self._cases(unit, origin, years, method, forecast[years - 1], width)

    def _cases(
        self, unit: str, origin: int, years: int, method: str, forecast: Figures, width: Figures
    ) -> pd.DataFrame:
        size = self._actual(unit, origin)
        frame = pd.DataFrame(
            {
                "unit": unit,
                "stage": unit.split(maxsplit=1)[0],
                "place": self.history.places,
                "grade": pd.NA,
                "origin": origin,
                "year": origin + years,
                "horizon": years,
                "method": method,
                "forecast": forecast,
                "low": forecast * np.exp(-width),
                "high": forecast * np.exp(width),
                "actual": self._actual(unit, origin + years),
                "size": size,
            }
        )
        return frame.dropna(subset=["size", "actual"])


def find(tables: Sequence[Table]) -> tuple[StageTask, ...]:
    """Give a task for every table with entrants or enrolled of a stage by year; empty where there is none."""
    return tuple(StageTask(found.name, found.history, found.notes) for found in histories(tables))


def _ours(history: StageHistory) -> dict[str, Figures]:
    made = forecast_stages(history, FARTHEST)
    named = {unit: getattr(made, series) for unit, series in UNITS.items()}
    return {unit: np.where(np.isfinite(own), own, unchanged(history, unit)) for unit, own in named.items()}


def _like(unit: str) -> tuple[str, ...]:
    return (unit, *(other for other in UNITS if other != unit and other.split()[1] == unit.split()[1]))


def unchanged(history: StageHistory, unit: str) -> Figures:
    """Hold the figure of the origin."""
    return np.tile(getattr(history, UNITS[unit])[-1], (FARTHEST, 1))


def births_alone(history: StageHistory, unit: str) -> Figures:
    """Scale the figure of the origin by the births of the ages of the unit; births after the last known are held."""
    now = len(history.births) - 1
    ages = {
        "primary enrolled": range(PRIMARY_YEARS),
        "junior enrolled": range(PRIMARY_YEARS, PRIMARY_YEARS + JUNIOR_YEARS),
    }
    entry = {"primary entrants": range(1), "junior entrants": range(PRIMARY_YEARS, PRIMARY_YEARS + 1)}
    lags = (ages | entry)[unit]
    rows = now + np.arange(FARTHEST + 1)
    due = np.array([births_due(history.births, rows - lag) for lag in lags]).sum(axis=0)
    if now - max(lags) - 7 < int(np.isfinite(history.births).any(axis=1).argmax()):
        due[:] = np.nan
    return np.asarray(unchanged(history, unit) * due[1:] / due[0])


def ets(history: StageHistory, unit: str) -> Figures:
    """Exponential smoothing with a damped trend of each place's own series."""

    def fit(own: Figures) -> Figures:
        model = ExponentialSmoothing(own, trend="add", damped_trend=True, initialization_method="estimated")
        quick = {"options": {"maxiter": FIT_STEPS}}
        return np.asarray(model.fit(minimize_kwargs=quick).forecast(FARTHEST))

    return _by_place(history, unit, fit)


def theta(history: StageHistory, unit: str) -> Figures:
    """The Theta method on each place's own series."""

    def fit(own: Figures) -> Figures:
        dated = pd.Series(own, index=pd.period_range("2000", periods=len(own), freq="Y"))
        return np.asarray(ThetaModel(dated, deseasonalize=False).fit().forecast(FARTHEST))

    return _by_place(history, unit, fit)


def _by_place(history: StageHistory, unit: str, fit: Callable[[Figures], Figures]) -> Figures:
    made = np.full((FARTHEST, len(history.places)), np.nan)
    for place, series in enumerate(getattr(history, UNITS[unit]).T):
        own = _latest_run(series)
        if len(own) >= LEAST_SERIES:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made[:, place] = np.maximum(fit(own), 0.0)
    return made


def _latest_run(series: Figures) -> Figures:
    """The known years in a row that end at the origin."""
    unknown = np.flatnonzero(~np.isfinite(series))
    return series[unknown[-1] + 1 :] if len(unknown) else series


def _gaps(unit: str, figures: Figures, years: range) -> str:
    """Say in which years a series is unknown for most places."""
    missing = [year for year, row in zip(years, figures, strict=True) if np.isfinite(row).mean() < 0.5]
    if len(missing) == len(years):
        return f"No {unit}."
    return f"{unit.capitalize()} unknown in {', '.join(map(str, missing))}." if missing else ""


METHODS: dict[str, Method] = {UNCHANGED: unchanged, "births alone": births_alone, "ETS": ets, "Theta": theta}
