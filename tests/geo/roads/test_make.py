"""From files to a network and its report, and every fault of the files at once."""

import json
import time

import numpy as np
import pytest

from data.faults import Findings
from geo.roads import make as making
from geo.roads.classes import INDEX
from geo.roads.make import CREDIT, make, parts
from geo.roads.network import Network, SegmentFlag

NEAR = ([0.0, 0.003], [0.0, 0.0])
"""Two places at the ends of the street."""


def codes(made):
    faults, warnings = made.findings.closed()
    return [fault.code for fault in faults], [warning.code for warning in warnings]


def reasons(made):
    faults, warnings = made.findings.closed()
    return {fault.code: fault.reason for fault in (*faults, *warnings)}


@pytest.fixture
def plane(tmp_path, write_hgt):
    """A tile that rises 100 m a degree to the east, from 1,000 m at 0 E."""
    return write_hgt(tmp_path, np.tile(np.linspace(1_000, 1_100, 11), (11, 1)))


@pytest.fixture
def by_the_plane(street):
    """The street, moved north onto the tile of the equator."""
    for name, (x, y, tags) in street.nodes.items():
        street.nodes[name] = (x, y + 500, tags)
    return street


def test_a_street_becomes_a_network_and_a_report(tmp_path, street, step):
    made = make(street.write(tmp_path / "street.osm.pbf"))
    report = made.report
    assert codes(made) == ([], [])
    assert isinstance(made.network, Network) and not made.network.has_relief
    assert (report.nodes, report.segments, report.parts_in_all) == (5, 4, 1)
    assert report.km == report.walk_km == pytest.approx((3 * step + 110.574) / 1000, abs=0.001)
    assert report.ride_km == pytest.approx(3 * step / 1000, abs=0.001)
    assert [(one.road, one.km) for one in report.by_class] == [("residential", 0.334), ("path", 0.111)]
    assert (report.relief, report.bounds, report.read_from) == (None, (0, -0.001, 0.003, 0), ("street.osm.pbf",))
    assert report.hash == made.network.hash


def test_the_report_is_plain_json(tmp_path, by_the_plane, plane):
    path = by_the_plane.write(tmp_path / "street.osm.pbf")
    told = make(path, [plane], called={path: "upload/roads.osm.pbf"}).report.json()
    assert json.loads(json.dumps(told)) == told
    assert set(told) >= {
        *("hash", "nodes", "segments", "km", "walk_km", "ride_km", "parts", "parts_in_all", "by_class", "relief"),
        *("bounds", "credit", "read_from"),
    }
    assert told["parts"] == [{"nodes": 5, "km": 0.445}]
    assert told["by_class"][0] == {
        "road": "residential",
        "zh": "居住区道路",
        "km": 0.334,
        "bus_kmh": 18.0,
        "walk": True,
    }
    assert told["relief"]["files"] == ["N00E000.hgt"]
    assert told["read_from"] == ["upload/roads.osm.pbf", "N00E000.hgt"] and told["credit"] == CREDIT


def test_heights_of_nodes(tmp_path, by_the_plane, plane):
    made = make(by_the_plane.write(tmp_path / "street.osm.pbf"), [plane])
    # 100 m a degree: A to D stand at 0, 1, 2 and 3 thousandths, E under B.
    assert made.network.height.tolist() == pytest.approx([1_000, 1_000.1, 1_000.2, 1_000.3, 1_000.1], abs=0.006)
    assert made.network.has_relief
    facts = made.report.relief
    assert (facts.share_known, facts.lowest, facts.highest) == (1.0, 1_000.0, 1_000.3)


def test_a_bridge_does_not_go_down_into_the_valley(tmp_path, drawing, write_hgt):
    heights = np.full((1_001, 1_001), 500)
    heights[:, 2] = 100  # a gorge along 0.002 E
    tile = write_hgt(tmp_path, heights)
    drawing.row("ABCDE", 500).way("AB", "highway=path").way("BCD", "highway=path;bridge=yes").way("DE", "highway=path")
    made = make(drawing.write(tmp_path / "a.osm.pbf"), [tile])
    assert made.network.height.tolist() == [500] * 5
    for k, (along, tags) in enumerate(drawing.ways):
        drawing.ways[k] = (along, {key: value for key, value in tags.items() if key != "bridge"})
    assert make(drawing.write(tmp_path / "b.osm.pbf"), [tile]).network.height.tolist() == [500, 500, 100, 500, 500]


def test_the_hash_is_of_what_is_in_the_network_not_of_the_file(tmp_path, street):
    hashes = {
        make(street.write(tmp_path / name, ways_first=turned)).network.hash
        for name, turned in (("a.osm.pbf", False), ("b.osm", False), ("c.osm.gz", True))
    }
    assert len(hashes) == 1
    street.ways[0] = (street.ways[0][0], {"highway": "residential", "name": "Other Street"})
    assert make(street.write(tmp_path / "d.osm")).network.hash not in hashes


def test_heights_change_the_hash(tmp_path, by_the_plane, plane):
    path = by_the_plane.write(tmp_path / "street.osm.pbf")
    assert make(path).network.hash != make(path, [plane]).network.hash == make(path, [plane]).network.hash


def test_parts_are_numbered_by_length():
    # Three parts: nodes 0-1 with 10 m, 2-3-4 with 30 m, 5-6 with 10 m; of two of one length the lower node is first.
    tail, head = np.array([0, 2, 3, 5], np.int32), np.array([1, 3, 4, 6], np.int32)
    assert parts(7, tail, head, np.array([10, 15, 15, 10], np.float32)).tolist() == [1, 1, 0, 0, 0, 2, 2]


def test_parts_of_the_report(tmp_path, drawing):
    names = "ABCDEFGHIJKLMNOPQRSTUVWX"
    drawing.row(names)
    for a, b in zip(names[::2], names[1::2], strict=True):
        drawing.way(a + b, "highway=path")
    drawing.way("AD", "highway=footway")
    report = make(drawing.write(tmp_path / "a.osm.pbf")).report
    assert report.parts_in_all == 11 and len(report.parts) == 10
    assert [part.nodes for part in report.parts] == [4, *[2] * 9]
    assert [part.km for part in report.parts] == pytest.approx([0.557, *[0.111] * 9], abs=0.001)


def test_barriers_of_the_network(tmp_path, street):
    network = make(
        street.way("AXD", "waterway=river").way("CD", "railway=rail;name=Rail").write(tmp_path / "a.osm")
    ).network
    assert network.barrier_start.tolist() == [0, 2] and network.barrier_lon.tolist() == [0.002, 0.003]
    assert network.names[network.barrier_name[0]] == "Rail"


# Clipping


def test_roads_are_kept_around_the_places(tmp_path, drawing, step):
    path = drawing.row("ABCDEFGHIJ").way("ABCDEFGHIJ", "highway=residential").write(tmp_path / "a.osm.pbf")
    places = [0.004], [0.0]  # E
    assert make(path, (), places, 0.0).report.segments == 2
    assert make(path, (), places, 2.5 * step / 1000).report.segments == 6  # C to G are inside, and one more each way
    assert make(path, (), None).report.segments == make(path, (), ([], [])).report.segments == 9


def test_the_margin_is_as_wide_in_the_north(tmp_path, drawing):
    # At 60 N a degree of longitude is half as long: 111.32 / 2 km.
    for x, name in enumerate("ABCDEF"):
        drawing.node(name, 20 * x, 60_000)
    path = drawing.way("ABCDEF", "highway=residential").write(tmp_path / "a.osm.pbf")
    assert make(path, (), ([0.0], [60.0]), 1.2).report.segments == 2  # B lies 1.11 km away, C 2.23


# Faults and warnings


def test_roads_that_lie_elsewhere(tmp_path, street):
    made = make(street.write(tmp_path / "street.osm.pbf"), (), ([106.5, 106.6], [29.5, 29.6]), 10)
    assert codes(made) == (["roads-elsewhere"], []) and made.network is made.report is None
    assert "106.500, 29.500" in reasons(made)["roads-elsewhere"] and "0.003, 0.000" in reasons(made)["roads-elsewhere"]


def test_places_outside_the_extract(tmp_path, street):
    made = make(street.write(tmp_path / "street.osm.pbf"), (), ([0.0, 0.5, 0.011], [0.0, 0.5, 0.0]), 10)
    assert codes(made) == ([], ["roads-part"]) and made.network is not None
    assert reasons(made)["roads-part"].startswith("1 of 3")  # the third lies 900 m beyond the last road: near enough


def test_an_extract_without_roads(tmp_path, drawing):
    made = make(drawing.row("AB").way("AB", "building=yes").write(tmp_path / "a.osm.pbf"))
    assert codes(made) == (["roads-empty"], []) and made.network is None


def test_missing_ends_are_told(tmp_path, drawing):
    made = make(drawing.row("AB").way("ABCD", "highway=path").write(tmp_path / "a.osm.pbf"))
    assert codes(made) == ([], ["roads-cut"]) and reasons(made)["roads-cut"].startswith("2 pieces")
    assert made.report.dropped.without_place == 2


def test_heights_that_lie_elsewhere(tmp_path, street, write_hgt):
    tiles = [write_hgt(tmp_path, [[1, 2], [3, 4]], name) for name in ("N29E106.hgt", "N30E106.hgt")]
    made = make(street.write(tmp_path / "street.osm.pbf"), tiles)
    assert codes(made) == (["relief-elsewhere"] * 2, []) and made.network is None
    assert {fault.file for fault in made.findings.faults} == {"N29E106.hgt", "N30E106.hgt"}


def test_one_tile_of_several_may_lie_elsewhere(tmp_path, by_the_plane, plane, write_hgt):
    other = write_hgt(tmp_path, [[1, 2], [3, 4]], "N29E106.hgt")
    assert codes(make(by_the_plane.write(tmp_path / "street.osm.pbf"), [other, plane])) == ([], [])


def test_holes_are_told_with_their_share(tmp_path, by_the_plane, write_hgt):
    heights = np.full((1_001, 1_001), 300)
    heights[:, 3:40] = -32_768  # D lies in it
    made = make(by_the_plane.write(tmp_path / "street.osm.pbf"), [write_hgt(tmp_path, heights)])
    assert codes(made) == ([], ["relief-holes"]) and "20.00 %" in reasons(made)["relief-holes"]
    assert np.isnan(made.network.height).tolist() == [False, False, False, True, False]
    assert made.report.relief.share_known == 0.8


def test_a_relief_of_holes_is_told_and_no_height(tmp_path, by_the_plane, write_hgt):
    made = make(by_the_plane.write(tmp_path / "a.osm"), [write_hgt(tmp_path, np.full((5, 5), -32_768))])
    assert codes(made) == ([], ["relief-holes"]) and not made.network.has_relief
    assert (made.report.relief.share_known, made.report.relief.lowest) == (0.0, None)


def test_every_fault_of_every_file_comes_at_once(tmp_path, write_tif, write_hgt):
    (tmp_path / "roads.osm.pbf").write_bytes(b"not found")
    (tmp_path / "heights.asc").write_text("ncols")
    files = [tmp_path / "heights.asc", write_hgt(tmp_path, [[1, 2], [3, 4]], "nowhere.hgt")]
    made = make(tmp_path / "roads.osm.pbf", files)
    assert [(fault.file, fault.code) for fault in made.findings.faults] == [
        ("roads.osm.pbf", "roads-broken"),
        ("heights.asc", "relief-kind"),
        ("nowhere.hgt", "relief-crs"),
    ]
    assert made.network is made.report is None


def test_tiles_that_turn_out_damaged_are_all_named(tmp_path, by_the_plane, write_tif):
    heights = np.random.default_rng(1).integers(0, 999, (200, 200)).astype(np.int16)
    tiles = [write_tif(tmp_path / f"{name}.tif", heights, 0.0, 2.0, 0.01) for name in ("a", "b")]
    for tile in tiles:
        tile.write_bytes(tile.read_bytes()[:20_000])
    made = make(by_the_plane.write(tmp_path / "street.osm"), tiles)
    assert sorted((fault.file, fault.code) for fault in made.findings.faults) == [
        ("a.tif", "relief-broken"),
        ("b.tif", "relief-broken"),
    ]
    assert made.network is None


def test_faults_of_others_do_not_stop_the_roads(tmp_path, street):
    findings = Findings()
    findings.add("file-empty", making.Where("people.csv"))
    made = make(street.write(tmp_path / "street.osm"), findings=findings)
    assert made.network is not None and made.findings is findings


# Real extracts


def test_a_real_mountain_district(real_roads):
    begun = time.perf_counter()
    made = make(real_roads / "andorra.osm.pbf", [real_roads / "andorra_N42E001.hgt.zip"])
    print(f"Andorra with relief: {time.perf_counter() - begun:.2f} s")
    network = made.network
    assert codes(made) == ([], [])
    assert made.report.relief.lowest >= 840 and made.report.relief.highest <= 2_942  # of the country
    # Bridges and tunnels are gentle, as the ground above and below them is not; main roads are no stairs.
    lifted = network.flags & (SegmentFlag.BRIDGE | SegmentFlag.TUNNEL) != 0
    rise = network.height[network.head] - network.height[network.tail]
    steep = np.abs(rise)[lifted & (network.metres > 30)] / network.metres[lifted & (network.metres > 30)]
    assert np.median(steep) < 0.06
    main = network.road == INDEX["primary"]
    assert np.abs(rise[main]).sum() / network.metres[main].sum() < 0.12


def test_a_real_city_hangs_together(real_roads):
    begun = time.perf_counter()
    made = make(real_roads / "sao_paulo_centre.osm.pbf")
    print(f"São Paulo: {time.perf_counter() - begun:.2f} s")
    assert codes(made) == ([], []) and made.report.relief is None
    assert made.report.parts[0].km > 0.95 * made.report.km
    assert sum(one.km for one in made.report.by_class) == pytest.approx(made.report.km, abs=0.02)


def test_a_real_extract_that_is_cut_off_makes_nothing(real_roads, tmp_path):
    content = (real_roads / "andorra.osm.pbf").read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(content[: len(content) * 2 // 3])
    made = make(tmp_path / "cut.osm.pbf", [real_roads / "andorra_N42E001.hgt.zip"])
    assert codes(made) == (["roads-broken"], []) and made.network is made.report is None


def test_heights_of_another_place_for_a_real_city(real_roads):
    made = make(real_roads / "sao_paulo_centre.osm.pbf", [real_roads / "andorra_N42E001.hgt.zip"])
    assert codes(made) == (["relief-elsewhere"], [])
