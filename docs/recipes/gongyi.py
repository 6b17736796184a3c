"""
Bring the published units of Gongyi to Junheng's tables: ``gongyi.py SOURCE_DIR OUT_DIR``.

Reads the attributes of ``gongyi_units_shapefile_noprj.zip`` in SOURCE_DIR and writes a folder ``tables`` to be imported
(``demand``, ``schools`` and ``sites`` as CSV, and the shape file as published), the declaration of the import and a
scenario: once for the 22 places of supply (``OUT_DIR/zoning``), once for the 33 candidate places with costs
(``OUT_DIR/consolidation``). See ``gongyi.md`` beside this file.
"""

from __future__ import annotations

import csv
import json
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import geopandas
from pandas import DataFrame

SHAPES = "gongyi_units_shapefile_noprj.zip"
YEAR = 2024  # the source gives none
CLASS_SIZE = 45
LARGEST_SCHOOL = 2000
RESIDENTS_A_PUPIL = 20  # the source's pupils are one twentieth of its residents, rounded

DECLARATION = {
    "division": "410181",
    "crs": "EPSG:2333",
    "source": "yfkong/Unified, gy2_polyon (Henan University)",
    "tables": {"gy2_polyon": "settlements"},
    "columns": {"settlements": {"id": "ID", "name": "ID", "lon": "PointX", "lat": "PointY"}},
}


def write(path: Path, headings: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(headings.split())
        table.writerows(rows)


def places_of_supply(units: DataFrame) -> DataFrame:
    """The 22 places of supply, with the seats and no cost."""
    supply = units[units["supply1"] > 0]
    return supply.assign(places=supply["supply1"], running_cost="")


def candidates(units: DataFrame) -> DataFrame:
    """The 33 candidate places: their room for residents brought to pupils, their cost taken as yuan a year."""
    found = units[units["fcapacity"] > 0]
    return found.assign(places=found["fcapacity"] // RESIDENTS_A_PUPIL, running_cost=found["Fcost"].round().astype(int))


def campuses(sites: DataFrame) -> Iterable[tuple[str, int, int | str, float, float]]:
    """
    Id, places, running cost, easting and northing of each school.

    A place larger than the norm allows one school becomes as many schools of equal size as it takes.
    """
    for row in sites.itertuples():
        parts = -(-row.places // LARGEST_SCHOOL)
        for part in range(parts):
            places = (row.places + part) // parts
            cost = "" if row.running_cost == "" else row.running_cost // parts
            name = f"{row.ID}" if parts == 1 else f"{row.ID}-{part + 1}"
            yield name, places, cost, row.PointX, row.PointY


def scenario(title: str, open_choice: str) -> dict[str, object]:
    """One question on the district."""
    return {
        "title": title,
        "stage": "primary",
        "target_year": YEAR,
        "open_choice": open_choice,
        "travel": {"km_per_hour": 25, "detour": 1.3},
        "solve": {"seconds": 60},
    }


def write_case(out: Path, shapes: Path, units: DataFrame, sites: DataFrame, title: str, open_choice: str) -> None:
    """Write the tables, the declaration and the scenario of one case."""
    tables = out / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(shapes) as archive:
        archive.extractall(tables)
    schools = list(campuses(sites))
    write(
        tables / "demand.csv",
        "settlement stage year pupils",
        ((row.ID, "primary", YEAR, row.demand1) for row in units.itertuples()),
    )
    write(
        tables / "schools.csv",
        "id name kind lon lat",
        ((name, f"{name}号学校", "full_primary", x, y) for name, _, _, x, y in schools),
    )
    write(
        tables / "sites.csv",
        "school stage classrooms places running_cost",
        ((name, "primary", -(-places // CLASS_SIZE), places, cost) for name, places, cost, _, _ in schools),
    )
    documents = {"declaration": {"title": title, **DECLARATION}, "scenario": scenario(title, open_choice)}
    for name, document in documents.items():
        (out / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def main(source: Path, out: Path) -> None:
    """Write both cases."""
    shapes = source / SHAPES
    units = DataFrame(geopandas.read_file(shapes).drop(columns="geometry"))
    write_case(out / "zoning", shapes, units, places_of_supply(units), "巩义 22处学校划片", "all")
    write_case(out / "consolidation", shapes, units, candidates(units), "巩义 33处备选校址", "choose")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
