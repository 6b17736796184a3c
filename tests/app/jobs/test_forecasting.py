"""The whole chain from a district and a recipe to a document: figures worked by hand, and parts that must agree."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from shapely import Point

from app.cases.recipe import Recipe
from app.cases.scenario import Scenario
from app.db.forecasts import canonical
from app.jobs import desk
from app.jobs.forecasting import forecast_document
from data.domain.people import MigrantCount, PeopleCount
from data.domain.schools import RollCount, School, SchoolId, SchoolKind, Stage
from data.importers import Declaration, read
from data.sample import SAMPLES

DAY = date(2026, 3, 1)


def forecast(district, *, previous=None, **asked):
    recipe = Recipe(**{"last_year": 2034, "paths": 60, "as_of": DAY, **asked})
    return forecast_document(district, recipe, dataset_hash="drawn", previous=previous)


@pytest.fixture(scope="module")
def hamlets():
    return SAMPLES["three_hamlets"]()


@pytest.fixture(scope="module")
def of_hamlets(hamlets):
    return forecast(hamlets)


@pytest.fixture(scope="module")
def river():
    return forecast(SAMPLES["river_district"](), last_year=2032)


@pytest.fixture(params=["of_hamlets", "river"])
def document(request):
    return request.getfixturevalue(request.param)


def place(document, level, id):
    return next(place for place in document.levels[level] if place.id == id)


def pupils(document, level, stage="primary"):
    """Pupils by place id and year."""
    return {
        place.id: dict(zip(document.years, place.pupils[stage], strict=True))
        for place in document.levels[level]
        if stage in place.pupils
    }


# Worked by hand


def test_the_hamlets_have_the_pupils_of_their_docstring(of_hamlets):
    homes, schools = pupils(of_hamlets, "settlement"), pupils(of_hamlets, "school")
    assert [homes[name][2025] for name in "ABC"] == [30, 20, 15]
    assert [homes[name][2031] for name in "ABC"] == [18, 12, 6]
    assert (schools["north"][2025], schools["south"][2025]) == (30, 35)
    assert (schools["north"][2031], schools["south"][2031]) == (18, 18)
    assert pupils(of_hamlets, "division")["509902"][2031] == 36
    assert place(of_hamlets, "school", "north").places["primary"] == (50,) * 10


def test_the_peak_of_the_hamlets_is_today_and_54_of_90_places_are_empty_from_2031(of_hamlets):
    (peak,) = [row for row in of_hamlets.peaks if row.level == "division" and row.stage == "primary"]
    assert (peak.peak_year, peak.peak_pupils, peak.peak_is_first_year) == (2025, 65, True)
    assert (peak.last_pupils, peak.change_to_last) == (36, pytest.approx(-29 / 65))
    assert (peak.surplus_years, peak.deepest_surplus, peak.deepest_surplus_year) == (9, 54, 2031)


def test_every_grade_of_a_hamlet_school_is_a_class_and_nine_rooms_are_missing(of_hamlets):
    """Six grades at either school; North has 2 rooms, South 1."""
    first = next(row for row in of_hamlets.small_classes if row.stage == "primary" and row.year == 2025)
    assert (first.pupils, first.classes, first.classrooms, first.classrooms_missing) == (65, 12, 3, 9)


def test_both_sides_say_what_was_agreed_where_every_child_is_on_the_roll_of_its_zone(of_hamlets):
    told = {row.id: row for row in of_hamlets.corrections if row.stage == "primary" and row.year == 2025}
    assert [(told[id].cohort_side, told[id].school_side, told[id].agreed) for id in ("north", "south", "509902")] == [
        (30, 30, 30), (35, 35, 35), (65, 65, 65),
    ]  # fmt: skip


# What must agree


@pytest.mark.parametrize("name", ["three_hamlets", "river_district"])
def test_the_same_input_gives_the_same_bytes(name):
    district = SAMPLES[name]()
    first, again = (canonical(forecast(district, last_year=2028)) for _ in range(2))
    assert first == again


def test_every_level_adds_up(document):
    for stage in document.stages:
        division, township, home = (
            [sum(values) for values in zip(*(p.pupils[stage] for p in document.levels[level]), strict=True)]
            for level in ("division", "township", "settlement")
        )
        assert division == township == home
        schools = [place.pupils[stage] for place in document.levels["school"] if stage in place.pupils]
        if schools:  # both samples have no school that takes pupils from elsewhere
            assert [sum(values) for values in zip(*schools, strict=True)] == division


def test_bands_hold_the_pupils(document):
    for places in document.levels.values():
        for one in places:
            for stage, middle in one.pupils.items():
                assert all(
                    0 <= low <= value <= high
                    for low, value, high in zip(one.low[stage], middle, one.high[stage], strict=True)
                )


def test_grades_of_a_school_add_up_to_its_stages(document):
    grades_of = {"preschool": (-2, -1, 0), "primary": range(1, 7), "junior": (7, 8, 9), "senior": (10, 11, 12)}
    grades = {school.id: school.grades for school in document.school_grades}
    told = 0
    for school in document.levels["school"]:
        for stage, values in school.pupils.items():
            rows = [grades[school.id][str(grade)] for grade in grades_of[stage]]
            assert [sum(row) for row in zip(*rows, strict=True)] == list(values)
            told += 1
    assert told


def test_warnings_and_corrections_quote_the_levels(document):
    values = {
        (level, one.id, stage, year): value
        for level, places in document.levels.items()
        for one in places
        for stage, row in one.pupils.items()
        for year, value in zip(document.years, row, strict=True)
    }
    assert document.warnings and document.corrections
    for row in document.warnings:
        one = place(document, row.level, row.id)
        at = document.years.index(row.year)
        assert row.pupils == values[row.level, row.id, row.stage, row.year]
        assert (row.low, row.high) == (one.low[row.stage][at], one.high[row.stage][at])
        assert row.places == one.places[row.stage][at]
        assert row.shortage_probability == pytest.approx(one.shortage[row.stage][at], abs=0.001)
    for row in document.corrections:
        assert row.agreed == values[row.level, row.id, row.stage, row.year]


def test_small_classes_have_the_pupils_of_the_schools(river):
    for row in river.small_classes:
        at = river.years.index(row.year)
        assert row.pupils == sum(
            school.pupils[row.stage][at] for school in river.levels["school"] if row.stage in school.pupils
        )


def test_migrants_of_a_division_are_those_of_its_townships(river):
    sums = defaultdict(int)
    for row in river.migrants:
        if row.level == "township":
            sums[row.stage, row.year, row.change] += row.migrants
    division = {(row.stage, row.year, row.change): row.migrants for row in river.migrants if row.level == "division"}
    assert division and division == dict(sums)


def test_the_pyramid_counts_whole_people_from_the_base_year_on(river):
    (pyramid,) = river.pyramids
    assert pyramid.years == river.years and pyramid.sexes == ("male", "female")
    told = sum(row.count for row in SAMPLES["river_district"]().people if row.year == river.base_year)
    assert sum(map(sum, (pyramid.people[sex][0] for sex in pyramid.sexes))) == pytest.approx(told, abs=1)


# Questions


def test_hysteresis_begins_with_the_levels_of_the_last_forecast(hamlets):
    """Blue is entered under 60 % and left at 62 %: 61 of 100 places stay blue only for who remembers 59."""
    north = tuple(row for row in hamlets.roll if row.school == "north")
    sites = tuple(replace(site, places=100) if site.school == "south" else site for site in hamlets.sites)

    def told(last_grade):
        counts = (10, 10, 10, 10, 10, last_grade)
        south = (RollCount(SchoolId("south"), 2025, grade, count) for grade, count in enumerate(counts, 1))
        return replace(hamlets, sites=sites, roll=(*north, *south))

    def colour(document):
        return next(row.colour for row in document.warnings if row.id == "south" and row.year == 2025)

    before = forecast(told(9))
    assert colour(before) == "blue"
    assert colour(forecast(told(11))) == "normal"
    assert colour(forecast(told(11), previous=before)) == "blue"


def test_a_forecast_that_is_told_to_stop_ends(hamlets):
    with pytest.raises(TimeoutError, match="stopped"):
        forecast_document(hamlets, Recipe(as_of=DAY), dataset_hash="", should_stop=lambda: True)


def test_phases_are_told_in_order(hamlets):
    told = []
    forecast_document(hamlets, Recipe(as_of=DAY, paths=50), dataset_hash="", report=lambda p: told.append(p.phase))
    assert told == ["sources", "children", "accuracy", "agreement", "paths", "warnings", "document"]


def test_two_sources_that_differ_are_listed_and_the_preferred_one_is_used(hamlets):
    """The register counts 3 children of age 5 at A, as the first source does; a census counts 9."""
    census = PeopleCount("A", "settlement", 2025, 5, 9, source="census")
    both = replace(hamlets, people=(*hamlets.people, census))
    (conflict,) = [row for row in forecast(both).sources.conflicts if row.kind == "sources"]
    assert (conflict.place, conflict.name, conflict.first, conflict.second) == ("A", "上湾村", 3, 9)
    assert conflict.second_source == "census"
    first, other = (pupils(forecast(both, sources=sources), "settlement")["A"][2026] for sources in ((), ("census",)))
    assert other - first == pytest.approx(6, abs=1)  # the six more who enter in 2026
    assert forecast(both).sources.conflicts_in_all == len(forecast(both).sources.conflicts)


def test_a_scenario_with_a_recipe_plans_with_the_agreed_pupils(river):
    district = SAMPLES["river_district"]()
    recipe = Recipe(last_year=2032, paths=60, as_of=DAY)
    asked = desk.lay_out(district, Scenario(title="plan", target_year=2030, forecast=recipe), None)
    plan = asked.layout.young.sum() + asked.layout.older.sum()
    assert plan == pupils(river, "division")["509901"][2030]
    simple = desk.lay_out(district, Scenario(title="plan", target_year=2030), None)
    assert simple.layout.young.sum() + simple.layout.older.sum() != plan


def test_migrants_of_townships_of_several_divisions_find_their_division(hamlets):
    """Hamlet C lies in another division, in a township of its own; its 4 migrants are its division's."""
    homes = tuple(replace(h, division="509903", township="河东乡") if h.id == "C" else h for h in hamlets.settlements)
    counts = (
        MigrantCount("三村乡", "township", Stage.PRIMARY, 2025, 10, 10),
        MigrantCount("河东乡", "township", Stage.PRIMARY, 2025, 4, 4),
    )
    rows = forecast(replace(hamlets, settlements=homes, migrants=counts)).migrants
    now = {(row.level, row.id): row.migrants for row in rows if row.year == 2025 and row.change == 0}
    assert now["division", "509903"] == 4 and now["division", "509902"] == 10


def test_private_and_special_schools_without_zone_are_counted_beside_the_zones(hamlets):
    """A private school of 12 pupils, none of them from the hamlets' zones; a special school is left out of all."""
    more = tuple(
        School(SchoolId(id), id, hamlets.division, kind, Point(107, 30), "三村乡", public=False)
        for id, kind in (("private", SchoolKind.FULL_PRIMARY), ("special", SchoolKind.SPECIAL))
    )
    roll = tuple(RollCount(SchoolId(school.id), 2025, grade, 2) for school in more for grade in range(1, 7))
    made = forecast(replace(hamlets, schools=hamlets.schools + more, roll=hamlets.roll + roll))
    assert pupils(made, "division")["509902"][2025] == 65 + 12
    assert pupils(made, "township")["三村乡"][2025] == 65 + 12
    assert "special" not in pupils(made, "school")


def test_pupils_that_a_real_city_declared_for_one_year_are_all_that_is_told(tmp_path):
    """Gongyi's published units: 40,995 pupils declared as of senior schools in 2024, and nothing else."""
    root = Path(__file__).resolve().parents[3]
    source = root.parent / "shared/real/kong_gongyi"
    if not source.exists():
        pytest.skip(f"the published data of Gongyi are not in {source}")
    subprocess.run([sys.executable, root / "docs/recipes/gongyi.py", source, tmp_path], check=True)
    declaration = json.loads((tmp_path / "zoning/declaration.json").read_text(encoding="utf-8"))
    district = read(tmp_path / "zoning/tables", Declaration(**declaration)).district
    for last_year in (2023, 2024, 2026):
        made = forecast(district, last_year=last_year)
        assert made.stages == ("senior",)
        for level in ("division", "settlement"):
            sums = [place.pupils["senior"][made.years.index(2024)] for place in made.levels[level]]
            assert sum(sums) == 40_995
        canonical(made)
