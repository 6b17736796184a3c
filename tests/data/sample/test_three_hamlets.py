"""What the drawing of the three hamlets says is what the district gives."""

from itertools import product

import numpy as np
import pytest

from data.domain.schools import Stage
from data.forecast import forecast
from data.sample import three_hamlets
from geo import contiguity, crs, travel

MINUTES = {"A": (5, 30), "B": (20, 5), "C": (34, 9)}  # from the drawing: to North, to South
PLACES = (50, 40)


@pytest.fixture(scope="module")
def hamlets():
    return three_hamlets.load()


def test_the_minutes_are_those_drawn(hamlets):
    homes = [s.centre for s in hamlets.settlements]
    schools = [s.point for s in hamlets.schools]
    system = crs.metric_crs_of(np.array(homes))
    metres = [crs.project_points([p.x for p in points], [p.y for p in points], system) for points in (homes, schools)]
    minutes = travel.straight_line_minutes(*metres, km_per_hour=15, detour=1.3)
    assert minutes.tolist() == [list(MINUTES[name]) for name in "ABC"]


def test_the_forecast_gives_the_pupils_drawn(hamlets):
    made = forecast(hamlets, [2025, 2031, 2034])
    assert made.pupils(Stage.PRIMARY, 2025).tolist() == [30, 20, 15]
    assert made.pupils(Stage.PRIMARY, 2031).tolist() == [18, 12, 6]
    assert made.by_grade(1, 2034).tolist() == [3, 2, 1]
    assert [made.by_grade(grade, 2025).tolist() for grade in (1, 4)] == [[5, 4, 3], [5, 3, 2]]


def test_the_hamlets_lie_side_by_side_and_hold_their_schools(hamlets):
    shapes = [s.geometry for s in hamlets.settlements]
    found = contiguity.neighbours(shapes)
    assert found.pairs.tolist() == [[0, 1], [1, 2]]
    assert all(s.geometry.contains(s.centre) for s in hamlets.settlements)
    assert contiguity.containing([s.point for s in hamlets.schools], shapes).settlement.tolist() == [0, 1]


def test_the_roll_is_that_of_todays_zones(hamlets):
    roll = {school.id: sum(row.pupils for row in hamlets.roll if row.school == school.id) for school in hamlets.schools}
    assert roll == {"north": 30, "south": 35}
    assert {zone.settlement: zone.school for zone in hamlets.zones} == {"A": "north", "B": "south", "C": "south"}


def lawful_plans(pupils):
    """Every assignment within places and half an hour: pupil-minutes by the schools of A, B and C."""
    plans = {}
    for choice in product((0, 1), repeat=3):
        sent = [sum(n for n, school in zip(pupils, choice, strict=True) if school == s) for s in (0, 1)]
        minutes = [MINUTES[name][school] for name, school in zip("ABC", choice, strict=True)]
        if all(s <= places for s, places in zip(sent, PLACES, strict=True)) and max(minutes) <= 30:
            plans[choice] = sum(n * m for n, m in zip(pupils, minutes, strict=True))
    return plans


def test_the_sums_of_the_drawing_are_those_of_all_plans():
    today, later = lawful_plans((30, 20, 15)), lawful_plans((18, 12, 6))
    assert min(today.values()) == today[0, 1, 1] == 385
    assert today[0, 0, 1] == 685
    assert all(len(set(choice)) == 2 for choice in today)
    assert min(later.values()) == later[0, 1, 1] == 204
    assert later[1, 1, 1] == 654
    assert (0, 0, 0) not in later


def test_it_says_that_it_is_synthetic(hamlets):
    assert hamlets.synthetic
    assert "合成数据" in hamlets.title
    assert hamlets == three_hamlets.load()
