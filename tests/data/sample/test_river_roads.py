"""The roads, relief and homes of the river district, read back from their files and measured by other code."""

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
import osmium
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import spearmanr
from shapely import LineString, Point, Polygon

from data import checks
from data.domain.schools import Stage
from data.sample import ROADS, SAMPLES, river_district
from data.sample.river import drawing
from geo import contiguity, crs
from geo.roads import borders, graph, make, minutes, snap
from geo.roads.homes import Homes
from geo.roads.network import BarrierKind, SegmentFlag
from geo.roads.profile import Profile

OSM, TILE = "river_district.osm", "N30E108.hgt"
SIDE = 1_201
ON_FOOT = {"track", "path", "steps"}
PRIMARY_MINUTES = 30


@dataclass(frozen=True)
class Way:
    """A way of the file, its nodes in metres."""

    tags: dict[str, str]
    refs: tuple[str, ...]
    line: LineString

    @property
    def road(self):
        return self.tags.get("highway", "")

    @property
    def is_lifted(self):
        return "bridge" in self.tags or "tunnel" in self.tags


@dataclass(frozen=True)
class Drawn:
    """A district, the files of its roads and relief, and what an XML parser finds in them."""

    district: object
    files: dict[str, bytes]
    ways: list[Way]
    places: dict[str, tuple[float, float]]
    tags_of_node: dict[str, dict[str, str]]
    system: object

    def points(self, places):
        return crs.project_points([p.x for p in places], [p.y for p in places], self.system)

    def roads(self):
        return [way for way in self.ways if way.road]

    def heights(self, lon, lat):
        """Height at the nearest point of the tile, whose first value is its north-west corner."""
        grid = np.frombuffer(self.files[TILE], dtype=">i2").reshape(SIDE, SIDE)
        row, column = (31 - np.asarray(lat)) * (SIDE - 1), (np.asarray(lon) - 108) * (SIDE - 1)
        return grid[np.rint(row).astype(int), np.rint(column).astype(int)].astype(float)


def tags_of(element):
    return {tag.get("k"): tag.get("v") for tag in element.findall("tag")}


@pytest.fixture(scope="module", params=[river_district.SEED, 1])
def drawn(request):
    district = river_district.generate(request.param)
    files = river_district.road_files(request.param)
    root = ElementTree.fromstring(files[OSM])
    system = crs.metric_crs_of(np.array([s.centre for s in district.settlements]))
    nodes = root.findall("node")
    ids = [node.get("id") for node in nodes]
    at = crs.project_points([float(n.get("lon")) for n in nodes], [float(n.get("lat")) for n in nodes], system)
    places = dict(zip(ids, map(tuple, at.tolist()), strict=True))
    ways = []
    for way in root.findall("way"):
        refs = tuple(nd.get("ref") for nd in way.findall("nd"))
        ways.append(Way(tags_of(way), refs, LineString([places[ref] for ref in refs])))
    tags = {node.get("id"): tags_of(node) for node in nodes if len(node)}
    return Drawn(district, files, ways, places, tags, system)


@pytest.fixture(scope="module")
def made(drawn, tmp_path_factory):
    """The network that the importer makes of the files."""
    folder = tmp_path_factory.mktemp("roads")
    for name, content in drawn.files.items():
        (folder / name).write_bytes(content)
    places = [s.centre for s in drawn.district.settlements] + [s.point for s in drawn.district.schools]
    around = [p.x for p in places], [p.y for p in places]
    return make.make(folder / OSM, [folder / TILE], around, margin_km=5)


# The files


def test_a_sample_with_roads_gives_them_as_files():
    assert set(ROADS) == {"river_district"} <= set(SAMPLES)
    assert set(ROADS["river_district"]()) == {OSM, TILE}


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    first = drawing.osm_xml(1)
    drawing.draw.cache_clear()
    assert drawing.osm_xml(1) == first
    assert drawing.osm_xml(river_district.SEED) != first
    assert drawing.hgt(river_district.SEED)[1] != drawing.hgt(1)[1]


def test_the_usual_reader_of_such_files_reads_it_whole(drawn, tmp_path):
    path = tmp_path / OSM
    path.write_bytes(drawn.files[OSM])
    kinds = Counter()
    last = {"n": 0, "w": 0}
    for thing in osmium.FileProcessor(str(path)):
        kinds[thing.type_str()] += 1
        assert thing.id > last[thing.type_str()]  # sorted, none twice
        last[thing.type_str()] = thing.id
    assert kinds == {"n": len(drawn.places), "w": len(drawn.ways)}
    header = osmium.io.Reader(str(path)).header()
    assert "junheng" in header.get("generator") and "synthetic" in header.get("generator")


def test_every_way_says_that_it_is_synthetic(drawn):
    assert all("合成数据" in way.tags["note"] for way in drawn.ways)


def test_ways_have_two_nodes_or_more_none_twice_in_a_row(drawn):
    assert all(len(way.refs) > 1 and all(a != b for a, b in itertools.pairwise(way.refs)) for way in drawn.ways)
    used = {ref for way in drawn.ways for ref in way.refs}
    assert used == set(drawn.places)


# The roads


def test_all_roads_hang_together_but_for_a_quarry(drawn):
    number = {ref: i for i, ref in enumerate(drawn.places)}
    pairs = np.array([(number[a], number[b]) for way in drawn.roads() for a, b in itertools.pairwise(way.refs)])
    graph_of = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(number), len(number)))
    _, part = connected_components(graph_of, directed=False)
    metres = defaultdict(float)
    for way in drawn.roads():
        metres[part[number[way.refs[0]]]] += way.line.length
    main, quarry = sorted(metres.values(), reverse=True)
    assert main > 1_000_000 and quarry < 500


def test_vehicles_can_drive_from_every_settlement_to_every_other_and_back(drawn):
    """One-way streets and the expressway trap nobody: the centres are in one strongly connected part."""
    number = {ref: i for i, ref in enumerate(drawn.places)}
    rows, columns = [], []
    for way in drawn.roads():
        if way.road not in ON_FOOT:
            for a, b in itertools.pairwise(way.refs):
                rows += [number[a], number[b]] if "oneway" not in way.tags else [number[a]]
                columns += [number[b], number[a]] if "oneway" not in way.tags else [number[b]]
    graph_of = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(number), len(number)))
    _, part = connected_components(graph_of, directed=True, connection="strong")
    driven = np.unique(rows)
    tree = shapely.STRtree(shapely.points(np.array(list(drawn.places.values()))[driven]))
    centres = driven[tree.nearest(shapely.points(drawn.points([s.centre for s in drawn.district.settlements])))]
    assert len(set(part[centres])) == 1


def test_every_centre_and_every_school_has_a_road_for_vehicles_near(drawn):
    roads = shapely.union_all([way.line for way in drawn.roads() if way.road not in ON_FOOT | {"motorway"}])
    asked = [s.centre for s in drawn.district.settlements] + [s.point for s in drawn.district.schools]
    assert shapely.distance(shapely.points(drawn.points(asked)), roads).max() < 200


def test_the_river_is_crossed_only_by_the_bridges_that_are_named(drawn):
    (water,) = [Polygon(way.line.coords) for way in drawn.ways if way.tags.get("natural") == "water"]
    wet = [way for way in drawn.roads() + rails(drawn) if way.line.intersects(water.buffer(-2))]
    assert all(way.tags["bridge"] == "yes" and "tunnel" not in way.tags for way in wet)
    assert sorted(way.tags["bridge:name"] for way in wet) == sorted(link.name for link in drawn.district.links)
    land = {
        s.id: shapely.transform(s.geometry, lambda xy: crs.project_points(*xy.T, drawn.system))
        for s in drawn.district.settlements
    }
    for link in drawn.district.links:
        (bridge,) = [way for way in wet if way.tags["bridge:name"] == link.name]
        ends = [Point(bridge.line.coords[0]), Point(bridge.line.coords[-1])]
        assert any(
            land[link.settlement].contains(one) and land[link.other].contains(other)
            for one, other in (ends, ends[::-1])
        )


def rails(drawn):
    return [way for way in drawn.ways if way.tags.get("railway") == "rail"]


def test_nothing_crosses_the_expressway_on_the_level(drawn):
    expressway = [way for way in drawn.ways if way.road == "motorway"]
    assert all(way.tags["oneway"] == "yes" for way in expressway)
    assert sum(way.road == "motorway_link" for way in drawn.ways) == 4
    fenced = shapely.union_all([way.line for way in expressway if not way.is_lifted])
    others = [way for way in drawn.roads() if not way.road.startswith("motorway") and way.line.intersects(fenced)]
    assert {way.tags.get("tunnel") for way in others} == {"yes"}
    assert 1 <= len(others) <= 2
    over = shapely.union_all([way.line for way in expressway if "bridge" in way.tags])
    assert sum(way.line.intersects(over) for way in drawn.roads() if not way.road.startswith("motorway")) > 3


def test_the_railway_is_crossed_on_the_level_only_where_a_node_says_so(drawn):
    crossings = {ref for ref, tags in drawn.tags_of_node.items() if tags.get("railway") == "level_crossing"}
    assert 1 <= len(crossings) <= 2
    on_rails = {ref for way in rails(drawn) for ref in way.refs}
    by_road = {ref for way in drawn.roads() for ref in way.refs} & on_rails
    assert by_road == crossings
    fenced = shapely.union_all([way.line for way in rails(drawn) if not way.is_lifted])
    points = shapely.MultiPoint([drawn.places[ref] for ref in crossings])
    for way in drawn.roads():
        if not way.is_lifted and way.line.intersects(fenced):
            assert way.line.intersection(fenced).distance(points) < 0.1


def test_roads_on_the_ground_that_cross_meet_in_a_node(drawn):
    ground = [way for way in drawn.roads() if not way.is_lifted and not way.road.startswith("motorway")]
    lines = np.array([way.line for way in ground], dtype=object)
    one, other = shapely.STRtree(lines).query(lines, predicate="crosses")
    places = np.array(list(drawn.places.values()))
    tree = shapely.STRtree(shapely.points(places))
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        if a < b:
            for point in shapely.get_parts(lines[a].intersection(lines[b])):
                near = places[tree.nearest(point)]
                assert np.hypot(near[0] - point.x, near[1] - point.y) < 0.1


def test_the_seat_has_signals_and_one_way_streets(drawn):
    signals = [ref for ref, tags in drawn.tags_of_node.items() if tags.get("highway") == "traffic_signals"]
    assert signals
    streets = [way for way in drawn.roads() if "oneway" in way.tags and not way.road.startswith("motorway")]
    assert streets
    seat = drawn.points([drawn.district.settlements[0].centre])[0]
    assert all(Point(drawn.places[ref]).distance(Point(seat)) < 5_000 for ref in signals)
    assert all(way.line.distance(Point(seat)) < 5_000 for way in streets)


def test_a_trunk_road_follows_the_valley_over_one_bridge(drawn):
    trunk = [way for way in drawn.roads() if way.road == "trunk"]
    whole = shapely.union_all([way.line for way in trunk])
    assert whole.length > 25_000 and shapely.union_all([way.line.buffer(1) for way in trunk]).geom_type == "Polygon"
    river = next(way.line for way in drawn.ways if way.tags.get("waterway") == "river")
    along = shapely.points(shapely.get_coordinates(shapely.segmentize(whole, 50)))
    assert np.median(shapely.distance(along, river)) < 2_000
    seat = next(s for s in drawn.district.settlements if s.name.startswith("河谷"))
    assert Point(drawn.points([seat.centre])[0]).distance(whole) < 1


# The relief


def test_one_tile_covers_the_district(drawn):
    bounds = shapely.total_bounds([s.geometry for s in drawn.district.settlements])
    lonlat = np.array(
        [
            [float(node.get("lon")), float(node.get("lat"))]
            for node in ElementTree.fromstring(drawn.files[OSM]).iter("node")
        ]
    )
    assert (np.minimum(bounds[:2], lonlat.min(axis=0)) > (108, 30)).all()
    assert (np.maximum(bounds[2:], lonlat.max(axis=0)) < (109, 31)).all()
    assert len(drawn.files[TILE]) == 2 * SIDE * SIDE


def test_mountains_rise_away_from_the_river(drawn):
    river = next(way.line for way in drawn.ways if way.tags.get("waterway") == "river")
    rng = np.random.default_rng(0)
    land = shapely.union_all([s.geometry for s in drawn.district.settlements])
    west, south, east, north = land.bounds
    tried = rng.uniform((west, south), (east, north), (6_000, 2))
    tried = tried[shapely.contains_xy(land, *tried.T)]
    away = shapely.distance(shapely.points(crs.project_points(*tried.T, drawn.system)), river)
    heights = drawn.heights(*tried.T)
    assert 230 < np.median(heights[away < 400]) < 280
    assert 900 < np.percentile(heights, 99) <= 1_300
    assert spearmanr(away, heights).statistic > 0.85
    bands = [
        heights[(away >= low) & (away < high)].mean() for low, high in itertools.pairwise((0, 1e3, 3e3, 6e3, 1e4, 15e3))
    ]
    assert bands == sorted(bands)


def test_the_relief_is_smooth(drawn):
    """No cliff between two points of the tile, which are about 90 m apart, and no step at a seam."""
    grid = np.frombuffer(drawn.files[TILE], dtype=">i2").reshape(SIDE, SIDE).astype(int)
    assert max(np.abs(np.diff(grid, axis=axis)).max() for axis in (0, 1)) < 45


def test_roads_wind_up_slopes_and_paths_lead_straight(drawn):
    bent = {
        road: [w.line.length / straight for w in drawn.roads() if w.road == road and (straight := via(w)) > 1_000]
        for road in ("tertiary", "unclassified", "path")
    }
    for road in ("tertiary", "unclassified"):
        assert 1.2 < np.percentile(bent[road], 90) < 1.6
        assert max(bent[road]) < 1.7
    assert np.median(bent["path"]) < 1.1
    slopes = {road: steepness(drawn, road) for road in ("unclassified", "steps")}
    assert np.percentile(slopes["unclassified"], 80) < 0.12 < np.median(slopes["steps"])


def via(way):
    """Metres straight from one end to the other by way of the middle node."""
    places = np.array(way.line.coords)[[0, len(way.refs) // 2, -1]]
    return float(np.hypot(*np.diff(places, axis=0).T).sum())


def steepness(drawn, road):
    found = []
    for way in drawn.roads():
        if way.road == road and not way.is_lifted:
            xy = shapely.segmentize(way.line, 40.0).coords
            lon, lat = crs.unproject(np.array([LineString(xy)]), drawn.system)[0].xy
            grid = np.abs(np.diff(drawn.heights(lon, lat)[::6]))
            metres = np.hypot(*np.diff(np.array(xy)[::6], axis=0).T)
            found += (grid / np.maximum(metres, 1)).tolist()
    return found


# Homes


def test_people_live_at_a_few_places_of_each_settlement_near_its_roads(drawn):
    lands = {s.id: s.geometry for s in drawn.district.settlements}
    count = Counter(home.settlement for home in drawn.district.homes)
    assert set(count) == set(lands) and min(count.values()) >= 4 and max(count.values()) <= 14
    assert all(lands[home.settlement].covers(home.point) for home in drawn.district.homes)
    roads = shapely.union_all([way.line for way in drawn.roads() if way.road not in ON_FOOT])
    metres = shapely.distance(shapely.points(drawn.points([h.point for h in drawn.district.homes])), roads)
    assert metres.max() < 60


def test_as_many_people_live_there_as_the_counts_by_age_say(drawn):
    people = sum(home.people for home in drawn.district.homes)
    assert people == pytest.approx(sum(row.count for row in drawn.district.people), rel=0.15)
    assert all(home.people >= 1 for home in drawn.district.homes)
    assert checks.check_district(drawn.district) == ((), ())


# What the roads are for


def test_the_importer_finds_nothing_wrong_and_every_kind_of_barrier(made):
    assert made.findings.closed() == ((), ())
    assert made.network.has_relief
    assert set(made.network.barrier_kind.tolist()) == set(BarrierKind)
    assert {SegmentFlag.BRIDGE, SegmentFlag.TUNNEL, SegmentFlag.STEPS} <= {
        flag for flag in SegmentFlag if (made.network.flags & flag).any()
    }


@pytest.fixture(scope="module")
def times(drawn, made):
    """Minutes to every school by speeds of the norms: on foot 4 km/h by slope, 5 minutes at the stop."""
    profile = Profile(
        walk_kmh=4, off_road_kmh=3, wait_minutes=5, ferry_wait_minutes=10, ferry_kmh=8,
        stairs_kmh=2, steep_from=0.06, steep_loss=0.05, steep_least=0.4,
    )  # fmt: skip
    number = {s.id: i for i, s in enumerate(drawn.district.settlements)}
    rows = sorted((number[h.settlement], h.point.x, h.point.y, h.people) for h in drawn.district.homes)
    home, lon, lat, people = map(np.array, zip(*rows, strict=True))
    homes = Homes(home.astype(np.int32), lon, lat, people.astype(float))
    at = snap.snap(made.network, lon, lat, 1_000)
    points = [s.point for s in drawn.district.schools]
    schools = snap.snap(made.network, [p.x for p in points], [p.y for p in points], 1_000)
    searched = graph.build(made.network, profile)
    return minutes.between(searched, homes, at, len(number), schools, cut_off_minutes=180)


def pairs_of_today(district, stage):
    settlements = {s.id: i for i, s in enumerate(district.settlements)}
    schools = {s.id: i for i, s in enumerate(district.schools)}
    return [(settlements[zone.settlement], schools[zone.school]) for zone in district.zones if zone.stage is stage]


def test_no_primary_zone_of_today_is_beyond_half_an_hour_by_road(drawn, times):
    slow = times.dense("mixed_p95", (300, len(drawn.district.schools)), 999)
    assert max(slow[pair] for pair in pairs_of_today(drawn.district, Stage.PRIMARY)) <= PRIMARY_MINUTES
    junior = [slow[pair] for pair in pairs_of_today(drawn.district, Stage.JUNIOR)]
    assert np.mean(np.array(junior) <= 40) > 0.9 and max(junior) < 60


def test_some_walk_quicker_and_some_cross_a_main_road(drawn, times):
    shape = (300, len(drawn.district.schools))
    walk, bus, crosses = (times.dense(name, shape, 0) for name in ("walk", "bus", "crosses_walk"))
    today = pairs_of_today(drawn.district, Stage.PRIMARY)
    assert 20 < sum(walk[pair] < bus[pair] for pair in today) < 150
    assert 10 < sum(bool(crosses[pair]) for pair in today) < 100


def test_zones_of_today_are_one_piece_by_borders_that_people_can_cross(drawn, made):
    settlements, number = drawn.district.settlements, {s.id: i for i, s in enumerate(drawn.district.settlements)}
    found = contiguity.neighbours([s.geometry for s in settlements])
    bridges = [sorted((number[link.settlement], number[link.other])) for link in drawn.district.links]
    pairs = np.vstack([found.pairs, bridges])
    crossed = borders.crossable(made.network, pairs, found.cells, [s.centre for s in settlements])
    assert 0.15 < 1 - crossed.kept.mean() < 0.3
    assert set(crossed.reason[~crossed.kept].tolist()) >= {"no_way", "expressway", "railway"}
    assert crossed.kept[-len(bridges) :].all()
    kept = pairs[crossed.kept]
    for stage in (Stage.PRIMARY, Stage.JUNIOR):
        zone = np.array([school for _, school in sorted(pairs_of_today(drawn.district, stage))])
        within = kept[zone[kept[:, 0]] == zone[kept[:, 1]]]
        graph_of = coo_array((np.ones(len(within)), within.T), shape=(300, 300))
        assert connected_components(graph_of, directed=False)[0] == len(set(zone.tolist()))
    whole = coo_array((np.ones(len(kept)), kept.T), shape=(300, 300))
    assert connected_components(whole, directed=False)[0] == 1
