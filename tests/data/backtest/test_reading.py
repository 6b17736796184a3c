"""Any CSV or workbook as typed columns, with every fault told at once."""

import pandas as pd
import pytest

from data.backtest.reading import Table, UnreadableHistory, numbers, plain, read_tables
from data.faults import Findings


def written(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_headings_and_figures_of_any_encoding(tmp_path, encoding):
    path = written(tmp_path, "roll.csv", '学年,学校,人数\n2019,甲,"1,234"\n2020,乙,—\n', encoding)
    (table,) = read_tables([path])
    assert table.name == "roll.csv"
    assert table.stem == "roll"
    assert list(table.frame.columns) == ["学年", "学校", "人数"]
    assert table.frame["学年"].tolist() == [2019, 2020]
    assert table.frame["人数"].tolist()[0] == 1234
    assert table.frame["人数"].isna().tolist() == [False, True]
    assert table.frame.index.tolist() == [2, 3]


def test_a_title_above_the_headings_and_blank_rows_are_passed_over(tmp_path):
    path = written(tmp_path, "a.csv", "Pupils of the county,\n\nyear,pupils\n2001,5\n,\n2002,6\n")
    (table,) = read_tables([path])
    assert table.frame["pupils"].tolist() == [5, 6]
    assert table.frame.index.tolist() == [4, 6]


def test_codes_that_begin_with_nought_stay_text(tmp_path):
    (table,) = read_tables([written(tmp_path, "a.csv", "code,year\n0510,2001\n1510,2002\n")])
    assert table.frame["code"].tolist() == ["0510", "1510"]


def test_each_sheet_of_a_workbook_is_a_table(tmp_path):
    with pd.ExcelWriter(tmp_path / "book.xlsx") as book:
        pd.DataFrame({"year": [2001], "births": [7]}).to_excel(book, sheet_name="births", index=False)
        pd.DataFrame({"year": [2001], "grade": ["K"]}).to_excel(book, sheet_name="roll", index=False)
    tables = read_tables([tmp_path / "book.xlsx"])
    assert [table.name for table in tables] == ["book.xlsx [births]", "book.xlsx [roll]"]
    assert tables[0].stem == "book [births]"
    assert tables[0].frame["births"].tolist() == [7]


def test_the_faults_of_all_files_are_told_together(tmp_path):
    twice = written(tmp_path, "twice.csv", "year,n,n\n2001,1,2\n")
    empty, picture = written(tmp_path, "empty.csv", ""), written(tmp_path, "map.png", "x")
    with pytest.raises(UnreadableHistory) as refused:
        read_tables([twice, empty, picture, tmp_path / "absent.csv"])
    told = {(fault.file, fault.code) for fault in refused.value.faults}
    assert told == {
        ("twice.csv", "column-twice"),
        ("empty.csv", "file-empty"),
        ("map.png", "file-kind"),
        ("absent.csv", "path-missing"),
    }
    assert "absent.csv" in str(refused.value)


def test_cells_that_are_no_numbers_are_each_reported_with_their_row():
    table = Table("roll.csv", pd.DataFrame({"pupils": ["3", "many", None, "-2", "4"]}, index=[2, 3, 5, 6, 7]))
    findings = Findings()
    values = numbers(table, "pupils", findings)
    assert values.tolist()[0::4] == [3, 4]
    assert pd.isna(values).tolist() == [False, True, True, True, False]
    assert [(fault.row, fault.column, fault.value, fault.code) for fault in findings.faults] == [
        (3, "pupils", "many", "not-a-number"),
        (6, "pupils", "-2", "out-of-range"),
    ]


def test_headings_are_found_by_any_of_their_words():
    table = Table("a", pd.DataFrame(columns=["School Year", "学生数（人）", "name"]))
    assert table.column(["year", "school_year"]) == "School Year"
    assert table.column(["学生数"]) == "学生数（人）"
    assert table.column(["grade"]) is None
    assert plain(" Count-Date ") == "count_date"
