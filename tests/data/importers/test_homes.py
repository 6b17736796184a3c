"""Homes of settlements as files have them: with the settlement named, or as the cells of a grid that lie in one."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shapely import Point

from data.importers import coordinates, read

PUBLISHED = Path(__file__).resolve().parents[3].parent / "shared/real/roads/sao_paulo_hexgrid.csv"
GRID = [
    ["h3", "lon", "lat", "population"],
    ["a", "107.02", "29.05", "120.5"],
    ["b", "107.15", "29.02", "0"],
    ["c", "107.21", "29.0999", "3"],
    ["d", "107.21", "29.1005", "4"],  # 56 m north of the outline: on its edge
    ["e", "107.21", "29.2", "5"],  # 11 km north of everything
]


def codes(findings):
    return [finding.code for finding in findings]


def homes(outcome):
    assert outcome.faults == ()
    return {(home.settlement, home.point.x): home.people for home in outcome.district.homes}


def test_homes_that_name_their_settlement(county, declared, in_folder):
    county["居住点"] = [["村社区编号", "经度", "纬度", "人数", "数据来源"], ["A", "107.05", "29.06", "40", "村委会"]]
    outcome = read(in_folder(county), declared)
    (home,) = outcome.district.homes
    assert (home.settlement, home.point, home.people, home.source) == ("A", Point(107.05, 29.06), 40, "村委会")


def test_cells_of_a_grid_join_the_settlement_they_lie_in_and_others_are_left_out(county, declared, in_folder):
    county["homes"] = GRID
    outcome = read(in_folder(county), declared)
    assert outcome.faults == ()
    assert [(home.settlement, home.people) for home in outcome.district.homes] == [
        ("A", 120.5), ("B", 0), ("C", 3), ("C", 4),
    ]  # fmt: skip
    (left,) = [warning for warning in outcome.warnings if warning.code == "home-nowhere"]
    assert (left.file, left.row, left.column) == ("homes.csv", 6, "lon")


def test_a_cell_on_the_border_of_two_settlements_joins_the_same_one_in_any_order(county, declared, in_folder):
    county["homes"] = [GRID[0], ["a", "107.1", "29.05", "8"]]
    county["settlements"][1:] = county["settlements"][:0:-1]
    assert homes(read(in_folder(county), declared)) == {("A", 107.1): 8}


def test_a_cell_needs_a_named_settlement_where_some_have_no_outline(county, declared, in_folder):
    county["settlements"][2][5:] = ["107.15", "29.05", ""]
    county["homes"] = [[*GRID[0], "settlement"], [*GRID[1], ""], [*GRID[2], "B"]]
    outcome = read(in_folder(county), declared)
    (fault,) = outcome.faults
    assert (fault.code, fault.row, fault.column) == ("home-settlement-missing", 2, "settlement")
    assert outcome.district is None


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["A", "107.05", "29.05", "-1"], "out-of-range"),
        (["A", "107.05", "29.05", ""], "blank"),
        (["A", "", "29.05", "7"], "blank"),
        (["A", "somewhere", "29.05", "7"], "not-a-number"),
        (["Z", "107.05", "29.05", "7"], "unknown-settlement"),
    ],
)
def test_one_bad_cell_is_one_fault(county, declared, in_folder, row, code):
    county["homes"] = [["settlement", "lon", "lat", "people"], row]
    assert codes(read(in_folder(county), declared).faults) == [code]


def test_homes_in_another_system_come_to_degrees(county, declared, in_folder):
    """All places of the county are moved to GCJ-02, and come back where they were, to a metre."""

    def moved(lon, lat):
        ((x, y),) = coordinates.to_gcj02(np.array([[float(lon), float(lat)]]))
        return repr(float(x)), repr(float(y))

    for row in county["schools"][1:]:
        row[-2:] = moved(*row[-2:])
    for row in county["settlements"][1:]:
        row[5:] = *moved(row[5] or "107.15", row[6] or "29.05"), ""
    county["homes"] = [["settlement", "lon", "lat", "people"], ["B", *moved("107.15", "29.06"), "9"]]
    outcome = read(in_folder(county), replace(declared, crs="GCJ-02"))
    (home,) = outcome.district.homes
    assert home.point.distance(Point(107.15, 29.06)) < 1e-5


@pytest.mark.skipif(not PUBLISHED.exists(), reason=f"the published grid is not in {PUBLISHED.parent}")
def test_a_published_grid_of_hexagons_is_read_as_it_is(county, declared, in_folder):
    """
    The cells of central São Paulo, in two settlements west and east of 46.64 W that reach over all of them.

    Their publisher counts 517,570 people; those of each side are added up here from the file's own lines.
    """
    with PUBLISHED.open() as file:
        cells = list(csv.reader(file))
    west = sum(float(population) for _, lon, _, population, *_ in cells[1:] if float(lon) < -46.64)
    heading, first, second, _ = county["settlements"]
    county["settlements"] = [
        heading,
        [*first[:5], "", "", "POLYGON ((-46.7 -23.7, -46.64 -23.7, -46.64 -23.4, -46.7 -23.4, -46.7 -23.7))"],
        [*second[:5], "", "", "POLYGON ((-46.64 -23.7, -46.5 -23.7, -46.5 -23.4, -46.64 -23.4, -46.64 -23.7))"],
    ]
    county["people"], county["zones"] = county["people"][:3], county["zones"][:3]
    for school in county["schools"][1:]:
        school[2:] = ["500101", "", *school[4:7], "-46.65", "-23.55"]
    county["homes"] = cells
    outcome = read(in_folder(county), replace(declared, crs="EPSG:4326"))
    assert outcome.faults == () and codes(outcome.warnings).count("home-nowhere") == 0
    people = {name: sum(h.people for h in outcome.district.homes if h.settlement == name) for name in "AB"}
    assert people == {"A": west, "B": 517_570 - west} and 0 < west < 517_570


def test_homes_in_a_map_file_beside_a_table_are_homes_too(county, declared, in_folder):
    county["homes"] = [["settlement", "lon", "lat", "people"], ["A", "107.02", "29.05", "10"]]
    folder = in_folder(county)
    spot = {"type": "Point", "coordinates": [107.15, 29.05]}
    feature = {"type": "Feature", "properties": {"settlement": "B", "people": 7}, "geometry": spot}
    (folder / "homes.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    outcome = read(folder, declared)
    assert outcome.faults == ()
    assert homes(outcome) == {("A", 107.02): 10, ("B", 107.15): 7}
