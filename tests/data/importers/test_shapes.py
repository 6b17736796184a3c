"""Shape files: real villages, and made ones of every kind with what is commonly wrong with them."""

import json
import shutil
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from shapely import LineString, Point, Polygon

from data.importers import Declaration, coordinates, read

REAL = Path(__file__).parents[3] / ".." / "shared" / "real"
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real data beside the repository are not here")

COUNTY_TABLES = ("people", "schools", "sites", "roll", "zones")


def codes(found):
    return [fault.code for fault in found]


@pytest.fixture
def shaped(county, in_folder):
    """The drawn county with its settlements as a layer instead of a CSV; gives the folder and the layer."""
    rows = county.pop("settlements")
    frame = geopandas.GeoDataFrame(
        [dict(zip(rows[0][:5], row[:5], strict=True)) for row in rows[1:]],
        geometry=[shapely.from_wkt(row[7]) for row in rows[1:]],
        crs="EPSG:4490",
    ).rename(columns={"urban_rural": "城乡"})
    return in_folder(county), frame


@pytest.fixture
def undeclared(declared):
    """Schools of the drawn county are in degrees, which is then assumed."""
    return replace(declared, crs=None)


def outlines(district):
    return np.array([settlement.geometry for settlement in district.settlements], dtype=object)


def warned(outcome):
    return [w for w in outcome.warnings if w.code != "crs-assumed"]


@pytest.mark.parametrize("name", ["settlements.geojson", "村社区.gpkg", "settlements.shp"])
def test_each_kind_of_shape_file_gives_the_settlements(shaped, undeclared, name):
    folder, frame = shaped
    if name.endswith(".geojson"):
        frame = frame.to_crs("EPSG:4326")
    frame.to_file(folder / name, encoding="utf-8")
    outcome = read(folder, undeclared)
    assert outcome.faults == () and warned(outcome) == []
    assert [s.name for s in outcome.district.settlements] == ["甲村", "乙村", "丙社区"]
    expected = shapely.normalize(frame.geometry.to_numpy())  # a shapefile turns its rings round
    assert shapely.equals_exact(shapely.normalize(outlines(outcome.district)), expected, 1e-9).all()


def test_metres_of_a_projected_file_become_degrees(shaped, undeclared):
    folder, frame = shaped
    frame.to_crs("EPSG:4545").to_file(folder / "settlements.gpkg")
    outcome = read(folder, undeclared)
    assert warned(outcome) == []
    assert shapely.equals_exact(outlines(outcome.district), frame.geometry.to_numpy(), 1e-8).all()


def test_a_shared_border_is_still_shared_after_conversion(shaped, undeclared):
    folder, frame = shaped
    frame.to_crs("EPSG:4545").to_file(folder / "settlements.gpkg")
    a, b, c = outlines(read(folder, undeclared).district)
    assert a.touches(b) and b.touches(c) and a.intersection(b).length == pytest.approx(0.1, rel=1e-6)


def test_shapes_are_laid_to_the_rows_of_a_table_by_id(county, shaped, undeclared, tmp_path):
    folder, frame = shaped
    (folder / "settlements.csv").write_text(
        "id,name,division,township\nC,丙社区,500101,西镇\nA,甲村,500101,东镇\nB,乙村,500101,东镇\n", encoding="utf-8"
    )
    frame[["id", "geometry"]].to_file(folder / "settlements.gpkg")
    outcome = read(folder, undeclared)
    assert outcome.faults == ()
    found = {s.id: (s.name, s.geometry) for s in outcome.district.settlements}
    assert found["B"][0] == "乙村" and found["B"][1].equals(frame.geometry[1])
    frame["id"] = ["A", "B", "X"]
    frame[["id", "geometry"]].to_file(folder / "settlements.gpkg")
    found = read(folder, undeclared).faults
    assert {("shape-without-row", "X"), ("no-location", "C")} == {(f.code, f.value) for f in found}


def test_points_of_schools_come_from_a_layer(county, declared, in_folder):
    rows = county.pop("schools")
    folder = in_folder(county)
    frame = geopandas.GeoDataFrame(
        [dict(zip(rows[0][:7], row[:7], strict=True)) for row in rows[1:]],
        geometry=[Point(107.05, 29.05), Point(107.25, 29.05)],
        crs="EPSG:4490",
    )
    frame.to_file(folder / "schools.gpkg")
    assert [s.point for s in read(folder, declared).district.schools] == [Point(107.05, 29.05), Point(107.25, 29.05)]


def test_columns_may_be_declared_by_the_names_of_attributes(shaped, undeclared):
    folder, frame = shaped
    frame = frame.rename(columns={"id": "CODE", "name": "MC", "division": "QX", "township": "XZ"})
    frame.to_file(folder / "layer.shp", encoding="utf-8")
    own = {"settlements": {"id": "code", "name": "MC", "division": "QX", "township": "XZ"}}
    outcome = read(folder, replace(undeclared, tables={"layer": "settlements"}, columns=own))
    assert outcome.faults == () and [s.township for s in outcome.district.settlements] == ["东镇", "东镇", "西镇"]


def test_numeric_ids_of_a_layer_are_codes(shaped, undeclared, county):
    folder, frame = shaped
    frame["id"] = [500101001001.0, 500101001002.0, 500101002001.0]
    frame.to_file(folder / "settlements.gpkg")
    for name in ("people", "zones"):
        text = (folder / f"{name}.csv").read_text(encoding="utf-8")
        for letter, code in zip("ABC", ("500101001001", "500101001002", "500101002001"), strict=True):
            text = text.replace(f"\n{letter},", f"\n{code},")
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    outcome = read(folder, undeclared)
    assert outcome.faults == () and outcome.district.settlements[0].id == "500101001001"


def test_a_shapefile_in_gbk_without_cpg_is_read(shaped, undeclared):
    folder, frame = shaped
    frame.to_file(folder / "settlements.shp", encoding="gbk")
    (folder / "settlements.cpg").unlink()
    assert [s.name for s in read(folder, undeclared).district.settlements] == ["甲村", "乙村", "丙社区"]


@pytest.mark.parametrize("part", [".shx", ".dbf"])
def test_a_shapefile_with_a_part_missing_is_a_fault(shaped, undeclared, part):
    folder, frame = shaped
    frame.to_file(folder / "settlements.shp", encoding="utf-8")
    (folder / f"settlements{part}").unlink()
    found = read(folder, undeclared).faults
    assert "shapefile-part" in codes(found) and part in found[0].reason


def test_a_shapefile_without_prj_is_asked_for_its_system(shaped, undeclared):
    folder, frame = shaped
    frame.to_crs("EPSG:4545").to_file(folder / "settlements.shp", encoding="utf-8")
    (folder / "settlements.prj").unlink()
    (fault,) = read(folder, undeclared).faults
    assert (fault.code, fault.file) == ("crs-unknown", "settlements.shp")
    assert "EPSG:4534–4554" in fault.reason and "EPSG:4545" in fault.reason_zh


def test_an_old_datum_is_read_only_when_declared(shaped, undeclared):
    folder, frame = shaped
    frame.set_crs("EPSG:4610", allow_override=True).to_file(folder / "settlements.gpkg")
    (fault,) = read(folder, undeclared).faults
    assert (fault.code, fault.reason.count("EPSG:4610")) == ("crs-old-datum", 1)
    outcome = read(folder, replace(undeclared, crs="EPSG:4610"))
    assert outcome.faults == () and "crs-accuracy" in codes(outcome.warnings)


def test_the_declared_system_goes_before_the_file_and_that_is_said(shaped, undeclared):
    folder, frame = shaped
    frame.to_crs("EPSG:4545").set_crs("EPSG:4546", allow_override=True).to_file(folder / "settlements.gpkg")
    shutil.copy(folder / "schools.csv", folder / "schools.bak")
    (folder / "schools.csv").unlink()
    schools = geopandas.GeoDataFrame(
        {"id": ["N", "S"], "name": ["n", "s"], "division": ["500101"] * 2, "kind": ["完全小学", "nine_year"]},
        geometry=[Point(107.05, 29.05), Point(107.25, 29.05)],
        crs="EPSG:4490",
    )
    schools.to_crs("EPSG:4545").to_file(folder / "schools.gpkg")
    (folder / "schools.bak").unlink()
    outcome = read(folder, replace(undeclared, crs="EPSG:4545"))
    assert outcome.faults == ()
    assert [(w.code, w.file) for w in outcome.warnings] == [("crs-differs", "settlements.gpkg")]
    assert shapely.equals_exact(outlines(outcome.district), frame.geometry.to_numpy(), 1e-8).all()


def test_outlines_from_an_online_map_are_shifted_back_once(shaped, undeclared):
    folder, frame = shaped
    shifted = shapely.transform(frame.geometry.to_numpy(), coordinates.to_gcj02)
    frame.set_geometry(geopandas.GeoSeries(shifted, crs="EPSG:4326")).to_file(folder / "settlements.geojson")
    for point, name in (((107.05, 29.05), "N"), ((107.25, 29.05), "S")):
        lon, lat = coordinates.to_gcj02(np.array([point]))[0].tolist()
        text = (folder / "schools.csv").read_text(encoding="utf-8").splitlines()
        text = [
            line.replace(f"{point[0]},{point[1]}", f"{lon!r},{lat!r}") if line.startswith(name) else line
            for line in text
        ]
        (folder / "schools.csv").write_text("\n".join(text), encoding="utf-8")
    outcome = read(folder, replace(undeclared, crs="GCJ-02"))
    assert outcome.faults == () and outcome.warnings == ()
    assert shapely.equals_exact(outlines(outcome.district), frame.geometry.to_numpy(), 1e-6).all()
    assert outcome.district.schools[0].point.equals_exact(Point(107.05, 29.05), 1e-8)


def test_an_invalid_ring_is_repaired_and_said(shaped, undeclared):
    folder, frame = shaped
    bow_tie = Polygon([(107.2, 29.0), (107.3, 29.1), (107.3, 29.0), (107.2, 29.1)])
    frame.geometry = [*frame.geometry[:2], bow_tie]
    frame.to_file(folder / "settlements.gpkg")
    outcome = read(folder, undeclared)
    assert outcome.faults == ()
    (warning,) = (w for w in outcome.warnings if w.code == "ring-repaired")
    assert (warning.file, warning.row, warning.value) == ("settlements.gpkg", 3, "C")
    repaired = outcome.district.settlements[2].geometry
    # Two triangles on sides of 0.1, each a quarter of the square.
    assert repaired.is_valid and repaired.area == pytest.approx(0.1 * 0.1 / 2)


def test_lines_are_no_settlements(shaped, undeclared):
    folder, frame = shaped
    frame.geometry = [LineString(outline.exterior.coords) for outline in frame.geometry]
    frame.to_file(folder / "settlements.gpkg")
    assert codes(read(folder, undeclared).faults).count("geometry-kind") == 3


def test_a_file_that_only_looks_like_geojson_never_reaches_the_reader_of_other_files(shaped, undeclared):
    folder, frame = shaped
    frame.to_file(folder / "secret.gpkg")
    virtual = f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{folder}/secret.gpkg</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'  # fmt: skip  # noqa: E501
    (folder / "settlements.geojson").write_text(virtual, encoding="utf-8")
    found = read(folder, undeclared).faults
    assert ("shapes-broken", "settlements.geojson") in {(f.code, f.file) for f in found}


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "file-empty"), (b"{", "shapes-broken"), (b'{"a": 1}', "shapes-broken")]
)
def test_broken_geojson_is_a_fault(shaped, undeclared, content, code):
    folder, _ = shaped
    (folder / "settlements.geojson").write_bytes(content)
    assert code in codes(read(folder, undeclared).faults)


def test_a_file_alone_says_what_else_is_needed(shaped, undeclared):
    folder, frame = shaped
    frame.to_file(folder / "settlements.gpkg")
    found = read(folder / "settlements.gpkg", undeclared).faults
    assert [(f.code, f.table) for f in found] == [
        ("table-missing", "schools"),
        ("table-missing", "sites"),
        ("one-of-missing", ""),
    ]


# Gongyi: 1,276 villages and communities as published, without a .prj and with four invalid rings.

GONGYI = Declaration(
    "巩义",
    "410181",
    columns={"settlements": {"id": "ID", "name": "ID"}},
    tables={"gy2_polyon": "settlements"},
    source="Kong, service-area tools",
)


@pytest.fixture
def gongyi(tmp_path):
    """The published shapefile with two schools, so that it is a dataset."""
    with zipfile.ZipFile(REAL / "kong_gongyi" / "gongyi_units_shapefile_noprj.zip") as archive:
        archive.extractall(tmp_path / "gongyi")
    folder = tmp_path / "gongyi"
    (folder / "schools.csv").write_text(
        "id,name,kind,lon,lat\nP,p,完全小学,19682242.13,3827295.546\n", encoding="utf-8"
    )
    (folder / "sites.csv").write_text("school,stage,classrooms\nP,primary,12\n", encoding="utf-8")
    (folder / "demand.csv").write_text("settlement,stage,year,pupils\n0,primary,2026,9\n", encoding="utf-8")
    return folder


@needs_real
def test_gongyi_without_a_system_is_asked_for_it(gongyi):
    found = read(gongyi, GONGYI).faults
    (fault,) = (f for f in found if f.file == "gy2_polyon.shp")
    assert fault.code == "crs-unknown"
    assert all(word in fault.reason for word in ("19", "EPSG:4497", "EPSG:2333", "EPSG:21419"))


@needs_real
@pytest.mark.parametrize(("crs", "old"), [("EPSG:2333", True), ("EPSG:4497", False)])
def test_gongyi_declared_is_imported_with_its_four_rings_repaired(gongyi, crs, old):
    outcome = read(gongyi, replace(GONGYI, crs=crs))
    assert outcome.faults == ()
    assert len(outcome.district.settlements) == 1276
    repaired = [w for w in outcome.warnings if w.code == "ring-repaired"]
    # Invalid in the published file, by its README: units 12, 153, 1101 and 1124, on features 13, 154, 1102, 1125.
    assert [(w.value, w.row) for w in repaired] == [("12", 13), ("153", 154), ("1101", 1102), ("1124", 1125)]
    assert ("crs-accuracy" in codes(outcome.warnings)) == old
    shapes = outlines(outcome.district)
    assert shapely.is_valid(shapes).all()
    west, south, east, north = shapely.total_bounds(shapes)
    assert 112.79 < west < 112.81 and 113.26 < east < 113.28 and 34.52 < south < 34.54 and 34.84 < north < 34.86
    kinds = Counter(shape.geom_type for shape in shapes)
    assert kinds["MultiPolygon"] >= 11


@needs_real
def test_gongyi_on_xian_1980_is_where_its_publisher_of_degrees_has_it(gongyi):
    expected = geopandas.read_file(REAL / "kong_gongyi" / "gongyi_units.geojson").geometry.to_numpy()
    found = outlines(read(gongyi, replace(GONGYI, crs="EPSG:2333")).district)
    apart = shapely.distance(shapely.centroid(found), shapely.centroid(expected))
    assert apart.max() < 2e-6  # the other file has six decimals


@needs_real
@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4547", "GCJ-02"])
def test_gongyi_under_a_wrong_system_is_refused_with_the_likely_ones(gongyi, crs):
    outcome = read(gongyi, replace(GONGYI, crs=crs))
    assert set(codes(outcome.warnings)) <= {"column-unknown", "ring-repaired"}  # nothing is measured on wrong places
    (fault,) = (f for f in outcome.faults if f.code == "crs-implausible")
    assert fault.file == "gy2_polyon.shp" and "1276 of 1276" in fault.reason and "EPSG:4497" in fault.reason


@needs_real
def test_the_villages_of_miaoli_are_imported(tmp_path):
    folder = tmp_path / "miaoli"
    folder.mkdir()
    shutil.copy(REAL / "schools" / "miaoli" / "villages.geojson", folder)
    (folder / "schools.csv").write_text("id,name,kind,lon,lat\nP,p,完全小学,120.82,24.56\n", encoding="utf-8")
    (folder / "sites.csv").write_text("school,stage,classrooms\nP,primary,12\n", encoding="utf-8")
    (folder / "demand.csv").write_text("settlement,stage,year,pupils\n10005010001,primary,2026,9\n", encoding="utf-8")
    own = {"settlements": {"id": "village_code"}}
    outcome = read(folder, Declaration("苗栗", "10005", "EPSG:4326", columns=own))
    assert outcome.faults == () and codes(outcome.warnings) == []
    district = outcome.district
    assert len(district.settlements) == 275 and len({s.township for s in district.settlements}) == 18
    first = json.loads((folder / "villages.geojson").read_text(encoding="utf-8"))["features"][0]
    assert district.settlements[0].name == first["properties"]["village"]
    assert all(s.geometry.covers(s.centre) for s in district.settlements)
