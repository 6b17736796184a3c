"""
Peak and trough of the pupils of a place at a stage, and the surplus of places after the peak.

Everything is read from the place's own years: no national year of a peak is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.monitoring.layer import STAGES, Layer


@dataclass(frozen=True, slots=True)
class Peak:
    """
    Peak and trough of one stage at one place.

    Attributes
    ----------
    peak_is_first_year
        The peak stands in the first known year: it may have been earlier and higher.
    trough_year, trough_pupils
        Fewest pupils from the peak on; the peak itself when no year follows it.
    change_to_last
        Change from the peak to the last known year over the peak, 0 or less; 0 where the peak is 0.
    surplus_years
        Years after the peak with fewer pupils than places.
    deepest_surplus, deepest_surplus_year
        Most places left in one of them, and the first year of it; ``None`` without such a year.
    """

    level: str
    id: str
    name: str
    stage: str
    peak_year: int
    peak_pupils: int
    peak_is_first_year: bool
    trough_year: int
    trough_pupils: int
    last_year: int
    last_pupils: int
    change_to_last: float
    surplus_years: int
    deepest_surplus: int | None
    deepest_surplus_year: int | None


def find(layer: Layer) -> tuple[Peak, ...]:
    """
    Find the peaks, by place, then stage; a stage of which no year is known is left out.

    Of equal years the first counts, for the peak, the trough and the deepest surplus.
    """
    known = (layer.middle >= 0).any(axis=2)
    return tuple(_peak(layer, int(place), int(stage)) for place, stage in np.argwhere(known))


def _peak(layer: Layer, place: int, stage: int) -> Peak:
    known = layer.middle[place, stage] >= 0
    years = np.asarray(layer.years)[known]
    pupils, offered = layer.middle[place, stage][known], layer.offered[place, stage][known]
    top = int(pupils.argmax())
    low = top + int(pupils[top:].argmin())
    peak, last = int(pupils[top]), int(pupils[-1])
    count, deepest, deepest_year = _surplus(years[top + 1 :], pupils[top + 1 :], offered[top + 1 :])
    return Peak(
        level=layer.level,
        id=layer.ids[place],
        name=layer.names[place],
        stage=STAGES[stage],
        peak_year=int(years[top]),
        peak_pupils=peak,
        peak_is_first_year=top == 0,
        trough_year=int(years[low]),
        trough_pupils=int(pupils[low]),
        last_year=int(years[-1]),
        last_pupils=last,
        change_to_last=(last - peak) / peak if peak else 0.0,
        surplus_years=count,
        deepest_surplus=deepest,
        deepest_surplus_year=deepest_year,
    )


def _surplus(
    years: NDArray[np.int64], pupils: NDArray[np.int64], offered: NDArray[np.int64]
) -> tuple[int, int | None, int | None]:
    """Count the years with places left, and find the most places left and their year; unknown places are below 0."""
    left = np.where(offered >= 0, offered - pupils, 0)
    if not (left > 0).any():
        return 0, None, None
    deepest = int(left.argmax())
    return int((left > 0).sum()), int(left[deepest]), int(years[deepest])
