"""Tags of OpenStreetMap, case by case, as its wiki describes them."""

import math

import pytest

from geo.roads import tags
from geo.roads.network import BarrierKind, NodeFlag, Ride, SegmentFlag

ON_FOOT, NOBODY = "on foot", "nobody"


def said(text):
    return dict(tag.split("=", 1) for tag in text.split(";") if tag)


def used(text):
    return tags.use(said(text), tags.road_of(said(text)))


def who(text):
    """Who may use a way: nobody, people on foot alone, or buses with or without people on foot."""
    use = used(text)
    if use is None:
        return NOBODY
    return (ON_FOOT if use.walk else "") + ("+" if use.walk and use.ride else "") + ("bus" if use.ride else "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # by class
        ("highway=motorway", "bus"),
        ("highway=motorway_link", "bus"),
        ("highway=trunk", "on foot+bus"),
        ("highway=service", "on foot+bus"),
        ("highway=track", ON_FOOT),
        ("highway=footway", ON_FOOT),
        ("highway=steps", ON_FOOT),
        ("highway=busway", "bus"),
        ("man_made=pier", ON_FOOT),
        # motorroad
        ("highway=trunk;motorroad=yes", "bus"),
        ("highway=trunk;motorroad=yes;foot=yes", "on foot+bus"),
        ("highway=trunk;foot=no", "bus"),
        # access, from the general to the special
        ("highway=residential;access=no", NOBODY),
        ("highway=residential;access=private", NOBODY),
        ("highway=service;access=private;foot=yes", ON_FOOT),
        ("highway=service;access=private;foot=designated", ON_FOOT),
        ("highway=service;access=private;foot=permissive", ON_FOOT),
        ("highway=service;access=no;bus=yes", "bus"),
        ("highway=service;access=no;psv=yes;foot=yes", "on foot+bus"),
        ("highway=service;access=no;vehicle=no;motor_vehicle=yes", "bus"),
        ("highway=residential;access=destination", "on foot+bus"),
        ("highway=residential;access=customers", ON_FOOT),
        ("highway=unclassified;motor_vehicle=no", ON_FOOT),
        ("highway=unclassified;vehicle=private", ON_FOOT),
        ("highway=unclassified;motor_vehicle=agricultural", ON_FOOT),
        ("highway=unclassified;access=forestry", ON_FOOT),
        ("highway=unclassified;motor_vehicle=agricultural;bus=yes", "on foot+bus"),
        ("highway=unclassified;motor_vehicle=unknown", "on foot+bus"),
        ("highway=unclassified;bus=no", ON_FOOT),
        ("highway=unclassified;bus=yes;psv=no", "on foot+bus"),
        ("highway=unclassified;psv=no;motor_vehicle=yes", ON_FOOT),
        ("highway=unclassified;foot=use_sidepath", "bus"),
        # what is closed to vehicles is opened by a tag about buses only
        ("highway=track;motor_vehicle=yes", ON_FOOT),
        ("highway=track;bus=yes", "on foot+bus"),
        ("highway=pedestrian;psv=designated", "on foot+bus"),
        ("highway=pedestrian;access=yes", ON_FOOT),
        ("highway=steps;bus=yes", ON_FOOT),
        ("highway=platform;bus=yes", ON_FOOT),  # names what stops there
        ("highway=footway;public_transport=platform;bus=yes", ON_FOOT),
        # ferries
        ("route=ferry", ON_FOOT),
        ("route=ferry;foot=no", NOBODY),
        ("route=ferry;motor_vehicle=yes", "on foot+bus"),
        ("route=ferry;motorcar=yes;foot=yes", "on foot+bus"),
        ("route=ferry;motor_vehicle=no", ON_FOOT),
        ("route=ferry;foot=no;motor_vehicle=yes", "bus"),
        ("route=ferry;access=private", NOBODY),
    ],
)
def test_who_may_use_a_way(text, expected):
    assert who(text) == expected


def test_several_values_count_by_the_first():
    way = {"highway": "unclassified", "motor_vehicle": "agricultural;forestry"}
    assert tags.use(way, "unclassified").ride == Ride.NONE


@pytest.mark.parametrize(
    "text",
    [
        "highway=construction",
        "highway=proposed",
        "highway=raceway",
        "highway=bus_stop",
        "highway=services",
        "building=yes",
        "route=bus",
        "waterway=river",
    ],
)
def test_what_is_no_road(text):
    assert tags.road_of(said(text)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Ride.BOTH),
        ("oneway=yes", Ride.FORWARD),
        ("oneway=1", Ride.FORWARD),
        ("oneway=true", Ride.FORWARD),
        ("oneway=-1", Ride.BACKWARD),
        ("oneway=reverse", Ride.BACKWARD),
        ("oneway=no", Ride.BOTH),
        ("oneway=reversible", Ride.NONE),
        ("oneway=alternating", Ride.BOTH),
        ("junction=roundabout", Ride.FORWARD),
        ("junction=roundabout;oneway=no", Ride.BOTH),
        ("oneway=yes;oneway:bus=no", Ride.BOTH),
        ("oneway=yes;oneway:psv=no", Ride.BOTH),
        ("oneway=yes;busway=opposite_lane", Ride.BOTH),
        ("oneway:bus=yes", Ride.FORWARD),
        ("oneway:bicycle=yes", Ride.BOTH),
    ],
)
def test_which_way_buses_drive(text, expected):
    use = used(f"highway=residential;{text}")
    assert use.ride == expected and use.walk


def test_an_expressway_has_one_direction_unless_it_says_otherwise():
    assert used("highway=motorway").ride == Ride.FORWARD
    assert used("highway=motorway;oneway=no").ride == Ride.BOTH
    assert used("highway=motorway_link").ride == Ride.BOTH


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("maxspeed=40", 40),
        ("maxspeed=40 km/h", 40),
        ("maxspeed=30 mph", 48.28032),
        ("maxspeed=30mph", 48.28032),
        ("maxspeed=none", 0),
        ("maxspeed=signals", 0),
        ("maxspeed=0", 0),
        ("maxspeed=fast", 0),
        ("maxspeed=walk", 5),
        ("maxspeed=CN:urban", 50),
        ("maxspeed=CN:rural", 0),
        ("maxspeed=DE:zone:30", 30),
        ("maxspeed=FR:zone30", 30),
        ("maxspeed=60,40", 40),
        ("maxspeed=80;maxspeed:bus=60", 60),
        ("maxspeed:forward=70;maxspeed:backward=50", 50),
    ],
)
def test_the_signed_limit(text, expected):
    assert used(f"highway=primary;{text}").limit_kmh == pytest.approx(expected)


def test_of_several_limits_the_lowest_holds():
    assert tags.limit_kmh({"maxspeed": "60;40|none"}) == 40


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("00:20", 20), ("1:30", 90), ("0:01:30", 1.5), ("12", 12), ("12 min", 12), ("PT1H5M", 65), ("PT30S", 0.5)],
)
def test_how_long_a_ferry_sails(text, minutes):
    assert used(f"route=ferry;duration={text}").ferry_minutes == minutes


@pytest.mark.parametrize("text", ["", "0", "00:00", "soon", "PT", "-5", "1:2"])
def test_a_timetable_that_says_nothing(text):
    assert math.isnan(used(f"route=ferry;duration={text}").ferry_minutes)


def test_only_ferries_have_a_timetable_and_no_ferry_a_limit():
    assert math.isnan(used("highway=residential;duration=10").ferry_minutes)
    assert used("route=ferry;maxspeed=10 knots").limit_kmh == 0


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("highway=path;bridge=yes", SegmentFlag.BRIDGE),
        ("highway=path;bridge=viaduct", SegmentFlag.BRIDGE),
        ("highway=path;bridge=no", 0),
        ("highway=path;tunnel=yes", SegmentFlag.TUNNEL),
        ("highway=path;tunnel=building_passage", 0),
        ("highway=steps", SegmentFlag.STEPS),
        ("highway=steps;bridge=yes", SegmentFlag.STEPS | SegmentFlag.BRIDGE),
        ("route=ferry", SegmentFlag.FERRY),
    ],
)
def test_bridges_tunnels_ferries_and_steps(text, flags):
    assert used(text).flags == flags


def test_names_are_chinese_first_then_local_then_the_number():
    assert tags.name_of({"name": "Jiefang Lu", "name:zh": "解放路", "ref": "G212"}) == "解放路"
    assert tags.name_of({"name": " 解放路 ", "ref": "G212"}) == "解放路"
    assert tags.name_of({"name:zh": "", "ref": "G212"}) == "G212"
    assert tags.name_of({}) == ""


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("highway=crossing", NodeFlag.CROSSING),
        ("highway=crossing;crossing=uncontrolled", NodeFlag.CROSSING),
        ("highway=crossing;crossing=unmarked", 0),
        ("highway=crossing;crossing=traffic_signals", NodeFlag.CROSSING | NodeFlag.SIGNALS),
        ("highway=crossing;crossing:signals=yes", NodeFlag.CROSSING | NodeFlag.SIGNALS),
        ("highway=traffic_signals", NodeFlag.SIGNALS),
        ("railway=level_crossing", NodeFlag.LEVEL_CROSSING),
        ("railway=crossing", NodeFlag.LEVEL_CROSSING),
        ("railway=tram_crossing", 0),
        ("highway=bus_stop", 0),
    ],
)
def test_what_stands_at_a_node(text, flags):
    assert tags.node_flags(said(text)) == flags


@pytest.mark.parametrize(
    ("text", "stopped"),
    [
        ("barrier=bollard", True),
        ("barrier=block", True),
        ("barrier=cycle_barrier", True),
        ("barrier=height_restrictor", True),
        ("barrier=gate", False),
        ("barrier=gate;locked=yes", True),
        ("barrier=gate;access=no", True),
        ("barrier=gate;access=private", True),
        ("barrier=gate;motor_vehicle=no", True),
        ("barrier=gate;access=private;bus=yes", False),
        ("barrier=lift_gate", False),
        ("barrier=lift_gate;access=yes", False),
        ("barrier=lift_gate;vehicle=no", True),
        ("barrier=bollard;bus=yes", False),
        ("barrier=bollard;access=yes", True),  # passable, but not by a bus
        ("barrier=toll_booth", False),
        ("barrier=cattle_grid", False),
        ("barrier=kerb", False),
    ],
)
def test_what_vehicles_cannot_pass(text, stopped):
    assert tags.node_flags(said(text)) == (NodeFlag.NO_VEHICLES if stopped else 0)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("waterway=river", BarrierKind.WATER),
        ("waterway=canal", BarrierKind.WATER),
        ("waterway=riverbank", BarrierKind.WATER),
        ("waterway=river;tunnel=culvert", None),
        ("waterway=canal;bridge=aqueduct", None),
        ("waterway=stream", None),
        ("waterway=ditch", None),
        ("natural=water", BarrierKind.WATER),
        ("natural=water;water=reservoir", BarrierKind.WATER),
        ("natural=water;water=pond", None),
        ("natural=wood", None),
        ("natural=coastline", BarrierKind.WATER),
        ("highway=motorway", BarrierKind.EXPRESSWAY),
        ("highway=trunk;motorroad=yes", BarrierKind.EXPRESSWAY),
        ("highway=trunk", None),
        ("highway=motorway;bridge=yes", None),
        ("highway=motorway;tunnel=yes", None),
        ("railway=rail", BarrierKind.RAILWAY),
        ("railway=light_rail", BarrierKind.RAILWAY),
        ("railway=rail;bridge=viaduct", None),
        ("railway=subway;tunnel=yes", None),
        ("railway=tram", None),
        ("railway=abandoned", None),
        ("railway=platform", None),
    ],
)
def test_what_people_cannot_cross(text, kind):
    assert tags.barrier_of(said(text)) is kind
