"""
Bring the published units of Gongyi to Junheng's tables: ``gongyi.py SOURCE_DIR OUT_DIR``.

Reads the attributes of ``gongyi_units_shapefile_noprj.zip`` in SOURCE_DIR and writes ``demand``, ``schools`` and
``sites`` as CSV, the declaration of the import and a scenario, once for the 22 places of supply (``OUT_DIR/zoning``)
and once for the 33 candidate places with costs (``OUT_DIR/consolidation``). The shape file itself is imported as
published. See ``gongyi.md`` beside this file.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import geopandas
from pandas import DataFrame

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
