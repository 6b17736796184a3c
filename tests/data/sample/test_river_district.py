"""The properties that the river district promises, each measured by other code than that which makes it."""

import time
from collections import Counter, defaultdict

import numpy as np
import pytest
import shapely

from data.domain.schools import GRADES, SchoolKind, Stage
from data.forecast import forecast
from data.sample import SAMPLES, river_district
from geo import contiguity, crs, travel

CLASS = {Stage.PRIMARY: 45, Stage.JUNIOR: 50, Stage.SENIOR: 50}
TODAY = 2026
HORIZON = range(TODAY, TODAY + 11)


@pytest.fixture(scope="module", params=[river_district.SEED, 1, 2])
def district(request):
    return river_district.generate(request.param)


@pytest.fixture(scope="module")
def neighbours(district):
    return contiguity.neighbours([s.geometry for s in district.settlements])


@pytest.fixture(scope="module")
def made(district):
    return forecast(district, HORIZON)


def position(district):
    return {settlement.id: number for number, settlement in enumerate(district.settlements)}


def zones(district, stage):
    """Settlement numbers by school."""
    numbers, members = position(district), defaultdict(list)
    for zone in district.zones:
        if zone.stage is stage:
            members[zone.school].append(numbers[zone.settlement])
    return members


def minutes(district, schools):
    points = ([s.centre for s in district.settlements], [s.point for s in schools])
    system = crs.metric_crs_of(np.array(points[0]))
    homes, doors = (crs.project_points([p.x for p in some], [p.y for p in some], system) for some in points)
    return travel.straight_line_minutes(homes, doors, km_per_hour=15, detour=1.4)


def parts(members, pairs):
    """Connected parts of some settlements, by depth-first search over the neighbouring pairs."""
    beside = defaultdict(set)
    for one, other in pairs.tolist():
        beside[one].add(other)
        beside[other].add(one)
    left, count = set(members), 0
    while left:
        count += 1
        stack = [left.pop()]
        while stack:
            near = beside[stack.pop()] & left
            left -= near
            stack.extend(near)
    return count


def test_it_has_the_size_of_a_county(district):
    assert len(district.settlements) == 300
    assert 75 <= len(district.schools) <= 85
    kinds = Counter(school.kind for school in district.schools)
    assert kinds[SchoolKind.TEACHING_POINT] >= 8
    assert kinds[SchoolKind.NINE_YEAR] >= 3
    assert 1 <= kinds[SchoolKind.SENIOR] + kinds[SchoolKind.COMPLETE_MIDDLE] <= 2
    primary = sum(site.stage is Stage.PRIMARY for site in district.sites)
    assert primary > len(district.schools) / 2
    assert len({settlement.township for settlement in district.settlements}) == 20


def test_settlements_are_valid_lands_that_hold_their_centres_and_do_not_overlap(district, neighbours):
    shapes = np.array([s.geometry for s in district.settlements])
    assert shapely.is_valid(shapes).all()
    assert all(s.geometry.covers(s.centre) for s in district.settlements)
    assert shapely.area(shapes).sum() == pytest.approx(shapely.union_all(shapes).area, rel=1e-6)
    assert neighbours.repaired == ()


def test_the_river_parts_the_district_and_bridges_join_it(district, neighbours):
    assert len(neighbours.islands) == 1
    assert len(neighbours.islands[0]) > 100
    numbers = position(district)
    other_bank = set(neighbours.islands[0])
    crossings = [(numbers[link.settlement], numbers[link.other]) for link in district.links]
    assert 3 <= len(crossings) <= 6
    assert all((one in other_bank) != (other in other_bank) for one, other in crossings)
    assert all(link.kind == "bridge" and link.name for link in district.links)
    assert parts(range(300), np.vstack([neighbours.pairs, crossings])) == 1


@pytest.mark.parametrize("stage", [Stage.PRIMARY, Stage.JUNIOR])
def test_todays_zones_cover_all_are_one_piece_and_hold_their_school(district, neighbours, stage):
    members = zones(district, stage)
    assert sorted(number for zone in members.values() for number in zone) == list(range(300))
    assert set(members) == {site.school for site in district.sites if site.stage is stage}
    point = {school.id: school.point for school in district.schools}
    shapes = [s.geometry for s in district.settlements]
    for school, zone in members.items():
        assert parts(zone, neighbours.pairs) == 1
        standing = contiguity.containing([point[school]], shapes)
        assert standing.settlement[0] in zone
        assert standing.metres[0] == 0


def test_no_primary_child_is_on_the_way_for_more_than_half_an_hour(district):
    numbers, schools = position(district), {school.id: n for n, school in enumerate(district.schools)}
    trip = minutes(district, district.schools)
    assert max(trip[numbers[z.settlement], schools[z.school]] for z in district.zones if z.stage is Stage.PRIMARY) <= 30


def test_primary_places_are_enough_in_every_year_and_many_are_empty(district, made):
    places = {site.school: site.classrooms * 45 for site in district.sites if site.stage is Stage.PRIMARY}
    members = zones(district, Stage.PRIMARY)
    for year in HORIZON:
        pupils = made.pupils(Stage.PRIMARY, year)
        assert all(pupils[zone].sum() <= places[school] for school, zone in members.items())
    today = int(made.pupils(Stage.PRIMARY, TODAY).sum())
    assert 0.25 <= 1 - today / sum(places.values()) <= 0.45
    assert made.pupils(Stage.PRIMARY, TODAY + 6).sum() < 0.8 * today


def test_some_primary_school_can_close_with_its_zone_joined_to_a_bordering_one(district, neighbours, made):
    """Closing must be meaningful: places and half an hour still hold somewhere after a merge of two whole zones."""
    places = {site.school: site.classrooms * 45 for site in district.sites if site.stage is Stage.PRIMARY}
    members, pupils = zones(district, Stage.PRIMARY), made.pupils(Stage.PRIMARY, TODAY + 6)
    number = {school.id: n for n, school in enumerate(district.schools)}
    protected = {school.id for school in district.schools if school.protected}
    zone_of = {settlement: school for school, zone in members.items() for settlement in zone}
    borders = {(zone_of[a], zone_of[b]) for a, b in neighbours.pairs.tolist() if zone_of[a] != zone_of[b]}
    trip = minutes(district, district.schools)
    closable = {
        closing
        for pair in borders
        for closing, receiving in (pair, pair[::-1])
        if closing not in protected
        and pupils[members[closing] + members[receiving]].sum() <= places[receiving]
        and trip[members[closing], number[receiving]].max() <= 30
    }
    assert len(closable) >= 5


def test_the_roll_adds_up_to_the_children_of_the_zones_by_grade(district):
    ages = defaultdict(int)
    for row in district.people:
        ages[row.place, row.age] += row.count
    ids = [settlement.id for settlement in district.settlements]
    for stage in (Stage.PRIMARY, Stage.JUNIOR):
        members = zones(district, stage)
        roll = {(row.school, row.grade): row.pupils for row in district.roll if row.year == TODAY}
        for school, zone in members.items():
            for grade in GRADES[stage]:
                assert roll[school, grade] == sum(ages[ids[number], grade + 5] for number in zone)


def test_the_roll_is_what_the_forecast_says_of_today(district, made):
    for stage in (Stage.PRIMARY, Stage.JUNIOR):
        for grade in GRADES[stage]:
            roll = sum(row.pupils for row in district.roll if row.grade == grade and row.year == TODAY)
            assert made.by_grade(grade, TODAY).sum() == roll


def test_earlier_rolls_tell_the_same_story(district):
    """Ten years of rolls; a grade is followed by the next one with little loss: children drift by 1 to 2 % a year."""
    by_grade = Counter()
    for row in district.roll:
        by_grade[row.year, row.grade] += row.pupils
    assert {year for year, _ in by_grade} == set(range(2017, TODAY + 1))
    kept = [
        by_grade[year + 1, grade + 1] / by_grade[year, grade]
        for year in range(2017, TODAY)
        for grade in (1, 2, 3, 4, 5, 7, 8)
    ]
    assert min(kept) > 0.94 and max(kept) < 1.06


def test_adults_are_counted_by_age_and_sex_for_the_whole_district(district):
    adults = [row for row in district.people if row.level == "division"]
    assert {row.age for row in adults} == set(range(19, 101)) and {row.sex for row in adults} == {"male", "female"}
    children = sum(row.count for row in district.people if row.level == "settlement")
    assert 4 < sum(row.count for row in adults) / children < 5


def test_most_children_of_migrant_workers_are_in_public_schools(district):
    assert {row.place for row in district.migrants} == {s.township for s in district.settlements}
    assert (
        0.85 < sum(row.in_public for row in district.migrants) / sum(row.migrants for row in district.migrants) < 0.95
    )


def test_every_stage_of_a_ten_year_horizon_is_known(made):
    assert all(made.knows(stage, year) for stage in Stage for year in HORIZON)
    assert any("births of 2025 held" in note for note in made.notes)


def test_every_school_has_room_for_its_roll_beds_for_its_boarders_and_none_is_too_large(district):
    stage_of = {grade: stage for stage, grades in GRADES.items() for grade in grades}
    pupils, boarders = Counter(), Counter()
    for row in (row for row in district.roll if row.year == TODAY):
        pupils[row.school, stage_of[row.grade]] += row.pupils
        boarders[row.school, stage_of[row.grade]] += row.boarders
        assert row.boarders == 0 or row.grade > 3
    for site in district.sites:
        assert pupils[site.school, site.stage] <= site.classrooms * CLASS[site.stage]
        assert boarders[site.school, site.stage] <= site.beds
        assert site.running_cost > 0
        assert site.stage is Stage.SENIOR or pupils[site.school, site.stage] <= 2_000


def test_births_fall_and_towns_are_dense(district):
    births = Counter()
    for row in district.births:
        births[row.year] += row.count
    years = sorted(births)
    assert births[years[-1]] < 0.7 * births[years[0]]
    children = Counter()
    for row in (row for row in district.people if row.level == "settlement"):
        children[row.place] += row.count
    density = {
        urban: sum(children[s.id] for s in district.settlements if s.urban is urban)
        / sum(s.geometry.area for s in district.settlements if s.urban is urban)
        for urban in (True, False)
    }
    assert density[True] > 5 * density[False]


def test_some_teaching_points_are_protected(district):
    protected = [school for school in district.schools if school.protected]
    assert len(protected) >= 4
    assert {school.kind for school in protected} == {SchoolKind.TEACHING_POINT}


def test_teachers_are_pseudonymous_licensed_and_enough(district):
    stages = defaultdict(set)
    for site in district.sites:
        stages[site.school].add(site.stage)
    staff = Counter(teacher.school for teacher in district.teachers)
    assert set(staff) == set(stages)
    assert len({teacher.id for teacher in district.teachers}) == len(district.teachers)
    assert all(set(teacher.licences) & stages[teacher.school] for teacher in district.teachers)
    assert all(0 <= t.years_at_school <= TODAY - t.birth_year - 18 for t in district.teachers)
    assert all(teacher.subjects for teacher in district.teachers)
    pupils = sum(row.pupils for row in district.roll if row.year == TODAY)
    assert 9 < pupils / len(district.teachers) < 19
    assert 0.04 < np.mean([t.backbone for t in district.teachers]) < 0.20


def test_names_and_codes_are_unique_and_the_district_is_marked_synthetic(district):
    assert district.synthetic
    assert "合成数据" in district.title
    assert "synthetic" in district.title
    assert district.division == "509901"
    assert [division.code for division in district.divisions] == ["509901"]
    for rows in (district.settlements, district.schools):
        assert len({row.id for row in rows}) == len({row.name for row in rows}) == len(rows)


def test_the_same_seed_gives_the_same_district_and_another_seed_another():
    started = time.perf_counter()
    first = SAMPLES["river_district"]()
    assert time.perf_counter() - started < 10
    assert first == river_district.generate()
    assert first.people != river_district.generate(7).people
