"""
Grade histories among tables: pupils by year and grade, with schools or places where they are told.

Long tables have a column of grades, wide ones a column for each grade (``K``, ``1``, ``g1``, ``grade_1``, ``一年级``)
or for each year. Rows of sections, sexes and other groups are added up; rows that are totals of others are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.backtest.reading import Table, numbers, plain, refuse
from data.cells import fold
from data.faults import Findings, Where
from data.forecast.history import Floats, History

Places = NDArray[np.intp]

LEAST_YEARS = 3
"""A table of fewer counted years is no history."""

LEAST_GRADES = 2
MOST_DISTRICTS = 30
"""Beyond these the districts of a table are the places of one history, not each a history of its own."""

_YEAR = (
    "year",
    "school_year",
    "academic_year",
    "schoolyear",
    "sy",
    "fall",
    "年份",
    "学年",
    "学年度",
    "年度",
    "统计年度",
    "年",
)
_DATE = ("count_date", "date", "as_of", "census_date", "统计日期", "日期")
_SCHOOL = (
    *("school", "school_name", "school_id", "school_code", "schoolid", "campus", "building", "site"),
    *("学校", "学校名称", "校名", "学校代码"),
)
_DISTRICT = (
    *("district", "district_name", "district_id", "district_code", "leaid", "division", "county", "city", "adcode"),
    *("区县", "县区", "区", "县", "市县", "区划"),
)
_PLACE = (
    *("place", "town", "township", "village", "region", "area", "name"),
    *("乡镇", "乡镇街道", "街道", "镇", "村", "地区", "片区", "地点", "名称"),
)
_GRADE = ("grade", "grade_level", "gradelevel", "gr", "年级")
_PUPILS = (
    *("pupils", "students", "enrolment", "enrollment", "enrolled", "roll", "count", "headcount", "membership"),
    *("number", "n", "total", "人数", "学生数", "在校生", "在校生数", "在校学生数", "学生人数", "在校人数"),
)
_BIRTHS = ("births", "births_total", "birth_count", "live_births", "出生", "出生人数", "出生数", "出生人口")
_TOTALS = frozenset(
    {
        "total",
        "all",
        "totals",
        "sum",
        "both",
        "all students",
        "all schools",
        "district",
        "district total",
        "grand total",
    }
    | {"合计", "总计", "全部", "小计", "共计", "总数", "计", "全区", "全县", "全市"}
)

_FIRST_YEAR = re.compile(r"(?<!\d)((?:18|19|20|21)\d\d)(?!\d{3})")
_DAY = re.compile(r"((?:19|20)\d\d)\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*\d{1,2}|\s*月)")
_COMPACT_DAY = re.compile(r"((?:19|20)\d\d)(\d\d)\d\d")
_FIRST_MONTH = 8
"""A count before August belongs to the school year that began the year before."""

_REPUBLIC = 1911
"""Year 0 of the calendar used in Taiwan; its years have two or three digits."""

_WORDS = {
    **dict.fromkeys(("k", "kg", "kdg", "kn", "kindergarten", "kinder", "大班"), 0),
    **dict.fromkeys(("pk", "prek", "prekindergarten", "pre_kindergarten", "pre_k", "pk4", "中班"), -1),
    **dict.fromkeys(("pk3", "小班"), -2),
}
_DIGITS = {digit: number for number, digit in enumerate("一二三四五六七八九", 1)} | {"十": 10, "十一": 11, "十二": 12}
_NUMBERED = re.compile(r"(?:gr|g|年级)?_?0*(\d{1,2})(?:st|nd|rd|th)?_?(?:grade|年级)?")
_CHINESE = re.compile(r"(小|小学|初|初中|高|高中)?(十[一二]?|[一二三四五六七八九])(?:年级|年)?")
_BEFORE = {"小": 0, "小学": 0, "初": 6, "初中": 6, "高": 9, "高中": 9}


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """
    A grade history read from a table.

    Attributes
    ----------
    places
        What its series are: ``school`` or ``place``.
    notes
        What was not read or was assumed, in words.
    """

    name: str
    history: History
    places: str
    notes: tuple[str, ...]


def histories(tables: Sequence[Table]) -> tuple[Found, ...]:
    """
    Read every table of pupils by grade of at least `LEAST_YEARS` years; births of another table go with a single one.

    Raises
    ------
    UnreadableHistory
        When a year or figure of such a table is none; with all faults.
    """
    findings = Findings()
    read = [(table, counts) for table in tables if (counts := _counts(table, findings)) is not None]
    births = [told for table in tables if (told := _births(table, findings)) is not None]
    read = [(table, counts) for table, counts in read if counts.rows["year"].nunique() >= LEAST_YEARS]
    if not read:
        return ()
    refuse(findings)
    parts = [part for table, counts in read for part in _parts(table.stem, counts)]
    told = births[0] if len(births) == 1 and len(parts) == 1 else None
    extra = ("births were not used: they are of no one history here",) if births and told is None else ()
    found = [_found(name, counts, told, extra) for name, counts in parts]
    return tuple(history for history in found if history is not None)


def read_grade(text: object) -> int | None:
    """Read a grade in English or Chinese: 0 is the kindergarten year before grade 1; ``None`` where it is none."""
    word = plain(str(text)).removesuffix("_0").removeprefix("grade_")
    if word in _WORDS:
        return _WORDS[word]
    numbered = _NUMBERED.fullmatch(word)
    if numbered:
        grade = int(numbered.group(1))
        return grade if grade <= 12 else None
    chinese = _CHINESE.fullmatch(word)
    return _BEFORE.get(chinese.group(1) or "", 0) + _DIGITS[chinese.group(2)] if chinese else None


def read_year(text: object) -> int | None:
    """Read the calendar year in which a school year begins: 2019, 2019-20, 2019-09-18, 108学年; ``None``: none."""
    word = fold(str(text)).removesuffix(".0")
    day = _DAY.search(word) or _COMPACT_DAY.fullmatch(word)
    if day:
        return int(day.group(1)) - (int(day.group(2)) < _FIRST_MONTH)
    first = _FIRST_YEAR.search(word)
    if first:
        return int(first.group(1))
    republic = re.fullmatch(r"(?:民国)?(\d{2,3})(?:学年度?|年度?)?", word)
    return int(republic.group(1)) + _REPUBLIC if republic and int(republic.group(1)) < 200 else None


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Rows with columns year, outer, place, grade, pupils; what the places are; and notes."""

    rows: pd.DataFrame
    places: str
    notes: tuple[str, ...]


def _counts(table: Table, findings: Findings) -> _Counts | None:
    """Read a table as long rows; ``None`` where it holds no pupils by year and grade."""
    year, grade = table.column(_YEAR) or table.column(_DATE), table.column(_GRADE)
    wide = {heading: found for heading in table.frame.columns if (found := _grade_heading(heading)) is not None}
    dated = {heading: found for heading in table.frame.columns if (found := _year_heading(heading)) is not None}
    pupils = table.column(_PUPILS)
    if year and grade and pupils:
        long = _long(table, findings, year=year, grade=grade, pupils=pupils)
    elif year and not grade and len(set(wide.values())) >= LEAST_GRADES:
        long = pd.concat([_column(table, findings, heading).assign(grade=wide[heading]) for heading in wide])
        long["year"] = _years(table, year, findings).reindex(long.index)
    elif grade and not year and len(dated) >= LEAST_YEARS:
        long = pd.concat([_column(table, findings, heading).assign(year=dated[heading]) for heading in dated])
        long["grade"] = table.frame[grade].map(read_grade).reindex(long.index)
    else:
        return None
    return _placed(table, long, {year, grade, pupils, *wide, *dated})


def _grade_heading(heading: str) -> int | None:
    return None if _year_heading(heading) is not None else read_grade(heading)


def _year_heading(heading: str) -> int | None:
    return read_year(heading) if _FIRST_YEAR.search(heading) else None


def _long(table: Table, findings: Findings, *, year: str, grade: str, pupils: str) -> pd.DataFrame:
    frame = pd.DataFrame({"pupils": numbers(table, pupils, findings)}, index=table.frame.index)
    frame["year"] = _years(table, year, findings)
    frame["grade"] = table.frame[grade].map(read_grade)
    return frame


def _column(table: Table, findings: Findings, heading: str) -> pd.DataFrame:
    return pd.DataFrame({"pupils": numbers(table, heading, findings)}, index=table.frame.index)


def _years(table: Table, heading: str, findings: Findings) -> pd.Series:
    years = table.frame[heading].map(read_year)
    for row in years.index[years.isna()]:
        findings.add("not-a-date", Where(table.name, "", int(str(row)), heading, str(table.frame.at[row, heading])))
    return years


def _placed(table: Table, long: pd.DataFrame, taken: set[str | None]) -> _Counts:
    """Lay places beside rows, leave out totals and what is no grade, keep one count date a year."""
    notes: list[str] = []
    inner, outer = table.column(_SCHOOL) or table.column(_PLACE), table.column(_DISTRICT)
    place = inner or outer
    frame = table.frame.reindex(long.index)
    long["place"] = "" if place is None else frame[place].astype(str)
    long["outer"] = frame[outer].astype(str) if inner and outer else ""
    keep = ~_is_total(long["place"]) & ~_is_total(long["outer"])
    if not keep.all():
        notes.append("rows of all schools or places together were not read")
    for heading in table.frame.columns:
        if heading not in taken and heading not in {inner, outer}:
            keep &= _not_twice(frame[heading], heading, notes)
    date = table.column(_DATE)
    if date and date not in taken:
        keep &= _one_date(long["year"], frame[date], notes)
    strange = keep & long["grade"].isna()
    if strange.any() and table.column(_GRADE):
        said = sorted({str(word) for word in frame.loc[strange, table.column(_GRADE)]})[:5]
        notes.append(f"rows of no single grade were not read: {', '.join(said)}")
    rows = long[keep & long["grade"].notna() & long["year"].notna()].astype({"grade": int, "year": int})
    if inner and rows["outer"].nunique() > MOST_DISTRICTS:
        notes.append("more districts than can each be a history: they were read as the places of one")
        return _Counts(rows.assign(place=rows["outer"], outer=""), "place", tuple(notes))
    return _Counts(rows, "school" if table.column(_SCHOOL) else "place", tuple(notes))


def _is_total(texts: pd.Series) -> pd.Series:
    return texts.map(lambda text: fold(str(text)) in _TOTALS)


def _not_twice(column: pd.Series, heading: str, notes: list[str]) -> pd.Series:
    """Keep the rows that are no totals of others by a further column, such as sex."""
    total = _is_total(column)
    if total.any() and not total.all():
        notes.append(f"rows in which {heading} is a total were not read, their parts were added up")
        return ~total
    return pd.Series(True, index=column.index)


def _one_date(years: pd.Series, dates: pd.Series, notes: list[str]) -> pd.Series:
    """Keep one count a school year: the one nearest to 1 October."""
    days = pd.to_datetime(dates, errors="coerce")
    autumn = pd.to_datetime(years.astype("Int64").astype(str) + "-10-01", errors="coerce")
    away = (days - autumn).abs()
    several = days.groupby(years).nunique() > 1
    if not several.any():
        return pd.Series(True, index=years.index)
    notes.append("several count dates a year: the one nearest to 1 October was read")
    return away.isna() | (away == away.groupby(years).transform("min"))


def _births(table: Table, findings: Findings) -> Mapping[int, float] | None:
    """Read a table of births by year; places are added up."""
    year, births = table.column(_YEAR), table.column(_BIRTHS)
    if not year or not births or table.column(_GRADE):
        return None
    frame = pd.DataFrame({"year": _years(table, year, findings), "births": numbers(table, births, findings)})
    told = frame.dropna().groupby("year")["births"].sum()
    return {int(str(born)): float(count) for born, count in told.items()}


def _parts(name: str, counts: _Counts) -> Iterable[tuple[str, _Counts]]:
    """Give each district of a table its own history, where schools are told by district."""
    if counts.rows["outer"].nunique() <= 1:
        yield name, counts
        return
    for outer, rows in counts.rows.groupby("outer"):
        if rows["year"].nunique() >= LEAST_YEARS:
            yield f"{name}, {outer}", _Counts(rows, counts.places, counts.notes)


def _found(name: str, counts: _Counts, births: Mapping[int, float] | None, extra: tuple[str, ...]) -> Found | None:
    rows = counts.rows
    grades = _in_a_row(sorted(set(rows["grade"].tolist())))
    years = list(range(min(rows["year"]), max(rows["year"]) + 1))
    places, place = np.unique(rows["place"].to_numpy(dtype=str), return_inverse=True)
    inside = rows["grade"].isin(grades).to_numpy()
    at = (place[inside], rows["grade"].to_numpy()[inside] - grades[0], rows["year"].to_numpy()[inside] - years[0])
    count = rows["pupils"].to_numpy(float)[inside]
    pupils = _table((len(places), len(grades), len(years)), at, count)
    notes = [*counts.notes, *extra]
    kept = _most_pass(pupils, grades, notes)
    history = History(tuple(places.tolist()), tuple(grades[kept:]), tuple(years), pupils[:, kept:], births)
    if len(history.grades) < LEAST_GRADES:
        return None
    return Found(name, history, counts.places, (*notes, *_said(history, counts.places)))


def _in_a_row(grades: list[int]) -> list[int]:
    """Give the longest run of grades without a gap."""
    runs: list[list[int]] = []
    for grade in grades:
        if runs and grade == runs[-1][-1] + 1:
            runs[-1].append(grade)
        else:
            runs.append([grade])
    return max(runs, key=len)


def _table(shape: tuple[int, int, int], at: tuple[Places, ...], count: Floats) -> Floats:
    """
    Add rows up by school, grade and year.

    A grade that a school of a year does not list is 0 where other schools list it. A cell in which a figure is blank,
    and a school of a year that lists none, is NaN.
    """
    pupils, listed, blank = np.zeros(shape), np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    np.add.at(pupils, at, np.nan_to_num(count))
    listed[at] = True
    blank[tuple(axis[np.isnan(count)] for axis in at)] = True
    known = listed & ~blank
    absent = ~listed & known.any(axis=1, keepdims=True) & known.any(axis=0, keepdims=True)
    return np.where(known | absent, pupils, np.nan)


def _most_pass(pupils: Floats, grades: list[int], notes: list[str]) -> int:
    """Give the first grade most of whose children can be followed: lower ones that are no cohort yet are left out."""
    whole = np.nansum(pupils, axis=0)
    first = 0
    for index in range(len(grades) - 1):
        if grades[index] > 0:
            break
        before, after = whole[index, :-1], whole[index + 1, 1:]
        both = (before > 0) & (after > 0)
        if not both.any() or not 0.75 < np.median(after[both] / before[both]) < 4 / 3:
            first = index + 1
    if first:
        notes.append(f"grades below {grades[first]} were left out: too few of the later pupils are in them")
    return first


def _said(history: History, places: str) -> Iterable[str]:
    missing = [str(history.years[at]) for at in np.flatnonzero(~history.told.any(axis=0))]
    if missing:
        yield f"years without a count: {', '.join(missing)}"
    left = [str(history.years[at]) for at in np.flatnonzero(history.left_out)]
    if left:
        yield (
            f"left out as doubtful: {', '.join(left)}; the total is more than 8 % under those before and after. "
            "Forecasts across are not scored, those made later are scored apart"
        )
    for index, at in np.argwhere(history.left_out_of):
        yield (
            f"the count of {places} {history.series[index]} in {history.years[at]} is doubtful, more than 20 % under "
            "those before and after: no outcome of the school; the district is scored with it as written; later "
            "forecasts put it in along its cohorts"
        )
