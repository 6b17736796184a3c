"""
Time and memory of minutes by road, on networks drawn for it, against their size.

    python -m tests.benchmarks.roads city                 500,000 nodes, 300 schools, 15 km by bus, then on foot
    python -m tests.benchmarks.roads municipality         1,000,000 nodes, 5,000 schools, 11,000 settlements, 16 homes
    python -m tests.benchmarks.roads growth               1,000 to 1,000,000 nodes
    python -m tests.benchmarks.roads plot IN OUT          draws what growth wrote; needs the extra ``benchmarks``
    python -m tests.benchmarks.roads routes               seconds of one way on the map
    python -m tests.benchmarks.roads against-scipy        the same labels by scipy.sparse.csgraph, 100 schools

Streets form a grid, each side of a block with one or two nodes along it as in an extract; every eighth street is a
larger road, every sixteenth larger still, one in twelve blocks is passed on foot only, and hills roll under all of it.
A municipality is dense in the middle and wide outside. Each row of the growth runs in a process of its own.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import shapely
import typer
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo import crs
from geo.roads import graph, kernels, minutes, route, warm
from geo.roads.classes import INDEX
from geo.roads.homes import Homes
from geo.roads.network import Network, Ride
from geo.roads.profile import Means, Profile
from geo.roads.snap import snap
from tests.benchmarks.growth import peak_mb

SEED = 1
PROFILE = Profile(
    walk_kmh=4.0,
    off_road_kmh=3.0,
    wait_minutes=5.0,
    ferry_wait_minutes=10.0,
    ferry_kmh=8.0,
    stairs_kmh=2.0,
    steep_from=0.06,
    steep_loss=0.05,
    steep_least=0.4,
)
_EAST, _NORTH = 500_000.0, 3_320_000.0
_CITY_BLOCK, _RURAL_BLOCK = 120.0, 800.0
SIZES = (1_000, 10_000, 100_000, 300_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """What one network took; seconds of wall time, ``load`` of the machine just before."""

    nodes: int
    arcs: int
    schools: int
    settlements: int
    homes: int
    cut_off: float
    pairs: int
    build_seconds: float
    snap_seconds: float
    seconds: float
    drawing_mb: int
    peak_mb: int
    load: float


def draw(nodes: int, *, block: float | None, walk_only: bool = False) -> Network:
    """Draw streets with about so many nodes; ``block`` in metres, ``None``: dense in the middle, wide outside."""
    rng = np.random.default_rng(SEED)
    side = max(3, round(np.sqrt(nodes / 4)))
    line = _lines(side, block)
    at = np.stack(np.meshgrid(line, line, indexing="ij"), axis=2).reshape(-1, 2)
    number = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([number[:-1].ravel(), number[:, :-1].ravel()])
    head = np.concatenate([number[1:].ravel(), number[:, 1:].ravel()])
    street = np.concatenate([np.tile(np.arange(side), side - 1), np.repeat(np.arange(side), side - 1)])
    road = np.full(street.size, INDEX["residential"])
    road[street % 8 == 0] = INDEX["tertiary"]
    road[street % 16 == 0] = INDEX["secondary"]
    road[(rng.random(street.size) < 1 / 12) & (street % 8 > 0)] = INDEX["path"]
    at, tail, head, block_of = _with_bends(rng, at, tail, head)
    on_foot_only = walk_only | (road == INDEX["path"])
    return _network(at, tail, head, block_of, road, np.where(on_foot_only, Ride.NONE, Ride.BOTH))


def _lines(side: int, block: float | None) -> np.ndarray:
    if block is not None:
        return np.arange(side) * block
    middle = np.abs(np.linspace(-1, 1, side - 1))
    return np.concatenate([[0.0], np.cumsum(_CITY_BLOCK + (_RURAL_BLOCK - _CITY_BLOCK) * np.sqrt(middle))])


def _with_bends(rng, at, tail, head):
    """Put one or two nodes along each side of a block."""
    bends = rng.integers(1, 3, tail.size)
    first = len(at) + np.cumsum(bends) - bends
    side = np.repeat(np.arange(tail.size), bends)
    step = np.arange(side.size) - np.repeat(np.cumsum(bends) - bends, bends)
    share = ((step + 1) / (bends[side] + 1))[:, None]
    along = at[tail[side]] * (1 - share) + at[head[side]] * share
    along += rng.normal(0, 0.04, along.shape) * np.abs(at[head[side]] - at[tail[side]]).sum(axis=1, keepdims=True)
    begins = np.concatenate([tail, np.arange(len(at), len(at) + side.size)])
    last = step == bends[side] - 1
    ends = np.concatenate([first, np.where(last, head[side], np.arange(len(at), len(at) + side.size) + 1)])
    block_of = np.concatenate([np.arange(tail.size), side])
    order = np.argsort(block_of, kind="stable")
    return np.concatenate([at, along]), begins[order], ends[order], block_of[order]


def _network(at, tail, head, block_of, road, ride) -> Network:
    places = crs.unproject(shapely.points(at[:, 0] + _EAST, at[:, 1] + _NORTH), crs.metric_crs(108, 30))
    lon, lat = shapely.get_x(places), shapely.get_y(places)
    metres = np.hypot(*(at[head] - at[tail]).T)
    nodes, segments = len(at), tail.size
    hills = 300 + 150 * np.sin(at[:, 0] / 2_000) * np.cos(at[:, 1] / 3_000)
    return Network(
        lon=lon,
        lat=lat,
        height=hills.astype(np.float32),
        node_id=np.arange(nodes, dtype=np.int64),
        node_flags=np.zeros(nodes, np.uint8),
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        metres=metres.astype(np.float32),
        way_id=block_of.astype(np.int64),
        road=road[block_of].astype(np.uint8),
        walk=np.ones(segments, dtype=bool),
        ride=ride[block_of].astype(np.uint8),
        limit_kmh=np.zeros(segments, np.float32),
        flags=np.zeros(segments, np.uint8),
        ferry_minutes=np.full(segments, np.nan, np.float32),
        name=np.zeros(segments, np.int32),
        part=np.zeros(nodes, np.int32),
        barrier_kind=np.empty(0, np.uint8),
        barrier_start=np.zeros(1, np.int32),
        barrier_lon=np.empty(0),
        barrier_lat=np.empty(0),
        barrier_name=np.empty(0, np.int32),
        names=("",),
        hash="",
    )


def scatter(network: Network, settlements: int, homes: int) -> Homes:
    """Put settlements where nodes are, and their homes about them: one to so many, within some 300 metres."""
    rng = np.random.default_rng(SEED + 1)
    centre = rng.integers(0, network.lon.size, settlements)
    each = rng.integers(1, homes + 1, settlements) if homes > 1 else np.ones(settlements, np.int64)
    owner = np.repeat(np.arange(settlements), each)
    lon, lat = (x[centre[owner]] + rng.normal(0, 0.002, owner.size) for x in (network.lon, network.lat))
    return Homes(owner.astype(np.int32), lon, lat, np.ones(owner.size))


def measure(network: Network, schools: int, settlements: int, homes: int, cut_off: float) -> Row:
    """Time all pairs, in this process."""
    drawing_mb, load = peak_mb(), os.getloadavg()[0]
    began = time.monotonic()
    built = graph.build(network, PROFILE)
    build_seconds = time.monotonic() - began
    places = scatter(network, settlements, homes)
    rng = np.random.default_rng(SEED + 2)
    chosen = rng.integers(0, network.lon.size, schools)
    began = time.monotonic()
    at = snap(network, places.lon, places.lat, 1_000)
    goals = snap(network, network.lon[chosen], network.lat[chosen], 1_000)
    snap_seconds = time.monotonic() - began
    began = time.monotonic()
    times = minutes.between(built, places, at, settlements, goals, cut_off_minutes=cut_off)
    seconds = time.monotonic() - began
    return Row(
        nodes=network.lon.size,
        arcs=2 * network.tail.size,
        schools=schools,
        settlements=settlements,
        homes=places.settlement.size,
        cut_off=cut_off,
        pairs=times.school.size,
        build_seconds=round(build_seconds, 4),
        snap_seconds=round(snap_seconds, 4),
        seconds=round(seconds, 4),
        drawing_mb=drawing_mb,
        peak_mb=peak_mb(),
        load=round(load, 2),
    )


app = typer.Typer(help=__doc__)


@app.command()
def city(
    nodes: int = 512_000,
    schools: int = 300,
    settlements: int = 12_000,
    block: Annotated[float, typer.Option(help="Side of a block in metres.")] = 292.0,
    kilometres: float = 15.0,
) -> None:
    """One dense district: 15 km by bus at 25 km/h and the wait, then 15 km on foot where no bus runs."""
    warm.main()
    by_bus = kilometres / 25 * 60 + PROFILE.wait_minutes
    _tell(measure(draw(nodes, block=block), schools, settlements, 1, by_bus))
    on_foot = kilometres / PROFILE.walk_kmh * 60
    _tell(measure(draw(nodes, block=block, walk_only=True), schools, settlements, 1, on_foot))


@app.command()
def municipality(
    nodes: int = 1_000_000,
    schools: int = 5_000,
    settlements: int = 11_000,
    homes: Annotated[int, typer.Option(help="Most homes of one settlement.")] = 16,
    cut_off: Annotated[float, typer.Option(help="Minutes.")] = 60.0,
) -> None:
    """A whole municipality."""
    warm.main()
    _tell(measure(draw(nodes, block=None), schools, settlements, homes, cut_off))


@app.command()
def growth(
    size: Annotated[list[int] | None, typer.Option(help="Nodes; default 1,000 to 1,000,000.")] = None,
    cut_off: float = 40.0,
    out: Annotated[Path | None, typer.Option(help="JSON lines as well.")] = None,
) -> None:
    """Schools and settlements grow with the network: a school to 200 nodes, a settlement to 90."""
    warm.main()
    for nodes in size or SIZES:
        command = [sys.executable, "-m", "tests.benchmarks.roads", "municipality", "--nodes", str(nodes)]
        command += ["--schools", str(max(nodes // 200, 1)), "--settlements", str(max(nodes // 90, 1))]
        done = subprocess.run([*command, "--cut-off", str(cut_off)], stdout=subprocess.PIPE, text=True, check=True)
        print(done.stdout, end="", flush=True)
        if out is not None:
            with out.open("a", encoding="utf-8") as handle:
                handle.write(done.stdout)


@app.command()
def plot(rows: Path, out: Path) -> None:
    """Draw seconds and memory against nodes, both axes logarithmic, from the JSON lines of ``growth``."""
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    found = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    figure, axes = pyplot.subplots(figsize=(8, 5))
    nodes = [row["nodes"] for row in found]
    axes.plot(
        nodes, [row["snap_seconds"] for row in found], ":", marker="s", color="#7a3b12", label="homes put on roads"
    )
    axes.plot(nodes, [row["seconds"] for row in found], marker="o", color="#0b4fb3", label="minutes of all pairs")
    axes.set(xscale="log", yscale="log", xlabel="nodes of the network", ylabel="seconds, two cores")
    other = axes.twinx()
    other.plot(nodes, [row["peak_mb"] for row in found], "--", marker="^", color="#2e7d32", label="peak memory")
    other.set(ylabel="MB", ylim=(0, None))
    lines = [*axes.get_lines(), *other.get_lines()]
    axes.legend(lines, [line.get_label() for line in lines], loc="upper left")
    axes.grid(visible=True, which="major", color="#dddddd")
    figure.tight_layout()
    figure.savefig(out, metadata={"Date": None})
    pyplot.close(figure)


@app.command()
def routes(nodes: int = 1_000_000, count: int = 20) -> None:
    """One way to school after another, as a page asks for them."""
    warm.main()
    network = draw(nodes, block=None)
    built = graph.build(network, PROFILE)
    rng = np.random.default_rng(SEED + 3)
    seconds = []
    for node in rng.integers(0, network.lon.size, count).tolist():
        home = (float(network.lon[node]), float(network.lat[node]))
        began = time.monotonic()
        route.find(built, home, (home[0] + 0.05, home[1]), Means.MIXED, limit_metres=2_000, cut_off_minutes=180)
        seconds.append(time.monotonic() - began)
    middle, worst = round(float(np.median(seconds)), 3), round(max(seconds), 3)
    print(json.dumps({"nodes": network.lon.size, "routes": count, "median": middle, "worst": worst}))


@app.command()
def against_scipy(nodes: int = 512_000, schools: int = 100, cut_off: float = 40.0) -> None:
    """Time and compare the labels of all nodes, one thread each."""
    warm.main()
    network = draw(nodes, block=None)
    built = graph.build(network, PROFILE)
    chosen = np.random.default_rng(SEED + 2).integers(0, network.lon.size, schools)
    goals = graph.ends(built, snap(network, network.lon[chosen], network.lat[chosen], 100))
    layers, scratch, size = layered(built), kernels.scratch(built.land), network.lon.size
    ours, theirs, worst, touched = 0.0, 0.0, 0.0, 0
    for school, node in enumerate(chosen.tolist()):
        began = time.monotonic()
        count = kernels.search(built.land, goals, school, cut_off, False, scratch)
        ours += time.monotonic() - began
        mine = scratch.label.reshape(-1, 3)[built.number]
        began = time.monotonic()
        peer = dijkstra(layers, indices=2 * size + node, limit=cut_off)
        theirs += time.monotonic() - began
        for layer, other in ((mine[:, kernels.AFTER], peer[2 * size :]), (mine[:, kernels.BEFORE], peer[:size])):
            both = np.isfinite(layer) & np.isfinite(other)
            worst = max(worst, float(np.abs(layer[both] - other[both]).max(initial=0)))
        touched += count
        kernels.reset(scratch.touched, count, scratch.label)
    row = {"nodes": size, "schools": schools, "states_reached": touched, "ours": round(ours, 3)}
    print(json.dumps(row | {"scipy": round(theirs, 3), "ratio": round(theirs / ours, 2), "worst_minutes": worst}))


def layered(built: graph.Graph) -> csr_array:
    """The three states as one matrix against the direction of travel, nodes in the network's numbers."""
    land, nodes = built.land, built.number.size
    walk_to = built.node[np.repeat(np.arange(nodes), np.diff(land.walk_start))]
    ride_to = built.node[np.repeat(np.arange(nodes), np.diff(land.ride_start))]
    walk_from, ride_from = built.node[land.walk_from], built.node[land.ride_from]
    board = np.unique(ride_from)
    rows = [walk_to, walk_to + 2 * nodes, ride_to + nodes, ride_to + 2 * nodes, board + nodes]
    columns = [walk_from, walk_from + 2 * nodes, ride_from + nodes, ride_from + nodes, board]
    values = [
        land.walk_minutes,
        land.walk_minutes,
        land.ride_minutes,
        land.ride_minutes,
        np.full(board.size, land.wait),
    ]
    return csr_array(
        (np.concatenate(values).astype(float), (np.concatenate(rows), np.concatenate(columns))),
        shape=(3 * nodes, 3 * nodes),
    )


def _tell(row: Row) -> None:
    print(json.dumps(asdict(row)), flush=True)


if __name__ == "__main__":
    app()
