"""A county small enough to see at a glance, as the text a planner would hand in."""

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from data.importers import Declaration

Texts = dict[str, list[list[str]]]


@pytest.fixture
def county() -> Texts:
    """
    Three villages in a row and two schools; every table that links to another, headings first.

        +--------+--------+--------+
        |   A    |   B    |   C    |      A, B in 东镇, C in 西镇
        |  N (s) |        |  (s) S |      N teaches primary, S primary and junior
        +--------+--------+--------+
         107.0    107.1    107.2    107.3 °E, 29.0 to 29.1 °N
    """

    def square(west: float) -> str:
        east = west + 0.1
        return f"POLYGON (({west} 29.0, {east:.1f} 29.0, {east:.1f} 29.1, {west} 29.1, {west} 29.0))"

    return {
        "settlements": [
            ["id", "name", "division", "township", "urban_rural", "lon", "lat", "geometry"],
            ["A", "甲村", "500101", "东镇", "rural", "107.05", "29.05", square(107.0)],
            ["B", "乙村", "500101", "东镇", "乡村", "", "", square(107.1)],
            ["C", "丙社区", "500101", "西镇", "城镇", "107.25", "29.05", square(107.2)],
        ],
        "people": [
            ["settlement", "year", "age", "count", "source"],
            ["A", "2025", "6", "30", "公安"],
            ["B", "2025", "6", "20", "公安"],
            ["C", "2025", "6", "15", "公安"],
        ],
        "schools": [
            ["id", "name", "division", "township", "kind", "ownership", "protected", "lon", "lat"],
            ["N", "北小", "500101", "东镇", "完全小学", "公办", "否", "107.05", "29.05"],
            ["S", "南校", "500101", "西镇", "nine_year", "public", "yes", "107.25", "29.05"],
        ],
        "sites": [
            ["school", "stage", "classrooms", "beds"],
            ["N", "primary", "6", "0"],
            ["S", "小学", "6", "40"],
            ["S", "junior", "3", "0"],
        ],
        "roll": [
            ["school", "year", "grade", "pupils", "boarders"],
            ["N", "2025", "1", "45", "0"],
            ["S", "2025", "1", "40", "5"],
            ["S", "2025", "7", "50", "0"],
        ],
        "zones": [
            ["settlement", "stage", "school"],
            ["A", "primary", "N"],
            ["B", "primary", "N"],
            ["C", "primary", "S"],
        ],
    }


@pytest.fixture
def declared() -> Declaration:
    return Declaration("drawn county", "500101", crs="EPSG:4490", source="drawn for a test")


@pytest.fixture
def in_folder(tmp_path: Path) -> Callable[[Texts], Path]:
    def write(county: Texts) -> Path:
        folder = tmp_path / "county"
        folder.mkdir()
        for name, rows in county.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(rows)
        return folder

    return write


@pytest.fixture
def zipped(tmp_path: Path) -> Callable[[Path], Path]:
    def pack(folder: Path) -> Path:
        archive = tmp_path / "county.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
            for path in sorted(folder.iterdir()):
                out.write(path, f"some folder/{path.name}")
        return archive

    return pack
