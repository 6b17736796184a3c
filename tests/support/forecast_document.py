"""
A small forecast made by hand, for tests of what is stored, sent, shown and printed.

    河口镇 hekou    东街社区 east 50 %, 西街社区 west 30 %, 北坡村 north 20 % of its children
      中心小学 central       kindergarten class and primary, 540 primary places, 585 from 2028
      河口中学 middle        junior and senior for both townships
    沙湾乡 shawan   沙湾村 bend 90 %, 老林村 forest 10 % of its children
      沙湾小学 small         kindergarten class and primary, half empty

Ten years, 2026 to 2035. The pupils of schools are written below; a quarter of the pupils of the middle school come from
shawan. Sums hold: settlements make townships, townships make the district, schools make the district.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from app.cases.forecast_document import (
    BoardingRow,
    Conflict,
    Correction,
    ForecastDocument,
    MigrantRow,
    Note,
    PeakRow,
    PlaceOutlook,
    Pyramid,
    SchoolGrades,
    SmallClassRow,
    Sources,
    SourceUse,
    WarningRow,
)
from app.cases.plan_document import NormUse
from app.cases.recipe import Recipe

DIVISION = "990101"
YEARS = tuple(range(2026, 2036))
STAGES = ("preschool", "primary", "junior", "senior")
FIRST_GRADE = {"preschool": -2, "primary": 1, "junior": 7, "senior": 10}
GRADES = {"preschool": 3, "primary": 6, "junior": 3, "senior": 3}

Series = tuple[int, ...]
ByStage = dict[str, Series]

PUPILS: Mapping[str, ByStage] = {
    "central": {
        "preschool": (210, 196, 184, 175, 168, 162, 158, 155, 153, 152),
        "primary": (552, 566, 570, 561, 545, 520, 492, 465, 441, 420),
    },
    "small": {
        "preschool": (38, 33, 29, 26, 23, 21, 20, 19, 18, 18),
        "primary": (92, 88, 83, 77, 70, 62, 55, 48, 43, 39),
    },
    "middle": {
        "junior": (418, 436, 455, 470, 482, 488, 486, 474, 455, 431),
        "senior": (365, 372, 380, 391, 405, 421, 436, 448, 455, 457),
    },
}
PLACES: Mapping[str, ByStage] = {
    "central": {"preschool": (270,) * 10, "primary": (540, 540, *(585,) * 8)},
    "small": {"preschool": (60,) * 10, "primary": (180,) * 10},
    "middle": {"junior": (500,) * 10, "senior": (450,) * 10},
}
SCHOOLS = {"central": ("中心小学", "hekou"), "small": ("沙湾小学", "shawan"), "middle": ("河口中学", "hekou")}
TOWNSHIPS = {"hekou": "河口镇", "shawan": "沙湾乡"}
SETTLEMENTS = {
    "east": ("东街社区", "hekou", 50),
    "west": ("西街社区", "hekou", 30),
    "north": ("北坡村", "hekou", 20),
    "bend": ("沙湾村", "shawan", 90),
    "forest": ("老林村", "shawan", 10),
}
SHAWAN_OF_MIDDLE = 25
"""Share of the middle school's pupils who live in shawan, in percent."""

ACTIONS = {
    ("central", "primary"): ("convert", date(2026, 2, 28), False),
    ("middle", "senior"): ("build", date(2030, 9, 1), False),
    ("middle", "junior"): ("transfer", date(2028, 9, 1), False),
    ("small", "primary"): ("merge", date(2025, 9, 1), True),
    ("small", "preschool"): ("merge", date(2026, 9, 1), False),
    ("central", "preschool"): ("transfer", date(2031, 9, 1), False),
}
SEVERITY = ("red", "orange", "yellow", "blue", "normal")


def document(
    *, division: str = DIVISION, synthetic: bool = True, title: str = "合成县学龄人口预测"
) -> ForecastDocument:
    """Make the whole document."""
    levels = {"division": district(division), "township": townships(division), "school": schools()}
    return ForecastDocument(
        title=title,
        division=division,
        synthetic=synthetic,
        dataset_hash="5eed" * 16,
        recipe=Recipe(last_year=2035),
        base_year=2025,
        years=YEARS,
        stages=STAGES,
        method=(
            Note(text="Cohort-component by single ages; births middle.", text_zh="分年龄队列要素法，生育率取中方案。"),
            Note(text="Grade progression by school, shrunk to the district.", text_zh="分校年级升级比率，向全区收缩。"),
        ),
        notes=(Note(text="No births of 2025 were told; held.", text_zh="缺2025年出生数，按上年持平。"),),
        levels=levels | {"settlement": settlements()},
        school_grades=tuple(grades_of(id) for id in PUPILS),
        variants={name: variant(percent) for name, percent in {"low": 97, "middle": 100, "high": 103}.items()},
        pyramids=(pyramid(division),),
        corrections=(
            Correction(
                level="township", id="hekou", name="河口镇", stage="primary", year=2026,
                cohort_side=588.4, school_side=550.2, agreed=552,
            ),
            Correction(
                level="township", id="shawan", name="沙湾乡", stage="primary", year=2026,
                cohort_side=112.0, school_side=None, agreed=92,
            ),
        ),
        peaks=tuple(
            peak(level, place, stage)
            for level in ("division", "township")
            for place in levels[level]
            for stage in STAGES
        ),
        warnings=tuple(
            row
            for level in ("school", "township", "division")
            for place in levels[level]
            for stage in place.places
            for row in warnings_of(level, place, stage)
        ),
        small_classes=tuple(
            small_class(stage, norm, year, teachers)
            for stage, norms, teachers in (("primary", (45, 40, 35), 19.0), ("junior", (50, 45, 40), 13.5))
            for norm in norms
            for year in (2026, 2030, 2035)
        ),
        migrants=tuple(
            migrant(division, stage, year, change)
            for stage in ("primary", "junior")
            for year in (2026, 2030, 2035)
            for change in (-0.2, 0.0, 0.2)
        ),
        boarding=tuple(
            BoardingRow(
                id="middle", name="河口中学", stage="senior", year=year, boarders=boarders, beds=180,
                missing=max(boarders - 180, 0),
            )
            for year, boarders in ((2026, 165), (2030, 182), (2035, 206))
        ),
        sources=SOURCES,
        accuracy=ACCURACY,
        accuracy_note=Note(
            text="Rolling origins over six years of rolls; few origins at five years.",
            text_zh="以六年学籍滚动回测；五年期样本少。",
        ),
        norms=NORMS,
    )  # fmt: skip


def schools() -> tuple[PlaceOutlook, ...]:
    """Write the schools."""
    return tuple(outlook(id, *SCHOOLS[id], PUPILS[id], PLACES[id]) for id in PUPILS)


def townships(division: str) -> tuple[PlaceOutlook, ...]:
    """Write the townships: children by where they live, places by where the school stands."""
    children = township_children()
    return tuple(
        outlook(id, name, division, children[id], added(PLACES[s] for s in PLACES if SCHOOLS[s][1] == id))
        for id, name in TOWNSHIPS.items()
    )


def district(division: str) -> tuple[PlaceOutlook, ...]:
    """Write the district."""
    return (outlook(division, "合成县", "", added(PUPILS.values()), added(PLACES.values())),)


def settlements() -> tuple[PlaceOutlook, ...]:
    """Write the settlements; the last of a township has the rest of its children."""
    children, rows = township_children(), []
    for township in TOWNSHIPS:
        rest = dict(children[township])
        members = [(id, name, percent) for id, (name, parent, percent) in SETTLEMENTS.items() if parent == township]
        for id, name, percent in members[:-1]:
            own = {stage: part(series, percent) for stage, series in children[township].items()}
            rest = {stage: less(rest[stage], own[stage]) for stage in rest}
            rows.append(outlook(id, name, township, own, {}))
        rows.append(outlook(members[-1][0], members[-1][1], township, rest, {}))
    return tuple(rows)


def township_children() -> dict[str, ByStage]:
    """Share out the pupils of the middle school among the townships."""
    middle = PUPILS["middle"]
    shawan = {stage: part(series, SHAWAN_OF_MIDDLE) for stage, series in middle.items()}
    hekou = {stage: less(middle[stage], shawan[stage]) for stage in middle}
    return {"hekou": PUPILS["central"] | hekou, "shawan": PUPILS["small"] | shawan}


def part(series: Series, percent: int) -> Series:
    """Take a share of each year, rounded to whole children."""
    return tuple((pupils * percent + 50) // 100 for pupils in series)


def less(whole: Series, taken: Series) -> Series:
    """Leave the rest of each year."""
    return tuple(a - b for a, b in zip(whole, taken, strict=True))


def added(parts: Iterable[ByStage]) -> ByStage:
    """Add places or pupils up, stage by stage."""
    total: ByStage = {}
    for by_stage in parts:
        for stage, series in by_stage.items():
            total[stage] = tuple(map(sum, zip(total.get(stage, (0,) * len(YEARS)), series, strict=True)))
    return total


def ends(series: Series) -> tuple[Series, Series]:
    """Give the ends of the band: 2 % in the first year and 1 % more each year."""
    wide = [max(1, round(pupils * (2 + year) / 100)) for year, pupils in enumerate(series)]
    low = tuple(max(0, pupils - width) for pupils, width in zip(series, wide, strict=True))
    return low, tuple(pupils + width for pupils, width in zip(series, wide, strict=True))


def outlook(id: str, name: str, parent: str, pupils: ByStage, places: ByStage) -> PlaceOutlook:
    """Write one place."""
    return PlaceOutlook(
        id=id,
        name=name,
        parent=parent,
        pupils=dict(pupils),
        low={stage: ends(series)[0] for stage, series in pupils.items()},
        high={stage: ends(series)[1] for stage, series in pupils.items()},
        places=dict(places),
        shortage={stage: tuple(chances(pupils[stage], places[stage])) for stage in places},
    )


def chances(pupils: Series, places: Series) -> list[float]:
    """Give the share of the band above the places: 0, 1 or between."""
    low, high = ends(pupils)
    return [
        round(min(1.0, max(0.0, (top - room) / (top - bottom))), 2)
        for bottom, top, room in zip(low, high, places, strict=True)
    ]


def colour_of(pupils: int, places: int) -> str:
    """Apply the proposal of the norms: 1.00, 0.95, 0.90, 0.60."""
    filled = pupils / places
    if filled >= 1:
        return "red"
    if filled >= 0.95:
        return "orange"
    if filled >= 0.9:
        return "yellow"
    return "blue" if filled < 0.6 else "normal"


def warnings_of(level: str, place: PlaceOutlook, stage: str) -> Sequence[WarningRow]:
    """Write the warnings of one place and stage, one a year."""
    pupils, low, high, places = (
        [value or 0 for value in table[stage]] for table in (place.pupils, place.low, place.high, place.places)
    )
    colours = [colour_of(*pair) for pair in zip(pupils, places, strict=True)]
    action, act_by, overdue = ACTIONS.get((place.id, stage), (None, None, False))
    return [
        WarningRow(
            level=level, id=place.id, name=place.name, parent=place.parent, stage=stage, year=year,
            pupils=pupils[at], low=low[at], high=high[at], places=places[at],
            utilisation=round(pupils[at] / places[at], 4),
            colour=colours[at],
            colour_low=colour_of(low[at], places[at]), colour_high=colour_of(high[at], places[at]),
            worst_ahead=min(colours[at : at + 3], key=SEVERITY.index),
            shortage_probability=place.shortage[stage][at] or 0.0,
            surplus_probability=1.0 if colours[at] == "blue" else 0.0,
            action=action, act_by=act_by, overdue=overdue,
            reason=f"{pupils[at]} pupils for {places[at]} places in {year}.",
            reason_zh=f"{year}年学生{pupils[at]}人，学位{places[at]}个。",
        )
        for at, year in enumerate(YEARS)
    ]  # fmt: skip


def peak(level: str, place: PlaceOutlook, stage: str) -> PeakRow:
    """Find peak and trough of one place and stage."""
    pupils = [value or 0 for value in place.pupils[stage]]
    top = pupils.index(max(pupils))
    bottom = pupils.index(min(pupils))
    spare = [
        (room or 0) - count
        for room, count in zip(place.places.get(stage, ()), pupils[: len(place.places.get(stage, ()))], strict=True)
    ]
    after = [(left, YEARS[at]) for at, left in enumerate(spare) if at > top and left > 0]
    deepest = max(after, default=(None, None), key=lambda pair: pair[0] or 0)
    return PeakRow(
        level=level, id=place.id, name=place.name, stage=stage,
        peak_year=YEARS[top], peak_pupils=pupils[top], peak_is_first_year=top == 0,
        trough_year=YEARS[bottom], trough_pupils=pupils[bottom],
        last_year=YEARS[-1], last_pupils=pupils[-1],
        change_to_last=round(pupils[-1] / pupils[top] - 1, 4),
        surplus_years=len(after), deepest_surplus=deepest[0], deepest_surplus_year=deepest[1],
    )  # fmt: skip


def small_class(stage: str, norm: int, year: int, pupils_a_teacher: float) -> SmallClassRow:
    """Write what a class norm means; the district has 18 primary and 12 junior rooms."""
    pupils = added(PUPILS.values())[stage][YEARS.index(year)]
    classes, rooms = -(-pupils // norm), {"primary": 18, "junior": 10}[stage]
    return SmallClassRow(
        stage=stage, class_norm=norm, year=year, pupils=pupils, classes=classes, classrooms=rooms,
        classrooms_missing=max(0, classes - rooms), teachers=round(pupils / pupils_a_teacher, 1),
        mean_class=round(pupils / classes, 1),
    )  # fmt: skip


def migrant(division: str, stage: str, year: int, change: float) -> MigrantRow:
    """Write the demand of migrant children: a twentieth of the pupils, for whom 30 places are held."""
    pupils = added(PUPILS.values())[stage][YEARS.index(year)]
    wish = round(pupils / 20 * (1 + change))
    found = min(wish, 30)
    return MigrantRow(
        level="division", id=division, name="合成县", stage=stage, year=year, change=change,
        migrants=wish, in_public=found, coverage=round(found / wish, 4), gap=wish - found,
    )  # fmt: skip


def variant(percent: int) -> dict[str, tuple[int | None, ...]]:
    """Give the pupils of the district under another fertility; the older stages are born already."""
    return {
        stage: part(series, percent) if stage in {"preschool", "primary"} else series
        for stage, series in added(PUPILS.values()).items()
    }


def grades_of(id: str) -> SchoolGrades:
    """Share a school's pupils out evenly over its grades; the first grades have the rest."""
    return SchoolGrades(
        id=id,
        name=SCHOOLS[id][0],
        grades={
            str(FIRST_GRADE[stage] + n): tuple((pupils + GRADES[stage] - 1 - n) // GRADES[stage] for pupils in series)
            for stage, series in PUPILS[id].items()
            for n in range(GRADES[stage])
        },
    )


def pyramid(division: str) -> Pyramid:
    """Write people by age: 60 of a sex at each age up to 54, then one less a year; fewer babies each year."""
    years, ages = (2025, 2030, 2035), tuple(range(91))

    def people(year: int, extra: int) -> tuple[int, ...]:
        babies = [60 - 4 * max(0, (year - 2020) - age) for age in range(15)]
        return tuple(max(2, babies[age] if age < 15 else 114 - max(54, age)) + extra for age in ages)

    return Pyramid(
        division=division,
        years=years,
        ages=ages,
        sexes=("male", "female"),
        people={"male": tuple(people(y, 3) for y in years), "female": tuple(people(y, 0) for y in years)},
    )


SOURCES = Sources(
    used=(
        SourceUse(source="卫健委出生登记（合成）", table="births", cells=60, first_year=2014, last_year=2024),
        SourceUse(source="公安户籍（合成）", table="people", cells=210, first_year=2019, last_year=2025),
        SourceUse(source="学籍（合成）", table="roll", cells=432, first_year=2020, last_year=2025),
    ),
    conflicts=(
        Conflict(
            kind="births against register", level="township", place="shawan", name="沙湾乡", year=2024, cohort="age 1",
            first=24.0, first_source="卫健委出生登记（合成）",
            second=41.0, second_source="公安户籍（合成）", ratio=0.5854,
            reason="Registered in the village, living in town.", reason_zh="户籍在村、实际居住在镇。",
        ),
        Conflict(
            kind="register against roll", level="township", place="hekou", name="河口镇", year=2025, cohort="grade 1",
            first=84.0, first_source="公安户籍（合成）", second=96.0, second_source="学籍（合成）", ratio=0.875,
            reason="Children come in from the villages.", reason_zh="有村上儿童进镇就读。",
        ),
    ),
    conflicts_in_all=14,
    gaps=(Note(text="No migration by age was told.", text_zh="未提供分年龄迁移数据。"),),
)  # fmt: skip

ACCURACY = {
    "histories": [
        {
            "name": "合成县学籍",
            "kind": "grades",
            "notes": [],
            "trials": 140,
            "scores": [
                {
                    "unit": unit, "stage": stage, "horizon": horizon, "method": method, "cases": cases, "mape": mape,
                    "median_ape": mape, "weighted_ape": mape, "bias": 0.4, "coverage": coverage, "ranked": True,
                    "best": mape == min(error for error, _ in rows.values()),
                }
                for unit, stage, horizon, cases, rows in (
                    ("district grade", "primary", 1, 30, {"unchanged": (4.1, None), "junheng": (1.9, 80.0)}),
                    ("district grade", "primary", 3, 18, {"unchanged": (8.6, None), "junheng": (3.4, 78.0)}),
                    ("district grade", "primary", 5, 6, {"unchanged": (11.2, None), "junheng": (4.8, 83.0)}),
                    ("school total", "primary", 1, 10, {"unchanged": (5.0, None), "junheng": (4.2, 80.0)}),
                    ("school total", "primary", 3, 6, {"unchanged": (7.7, None), "junheng": (7.9, 83.0)}),
                )
                for method, (mape, coverage) in rows.items()
            ],
            "scores_by_size": [],
            "best": [],
        }
    ]
}  # fmt: skip

NORMS = (
    NormUse(
        key="warn.red", stage=None, value=1.0, unit="ratio", kind="param", level="national", trust="U",
        source="proposal after 浙教基〔2018〕100号 (0.90, 1.00)",
    ),
    NormUse(
        key="warn.yellow", stage=None, value=0.9, unit="ratio", kind="param", level="national", trust="U",
        source="proposal after 浙教基〔2018〕100号 (0.90, 1.00)",
    ),
    NormUse(
        key="class.norm", stage="primary", value=45, unit="pupils per class", kind="hard", level="national", trust="V",
        source="GB 50099-2011 3.0.1; 教督〔2017〕6号",
    ),
    NormUse(
        key="class.norm", stage="junior", value=50, unit="pupils per class", kind="hard", level="national", trust="V",
        source="GB 50099-2011 3.0.1; 教督〔2017〕6号",
    ),
)  # fmt: skip
