"""
The road of the three hamlets as an extract: one road, one river, one bridge; walked at 4 km/h, ridden at 18.

    west                     river                                               east
      A ----950---- North ----||----3800 in all---- B ----950---- South ----1700---- C
                           bridge of 200 m                      (metres; flat; residential road)

On foot a metre takes 0.015 minutes: A to North 14.25, A to South 85.5, B to North 57.0, C to South 25.5. By bus it
takes 5 minutes and a metre 1/300 of one: A to North 8.17, B to North 17.67, A to South 24.0, C to North 26.5.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from app.db.networks import Packed
from app.jobs import importing
from data.sample import three_hamlets

METRES_A_DEGREE = 96_486.0
"""Of longitude at 30 N, as in the sample."""
STOPS = {
    "A": 0.0,
    "North": 950.0,
    "west bank": 2_400.0,
    "east bank": 2_600.0,
    "B": 4_750.0,
    "South": 5_700.0,
    "C": 7_400.0,
}
METRES = STOPS["C"]
NAME = "hamlets.osm"


def extract(*, north: float = 0.0) -> bytes:
    """Write the extract as XML; ``north`` moves everything by so many degrees."""
    places = {name: (107.0 + metres / METRES_A_DEGREE, 30.0 + north) for name, metres in STOPS.items()}
    river = 107.0 + 2_500.0 / METRES_A_DEGREE
    places |= {"spring": (river, 30.01 + north), "mouth": (river, 29.99 + north)}
    number = {name: n for n, name in enumerate(places, start=1)}
    nodes = "".join(f'<node id="{number[n]}" version="1" lon="{x:.7f}" lat="{y:.7f}"/>' for n, (x, y) in places.items())
    road = {"highway": "residential", "name": "三村路"}
    ways = (
        _way(11, [number[n] for n in ("A", "North", "west bank")], road),
        _way(12, [number[n] for n in ("west bank", "east bank")], road | {"bridge": "yes"}),
        _way(13, [number[n] for n in ("east bank", "B", "South", "C")], road),
        _way(14, [number[n] for n in ("spring", "mouth")], {"waterway": "river", "name": "界河"}),
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">{nodes}{"".join(ways)}</osm>'.encode()


@lru_cache(maxsize=1)
def packed() -> Packed:
    """Import the extract, ready to be stored."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_bytes(extract())
        found = importing.import_roads(path, three_hamlets.load()).packed_roads()
    assert found is not None
    return found


def _way(id: int, nodes: list[int], tags: Mapping[str, str]) -> str:
    refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
    said = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
    return f'<way id="{id}" version="1">{refs}{said}</way>'
