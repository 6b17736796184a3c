"""Minutes of single segments, worked on paper; see ``drawn_roads.SPEEDS`` for the round speeds."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from drawn_roads import SPEEDS, Spot, Way, drawn, on_earth, shape_on_earth

from geo.errors import BadTravel
from geo.roads import times
from geo.roads.classes import INDEX, ROADS
from geo.roads.network import Ride, SegmentFlag
from geo.roads.profile import Closure, Slope
from geo.roads.times import segment_minutes

NEVER = np.inf


def hill(rise, **way):
    """One road of 1,000 m from Foot up to Top."""
    return drawn({"Foot": (0, 0, 200.0), "Top": (1_000, 0, 200.0 + rise)}, [Way("Foot Top", **way)])


def test_on_the_flat_a_kilometre_on_foot_takes_ten_minutes_at_six_an_hour():
    flat = segment_minutes(hill(0), SPEEDS)
    assert flat.walk_forward == pytest.approx([10])
    assert flat.walk_backward == pytest.approx([10])


def test_tobler_up_and_down_a_tenth():
    # 6 exp(-3.5 |S + 0.05|) km/h over its value at S = 0: up exp(-3.5 x 0.15 + 3.5 x 0.05) = exp(-0.35) of the speed
    # on the flat; down, at S = -0.1, exp(-3.5 x 0.05 + 3.5 x 0.05) = 1.
    found = segment_minutes(hill(100), replace(SPEEDS, slope=Slope.TOBLER))
    assert found.walk_forward == pytest.approx([10 * np.exp(0.35)])
    assert found.walk_backward == pytest.approx([10])


def test_tobler_is_quickest_five_in_a_hundred_downhill():
    # exp(0.175) = 1.19125 times the speed on the flat.
    assert times.walking_kmh(np.array([-0.05]), SPEEDS) == pytest.approx([6 * 1.19125], rel=1e-5)


@pytest.mark.parametrize(("slope", "measured"), [(0.45, 17.33), (-0.45, 3.46)])
def test_minetti_costs_what_was_measured_on_the_steepest_slopes(slope, measured):
    # Means of ten runners walking, J/(kg m), from the paper's abstract; with the power of the flat, 2.5 by the fit.
    kmh = times.walking_kmh(np.array([slope]), replace(SPEEDS, slope=Slope.MINETTI))
    assert 2.5 * 6 / kmh == pytest.approx([measured], rel=0.05)


def test_minetti_up_and_down_a_tenth():
    # C(0.1) = 0.002805 - 0.00587 - 0.0768 + 0.519 + 1.96 + 2.5 = 4.899135, over C(0) = 2.5: 1.959654 times the minutes.
    # Down it costs 1.127325, less than on the flat; children are not sent down at more than their speed there.
    found = segment_minutes(hill(100), replace(SPEEDS, slope=Slope.MINETTI))
    assert found.walk_forward == pytest.approx([19.59654])
    assert found.walk_backward == pytest.approx([10])


def test_minetti_slows_down_a_very_steep_way_too():
    # C(-0.45) = -5.17608 - 2.40707 + 6.99840 + 10.50975 - 8.82 + 2.5 = 3.60500 (five terms by hand): 14.42 minutes.
    found = segment_minutes(hill(450), replace(SPEEDS, slope=Slope.MINETTI))
    assert found.walk_backward == pytest.approx([10 * 3.605 / 2.5], rel=1e-3)


def test_a_slope_beyond_the_measurements_counts_as_the_steepest():
    assert segment_minutes(hill(900), SPEEDS).walk_forward == pytest.approx([10 * np.exp(3.5 * 0.45)])


def test_without_the_rule_slopes_slow_nobody_on_foot():
    assert segment_minutes(hill(300), replace(SPEEDS, slope=Slope.FLAT)).walk_forward == pytest.approx([10])


def test_an_unknown_height_is_flat():
    found = segment_minutes(drawn({"A": (0, 0, 500.0), "B": (1_000, 0)}, [Way("A B")]), SPEEDS)
    assert found.slope.tolist() == [0]
    assert found.walk_forward == pytest.approx([10])


def test_short_segments_take_the_slope_of_the_way_around_them():
    # Four segments of 30 m; heights 0, 0, 9, 9, 9: by itself the second would rise by 9 in 30. The window of 90 m
    # around it reaches from 0 to 90 m, a rise of 9: a tenth. The first reaches from the way's begin to 60 m: 9 in 60.
    found = times.slopes(
        drawn({name: (30 * k, 0, h) for k, (name, h) in enumerate(zip("ABCDE", (0, 0, 9, 9, 9), strict=True))}, [
            Way("A B C D E")
        ])
    )  # fmt: skip
    assert found == pytest.approx([0.15, 0.1, 0.1, 0])


def test_slopes_are_not_taken_from_another_way():
    # Two ways of 50 m that meet at B, one flat, one rising by 5 m.
    network = drawn({"A": (0, 0, 100.0), "B": (50, 0, 100.0), "C": (100, 0, 105.0)}, [Way("A B"), Way("B C")])
    assert times.slopes(network) == pytest.approx([0, 0.1])


def test_steps_have_their_own_speed_up_and_down():
    found = segment_minutes(hill(300, road="steps", flags=SegmentFlag.STEPS), SPEEDS)
    assert found.walk_forward == pytest.approx([20])
    assert found.walk_backward == pytest.approx([20])
    assert found.ride_forward.tolist() == [NEVER]


def test_a_bus_rides_at_the_speed_of_the_class_or_the_lower_limit():
    kmh = ROADS[INDEX["secondary"]].bus_kmh
    own = segment_minutes(hill(0, road="secondary"), SPEEDS)
    assert own.ride_forward == pytest.approx([60 / kmh])
    assert segment_minutes(hill(0, road="secondary", limit_kmh=30), SPEEDS).ride_forward == pytest.approx([2])
    fast = segment_minutes(hill(0, road="secondary", limit_kmh=120), SPEEDS)
    assert fast.ride_forward == pytest.approx(own.ride_forward)


@pytest.mark.parametrize(
    ("rise", "minutes"),
    # 2 minutes at 30 km/h. 6 %: not yet slower. 10 %: four hundredths beyond, 80 % of the speed. 40 %: the least, 40 %.
    [(60, 2), (100, 2.5), (400, 5)],
)
def test_a_bus_is_slower_on_a_steep_road_up_and_down(rise, minutes):
    found = segment_minutes(hill(rise, road="secondary", limit_kmh=30), SPEEDS)
    assert found.ride_forward == pytest.approx([minutes])
    assert found.ride_backward == pytest.approx([minutes])


@pytest.mark.parametrize(
    ("ride", "forward", "backward"),
    [(Ride.NONE, NEVER, NEVER), (Ride.FORWARD, 2, NEVER), (Ride.BACKWARD, NEVER, 2), (Ride.BOTH, 2, 2)],
)
def test_a_bus_keeps_to_one_ways_and_walkers_need_not(ride, forward, backward):
    found = segment_minutes(hill(0, road="secondary", limit_kmh=30, ride=ride), SPEEDS)
    assert (found.ride_forward[0], found.ride_backward[0]) == pytest.approx((forward, backward))
    assert (found.walk_forward[0], found.walk_backward[0]) == pytest.approx((10, 10))


def test_nobody_walks_on_an_expressway():
    assert segment_minutes(hill(0, road="motorway"), SPEEDS).walk_forward.tolist() == [NEVER]


def river(**way):
    """A--Left ~~~ Mid ~~~ Right--B: a ferry of two segments of 400 m, with a road of 100 m at either landing."""
    nodes = {"A": (0, 0), "Left": (100, 0), "Mid": (500, 0), "Right": (900, 0), "B": (1_000, 0)}
    ferry = Way("Left Mid Right", "ferry", flags=SegmentFlag.FERRY, walk=True, ride=Ride.BOTH, **way)
    return drawn(nodes, [Way("A Left"), ferry, Way("Right B")])


def test_a_ferry_takes_its_timetable_and_one_wait_in_all():
    # 6 minutes for both segments, and half of the wait of 10 at either landing.
    found = segment_minutes(river(ferry_minutes=6), SPEEDS)
    for minutes in (found.walk_forward, found.walk_backward, found.ride_forward):
        assert minutes[1:3] == pytest.approx([8, 8])


def test_a_ferry_without_timetable_sails_at_its_speed():
    assert segment_minutes(river(), SPEEDS).walk_forward[1:3].tolist() == pytest.approx([7, 7])


def test_a_short_ferry_has_the_whole_wait_on_its_one_segment():
    ferry = Way("B C", "ferry", flags=SegmentFlag.FERRY, walk=True)
    network = drawn({"A": (0, 0), "B": (100, 0), "C": (300, 0), "D": (400, 0)}, [Way("A B"), ferry, Way("C D")])
    assert segment_minutes(network, SPEEDS).walk_forward[1] == pytest.approx(11)


# Closures


def valley():
    """
    Segments 0 to 5, heights in brackets.

        Low(150) --0-- Mid(400) --1-- High(900) --2-- Pass(950)      ways 1, 1, 2
        Low ==3== Quay(140) a bridge, Low ~~4~~ Isle(150) a ferry, Low --5-- Yard(150) a path nobody drives
    """
    nodes = {
        "Low": (0, 0, 150.0), "Mid": (5_000, 0, 400.0), "High": (10_000, 0, 900.0), "Pass": (15_000, 0, 950.0),
        "Quay": (0, 500, 140.0), "Isle": (0, -2_000, 150.0), "Yard": (-200, 0, 150.0),
    }  # fmt: skip
    return drawn(
        nodes,
        [
            Way("Low Mid High", id=1),
            Way("High Pass", id=2),
            Way("Low Quay", flags=SegmentFlag.BRIDGE, id=3),
            Way("Low Isle", "ferry", flags=SegmentFlag.FERRY, id=4),
            Way("Low Yard", "path", id=5),
        ],
    )


def shut(closure):
    network = valley()
    minutes = segment_minutes(network, replace(SPEEDS, closures=(closure,)))
    found = np.flatnonzero(minutes.shut)
    assert np.isinf(minutes.walk_forward[found]).all()
    assert np.isinf(minutes.ride_backward[found]).all()
    return found.tolist()


@pytest.mark.parametrize(
    ("closure", "expected"),
    [
        (Closure("ice", above_metres=890), [1, 2]),
        (Closure("flood", below_metres=160), [0, 4, 5]),  # the bridge stands
        (Closure("steep ice", steeper_than=0.09), [1]),  # 500 m in 5 km; the ways of 250 and 50 m rise less
        (Closure("high and steep", above_metres=890, steeper_than=0.09), [1]),
        (Closure("no boats", ferries=True), [4]),
        (Closure("works", ways=(2, 3)), [2, 3]),
        (Closure("boats, and ice above", ferries=True, above_metres=940), [2, 4]),
        (Closure("nothing"), []),
    ],
)
def test_a_closure_shuts_what_meets_all_its_conditions_and_what_it_names(closure, expected):
    assert shut(closure) == expected


def test_a_closure_shuts_what_touches_its_area():
    area = shape_on_earth(shapely.box(9_000, -100, 11_000, 100))
    assert shut(Closure("slide", area=area)) == [1, 2]
    assert shut(Closure("slide, high", area=area, above_metres=940)) == [2]


def test_paths_are_not_shut_for_being_steep():
    network = drawn({"A": (0, 0, 0.0), "B": (100, 0, 40.0)}, [Way("A B", "path")])
    assert not segment_minutes(network, replace(SPEEDS, closures=(Closure("ice", steeper_than=0.1),))).shut.any()


def test_without_relief_heights_shut_nothing():
    network = drawn({"A": (0, 0), "B": (100, 0)}, [Way("A B")])
    closures = Closure("ice", above_metres=-500), Closure("flood", below_metres=9_000), Closure("ice", steeper_than=0)
    assert segment_minutes(network, replace(SPEEDS, closures=closures)).shut.tolist() == [False]


@pytest.mark.parametrize(
    "wrong",
    [{"walk_kmh": 0}, {"off_road_kmh": np.nan}, {"wait_minutes": -1}, {"steep_least": 0}, {"stairs_kmh": np.inf}],
)
def test_a_speed_or_wait_that_cannot_be_is_refused(wrong):
    with pytest.raises(BadTravel):
        segment_minutes(valley(), replace(SPEEDS, **wrong))


def test_heights_may_be_drawn_as_spots():
    network = drawn({"A": Spot(0, 0, 10.0), "B": Spot(0, 100, 20.0)}, [Way("B A")])
    assert times.slopes(network) == pytest.approx([-0.1])
    assert on_earth(0, 100)[1] == pytest.approx(network.lat[1])
