"""
What to do about a shortage or a surplus of places, and the last date on which it still helps in time.

Every figure is a norm: ``lead.*`` months from the decision until it tells, ``act.years`` from which a shortage or
surplus is lasting, ``act.classes`` from which a shortage is large. None of them is set by a rule; all are proposals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from data.domain.schools import Stage
from data.errors import BadRow
from data.norms import Norms
from data.places import opening_day


class Action(StrEnum):
    """Ways to bring pupils and places together."""

    BUILD = "build"  # 新建、扩建
    CONVERT = "convert"  # 学段间改用校舍
    TRANSFER = "transfer"  # 调整片区、调剂学生和师资
    MERGE = "merge"  # 并班、合并办学


@dataclass(frozen=True, slots=True)
class LeadTimes:
    """
    The lead times of one stage.

    Attributes
    ----------
    months
        From the decision until the action tells, 0 or more.
    years
        A shortage or surplus of so many years is lasting.
    pupils
        A shortage of so many places is large.
    """

    months: Mapping[Action, int]
    years: int
    pupils: int

    def last_date(self, action: Action, year: int) -> date:
        """Give the last first of a month on which the action still tells by 1 September of the year."""
        opening = opening_day(year)
        months = opening.year * 12 + opening.month - 1 - self.months[action]
        return date(months // 12, months % 12 + 1, opening.day)


@dataclass(frozen=True, slots=True)
class Spell:
    """
    Years on end of shortage, or of surplus, at one place and stage.

    Attributes
    ----------
    amounts
        Places missing (shortage) or empty (surplus), one value a year from ``first`` on.
    to_the_end
        The last year is the last one forecast, so that nobody knows whether it ends there.
    """

    first: int
    amounts: tuple[int, ...]
    to_the_end: bool = False

    @property
    def last(self) -> int:
        """Last year of the spell."""
        return self.first + len(self.amounts) - 1


@dataclass(frozen=True, slots=True)
class Remedy:
    """
    An action and its last date.

    Attributes
    ----------
    too_late
        Actions that would fit better and can no longer tell in time.
    ready_year
        Where it is too late to build: the first 1 September on which a building begun today still serves a lasting,
        large shortage of the spell; ``None`` when there is none.
    """

    action: Action
    act_by: date
    overdue: bool
    too_late: tuple[Action, ...] = ()
    ready_year: int | None = None


def read_lead_times(norms: Norms, stage: Stage, on: date) -> LeadTimes:
    """Read the lead times in force on a day; raises ``BadRow`` when one is negative."""
    months = {action: round(norms.value(f"lead.{action}", stage, on)) for action in Action}
    for action, count in months.items():
        if count < 0:
            raise BadRow("norms", f"lead.{action}", f"{count} months cannot be, expected 0 or more")
    return LeadTimes(
        months=months,
        years=round(norms.value("act.years", stage, on)),
        pupils=round(norms.value("act.classes", stage, on) * norms.value("class.norm", stage, on)),
    )


def against_shortage(spell: Spell, leads: LeadTimes, on: date) -> Remedy:
    """
    Choose what to do about a shortage, so that the places are ready by 1 September of its first year.

    Large in at least ``leads.years`` of its years: build if its last date is not past on the day, else convert if that
    is not past, else transfer. Small or passing: transfer. A transfer is overdue when its own last date is past.
    """
    lasting = _years_from(spell.amounts, leads.pupils) >= leads.years
    wanted = (Action.BUILD, Action.CONVERT, Action.TRANSFER) if lasting else (Action.TRANSFER,)
    late = tuple(action for action in wanted if leads.last_date(action, spell.first) < on)
    action = next((action for action in wanted if action not in late), Action.TRANSFER)
    return Remedy(
        action=action,
        act_by=leads.last_date(action, spell.first),
        overdue=action in late,
        too_late=tuple(other for other in late if other is not action),
        ready_year=_ready_year(spell, leads, on) if Action.BUILD in late else None,
    )


def against_surplus(spell: Spell, leads: LeadTimes, on: date, *, rooms_wanted: bool) -> Remedy | None:
    """
    Choose what to do about a surplus before 1 September of its first year; nothing when it passes.

    A surplus of ``leads.years`` or more: convert where the rooms are wanted, by another stage of the place meanwhile or
    by the same stage later; else merge. It is a proposal to look into, never a verdict on a school.
    """
    if len(spell.amounts) < leads.years:
        return None
    action = Action.CONVERT if rooms_wanted else Action.MERGE
    act_by = leads.last_date(action, spell.first)
    return Remedy(action, act_by, overdue=act_by < on)


def _ready_year(spell: Spell, leads: LeadTimes, on: date) -> int | None:
    """Find the first opening of the spell that a building begun today is ready for and that leaves it lasting work."""
    for index in range(len(spell.amounts)):
        if leads.last_date(Action.BUILD, spell.first + index) >= on:
            worth_it = _years_from(spell.amounts[index:], leads.pupils) >= leads.years
            return spell.first + index if worth_it else None
    return None


def _years_from(amounts: Sequence[int], least: int) -> int:
    return sum(amount >= least for amount in amounts)
