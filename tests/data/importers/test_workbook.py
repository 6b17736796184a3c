"""Workbooks as people make them: codes as numbers, dates, merged titles, formula errors; the blank one filled in."""

from datetime import date, datetime

import pytest
import python_calamine
import xlsxwriter

from data import export
from data.domain.divisions import Division
from data.domain.schools import Stage
from data.importers import read, sources
from data.tables import TABLES


def numeric(text):
    try:
        return float(text)
    except ValueError:
        return text


def write_book(path, sheets, *, typed=False, edit=lambda book, sheets: None):
    with xlsxwriter.Workbook(str(path)) as book:
        made = {}
        for name, rows in sheets.items():
            made[name] = book.add_worksheet(name)
            for line, row in enumerate(rows):
                for position, text in enumerate(row):
                    made[name].write(line, position, numeric(text) if typed and text else text)
        edit(book, made)
    return path


def codes(found):
    return [fault.code for fault in found]


def test_ten_different_faults_in_one_workbook_are_all_named_in_one_answer(county, declared, tmp_path):
    county["settlements"][1][2] = "500999"  # 1 a division nobody knows
    county["settlements"][3][7] = "POLYGON ((107.2 29.0, 107.3"  # 2 an outline cut off
    county["people"][1][3] = "thirty"  # 3 words for a number
    county["people"][2][0] = "Z"  # 4 a settlement nobody knows
    county["schools"][1][4] = "university"  # 5 a kind that is none
    county["schools"][2][8] = "192.05"  # 6 a latitude beyond the pole
    county["sites"][3][2] = "3.5"  # 7 half a classroom
    county["roll"][2][4] = "41"  # 8 more boarders than pupils
    county["zones"][1][1] = "junior"  # 9 a zone for a stage its school does not teach
    county["zones"][3][0] = "B"  # 10 one settlement twice
    outcome = read(write_book(tmp_path / "county.xlsx", county), declared)
    assert outcome.district is None
    found = {(f.table, f.row, f.column, f.value, f.code) for f in outcome.faults}
    assert {
        ("settlements", 2, "division", "500999", "unknown-division"),
        ("settlements", 4, "geometry", "POLYGON ((107.2 29.0, 107.3", "bad-geometry"),
        ("people", 2, "count", "thirty", "not-a-number"),
        ("people", 3, "settlement", "Z", "unknown-settlement"),
        ("schools", 2, "kind", "university", "not-a-choice"),
        ("schools", 3, "lon", "107.25, 192.05", "outside-area"),
        ("sites", 4, "classrooms", "3.5", "not-whole"),
        ("roll", 3, "boarders", "41", "boarders-above-pupils"),
        ("zones", 2, "school", "N", "zone-without-site"),
        ("zones", 4, "settlement", "B", "duplicate"),
    } == found
    assert {f.file for f in outcome.faults if f.table == "zones"} == {"county.xlsx [zones]"}
    assert all(f.reason and f.reason_zh for f in outcome.faults)


def test_a_workbook_is_read_like_the_folder(county, declared, tmp_path, in_folder):
    expected = read(in_folder(county), declared).district
    assert read(write_book(tmp_path / "a.xlsx", county), declared).district == expected
    # Typed as numbers, as most people do, codes included.
    assert read(write_book(tmp_path / "b.xlsx", county, typed=True), declared).district == expected


def test_one_sheet_with_no_telling_name_is_named_by_its_file(county, declared, tmp_path, in_folder):
    folder = in_folder(county)
    expected = read(folder, declared).district
    (folder / "schools.csv").unlink()
    write_book(folder / "学校.xlsx", {"Sheet1": county["schools"]})
    assert read(folder, declared).district == expected


def test_a_sheet_that_names_no_table_is_a_warning(county, declared, tmp_path):
    county["pivot"] = [["a"], ["b"]]
    outcome = read(write_book(tmp_path / "a.xlsx", county), declared)
    assert outcome.district is not None
    assert [(w.code, w.file) for w in outcome.warnings] == [("table-unknown", "a.xlsx [pivot]")]


def test_the_filled_blank_workbook_is_imported(county, declared, tmp_path, in_folder):
    """Fill in the blank workbook below its two heading rows, one sheet a table, with its own Chinese words."""
    expected = read(in_folder(county), declared).district
    export.blank_workbook(tmp_path / "blank.xlsx")
    book = python_calamine.load_workbook(str(tmp_path / "blank.xlsx"))
    filled = {}
    for name in book.sheet_names:
        filled[name] = [[str(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()]
    for name, (heading, *rows) in county.items():
        sheet = filled[TABLES[name].zh]
        assert len(sheet) == 2
        for row in rows:
            sheet.append([dict(zip(heading, row, strict=True)).get(column, "") for column in sheet[1]])
    outcome = read(write_book(tmp_path / "filled.xlsx", filled), declared)
    assert outcome.faults == () and outcome.warnings == ()
    assert outcome.district == expected


def test_the_blank_workbook_itself_holds_nothing(declared, tmp_path):
    export.blank_workbook(tmp_path / "blank.xlsx")
    outcome = read(tmp_path / "blank.xlsx", declared)
    assert set(codes(outcome.faults)) == {"table-missing", "one-of-missing"} and outcome.warnings == ()


def test_titles_notes_and_merged_cells_are_seen_to(county, declared, tmp_path, in_folder):
    expected = read(in_folder(county), declared).district
    roll = county["roll"]
    county["roll"] = [[], [], *roll[:2], [], *roll[2:], []]

    def merge(book, sheets):
        sheets["roll"].merge_range(0, 0, 0, 4, "某县在校学生统计表")
        sheets["roll"].merge_range(4, 0, 4, 4, "以下为南校")
        sheets["roll"].merge_range(5, 0, 6, 0, "S")  # one name over both its rows

    county["roll"][6] = ["", *county["roll"][6][1:]]
    outcome = read(write_book(tmp_path / "a.xlsx", county, edit=merge), declared)
    assert outcome.faults == () and outcome.district == expected


def test_rows_are_counted_as_the_spreadsheet_shows_them(county, declared, tmp_path):
    county["roll"][3][3] = "many"
    county["roll"] = [["统计表"], [], county["roll"][0], [], *county["roll"][1:]]
    (fault,) = read(write_book(tmp_path / "a.xlsx", county), declared).faults
    assert (fault.row, fault.value) == (7, "many")


@pytest.mark.parametrize("error", ["#DIV/0!", "#REF!", "#N/A", "#VALUE!", "#NAME?"])
def test_a_formula_error_is_a_fault_even_where_blank_is_allowed(county, declared, tmp_path, error):
    def spoil(book, sheets):
        sheets["sites"].write_formula(2, 3, "=1/0", None, error)

    (fault,) = read(write_book(tmp_path / "a.xlsx", county, edit=spoil), declared).faults
    assert (fault.code, fault.row, fault.column, fault.value) == ("formula-error", 3, "beds", error)


def test_the_value_of_a_formula_is_read(county, declared, tmp_path):
    def formula(book, sheets):
        sheets["people"].write_formula(1, 3, "=10+20", None, 30)

    district = read(write_book(tmp_path / "a.xlsx", county, edit=formula), declared).district
    assert district.people[0].count == 30


def test_dates_may_be_dates_texts_or_serial_numbers(county, declared, tmp_path):
    heading = ["code", "name", "level", "valid_from", "valid_to", "succeeded_by"]
    county["divisions"] = [
        heading,
        ["500101", "万州区", "区", "1998-6-1", "", ""],
        ["500105", "江北区", "区", "", "", ""],
    ]

    def days(book, sheets):
        style = book.add_format({"num_format": "yyyy-mm-dd"})
        sheets["divisions"].write_datetime(2, 3, datetime(1995, 3, 26), style)
        sheets["divisions"].write_number(2, 4, 45967)  # 2025-11-06 as a bare number: 45658 is 2025-01-01, and 309 days
        sheets["divisions"].write_number(2, 5, 500157)

    district = read(write_book(tmp_path / "a.xlsx", county, edit=days), declared).district
    assert district.divisions == (
        Division("500101", "万州区", "district", None, date(1998, 6, 1), None, ()),
        Division("500105", "江北区", "district", None, date(1995, 3, 26), date(2025, 11, 6), ("500157",)),
    )


def test_a_long_code_that_lost_its_digits_is_a_fault(county, declared, tmp_path):
    def shorten(book, sheets):
        sheets["settlements"].write_number(1, 0, 500101001001234567)

    found = read(write_book(tmp_path / "a.xlsx", county, edit=shorten), declared).faults
    assert ("code-digits-lost", 2, "id") in {(f.code, f.row, f.column) for f in found}


def test_twelve_digit_codes_typed_as_numbers_are_kept_whole(county, declared, tmp_path):
    for table, column in (("settlements", 0), ("people", 0), ("zones", 0)):
        for row in county[table][1:]:
            row[column] = {"A": "500101001001", "B": "500101001002", "C": "500101002001"}[row[column]]
    district = read(write_book(tmp_path / "a.xlsx", county, typed=True), declared).district
    assert [s.id for s in district.settlements] == ["500101001001", "500101001002", "500101002001"]


def test_what_is_no_workbook_is_a_fault(declared, tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 not really")
    assert "workbook-broken" in codes(read(tmp_path / "a.xlsx", declared).faults)


def test_a_workbook_that_unpacks_to_too_much_is_refused(county, declared, tmp_path, monkeypatch):
    monkeypatch.setattr("data.importers.workbook.MOST_UNPACKED_BYTES", 1_000)
    assert "zip-too-large" in codes(read(write_book(tmp_path / "a.xlsx", county), declared).faults)
    assert sources.unpacked_bytes(tmp_path / "a.xlsx") > 1_000


def test_several_words_in_a_cell(county, declared, tmp_path):
    county["teachers"] = [
        ["教师编号", "学校编号", "资格学段", "任教学科", "出生年", "本校任教年数", "骨干教师", "免交流原因"],
        ["T1", "S", "初中;小学", "语文、数学", "1980", "7", "是", "哺乳期"],
    ]
    (teacher,) = read(write_book(tmp_path / "a.xlsx", county), declared).district.teachers
    assert teacher.licences == (Stage.JUNIOR, Stage.PRIMARY) and teacher.subjects == ("语文", "数学")
    assert teacher.backbone and teacher.exempt == "哺乳期"
