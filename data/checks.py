"""
Rules within and between the tables of a dataset. Every breach is reported, on its own row, and none is mended.

Two sources for one figure: where both give the same value it is counted once, with both named and a warning; where
they differ the import is refused and asks to delete one. Nothing is ever averaged, and figures of a place and of
another that contains it are never added up.
"""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, Protocol, cast

from data import map_checks, records
from data.cells import Cell
from data.domain.district import District
from data.domain.divisions import Division, DivisionCode
from data.domain.schools import GRADES, STAGE_OF_GRADE, SchoolKind, Stage
from data.faults import Fault, Findings, Where, did_you_mean
from data.loaded import Dataset, Loaded, from_rows
from data.norms import Norms
from data.register import Register
from data.tables import TABLES

STAGES_OF_KIND: Mapping[SchoolKind, frozenset[Stage]] = {
    SchoolKind.TEACHING_POINT: frozenset({Stage.PRESCHOOL, Stage.PRIMARY}),
    SchoolKind.VILLAGE_PRIMARY: frozenset({Stage.PRESCHOOL, Stage.PRIMARY}),
    SchoolKind.FULL_PRIMARY: frozenset({Stage.PRESCHOOL, Stage.PRIMARY}),
    SchoolKind.JUNIOR: frozenset({Stage.JUNIOR}),
    SchoolKind.NINE_YEAR: frozenset({Stage.PRESCHOOL, Stage.PRIMARY, Stage.JUNIOR}),
    SchoolKind.TWELVE_YEAR: frozenset(Stage),
    SchoolKind.COMPLETE_MIDDLE: frozenset({Stage.JUNIOR, Stage.SENIOR}),
    SchoolKind.SENIOR: frozenset({Stage.SENIOR}),
    SchoolKind.KINDERGARTEN: frozenset({Stage.PRESCHOOL}),
    SchoolKind.SPECIAL: frozenset(Stage),
}
"""Stages a school of each kind may offer; a kindergarten class at a primary school is common."""

HINTS = 20
"""Unknown ids for which similar known ones are looked up; beyond that a whole column is wrong."""

UNNAMED = "an unnamed source 未注明来源"


class Declared(Protocol):
    """What the checks need of a declaration; a ``District`` has it as well."""

    @property
    def title(self) -> str:
        """Name of the dataset."""

    @property
    def division(self) -> str:
        """Code of the authority it belongs to."""


def check(dataset: Dataset, declared: Declared, findings: Findings) -> dict[str, Loaded]:
    """
    Report every breach, and give the dataset as it counts.

    Figures that two sources agree on are counted once, and homes that name no settlement have the one they lie in.
    """
    every_row_holds_in_itself(dataset, findings)
    counted = every_figure_is_given_once(map_checks.homes_find_their_settlement(dataset, findings), findings)
    totals_come_without_their_parts(counted, findings)
    every_reference_is_known(counted, findings)
    every_township_is_known(counted, findings)
    divisions_fit_the_declaration(counted, declared, findings)
    zones_lead_to_a_site(counted, findings)
    pupils_have_a_site(counted, findings)
    sites_fit_the_kind_of_school(counted, findings)
    pupils_have_places(counted, findings)
    boarders_have_beds(counted, findings)
    places_are_counted_at_one_level(counted, findings)
    controls_add_up(counted, findings)
    map_checks.everything_has_a_location(counted, findings)
    map_checks.outlines_and_points_fit(counted, findings)
    return counted


def check_district(district: District) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """Check a district that comes from no file, as a generated one; give faults and warnings."""
    findings = Findings()
    dataset = {name: from_rows(TABLES[name], rows) for name, rows in records.rows_of(district).items()}
    check(with_divisions(dataset, district), district, findings)
    return findings.closed()


def with_divisions(dataset: Dataset, declared: Declared) -> dict[str, Loaded]:
    """Add the divisions a dataset speaks of, where it has no such table, from the register or the declaration."""
    if "divisions" in dataset:
        return dict(dataset)
    used = {str(code) for loaded in dataset.values() for code in loaded.columns.get("division", ()) if code}
    found = [unit for code in sorted(used | {declared.division}) if (unit := Register.default().find(code))]
    if declared.division and not any(unit.code == declared.division for unit in found):
        found.append(Division(DivisionCode(declared.division), declared.title, "district"))
    rows = [records.division_row(unit) for unit in found]
    return {"divisions": from_rows(TABLES["divisions"], rows), **dataset}


# Rules of one table


def every_row_holds_in_itself(dataset: Dataset, findings: Findings) -> None:
    """One place a row, boarders among the pupils, dates in order, grades of their stage."""
    for loaded in dataset.values():
        if loaded.table.place:
            _one_place_a_row(loaded, findings)
    rules = {
        "roll": _boarders_are_pupils,
        "sites": _added_classrooms_have_a_year,
        "divisions": _dates_are_in_order,
        "links": _two_ends_differ,
        "neighbours": _two_ends_differ,
        "demand": _grades_are_of_their_stage,
    }
    for name, rule in rules.items():
        if name in dataset:
            rule(dataset[name], findings)


def _one_place_a_row(loaded: Loaded, findings: Findings) -> None:
    names = loaded.table.place
    facts = {"columns": ", ".join(names), "columns_zh": "、".join(loaded.table.column(name).zh for name in names)}
    for row, values in enumerate(zip(*(loaded.columns[name] for name in names), strict=True)):
        filled = [name for name, value in zip(names, values, strict=True) if value is not None]
        if len(filled) != 1 and row not in loaded.spoiled:
            column = filled[1] if filled else names[0]
            findings.add("place-count", loaded.where(row, column), count=len(filled), **facts)


def _boarders_are_pupils(roll: Loaded, findings: Findings) -> None:
    for row, (boarders, pupils) in enumerate(_pairs(roll, "boarders", "pupils")):
        if boarders is not None and pupils is not None and boarders > pupils:
            findings.add("boarders-above-pupils", roll.where(row, "boarders"), pupils=pupils)


def _added_classrooms_have_a_year(sites: Loaded, findings: Findings) -> None:
    for row, (added, year) in enumerate(_pairs(sites, "ready_classrooms", "ready_year")):
        if added and year is None:
            findings.add("ready-year-missing", sites.where(row, "ready_classrooms"))


def _dates_are_in_order(divisions: Loaded, findings: Findings) -> None:
    for row, (start, end) in enumerate(_pairs(divisions, "valid_from", "valid_to")):
        if start and end and end <= start:
            findings.add("dates-turned", divisions.where(row, "valid_to"), end=end)


def _two_ends_differ(pairs: Loaded, findings: Findings) -> None:
    for row, (one, other) in enumerate(_pairs(pairs, "settlement", "other")):
        if one is not None and one == other:
            findings.add("with-itself", pairs.where(row, "other"))


def _grades_are_of_their_stage(demand: Loaded, findings: Findings) -> None:
    for row, (stage, grade) in enumerate(_pairs(demand, "stage", "grade")):
        if stage is not None and grade is not None and grade not in GRADES[Stage(stage)]:
            findings.add("grade-not-of-stage", demand.where(row, "grade"), grade=grade, stage=stage)


def every_figure_is_given_once(dataset: Dataset, findings: Findings) -> dict[str, Loaded]:
    """No two rows share the key of their table, but for two sources that agree."""
    return {name: _without_repeats(loaded, findings) for name, loaded in dataset.items()}


def _without_repeats(loaded: Loaded, findings: Findings) -> Loaded:
    table = loaded.table
    first_of: dict[tuple[Cell, ...], int] = {}
    repeats: list[tuple[int, int]] = []
    required = [i for i, name in enumerate(table.key) if table.column(name).required]
    for row, key in enumerate(zip(*(loaded.columns[name] for name in table.key), strict=True)):
        if any(key[i] is None for i in required):  # that is reported already
            continue
        first = first_of.setdefault(key, row)
        if first != row:
            repeats.append((first, row))
    agreed = {row for first, row in repeats if _report_repeat(loaded, first, row, findings)}
    return loaded.without(agreed) if agreed else loaded


def _report_repeat(loaded: Loaded, first: int, row: int, findings: Findings) -> bool:
    """Report a repeated key; tell whether the row only repeats what another source says."""
    table = loaded.table
    where = loaded.where(row, table.figure or table.key[0])
    at = {"first": loaded.lines[first] or first + 1, "first_file": loaded.files[first] or table.name}
    if table.figure is None or _source(loaded, first) == _source(loaded, row):
        columns_zh = "、".join(table.column(name).zh for name in table.key)
        findings.add("duplicate", where, columns=", ".join(table.key), columns_zh=columns_zh, **at)
        return False
    values = loaded.columns[table.figure]
    sources = {"first_source": _source(loaded, first), "source": _source(loaded, row), **at}
    if values[first] != values[row]:
        if table.linked and _named(loaded, first) and _named(loaded, row):
            findings.add("sources-linked", where, first_value=values[first], value=values[row], **sources)
            return False
        findings.add("sources-differ", where, first_value=values[first], value=values[row], **sources)
        return False
    findings.add("two-sources", where, **sources)
    loaded.columns["source"][first] = f"{_source(loaded, first)}; {_source(loaded, row)}"
    return True


def _named(loaded: Loaded, row: int) -> bool:
    return loaded.columns["source"][row] is not None


def _source(loaded: Loaded, row: int) -> str:
    return str(loaded.columns["source"][row] or UNNAMED)


PARTS: Mapping[str, tuple[str, str, str]] = {
    "people": ("sex", "by sex", "分性别"),
    "roll": ("sex", "by sex", "分性别"),
    "births": ("month", "by month", "分月"),
    "demand": ("grade", "by grade", "分年级"),
}


def totals_come_without_their_parts(dataset: Dataset, findings: Findings) -> None:
    """A count of both sexes, a whole year or a whole stage is not given beside its parts."""
    for name, (part, parts, parts_zh) in PARTS.items():
        if name in dataset:
            _report_totals_with_parts(dataset[name], part, findings, parts=parts, parts_zh=parts_zh)


def _report_totals_with_parts(loaded: Loaded, part: str, findings: Findings, **facts: str) -> None:
    others = [name for name in loaded.table.key if name != part]
    values = loaded.columns[part]
    if None not in values or all(value is None for value in values):
        return
    keys = list(zip(*(loaded.columns[name] for name in others), strict=True))
    in_parts = {key for key, value in zip(keys, values, strict=True) if value is not None}
    for row, (key, value) in enumerate(zip(keys, values, strict=True)):
        if value is None and key in in_parts:
            findings.add("total-and-parts", loaded.where(row, loaded.table.figure or "pupils"), **facts)


# References


def every_reference_is_known(dataset: Dataset, findings: Findings) -> None:
    """Every settlement, school and division that a row names is in its table."""
    for loaded in dataset.values():
        for column in loaded.table.columns:
            if column.refers_to:
                _report_unknown(dataset, loaded, column.name, column.refers_to, findings)


UNKNOWN = {"settlements": "unknown-settlement", "schools": "unknown-school", "divisions": "unknown-division"}


def _report_unknown(dataset: Dataset, loaded: Loaded, column: str, target: str, findings: Findings) -> None:
    known = dict.fromkeys(_column(dataset, target, "code" if target == "divisions" else "id"))
    values = loaded.columns[column]
    unknown = {value for value in values if value is not None and value not in known}
    if not unknown or (not known and target != "divisions"):  # a missing table is reported as such
        return
    hints = _hints(unknown, [str(value) for value in known if value is not None])
    for row, value in enumerate(values):
        if value in unknown:
            findings.add(UNKNOWN[target], loaded.where(row, column), **hints.get(str(value), {}))


def _hints(unknown: Collection[Cell], known: list[str]) -> dict[str, dict[str, str]]:
    some = sorted(str(value) for value in unknown)[:HINTS]
    return {word: did_you_mean(difflib.get_close_matches(word, known, n=1, cutoff=0.75)) for word in some}


def every_township_is_known(dataset: Dataset, findings: Findings) -> None:
    """Every township that is counted has a settlement or school in it."""
    named = _column(dataset, "settlements", "township") + _column(dataset, "schools", "township")
    known = {township for township in named if township is not None}
    for loaded in dataset.values():
        if "township" not in loaded.table.place:
            continue
        values = loaded.columns["township"]
        hints = _hints({v for v in values if v is not None and v not in known}, [str(v) for v in known])
        for row, value in enumerate(values):
            if value is not None and value not in known:
                findings.add("unknown-township", loaded.where(row, "township"), **hints.get(str(value), {}))


def divisions_fit_the_declaration(dataset: Dataset, declared: Declared, findings: Findings) -> None:
    """The declared division is known; rows of another are pointed out, and so is one that ended before the figures."""
    divisions = dataset["divisions"]
    parent_of = {unit.code: unit.parent for unit in Register.default().divisions}
    parent_of |= {code: parent for code, parent in _pairs(divisions, "code", "parent") if code}
    if declared.division not in set(divisions.columns["code"]):
        findings.add("unknown-division", Where(value=declared.division))
    for name in ("settlements", "schools"):
        if name in dataset:
            _report_other_divisions(dataset[name], declared.division, parent_of, findings)
    _report_ended_divisions(dataset, findings)


def _report_other_divisions(loaded: Loaded, declared: str, parent_of: Mapping[Any, Any], findings: Findings) -> None:
    seen: set[Cell] = set()
    for row, code in enumerate(loaded.columns["division"]):
        if code is not None and code not in seen and code in parent_of and not _is_within(code, declared, parent_of):
            findings.add("other-division", loaded.where(row, "division"), other=code, declared=declared)
        seen.add(code)


def _is_within(code: Cell, declared: str, parent_of: Mapping[Any, Any]) -> bool:
    chain: list[Cell] = []
    while code is not None and code not in chain:
        chain.append(code)
        code = parent_of.get(code)
    return declared in chain


def _report_ended_divisions(dataset: Dataset, findings: Findings) -> None:
    years = [cast(int, year) for loaded in dataset.values() for year in loaded.columns.get("year", ()) if year]
    if not years:
        return
    latest = date(max(years), 9, 1)
    divisions = dataset["divisions"]
    for row, (name, end) in enumerate(_pairs(divisions, "name", "valid_to")):
        if end and end <= latest:
            successors = ", ".join(cast("tuple[str, ...]", divisions.columns["succeeded_by"][row] or ("?",)))
            where = divisions.where(row, "code")
            findings.add("division-ended", where, name=name, valid_to=end, successors=successors)


# Schools, sites, pupils


def zones_lead_to_a_site(dataset: Dataset, findings: Findings) -> None:
    """The school of a zone teaches the zone's stage."""
    if "zones" not in dataset or "sites" not in dataset:
        return
    sites = set(_pairs(dataset["sites"], "school", "stage"))
    schools = set(_column(dataset, "schools", "id"))
    zones = dataset["zones"]
    for row, (school, stage) in enumerate(_pairs(zones, "school", "stage")):
        if school in schools and stage is not None and (school, stage) not in sites:
            findings.add("zone-without-site", zones.where(row, "school"), school=school, stage=stage)


def pupils_have_a_site(dataset: Dataset, findings: Findings) -> None:
    """A school with pupils of a stage has a site for it; a school has at least one site."""
    if "sites" not in dataset or "schools" not in dataset:
        return
    sites = set(_pairs(dataset["sites"], "school", "stage"))
    schools = dataset["schools"]
    for row, school in enumerate(schools.columns["id"]):
        if school is not None and not any((school, stage.value) in sites for stage in Stage):
            findings.add("school-without-site", schools.where(row, "id"))
    if "roll" not in dataset:
        return
    known, roll = set(schools.columns["id"]), dataset["roll"]
    told = set(sites)
    for row, (school, grade) in enumerate(_pairs(roll, "school", "grade")):
        stage = STAGE_OF_GRADE[grade].value if grade is not None else None
        if school in known and stage is not None and (school, stage) not in told:
            told.add((school, stage))
            findings.add("roll-without-site", roll.where(row, "grade"), school=school, grade=grade, stage=stage)


def sites_fit_the_kind_of_school(dataset: Dataset, findings: Findings) -> None:
    """A site's stage is one that a school of that kind offers."""
    if "sites" not in dataset or "schools" not in dataset:
        return
    kind_of = dict(_pairs(dataset["schools"], "id", "kind"))
    sites = dataset["sites"]
    for row, (school, stage) in enumerate(_pairs(sites, "school", "stage")):
        kind = kind_of.get(school)
        if kind and stage and Stage(stage) not in STAGES_OF_KIND[SchoolKind(kind)]:
            findings.add("site-not-of-kind", sites.where(row, "stage"), kind=kind, stage=stage)


def pupils_have_places(dataset: Dataset, findings: Findings) -> None:
    """In the latest year of the roll, no school has more pupils at a stage than places."""
    latest = _latest_roll(dataset)
    if latest is None:
        return
    year, rows = latest
    roll, sites = dataset["roll"], dataset["sites"]
    pupils: Counter[tuple[Cell, str]] = Counter()
    for row in rows:
        grade, count = roll.columns["grade"][row], roll.columns["pupils"][row]
        if grade is not None and count is not None:
            pupils[roll.columns["school"][row], STAGE_OF_GRADE[cast(int, grade)].value] += cast(int, count)
    for row, (school, stage) in enumerate(_pairs(sites, "school", "stage")):
        places = _places(sites, row, year)
        here = pupils[school, stage] if stage else 0
        if places is not None and here > places:
            facts = {"pupils": here, "year": year, "places": places, "stage": stage}
            findings.add("roll-above-places", sites.where(row, "school"), **facts)


def boarders_have_beds(dataset: Dataset, findings: Findings) -> None:
    """In the latest year of the roll, no school has more boarders than beds."""
    latest = _latest_roll(dataset)
    if latest is None:
        return
    year, rows = latest
    roll = dataset["roll"]
    beds: Counter[Cell] = Counter()
    for school, count in _pairs(dataset["sites"], "school", "beds"):
        beds[school] += count or 0
    boarders: Counter[Cell] = Counter()
    for row in rows:
        boarders[roll.columns["school"][row]] += cast(int, roll.columns["boarders"][row] or 0)
    for row, school in enumerate(_column(dataset, "schools", "id")):
        if boarders[school] > beds[school]:
            facts = {"boarders": boarders[school], "beds": beds[school], "year": year}
            findings.add("boarders-above-beds", dataset["schools"].where(row, "id"), **facts)


def _latest_roll(dataset: Dataset) -> tuple[int, list[int]] | None:
    """Give the latest year of the roll and its rows."""
    if "roll" not in dataset or "sites" not in dataset:
        return None
    years = dataset["roll"].columns["year"]
    latest = max((cast(int, year) for year in years if year is not None), default=None)
    if latest is None:
        return None
    return latest, [row for row, year in enumerate(years) if year == latest]


def _places(sites: Loaded, row: int, year: int) -> int | None:
    """Places of a site in a year: as declared, else classrooms x class size; ``None`` where neither is known."""
    site: dict[str, Any] = {name: values[row] for name, values in sites.columns.items()}
    if site["places"] is not None:
        return cast(int, site["places"])
    if site["classrooms"] is None or site["stage"] is None:
        return None
    norm = Norms.default().find("class.norm", Stage(site["stage"]), date(year, 9, 1))
    size = site["class_size"] or (int(norm.value) if norm else None)
    added = site["ready_classrooms"] or 0 if site["ready_year"] and site["ready_year"] <= year else 0
    return None if size is None else (site["classrooms"] + added) * size


# Counts of people at several levels


def places_are_counted_at_one_level(dataset: Dataset, findings: Findings) -> None:
    """People, births and moves of a year (and age) are not given for a place and for another that contains it."""
    for name, names, words in (
        ("people", ("year", "age"), ("People", "人口")),
        ("births", ("year",), ("Births", "出生数")),
        ("migration", ("year", "age"), ("Movers", "迁移数")),
    ):
        if name in dataset:
            _report_counted_twice(dataset, dataset[name], names, words, findings)


def _report_counted_twice(
    dataset: Dataset, loaded: Loaded, names: tuple[str, ...], words: tuple[str, str], findings: Findings
) -> None:
    levels = [level for level in records.PLACE_LEVELS if any(loaded.columns[level])]
    if len(levels) < 2:
        return
    above = _containers(dataset)
    inner_of: dict[tuple[Cell, ...], tuple[Cell, int]] = {}
    periods = list(zip(*(loaded.columns[name] for name in names), strict=True))
    for row, period in enumerate(periods):
        place = _place(loaded, row)
        for outer in above.get(place, ()):
            inner_of.setdefault((*outer, *period), (place[1], row))
    for row, period in enumerate(periods):
        level, place_name = _place(loaded, row)
        inner = inner_of.get((level, place_name, *period))
        if inner is None:
            continue
        inner_place, inner_row = inner
        facts = {"what": words[0], "what_zh": words[1], "year": period[0], "inner": inner_place, "outer": place_name}
        linked = loaded.table.linked and _named(loaded, inner_row) and _named(loaded, row)
        code = "levels-linked" if linked and _source(loaded, inner_row) != _source(loaded, row) else "counted-twice"
        findings.add(code, loaded.where(row, level), **facts)


def _containers(dataset: Dataset) -> dict[tuple[str, Cell], list[tuple[str, Cell]]]:
    """Give, for each settlement and township, the townships and divisions that contain it."""
    found: dict[tuple[str, Cell], dict[tuple[str, Cell], None]] = defaultdict(dict)
    for name in ("settlements", "schools"):
        if name not in dataset:
            continue
        for identity, township, division in _triples(dataset[name], "id", "township", "division"):
            if township is not None:
                found["township", township]["division", division] = None
            if name == "settlements":
                found["settlement", identity]["division", division] = None
                if township is not None:
                    found["settlement", identity]["township", township] = None
    return {place: list(outer) for place, outer in found.items()}


def _place(loaded: Loaded, row: int) -> tuple[str, Cell]:
    for level in records.PLACE_LEVELS:
        value = loaded.columns[level][row]
        if value is not None:
            return level, value
    return "", None


def controls_add_up(dataset: Dataset, findings: Findings) -> None:
    """Townships' control totals never exceed their division's, and equal it where every township has one."""
    if "controls" not in dataset or "settlements" not in dataset:
        return
    controls = dataset["controls"]
    townships_of: dict[Cell, set[Cell]] = defaultdict(set)
    for township, division in _pairs(dataset["settlements"], "township", "division"):
        townships_of[division].add(township)
    given = {
        (township, stage, year): pupils
        for township, stage, year, pupils in zip(
            *(controls.columns[name] for name in ("township", "stage", "year", "pupils")), strict=True
        )
        if township is not None and pupils is not None
    }
    for row, division in enumerate(controls.columns["division"]):
        stage, year, total = (controls.columns[name][row] for name in ("stage", "year", "pupils"))
        if division is None or total is None:
            continue
        parts = [cast(int, given[key]) for t in townships_of[division] if (key := (t, stage, year)) in given]
        complete = len(parts) == len(townships_of[division])
        if sum(parts) > cast(int, total) or (parts and complete and sum(parts) != total):
            where = controls.where(row, "pupils")
            findings.add("controls-clash", where, division=division, sum=sum(parts), total=total)


def _column(dataset: Dataset, table: str, column: str) -> list[Cell]:
    return dataset[table].columns[column] if table in dataset else []


def _pairs(loaded: Loaded, one: str, other: str) -> Iterator[tuple[Any, Any]]:
    return zip(loaded.columns[one], loaded.columns[other], strict=True)


def _triples(loaded: Loaded, one: str, two: str, three: str) -> Iterator[tuple[Cell, Cell, Cell]]:
    return zip(loaded.columns[one], loaded.columns[two], loaded.columns[three], strict=True)
