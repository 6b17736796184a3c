from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

import docx
import forecast_document
import pytest
import report_inputs
from python_calamine import CalamineWorkbook

from app.reports.monitoring import files, glyphs, pdf, words, workbook

SUPPORT = Path(report_inputs.__file__).parent
ROOT = SUPPORT.parent.parent

BUILD = """
import hashlib, sys
sys.path[:0] = [{support!r}, {root!r}]
import forecast_document, report_inputs
from app.reports.monitoring import files, workbook
one = report_inputs.district(signature=report_inputs.SIGNATURE)
for inputs in (one, report_inputs.city(one)):
    for make in (files.pdf_file, files.word_file, files.workbook_file):
        print(hashlib.sha256(make(inputs)).hexdigest())
print(hashlib.sha256(workbook.forecast_workbook(forecast_document.document(), mask_small_counts=True)).hexdigest())
"""


def hashes(zone, seed):
    """Build every file in a process of its own, in another time zone and with another order of sets."""
    program = BUILD.format(support=str(SUPPORT), root=str(ROOT))
    environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_every_file_is_the_same_bytes_in_two_processes():
    first = hashes("UTC", "1")
    time.sleep(1.1)  # a clock in a file, even one of whole seconds, would be seen
    assert len(first) == 7
    assert hashes("Asia/Shanghai", "2") == first


def test_other_comments_make_other_files():
    one, other = report_inputs.district(), report_inputs.district(comments="另一意见。")
    for make in (files.pdf_file, files.word_file, files.workbook_file):
        assert hashlib.sha256(make(one)).digest() != hashlib.sha256(make(other)).digest()


def pages(content):
    return len(re.findall(rb"/Type\s*/Page\b", content)) + sum(
        len(re.findall(rb"/Type\s*/Page\b", stream)) for stream in unpacked(content)
    )


def unpacked(content):
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            yield zlib.decompress(match[1].rstrip(b"\r\n"))
        except zlib.error:
            continue


def test_the_pdf_is_an_archive_pdf_dated_by_the_report():
    content = files.pdf_file(report_inputs.district())
    assert content.startswith(b"%PDF-")
    whole = content + b"".join(unpacked(content))
    assert b"20260301" in whole or b"2026-03-01" in whole
    assert re.search(rb"pdfaid:part>2<", whole)
    assert pages(content) >= 5


def test_a_figure_that_cannot_be_set_fails_loudly(monkeypatch):
    monkeypatch.setattr(pdf.glyphs, "folder", lambda: SUPPORT)  # no fonts there
    with pytest.raises(pdf.NotPrinted, match="font"):
        files.pdf_file(report_inputs.district())


def test_a_forecast_that_knows_nothing_is_printed_all_the_same():
    document = forecast_document.document()
    nothing = dict.fromkeys(("pyramids", "peaks", "warnings", "small_classes", "migrants", "norms"), ())
    empty = document.model_copy(update=nothing | {"accuracy": None, "levels": dict.fromkeys(document.levels, ())})
    for make in (files.pdf_file, files.word_file, files.workbook_file):
        assert make(report_inputs.district(empty, comments=""))


def test_words_of_people_are_never_read_as_commands():
    signs = "#panic() $x$ *粗* _斜_ `码` <标> @引 \\ [框] // 注 😀"
    content = files.pdf_file(report_inputs.district(comments=signs))
    assert len(content) > 10_000


def test_a_character_that_no_font_holds_is_printed_as_a_geta():
    assert glyphs.printable("重庆😀\u0007a\nb〔2018〕") == "重庆〓〓a\nb〔2018〕"


def word_of(inputs):
    return docx.Document(io.BytesIO(files.word_file(inputs)))


def test_word_holds_the_same_tables_and_figures_as_the_pdf():
    report = files.report(report_inputs.district())
    document = word_of(report_inputs.district())
    kinds = [type(block).__name__ for block in report.blocks]
    assert len(document.tables) == kinds.count("Table")
    assert len(document.inline_shapes) == kinds.count("Figure") == 3
    norms = [row.cells[-1].text for table in document.tables for row in table.rows if row.cells[0].text == "红色预警线"]
    assert norms == ["U 未核实"]


def test_word_names_its_chinese_font_and_one_date():
    document = word_of(report_inputs.district())
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}eastAsia") == "宋体"
    facts = document.core_properties
    assert facts.created == facts.modified == report_inputs.MADE.replace(tzinfo=facts.created.tzinfo)


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_figures_are_marked_on_every_page_and_sheet_and_real_ones_are_not(synthetic):
    inputs = report_inputs.district(forecast_document.document(synthetic=synthetic))
    head = word_of(inputs).sections[0].header.paragraphs[0].text
    assert (words.SYNTHETIC in head) is synthetic
    assert pdf._plain(files.report(inputs))["synthetic"] is synthetic
    book = CalamineWorkbook.from_filelike(io.BytesIO(files.workbook_file(inputs)))
    marked = [book.get_sheet_by_name(name).to_python()[0][0].startswith("合成数据，") for name in book.sheet_names]
    assert marked == [synthetic] * len(book.sheet_names)


def rows_of(content, sheet):
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(sheet).to_python()


def test_the_workbook_holds_every_figure():
    document = forecast_document.document()
    content = workbook.forecast_workbook(document, mask_small_counts=False)
    rows = rows_of(content, "学校 School")
    assert rows[1][:5] == ["代码", "名称", "所属", "学段", "指标"]
    assert rows[2][:6] == ["id", "name", "parent", "stage", "measure", "2026"]
    central = [row for row in rows if row[0] == "central" and row[3] == "小学 primary"]
    assert {row[4]: row[5:8] for row in central}["学生 pupils"] == [552, 566, 570]
    assert {row[4]: row[5:8] for row in central}["学位 places"] == [540, 540, 585]
    assert len(rows_of(content, "预警 Warnings")) == 3 + len(document.warnings)
    accuracy = rows_of(content, "精度 Accuracy")
    assert len(accuracy) == 3 + 10
    assert accuracy[2][:8] == ["history", "unit", "stage", "horizon", "size_class", "method", "cases", "mape"]
    red = next(row for row in rows_of(content, "预警 Warnings") if row[6] == "红色 red")
    assert (red[0], red[4]) == ("学校 school", "小学 primary")
    assert "未提供分年龄迁移数据。" in str(rows_of(content, "方法与说明 Notes"))


def test_small_counts_are_masked_in_the_workbook_only_when_asked():
    """The last settlement has a tenth of 38 and fewer children of kindergarten age: 4 and under."""
    for masking, shown in ((False, 4), (True, "<5")):
        content = workbook.forecast_workbook(forecast_document.document(), mask_small_counts=masking)
        rows = rows_of(content, "村（社区） Settlement")
        (forest,) = [row for row in rows if row[0] == "forest" and row[3:5] == ["学前 preschool", "学生 pupils"]]
        assert forest[5] == shown


def test_a_masked_row_of_the_workbook_hides_what_would_tell():
    row = {"pupils": 3, "places": 60, "utilisation": 0.05, "reason": "3 pupils", "reason_zh": "3人", "year": 2026}
    assert workbook.masked(row) == {
        "pupils": "<5", "places": 60, "utilisation": "—", "reason": "—", "reason_zh": "—", "year": 2026,
    }  # fmt: skip
    migrants = {"migrants": 32, "in_public": 30, "gap": 2, "coverage": 0.9375}
    assert workbook.masked(migrants) == {"migrants": 32, "in_public": "—", "gap": "<5", "coverage": "—"}


def test_the_workbook_of_a_city_holds_totals_and_districts():
    parts = [report_inputs.district(forecast_document.document(division=code)) for code in ("990101", "990102")]
    content = files.workbook_file(report_inputs.city(*parts))
    (primary,) = [row for row in rows_of(content, "全市 City") if row[3:5] == ["小学 primary", "学生 pupils"]]
    assert primary[5] == 2 * 644
    assert len(rows_of(content, "红色预警 Red warnings")) == 3 + 4


def test_parts_of_zip_files_carry_no_time():
    for make in (files.word_file, files.workbook_file):
        with zipfile.ZipFile(io.BytesIO(make(report_inputs.district()))) as packed:
            assert {part.date_time for part in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
