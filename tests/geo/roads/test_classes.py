"""Classes of roads: the file, its order, and what it says of buses and children."""

from geo.roads.classes import INDEX, ROADS

ORDER = (
    "motorway motorway_link trunk trunk_link primary primary_link secondary secondary_link tertiary tertiary_link "
    "unclassified residential road living_street service busway bus_guideway pedestrian track path footway steps "
    "cycleway bridleway corridor platform elevator pier ferry"
)


def named(wanted):
    return {road.road for road in ROADS if wanted(road)}


def test_stored_networks_keep_their_meaning_as_no_class_is_ever_moved():
    assert [road.road for road in ROADS][: len(ORDER.split())] == ORDER.split()
    assert all(ROADS[index].road == road for road, index in INDEX.items()) and len(INDEX) == len(ROADS)
    assert len(ROADS) <= 256  # an index is stored in one byte


def test_a_bus_is_never_faster_than_the_law_permits_with_pupils_on_board():
    # School Bus Safety Regulations (2012), article 35: 80 km/h on expressways, 60 on other roads.
    assert all(0 < road.bus_kmh <= (80 if road.road.startswith("motorway") else 60) for road in ROADS)


def test_the_better_road_is_the_faster_one():
    speeds = [
        ROADS[INDEX[road]].bus_kmh for road in ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified")
    ]
    assert speeds == sorted(speeds, reverse=True) and len(set(speeds)) == len(speeds)
    links = [road for road in ROADS if road.road.endswith("_link")]
    assert all(road.bus_kmh <= ROADS[INDEX[road.road.removesuffix("_link")]].bus_kmh for road in links)


def test_main_roads_are_expressways_trunk_and_primary_roads_with_their_ramps():
    kinds = "motorway", "trunk", "primary"
    assert named(lambda road: road.trunk) == {f"{kind}{ramp}" for kind in kinds for ramp in ("", "_link")}


def test_only_expressways_and_bus_roads_are_closed_on_foot():
    assert named(lambda road: not road.walk) == {"motorway", "motorway_link", "busway", "bus_guideway"}


def test_buses_keep_to_roads():
    closed = "pedestrian track path footway steps cycleway bridleway corridor platform elevator pier ferry"
    assert named(lambda road: not road.ride) == set(closed.split())


def test_homes_stand_where_one_may_walk():
    lived_on = named(lambda road: road.lived_on)
    assert {"residential", "unclassified", "tertiary", "service", "track"} <= lived_on
    assert lived_on <= named(lambda road: road.walk)


def test_every_figure_has_a_chinese_name_a_source_and_a_trust():
    assert all(road.zh and road.source and road.trust in {"V", "K", "U"} for road in ROADS)
    assert len({road.zh for road in ROADS}) == len(ROADS)
