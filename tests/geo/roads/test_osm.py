"""Extracts drawn by hand, and two real ones held against a plain count."""

import bz2
import gzip
import math
from itertools import pairwise

import numpy as np
import osmium
import pytest
from pyproj import Geod

from geo.roads import osm
from geo.roads.classes import INDEX
from geo.roads.errors import BadRoadFile
from geo.roads.network import BarrierKind, NodeFlag, Ride, SegmentFlag
from geo.roads.osm import Box

GEOD = Geod(ellps="WGS84")


@pytest.fixture
def read(tmp_path):
    """Write a drawing and read it."""

    def of(drawing, box=None, **how):
        return osm.read(drawing.write(tmp_path / "drawn.osm.pbf", **how), box)

    return of


def pairs(extract):
    """Segments as pairs of letters."""
    ends = np.column_stack([extract.node_id[extract.tail], extract.node_id[extract.head]])
    return ["".join(chr(ord("A") + node - 1) for node in pair) for pair in ends.tolist()]


def marked(extract, flag):
    """Letters of the nodes with a flag."""
    return {chr(ord("A") + node - 1) for node in extract.node_id[extract.node_flags & flag != 0].tolist()}


def lines(extract):
    """Barrier lines: kind, name, coordinates in thousandths of a degree."""
    barriers = extract.barriers
    at = np.round(np.column_stack([barriers.lon, barriers.lat]) * 1000, 6).tolist()
    ends = zip(barriers.start[:-1].tolist(), barriers.start[1:].tolist(), strict=True)
    return [
        (BarrierKind(kind).name, extract.names[name], [tuple(point) for point in at[a:b]])
        for kind, name, (a, b) in zip(barriers.kind, barriers.name, ends, strict=True)
    ]


def test_a_way_becomes_the_segments_between_its_nodes(read, street, step):
    extract = read(street)
    assert pairs(extract) == ["AB", "BC", "CD", "BE"]
    # East along the equator; a thousandth of a degree of the meridian at the equator is 110.574 m.
    assert extract.metres.tolist() == pytest.approx([step, step, step, 110.574], abs=0.001)
    assert extract.way_id.tolist() == [1, 1, 1, 2]
    assert extract.road.tolist() == [INDEX["residential"]] * 3 + [INDEX["path"]]
    assert extract.walk.all()
    assert extract.ride.tolist() == [Ride.BOTH] * 3 + [Ride.NONE]
    assert [extract.names[name] for name in extract.name] == ["Long Street"] * 3 + [""]
    assert extract.names[0] == ""
    assert extract.lon.tolist() == [0, 0.001, 0.002, 0.003, 0.001]
    assert extract.lat.tolist() == [0, 0, 0, 0, -0.001]
    assert extract.bounds == Box(0, -0.001, 0.003, 0)


def test_arrays_have_the_types_of_a_network(read, street):
    extract = read(street)
    for name in ("tail", "head", "name"):
        assert getattr(extract, name).dtype == np.int32
    for name in ("road", "ride", "flags", "node_flags"):
        assert getattr(extract, name).dtype == np.uint8
    for name in ("metres", "limit_kmh", "ferry_minutes"):
        assert getattr(extract, name).dtype == np.float32
    assert extract.walk.dtype == bool and extract.lon.dtype == np.float64 and extract.node_id.dtype == np.int64


@pytest.mark.parametrize("ending", [".osm", ".osm.gz", ".osm.bz2", ".osm.pbf", ".pbf"])
@pytest.mark.parametrize("ways_first", [False, True])
def test_every_kind_of_file_and_order_reads_the_same(tmp_path, street, ending, ways_first):
    path = street.write(tmp_path / f"street{ending}", ways_first=ways_first)
    extract = osm.read(path)
    assert pairs(extract) == ["AB", "BC", "CD", "BE"] and extract.lon.tolist()[:2] == [0, 0.001]


def test_ids_of_things_not_yet_uploaded_are_below_zero(read, street, step):
    extract = read(street, sign=-1)
    # Nodes are in order of their ids: E is -5, A is -1; ways too: the path is -2, the street -1.
    assert extract.node_id.tolist() == [-5, -4, -3, -2, -1] and extract.way_id.tolist() == [-2, -1, -1, -1]
    assert extract.lon[extract.tail].tolist() == [0.001, 0, 0.001, 0.002]
    assert extract.metres.tolist()[1:] == pytest.approx([step] * 3, abs=0.001)


def test_a_way_that_stands_twice_in_a_file_counts_once(tmp_path):
    node = '<node id="{}" lat="0" lon="{}"/>'
    way = '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way>'
    text = f'<osm version="0.6">{node.format(1, 0)}{node.format(2, 0.001)}{way}{way}</osm>'
    (tmp_path / "twice.osm").write_text(text)
    assert osm.read(tmp_path / "twice.osm").tail.size == 1


def test_segments_whose_ends_the_file_lacks_are_left_out_and_counted(read, drawing):
    extract = read(drawing.row("ABDE").way("ABCDE", "highway=residential").way("XYZ", "highway=path"))
    assert pairs(extract) == ["AB", "DE"]
    assert extract.dropped.without_place == 4  # BC, CD, XY, YZ


def test_segments_from_a_node_to_itself_are_left_out_and_counted(read, drawing):
    extract = read(drawing.row("ABC").way("ABBCC", "highway=residential"))
    assert pairs(extract) == ["AB", "BC"]
    assert extract.dropped.without_length == 2


def test_ways_that_hang_together_by_two_nodes_at_one_place_stay_together(read, drawing):
    drawing.row("AB").node("C", 1, 0).node("D", 2, 0)
    extract = read(drawing.way("ABCD", "highway=residential"))
    assert pairs(extract) == ["AB", "BC", "CD"] and 0 < extract.metres[1] < 0.01


def test_what_nobody_may_use_and_squares_are_left_out_and_counted(read, drawing):
    drawing.row("ABCD").way("AB", "highway=service;access=private").way("BCDB", "highway=pedestrian;area=yes")
    extract = read(drawing.way("CD", "highway=path").way("AB", "highway=construction"))
    assert pairs(extract) == ["CD"]
    assert (extract.dropped.closed_ways, extract.dropped.squares) == (1, 1)


def test_a_box_keeps_segments_with_an_end_in_it(read, drawing):
    drawing.row("ABCDEF").way("ABCDEF", "highway=residential;name=Long").way("AB", "highway=path;name=Far")
    extract = read(drawing, Box(0.0025, -1, 0.0032, 1))
    assert pairs(extract) == ["CD", "DE"]  # D alone is inside
    assert extract.node_id.tolist() == [3, 4, 5]
    assert extract.names == ("", "Long")
    assert extract.dropped.outside == 4
    assert extract.bounds == Box(0, 0, 0.005, 0)  # of the whole file


def test_a_box_elsewhere_keeps_nothing(read, street):
    extract = read(street, Box(50, 50, 51, 51))
    assert extract.tail.size == extract.lon.size == 0 and extract.bounds == Box(0, -0.001, 0.003, 0)


def test_a_file_without_roads_has_no_bounds(read, drawing):
    extract = read(drawing.row("AB").way("AB", "building=yes"))
    assert extract.tail.size == 0 and extract.bounds is None and extract.names == ("",)


def test_tags_of_a_way_hold_for_each_of_its_segments(read, drawing):
    drawing.row("ABCDE").way("ABC", "highway=steps;bridge=yes").way("CDE", "highway=primary;oneway=-1;maxspeed=60")
    extract = read(drawing)
    assert extract.flags.tolist() == [SegmentFlag.STEPS | SegmentFlag.BRIDGE] * 2 + [0, 0]
    assert extract.ride.tolist() == [Ride.NONE] * 2 + [Ride.BACKWARD] * 2
    assert extract.limit_kmh.tolist() == [0, 0, 60, 60]


def test_the_minutes_of_a_ferry_are_shared_by_length_over_the_whole_way(read, drawing):
    drawing.node("A", 0).node("B", 1).node("C", 4).way("ABC", "route=ferry;duration=00:20").way("AB", "highway=path")
    assert read(drawing).ferry_minutes.tolist() == pytest.approx([5, 15, math.nan], rel=1e-4, nan_ok=True)
    clipped = read(drawing, Box(0.003, -1, 0.005, 1))
    assert clipped.ferry_minutes.tolist() == pytest.approx([15], rel=1e-4)


def test_flags_of_nodes(read, drawing):
    drawing.node("A", 0).node("B", 1, 0, "highway=crossing;crossing=traffic_signals").node("C", 2, 0, "barrier=bollard")
    drawing.node("D", 3, 0, "railway=level_crossing").node("E", 4, 0, "highway=crossing").way("ABCD", "highway=service")
    extract = read(drawing)
    assert marked(extract, NodeFlag.CROSSING) == marked(extract, NodeFlag.SIGNALS) == {"B"}
    assert marked(extract, NodeFlag.NO_VEHICLES) == {"C"}
    assert marked(extract, NodeFlag.LEVEL_CROSSING) == {"D"}


def test_a_road_that_shares_a_node_with_a_railway_crosses_it(read, drawing):
    drawing.row("ABC").node("X", 1, 1).node("Y", 1, -1).way("ABC", "highway=path").way("XBY", "railway=rail")
    assert marked(read(drawing), NodeFlag.LEVEL_CROSSING) == {"B"}


def test_a_road_that_shares_a_node_with_a_river_or_a_bridge_of_rails_does_not(read, drawing):
    drawing.row("ABC").node("X", 1, 1).node("Y", 1, -1).way("ABC", "highway=path").way("XBY", "railway=rail;bridge=yes")
    assert marked(read(drawing.way("XCY", "waterway=river")), NodeFlag.LEVEL_CROSSING) == set()


def test_rivers_expressways_and_railways_are_barrier_lines(read, drawing):
    drawing.row("ABC").row("DEF", 1).row("GHI", 2)
    drawing.way("ABC", "waterway=river;name=Jialing").way("DEF", "highway=motorway;ref=G50").way("GHI", "railway=rail")
    assert lines(read(drawing)) == [
        ("WATER", "Jialing", [(0, 0), (1, 0), (2, 0)]),
        ("EXPRESSWAY", "G50", [(0, 1), (1, 1), (2, 1)]),
        ("RAILWAY", "", [(0, 2), (1, 2), (2, 2)]),
    ]


def test_the_shores_of_a_lake_drawn_as_a_relation_are_barrier_lines(read, drawing):
    drawing.row("ABCDE").node("F", 2, 5).way("AF", "").way("FC", "source=survey").way("DE", "highway=path")
    drawing.relation([(1, "outer"), (2, "outer"), (3, "outer")], "natural=water;name=Changshou")
    drawing.relation([(3, "outer")], "natural=wood").relation([(1, "outer")], "natural=water;water=pond")
    assert lines(read(drawing)) == [
        ("WATER", "Changshou", [(0, 0), (2, 5)]),
        ("WATER", "Changshou", [(2, 5), (2, 0)]),
    ]


def test_barrier_lines_are_cut_at_the_box_and_where_the_file_lacks_a_node(read, drawing):
    drawing.row("ABCDEFG").way("ABCDEFG", "waterway=river").way("AXB", "waterway=canal").way("FG", "highway=path")
    drawing.way("DE", "waterway=canal")
    box = Box(0.0005, -1, 0.0015, 1)  # B alone
    assert [line[2] for line in lines(read(drawing, box))] == [[(0, 0), (1, 0), (2, 0)]]
    there_and_back = drawing.way("GFABF", "waterway=river")
    cut = [line[2] for line in lines(read(there_and_back, box))]
    assert cut == [[(0, 0), (1, 0), (2, 0)], [(0, 0), (1, 0), (5, 0)]]


def test_a_river_that_leaves_the_box_and_comes_back_is_two_lines(read, drawing):
    drawing.row("ABCDEF").node("G", 1, 1).way("ABCDEFG", "waterway=river").way("AB", "highway=path")
    box = Box(0.0005, -1, 0.0015, 1)  # B and G
    assert [line[2] for line in lines(read(drawing, box))] == [[(0, 0), (1, 0), (2, 0)], [(5, 0), (1, 1)]]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("roads.txt", b"x", "roads-kind"),
        ("roads.geojson", b"{}", "roads-kind"),
        ("roads.osm.pbf", b"", "file-empty"),
        ("roads.osm.pbf", b"<html><body>Not found</body></html>", "roads-broken"),
        ("roads.osm", b"<html><body>Not found</body></html>", "roads-broken"),
        ("roads.osm", b"<osm version='0.6'><node id='1' lat='1' lon='2'/>", "roads-broken"),
        ("roads.osm.gz", b"<osm version='0.6'>", "roads-broken"),
        ("roads.osm", b"<osm version='0.6'><node id='1' lat='north' lon='2'/></osm>", "roads-broken"),
        ("roads.osm", b"<osm version='0.6'><node id='1' lat='1' lon='2'><tag k='highway' v='\xff'/>", "roads-broken"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadRoadFile) as refused:
        osm.read(tmp_path / name)
    assert refused.value.code == code and name in str(refused.value)


@pytest.mark.parametrize(("ending", "packed"), [(".osm.gz", gzip.compress), (".osm.bz2", bz2.compress)])
def test_a_packed_file_that_is_cut_off(tmp_path, street, ending, packed):
    text = street.write(tmp_path / "whole.osm").read_bytes()
    (tmp_path / f"cut{ending}").write_bytes(packed(text)[:-30])
    with pytest.raises(BadRoadFile) as refused:
        osm.read(tmp_path / f"cut{ending}")
    assert refused.value.code == "roads-broken"


# Real extracts


def way_by_way(path):
    """Every way with ``highway``: tags, node ids, metres."""
    ways = {}
    for way in osmium.FileProcessor(path).with_locations():
        if way.is_way() and "highway" in way.tags:
            at = [(node.lon, node.lat) for node in way.nodes]
            metres = GEOD.line_length(*zip(*at, strict=True)) if len(at) > 1 else 0.0
            ways[way.id] = dict(way.tags), [node.ref for node in way.nodes], metres
    return ways


# Kilometres of all highway ways, from the notes that came with the files.
@pytest.mark.parametrize(("name", "km"), [("andorra", 855), ("sao_paulo_centre", 778)])
def test_a_real_extract_has_every_way_that_can_be_used(real_roads, name, km):
    ways = way_by_way(real_roads / f"{name}.osm.pbf")
    assert sum(metres for _, _, metres in ways.values()) / 1_000 == pytest.approx(km, rel=0.01)
    extract = osm.read(real_roads / f"{name}.osm.pbf")
    used = set(extract.way_id.tolist())
    kept = {way: of for way, of in ways.items() if way in used}
    others = {way: of for way, of in ways.items() if way not in kept}
    assert extract.metres.sum(dtype=float) == pytest.approx(sum(of[2] for of in kept.values()), abs=1 + len(kept) / 100)
    moves = [(a, b) for _, nodes, _ in kept.values() for a, b in pairwise(nodes)]
    assert extract.tail.size == sum(a != b for a, b in moves)
    assert set(extract.node_id.tolist()) == {node for move in moves for node in move}
    for said, nodes, _ in others.values():
        shut = {"no", "private"} & {said.get("access"), said.get("foot"), said.get("motor_vehicle")}
        assert shut or said.get("area") == "yes" or said["highway"] not in INDEX or len(nodes) < 2, said


def test_a_real_extract_keeps_what_its_tags_say(real_roads):
    ways = way_by_way(real_roads / "sao_paulo_centre.osm.pbf")
    extract = osm.read(real_roads / "sao_paulo_centre.osm.pbf")
    first = {way: k for k, way in reversed(list(enumerate(extract.way_id.tolist())))}
    streets = {w: said for w, (said, _, _) in ways.items() if w in first and said["highway"] == "residential"}
    special = "oneway:", "maxspeed:", "bus", "psv", "motor", "vehicle", "access", "name:zh"
    oneway = [
        w
        for w, said in streets.items()
        if said.get("oneway") == "yes" and not any(key.startswith(special) for key in said)
    ]
    assert len(oneway) > 400
    assert {int(extract.ride[first[w]]) for w in oneway} == {Ride.FORWARD}
    signed = [w for w in oneway if streets[w].get("maxspeed", "").isdigit()]
    assert [extract.limit_kmh[first[w]] for w in signed] == [float(streets[w]["maxspeed"]) for w in signed]
    assert [extract.names[extract.name[first[w]]] for w in oneway] == [streets[w].get("name", "") for w in oneway]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_real_extract_that_is_cut_off_is_refused(real_roads, tmp_path, share):
    content = (real_roads / "andorra.osm.pbf").read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadRoadFile) as refused:
        osm.read(tmp_path / "cut.osm.pbf")
    assert refused.value.code == "roads-broken"
