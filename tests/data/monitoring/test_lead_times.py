"""Lead times: the last first of a month, and what a spell asks for."""

from datetime import date

import pytest

from data.domain.schools import Stage
from data.monitoring.lead_times import (
    Action,
    LeadTimes,
    Spell,
    against_shortage,
    against_surplus,
    read_lead_times,
)
from data.norms import Norms

LEADS = LeadTimes(
    {Action.BUILD: 36, Action.CONVERT: 12, Action.TRANSFER: 6, Action.MERGE: 9}, years=3, pupils=45
)  # fmt: skip


@pytest.mark.parametrize(
    ("months", "last"),
    [
        (0, date(2030, 9, 1)),
        (8, date(2030, 1, 1)),
        (9, date(2029, 12, 1)),
        (12, date(2029, 9, 1)),
        (20, date(2029, 1, 1)),
        (21, date(2028, 12, 1)),
    ],
)
def test_months_are_counted_back_from_the_first_of_september(months, last):
    leads = LeadTimes({Action.BUILD: months}, 3, 45)
    assert leads.last_date(Action.BUILD, 2030) == last


def test_the_shipped_lead_times_are_proposals_with_a_class_of_the_stage():
    leads = read_lead_times(Norms.default(), Stage.JUNIOR, date(2026, 3, 1))
    assert leads.pupils == 50 and set(leads.months) == set(Action)
    for key in ("lead.build", "lead.convert", "lead.transfer", "lead.merge", "act.years", "act.classes", "warn.margin"):
        assert Norms.default().norm(key, None, date(2026, 3, 1)).trust == "U"


def test_what_came_too_late_is_told_in_order_and_the_choice_itself_never():
    spell = Spell(2030, (50, 50, 50))
    assert against_shortage(spell, LEADS, date(2027, 9, 1)).too_late == ()
    assert against_shortage(spell, LEADS, date(2028, 1, 1)).too_late == (Action.BUILD,)
    last = against_shortage(spell, LEADS, date(2030, 5, 1))
    assert (last.action, last.overdue, last.too_late) == (Action.TRANSFER, True, (Action.BUILD, Action.CONVERT))


def test_a_building_that_comes_late_is_worth_it_while_three_large_years_are_left():
    today = date(2028, 1, 1)  # ready on 1 January 2031, used from September 2031
    assert against_shortage(Spell(2030, (50, 50, 50, 50)), LEADS, today).ready_year == 2031
    assert against_shortage(Spell(2030, (50, 50, 50, 44)), LEADS, today).ready_year is None
    assert against_shortage(Spell(2030, (50, 50, 50)), LEADS, date(2035, 1, 1)).ready_year is None
    assert against_shortage(Spell(2031, (50, 50, 50)), LEADS, today).ready_year is None  # in time for all of it


def test_a_surplus_is_acted_on_when_it_lasts():
    assert against_surplus(Spell(2030, (90, 90)), LEADS, date(2026, 1, 1), rooms_wanted=False) is None
    merge = against_surplus(Spell(2030, (90, 90, 90)), LEADS, date(2029, 12, 1), rooms_wanted=False)
    assert (merge.action, merge.act_by, merge.overdue) == (Action.MERGE, date(2029, 12, 1), False)
    convert = against_surplus(Spell(2030, (90, 90, 90)), LEADS, date(2029, 12, 1), rooms_wanted=True)
    assert (convert.action, convert.act_by, convert.overdue) == (Action.CONVERT, date(2029, 9, 1), True)
