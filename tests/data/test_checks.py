"""Rules between tables, each kept and each broken, on a district small enough to see whole."""

from dataclasses import replace
from datetime import date

import pytest
from shapely import Point, Polygon, affinity, box

from data import checks
from data.domain.district import District
from data.domain.divisions import Division
from data.domain.people import BirthCount, ControlTotal, DeclaredDemand, Migration, PeopleCount
from data.domain.schools import RollCount, School, SchoolKind, Site, Stage, ZoneToday
from data.domain.settlements import HomeCount, Settlement
from data.errors import BadRow
from data.faults import MOST_OF_A_KIND, SENTENCES, Findings, Where, fault

DEGREE = 0.1


@pytest.fixture
def three_villages() -> District:
    """
    Villages A and B in 东镇, C in 西镇; school N (primary, 2 rooms) in A, S (primary and junior) in C.

        +---+---+---+
        |A N| B |C S|     0.1 degrees a side from 107.0 E, 29.0 N
        +---+---+---+
    """
    squares = [box(107.0 + i * DEGREE, 29.0, 107.0 + (i + 1) * DEGREE, 29.1) for i in range(3)]
    villages = [
        Settlement(id, f"{id}村", "500101", square, square.centroid, town)
        for id, square, town in zip("ABC", squares, ("东镇", "东镇", "西镇"), strict=True)
    ]
    return District(
        title="three villages",
        division="500101",
        synthetic=True,
        source="",
        divisions=(Division("500101", "万州区", "district"),),
        settlements=tuple(villages),
        people=tuple(PeopleCount(id, "settlement", 2025, 6, 30) for id in "ABC"),
        schools=(
            School("N", "北小", "500101", SchoolKind.FULL_PRIMARY, Point(107.05, 29.05), "东镇"),
            School("S", "南校", "500101", SchoolKind.NINE_YEAR, Point(107.25, 29.05), "西镇"),
        ),
        sites=(
            Site("N", Stage.PRIMARY, 2),
            Site("S", Stage.PRIMARY, 6, beds=10),
            Site("S", Stage.JUNIOR, 3),
        ),
        roll=(RollCount("N", 2025, 1, 45), RollCount("N", 2025, 2, 45), RollCount("S", 2025, 7, 50, boarders=10)),
        zones=(ZoneToday("A", Stage.PRIMARY, "N"), ZoneToday("C", Stage.JUNIOR, "S")),
    )


def found(district):
    faults, warnings = checks.check_district(district)
    return [f.code for f in faults], [w.code for w in warnings]


def only(district):
    """Give the one finding, a fault or a warning."""
    faults, warnings = checks.check_district(district)
    (one,) = (*faults, *warnings)
    return one


def test_the_drawn_district_is_clean(three_villages):
    assert found(three_villages) == ([], [])


def change(rows, index, **changes):
    return tuple(replace(row, **changes) if i == index else row for i, row in enumerate(rows))


# Duplicates and sources


def test_two_rows_of_one_key_clash(three_villages):
    twice = replace(three_villages, people=(*three_villages.people, PeopleCount("B", "settlement", 2025, 6, 31)))
    assert (only(twice).code, only(twice).table) == ("duplicate", "people")


def test_two_sources_that_agree_are_counted_once_and_both_named(three_villages):
    people = (
        PeopleCount("A", "settlement", 2025, 6, 30, source="公安"),
        PeopleCount("A", "settlement", 2025, 6, 30, source="卫健"),
    )
    both = replace(three_villages, people=people)
    warning = only(both)
    assert warning.code == "two-sources" and "公安" in warning.reason and "卫健" in warning.reason_zh
    dataset = checks.with_divisions({}, both)
    findings = Findings()
    loaded = {"people": checks.from_rows(checks.TABLES["people"], checks.records.rows_of(both)["people"])}
    counted = checks.every_figure_is_given_once({**dataset, **loaded}, findings)["people"]
    assert (counted.columns["count"], counted.columns["source"]) == ([30], ["公安; 卫健"])


def test_two_named_sources_that_differ_are_both_kept_and_told_of(three_villages):
    people = (
        PeopleCount("A", "settlement", 2025, 6, 30, source="公安"),
        PeopleCount("A", "settlement", 2025, 6, 33, source="卫健"),
    )
    both = replace(three_villages, people=people)
    assert found(both) == ([], ["sources-linked"])
    assert all(word in only(both).reason for word in ("公安", "30", "卫健", "33"))


def test_of_two_figures_one_without_a_source_one_must_be_chosen(three_villages):
    people = (
        PeopleCount("A", "settlement", 2025, 6, 30),
        PeopleCount("A", "settlement", 2025, 6, 33, source="卫健"),
    )
    fault = only(replace(three_villages, people=people))
    assert fault.code == "sources-differ" and fault.value == "33"


def test_a_census_of_a_township_beside_a_register_of_its_villages_is_linked(three_villages):
    register = tuple(replace(row, source="公安") for row in three_villages.people)
    census = PeopleCount("东镇", "township", 2025, 6, 60, source="统计")
    assert found(replace(three_villages, people=(*register, census))) == ([], ["levels-linked"])


def test_other_years_ages_and_sexes_are_other_figures(three_villages):
    people = (
        PeopleCount("A", "settlement", 2025, 6, 16, "male"),
        PeopleCount("A", "settlement", 2025, 6, 14, "female"),
        PeopleCount("A", "settlement", 2024, 6, 29),
        PeopleCount("A", "settlement", 2025, 7, 29),
    )
    assert found(replace(three_villages, people=people)) == ([], [])


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("people", (PeopleCount("A", "settlement", 2025, 6, 30), PeopleCount("A", "settlement", 2025, 6, 16, "male"))),
        ("births", (BirthCount("A", "settlement", 2024, 30), BirthCount("A", "settlement", 2024, 3, 5))),
        ("roll", (RollCount("N", 2025, 1, 40), RollCount("N", 2025, 1, 21, "female"))),
        ("demand", (DeclaredDemand("A", Stage.PRIMARY, 2026, 60), DeclaredDemand("A", Stage.PRIMARY, 2026, 11, 3))),
    ],
)
def test_a_total_beside_its_parts_is_a_fault(three_villages, table, rows):
    assert only(replace(three_villages, **{table: rows})).code == "total-and-parts"
    for row in rows:
        assert found(replace(three_villages, **{table: (row,)}))[0] == []


# References


@pytest.mark.parametrize(
    ("table", "row", "code"),
    [
        ("people", PeopleCount("Z", "settlement", 2025, 6, 1), "unknown-settlement"),
        ("people", PeopleCount("北镇", "township", 2025, 7, 1), "unknown-township"),
        ("people", PeopleCount("500999", "division", 2025, 7, 1), "unknown-division"),
        ("births", BirthCount("Z", "settlement", 2024, 1), "unknown-settlement"),
        ("migration", Migration("Z", "settlement", 2025, 6, 1), "unknown-settlement"),
        ("controls", ControlTotal("北镇", "township", Stage.PRIMARY, 2026, 1), "unknown-township"),
        ("demand", DeclaredDemand("Z", Stage.PRIMARY, 2026, 1), "unknown-settlement"),
        ("neighbours", ("A", "Z"), "unknown-settlement"),
        ("sites", Site("Q", Stage.PRIMARY, 1), "unknown-school"),
        ("roll", RollCount("Q", 2024, 1, 1), "unknown-school"),
        ("zones", ZoneToday("B", Stage.PRIMARY, "Q"), "unknown-school"),
        ("zones", ZoneToday("Z", Stage.PRIMARY, "N"), "unknown-settlement"),
    ],
)
def test_what_a_row_names_must_exist(three_villages, table, row, code):
    assert only(replace(three_villages, **{table: (*getattr(three_villages, table), row)})).code == code


def test_an_unknown_code_like_a_known_one_gets_a_hint(three_villages):
    long = change(three_villages.settlements, 0, id="500101001001")
    named = replace(three_villages, settlements=long, people=(), zones=())
    wrong = replace(named, people=(PeopleCount("500101001O01", "settlement", 2025, 6, 1),))
    assert "500101001001" in only(wrong).reason


def test_rows_of_another_division_are_pointed_out_once(three_villages):
    divisions = (*three_villages.divisions, Division("500102", "涪陵区", "district", "500000"))
    moved = tuple(replace(s, division="500102") for s in three_villages.settlements)
    warning = only(replace(three_villages, divisions=divisions, settlements=moved))
    assert (warning.code, warning.value) == ("other-division", "500102")


def test_a_city_contains_its_districts(three_villages):
    divisions = (Division("500000", "重庆市", "city"), Division("500101", "万州区", "district", "500000"))
    assert found(replace(three_villages, division="500000", divisions=divisions)) == ([], [])


def test_the_declared_division_must_be_in_the_table(three_villages):
    codes, _ = found(replace(three_villages, division="500103"))
    assert codes == ["unknown-division"]


def test_a_division_that_ended_before_the_figures_is_pointed_out(three_villages):
    ended = Division("500101", "旧区", "district", None, None, date(2025, 6, 1), ("500157",))
    warning = only(replace(three_villages, divisions=(ended,)))
    assert warning.code == "division-ended" and "500157" in warning.reason
    later = replace(ended, valid_to=date(2025, 11, 6))
    assert found(replace(three_villages, divisions=(later,))) == ([], [])


# Schools


def test_a_zone_must_lead_to_a_site_of_its_stage(three_villages):
    assert only(replace(three_villages, zones=(ZoneToday("A", Stage.JUNIOR, "N"),))).code == "zone-without-site"


def test_a_settlement_has_one_zone_a_stage(three_villages):
    twice = (*three_villages.zones, ZoneToday("A", Stage.PRIMARY, "S"))
    assert only(replace(three_villages, zones=twice)).code == "duplicate"
    other_stage = (*three_villages.zones, ZoneToday("A", Stage.JUNIOR, "S"))
    assert found(replace(three_villages, zones=other_stage)) == ([], [])


def test_pupils_need_a_site_of_their_stage(three_villages):
    roll = (RollCount("N", 2025, 7, 10), RollCount("N", 2025, 8, 10))
    assert only(replace(three_villages, roll=roll)).code == "roll-without-site"


def test_a_school_without_any_site_is_pointed_out(three_villages):
    more = (*three_villages.schools, School("K", "幼", "500101", SchoolKind.KINDERGARTEN, Point(107.06, 29.05)))
    assert only(replace(three_villages, schools=more)).code == "school-without-site"


@pytest.mark.parametrize(
    ("kind", "stage", "fits"),
    [
        (SchoolKind.TEACHING_POINT, Stage.PRIMARY, True),
        (SchoolKind.TEACHING_POINT, Stage.JUNIOR, False),
        (SchoolKind.COMPLETE_MIDDLE, Stage.SENIOR, True),
        (SchoolKind.COMPLETE_MIDDLE, Stage.PRIMARY, False),
        (SchoolKind.KINDERGARTEN, Stage.PRESCHOOL, True),
        (SchoolKind.SENIOR, Stage.JUNIOR, False),
    ],
)
def test_a_sites_stage_fits_the_kind_of_its_school(three_villages, kind, stage, fits):
    school = School("K", "新校", "500101", kind, Point(107.06, 29.05))
    more = replace(
        three_villages,
        schools=(*three_villages.schools, school),
        sites=(*three_villages.sites, Site("K", stage, 1)),
    )
    assert found(more) == ([], [] if fits else ["site-not-of-kind"])


@pytest.mark.parametrize(
    ("site", "places"),
    [
        (Site("N", Stage.PRIMARY, 2), 90),  # two rooms at the norm of 45
        (Site("N", Stage.PRIMARY, 2, class_size=40), 80),
        (Site("N", Stage.PRIMARY, 2, places=70), 70),
        (Site("N", Stage.PRIMARY, 1, ready_classrooms=1, ready_year=2025), 90),
        (Site("N", Stage.PRIMARY, 1, ready_classrooms=1, ready_year=2026), 45),
    ],
)
def test_pupils_above_places_are_pointed_out(three_villages, site, places):
    def with_pupils(count):
        return replace(three_villages, sites=change_first(site), roll=(RollCount("N", 2025, 1, count),))

    def change_first(first):
        return (first, *three_villages.sites[1:])

    assert found(with_pupils(places)) == ([], [])
    warning = only(with_pupils(places + 1))
    assert warning.code == "roll-above-places" and str(places) in warning.reason


def test_only_the_latest_roll_is_held_against_the_places(three_villages):
    roll = (RollCount("N", 2020, 1, 500), RollCount("N", 2025, 1, 10))
    assert found(replace(three_villages, roll=roll)) == ([], [])


def test_boarders_above_beds_are_pointed_out(three_villages):
    roll = (RollCount("S", 2025, 7, 50, boarders=11),)
    warning = only(replace(three_villages, roll=roll))
    assert (warning.code, warning.value) == ("boarders-above-beds", "S")


def test_classrooms_being_added_need_a_year(three_villages):
    sites = change(three_villages.sites, 0, ready_classrooms=2)
    assert only(replace(three_villages, sites=sites)).code == "ready-year-missing"


# Levels of counting


@pytest.mark.parametrize(
    "outer",
    [
        PeopleCount("东镇", "township", 2025, 6, 60),
        PeopleCount("500101", "division", 2025, 6, 90),
        PeopleCount("东镇", "township", 2025, 6, 31, "male"),
    ],
)
def test_people_of_a_place_and_of_what_contains_it_are_never_added_up(three_villages, outer):
    both = replace(three_villages, people=(*three_villages.people, outer))
    one = only(both)
    assert one.code == "counted-twice" and outer.place in one.reason and "A" in one.reason


@pytest.mark.parametrize(
    "outer",
    [
        PeopleCount("西镇", "township", 2025, 6, 60),  # no village of it is counted here
        PeopleCount("东镇", "township", 2024, 6, 60),
        PeopleCount("东镇", "township", 2025, 7, 60),
    ],
)
def test_other_places_years_and_ages_may_be_counted_at_another_level(three_villages, outer):
    inner = tuple(p for p in three_villages.people if p.place != "C")
    assert found(replace(three_villages, people=(*inner, outer))) == ([], [])


def test_a_township_and_its_division_are_two_levels_as_well(three_villages):
    births = (BirthCount("东镇", "township", 2024, 10), BirthCount("500101", "division", 2024, 30))
    assert only(replace(three_villages, births=births)).code == "counted-twice"


# Control totals


def controls(division, *townships):
    total = ControlTotal("500101", "division", Stage.PRIMARY, 2026, division)
    return (total, *(ControlTotal(name, "township", Stage.PRIMARY, 2026, pupils) for name, pupils in townships))


@pytest.mark.parametrize(
    ("rows", "clash"),
    [
        (controls(100, ("东镇", 60), ("西镇", 40)), False),
        (controls(100, ("东镇", 60), ("西镇", 41)), True),
        (controls(100, ("东镇", 60), ("西镇", 39)), True),  # every township is there, so they must add up
        (controls(100, ("东镇", 60)), False),
        (controls(100, ("东镇", 101)), True),
    ],
)
def test_townships_add_up_to_their_division(three_villages, rows, clash):
    assert found(replace(three_villages, controls=rows)) == (["controls-clash"] if clash else [], [])


def test_control_totals_of_two_sources_that_differ_clash(three_villages):
    rows = (
        ControlTotal("500101", "division", Stage.PRIMARY, 2026, 100, "统计"),
        ControlTotal("500101", "division", Stage.PRIMARY, 2026, 110, "教育"),
    )
    assert only(replace(three_villages, controls=rows)).code == "sources-differ"


# The map


def test_overlapping_outlines_are_pointed_out_with_their_area(three_villages):
    a, b, _ = three_villages.settlements
    wide = box(107.0, 29.0, 107.11, 29.1)  # a tenth of a side over the border
    warning = only(replace(three_villages, settlements=change(three_villages.settlements, 0, geometry=wide)))
    assert warning.code == "settlements-overlap" and a.name in warning.reason and b.name in warning.reason
    # 0.01 by 0.1 degrees at 29.05 degrees north: about 973 m by 11.1 km.
    area = float(warning.reason.split("about ")[1].split()[0])
    assert area == pytest.approx(973 * 11_130, rel=0.02)


def test_a_sliver_along_a_border_is_not_pointed_out(three_villages):
    sliver = box(107.0, 29.0, 107.1001, 29.1)  # ten metres: a thousandth of the smaller village
    assert found(replace(three_villages, settlements=change(three_villages.settlements, 0, geometry=sliver))) == (
        [],
        [],
    )


def test_a_village_inside_another_overlaps_unless_it_has_a_hole(three_villages):
    inner = box(107.02, 29.02, 107.04, 29.04)
    outer = three_villages.settlements[0].geometry
    village = Settlement("E", "飞地", "500101", inner, inner.centroid, "东镇")
    more = replace(three_villages, settlements=(*three_villages.settlements, village))
    assert only(more).code == "settlements-overlap"
    holed = Polygon(outer.exterior.coords, [inner.exterior.coords])
    centre = Point(107.08, 29.08)
    fitted = change(more.settlements, 0, geometry=holed, centre=centre)
    assert found(replace(more, settlements=fitted)) == ([], [])


@pytest.mark.parametrize(("metres", "told"), [(50, False), (250, True)])
def test_a_school_outside_every_village_is_pointed_out_with_its_distance(three_villages, metres, told):
    south = Point(107.05, 29.0 - metres / 111_320)
    district = replace(three_villages, schools=change(three_villages.schools, 0, point=south))
    if not told:
        assert found(district) == ([], [])
        return
    warning = only(district)
    assert (warning.code, warning.value) == ("school-outside", "N")
    assert f"{metres} m" in warning.reason and "A村" in warning.reason


@pytest.mark.parametrize(("metres", "told"), [(50, False), (250, True)])
def test_a_centre_outside_its_outline_is_pointed_out(three_villages, metres, told):
    north = Point(107.05, 29.1 + metres / 111_320)
    district = replace(three_villages, settlements=change(three_villages.settlements, 0, centre=north))
    assert found(district) == ([], ["centre-outside"] if told else [])


@pytest.mark.parametrize(("metres", "told"), [(-50, False), (450, False), (560, True)])
def test_a_home_far_outside_its_settlement_is_pointed_out(three_villages, metres, told):
    """A degree of latitude is about 111 km; village A ends at 29.1 N."""
    district = replace(three_villages, homes=(HomeCount("A", Point(107.05, 29.1 + metres / 111_320), 12),))
    assert found(district) == ([], ["home-outside"] if told else [])
    assert not told or ("560 m" in only(district).reason and "A" in only(district).reason_zh)


def test_a_home_of_no_known_settlement_or_with_fewer_than_no_people_is_a_fault(three_villages):
    home = HomeCount("D", Point(107.05, 29.05), 12)
    unknown = only(replace(three_villages, homes=(home,)))
    assert (unknown.code, unknown.table) == ("unknown-settlement", "homes")
    with pytest.raises(BadRow):
        replace(home, people=-1)


def test_one_place_of_a_settlement_has_one_figure(three_villages):
    home = HomeCount("A", Point(107.05, 29.05), 12, "格网")
    assert only(replace(three_villages, homes=(home, home))).code == "duplicate"
    assert only(replace(three_villages, homes=(home, replace(home, source="公安")))).code == "two-sources"
    assert only(replace(three_villages, homes=(home, replace(home, source="公安", people=13)))).code == "sources-differ"
    assert found(replace(three_villages, homes=(home, replace(home, settlement="B")))) == ([], ["home-outside"])


def test_villages_given_as_points_have_no_outlines_to_check(three_villages):
    points = tuple(replace(s, geometry=s.centre) for s in three_villages.settlements)
    far = change(three_villages.schools, 0, point=affinity.translate(three_villages.schools[0].point, 0, 1))
    assert found(replace(three_villages, settlements=points, schools=far)) == ([], [])


# Sentences


@pytest.mark.parametrize("code", SENTENCES)
def test_every_sentence_is_there_in_both_languages_with_the_same_facts(code):
    sentence = SENTENCES[code]
    assert sentence.en.endswith((".", "?", "}")) and any("\u4e00" <= letter <= "\u9fff" for letter in sentence.zh)

    class Seen(dict):
        def __missing__(self, key):
            self[key] = key
            return key

    english, chinese = Seen(), Seen()
    sentence.en.format_map(english)
    sentence.zh.format_map(chinese)
    assert {key.removesuffix("_zh") for key in chinese} <= {key.removesuffix("_zh") for key in english}


def test_findings_beyond_a_limit_are_counted():
    findings = Findings()
    for row in range(MOST_OF_A_KIND + 5):
        findings.add("blank", Where("a.csv", "people", row, "count"))
    findings.add("blank", Where("a.csv", "people", 1, "age"))
    faults, warnings = findings.closed()
    assert len(faults) == MOST_OF_A_KIND + 2 and warnings == ()
    assert faults[-1].reason.startswith("5 more") and faults[-1].column == "count"


def test_a_long_value_is_cut():
    assert len(fault("blank", Where(value="x" * 10_000)).value) == 200
