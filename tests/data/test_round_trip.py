"""Export then import gives the same district, whatever is in it."""

import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from data import digest, export
from data.domain.district import District
from data.domain.divisions import Division
from data.domain.people import BirthCount, ControlTotal, DeclaredDemand, MigrantCount, Migration, PeopleCount
from data.domain.schools import GRADES, RollCount, School, SchoolKind, Site, Stage, ZoneToday
from data.domain.settlements import HomeCount, Settlement, SettlementLink
from data.domain.teachers import Teacher
from data.importers import Declaration, read
from data.tables import TABLES

ids = st.text("0123456789ABCxyz-甲乙", min_size=1, max_size=12).filter(lambda text: text.strip() == text)
words = st.text("村镇街一二三 ,;\"'\n%é=+@-#(1a", min_size=1, max_size=8).map(str.strip).filter(bool)
lons, lats = st.floats(97.5, 110.1), st.floats(26.1, 32.1)
points = st.builds(Point, lons, lats)
years = st.integers(1990, 2040)
counts = st.integers(0, 10**9)
stages = st.sampled_from(Stage)
maybe_area = st.none() | st.floats(0, 1e7)
maybe_count = st.none() | counts
people = st.floats(0, 1e6)
days = st.none() | st.dates(date(2000, 1, 1), date(2040, 12, 31))


def boxes(west, south, east, north):
    return box(min(west, east), min(south, north), max(west, east) + 0.01, max(south, north) + 0.01)


outlines = st.builds(boxes, lons, lats, lons, lats)
holed = outlines.map(lambda b: Polygon(b.exterior.coords, [b.centroid.buffer(0.001).exterior.coords]))
two_parts = outlines.map(lambda b: MultiPolygon([b, box(b.bounds[2] + 0.1, 28, b.bounds[2] + 0.2, 28.1)]))


def some(strategy, most=4):
    return st.lists(strategy, max_size=most)


@st.composite
def districts(draw):
    """Draw a small district that holds to every rule: references known, keys single, one level of counting."""
    divisions = (
        Division("500101", draw(words), "district", "500000", date(2001, 2, 3), date(2030, 1, 1), ("500102", "500103")),
        Division("500000", "重庆市", "city"),
    )
    towns = ("", *draw(st.lists(words, min_size=1, max_size=2, unique=True)))
    settlements = tuple(
        draw(
            st.builds(
                Settlement,
                id=st.just(id),
                name=words,
                division=st.just("500101"),
                geometry=outlines | holed | two_parts | points,
                centre=points,
                township=st.sampled_from(towns[1:]),
                urban=st.sampled_from((True, False, None)),
            )
        )
        for id in draw(st.lists(ids, min_size=1, max_size=4, unique=True))
    )
    schools = tuple(
        draw(
            st.builds(
                School,
                id=st.just(id),
                name=words,
                division=st.just("500101"),
                kind=st.sampled_from(SchoolKind),
                point=points,
                township=st.sampled_from(towns),
                public=st.booleans(),
                protected=st.booleans(),
                cluster=st.just("") | words,
            )
        )
        for id in draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    )
    offered = draw(st.lists(st.tuples(st.sampled_from(schools), stages), min_size=1, max_size=5, unique=True))
    sites = tuple(
        draw(
            st.builds(
                Site,
                school=st.just(school.id),
                stage=st.just(stage),
                classrooms=counts,
                class_size=st.none() | st.integers(1, 60),
                ready_classrooms=counts,
                ready_year=years,
                beds=counts,
                places=maybe_count,
                running_cost=maybe_count,
                teaching_area=maybe_area,
                sport_area=maybe_area,
                equipment_value=maybe_area,
                media_rooms=maybe_count,
            )
        )
        for school, stage in offered
    )
    grades = [(site.school, grade) for site in sites for grade in GRADES[site.stage]]
    villages = [s.id for s in settlements]
    pairs = [(a, b) for a in villages for b in villages if a != b]
    level = draw(st.sampled_from(("settlement", "township", "division")))
    townships = sorted({settlement.township for settlement in settlements})
    places = {"settlement": villages, "township": townships, "division": ["500101"]}[level]
    of_year = st.tuples(st.sampled_from(places), years, st.integers(0, 120))
    sex = draw(st.sampled_from((None, "male", "female")))
    sources = st.just("") | words
    return District(
        title="drawn",
        division="500101",
        synthetic=True,
        source="hypothesis",
        divisions=divisions,
        settlements=settlements,
        neighbours=tuple(draw(st.lists(st.sampled_from(pairs), max_size=3, unique=True)) if pairs else ()),
        links=tuple(
            draw(st.builds(SettlementLink, st.just(a), st.just(b), st.sampled_from(("bridge", "ferry")), words))
            for a, b in (draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True)) if pairs else ())
        ),
        homes=tuple(
            draw(st.builds(HomeCount, st.sampled_from(villages), st.just(point), people, sources))
            for point in draw(st.lists(points, max_size=3, unique_by=lambda point: point.coords[0]))
        ),
        people=tuple(
            PeopleCount(
                place, level, year, age, draw(counts), sex, draw(sources), draw(days), draw(st.none() | st.just(120))
            )
            for place, year, age in draw(st.lists(of_year, min_size=1, max_size=5, unique=True))
        ),
        births=tuple(
            BirthCount(place, level, year, draw(counts), month % 12 + 1, draw(sources), draw(days))
            for place, year, month in draw(st.lists(of_year, max_size=3, unique_by=lambda t: (t[0], t[1], t[2] % 12)))
        ),
        migration=tuple(
            Migration(place, level, year, age, draw(st.integers(-(10**6), 10**6)))
            for place, year, age in draw(st.lists(of_year, max_size=3, unique=True))
        ),
        migrants=tuple(
            MigrantCount(
                "500101", "division", stage, year, most := draw(counts), draw(st.integers(0, most)), draw(sources)
            )
            for stage, year in draw(st.lists(st.tuples(stages, years), max_size=2, unique=True))
        ),
        controls=tuple(
            ControlTotal("500101", "division", stage, year, draw(counts), draw(sources))
            for stage, year in draw(st.lists(st.tuples(stages, years), max_size=2, unique=True))
        ),
        demand=tuple(
            DeclaredDemand(village, stage, year, draw(counts), None)
            for village, stage, year in draw(
                st.lists(st.tuples(st.sampled_from(villages), stages, years), max_size=3, unique=True)
            )
        ),
        schools=schools,
        sites=sites,
        roll=tuple(
            RollCount(school, 2025, grade, pupils := draw(counts), sex, draw(st.integers(0, pupils)))
            for school, grade in draw(st.lists(st.sampled_from(grades), max_size=4, unique=True))
        ),
        zones=tuple(
            ZoneToday(village, site.stage, site.school)
            for village, site in draw(
                st.lists(
                    st.tuples(st.sampled_from(villages), st.sampled_from(sites)),
                    max_size=3,
                    unique_by=lambda pair: (pair[0], pair[1].stage),
                )
            )
        ),
        teachers=tuple(
            draw(
                st.builds(
                    Teacher,
                    id=st.just(id),
                    school=st.sampled_from([school.id for school in schools]),
                    licences=st.lists(stages, min_size=1, max_size=4, unique=True).map(tuple),
                    subjects=st.lists(st.sampled_from(("语文", "数学", "PE")), max_size=3).map(tuple),
                    birth_year=st.integers(1940, 2005),
                    years_at_school=st.integers(0, 45),
                    backbone=st.booleans(),
                    post_grade=st.just("") | words,
                    exempt=st.just("") | words,
                )
            )
            for id in draw(st.lists(ids, max_size=2, unique=True))
        ),
    )


DECLARED = Declaration("drawn", "500101", "EPSG:4490", synthetic=True, source="hypothesis")
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@few
@given(districts())
def test_through_a_folder_of_csv(district):
    with tempfile.TemporaryDirectory() as folder:
        export.write_csv_folder(district, Path(folder))
        outcome = read(Path(folder), DECLARED)
    assert outcome.faults == ()
    assert outcome.district == district


@few
@given(districts())
def test_through_a_workbook(district):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "district.xlsx"
        export.write_workbook(district, path)
        outcome = read(path, DECLARED)
    assert outcome.faults == ()
    assert outcome.district == district


@few
@given(districts())
def test_through_the_stored_tables(district):
    tables = digest.to_tables(district)
    back = digest.from_tables(district, tables)
    assert digest.to_tables(back) == tables and digest.digest(back) == digest.digest(district)
    assert back == digest.canonical(district)
    for name in set(TABLES) - {"neighbours"}:
        assert sorted(map(repr, getattr(back, name))) == sorted(map(repr, getattr(district, name)))


@pytest.fixture
def village() -> District:
    centre = Point(107.05, 29.05)
    return District(
        title="one village",
        division="500101",
        synthetic=False,
        source="",
        divisions=(Division("500101", "万州区", "district"),),
        settlements=(Settlement("A", "甲村", "500101", box(107.0, 29.0, 107.1, 29.1), centre),),
        people=(PeopleCount("A", "settlement", 2025, 6, 1),),
        schools=(School("N", "北小", "500101", SchoolKind.FULL_PRIMARY, centre),),
        sites=(Site("N", Stage.PRIMARY, 1),),
    )


def test_an_outline_longer_than_a_cell_goes_on_in_further_cells(village, tmp_path):
    ring = Point(107.05, 29.05).buffer(0.05, quad_segs=900)
    district = replace(village, settlements=(replace(village.settlements[0], geometry=ring),))
    export.write_workbook(district, tmp_path / "a.xlsx")
    sheet = python_calamine.load_workbook(str(tmp_path / "a.xlsx")).get_sheet_by_name("村社区").to_python()
    assert "边界 3" in sheet[0] and max(len(cell) for cell in sheet[2] if isinstance(cell, str)) <= 32_767
    declared = Declaration("one village", "500101", "EPSG:4490")
    assert read(tmp_path / "a.xlsx", declared).district == district
    export.write_csv_folder(district, tmp_path / "folder")
    assert read(tmp_path / "folder", declared).district == district


def test_an_export_of_synthetic_data_says_so(village, tmp_path):
    for synthetic in (True, False):
        district = replace(village, synthetic=synthetic)
        export.write_csv_folder(district, tmp_path / str(synthetic))
        export.write_workbook(district, tmp_path / f"{synthetic}.xlsx")
        readme = (tmp_path / str(synthetic) / "README.txt").read_text(encoding="utf-8")
        guide = python_calamine.load_workbook(str(tmp_path / f"{synthetic}.xlsx")).get_sheet_by_name("说明").to_python()
        assert ("Synthetic" in readme) == synthetic
        assert any("合成数据" in str(cell) for row in guide for cell in row) == synthetic


def test_the_same_district_gives_the_same_workbook_bytes(village, tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        export.write_workbook(village, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_table_too_long_for_a_sheet_is_an_error(village, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "SHEET_ROWS", 2)
    with pytest.raises(export.TooManyRows):
        export.write_workbook(village, tmp_path / "a.xlsx")


@pytest.mark.slow
def test_a_municipality_of_villages_is_read_in_seconds(village, tmp_path):
    """As many villages as the city has village and residents' committees, each with twenty ages."""
    villages = tuple(
        Settlement(
            f"V{i}", f"村{i}", "500101", box(w, s, w + 0.01, s + 0.01), Point(w + 0.005, s + 0.005), f"T{i // 12}"
        )
        for i in range(11_000)
        for w, s in [(106 + (i % 110) / 100, 29 + (i // 110) / 100)]
    )
    people = tuple(
        PeopleCount(v.id, "settlement", 2025, age, (i + age) % 60) for i, v in enumerate(villages) for age in range(20)
    )
    district = replace(village, settlements=villages, people=people)
    export.write_csv_folder(district, tmp_path)
    start = time.perf_counter()
    outcome = read(tmp_path, replace(DECLARED, title="one village", synthetic=False, source=""))
    seconds = time.perf_counter() - start
    assert outcome.district == district
    assert seconds < 30, f"{seconds:.1f} s"
