"""The register across the change of 6 November 2025, against the published counts and township lists."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from data.register import OutsideRegister, Register, UnknownDivision

BEFORE, FIRST_DAY = date(2025, 11, 5), date(2025, 11, 6)
BOUNDARIES = Path(__file__).parents[2] / ".." / "shared" / "real" / "boundaries"
needs_lists = pytest.mark.skipif(not BOUNDARIES.exists(), reason="the published township lists are not here")


def test_the_units_are_38_to_the_day_before_and_37_after():
    register = Register.default()
    assert len(register.units(BEFORE)) == 38
    assert len(register.units(FIRST_DAY)) == 37
    assert len(register.units(date(2026, 9, 1))) == 37


def test_two_units_ended_and_one_began():
    register = Register.default()
    before, after = ({unit.code for unit in register.units(day)} for day in (BEFORE, FIRST_DAY))
    assert before - after == {"500105", "500112"}
    assert after - before == {"500157"}
    assert register.find("500105").succeeded_by == ("500157",)


def test_25_districts_and_12_counties_are_left():
    # As announced: 25 districts, 8 counties and 4 autonomous counties.
    levels = Counter(unit.level for unit in Register.default().units(FIRST_DAY))
    assert levels == {"district": 25, "county": 12}


def test_the_register_does_not_speak_of_days_it_does_not_know():
    with pytest.raises(OutsideRegister):
        Register.default().units(date(2010, 11, 1))


@pytest.mark.parametrize(
    ("code", "township", "after"),
    [
        ("500105", "观音桥街道", "500157"),  # all of the former Jiangbei
        ("500112", "两路街道", "500157"),
        ("500112", "统景镇", "500109"),  # one of five northern towns, now Beibei
        ("500109", "蔡家岗街道", "500157"),  # one of five units of Beibei
        ("500109", "澄江镇", "500109"),
        ("500101", "高笋塘街道", "500101"),
    ],
)
def test_a_township_is_found_under_its_unit_of_the_day(code, township, after):
    register = Register.default()
    assert register.unit_of(code, township, BEFORE) == code
    assert register.unit_of(code, township, FIRST_DAY) == after


def test_an_unknown_code_is_an_error():
    with pytest.raises(UnknownDivision):
        Register.default().unit_of("510104", "某街道", FIRST_DAY)


@needs_lists
def test_the_published_township_list_of_2023_becomes_that_of_2026():
    def townships(year):
        with (BOUNDARIES / f"chongqing_township_codes_{year}.csv").open(encoding="utf-8-sig") as file:
            return [(row["adcode"], row["township"]) for row in csv.DictReader(file)]

    register = Register.default()
    moved = Counter(register.unit_of(code, name, FIRST_DAY) for code, name in townships(2023))
    published = Counter(code for code, _ in townships(2026))
    # Sums before and after are equal, and the units touched by the change have the announced townships.
    assert moved["500157"] == published["500157"] == 31 + 11
    assert moved["500109"] == published["500109"] == 6 + 11
    assert sum(moved.values()) == len(townships(2023))
