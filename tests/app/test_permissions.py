from __future__ import annotations

import pytest

from app.permissions import Identity, Level, NotAllowed, Role


def identity(role, division=None):
    return Identity("t", "n", role, Level.CITY if division is None else Level.DISTRICT, division)


def test_each_role_may_do_what_the_one_before_may():
    allowed = {(a, b) for a in Role for b in Role if a.includes(b)}
    assert allowed == {
        (Role.READER, Role.READER),
        (Role.PLANNER, Role.READER),
        (Role.PLANNER, Role.PLANNER),
        *((Role.ADMIN, role) for role in Role),
    }


def test_a_role_that_does_not_reach_is_refused_with_what_it_needs():
    identity(Role.PLANNER).require(Role.READER)
    with pytest.raises(NotAllowed) as refusal:
        identity(Role.READER).require(Role.PLANNER)
    assert refusal.value.facts == {"role": "reader", "needed": "the role planner"}


def test_a_district_makes_things_for_itself_and_the_city_for_all():
    identity(Role.PLANNER, "1").require_division("1")
    for wanted in ("2", None):
        with pytest.raises(NotAllowed):
            identity(Role.ADMIN, "1").require_division(wanted)
        identity(Role.PLANNER).require_division(wanted)


def test_the_scope_is_the_division():
    assert identity(Role.ADMIN, "1").scope.contains("1")
    assert not identity(Role.ADMIN, "1").scope.contains("2")
    assert identity(Role.READER).scope.contains("2")
