"""A district small enough to count on fingers."""

import pytest
from shapely import Point

from data.domain.district import District
from data.domain.divisions import DivisionCode
from data.domain.settlements import Settlement, SettlementId


@pytest.fixture
def three_places():
    """
    Make a district of three settlements, with the tables of a test.

        township East: A, B        township West: C        division 509999: all three
    """
    settlements = tuple(
        Settlement(SettlementId(name), name, DivisionCode("509999"), Point(107, 30), Point(107, 30), township)
        for name, township in (("A", "East"), ("B", "East"), ("C", "West"))
    )

    def make(**tables):
        return District("three places", DivisionCode("509999"), True, "drawn", settlements=settlements, **tables)

    return make
