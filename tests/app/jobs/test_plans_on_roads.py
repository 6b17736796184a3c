"""
Plans of the three hamlets on the road of ``support.hamlet_roads``; its text has the minutes, worked on paper.

Trips start from the centres, so that each settlement has one home, and its mean and its 95th percentile are one.
"""

import re
from dataclasses import replace

import pytest
from shapely import Point

from app.cases.scenario import Scenario
from app.jobs import desk, importing, planning, pupil_routes, ways
from data.domain.settlements import HomeCount
from data.sample import three_hamlets
from tests.support import hamlet_roads

HAMLETS = three_hamlets.load()


def roads(tmp_path, edit=lambda text: text, kept=None, **drawn):
    path = tmp_path / hamlet_roads.NAME
    path.write_bytes(edit(hamlet_roads.extract(**drawn).decode()).encode())
    found = importing.import_roads(path, HAMLETS)
    assert found.faults == ()
    return ways.Roads(found.roads.network, kept)


def ask(year=2025, travel=None, **more):
    return Scenario.model_validate(
        {"title": "on roads", "target_year": year, "travel": {"starts": "centre", **(travel or {})}}
        | {"solve": {"seconds": 5, "deterministic": True}}
        | more
    )


def plan(network, scenario):
    return planning.plan_district(HAMLETS, scenario, dataset_hash="test", roads=network)


def without_the_bridge(text):
    return re.sub(r'<way id="12".*?</way>', "", text)


def by_id(document):
    return {row.id: row for row in document.settlements}


def test_minutes_are_those_of_the_quicker_means_rounded_up(tmp_path):
    document = plan(roads(tmp_path), ask())
    found = by_id(document)
    # By bus: A to North 8.17, B to South as far, C to South 5 + 1700 / 300 = 10.67. On foot 14.25, 14.25, 25.5.
    assert [found[id].minutes for id in "ABC"] == [9, 9, 11]
    assert [found[id].minutes_p95 for id in "ABC"] == [9, 9, 11]
    assert [found[id].minutes_walk for id in "ABC"] == [15, 15, 26]
    assert [found[id].minutes_straight for id in "ABC"] == [5, 5, 9]
    assert all(found[id].by_bus and found[id].estimated is False for id in "ABC")
    assert document.travel["mode"] == "mixed"
    assert document.travel["estimate"] is False
    assert document.certificate.parts["pupil_minutes"] == 200 * (30 * 9 + 20 * 9 + 15 * 11)
    assert "straight-line" not in {notice["code"] for notice in document.notices}
    assert {"travel.walk_kmh", "travel.bus_wait"} <= {norm.key for norm in document.norms_used}
    assert "travel.km_per_hour" not in {norm.key for norm in document.norms_used}


def test_a_scenario_may_ask_for_straight_lines_and_then_every_output_says_so(tmp_path):
    document = plan(roads(tmp_path), ask(travel={"means": "straight_line"}))
    assert [by_id(document)[id].minutes for id in "ABC"] == [5, 5, 9]
    assert document.travel["estimate"] is True
    assert all(row.estimated for row in document.settlements)
    assert "straight-line" in {notice["code"] for notice in document.notices}
    assert document.measures.access is None
    assert document.cut_borders == ()


def test_on_foot_alone_a_strict_limit_leaves_everyone_too_far(tmp_path):
    # A to North is 14.25 minutes on foot; ten are allowed here.
    strict = [{"key": "acc.walk.g1_3", "value": 10, "stage": "primary"}]
    document = plan(roads(tmp_path), ask(travel={"means": "walk"}, norms=strict))
    assert document.certificate.status == "infeasible"
    assert [(left.settlement, left.reason, left.nearest_minutes) for left in document.unserved] == [
        ("A", "too_far", 15),
        ("B", "too_far", 15),
        ("C", "too_far", 26),
    ]


def test_a_school_that_closes_gives_its_pupils_a_bus(tmp_path):
    document = plan(roads(tmp_path), ask(2031, close=["north"]))
    # 24.0 minutes by the drawing; places are rounded to a decimetre, and the sum is a hair above.
    assert by_id(document)["A"].minutes == 25
    (route,) = document.buses.routes
    # A's 18 pupils ride 5.7 km at 18 km/h, a hair over 19 minutes. A bus is 120,000 yuan, its way 5.7 x 5 x 400 more.
    assert (route.pupils, route.minutes, route.km) == (18, 20, 5.7)
    assert route.cost == pytest.approx(120_000 + 11_400, abs=5)
    assert [stop.settlements for stop in route.stops] == [("A",)]
    assert document.buses.status == "optimal"
    assert document.buses.bound == document.buses.cost == route.cost
    # Reckoned: 20 minutes at 25 km/h are 8.333 km, 16,667 yuan; with the bus 136,667 over 14.4 seats: 9,490.74 a pupil.
    assert document.buses.estimate == document.certificate.parts["school_bus"] == 170_834


def test_pupils_who_can_walk_to_their_new_school_get_no_bus(tmp_path):
    document = plan(roads(tmp_path), ask(2031, close=["north"], norms=[{"key": "bus.walk_limit", "value": 90}]))
    assert document.buses.routes == ()
    assert document.certificate.parts["school_bus"] == 0


def test_shut_roads_leave_no_way(tmp_path):
    flood = {"closures": [{"name": "夏季洪水", "ways": [11, 12, 13]}]}
    document = plan(roads(tmp_path), ask(travel=flood))
    assert document.certificate.status == "infeasible"
    assert [(left.settlement, left.reason) for left in document.unserved] == [(id, "no_way") for id in "ABC"]
    assert document.travel["closures"] == ["夏季洪水"]


def test_a_shut_bridge_parts_the_banks(tmp_path):
    asked = desk.lay_out(HAMLETS, ask(travel={"closures": [{"name": "桥梁检修", "ways": [12]}]}), None, roads(tmp_path))
    # A is west of the river with North, B and C are east of it with South.
    assert asked.trips.reached.tolist() == [[True, False], [False, True], [False, True]]
    assert asked.layout.neighbours.tolist() == [[1, 2]]


def test_a_river_without_a_bridge_cuts_a_border_and_says_so(tmp_path):
    network = roads(tmp_path, without_the_bridge)
    document = plan(network, ask())
    (border,) = document.cut_borders
    assert {border.settlement, border.other} == {"A", "B"}
    assert (border.reason, border.barrier, border.kept) == ("water", "界河", False)
    # The land is 0.02 degrees high: 2.2 km.
    assert border.border_metres == pytest.approx(2_217, abs=5)
    whole = plan(network, ask(neighbours={"barriers": False}))
    assert whole.cut_borders == ()


def test_a_border_that_only_a_bus_crosses_counts_unless_all_walk(tmp_path):
    # The bridge forbids walking; a bus rides over it.
    def no_walking(text):
        return text.replace('<tag k="bridge" v="yes"/>', '<tag k="bridge" v="yes"/><tag k="foot" v="no"/>')

    network = roads(tmp_path, no_walking)
    assert desk.lay_out(HAMLETS, ask(), None, network).layout.neighbours.tolist() == [[0, 1], [1, 2]]
    on_foot = desk.lay_out(HAMLETS, ask(travel={"means": "walk"}), None, network)
    assert on_foot.layout.neighbours.tolist() == [[1, 2]]


def test_places_of_which_no_way_is_known_keep_their_borders(tmp_path):
    network = roads(tmp_path, without_the_bridge, north=0.005)
    far = desk.lay_out(HAMLETS, ask(norms=[{"key": "travel.snap_limit", "value": 500}]), None, network)
    assert far.trips.estimated.all()
    assert far.layout.neighbours.tolist() == [[0, 1], [1, 2]]
    near = desk.lay_out(HAMLETS, ask(), None, network)
    assert near.layout.neighbours.tolist() == [[1, 2]]


def test_settlements_on_two_banks_are_no_neighbours(tmp_path):
    assert desk.lay_out(HAMLETS, ask(), None, roads(tmp_path)).layout.neighbours.tolist() == [[0, 1], [1, 2]]
    cut = desk.lay_out(HAMLETS, ask(), None, roads(tmp_path, without_the_bridge))
    assert cut.layout.neighbours.tolist() == [[1, 2]]


def test_pupils_who_walk_along_a_trunk_road_are_counted_and_priced(tmp_path):
    network = roads(tmp_path, lambda text: text.replace('v="residential"', 'v="trunk"'))
    document = plan(network, ask(travel={"means": "walk"}))
    assert all(row.crosses for row in document.settlements)
    assert document.certificate.parts["crossings"] == 200 * 65
    assert document.measures.access.pupils_crossing == 65
    broken = [rule for rule in document.rules_broken if rule.rule == "crossing"]
    assert {rule.norm for rule in broken} == {"acc.crossing"}
    assert not any(rule.hard for rule in broken)
    unasked = plan(network, ask(travel={"means": "walk"}, rules={"crossing": {"mode": "off"}}))
    assert "crossings" not in unasked.certificate.parts
    assert all(row.crosses is None for row in unasked.settlements)


def test_places_far_from_every_road_are_estimated_and_named(tmp_path):
    # The road lies 0.005 degrees, about 554 m, to the north of the hamlets and their schools.
    network = roads(tmp_path, north=0.005)
    near = plan(network, ask())
    assert not any(row.estimated for row in near.settlements)
    far = plan(network, ask(norms=[{"key": "travel.snap_limit", "value": 500}]))
    assert all(row.estimated for row in far.settlements)
    assert [by_id(far)[id].minutes for id in "ABC"] == [5, 5, 9]
    assert far.travel["far_settlements"] == ["A", "B", "C"]
    assert far.travel["far_schools"] == ["north", "south"]
    assert {"settlements-off-roads", "schools-off-roads"} <= {notice["code"] for notice in far.notices}


def test_limits_may_be_held_against_the_home_that_all_but_a_few_live_nearer_than(tmp_path):
    # B's road has homes up to 4,750 - 2,600 = 2.15 km west of it: on foot from there South is far beyond 30 minutes.
    asked = {"starts": "auto", "means": "walk"}
    held = {"close": ["north"], "rules": {"trip_limit": {"mode": "soft", "price": 1}}}
    mean = plan(roads(tmp_path), ask(2031, travel=asked | {"limit_on": "mean"}, **held))
    p95 = plan(roads(tmp_path), ask(2031, travel=asked | {"limit_on": "p95"}, **held))
    b = by_id(mean)["B"]
    assert b.minutes < 30 < b.minutes_p95
    assert not any(rule.rule.startswith("trip_limit") and rule.who[0] == "B" for rule in mean.rules_broken)
    assert any(rule.rule == "trip_limit_young" and rule.who[0] == "B" for rule in p95.rules_broken)


def test_the_way_of_a_settlement_leg_by_leg(tmp_path):
    network = roads(tmp_path)
    document = plan(network, ask(2031, close=["north"]))
    asked = planning.laid_out_as(document, HAMLETS, ask(2031, close=["north"]), network)
    found = pupil_routes.of_settlement(asked, 0, 1, 0)
    # 5.7 km at 18 km/h after a wait of 5 minutes.
    assert (found.plan.minutes, found.plan.minutes_back, found.plan.metres) == (25, 25, 5_700)
    assert [leg.kind for leg in found.plan.legs] == ["bus"]
    assert found.plan.legs[0].names == ("三村路",)
    assert (found.today.school, found.today.minutes) == ("north", 9)
    assert found.plan.straight_minutes == 30


def test_a_reader_is_shown_no_home(tmp_path):
    network = roads(tmp_path)
    # A's people live at two places, 800 m west and 400 m east of its centre, most of them west.
    places = {-800.0: 9, 400.0: 1}
    west = 107.0 - 800 / hamlet_roads.METRES_A_DEGREE
    homes = tuple(
        HomeCount("A", Point(107.0 + metres / hamlet_roads.METRES_A_DEGREE, 30.0), people)
        for metres, people in places.items()
    )
    district = replace(HAMLETS, homes=homes)
    asked = desk.lay_out(district, ask(travel={"starts": "auto"}), None, network)
    planner, reader = (pupil_routes.of_settlement(asked, 0, 0, 0, from_home=told).plan for told in (True, False))
    assert planner.legs[0].coordinates[0][0] == pytest.approx(west, abs=1e-4)
    assert reader.legs[0].coordinates[0][0] == pytest.approx(107.0, abs=1e-4)


def test_what_was_found_longest_ago_makes_room(tmp_path, monkeypatch):
    monkeypatch.setattr(ways, "MOST_KEPT", 3)
    kept = tmp_path / "ways"
    network = roads(tmp_path, kept=kept)
    for slope in ("tobler", "minetti", "flat"):
        plan(network, ask(travel={"slope": slope}))  # minutes and borders of each: six results
    assert len(list(kept.iterdir())) == 3


def test_what_was_found_is_kept_and_found_again(tmp_path, monkeypatch):
    kept = tmp_path / "ways"
    network = roads(tmp_path, kept=kept)
    first = plan(network, ask())

    def never(*_args, **_more):
        raise AssertionError("searched again")

    with monkeypatch.context() as patched:
        patched.setattr(ways.minutes, "between", never)
        again = plan(network, ask())
        assert again.settlements == first.settlements
        with pytest.raises(AssertionError, match="searched again"):
            plan(network, ask(travel={"slope": "flat"}))
    for path in kept.iterdir():
        path.write_bytes(b"broken")
    assert plan(network, ask()).settlements == first.settlements
