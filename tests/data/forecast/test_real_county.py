"""A real county whose registered children were counted by other means."""

import csv
import time
from pathlib import Path

import pytest
from shapely import Point

from data.domain.district import District
from data.domain.divisions import DivisionCode
from data.domain.people import BirthCount, PeopleCount
from data.domain.schools import Stage
from data.domain.settlements import Settlement, SettlementId
from data.forecast import forecast

MIAOLI = Path(__file__).resolve().parents[4] / "shared/real/schools/miaoli"


def rows_of(name):
    with (MIAOLI / name).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


@pytest.fixture
def miaoli():
    """275 villages with ages 0 and 1 of August 2014 and births by month since April 2014."""
    if not MIAOLI.exists():
        pytest.skip("the real county is not on this machine")
    ages = [row for row in rows_of("village_age_2014_2015.csv") if row["month"] == "2014-08"]
    births = [row for row in rows_of("village_births_monthly_2014_2026.csv") if row["village_code"]]
    villages = {row["village_code"]: row["town"] for row in [*births, *ages]}
    return District(
        "Miaoli",
        DivisionCode("10005"),
        False,
        "Department of Household Registration",
        settlements=tuple(
            Settlement(SettlementId(code), code, DivisionCode("10005"), Point(120.9, 24.5), Point(120.9, 24.5), town)
            for code, town in villages.items()
        ),
        people=tuple(
            PeopleCount(row["village_code"], "settlement", 2014, age, int(row[f"age_{age}"]))
            for row in ages
            for age in (0, 1)
        ),
        births=tuple(
            BirthCount(row["village_code"], "settlement", int(row["year"]), int(row["births"]), int(row["month"]))
            for row in births
        ),
    )


def test_registered_children_of_a_real_county_are_those_its_note_counts(miaoli):
    started = time.perf_counter()
    made = forecast(miaoli, range(2024, 2034))
    assert time.perf_counter() - started < 5
    # The note on the data: 30,170 registered children of the six primary grades in autumn 2024 (28,315 on the roll).
    assert made.pupils(Stage.PRIMARY, 2024).sum() == 30_170
    assert made.knows(Stage.PRIMARY, 2033)
    assert any("births of 2025-07 to 2026-06 held" in note for note in made.notes)
