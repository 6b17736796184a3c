"""Minutes between two lists of points on a road extract: homes and schools as CSV in, one row a pair out."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from shapely import Point

from app.jobs import importing, ways
from data.faults import Findings, Where
from data.importers.csv_folder import read_csv
from data.importers.sources import SourceFile
from data.norms import Norms
from geo.roads import minutes, snap
from geo.roads.homes import Homes
from geo.roads.network import Network
from geo.roads.profile import Means

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "编号"),
    "lon": ("lon", "longitude", "经度"),
    "lat": ("lat", "latitude", "纬度"),
}
"""Columns of a list of points, with the headings that each may have."""

FARTHEST = {"lon": 180.0, "lat": 90.0}


@dataclass(frozen=True, slots=True)
class Listed:
    """Points by name, longitude and latitude, in the order of their file."""

    ids: tuple[str, ...]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    @property
    def points(self) -> list[Point]:
        """The same as shapes."""
        return [Point(lon, lat) for lon, lat in zip(self.lon.tolist(), self.lat.tolist(), strict=True)]


def read_points(path: Path, findings: Findings) -> Listed:
    """Read a CSV of points with the columns ``id``, ``lon`` and ``lat``; rows with a fault are left out and told."""
    if not path.is_file():
        findings.add("path-missing", Where(path.name))
        return _listed([])
    sheet = read_csv(SourceFile(path.name, path), findings)
    if sheet is None:
        return _listed([])
    columns = _columns(sheet.rows[0], path.name, findings)
    if columns is None:
        return _listed([])
    rows = zip(sheet.lines[1:], sheet.rows[1:], strict=True)
    read = (_point(row, columns, path.name, line, findings) for line, row in rows if any(cell.strip() for cell in row))
    return _listed([point for point in read if point is not None])


def between(
    network: Network, homes: Listed, schools: Listed, means: Sequence[Means]
) -> Iterator[tuple[str, str, tuple[int | None, ...]]]:
    """
    Give home, school and minutes by each of ``means`` of every pair that one of them joins, ordered by home.

    Minutes are whole, rounded up, to school; ``None`` where there is no way within ``travel.cut_off``. Speeds are the
    norms of today.
    """
    day, norms = importing.today(), Norms.default()
    limit, cut_off = (norms.value(key, None, day) for key in ("travel.snap_limit", "travel.cut_off"))
    count = len(homes.ids)
    starts = Homes(np.arange(count, dtype=np.int32), homes.lon, homes.lat, np.ones(count))
    times = minutes.between(
        ways.graph_of(network, ways.plain_profile(day)),
        starts,
        snap.snap(network, homes.lon, homes.lat, limit),
        count,
        snap.snap(network, schools.lon, schools.lat, limit),
        cut_off_minutes=cut_off,
    )
    figures = np.column_stack([getattr(times, one.value) for one in means])
    for pair in np.lexsort((times.school, times.settlement)).tolist():
        found = tuple(None if value == minutes.FAR else value for value in figures[pair].tolist())
        if any(value is not None for value in found):
            yield homes.ids[times.settlement[pair]], schools.ids[times.school[pair]], found


def write(
    network: Network, homes: Listed, schools: Listed, means: Sequence[Means], out: IO[str]
) -> tuple[int, list[str], list[str]]:
    """Write the pairs as CSV; give their number, and the homes and the schools without a way to any other."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["home", "school", *means])
    written, homes_seen, schools_seen = 0, set(), set()
    for home, school, figures in between(network, homes, schools, means):
        writer.writerow([home, school, *("" if value is None else value for value in figures)])
        written += 1
        homes_seen.add(home)
        schools_seen.add(school)
    return (
        written,
        [home for home in homes.ids if home not in homes_seen],
        [school for school in schools.ids if school not in schools_seen],
    )


def _columns(headings: Sequence[str], file: str, findings: Findings) -> dict[str, int] | None:
    written = [heading.strip().casefold() for heading in headings]
    found = {
        name: next((written.index(one) for one in accepted if one in written), None)
        for name, accepted in HEADINGS.items()
    }
    for name, at in found.items():
        if at is None:
            findings.add("column-missing", Where(file), column=name, column_zh=HEADINGS[name][-1])
    places = {name: at for name, at in found.items() if at is not None}
    return places if len(places) == len(HEADINGS) else None


def _point(
    row: Sequence[str], columns: Mapping[str, int], file: str, line: int, findings: Findings
) -> tuple[str, float, float] | None:
    cells = {name: row[at].strip() if at < len(row) else "" for name, at in columns.items()}
    if not cells["id"]:
        findings.add("blank", Where(file, row=line, column="id"))
    lon, lat = (_degrees(cells[name], name, Where(file, "", line, name, cells[name]), findings) for name in FARTHEST)
    return None if not cells["id"] or lon is None or lat is None else (cells["id"], lon, lat)


def _degrees(text: str, name: str, where: Where, findings: Findings) -> float | None:
    try:
        value = float(text)
    except ValueError:
        findings.add("not-a-number" if text else "blank", where)
        return None
    most = FARTHEST[name]
    if not -most <= value <= most:
        findings.add("out-of-range", where, low=f"{-most:g}", high=f"{most:g}")
        return None
    return value


def _listed(points: Sequence[tuple[str, float, float]]) -> Listed:
    columns = np.array([point[1:] for point in points], dtype=np.float64).reshape(-1, 2)
    return Listed(tuple(point[0] for point in points), columns[:, 0], columns[:, 1])
