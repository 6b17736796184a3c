"""Import of folders and archives of CSV: what is accepted, and where each fault is said to be."""

import codecs
import csv
import io
import zipfile
from dataclasses import replace

import pytest
from shapely import Point

from data import digest
from data.domain.schools import SchoolKind, Stage
from data.faults import Findings
from data.importers import Declaration, read, sources


def codes(found):
    return [fault.code for fault in found]


def faults_of(path, declared):
    outcome = read(path, declared)
    assert outcome.district is None and outcome.faults
    return outcome.faults


def test_a_folder_of_csv_becomes_a_district(county, declared, in_folder):
    outcome = read(in_folder(county), declared)
    assert outcome.faults == () and outcome.warnings == ()
    district = outcome.district
    a, b, _ = district.settlements
    assert (a.id, a.name, a.township, a.urban, a.centre) == ("A", "甲村", "东镇", False, Point(107.05, 29.05))
    assert b.centre.equals_exact(Point(107.15, 29.05), 1e-9)  # no point given: the centroid
    north, south = district.schools
    assert (north.kind, north.public, north.protected) == (SchoolKind.FULL_PRIMARY, True, False)
    assert (south.kind, south.protected, south.point) == (SchoolKind.NINE_YEAR, True, Point(107.25, 29.05))
    assert [(site.school, site.stage, site.beds) for site in district.sites][1] == ("S", Stage.PRIMARY, 40)
    assert district.people[0].count == 30 and district.people[0].level == "settlement"
    assert (district.title, district.division, district.source) == ("drawn county", "500101", "drawn for a test")
    assert [(unit.code, unit.name) for unit in district.divisions] == [("500101", "万州区")]  # from the register


def test_a_zip_of_the_folder_is_the_same(county, declared, in_folder, zipped):
    folder = in_folder(county)
    assert read(zipped(folder), declared) == read(folder, declared)


def test_chinese_names_of_files_and_columns_are_the_same(county, declared, in_folder, tmp_path):
    by_english = read(in_folder(county), declared).district
    files = {
        "settlements": "1-村社区",
        "people": "人口_2025",
        "schools": "学校",
        "sites": "办学条件",
        "roll": "在校生",
        "zones": "现行划片",
    }
    headings = {
        "settlements": "村社区编号,村社区名称,区县代码,乡镇街道,城乡,经度(°),纬度 (°),边界",
        "people": "村社区编号,年份,年龄,人数*,数据来源",
        "schools": "学校编号,学校名称,区县代码,乡镇街道,学校类别,办别,保留,经度,纬度",
        "sites": "学校编号,学段,教室数(间),床位",
        "roll": "学校编号,年份,年级,学生数,寄宿生数",
        "zones": "村社区编号,学段,学校编号",
    }  # fmt: skip
    chinese = tmp_path / "chinese"
    chinese.mkdir()
    for name, rows in county.items():
        out = io.StringIO(newline="")
        csv.writer(out).writerows([headings[name].split(","), *rows[1:]])
        (chinese / f"{files[name]}.csv").write_bytes(out.getvalue().encode("gb18030"))
    outcome = read(chinese, declared)
    assert outcome.faults == () and outcome.warnings == ()
    assert outcome.district == by_english


@pytest.mark.parametrize("encode", [
    lambda text: codecs.BOM_UTF8 + text.encode(),
    lambda text: text.encode("gbk"),
    lambda text: text.encode("utf-16"),
    lambda text: text.replace(",", "\t").encode(),
    lambda text: ("某县学校一览表,,,,,,,,\n\n" + text).encode(),
    lambda text: (text + "\n,,,,,,,,\n\n").encode(),
])  # fmt: skip
def test_common_ways_to_save_a_csv_are_read_alike(county, declared, in_folder, encode):
    folder = in_folder(county)
    expected = read(folder, declared).district
    plain = (folder / "schools.csv").read_text(encoding="utf-8")
    (folder / "schools.csv").write_bytes(encode(plain))
    assert read(folder, declared).district == expected


@pytest.mark.parametrize(
    ("table", "row", "column", "text", "code"),
    [
        ("people", 2, "count", "３０", None),
        ("people", 2, "count", "1,030", None),
        ("people", 2, "count", "30.0", None),
        ("people", 2, "count", "30.5", "not-whole"),
        ("people", 2, "count", "三十", "not-a-number"),
        ("people", 2, "count", "-1", "out-of-range"),
        ("people", 3, "age", "121", "out-of-range"),
        ("people", 3, "year", "25", "out-of-range"),
        ("people", 4, "settlement", "D", "unknown-settlement"),
        ("people", 4, "settlement", "", "place-count"),
        ("people", 4, "count", "", "blank"),
        ("people", 4, "count", "#REF!", "formula-error"),
        ("people", 4, "count", "99999999999999999", "too-large"),
        ("settlements", 3, "division", "500999", "unknown-division"),
        ("settlements", 3, "division", "5.00101E+11", "code-digits-lost"),
        ("settlements", 3, "geometry", "POLYGON ((0 0, 1", "bad-geometry"),
        ("settlements", 3, "geometry", "LINESTRING (107 29, 107.1 29)", "geometry-kind"),
        ("settlements", 3, "geometry", "", "no-location"),
        ("settlements", 2, "lat", "", "half-point"),
        ("settlements", 2, "lat", "91", "outside-area"),
        ("settlements", 4, "id", "A", "duplicate"),
        ("settlements", 2, "urban_rural", "山区", "not-a-choice"),
        ("schools", 2, "kind", "大学", "not-a-choice"),
        ("schools", 2, "lon", "", "blank"),
        ("schools", 3, "id", "N", "duplicate"),
        ("sites", 3, "school", "Q", "unknown-school"),
        ("sites", 4, "stage", "primary", "duplicate"),
        ("roll", 2, "grade", "13", "out-of-range"),
        ("roll", 2, "grade", "7", "roll-without-site"),
        ("roll", 3, "boarders", "41", "boarders-above-pupils"),
        ("zones", 2, "stage", "junior", "zone-without-site"),
        ("zones", 3, "settlement", "A", "duplicate"),
    ],
)  # fmt: skip
def test_one_bad_cell_is_one_fault_on_its_row(county, declared, in_folder, table, row, column, text, code):
    rows = county[table]
    rows[row - 1][rows[0].index(column)] = text
    outcome = read(in_folder(county), declared)
    if code is None:
        assert outcome.faults == ()
        return
    here = [f for f in outcome.faults if (f.file, f.table, f.row) == (f"{table}.csv", table, row)]
    assert code in codes(here)
    fault = here[codes(here).index(code)]
    assert len(here) == 1 or code in {"duplicate"}  # one cell, one fault: what follows from it is not told again
    assert fault.reason and fault.reason_zh and "{" not in fault.reason + fault.reason_zh
    assert fault.column in rows[0]
    if code not in {"duplicate", "no-location", "geometry-kind", "outside-area", "zone-without-site"}:
        assert (fault.column, fault.value) == (column, text)


def test_a_missing_column_is_named_with_what_was_perhaps_meant(county, declared, in_folder):
    county["schools"][0][4] = "kinds"
    (fault,) = (f for f in faults_of(in_folder(county), declared) if f.code == "column-missing")
    assert (fault.file, fault.row, fault.table) == ("schools.csv", 1, "schools")
    assert "kinds" in fault.reason and "学校类别" in fault.reason_zh


def test_an_unknown_column_is_only_a_warning(county, declared, in_folder):
    county["sites"] = [[*row, text] for row, text in zip(county["sites"], ["bedz", "1", "2", "3"], strict=True)]
    outcome = read(in_folder(county), declared)
    assert outcome.district is not None
    assert [(w.code, w.file, w.column) for w in outcome.warnings] == [("column-unknown", "sites.csv", "bedz")]


def test_two_columns_of_one_meaning_are_a_fault(county, declared, in_folder):
    county["sites"] = [[*row, text] for row, text in zip(county["sites"], ["床位", "1", "2", "3"], strict=True)]
    assert codes(faults_of(in_folder(county), declared)) == ["column-twice"]


def test_cells_beyond_the_headings_are_a_fault(county, declared, in_folder):
    county["zones"][2].append("stray")
    (fault,) = faults_of(in_folder(county), declared)
    assert (fault.code, fault.row, fault.value) == ("extra-cells", 3, "stray")


@pytest.mark.parametrize("table", ["settlements", "schools", "sites"])
def test_a_missing_table_is_named_with_the_file_that_was_perhaps_meant(county, declared, in_folder, table):
    county[f"{table[:-2]}x"] = county.pop(table)
    (fault,) = (f for f in faults_of(in_folder(county), declared) if f.code == "table-missing")
    assert fault.table == table and f"{table[:-2]}x" in fault.reason


def test_people_or_demand_is_needed(county, declared, in_folder):
    del county["people"]
    assert codes(faults_of(in_folder(county), declared)) == ["one-of-missing"]


def test_declared_demand_does_in_place_of_people(county, declared, in_folder):
    del county["people"]
    county["demand"] = [["settlement", "stage", "year", "grade", "pupils"], ["A", "primary", "2026", "", "60"]]
    assert read(in_folder(county), declared).district.demand[0].pupils == 60


def test_declared_names_lead_to_tables_and_columns(county, declared, in_folder):
    county["my list"] = county.pop("schools")
    county["my list"][0][:2] = ["no.", "called"]
    own = replace(declared, tables={"my list": "schools"}, columns={"schools": {"id": "No.", "name": "called"}})
    outcome = read(in_folder(county), own)
    assert outcome.faults == () and outcome.district.schools[1].name == "南校"


def test_a_declared_heading_that_is_not_there_is_a_fault(county, declared, in_folder):
    own = replace(declared, columns={"schools": {"name": "nmae"}})
    (fault,) = faults_of(in_folder(county), own)
    assert (fault.code, fault.column) == ("declared-heading-missing", "nmae") and "name" in fault.reason


def test_a_column_declared_empty_is_not_read(county, declared, in_folder):
    own = replace(declared, columns={"settlements": {"lon": "", "lat": ""}})
    assert read(in_folder(county), own).district.settlements[0].centre.equals_exact(Point(107.05, 29.05), 1e-9)


def test_a_declaration_of_unknown_tables_and_columns_is_a_fault(county, declared, in_folder):
    own = replace(declared, tables={"x": "shools"}, columns={"schools": {"nme": "x"}, "rol": {}})
    found = faults_of(in_folder(county), own)
    assert codes(found) == ["declaration-unknown"] * 3
    assert {fault.value for fault in found} == {"shools", "nme", "rol"}


def test_the_declared_division_stands_in_for_a_missing_column(county, declared, in_folder):
    for table in ("settlements", "schools"):
        county[table] = [row[:2] + row[3:] for row in county[table]]
    outcome = read(in_folder(county), declared)
    assert {row.division for row in (*outcome.district.settlements, *outcome.district.schools)} == {"500101"}


def test_a_division_outside_the_register_is_made_from_the_declaration(county, in_folder):
    for table in ("settlements", "schools"):
        for row in county[table][1:]:
            row[2] = "410181"
    outcome = read(in_folder(county), Declaration("巩义市", "410181", "EPSG:4490"))
    assert [(unit.code, unit.name) for unit in outcome.district.divisions] == [("410181", "巩义市")]


def test_undeclared_degrees_are_read_with_a_warning(county, declared, in_folder):
    outcome = read(in_folder(county), replace(declared, crs=None))
    assert outcome.district is not None
    assert {(w.code, w.file) for w in outcome.warnings} == {
        ("crs-assumed", "settlements.csv"),
        ("crs-assumed", "schools.csv"),
    }


def test_a_declared_system_that_does_not_exist_is_a_fault(county, declared, in_folder):
    assert codes(faults_of(in_folder(county), replace(declared, crs="EPSG:999999"))) == ["crs-unreadable"]


def test_one_table_may_come_in_several_files(county, declared, in_folder):
    heading, first, *rest = county["people"]
    county["people"] = [heading, first]
    county["people_2"] = [heading, *rest, ["D", "2025", "7", "1", ""]]
    (fault,) = faults_of(in_folder(county), declared)
    assert (fault.file, fault.row, fault.code) == ("people_2.csv", 4, "unknown-settlement")


def test_row_order_changes_the_district_but_not_its_digest(county, declared, tmp_path, in_folder):
    one = read(in_folder(county), declared).district
    turned = {name: [rows[0], *reversed(rows[1:])] for name, rows in county.items()}
    (tmp_path / "county").rename(tmp_path / "before")
    other = read(in_folder(turned), declared).district
    assert one != other and digest.digest(one) == digest.digest(other)


def test_an_unreadable_encoding_says_the_line(county, declared, in_folder):
    folder = in_folder(county)
    good = (folder / "zones.csv").read_bytes()
    (folder / "zones.csv").write_bytes(good + b"\xff\xff,primary,N\r\n")
    (fault,) = (f for f in faults_of(folder, declared) if f.code == "encoding")
    assert (fault.file, fault.row) == ("zones.csv", 5)


def test_an_unclosed_quote_is_a_fault_not_a_lost_table(county, declared, in_folder):
    folder = in_folder(county)
    (folder / "zones.csv").write_text('settlement,stage,school\nA,primary,"N\nB,primary,N\n', encoding="utf-8")
    (fault,) = faults_of(folder, declared)
    assert (fault.code, fault.file) == ("csv-broken", "zones.csv")


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \n\n"])
def test_an_empty_file_is_a_fault(county, declared, in_folder, content):
    folder = in_folder(county)
    (folder / "births.csv").write_bytes(content)
    assert codes(faults_of(folder, declared)) == ["file-empty"]


def test_a_kind_of_file_that_is_not_read_is_never_passed_over(county, declared, in_folder):
    folder = in_folder(county)
    (folder / "births.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    (folder / "README.md").write_text("about", encoding="utf-8")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8")
    outcome = read(folder, declared)
    assert [(f.code, f.file) for f in outcome.faults] == [("file-kind", "births.xls")]
    assert [(w.code, w.file) for w in outcome.warnings] == [("file-ignored", "photo.jpg")]


def test_nothing_there_is_a_fault(declared, tmp_path):
    assert "path-missing" in codes(faults_of(tmp_path / "no.zip", declared))
    (tmp_path / "empty").mkdir()
    assert "nothing-to-read" in codes(faults_of(tmp_path / "empty", declared))


def zip_with(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name", ["../outside.csv", "a/../../outside.csv", "/outside.csv", "..\\outside.csv", "C:\\outside.csv"]
)
def test_an_archive_that_leads_outside_is_refused(declared, tmp_path, name):
    archive = zip_with(tmp_path / "bad.zip", [(name, "id\n1\n")])
    assert "zip-unsafe" in codes(faults_of(archive, declared))
    assert not list(tmp_path.glob("**/outside.csv"))


def test_a_bomb_is_refused_by_what_it_unpacks_to(declared, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_UNPACKED_BYTES", 1_000_000)
    archive = zip_with(tmp_path / "bomb.zip", [("people.csv", b"0" * 1_000_001)])
    assert archive.stat().st_size < 2_000
    assert "zip-too-large" in codes(faults_of(archive, declared))


def test_a_bomb_that_lies_about_its_size_is_refused_too(declared, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_UNPACKED_BYTES", 1_000_000)
    archive = zip_with(tmp_path / "bomb.zip", [("people.csv", b"0" * 3_000_000)])
    content = archive.read_bytes().replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    archive.write_bytes(content)
    assert {"zip-too-large", "zip-broken"} & set(codes(faults_of(archive, declared)))


def test_too_many_members_are_refused(declared, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_MEMBERS", 3)
    archive = zip_with(tmp_path / "many.zip", [(f"{i}.csv", "x") for i in range(4)])
    assert "zip-too-many" in codes(faults_of(archive, declared))


def test_a_damaged_or_locked_archive_is_a_fault(declared, tmp_path):
    archive = zip_with(tmp_path / "good.zip", [("people.csv", "x" * 1000)])
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(archive.read_bytes()[:-30])
    assert "zip-broken" in codes(faults_of(damaged, declared))
    locked = bytearray(archive.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag bits of both headers
        locked[locked.index(mark) + offset] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    assert "zip-locked" in codes(faults_of(tmp_path / "locked.zip", declared))


def test_an_archive_beside_other_files_or_in_another_archive_is_unpacked(county, declared, in_folder, zipped, tmp_path):
    folder = in_folder(county)
    expected = read(folder, declared)
    archive = zipped(folder)
    beside = tmp_path / "beside"
    beside.mkdir()
    archive.rename(beside / "county.zip")
    assert read(beside, declared) == expected
    outer = zip_with(tmp_path / "outer.zip", [("in/county.zip", (beside / "county.zip").read_bytes())])
    assert read(outer, declared) == expected


def test_a_fault_in_an_inner_archive_names_both(declared, tmp_path):
    (tmp_path / "files").mkdir()
    zip_with(tmp_path / "files/tables.zip", [("people.csv", "settlement,year,age,count\nA,x,6,30\n")])
    faults = faults_of(tmp_path / "files", declared)
    assert ("not-a-number", "tables.zip/people.csv", 2) in [(f.code, f.file, f.row) for f in faults]


def test_archives_share_one_limit_and_go_two_deep(declared, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_UNPACKED_BYTES", 1_000_000)
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("a", "b"):
        zip_with(folder / f"{name}.zip", [("people.csv", b"0" * 600_000)])
    assert "zip-too-large" in codes(faults_of(folder, declared))
    deep = zip_with(tmp_path / "2.zip", [("people.csv", "x")])
    for depth in (1, 0):
        deep = zip_with(tmp_path / f"{depth}.zip", [(deep.name, deep.read_bytes())])
    findings = Findings()
    with sources.opened(deep, findings) as files:
        assert [file.name for file in files.tables] == ["1.zip/2.zip"]
    assert findings.faults == []


def test_roads_and_relief_are_told_from_tables_and_left_alone(county, declared, in_folder, tmp_path):
    folder = in_folder(county)
    expected = read(folder, declared)
    roads = ("a.osm.pbf", "b.PBF", "c.osm", "d.osm.gz", "e.osm.bz2")
    relief = ("N29E107.hgt", "N29E108.hgt.zip", "f.tif", "g.TIFF")
    for name in (*roads, *relief):
        (folder / name).write_bytes(b"x")
    assert read(folder, declared) == expected
    with sources.opened(folder, Findings()) as files:
        assert [file.name for file in files.roads] == sorted(roads)
        assert [file.name for file in files.relief] == sorted(relief)
        assert {file.stem for file in files.tables} == set(county)


def test_a_tile_in_a_zip_is_relief_and_no_archive(tmp_path):
    tile = zip_with(tmp_path / "N29E107.hgt.zip", [("N29E107.hgt", b"00")])
    with sources.opened(tile, Findings()) as files:
        assert [file.path for file in files.relief] == [tile]
    outer = zip_with(tmp_path / "all.zip", [("tiles/N29E107.hgt.zip", tile.read_bytes()), ("c.osm.pbf", b"x")])
    with sources.opened(outer, Findings()) as files:
        assert [file.name for file in files.relief] == ["tiles/N29E107.hgt.zip"]
        unpacked = files.relief[0].path
        assert unpacked.read_bytes() == tile.read_bytes()
    assert not unpacked.exists()


def test_an_archive_named_in_gbk_is_understood(county, declared, in_folder, tmp_path):
    folder = in_folder(county)
    expected = read(folder, declared).district
    stand_in = {"settlements": "aaaaaa.csv", "schools": "bbbb.csv"}
    real = {"settlements": "村社区", "schools": "学校"}
    archive = tmp_path / "gbk.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for path in folder.iterdir():
            out.write(path, stand_in.get(path.stem, path.name))
    content = archive.read_bytes()
    for table, name in stand_in.items():  # names of the same length in bytes, and no flag that says UTF-8
        content = content.replace(name.encode(), f"{real[table]}.csv".encode("gbk"))
    archive.write_bytes(content)
    assert read(archive, declared).district == expected


def test_hidden_files_and_system_folders_are_passed_over(county, declared, in_folder):
    folder = in_folder(county)
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "schools.csv").write_bytes(b"\x00")
    (folder / ".schools.csv").write_bytes(b"\x00")
    assert read(folder, declared).faults == ()


def test_a_whole_column_of_faults_is_listed_to_a_limit_and_counted(county, declared, in_folder):
    county["people"] = [
        county["people"][0],
        *(["A", "2025", str(age), "x", ""] for age in range(100) for _ in range(11)),
    ]
    found = [f for f in faults_of(in_folder(county), declared) if f.column == "count"]
    assert codes(found).count("not-a-number") == 1_000
    assert [f.reason for f in found if f.code == "more-of-the-same"] == ["100 more faults of kind not-a-number."]


@pytest.mark.parametrize("text", ["Sornás", "Julià de Lòria", "l’Aldosa", "Äänekoski", "学校", "id,name\n1,São"])
def test_valid_utf_8_is_read_as_it_is(text):
    assert sources.decoded(text.encode()) == text


@pytest.mark.parametrize("text", ["学校", "编号,学校\n1,学校", "云台学校"])
def test_chinese_in_gb18030_is_read_too(text):
    # 学校 alone is also UTF-8, for two Cyrillic letters.
    assert sources.decoded(text.encode("gb18030")) == text
