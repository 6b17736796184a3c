"""
Age groups of places at two or more censuses: children of one count, grown older, at the next.

A cohort (those of 0 to 4, say) is counted at the origin and again, ``gap`` years older, at the later census. Every
forecast uses the count of the place at the origin and, of the later census, the other places only.

    unchanged          the people who had the later ages at the origin
    nobody moves       the cohort itself
    one factor         the cohort times the change of the cohort in all other places together
    as before          the cohort times its own change in the interval before (three censuses)
    regression (OLS)   ln of the change on the whole age structure by least squares (statsmodels)
    junheng            ln of the change on how the place keeps its young (`data.forecast.movers`)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray

from data.backtest.measure import OURS, TRIAL_COLUMNS, UNCHANGED
from data.backtest.reading import Table, numbers, refuse
from data.cells import fold
from data.faults import Findings, Where
from data.forecast import movers
from data.forecast.opening import AgeCounts, AgeGroup, read_age_group

Floats = NDArray[np.float64]

KIND = "census"
UNIT = "age group of place"

CODES = ("adcode", "place_code", "code", "division", "区划代码", "行政区划代码", "地区代码", "行政代码", "代码")
NAMES = ("name", "place", "county", "district", "unit", "名称", "地区", "区县", "县区", "地区名称", "区县名称", "单位")
YEARS = ("census_year", "year", "普查年份", "普查年", "普查年度", "年份", "年度", "年")
SEXES = ("sex", "gender", "性别")
AGE_GROUPS = ("age_group", "age", "ages", "年龄组", "年龄", "年龄段", "年龄分组", "岁组")
PEOPLE = ("population", "pop", "people", "persons", "count", "人口", "人口数", "常住人口", "人数", "总人口")
MEN, WOMEN = ("male", "men", "m", "男", "男性", "男性人口"), ("female", "women", "f", "女", "女性", "女性人口")
TOTALS = frozenset(
    {"total", "all", "all ages", "both", "both sexes", "t", "合计", "总计", "总人口", "小计", "全部", "计"}
)

COHORTS: tuple[tuple[int, int], ...] = ((0, 0), (0, 4), (5, 9), (0, 14))
"""First and last age at the origin; those that the groups of both censuses tell are tried."""

WIDER: tuple[tuple[int, int], ...] = ((0, 9),)
"""Tried where none of `COHORTS` can be."""

GAPS = range(3, 16)
"""Years between two counts that make a pair."""

EACH_ALONE = 60
"""Up to so many places each is left out alone; of more, every thirtieth together."""

_FOLDS = 30
_FEWEST_WIDE_GROUPS = 4
_YEAR_IN_HEADING = re.compile(
    r"(?:population|pop|people|人口|人口数|常住人口)?_?((?:19|20)\d\d)_?年?_?(?:人口|人口数)?"
)
_SAME = 0.005
"""Relative difference below which a place counts what all others count together."""


@dataclass(frozen=True, slots=True, eq=False)
class CensusTask:
    """
    One history of censuses.

    Attributes
    ----------
    counts
        By census year, ascending; all of the same places in the same order.
    """

    name: str
    notes: tuple[str, ...]
    counts: Mapping[int, AgeCounts]

    @property
    def kind(self) -> str:
        """The kind of history."""
        return KIND

    def trials(self) -> pd.DataFrame:
        """Forecast every cohort of every place from the other places; columns `TRIAL_COLUMNS`."""
        parts = [part for first, second in _pairs(self.counts) for part in self._pair(first, second)]
        return pd.concat(parts, ignore_index=True)[list(TRIAL_COLUMNS)]

    def _pair(self, first: int, second: int) -> Iterator[pd.DataFrame]:
        earlier, later = self.counts[first], self.counts[second]
        for cohort in _cohorts(earlier, later, second - first):
            case = _case(earlier, later, second - first, cohort, self._before(first, second, cohort))
            yield case.assign(origin=first, year=second, horizon=second - first)

    def _before(self, first: int, second: int, cohort: tuple[int, int]) -> Floats | None:
        """Return ln of the change of a cohort in an equally long interval that ended at the origin."""
        gap = second - first
        if first - gap not in self.counts:
            return None
        young, old = cohort
        upper = self.counts[first].between(young + gap, old + gap)
        lower = self.counts[first - gap].between(young, old)
        return None if upper is None or lower is None else movers.log_ratio(upper, lower, len(upper))


def find(tables: Sequence[Table]) -> tuple[CensusTask, ...]:
    """
    Give a task for each table that counts ages of places at two or more censuses, and one for all with a single one.

    Raises
    ------
    UnreadableHistory
        When a table has the headings of a census, but figures, ages or sexes that cannot be read, or a count twice.
    """
    findings = Findings()
    read = [(table, rows) for table in tables if (rows := _rows(table, findings)) is not None]
    refuse(findings)
    several = [(table.stem, rows) for table, rows in read if rows["year"].nunique() > 1]
    single = [(table.stem, rows) for table, rows in read if rows["year"].nunique() == 1]
    if single:
        several.append((" + ".join(name for name, _ in single), pd.concat([rows for _, rows in single])))
    tasks = [_task(name, rows, findings) for name, rows in several]
    refuse(findings)
    return tuple(task for task in tasks if task is not None)


def regression(origin: AgeCounts, known: Floats) -> Floats:
    """Return the features of the textbook regression, shape (P, up to 8): those that can be told for all places."""
    total = origin.counts.sum(axis=1)
    parts: list[tuple[Floats | None, Floats | None]] = [
        (origin.between(0, 4), origin.between(20, 39)),
        (origin.between(5, 9), origin.between(0, 4)),
        (origin.between(10, 14), origin.between(5, 9)),
        (origin.between(20, 34), total),
        (origin.between(60, 79), total),
        (total, np.ones(len(total))),
    ]
    ratios = [movers.log_ratio(upper, lower, len(total)) for upper, lower in parts]
    columns = np.column_stack([known[:, : movers.BEFORE], *ratios])
    return np.asarray(columns[:, np.isfinite(columns).all(axis=0)], dtype=np.float64)


def _pairs(counts: Mapping[int, AgeCounts]) -> list[tuple[int, int]]:
    pairs = [pair for pair in pairwise(counts) if pair[1] - pair[0] in GAPS]
    return [(a, b) for a, b in pairs if _cohorts(counts[a], counts[b], b - a)]


def _cohorts(earlier: AgeCounts, later: AgeCounts, gap: int) -> list[tuple[int, int]]:
    def told(cohort: tuple[int, int]) -> bool:
        young, old = cohort
        return earlier.between(young, old) is not None and later.between(young + gap, old + gap) is not None

    return [cohort for cohort in COHORTS if told(cohort)] or [cohort for cohort in WIDER if told(cohort)]


def _case(
    earlier: AgeCounts, later: AgeCounts, gap: int, cohort: tuple[int, int], before: Floats | None
) -> pd.DataFrame:
    """Make the trials of one cohort by every method."""
    young, old = cohort
    size, actual = _known(earlier, young, old), _known(later, young + gap, old + gap)
    change = movers.log_ratio(actual, size, len(size))
    known = movers.features(earlier, before)
    folds = _folds(len(size))
    ours, half_width = movers.leave_out(known, change, folds)
    forecasts = {
        "nobody moves": size,
        "one factor": size * _one_factor(size, actual, folds),
        "regression (OLS)": size * np.exp(_regressed(regression(earlier, known), change, folds)),
        OURS: size * np.exp(ours),
    }
    same_ages = earlier.between(young + gap, old + gap)
    if same_ages is not None:
        forecasts[UNCHANGED] = same_ages
    if before is not None:
        forecasts["as before"] = size * np.exp(before)
    bands = {OURS: (size * np.exp(ours - half_width), size * np.exp(ours + half_width))}
    none = np.full(len(size), np.nan)
    frames = [
        pd.DataFrame({"method": method, "forecast": forecast, "low": low, "high": high, "place": earlier.places})
        for method, forecast in forecasts.items()
        for low, high in [bands.get(method, (none, none))]
    ]
    stage = f"{AgeGroup(young, old)} to {AgeGroup(young + gap, old + gap)}"
    whole = pd.concat(frames, ignore_index=True)
    repeat = len(frames)
    return whole.assign(
        unit=UNIT, stage=stage, grade=np.nan, actual=np.tile(actual, repeat), size=np.tile(size, repeat)
    )


def _known(counts: AgeCounts, first: int, last: int) -> Floats:
    found = counts.between(first, last)
    if found is None:
        raise ValueError(f"no groups make ages {first} to {last}")
    return found


def _folds(places: int) -> list[NDArray[np.intp]]:
    """Which places are left out together; neighbours in the file never are, since they resemble each other."""
    together = places if places <= EACH_ALONE else _FOLDS
    return [np.arange(start, places, together) for start in range(together)]


def _one_factor(size: Floats, actual: Floats, folds: Sequence[NDArray[np.intp]]) -> Floats:
    factor = np.ones(len(size))
    for left_out in folds:
        others = np.setdiff1d(np.arange(len(size)), left_out)
        if size[others].sum() > 0:
            factor[left_out] = actual[others].sum() / size[others].sum()
    return factor


def _regressed(columns: Floats, change: Floats, folds: Sequence[NDArray[np.intp]]) -> Floats:
    """ln of the change by least squares; NaN where there are not twice as many places as numbers to fit."""
    design = np.column_stack([np.ones(len(columns)), columns])
    found = np.full(len(change), np.nan)
    for left_out in folds:
        others = np.setdiff1d(np.arange(len(change)), left_out)
        if len(others) >= 2 * design.shape[1]:
            found[left_out] = sm.OLS(change[others], design[others]).fit().predict(design[left_out])
    return found


def _rows(table: Table, findings: Findings) -> pd.DataFrame | None:
    """Read a table as rows of place, name, year, sex, group, people; ``None`` where it is no census."""
    code, name = table.column(CODES), table.column(NAMES)
    ages = table.column(AGE_GROUPS)
    wide = [heading for heading in _headings(table) if heading not in (code, name) and read_age_group(heading)]
    if code is None and name is None:
        return None
    if ages is not None:
        figures = _figures_by_row(table, ages, findings)
    elif len(wide) >= _FEWEST_WIDE_GROUPS:
        figures = _figures_by_column(table, wide, findings)
    else:
        return None
    if figures is None or figures.empty:
        return None
    for column, heading in (("place", code or name), ("name", name or code)):
        words = dict(zip(_row_numbers(table), map(_text, table.frame[heading]), strict=True))
        figures[column] = [words[row] for row in figures["row"]]
    figures["sex"] = _sexes(table, figures["row"], findings)
    figures["table"] = table.name
    told = _told(figures)
    return None if told.empty else told


def _figures_by_row(table: Table, ages: str, findings: Findings) -> pd.DataFrame | None:
    """Read a table with an age group a row; figures in one column, in two by sex, or in one a year."""
    people = _people_by_year(table, findings)
    if not people:
        return None
    told = zip(_row_numbers(table), table.frame[ages], strict=True)
    groups = [_group(text, Where(table.name, "", row, ages), findings) for row, text in told]
    parts = [
        pd.DataFrame({"row": table.frame.index, "year": years, "group": groups, "people": counted})
        for years, counted in people
    ]
    return pd.concat(parts, ignore_index=True)


def _figures_by_column(table: Table, wide: Sequence[str], findings: Findings) -> pd.DataFrame | None:
    """Read a table with an age group a column."""
    year = table.column(YEARS)
    if year is None:
        return None
    years = _whole_years(table, year, findings)
    parts = [
        pd.DataFrame(
            {
                "row": table.frame.index,
                "year": years,
                "group": [read_age_group(heading)] * len(table.frame),
                "people": numbers(table, heading, findings),
            }
        )
        for heading in wide
    ]
    return pd.concat(parts, ignore_index=True)


def _people_by_year(table: Table, findings: Findings) -> list[tuple[Floats, Floats]]:
    """Give years and people of the rows, once or for each column that is a year."""
    year, people = table.column(YEARS), table.column(PEOPLE)
    men, women = table.column(MEN), table.column(WOMEN)
    rows = len(table.frame)
    if year is not None and people is not None:
        return [(_whole_years(table, year, findings), numbers(table, people, findings))]
    if year is not None and men is not None and women is not None:
        both = numbers(table, men, findings) + numbers(table, women, findings)
        return [(_whole_years(table, year, findings), both)]
    dated = [(heading, _YEAR_IN_HEADING.fullmatch(fold(heading))) for heading in _headings(table)]
    return [(np.full(rows, float(at[1])), numbers(table, heading, findings)) for heading, at in dated if at]


def _whole_years(table: Table, heading: str, findings: Findings) -> Floats:
    column = table.frame[heading]
    if not pd.api.types.is_numeric_dtype(column):
        bare = column.map(lambda text: None if text is None else str(text).strip().rstrip("年"))
        table = Table(table.name, table.frame.assign(**{heading: bare}))
    return numbers(table, heading, findings)


def _group(text: object, where: Where, findings: Findings) -> AgeGroup | None:
    """Read an age group; a total is left out, and what is neither is reported."""
    words = _text(text)
    group = read_age_group(words)
    if group is None and words and fold(words) not in TOTALS:
        findings.add(
            "not-a-choice", Where(where.file, "", where.row, where.column, words), allowed="0, 1-4, 5-9, …, 85+"
        )
    return group


def _sexes(table: Table, rows: Iterable[int], findings: Findings) -> list[str]:
    """Give M, F or blank (both) for each row."""
    heading = table.column(SEXES)
    if heading is None:
        return ["" for _ in rows]
    words = {word: letter for letter, known in (("M", MEN), ("F", WOMEN)) for word in known}
    words |= dict.fromkeys((*TOTALS, ""), "")
    read: dict[int, str] = {}
    for row, text in zip(_row_numbers(table), table.frame[heading], strict=True):
        word = fold(_text(text))
        if word not in words:
            findings.add("not-a-choice", Where(table.name, "", row, heading, _text(text)), allowed="M, F, 男, 女, 合计")
        read[row] = words.get(word, "")
    return [read[row] for row in rows]


def _told(figures: pd.DataFrame) -> pd.DataFrame:
    """Keep rows with a place, a year, an age group and a figure; both sexes told together replace the two."""
    told = figures[figures["people"].notna() & figures["year"].notna() & figures["group"].notna()]
    told = told[(told["place"] != "") & ~told["name"].map(fold).isin(TOTALS)]
    together = told["sex"] == ""
    kept = told[together] if together.any() else told
    return kept.assign(year=kept["year"].astype(int))


def _task(name: str, rows: pd.DataFrame, findings: Findings) -> CensusTask | None:
    """Make the task of the places counted at all censuses; ``None`` where no two censuses can be paired."""
    notes: list[str] = []
    _report_twice(rows, findings)
    rows = _without_sums(_without_coarse_groups(rows, notes), notes)
    years = sorted(rows["year"].unique())
    here = [set(rows.loc[rows["year"] == year, "place"]) for year in years]
    places = [place for place in rows["place"].unique() if all(place in known for known in here)]
    missing = rows["place"].nunique() - len(places)
    if missing:
        notes.append(f"{missing} places are not counted at every census: left out")
    rows = rows[rows["place"].isin(places)]
    counts = {int(year): _counts(rows[rows["year"] == year], places, notes, int(year)) for year in years}
    shown = _shown(rows, places)
    counts = {year: AgeCounts(shown, found.groups, found.counts) for year, found in counts.items()}
    pairs = _pairs(counts) if places else []
    if not pairs:
        return None
    return CensusTask(name, (*notes, *_said(counts, pairs)), counts)


def _said(counts: Mapping[int, AgeCounts], pairs: Sequence[tuple[int, int]]) -> Iterator[str]:
    places = len(next(iter(counts.values())).places)
    alone = "each" if places <= EACH_ALONE else f"one thirtieth of them ({_FOLDS} groups)"
    yield (
        f"{places} places; {alone} forecast from its own count at the origin and the later census of the others: no "
        "outcome of a place enters its own forecast or band"
    )
    for first, second in pairs:
        gap = second - first
        untold = [c for c in COHORTS if c not in _cohorts(counts[first], counts[second], gap)]
        for young, old in untold:
            yield (
                f"{first} to {second}: age groups do not tell the cohort {AgeGroup(young, old)} to "
                f"{AgeGroup(young + gap, old + gap)}"
            )
        if not np.isfinite(movers.features(counts[first])[:, movers.PULL]).all():
            yield f"{first}: the groups 10-14 and 20-24 are not told: all places change alike"


def _report_twice(rows: pd.DataFrame, findings: Findings) -> None:
    keys = ["place", "year", "sex", "group"]
    first = rows.drop_duplicates(keys).set_index(keys)
    for row in rows[rows.duplicated(keys)].to_dict("records"):
        before = first.loc[tuple(row[key] for key in keys)]
        where = Where(str(row["table"]), "", int(row["row"]), "", f"{row['name']} {row['year']} {row['group']}")
        columns = "place, year, sex, age group"
        findings.add(
            "duplicate", where, first=int(before["row"]), first_file=str(before["table"]), columns=columns,
            columns_zh="地区、年份、性别、年龄组",
        )  # fmt: skip


def _without_coarse_groups(rows: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Keep, in each census, the finer of groups that overlap."""
    kept = []
    for year, told in rows.groupby("year"):
        groups = _finest(set(told["group"]))
        dropped = sorted(set(told["group"]) - set(groups), key=str)
        if dropped:
            notes.append(f"{year}: groups made of finer ones are left out: {', '.join(map(str, dropped))}")
        kept.append(told[told["group"].isin(groups)])
    return pd.concat(kept)


def _without_sums(rows: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Leave out places that are the sum of others: they would give away what they hold."""
    codes = set(rows["place"])
    above = {code for code in codes if _holds_others(code, codes)}
    last = rows[(rows["year"] == rows["year"].max()) & ~rows["place"].isin(above)]
    totals = last.groupby("place")["people"].sum()
    if len(totals) > 2:
        rest = totals.sum() - totals
        above |= set(totals.index[np.abs(totals - rest) <= _SAME * rest])
    if above:
        named = "、".join(sorted(rows.loc[rows["place"].isin(above), "name"].unique()))
        notes.append(f"places that are sums of others are left out: {named}")
    return rows[~rows["place"].isin(above)]


def _holds_others(code: str, codes: set[str]) -> bool:
    """Tell whether a division code ending in 00 has others below it."""
    if not (code.isdigit() and len(code) == 6 and code.endswith("00")):
        return False
    stem = code[:2] if code.endswith("0000") else code[:4]
    return any(other != code and other.startswith(stem) and len(other) == 6 for other in codes)


def _counts(rows: pd.DataFrame, places: Sequence[str], notes: list[str], year: int) -> AgeCounts:
    """Add the sexes up."""
    groups = tuple(sorted(set(rows["group"]), key=lambda group: group.first))
    table = rows.pivot_table(index="place", columns="group", values="people", aggfunc="sum", observed=True)
    counted = table.reindex(index=list(places), columns=list(groups))
    blank = int(counted.isna().to_numpy().sum())
    if blank:
        notes.append(f"{year}: {blank} age groups of places are not given: taken as nobody")
    return AgeCounts(tuple(places), groups, counted.fillna(0.0).to_numpy(dtype=np.float64))


def _finest(groups: set[AgeGroup]) -> tuple[AgeGroup, ...]:
    """Choose the narrowest groups that do not overlap, ascending."""
    kept: list[AgeGroup] = []
    for group in sorted(groups, key=lambda group: (_last(group) - group.first, group.first)):
        if all(_last(group) < other.first or _last(other) < group.first for other in kept):
            kept.append(group)
    return tuple(sorted(kept, key=lambda group: group.first))


def _last(group: AgeGroup) -> int:
    return 1000 if group.last is None else group.last


def _shown(rows: pd.DataFrame, places: Sequence[str]) -> tuple[str, ...]:
    """Name places by their names, with the code where two have the same name."""
    name_of = dict(zip(rows["place"], rows["name"], strict=True))
    often = Counter(name_of[place] for place in places)
    return tuple(name_of[place] if often[name_of[place]] == 1 else f"{name_of[place]} {place}" for place in places)


def _headings(table: Table) -> list[str]:
    return [str(heading) for heading in table.frame]


def _row_numbers(table: Table) -> list[int]:
    return [int(row) for row in table.frame.index]


def _text(value: object) -> str:
    """Write a cell as text; a code read as a number without its decimals."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
