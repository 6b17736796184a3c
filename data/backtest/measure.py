"""
How far forecasts were off: trials to scores.

A trial is one forecast, made with what was known at its origin, beside what came. With e = forecast - actual:

    MAPE = mean |e| / actual        median APE likewise        weighted APE = sum |e| / sum actual
    place median = median over places of a place's own MAPE: what a place in the middle has to expect
    bias = sum e / sum actual       coverage = share of cases with low <= actual <= high

all in %. Cases whose actual is 0 count in the weighted figures only. Methods are compared on the cases they share:
those known to every method that has nearly all of them. Source: Hyndman and Koehler (2006), Another look at measures
of forecast accuracy, International Journal of Forecasting 22(4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pandas as pd

TRIAL_COLUMNS = (
    "unit",
    "stage",
    "place",
    "grade",
    "origin",
    "year",
    "horizon",
    "method",
    "forecast",
    "low",
    "high",
    "actual",
    "size",
)
"""``size``: the count at the origin. ``low``, ``high``: the 80 % band, NaN for a method without one."""

CASE = ["unit", "stage", "place", "grade", "origin", "year", "horizon"]
"""The columns that name a case: what the trials of several methods have in common."""

GROUP = ["unit", "stage", "horizon"]
FIGURES = ("cases", "mape", "place_median", "median_ape", "weighted_ape", "bias", "coverage")
UNCHANGED, OURS = "unchanged", "junheng"

NEARLY_ALL = 0.9
"""Share of a group's cases that a method needs to be ranked."""


class Task(Protocol):
    """One history with the forecasts that can be tried on it."""

    @property
    def name(self) -> str:
        """Name of the history, from its file."""

    @property
    def kind(self) -> str:
        """One of ``grades``, ``stages``, ``census``, ``registers``."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, held or assumed, in words."""

    def trials(self) -> pd.DataFrame:
        """Make the forecasts; columns `TRIAL_COLUMNS`, one row a case and method."""


def scores(trials: pd.DataFrame) -> pd.DataFrame:
    """
    Score every method in every unit, stage and horizon.

    Returns
    -------
    scores
        Columns `GROUP`, ``method``, `FIGURES`, ``ranked`` (compared on the shared cases; a method with too few cases
        of its own is scored on those and not ranked) and ``best`` (least MAPE of the ranked).
    """
    return _table(_scored(part, dict(zip(GROUP, key, strict=True))) for key, part in _groups(trials, GROUP))


def scores_by_size(trials: pd.DataFrame) -> pd.DataFrame:
    """Score as `scores` by thirds of the size of place within a unit and stage, told in column ``size_class``."""
    parts = [part.assign(size_class=_thirds(part["size"])) for _, part in _groups(trials, ["unit", "stage"])]
    named = [*GROUP, "size_class"]
    whole = pd.concat(parts) if parts else trials.assign(size_class="")
    return _table(_scored(part, dict(zip(named, key, strict=True))) for key, part in _groups(whole, named))


def _groups(trials: pd.DataFrame, by: list[str]) -> Iterator[tuple[tuple[object, ...], pd.DataFrame]]:
    for key, part in trials.groupby(by, sort=True, dropna=False):
        yield (key if isinstance(key, tuple) else (key,)), part


def _table(parts: Iterator[list[dict[str, object]]]) -> pd.DataFrame:
    return pd.DataFrame([row for rows in parts for row in rows])


def _scored(part: pd.DataFrame, key: dict[str, object]) -> list[dict[str, object]]:
    case = part.groupby(CASE, sort=False, dropna=False).ngroup().to_numpy()
    part = part.assign(case=case)[np.isfinite(part["forecast"].to_numpy(float)) & np.isfinite(part["actual"])]
    counts = part.groupby("method")["case"].nunique()
    ranked = set(counts.index[counts >= NEARLY_ALL * counts.max()])
    among = part[part["method"].isin(ranked)]
    shared = among.groupby("case")["method"].nunique()
    common = set(shared.index[shared == len(ranked)])
    rows = []
    for method, own in part.groupby("method", sort=True):
        cases = own[own["case"].isin(common)] if method in ranked and common else own
        rows.append({**key, "method": method, **figures(cases), "ranked": method in ranked and bool(common)})
    best = min((row for row in rows if row["ranked"]), key=lambda row: _rank(row["mape"]), default=None)
    return [{**row, "best": row is best} for row in rows]


def _rank(mape: object) -> float:
    value = float(str(mape))
    return value if np.isfinite(value) else np.inf


def figures(cases: pd.DataFrame) -> dict[str, float]:
    """Give the `FIGURES` of the cases of one method, in %; NaN where no case has them."""
    actual, forecast = cases["actual"].to_numpy(float), cases["forecast"].to_numpy(float)
    error = forecast - actual
    some = actual != 0
    ape = np.abs(error[some]) / np.abs(actual[some])
    low, high = cases["low"].to_numpy(float), cases["high"].to_numpy(float)
    banded = np.isfinite(low) & np.isfinite(high)
    inside = (low <= actual) & (actual <= high)
    total = np.abs(actual).sum()
    return {
        "cases": len(cases),
        "mape": 100 * float(ape.mean()) if ape.size else np.nan,
        "place_median": 100 * float(_of_places(cases["place"][some], ape).median()) if ape.size else np.nan,
        "median_ape": 100 * float(np.median(ape)) if ape.size else np.nan,
        "weighted_ape": 100 * float(np.abs(error).sum() / total) if total else np.nan,
        "bias": 100 * float(error.sum() / total) if total else np.nan,
        "coverage": 100 * float(inside[banded].mean()) if banded.any() else np.nan,
    }


def _of_places(places: pd.Series, ape: np.ndarray) -> pd.Series:
    """Give the mean absolute error of each place, as a share; where there is one place, one figure."""
    return pd.Series(ape).groupby(places.fillna("").to_numpy()).mean()


def _thirds(size: pd.Series) -> pd.Series:
    """Name the third of the sizes a case lies in; one class where there are hardly any sizes."""
    edges = np.unique(np.nanquantile(size.to_numpy(float), [1 / 3, 2 / 3])) if size.notna().any() else np.array([])
    if size.nunique() < 6 or len(edges) < 2:
        return pd.Series("all", index=size.index)
    low, high = edges
    names = np.select(
        [size <= low, size <= high], [f"1: up to {low:.4g}", f"2: up to {high:.4g}"], f"3: over {high:.4g}"
    )
    return pd.Series(names, index=size.index)
