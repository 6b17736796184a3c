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
CLASS_SIZE = 50
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


def scenario(title: str, open_choice: str) -> dict[str, object]:
    """One question on the district; a unit of the source's cost is weighed as ten yuan a year."""
    return {
        "title": title,
        "stage": "senior",
        "target_year": YEAR,
        "open_choice": open_choice,
        "weights": {"running_cost": 10 if open_choice == "choose" else 1},
        "travel": {"km_per_hour": 30, "detour": 1.3},
        "solve": {"seconds": 60},
    }


def write_case(out: Path, shapes: Path, units: DataFrame, sites: DataFrame, title: str, open_choice: str) -> None:
    """Write the tables, the declaration and the scenario of one case."""
    tables = out / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(shapes) as archive:
        archive.extractall(tables)
    write(
        tables / "demand.csv",
        "settlement stage year pupils",
        ((row.ID, "senior", YEAR, row.demand1) for row in units.itertuples()),
    )
    write(
        tables / "schools.csv",
        "id name kind lon lat",
        ((row.ID, f"{row.ID}号学校", "senior", row.PointX, row.PointY) for row in sites.itertuples()),
    )
    write(
        tables / "sites.csv",
        "school stage classrooms places running_cost",
        ((row.ID, "senior", -(-row.places // CLASS_SIZE), row.places, row.running_cost) for row in sites.itertuples()),
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
