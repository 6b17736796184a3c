"""The dictionary of columns: complete, unambiguous, and fitting the domain classes; and cells one by one."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import cells
from data.cells import BadCell, fold, parse, write
from data.domain.district import District
from data.domain.schools import SchoolKind, Stage
from data.tables import KINDS, ONE_OF, STAGES, TABLES, CellType, Column

COLUMNS = [(table, column) for table in TABLES.values() for column in table.columns]


def test_every_table_of_a_district_is_in_the_dictionary_and_no_other():
    others = {"title", "division", "synthetic", "source"}
    assert set(District.__dataclass_fields__) - others == set(TABLES)
    assert {name for name, table in TABLES.items() if table.required} == {"settlements", "schools", "sites"}
    assert set(ONE_OF) == {"people", "demand"}


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_no_two_columns_of_a_table_share_a_name(table):
    proper = Counter(fold(word) for column in table.columns for word in (column.name, column.zh))
    other = Counter(fold(word) for column in table.columns for word in column.aliases)
    assert max(proper.values()) == 1 and max(other.values(), default=1) == 1


def test_no_two_tables_share_a_name():
    words = Counter(fold(word) for table in TABLES.values() for word in (table.name, table.zh, *table.aliases))
    assert [word for word, count in words.items() if count > 1] == []


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda part: part.name)
def test_every_column_says_what_it_means_in_both_languages(table, column):
    assert column.meaning and column.meaning_zh and any("\u4e00" <= letter <= "\u9fff" for letter in column.zh)
    assert bool(column.choices) == (column.type in {CellType.CHOICE, CellType.CHOICES, CellType.YES_NO})
    if column.refers_to:
        assert column.refers_to in TABLES


def test_keys_places_and_figures_are_columns():
    for table in TABLES.values():
        assert {*table.key, *table.place, *([table.figure] if table.figure else [])} <= set(table.names)
        assert table.figure is None or "source" in table.names


def test_the_choices_are_the_words_of_the_domain():
    assert [choice.value for choice in KINDS] == [kind.value for kind in SchoolKind]
    assert [choice.value for choice in STAGES] == [stage.value for stage in Stage]


def test_a_word_means_one_choice():
    for _, column in COLUMNS:
        words = Counter(fold(w) for choice in column.choices for w in (choice.value, choice.zh, *choice.aliases))
        assert [word for word, count in words.items() if count > 1] == []


def column(type_, **facts):
    return Column("x", "某", type_, "x", "某", **facts)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (CellType.WHOLE, "１２", 12),
        (CellType.WHOLE, " 1,234 ", 1234),
        (CellType.WHOLE, "－3", -3),
        (CellType.WHOLE, "7.0", 7),
        (CellType.NUMBER, "1e-3", 0.001),
        (CellType.NUMBER, "１．５", 1.5),
        (CellType.NUMBER, "12,345.5", 12345.5),
        (CellType.CODE, "　５００１０１ ", "500101"),
        (CellType.CODE, "0012", "0012"),
        (CellType.CODE, "1.0", "1.0"),
        (CellType.CODES, "500157;500109；A、B;", ("500157", "500109", "A", "B")),
        (CellType.DATE, "2026-09-01", date(2026, 9, 1)),
        (CellType.DATE, "2026/9/1", date(2026, 9, 1)),
        (CellType.DATE, "2026年9月1日", date(2026, 9, 1)),
        (CellType.DATE, "20260901", date(2026, 9, 1)),
        (CellType.DATE, "2026-09-01 00:00:00", date(2026, 9, 1)),
        (CellType.DATE, "45292", date(2024, 1, 1)),
        (CellType.TEXT, " 甲村 ", "甲村"),
        (CellType.TEXT, "　", None),
    ],
)
def test_cells_are_read(type_, text, value):
    assert parse(column(type_), text) == value


@pytest.mark.parametrize(
    ("type_", "text", "code"),
    [
        (CellType.WHOLE, "1,23", "not-a-number"),
        (CellType.WHOLE, "1.5", "not-whole"),
        (CellType.WHOLE, "1e3", "not-whole"),
        (CellType.WHOLE, "十", "not-a-number"),
        (CellType.WHOLE, "9" * 400, "too-large"),
        (CellType.NUMBER, "nan", "not-a-number"),
        (CellType.NUMBER, "inf", "not-a-number"),
        (CellType.NUMBER, "1e999", "too-large"),
        (CellType.NUMBER, "12 km", "not-a-number"),
        (CellType.DATE, "2026-02-30", "not-a-date"),
        (CellType.DATE, "2026", "not-a-date"),
        (CellType.DATE, "2026-09-01 10:00", "not-a-date"),
        (CellType.CODE, "5.00101E+11", "code-digits-lost"),
        (CellType.GEOMETRY, "POINT (x y)", "bad-geometry"),
    ],
)
def test_bad_cells_say_what_is_wrong(type_, text, code):
    with pytest.raises(BadCell) as raised:
        parse(column(type_), text)
    assert raised.value.code == code


@pytest.mark.parametrize(("text", "bad"), [("0", False), ("120", False), ("-1", True), ("121", True)])
def test_both_ends_of_a_range_are_in_it(text, bad):
    age = TABLES["people"].column("age")
    if bad:
        with pytest.raises(BadCell):
            parse(age, text)
    else:
        assert parse(age, text) == int(text)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300))
def test_numbers_keep_every_digit(number):
    assert parse(column(CellType.NUMBER), write(column(CellType.NUMBER), number)) == number


@pytest.mark.parametrize("chinese", [True, False])
def test_every_choice_is_written_and_read_back(chinese):
    for _, each in COLUMNS:
        for choice in each.choices:
            value = {CellType.YES_NO: choice.value == "yes", CellType.CHOICES: (choice.value,)}.get(
                each.type, choice.value
            )
            text = write(each, value, chinese=chinese)
            assert parse(each, text) == value and (text == choice.zh) == chinese


def test_what_is_no_outline_or_point_is_not_written():
    with pytest.raises(ValueError, match="LineString"):
        cells.wkt(cells.shapely.LineString([(0, 0), (1, 1)]))
