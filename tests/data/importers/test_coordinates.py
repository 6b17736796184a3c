"""Coordinate systems: shifted ones against an independent package, projected ones against the defining projection."""

import math

import numpy as np
import pytest
from coord_convert import transform
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from data.importers import coordinates

METRE = 1 / 111_320
IN_CHINA = st.tuples(st.floats(74, 134), st.floats(4, 53))


def places(*pairs):
    return np.array(pairs, dtype=float)


def test_the_shifts_equal_an_independent_implementation():
    random = np.random.default_rng(7)
    wgs = np.column_stack((random.uniform(74, 134, 500), random.uniform(4, 53, 500)))
    for ours, theirs in ((coordinates.to_gcj02, transform.wgs2gcj), (coordinates.to_bd09, transform.wgs2bd)):
        assert ours(wgs) == pytest.approx(np.array([theirs(*place) for place in wgs]), abs=1e-9)


def test_the_shift_of_chongqing_is_the_one_measured_there():
    # Two outlines of the same districts, one shifted, differ there by 431 m east and 293 m south in theory.
    here = places((106.55, 29.56))
    east, north = ((coordinates.to_gcj02(here) - here) / METRE)[0] * (math.cos(math.radians(29.56)), 1)
    assert 300 < east < 500 and -400 < north < -200


@given(IN_CHINA)
def test_the_inverse_undoes_the_shift_to_a_millimetre(place):
    wgs = places(place)
    assert coordinates.from_gcj02(coordinates.to_gcj02(wgs)) == pytest.approx(wgs, abs=METRE / 1000)
    assert coordinates.from_bd09(coordinates.to_bd09(wgs)) == pytest.approx(wgs, abs=METRE / 1000)


def test_nothing_is_shifted_outside_china():
    abroad = places((2.35, 48.85), (-70.0, -33.0))
    assert (coordinates.to_gcj02(abroad) == abroad).all()


@pytest.mark.parametrize("text", ["WGS84", "WGS 84", "wgs-84", "EPSG:4326", "epsg:4490", "4490", "CGCS2000"])
def test_wgs84_and_cgcs2000_degrees_are_one_and_keep_every_digit(text):
    here = places((106.55 + 1e-13, 29.56 + 1e-14))
    assert (coordinates.declared_system(text).to_degrees(here) == here).all()


@pytest.mark.parametrize("text", ["GCJ-02", "gcj02", "GCJ 02"])
def test_gcj02_is_known_by_its_names(text):
    here = places((106.55, 29.56))
    assert coordinates.declared_system(text).to_degrees(coordinates.to_gcj02(here)) == pytest.approx(here, abs=1e-8)


@pytest.mark.parametrize("text", ["", "somewhere", "EPSG:999999", "EPSG:5773", "EPSG:0"])
def test_what_is_no_system_of_places_is_refused(text):
    with pytest.raises(coordinates.UnreadableCrs):
        coordinates.declared_system(text)


@pytest.mark.parametrize(
    ("crs", "meridian", "false_easting"),
    [
        ("EPSG:4545", 108, 500_000),  # CGCS2000, 3 degrees, central meridian in the name
        ("EPSG:4524", 108, 36_500_000),  # the same with zone number 36
        ("EPSG:4497", 111, 19_500_000),  # 6 degrees, zone 19
    ],
)
def test_a_gauss_krueger_place_on_the_central_meridian(crs, meridian, false_easting):
    # On the meridian the northing is the length of the meridian arc: GRS 80 gives 3,320,113.398 m at 30 degrees
    # (Vincenty, and every table of it), so the place must come out at 30 degrees north.
    degrees = coordinates.declared_system(crs).to_degrees(places((false_easting, 3_320_113.398)))
    assert degrees == pytest.approx(places((meridian, 30.0)), abs=1e-8)


@pytest.mark.parametrize(
    ("crs", "datum"),
    [
        ("EPSG:2333", "Xian 1980"),
        ("EPSG:4610", "Xian 1980"),
        ("EPSG:21419", "Beijing 1954"),
        ("EPSG:4214", "Beijing 1954"),
    ],
)
def test_old_datums_are_known_as_such(crs, datum):
    assert coordinates.declared_system(crs).old_datum == datum


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4545", "EPSG:32648", "EPSG:3826"])
def test_modern_datums_are_not_old(crs):
    assert coordinates.declared_system(crs).old_datum is None


def test_old_datums_come_within_a_hundred_metres():
    # The same numbers read on the modern datum: README of the Gongyi data says about 100 m or less.
    raw = places((19_682_242.13, 3_827_295.546))
    modern = coordinates.declared_system("EPSG:4497").to_degrees(raw)
    for old in ("EPSG:2333", "EPSG:21419"):
        assert np.abs(coordinates.declared_system(old).to_degrees(raw) - modern).max() < 100 * METRE


@pytest.mark.parametrize(
    ("crs", "place", "inside"),
    [
        ("EPSG:4545", (500_000, 3_270_000), True),
        ("EPSG:4545", (36_500_000, 3_270_000), False),  # a zone number where none belongs
        ("EPSG:4545", (106.5, 29.5), False),  # degrees read as metres: on the equator
        ("EPSG:4545", (3_270_000, 500_000), False),  # exchanged
        ("EPSG:4490", (106.5, 29.5), True),
        ("EPSG:4490", (29.5, 106.5), False),
        ("EPSG:4490", (500_000, 3_270_000), False),
        ("GCJ-02", (106.5, 29.5), True),
        ("GCJ-02", (2.3, 48.8), False),
    ],
)
def test_a_place_is_believed_only_where_its_system_is_for(crs, place, inside):
    system = coordinates.declared_system(crs)
    assert system.holds(system.to_degrees(places(place))).tolist() == [inside]


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ((106.5, 29.5), ["EPSG:4490", "GCJ-02", "BD-09"]),
        ((19_682_242, 3_827_295), ["6-degree", "19", "EPSG:4497", "EPSG:2333", "EPSG:21419"]),
        ((36_450_000, 3_270_000), ["3-degree", "36", "EPSG:4524", "EPSG:2360", "EPSG:2412"]),
        ((450_000, 3_270_000), ["EPSG:4534–4554", "EPSG:4545"]),
    ],
)
def test_numbers_hint_at_systems(place, named):
    en, zh = coordinates.likely_systems(places(place))
    assert all(word in en for word in named)
    assert all(code in zh for code in named if code.startswith("EPSG"))


def test_strange_numbers_hint_at_nothing():
    assert coordinates.likely_systems(places((5e9, 1.0))) == ("", "")
    assert coordinates.likely_systems(places((np.nan, 1.0))) == ("", "")


def test_the_hinted_codes_are_what_they_are_said_to_be():
    for family in coordinates.ZONE_FAMILIES:
        for zone in (family.first_zone, family.last_zone):
            for first, datum in zip(family.first_codes, ("CGCS2000", "Xian 1980", "Beijing 1954"), strict=True):
                name = CRS.from_epsg(first + zone - family.first_zone).name
                assert name.startswith(datum) and name.endswith(f"zone {zone}")
                assert ("3-degree" in name) == (family.degrees == 3)
    first, last, code = coordinates.CENTRAL_MERIDIANS
    for meridian in (first, 105, 108, last):
        assert CRS.from_epsg(code + (meridian - first) // 3).name == f"CGCS2000 / 3-degree Gauss-Kruger CM {meridian}E"


def test_a_definition_by_another_maker_is_understood():
    esri = (
        'PROJCS["CGCS2000_3_Degree_GK_CM_108E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
        'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
        'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",108.0],PARAMETER["Scale_Factor",1.0],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )
    system = coordinates.file_system(esri)
    assert system.same_as(coordinates.declared_system("EPSG:4545"))
    assert system.to_degrees(places((500_000, 3_320_113.398))) == pytest.approx(places((108, 30)), abs=1e-8)


@pytest.mark.parametrize("definition", [None, "", "nonsense", 'LOCAL_CS["Undefined Cartesian SRS",UNIT["metre",1]]'])
def test_a_file_without_a_system_on_the_earth_has_none(definition):
    assert coordinates.file_system(definition) is None
