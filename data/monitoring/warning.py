"""
Two-sided warning: where places run short or stand empty, in which year, how sure, and until when one can act.

Levels by u = pupils / places: red, orange, yellow from their thresholds up, blue under its own, else normal. The one
rule found that gives figures has yellow from 90 and red from 100 %, so orange set equal to red (浙教基〔2018〕100号). A
level once entered is left only when u is the margin past its threshold:

    red, orange, yellow    entered at u >= t, left at u <= t - margin (then the next lower level is tried)
    blue                   entered at u < t,  left at u >= t + margin

through the years of a forecast, beginning with the level of the last signed report where there is one. A year without
places, or of which nothing is known, has no warning and leaves the level as it was.

Severity: red > orange > yellow > blue > normal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.errors import BadRow
from data.monitoring import reasons
from data.monitoring.layer import STAGES, Layer
from data.monitoring.lead_times import LeadTimes, Remedy, Spell, against_shortage, against_surplus, read_lead_times
from data.monitoring.reasons import NOTHING, Words
from data.norms import Norms

Codes = NDArray[np.int8]
"""Levels as places in ``BY_SEVERITY``; ``UNKNOWN`` where there is no warning."""

UNKNOWN = -1
YEARS_AHEAD = 3
"""``worst_ahead`` looks at so many years, its own the first of them."""


class Colour(StrEnum):
    """A level of warning."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    NORMAL = "normal"
    BLUE = "blue"


BY_SEVERITY = (Colour.NORMAL, Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED)
COLOUR_ZH = {Colour.RED: "红色", Colour.ORANGE: "橙色", Colour.YELLOW: "黄色", Colour.BLUE: "蓝色"}
SHORTAGE = (Colour.YELLOW, Colour.ORANGE, Colour.RED)
CODE: dict[str, int] = {colour: code for code, colour in enumerate(BY_SEVERITY)}


@dataclass(frozen=True, slots=True)
class Warning:
    """
    The warning of one place, stage and year.

    Attributes
    ----------
    low, high
        Ends of the band of pupils.
    utilisation
        Pupils over places.
    colour_low, colour_high
        Levels at the ends of the band, each year by itself (nothing is kept from the year before).
    worst_ahead
        The worst level of this year and the next two.
    action, act_by, overdue
        Of the shortage or lasting surplus that the year is in, or else of the next one to come; ``None`` where the
        forecast holds none from this year on. Overdue: ``act_by`` is before the day of the warning.
    """

    level: str
    id: str
    name: str
    parent: str
    stage: str
    year: int
    pupils: int
    low: int
    high: int
    places: int
    utilisation: float
    colour: str
    colour_low: str
    colour_high: str
    worst_ahead: str
    shortage_probability: float
    surplus_probability: float
    action: str | None
    act_by: date | None
    overdue: bool
    reason: str
    reason_zh: str


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """Ratios of pupils to places at which a level is entered, by the code of the level, and left; shape (5, 4)."""

    entered: NDArray[np.float64]
    left: NDArray[np.float64]


class _Cell(NamedTuple):
    """The numbers of one row; levels by code."""

    pupils: int
    low: int
    high: int
    places: int
    used: float
    colour: int
    by_itself: int
    colour_low: int
    colour_high: int
    worst: int
    short: float
    empty: float


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a spell asks for, and from which year to which it is told."""

    last: int
    remedy: Remedy
    words: Words


def watch(
    layer: Layer, norms: Norms, on: date, *, previous: Mapping[tuple[str, str], Colour] | None = None
) -> tuple[Warning, ...]:
    """
    Warn of every place, stage and year with places, in the order of the layer; settlements have no places.

    Parameters
    ----------
    on
        The day of the warning: its norms hold, and dates to act before it are overdue.
    previous
        Levels of the last signed report by place and stage.

    A year is short when its level is red or it has more pupils than places; years on end are one shortage, with one
    action and one last date (``lead_times.against_shortage``). Blue years on end are one surplus
    (``lead_times.against_surplus``); its rooms are wanted when another stage of the place misses a class meanwhile, or
    the same stage runs short later.

    Raises
    ------
    BadRow
        When thresholds are out of order, or a lead time is negative.
    """
    known = (layer.middle >= 0) & (layer.offered > 0)
    if not known.any():
        return ()
    thresholds = read_thresholds(norms, on)
    leads = tuple(read_lead_times(norms, stage, on) for stage in STAGES)
    colours = colours_of(layer, thresholds, previous or {})
    short = known & ((colours == CODE[Colour.RED]) | (layer.middle > layer.offered))
    watched = _Watched(layer, known, colours, short, _wanted_elsewhere(layer, known, leads), thresholds, leads, on)
    return tuple(watched.rows())


def read_thresholds(norms: Norms, on: date) -> Thresholds:
    """
    Read the thresholds of every stage in force on a day.

    Raises
    ------
    BadRow
        Unless 0 < blue < yellow <= orange <= red and the margin is 0 or more and at most yellow - blue.
    """
    blue, yellow, orange, red, margin = (
        np.array([norms.value(f"warn.{key}", stage, on) for stage in STAGES])
        for key in ("blue", "yellow", "orange", "red", "margin")
    )
    if not ((blue > 0) & (blue < yellow) & (yellow <= orange) & (orange <= red)).all():
        raise BadRow("norms", "warn.red", "0 < warn.blue < warn.yellow <= warn.orange <= warn.red does not hold")
    if not ((margin >= 0) & (margin <= yellow - blue)).all():
        raise BadRow("norms", "warn.margin", "expected 0 or more, and not over warn.yellow - warn.blue")
    entered = np.array([np.full(len(STAGES), np.nan), blue, yellow, orange, red])
    left = np.vstack([entered[:2] + margin, entered[2:] - margin])
    return Thresholds(entered, np.round(left, 12))  # 0.95 - 0.02 is 0.93, not a hair less


def colours_of(layer: Layer, thresholds: Thresholds, previous: Mapping[tuple[str, str], Colour]) -> Codes:
    """Colour the middle of every place, stage and year with hysteresis; shape (P, 4, Y)."""
    used = utilisation(layer.middle, layer.offered)
    state = _signed(layer, previous)
    years = []
    for year in range(len(layer.years)):
        now = used[:, :, year]
        there = ~np.isnan(now)
        state = np.where(there, _next(state, now, thresholds), state)
        years.append(np.where(there, state, np.int8(UNKNOWN)))
    return np.stack(years, axis=2).astype(np.int8) if years else np.full(used.shape, UNKNOWN, dtype=np.int8)


def utilisation(pupils: NDArray[np.int64], offered: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide pupils by places; NaN where either is unknown or there are no places."""
    known = (pupils >= 0) & (offered > 0)
    return np.asarray(np.divide(pupils, offered, out=np.full(pupils.shape, np.nan), where=known))


def colours_at(used: NDArray[np.float64], thresholds: Thresholds) -> Codes:
    """Colour each ratio by itself; shape (P, 4), or (P, 4, Y) with thresholds alike for every year."""
    shape = (1, len(STAGES)) + (1,) * (used.ndim - 2)
    codes = np.where(used < thresholds.entered[1].reshape(shape), np.int8(1), np.int8(0))
    for colour in SHORTAGE:
        codes = np.where(used >= thresholds.entered[CODE[colour]].reshape(shape), np.int8(CODE[colour]), codes)
    return np.where(np.isnan(used), np.int8(UNKNOWN), codes).astype(np.int8)


def worst_ahead(colours: Codes) -> Codes:
    """Find the worst level of each year and the next two along the last axis."""
    worst = colours.copy()
    for step in range(1, YEARS_AHEAD):
        np.maximum(worst[..., :-step], colours[..., step:], out=worst[..., :-step])
    return worst


def _next(state: Codes, used: NDArray[np.float64], thresholds: Thresholds) -> Codes:
    """Apply the rule of levels entered and left to one year; shape (P, 4)."""
    held = np.where((state == CODE[Colour.BLUE]) & (used < thresholds.left[1]), np.int8(1), np.int8(0))
    for colour in SHORTAGE:
        code = CODE[colour]
        held = np.where((state >= code) & (used > thresholds.left[code]), np.int8(code), held)
    # No ratio is on both sides (see `read_thresholds`), so that the higher code is the level entered or still held.
    return np.maximum(colours_at(used, thresholds), held)


def _signed(layer: Layer, previous: Mapping[tuple[str, str], Colour]) -> Codes:
    state = np.zeros((len(layer.ids), len(STAGES)), dtype=np.int8)
    if previous:
        for place, id in enumerate(layer.ids):
            for stage, name in enumerate(STAGES):
                state[place, stage] = CODE[previous.get((id, name), Colour.NORMAL)]
    return state


def _wanted_elsewhere(layer: Layer, known: NDArray[np.bool_], leads: Sequence[LeadTimes]) -> NDArray[np.bool_]:
    """Tell by place, stage and year whether another stage of the place misses its large shortage's places."""
    least = np.array([lead.pupils for lead in leads])[None, :, None]
    large = known & (layer.middle - layer.offered >= least)
    return np.asarray(large.sum(axis=1, keepdims=True) - large > 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Watched:
    """A layer, coloured; arrays of shape (P, 4, Y)."""

    layer: Layer
    known: NDArray[np.bool_]
    colours: Codes
    short: NDArray[np.bool_]
    wanted_elsewhere: NDArray[np.bool_]
    thresholds: Thresholds
    leads: Sequence[LeadTimes]
    on: date

    def rows(self) -> Iterator[Warning]:
        """Write the rows, by place, stage and year."""
        cells = self._cells()
        kept = self._kept_words()
        for place, stage in np.argwhere(self.known.any(axis=2)).tolist():
            plans = self._plans(place, stage)
            columns = [array[place, stage].tolist() for array in cells]
            there = self.known[place, stage].tolist()
            for year, has_places, *numbers in zip(self.layer.years, there, *columns, strict=True):
                if has_places:
                    yield self._row(place, stage, year, _Cell(*numbers), plans, kept)

    def _cells(self) -> tuple[NDArray[Any], ...]:
        """Give the arrays of what a ``_Cell`` holds, in its order."""
        layer = self.layer
        used = utilisation(layer.middle, layer.offered)
        low, high = (utilisation(end, layer.offered) for end in (layer.low, layer.high))
        by_itself, colour_low, colour_high = (colours_at(ratio, self.thresholds) for ratio in (used, low, high))
        return (
            *(layer.middle, layer.low, layer.high, layer.offered, used),
            *(self.colours, by_itself, colour_low, colour_high, worst_ahead(self.colours)),
            *(layer.shortage, layer.surplus),
        )

    def _row(
        self,
        place: int,
        stage: int,
        year: int,
        cell: _Cell,
        plans: Sequence[_Plan],
        kept: Mapping[tuple[int, int], Words],
    ) -> Warning:
        surplus = cell.colour == CODE[Colour.BLUE]
        chance = cell.empty if surplus else cell.short
        plan = next((plan for plan in plans if plan.last >= year), None)
        words = reasons.figures(year, cell.pupils, cell.low, cell.high, cell.places, surplus=surplus, chance=chance)
        if cell.colour != cell.by_itself:
            words += kept[stage, cell.colour]
        words += plan.words if plan else self._no_plan(place, stage, year, cell.colour)
        return Warning(
            level=self.layer.level,
            id=self.layer.ids[place],
            name=self.layer.names[place],
            parent=self.layer.parents[place],
            stage=STAGES[stage],
            year=year,
            pupils=cell.pupils,
            low=cell.low,
            high=cell.high,
            places=cell.places,
            utilisation=cell.used,
            colour=BY_SEVERITY[cell.colour],
            colour_low=BY_SEVERITY[cell.colour_low],
            colour_high=BY_SEVERITY[cell.colour_high],
            worst_ahead=BY_SEVERITY[cell.worst],
            shortage_probability=cell.short,
            surplus_probability=cell.empty,
            action=plan.remedy.action if plan else None,
            act_by=plan.remedy.act_by if plan else None,
            overdue=plan.remedy.overdue if plan else False,
            reason=words.en,
            reason_zh=words.zh,
        )

    def _plans(self, place: int, stage: int) -> tuple[_Plan, ...]:
        """Choose what to do about each shortage and lasting surplus of a place and stage, in order of time."""
        missing = self.layer.middle[place, stage] - self.layer.offered[place, stage]
        short = self.short[place, stage]
        found = []
        for first, end in _runs(short):
            spell = self._spell(first, np.maximum(missing[first:end], 0))
            remedy = against_shortage(spell, self.leads[stage], self.on)
            found.append(_Plan(spell.last, remedy, reasons.of_shortage(spell, remedy)))
        blue = (self.colours[place, stage] == CODE[Colour.BLUE]) & ~short
        for first, end in _runs(blue):
            spell = self._spell(first, -missing[first:end])
            wanted = bool(self.wanted_elsewhere[place, stage, first:end].any() or short[end:].any())
            choice = against_surplus(spell, self.leads[stage], self.on, rooms_wanted=wanted)
            if choice is not None:
                found.append(_Plan(spell.last, choice, reasons.of_surplus(spell, choice)))
        return tuple(sorted(found, key=lambda plan: plan.last))

    def _spell(self, first: int, amounts: NDArray[np.int64]) -> Spell:
        to_the_end = first + len(amounts) == len(self.layer.years)
        return Spell(self.layer.years[first], tuple(amounts.tolist()), to_the_end)

    def _no_plan(self, place: int, stage: int, year: int, code: int) -> Words:
        """Tell why nothing is to be done at a level that is not normal."""
        if code == CODE[Colour.NORMAL]:
            return NOTHING
        if code != CODE[Colour.BLUE]:
            return reasons.no_shortage_ahead(self.layer.years[-1])
        at = self.layer.years.index(year)
        blue = self.colours[place, stage] == CODE[Colour.BLUE]
        first, end = next((first, end) for first, end in _runs(blue) if first <= at < end)
        return reasons.passing_surplus(end - first)

    def _kept_words(self) -> dict[tuple[int, int], Words]:
        left = self.thresholds.left
        return {
            (stage, CODE[colour]): reasons.kept(
                colour, COLOUR_ZH[colour], left[CODE[colour], stage], surplus=colour is Colour.BLUE
            )
            for stage in range(len(STAGES))
            for colour in BY_SEVERITY[1:]
        }


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """List the stretches on end where a flag is set, as first index and index after the last."""
    if not flags.any():
        return []
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
