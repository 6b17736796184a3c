"""From files to what is stored: a district, with the roads among the files, or every fault of all of them at once."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point

from app.cases.scenario import Starts
from app.db import networks
from app.db.networks import Packed
from app.jobs import road_reader, ways
from data import importers, sample
from data.domain.district import District
from data.faults import Fault, Findings, Where
from data.importers.declaration import Declaration
from data.importers.sources import Sorted
from data.norms import Norms
from geo.roads import make, snap
from geo.roads.network import Network

MARGIN_KM = 15.0
"""
Roads are kept this far around everything that a district names: about what a bus covers in 40 minutes on mountain
roads with their bends, so that a trip that leaves the district for a better road is still found.
"""


@dataclass(frozen=True, slots=True)
class Laid:
    """A network with what its import tells of it."""

    network: Network
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Imported:
    """The outcome of an import: a district, perhaps with roads, or at least one fault; warnings in both cases."""

    district: District | None
    roads: Laid | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]

    def packed_roads(self) -> Packed | None:
        """Pack the roads for the database; it takes seconds where they are large, so not within a transaction."""
        return None if self.roads is None else networks.pack(self.roads.network, self.roads.report)


@dataclass(frozen=True, slots=True)
class FarPlace:
    """
    A settlement or school further from the roads than the limit.

    ``metres`` in a straight line to the nearest one that counts; ``None`` where no road can be walked at all.
    """

    id: str
    name: str
    metres: int | None


@dataclass(frozen=True, slots=True)
class Far:
    """Everything that stands too far from the roads, in the order of the dataset; ``limit`` in metres."""

    settlements: tuple[FarPlace, ...]
    schools: tuple[FarPlace, ...]
    limit: float


def import_files(path: Path, declaration: Declaration, road_seconds: float | None = None) -> Imported:
    """
    Read a file, folder or archive as a district, with its road extract and elevation where there are any.

    ``road_seconds``: roads are read in a process of their own, for so long at most; ``None``: in this one.
    """
    findings = Findings()
    with importers.opened(path, findings) as files:
        tables = importers.read_tables(path.name, files.tables, declaration, findings)
        roads = _roads(files, tables.places, findings, road_seconds)
    return _imported(tables.district, roads, findings)


def import_roads(path: Path, district: District, road_seconds: float | None = None) -> Imported:
    """Read a file, folder or archive as the roads of a district that is known already; see ``import_files``."""
    findings = Findings()
    with importers.opened(path, findings) as files:
        for file in files.tables:
            findings.add("file-ignored", Where(file.name))
        if not files.roads and not findings.faults:
            findings.add("roads-missing", Where(path.name))
        roads = _roads(files, places_of(district), findings, road_seconds)
    return _imported(district, roads, findings)


def import_sample(name: str, district: District) -> Imported:
    """Lay the roads that a sample has to its district."""
    if name not in sample.ROADS:
        return Imported(district, None, (), ())
    with tempfile.TemporaryDirectory(prefix="junheng-sample-") as folder:
        for file, content in sample.ROADS[name]().items():
            (Path(folder) / file).write_bytes(content)
        found = import_roads(Path(folder), district)
    if found.roads is None:
        return found
    roads = replace(found.roads, report={**found.roads.report, "credit": district.source})  # nobody surveyed these
    return replace(found, roads=roads)


def import_extract(
    extract: Path, relief: Sequence[Path], places: Sequence[Point] = (), findings: Findings | None = None
) -> tuple[Laid | None, tuple[Fault, ...], tuple[Fault, ...]]:
    """
    Read the roads of a file alone, around some places or all of them.

    Returns
    -------
    roads, faults, warnings
        There are no roads where there is any fault, found here or before.
    """
    told = Findings() if findings is None else findings
    missing = [path for path in (extract, *relief) if not path.is_file()]
    for path in missing:
        told.add("path-missing", Where(path.name))
    roads = None if missing else _made(extract, relief, places, {}, told)
    return None if told.faults else roads, *told.closed()


def places_of(district: District) -> tuple[Point, ...]:
    """Give where each settlement and school of a district is."""
    return (*(settlement.centre for settlement in district.settlements), *(school.point for school in district.schools))


def far_from_roads(district: District, network: Network) -> Far:
    """Find the settlements of which some home, and the schools which, stand further from the roads than the limit."""
    limit = snap_limit()
    homes = ways.homes_of(district, network, Starts.AUTO)
    metres = snap.snap(network, homes.lon, homes.lat, limit).metres
    farthest = np.zeros(len(district.settlements))
    np.maximum.at(farthest, homes.settlement, metres)
    points = shapely.get_coordinates([school.point for school in district.schools])
    stands = snap.snap(network, points[:, 0], points[:, 1], limit).metres
    return Far(
        settlements=_beyond([(row.id, row.name) for row in district.settlements], farthest, limit),
        schools=_beyond([(row.id, row.name) for row in district.schools], stands, limit),
        limit=limit,
    )


def snap_limit() -> float:
    """Give the longest way from a home or school to the roads, metres, by the norms of today."""
    return Norms.default().value("travel.snap_limit", None, today())


def today() -> date:
    """Tell the day in China: norms are those in force on it."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def _beyond(names: Sequence[tuple[str, str]], metres: NDArray[np.float64], limit: float) -> tuple[FarPlace, ...]:
    return tuple(
        FarPlace(id, name, round(far) if math.isfinite(far) else None)
        for (id, name), far in zip(names, metres.tolist(), strict=True)
        if far > limit
    )


def _roads(files: Sorted, places: Sequence[Point], findings: Findings, seconds: float | None) -> Laid | None:
    """Make the network of the files; tables that tell no place have faults of their own, and nothing is made then."""
    if len(files.roads) > 1:
        for file in files.roads:
            findings.add("roads-several", Where(file.name), count=len(files.roads))
        return None
    if not files.roads:
        for file in files.relief:
            findings.add("relief-alone", Where(file.name))
        return None
    called = {file.path: file.name for file in (*files.roads, *files.relief)}
    if not places:
        return None
    return _made(files.roads[0].path, [file.path for file in files.relief], places, called, findings, seconds)


def _made(
    extract: Path,
    relief: Sequence[Path],
    places: Sequence[Point],
    called: Mapping[Path, str],
    findings: Findings,
    seconds: float | None = None,
) -> Laid | None:
    lon, lat = shapely.get_coordinates(np.asarray(places, dtype=object)).T
    there = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
    read = partial(make.make, extract, relief, (lon[there], lat[there]), MARGIN_KM, called=called)
    if seconds is None:
        made: make.Made | None = read(findings=findings)
    else:
        made = road_reader.read_apart(read, called.get(extract, extract.name), seconds, findings)
    if made is None or made.network is None or made.report is None:
        return None
    return Laid(made.network, made.report.json() | {"has_relief": made.network.has_relief})


def _imported(district: District | None, roads: Laid | None, findings: Findings) -> Imported:
    if district is not None and roads is not None and not findings.faults:
        far = far_from_roads(district, roads.network)
        _tell_of_the_far(far, len(district.schools), roads.report["read_from"][0], findings)
    faults, warnings = findings.closed()
    return Imported(None, None, faults, warnings) if faults else Imported(district, roads, (), warnings)


def _tell_of_the_far(far: Far, schools: int, file: str, findings: Findings) -> None:
    """Report every place far from the roads; roads that reach no school at all are a fault."""
    limit = f"{far.limit:.0f}"
    if schools and len(far.schools) == schools:
        nearest = min(far.schools, key=lambda place: math.inf if place.metres is None else place.metres)
        facts = {"count": schools, "limit": limit, "nearest": nearest.name, "metres": _figure(nearest)}
        findings.add("roads-reach-no-school", Where(file, "schools"), **facts)
        return
    for table, places in (("schools", far.schools), ("settlements", far.settlements)):
        for place in places:
            facts = {"name": place.name, "metres": _figure(place), "limit": limit}
            findings.add("far-from-roads", Where(file, table, value=place.id), **facts)


def _figure(place: FarPlace) -> str:
    return "?" if place.metres is None else str(place.metres)
