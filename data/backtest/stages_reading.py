"""Histories of stages among tables: places and years with births, entrants and enrolled, headings in two languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.backtest.reading import Table, numbers, refuse
from data.cells import fold
from data.faults import Findings, Where
from data.forecast.entrants import SERIES, StageHistory

LEAST_YEARS = 6
"""A table of fewer years is no history."""

_YEAR = ("year", "school_year", "年份", "年度", "学年", "统计年度", "年", "时间")
_PLACE = (
    *("place", "province", "region", "prefecture", "city", "county", "district", "division", "area", "name"),
    *("地区", "省份", "省市", "省", "地市", "市州", "城市", "市", "区县", "县区", "县", "区划", "名称", "地区名称"),
)
_CODE = ("adcode", "code", "division_code", "行政区划代码", "区划代码", "代码")
_STAGE, _GRADE = ("stage", "level", "学段"), ("grade", "年级")

_STAGES = {
    "primary": re.compile(r"primary|elementary|小学"),
    "junior": re.compile(r"junior|lower.?secondary|middle|初中"),
}
_MEASURES = {
    "entrants": re.compile(r"entrant|new.?pupil|intake|招生|新生|入学人数"),
    "enrolled": re.compile(r"enrol|pupils|students|roll\b|在校|在读"),
}
_BIRTHS, _RATE = re.compile(r"birth|出生"), re.compile(r"rate|permille|率|‰")
_POPULATION, _PART = (
    re.compile(r"population|人口"),
    re.compile(r"urban|rural|城镇|乡村|农村|death|死亡|natural|自然|流动"),
)
_OTHER = re.compile(r"teacher|教师|教职工|ratio|比|per_|率|rate|girl|female|女|share|占|growth|增")
_UNITS = ((10_000, re.compile(r"10k|10000|10,000|万")), (1_000, re.compile(r"thousand|1000|_k\b|千人")))
_FOUR_DIGITS = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A history with its name and what was assumed in reading it."""

    name: str
    history: StageHistory
    notes: tuple[str, ...]


def histories(tables: Sequence[Table]) -> tuple[Found, ...]:
    """
    Read every table that holds a stage by year; births of another table fill in where the places are the same.

    Raises
    ------
    UnreadableHistory
        When a year or figure of such a table is none, or a place has a year twice.
    """
    findings = Findings()
    read = [(table, _figures(table, findings)) for table in tables]
    refuse(findings)
    births = [figures[["births"]] for _, figures in read if figures is not None and not _has_stages(figures)]
    found = []
    for table, figures in read:
        if figures is None or not _has_stages(figures):
            continue
        filled = figures
        for other in births:
            filled = filled.combine_first(other.loc[other.index.intersection(filled.index)])
        if filled.index.get_level_values("year").nunique() >= LEAST_YEARS:
            found.append(_found(table.stem, filled))
    return tuple(found)


def series_of(heading: str) -> str | None:
    """Name what a heading means: one of `SERIES`, ``birth_rate``, ``population`` or nothing."""
    text = fold(heading)
    if _BIRTHS.search(text):
        return ("birth_rate" if _RATE.search(text) else "births") if not _PART.search(text) else None
    if _OTHER.search(text):
        return None
    stage = next((name for name, words in _STAGES.items() if words.search(text)), None)
    measure = _measure_of(text)
    if stage and measure:
        return f"{stage}_{measure}"
    return "population" if _POPULATION.search(text) and not _PART.search(text) else None


def _measure_of(text: str) -> str | None:
    return next((name for name, words in _MEASURES.items() if words.search(text)), None)


def _unit(heading: str) -> int:
    return next((size for size, words in _UNITS if words.search(fold(heading))), 1)


def _has_stages(figures: pd.DataFrame) -> bool:
    return bool(figures[[name for name in SERIES if name != "births"]].notna().any(axis=None))


def _figures(table: Table, findings: Findings) -> pd.DataFrame | None:
    """Give `SERIES` in persons by place and year; nothing where the table holds none of them."""
    year = table.column(_YEAR)
    if year is None or table.column(_GRADE) is not None:
        return None
    columns = _by_stage(table, findings) if table.column(_STAGE) else _by_heading(table, findings)
    if not columns:
        return None
    years = _years(table, year, findings)
    figures = pd.DataFrame(columns, index=table.frame.index)
    figures = figures.reindex(columns=[*SERIES, "birth_rate", "population"]).where(lambda value: value > 0)
    counted = figures["birth_rate"] * figures["population"] / 1_000
    figures["births"] = figures["births"].fillna(counted)
    figures["place"], figures["year"] = _places(table, years), years
    figures = figures[(years > 0) & figures["place"].notna().to_numpy()]
    if table.column(_STAGE):
        figures = figures.groupby(["place", "year"], as_index=False).first()
    else:
        _report_twice(figures, table, findings)
    return figures.drop_duplicates(["place", "year"]).set_index(["place", "year"])[list(SERIES)]


def _by_heading(table: Table, findings: Findings) -> dict[str, NDArray[np.float64]]:
    """The first heading of a meaning counts."""
    columns: dict[str, NDArray[np.float64]] = {}
    for heading in table.frame.columns:
        series = series_of(heading)
        if series is not None and series not in columns:
            unit = 1 if series == "birth_rate" else _unit(heading)
            columns[series] = numbers(table, heading, findings) * unit
    return columns


def _by_stage(table: Table, findings: Findings) -> dict[str, NDArray[np.float64]]:
    """A row a place, year and stage: the stage stands in a column of its own."""
    stages = table.frame[str(table.column(_STAGE))].map(lambda text: fold(str(text)))
    columns = {name: values for name, values in _by_heading(table, findings).items() if name not in SERIES[1:]}
    for heading in table.frame.columns:
        measure = None if _OTHER.search(fold(heading)) or series_of(heading) else _measure_of(fold(heading))
        for stage, words in _STAGES.items():
            mine = stages.str.contains(words).to_numpy(bool)
            if measure and mine.any() and f"{stage}_{measure}" not in columns:
                figures = numbers(table, heading, findings) * _unit(heading)
                columns[f"{stage}_{measure}"] = np.where(mine, figures, np.nan)
    return columns


def _years(table: Table, heading: str, findings: Findings) -> NDArray[np.int64]:
    """Give the first year named in each cell ("2015-2016" is 2015); 0 where there is none, which is reported."""
    years = np.zeros(len(table.frame), dtype=np.int64)
    for position, (row, cell) in enumerate(table.frame[heading].items()):
        digits = _FOUR_DIGITS.match(str(cell))
        if digits is not None:
            years[position] = int(digits.group())
        else:
            findings.add("not-a-number", Where(table.name, "", int(str(row)), heading, str(cell)))
    return years


def _places(table: Table, years: NDArray[np.int64]) -> pd.Series:
    """Name the places; with their code where two have one name; ``all`` where a table is about a single place."""
    name, code = table.column(_PLACE), table.column(_CODE)
    if name is None and code is None:
        return pd.Series("all", index=table.frame.index)
    names = table.frame[name if name is not None else str(code)]
    if name is not None and code is not None and not table.column(_STAGE):
        twice = pd.DataFrame({"name": names, "year": years}).duplicated(keep=False)
        if twice.any():
            return names + " " + table.frame[code].map(str)
    return names.map(lambda text: None if pd.isna(text) else str(text))


def _report_twice(figures: pd.DataFrame, table: Table, findings: Findings) -> None:
    first: dict[tuple[object, object], object] = {}
    for row, place, year in zip(figures.index, figures["place"], figures["year"], strict=True):
        earlier = first.setdefault((place, year), row)
        if earlier is not row:
            facts = {
                "first": str(earlier),
                "first_file": table.name,
                "columns": "place, year",
                "columns_zh": "地区、年份",
            }
            findings.add("duplicate", Where(table.name, "", int(row), "", f"{place}, {year}"), **facts)


def _found(name: str, figures: pd.DataFrame) -> Found:
    places = tuple(dict.fromkeys(figures.index.get_level_values("place")))
    years = figures.index.get_level_values("year")
    rows = pd.RangeIndex(int(years.min()), int(years.max()) + 1)
    wide = {
        series: figures[series].unstack("place").reindex(index=rows, columns=pd.Index(places)).to_numpy(float)
        for series in SERIES
    }
    wide["births"], note = _in_unit(wide["births"], wide)
    births, primary_entrants, primary_enrolled, junior_entrants, junior_enrolled = (wide[series] for series in SERIES)
    history = StageHistory(
        places, int(years.min()), births, primary_entrants, primary_enrolled, junior_entrants, junior_enrolled
    )
    return Found(name, history, note)


def _in_unit(
    births: NDArray[np.float64], wide: dict[str, NDArray[np.float64]]
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Bring births to the unit of the pupils where their headings do not say it: a child enters once."""
    entrants = wide["primary_entrants"]
    if not np.isfinite(entrants).any():
        entrants = wide["primary_enrolled"] / 6
    if not (np.isfinite(births).any() and np.isfinite(entrants).any()):
        return births, ()
    power = round(float(np.log10(np.nanmedian(entrants) / np.nanmedian(births))))
    if power == 0:
        return births, ()
    return births * 10.0**power, (f"Births were multiplied by 10^{power} to be in the unit of the pupils.",)
