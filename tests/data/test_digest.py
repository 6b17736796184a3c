"""The canonical form: what it keeps, what it leaves out, and that it is the same everywhere."""

import hashlib
import pickle
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
from shapely import Point, Polygon

from data import cells, digest, records
from data.domain.district import District
from data.domain.divisions import Division
from data.domain.people import BirthCount, ControlTotal, DeclaredDemand, MigrantCount, Migration, PeopleCount
from data.domain.schools import RollCount, School, SchoolKind, Site, Stage, ZoneToday
from data.domain.settlements import HomeCount, Settlement, SettlementLink
from data.domain.teachers import Teacher
from data.tables import TABLES


@pytest.fixture
def two_villages() -> District:
    """
    Two square villages side by side, one school, one row or more of every table.

        +-----+-----+
        |  A  |  B  |     the school stands in A
        +-----+-----+
    """
    squares = [Polygon([(x, 29), (x + 0.1, 29), (x + 0.1, 29.1), (x, 29.1)]) for x in (106.1, 106.2)]
    villages = [
        Settlement("A", "甲村", "500101", squares[0], Point(106.1 + 0.2 / 3, 29.05), "一镇", True),
        Settlement("B", "乙村", "500101", squares[1], Point(106.25, 29.05), "", None),
    ]
    return District(
        title="two villages",
        division="500101",
        synthetic=True,
        source="drawn for a test",
        divisions=(Division("500101", "万州区", "district", "500000", date(1998, 1, 1), None, ()),),
        settlements=tuple(villages),
        neighbours=(("A", "B"),),
        links=(SettlementLink("A", "B", "ferry", "一渡"),),
        homes=(HomeCount("A", Point(106.12, 29.04), 310.25, "格网"), HomeCount("B", Point(106.22, 29.07), 4)),
        people=(
            PeopleCount("A", "settlement", 2025, 6, 30, "male", "公安"),
            PeopleCount("一镇", "township", 2025, 7, 9),
            PeopleCount("500101", "division", 2025, 20, 700, None, "统计", date(2025, 11, 1), 24),
        ),
        births=(BirthCount("B", "settlement", 2024, 8, 12, "卫健"), BirthCount("500101", "division", 2023, 99)),
        migration=(Migration("A", "settlement", 2025, 6, -3),),
        migrants=(MigrantCount("一镇", "township", Stage.PRIMARY, 2025, 12, 11, "教育"),),
        controls=(ControlTotal("500101", "division", Stage.PRIMARY, 2026, 120, "统计"),),
        demand=(DeclaredDemand("B", Stage.JUNIOR, 2026, 11, 7), DeclaredDemand("A", Stage.PRIMARY, 2026, 60)),
        schools=(
            School("S", "一小", "500101", SchoolKind.FULL_PRIMARY, Point(106.15, 29.05), "一镇", False, True, "共体"),
        ),
        sites=(Site("S", Stage.PRIMARY, 12, 40, 2, 2027, 20, 480, 90_000, 1234.5, None, 1e6, 6),),
        roll=(RollCount("S", 2025, 1, 38, "female", 2), RollCount("S", 2025, 2, 40)),
        zones=(ZoneToday("A", Stage.PRIMARY, "S"),),
        teachers=(
            Teacher("T1", "S", (Stage.PRIMARY, Stage.JUNIOR), ("语文", "数学"), 1980, 7, True, "八级", "哺乳期"),
        ),
    )


def test_every_table_comes_back_as_it_went(two_villages):
    tables = digest.to_tables(two_villages)
    assert set(tables) == set(TABLES)
    back = digest.from_tables(digest.Meta("two villages", "500101", True, "drawn for a test"), tables)
    for name in TABLES:
        assert set(getattr(back, name)) == set(getattr(two_villages, name)), name
    no_rows = dict.fromkeys(TABLES, ())
    assert replace(back, **no_rows) == replace(two_villages, **no_rows)


def test_the_order_of_rows_and_of_a_pair_changes_nothing(two_villages):
    turned = replace(
        two_villages,
        neighbours=(("B", "A"), ("A", "B")),
        **{n: tuple(reversed(getattr(two_villages, n))) for n in TABLES if n != "neighbours"},
    )
    assert digest.to_tables(turned) == digest.to_tables(two_villages)
    assert digest.digest(turned) == digest.digest(two_villages)
    assert digest.canonical(turned) == digest.canonical(two_villages)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_less_in_any_table_is_another_dataset(two_villages, table):
    assert digest.digest(replace(two_villages, **{table: getattr(two_villages, table)[1:]})) != digest.digest(
        two_villages
    )


def test_a_table_that_a_dataset_does_not_have_is_not_in_its_hash(two_villages):
    """The hash as it is made from the tables by hand, so that a table added later leaves stored hashes as they are."""
    bare = replace(two_villages, homes=())
    tables = digest.to_tables(bare)
    assert "homes" not in tables
    total = hashlib.sha256(b"junheng-tables-2")
    for name in sorted(set(TABLES) - {"homes"}):
        total.update(f"\n{name} {len(tables[name])}\n".encode() + tables[name])
    assert digest.digest(bare) == total.hexdigest()


def test_one_changed_figure_is_another_dataset(two_villages):
    roll = (replace(two_villages.roll[0], pupils=39), *two_villages.roll[1:])
    assert digest.digest(replace(two_villages, roll=roll)) != digest.digest(two_villages)


def test_whole_areas_count_the_same_however_they_are_typed(two_villages):
    def with_area(area):
        return replace(two_villages, sites=(replace(two_villages.sites[0], teaching_area=area),))

    assert digest.digest(with_area(500)) == digest.digest(with_area(500.0))


def test_the_bytes_are_plain_csv(two_villages):
    text = digest.to_tables(two_villages)["demand"].decode()
    assert text == "settlement,stage,year,grade,pupils\r\nA,primary,2026,,60\r\nB,junior,2026,7,11\r\n"


def test_another_process_with_another_hash_seed_gives_the_same_hash(two_villages):
    tables = digest.to_tables(two_villages)
    program = (
        "import sys, pickle; from data import digest; tables = pickle.load(sys.stdin.buffer);"
        "print(digest.digest(digest.from_tables(digest.Meta('t', '500101'), tables)))"
    )
    for seed in ("1", "2"):
        answer = subprocess.run(
            [sys.executable, "-c", program],
            input=pickle.dumps(tables),
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
        )
        assert answer.stdout.decode().strip() == digest.digest(two_villages)


def test_builders_take_the_columns_of_the_dictionary_in_order():
    for name, build in records.BUILD.items():
        parameters = build.__code__.co_varnames[: build.__code__.co_argcount]
        assert parameters == TABLES[name].names


@pytest.mark.parametrize("number", [0.1 + 0.2, 1 / 3, 106.55123456789012, 5e-324, -0.0, 1e22])
def test_outlines_keep_every_digit(number):
    point = Point(number, -number)
    assert cells.parse(TABLES["settlements"].column("geometry"), cells.wkt(point)) == point
