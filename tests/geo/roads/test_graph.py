"""The layered graph and its search against NetworkX and scipy, and on paper where the three states matter."""

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from drawn_roads import SPEEDS, Spot, Way, drawn, on_earth
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.roads import graph, kernels, make, minutes
from geo.roads.network import NodeFlag, Ride, SegmentFlag
from geo.roads.profile import Means
from geo.roads.snap import snap

SHARED = Path(__file__).resolve().parents[4] / "shared/real/roads"
CLOSE = 1e-3
"""Minutes."""


def random_streets(side, seed):
    """A grid of hilly streets of which a quarter is missing; one-ways, paths, ferries, bollards, and limits."""
    rng = np.random.default_rng(seed)
    heights = rng.uniform(200, 230, (side, side))
    nodes = {
        f"{i}-{j}": Spot(
            150 * i + rng.uniform(-40, 40),
            150 * j + rng.uniform(-40, 40),
            heights[i, j],
            NodeFlag.NO_VEHICLES if rng.random() < 0.02 else 0,
        )
        for i in range(side)
        for j in range(side)
    }
    pairs = [((i, j), (i + 1, j)) for i in range(side - 1) for j in range(side)]
    pairs += [((i, j), (i, j + 1)) for i in range(side) for j in range(side - 1)]
    ways = [_street(rng, f"{a[0]}-{a[1]}", f"{b[0]}-{b[1]}") for a, b in pairs if rng.random() < 0.75]
    return drawn(nodes, ways)


def _street(rng, a, b):
    kind = rng.choice(["residential", "secondary", "path", "motorway", "ferry"], p=[0.5, 0.2, 0.2, 0.05, 0.05])
    if kind == "ferry":
        return Way(f"{a} {b}", "ferry", flags=SegmentFlag.FERRY, walk=True, ferry_minutes=rng.uniform(1, 5))
    ride = None if kind == "path" else Ride(int(rng.integers(1, 4)))
    return Way(f"{a} {b}", kind, ride=ride, limit_kmh=float(rng.choice([0, 20, 60])))


def layered(built):
    """The three states as a graph of NetworkX in the direction of travel, from the segments and not from the arcs."""
    network, timed = built.network, built.minutes
    found = nx.DiGraph()
    ends = list(zip(network.tail.tolist(), network.head.tolist(), strict=True))
    for (a, b), forward, backward in zip(ends, timed.walk_forward, timed.walk_backward, strict=True):
        for layer in ("before", "after"):
            _quicker(found, (a, layer), (b, layer), forward)
            _quicker(found, (b, layer), (a, layer), backward)
    for (a, b), forward, backward in zip(ends, timed.ride_forward, timed.ride_backward, strict=True):
        for u, v, ride in ((a, b, forward), (b, a, backward)):
            if np.isfinite(ride) and not network.node_flags[u] & NodeFlag.NO_VEHICLES:
                _quicker(found, (u, "before"), (u, "boarded"), SPEEDS.wait_minutes)
                _quicker(found, (u, "boarded"), (v, "riding"), ride)
                _quicker(found, (u, "riding"), (v, "riding"), ride)
                _quicker(found, (v, "riding"), (v, "after"), 0.0)
    return found


def _quicker(found, u, v, value):
    if np.isfinite(value) and value < found.get_edge_data(u, v, {"minutes": np.inf})["minutes"]:
        found.add_edge(u, v, minutes=float(value))


def at_node(network, node):
    """Snap to a node's own place, over all parts: the drawn streets have small ones."""
    return snap(network, network.lon[node], network.lat[node], np.inf)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_random_pairs_agree_with_networkx(seed):
    built = graph.build(random_streets(45, seed), SPEEDS)
    peer = layered(built).reverse(copy=False)
    rng = np.random.default_rng(seed)
    on_main = np.unique(built.network.tail[built.network.walk & (built.network.part[built.network.tail] == 0)])
    compared = 0
    for school in rng.choice(on_main, 10, replace=False).tolist():
        labels = minutes.labels(built, at_node(built.network, school), cut_off_minutes=10_000)
        away = nx.single_source_dijkstra_path_length(peer, (school, "after"), weight="minutes")
        homes = rng.integers(0, built.number.size, 100)
        for layer, ours in (("after", labels.walk), ("before", labels.bus)):
            theirs = np.array([away.get((home, layer), np.inf) for home in homes.tolist()])
            assert ours[homes] == pytest.approx(theirs, abs=CLOSE)
            compared += int(np.isfinite(theirs).sum())
    assert compared > 1_500


def test_beyond_the_cut_off_nothing_is_labelled_and_within_it_everything():
    built = graph.build(random_streets(20, 3), SPEEDS)
    at = at_node(built.network, int(built.network.tail[0]))
    whole, cut = (minutes.labels(built, at, cut_off_minutes=limit) for limit in (10_000, 17))
    for all_, some in ((whole.walk, cut.walk), (whole.bus, cut.bus)):
        assert np.array_equal(some, np.where(all_ <= 17, all_, np.inf))
        assert 0 < np.isfinite(some).sum() < np.isfinite(all_).sum()


def test_a_search_leaves_the_scratch_as_it_was():
    built = graph.build(random_streets(12, 4), SPEEDS)
    ends = graph.ends(built, at_node(built.network, int(built.network.tail[5])))
    scratch = kernels.scratch(built.land)
    count = kernels.search(built.land, ends, 0, 30.0, False, scratch)
    first = scratch.label.copy()
    assert count == np.isfinite(first).sum() > 0
    kernels.reset(scratch.touched, count, scratch.label)
    assert np.isinf(scratch.label).all()
    kernels.search(built.land, ends, 0, 30.0, False, scratch)
    assert np.array_equal(scratch.label, first)


def scipy_labels(built, node):
    """The same three states as a matrix from the segments, searched by scipy from the school."""
    network, timed, n = built.network, built.minutes, built.number.size
    tail, head = network.tail.astype(np.int64), network.head.astype(np.int64)
    walk = [(tail, head, timed.walk_forward), (head, tail, timed.walk_backward)]
    ride = [(tail, head, timed.ride_forward), (head, tail, timed.ride_backward)]
    arcs = [(v + k * n, u + k * n, m) for u, v, m in walk for k in (0, 2)]
    for origin, target, ridden in ride:
        leaves = np.isfinite(ridden) & ((network.node_flags[origin] & NodeFlag.NO_VEHICLES) == 0)
        u, v, m = origin[leaves], target[leaves], ridden[leaves]
        arcs += [(v + n, u + 3 * n, m), (v + n, u + n, m)]
        arcs += [(v + 2 * n, v + n, np.zeros(v.size)), (u + 3 * n, u, np.full(u.size, SPEEDS.wait_minutes))]
    rows, columns, values = (np.concatenate(part) for part in zip(*arcs, strict=True))
    kept = np.isfinite(values)
    order = np.lexsort((values[kept], columns[kept], rows[kept]))
    rows, columns, values = (x[kept][order] for x in (rows, columns, values))
    first = np.concatenate([[True], (np.diff(rows) != 0) | (np.diff(columns) != 0)])
    # scipy takes a stored 0 for no arc in some forms: a millionth of a minute stands for it
    matrix = csr_array((np.maximum(values[first], 1e-6), (rows[first], columns[first])), shape=(4 * n, 4 * n))
    away = dijkstra(matrix, indices=2 * n + node)
    return away[2 * n : 3 * n], away[:n]


@pytest.mark.parametrize(
    ("extract", "relief"),
    [("andorra.osm.pbf", ("andorra_N42E001.hgt.zip",)), ("sao_paulo_centre.osm.pbf", ())],
)
def test_a_thousand_random_pairs_of_a_real_extract_agree_with_scipy(extract, relief):
    if not (SHARED / extract).exists():
        pytest.skip("the real extracts are not on this machine")
    made = make.make(SHARED / extract, [SHARED / name for name in relief])
    built = graph.build(made.network, SPEEDS)
    rng = np.random.default_rng(7)
    walked = np.unique(built.network.tail[built.network.walk & (built.network.part[built.network.tail] == 0)])
    for school in rng.choice(walked, 10, replace=False).tolist():
        labels = minutes.labels(built, at_node(built.network, school), cut_off_minutes=60_000)
        homes = rng.integers(0, built.number.size, 100)
        for ours, theirs in zip((labels.walk, labels.bus), scipy_labels(built, school), strict=True):
            assert ours[homes] == pytest.approx(theirs[homes], abs=CLOSE)


def test_a_bus_does_not_pass_a_bollard_but_people_do():
    # A --- Post --- B, 1 km each, signed 30. Bus: 2 km on foot would be 20; by bus to the post 5 + 2, then 10 on foot.
    nodes = {"A": (0, 0), "Post": Spot(1_000, 0, flags=NodeFlag.NO_VEHICLES), "B": (2_000, 0)}
    built = graph.build(drawn(nodes, [Way("A Post B", limit_kmh=18)]), SPEEDS)
    to_b = minutes.labels(built, at_node(built.network, 2), cut_off_minutes=100)
    assert to_b.walk == pytest.approx([20, 10, 0])
    assert to_b.bus[0] == pytest.approx(5 + 1_000 / 300 + 10)


def test_boarding_needs_a_ride_so_that_a_path_has_no_bus():
    built = graph.build(drawn({"A": (0, 0), "B": (500, 0)}, [Way("A B", "path")]), SPEEDS)
    labels = minutes.labels(built, at_node(built.network, 1), cut_off_minutes=100)
    assert labels.walk == pytest.approx([5, 0])
    assert np.isinf(labels.bus).all()
    assert labels.by(Means.MIXED) == pytest.approx([5, 0])


def test_a_network_without_segments_has_a_graph_that_leads_nowhere():
    network = drawn({"A": (0, 0), "B": (10, 0)}, [])
    built = graph.build(network, SPEEDS)
    lon, lat = on_earth(0, 0)
    at = snap(network, lon, lat, 1_000)
    assert at.segment.tolist() == [-1]
    assert np.isinf(at.metres).all()
    assert np.isinf(minutes.labels(built, at, cut_off_minutes=60).by(Means.MIXED)).all()
