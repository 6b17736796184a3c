"""
Births, registers, censuses and rolls of one district, linked by place, age and year: one age table, conflicts, gaps.

A figure is taken from one source, the first in the order of preference that tells it, and never averaged. Where
several tell a place, year and age, the rows of one source count: both sexes together where so told, else male and
female added. Single ages as told come before groups of ages that had to be opened. Without an order, that of the table,
this is the choice of the forecast (`data.forecast.tally`). A group is compared with the single ages it spans together.

A cohort is named by the September in which it enters grade 1, as in the forecast. Two figures of one cohort clash when

    |second - first| > share x first + CHANCE x sqrt(max(first, second))

with ``share`` of `Limits`, times the years between them where it is a yearly one. The root is the standard deviation of
a count (Poisson), so that a village of five children is not reported for one that moved away.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.domain.district import District
from data.domain.people import BirthCount, PeopleCount
from data.domain.schools import GRADES, RollCount, Stage
from data.forecast import tally
from data.forecast.cohort import AGE_AT_ENTRY, Cohorts, Notebook, birth_months, cohort_of
from data.forecast.places import DIVISION, SETTLEMENT, TOWNSHIP, Places
from data.norms import Norms

Numbers = NDArray[np.float64]

CHANCE = 3
"""Standard deviations of a count that are put down to chance."""

COMPULSORY = (*GRADES[Stage.PRIMARY], *GRADES[Stage.JUNIOR])

SEX_CODES = {None: 0, "male": 1, "female": 2}

UNNAMED = "unnamed source 未注明来源"
ROLLS = "school rolls 学籍"
LEVELS = (SETTLEMENT, TOWNSHIP, DIVISION)
CELL = ["level", "place", "year", "age"]
"""The columns that name a cell of the age table."""

_COLUMNS = [*CELL, "cohort", "count", "source", "as_of", "told_as", "others"]


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How far two figures may differ, as a share of the first, before they are reported.

    Attributes
    ----------
    sources
        Two sources for the same cell, or a place and the sum of its parts.
    yearly
        A cohort of one place from year to year.
    births
        Births and the children counted at ages 0 to 6, whatever the years between.
    roll
        Registered children and pupils of the same cohort in the whole division, grades 1 to 9.
    least
        Differences of fewer people are never reported.
    """

    sources: float = 0.02
    yearly: float = 0.10
    births: float = 0.25
    roll: float = 0.10
    least: int = 3


DEFAULT_LIMITS = Limits()


def limits_of(norms: Norms, on: date) -> Limits:
    """Read the limits in force on a day (``rec.*``)."""

    def value(name: str) -> float:
        return norms.value(f"rec.{name}", None, on)

    return Limits(value("sources"), value("yearly"), value("births"), value("roll"), int(value("least")))


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One told figure: how many, of what, on 1 September of which year, by whom, drawn up when (``None``: not said).

    Attributes
    ----------
    told_as
        ``people``, ``group`` (a single age opened from a group of ages), ``births``, ``pupils`` or ``parts``.
    """

    count: int
    told_as: str
    year: int
    source: str
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """
    Two figures that cannot both be right, or a change that needs an explanation.

    Attributes
    ----------
    kind
        ``sources``, ``levels``, ``cohort``, ``births`` or ``roll``.
    cohort
        September in which these children enter grade 1.
    first, second
        ``first`` is the figure in use where they exclude each other, the earlier one where they follow each other.
    ratio
        Second over first; infinite where the first is 0.
    """

    kind: str
    level: str
    place: str
    cohort: int
    first: Figure
    second: Figure
    ratio: float
    reason: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class Gap:
    """
    A place without any figure for a cohort.

    Attributes
    ----------
    level
        ``township`` when none of its settlements has a figure; else ``settlement``, whose neighbours in the township
        are counted: the forecast takes it as having no children.
    """

    level: str
    place: str
    cohort: int
    reason: str
    reason_zh: str


@dataclass(frozen=True, slots=True, eq=False)
class Reconciled:
    """
    What the sources of a district say together.

    Attributes
    ----------
    ages
        One row a cell: level, place, year, age, cohort, count, source, as_of (the day the source drew it up, or NaT),
        told_as (as in `Figure`; ``births``: age 0 by the births of the twelve months before), others (more sources of
        the cell, joined by ``; ``).
    conflicts
        By kind, place and cohort.
    """

    ages: pd.DataFrame
    conflicts: tuple[Conflict, ...]
    gaps: tuple[Gap, ...]

    def trace(self, level: str, place: str, year: int, age: int) -> Figure | None:
        """Give the figure in use for a cell; ``None`` where nobody told it."""
        table = self.ages
        found = table[
            (table["level"] == level) & (table["place"] == place) & (table["year"] == year) & (table["age"] == age)
        ]
        if found.empty:
            return None
        row = found.iloc[0]
        return _figure(row.to_dict(), "", str(row["told_as"]))


def reconcile(
    district: District,
    order: Sequence[str] = (),
    cohorts: Iterable[int] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Reconciled:
    """
    Link the sources of a district.

    Parameters
    ----------
    order
        Sources by preference; those it does not name follow as `data.forecast.tally.preference` ranks them.
    cohorts
        For which every settlement should have a figure; when not given, those of ages 0 to 17 in the latest year told.

    Raises
    ------
    UnknownPlace
        When a row counts people of a place without settlements.
    """
    places = Places.of(district)
    places.check(district)
    district = in_order(district, order)
    told = _told(district.people)
    used, born = _in_use(told), _births(district.births)
    single = used[used["told_as"] == "people"]
    grown = Cohorts(district, places, Notebook())
    conflicts = [
        *_between_sources(told, limits),
        *_between_levels(used, district, limits),
        *_along_cohorts(single, limits),
        *_from_births(born, single, limits),
        *_on_rolls(district, grown, limits),
    ]
    ages = _ages(used, born)
    wanted = _school_age(district) if cohorts is None else sorted(set(cohorts))
    return Reconciled(ages, tuple(conflicts), tuple(_gaps(district, places, grown, wanted)))


# One figure a cell


def in_order(district: District, order: Sequence[str] = ()) -> District:
    """
    Put the people and births of preferred sources first (`data.forecast.tally.preference`).

    The forecast of the district that is returned uses the same figures as `reconcile` with this order.
    """
    of_people = tally.preference((row.source for row in district.people), order)
    of_births = tally.preference((row.source for row in district.births), order)
    people = sorted(district.people, key=lambda row: of_people[row.source])
    births = sorted(district.births, key=lambda row: of_births[row.source])
    return replace(district, people=tuple(people), births=tuple(births))


def of_one_source(district: District, order: Sequence[str] = ()) -> District:
    """Keep one source of every figure of people and births, the one that `reconcile` uses; ages are single then."""
    return replace(
        district,
        people=tuple(tally.people_of_one_source(district.people, order)),
        births=tuple(tally.births_of_one_source(district.births, order)),
    )


def _told(people: Sequence[PeopleCount]) -> pd.DataFrame:
    """
    What each source says of each cell, in the order of the table.

    ``cell`` numbers the cells, ``first`` marks the figure in use, ``low`` and ``high`` are the ages it was told for.
    """
    rows = _rows(list(tally.in_single_ages(people)), people)
    telling = _numbered(rows, [*CELL, "source"])
    rows = rows.assign(telling=telling)[~pd.DataFrame({"t": telling, "s": rows["sex"]}).duplicated()]
    together = rows["sex"] == 0
    rows = rows[together | ~rows["telling"].isin(rows["telling"][together])]
    told = rows.drop_duplicates("telling").set_index("telling")
    told["count"] = rows.groupby("telling")["count"].sum()
    told = told.sort_values("order", kind="stable").reset_index(drop=True)
    told["cell"] = _numbered(told, CELL)
    told["first"] = ~told["cell"].duplicated()
    told["cohort"] = cohort_of(0, 0) + told["year"] - told["age"]
    told["told_as"] = np.where(told["low"] < told["high"], "group", "people")
    return told


def _rows(single: Sequence[PeopleCount], people: Sequence[PeopleCount]) -> pd.DataFrame:
    """Rows of single ages as a table, with the ages that each was told for."""
    rows = pd.DataFrame(
        {
            "level": pd.Categorical([row.level for row in single], categories=LEVELS),
            "place": pd.Categorical([row.place for row in single]),
            "year": np.array([row.year for row in single], dtype=np.int64),
            "age": np.array([row.age for row in single], dtype=np.int64),
            "source": pd.Categorical([row.source or UNNAMED for row in single]),
            "as_of": np.array([row.as_of for row in single], dtype="datetime64[s]"),
            "sex": np.array([SEX_CODES[row.sex] for row in single], dtype=np.int8),
            "count": np.array([row.count for row in single], dtype=np.int64),
            "order": np.arange(len(single)),
        }
    )
    spans = {
        (row.place, row.level, row.year, row.sex, row.source, age): (row.age, row.age_to)
        for row in people
        if row.age_to is not None
        for age in range(row.age, row.age_to + 1)
    }
    if not spans:
        return rows.assign(low=rows["age"], high=rows["age"])
    told_for = [
        spans.get((row.place, row.level, row.year, row.sex, row.source, row.age), (row.age, row.age)) for row in single
    ]
    return rows.assign(low=[low for low, _ in told_for], high=[high for _, high in told_for])


def _numbered(rows: pd.DataFrame, names: list[str]) -> NDArray[np.int64]:
    """Number the distinct values of some columns together; equal rows have equal numbers."""
    number = np.zeros(len(rows), dtype=np.int64)
    for name in names:
        codes, values = pd.factorize(rows[name])
        number = number * max(len(values), 1) + codes
    return number


def _in_use(told: pd.DataFrame) -> pd.DataFrame:
    """The figure in use of each cell, with the names of the other sources."""
    more: dict[int, str] = {}
    others = told[~told["first"]]
    for cell, source in zip(others["cell"].tolist(), others["source"].tolist(), strict=True):
        more[cell] = f"{more[cell]}; {source}" if cell in more else source
    used = told[told["first"]]
    return used.assign(others=used["cell"].map(more).fillna("") if more else "")


def _births(births: Sequence[BirthCount]) -> pd.DataFrame:
    """
    Births of each cohort at each place whose level tells all its twelve months: ``count``, ``source``.

    A year without all its months gives each a twelfth, as in the forecast; the sum is rounded.
    """
    rows = pd.DataFrame(
        [(row.level, row.place, row.year, row.month or 0, row.source or UNNAMED, row.count) for row in births],
        columns=["level", "place", "year", "month", "source", "count"],
    ).assign(as_of=np.array([row.as_of for row in births], dtype="datetime64[s]"))
    monthly = _by_month(rows.drop_duplicates(["level", "place", "year", "month"]))
    monthly["cohort"] = monthly["year"] + AGE_AT_ENTRY + (monthly["month"] > 8)
    complete = monthly.groupby(["level", "cohort"])["month"].transform("nunique") == len(birth_months(0))
    found = monthly[complete].groupby(["level", "place", "cohort"], sort=False)
    summed = found.agg(count=("count", "sum"), source=("source", "first"), as_of=("as_of", "max"))
    table = summed.reset_index().merge(_source_names(monthly[complete]), how="left", on=["level", "place", "cohort"])
    source = table["names"].fillna(table["source"])
    return table.assign(source=source, count=np.floor(table["count"].to_numpy(float) + 0.5).astype(np.int64))


def _source_names(births: pd.DataFrame) -> pd.DataFrame:
    """Names of the sources, joined, of cohorts whose months come from more than one."""
    key = ["level", "place", "cohort"]
    each = births[[*key, "source"]].drop_duplicates()
    several = each[each.duplicated(key, keep=False)]
    return several.groupby(key, sort=False)["source"].agg("; ".join).rename("names").reset_index()


def _by_month(rows: pd.DataFrame) -> pd.DataFrame:
    months = rows[rows["month"] > 0]
    whole = months.groupby(["level", "year"])["month"].nunique()
    full = pd.MultiIndex.from_tuples(whole.index[whole == 12], names=["level", "year"])
    years = rows[(rows["month"] == 0) & ~pd.MultiIndex.from_frame(rows[["level", "year"]]).isin(full)]
    spread = pd.concat([years.assign(month=month, count=years["count"] / 12) for month in range(1, 13)])
    inside = pd.MultiIndex.from_frame(months[["level", "year"]]).isin(
        pd.MultiIndex.from_frame(years[["level", "year"]])
    )
    return pd.concat([months[~inside], spread], ignore_index=True)


def _ages(used: pd.DataFrame, born: pd.DataFrame) -> pd.DataFrame:
    """The age table: counted ages, and age 0 from births where it was not counted."""
    newborn = born.assign(year=born["cohort"] - AGE_AT_ENTRY, age=0, told_as="births", others="")
    both = [part[_COLUMNS].astype({"level": str, "place": str, "source": str}) for part in (used, newborn)]
    return pd.concat(both, ignore_index=True).drop_duplicates(CELL, ignore_index=True)


# Conflicts


def _clash(
    first: Numbers, second: Numbers, share: Numbers | float, limits: Limits, *, chance: bool
) -> NDArray[np.bool_]:
    """Tell which pairs differ by more than is allowed; ``chance`` for two counts of different days."""
    apart = np.abs(second - first)
    allowed = share * first + (CHANCE * np.sqrt(np.maximum(first, second)) if chance else 0.0)
    return np.asarray((apart > allowed) & (apart >= limits.least))


def _conflict(kind: str, level: str, place: str, cohort: int, first: Figure, second: Figure, **facts: str) -> Conflict:
    ratio = second.count / first.count if first.count else float("inf")
    known = {
        "place": place,
        "cohort": cohort,
        "a": first.count,
        "b": second.count,
        "year": first.year,
        "later": second.year,
        "first": first.source,
        "second": second.source,
        "age": second.year - cohort + AGE_AT_ENTRY,
        "change": f"{100 * (ratio - 1):+.0f} %" if first.count else "from 0 由 0 起",
        **facts,
    }
    english, chinese = SENTENCES[kind]
    return Conflict(
        kind, level, place, cohort, first, second, ratio, english.format_map(known), chinese.format_map(known)
    )


SENTENCES = {
    "sources": (
        "{first} counts {a} people of age {age} at {place} in {year}, {second} counts {b} ({change}). "
        "{first} is used: it comes first in the order of sources.",
        "{place} {year} 年 {age} 岁人口,{first} 为 {a} 人,{second} 为 {b} 人({change});按来源次序采用 {first}。",
    ),
    "levels": (
        "In {year} the parts of {place} add up to {a} people of age {age} ({first}); {place} as a whole has {b} "
        "({second}, {change}). The parts are used.",
        "{place} {year} 年 {age} 岁人口,下级合计 {a} 人({first}),本级填报 {b} 人({second},{change});采用下级数据。",
    ),
    "cohort": (
        "The children of {place} who enter grade 1 in {cohort} were {a} in {year} ({first}) and {b} in {later} "
        "({second}): {change}. Did they move, or was one year miscounted?",
        "{place} {cohort} 年入学的儿童,{year} 年 {a} 人({first}),{later} 年 {b} 人({second}),变化 {change}:"
        "请核实是迁移还是漏登、重登。",
    ),
    "births": (
        "{a} children who enter grade 1 in {cohort} were born at {place} ({first}); {b} aged {age} are counted there "
        "in {later} ({second}): {change}. Did they move, or are births registered elsewhere?",
        "{place} {cohort} 年入学的儿童出生 {a} 人({first}),{later} 年 {age} 岁在册 {b} 人({second}),变化 {change}:"
        "请核实是迁移还是出生登记地不同。",
    ),
    "roll": (
        "In {year} {place} has {a} registered children who entered grade 1 in {cohort} ({first}) and {b} pupils of "
        "their grade ({second}): {change}. Migrant pupils, schooling elsewhere, or a fault in one of them?",
        "{place} {year} 年 {cohort} 年入学的适龄儿童 {a} 人({first}),该年级在校生 {b} 人({second}),相差 {change}:"
        "请核实随迁、外出就读或数据差错。",
    ),
}
"""What each kind of conflict says to a planner."""


def _reported(kind: str, pairs: pd.DataFrame, told_as: tuple[str, str]) -> list[Conflict]:
    """Make conflicts of pairs: level, place, cohort, and count, year and source of either, marked _1 and _2."""
    return [
        _conflict(
            kind,
            str(row["level"]),
            str(row["place"]),
            int(row["cohort"]),
            _figure(row, "_1", told_as[0]),
            _figure(row, "_2", told_as[1]),
            **_span({str(name): value for name, value in row.items()}),
        )
        for row in pairs.to_dict("records")
    ]


def _figure(row: Mapping[Hashable, Any], mark: str, told_as: str) -> Figure:
    drawn = row[f"as_of{mark}"]
    day = None if pd.isna(drawn) else drawn.date()
    return Figure(int(row[f"count{mark}"]), told_as, int(row[f"year{mark}"]), str(row[f"source{mark}"]), day)


def _span(row: Mapping[str, Any]) -> dict[str, str]:
    """The ages compared, where they are a group."""
    return {"age": f"{row['low']}-{row['high']}"} if row.get("low", 0) < row.get("high", 0) else {}


def _over_groups(pairs: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """
    Add up pairs of single ages over the group that either was told for.

    ``low_1``, ``high_1``, ``low_2``, ``high_2`` are the ages the two were told for. A group of which single ages are
    missing, or that meets another which spans other ages, is left out: there is nothing to compare it with.
    """
    wide = (pairs["high_1"] - pairs["low_1"]).to_numpy() >= (pairs["high_2"] - pairs["low_2"]).to_numpy()
    pairs = pairs.assign(
        low=np.where(wide, pairs["low_1"], pairs["low_2"]), high=np.where(wide, pairs["high_1"], pairs["high_2"])
    )
    if not (pairs["low"] < pairs["high"]).any():
        return pairs
    inside = np.ones(len(pairs), dtype=np.bool_)
    for mark in "12":
        inside &= (pairs[f"low_{mark}"] >= pairs["low"]).to_numpy() & (
            pairs[f"high_{mark}"] <= pairs["high"]
        ).to_numpy()
    pairs = pairs[inside].assign(group=_numbered(pairs[inside], [*by, "low", "high"]), seen=1)
    sums = pairs.groupby("group")[["count_1", "count_2", "seen"]].transform("sum")
    summed = pairs.assign(**{str(name): sums[name] for name in sums}).drop_duplicates("group")
    return summed[summed["seen"] == summed["high"] - summed["low"] + 1]


def _clashing(pairs: pd.DataFrame, share: Numbers | float, limits: Limits, *, chance: bool) -> NDArray[np.bool_]:
    first, second = pairs["count_1"].to_numpy(float), pairs["count_2"].to_numpy(float)
    return _clash(first, second, share, limits, chance=chance)


def _between_sources(told: pd.DataFrame, limits: Limits) -> list[Conflict]:
    """Two sources for the same place, year and age."""
    others, first = told[~told["first"]], told[told["first"]]
    if others.empty:
        return []
    figures = ["count", "source", "as_of", "low", "high"]
    wanted = first[first["cell"].isin(others["cell"])]
    pairs = wanted[["cell", *CELL, "cohort", *figures]].merge(
        others[["cell", *figures]], on="cell", suffixes=("_1", "_2")
    )
    pairs = pairs.assign(year_1=pairs["year"], year_2=pairs["year"])
    pairs = _over_groups(pairs, ["level", "place", "year", "source_1", "source_2"])
    clashing = _clashing(pairs, limits.sources, limits, chance=False)
    return _reported("sources", pairs[clashing], ("people", "people"))


def _between_levels(used: pd.DataFrame, district: District, limits: Limits) -> list[Conflict]:
    """A township or division whose parts add up to more than it, or, when all are told, to something else."""
    found: list[Conflict] = []
    above = {
        TOWNSHIP: {str(one.id): one.township for one in district.settlements},
        DIVISION: {str(one.id): str(one.division) for one in district.settlements},
    }
    divisions = {one.township: str(one.division) for one in district.settlements if one.township}
    for finer, coarser, parent in (
        (SETTLEMENT, TOWNSHIP, above[TOWNSHIP]),
        (SETTLEMENT, DIVISION, above[DIVISION]),
        (TOWNSHIP, DIVISION, divisions),
    ):
        found += _parts_and_whole(used[used["level"] == finer], used[used["level"] == coarser], parent, limits)
    return found


def _parts_and_whole(
    parts: pd.DataFrame, wholes: pd.DataFrame, parent: dict[str, str], limits: Limits
) -> list[Conflict]:
    if parts.empty or wholes.empty:
        return []
    key = ["whole", "year", "age"]
    grouped = parts.assign(whole=parts["place"].astype(str).map(parent)).groupby(key, sort=False)
    sums = grouped.agg(
        count_1=("count", "sum"),
        told=("place", "size"),
        source_1=("source", "first"),
        as_of_1=("as_of", "max"),
        low_1=("low", "min"),
        high_1=("high", "max"),
    ).reset_index()
    members = pd.Series(list(parent.values())).value_counts()
    names = {name: f"{name}_2" for name in ("count", "source", "as_of", "low", "high")}
    whole = wholes.assign(whole=wholes["place"].astype(str)).rename(columns=names)
    pairs = whole.merge(sums, on=key).assign(year_1=lambda table: table["year"], year_2=lambda table: table["year"])
    pairs = _over_groups(pairs, ["whole", "year"])
    all_told = (pairs["told"] >= pairs["whole"].map(members)).to_numpy()
    over = (pairs["count_1"] > pairs["count_2"]).to_numpy()
    clashing = _clashing(pairs, limits.sources, limits, chance=False) & (all_told | over)
    return _reported("levels", pairs[clashing], ("parts", "people"))


def _along_cohorts(used: pd.DataFrame, limits: Limits) -> list[Conflict]:
    """A cohort that grows or shrinks between two counted years by more than is plausible."""
    series = used[used["age"] <= 17].sort_values(["level", "place", "cohort", "year"], kind="stable")
    later, earlier = series.iloc[1:].reset_index(drop=True), series.iloc[:-1].reset_index(drop=True)
    same = np.ones(len(later), dtype=np.bool_)
    for name in ("level", "place", "cohort"):
        same &= later[name].to_numpy() == earlier[name].to_numpy()
    names = ("count", "year", "source", "as_of")
    figures = {f"{name}_2": later[name] for name in names}
    pairs = earlier.rename(columns={name: f"{name}_1" for name in names}).assign(**figures)
    share = limits.yearly * (pairs["year_2"] - pairs["year_1"]).to_numpy(float)
    clashing = same & _clashing(pairs, share, limits, chance=True)
    return _reported("cohort", pairs[clashing], ("people", "people"))


def _from_births(born: pd.DataFrame, used: pd.DataFrame, limits: Limits) -> list[Conflict]:
    """Births of a cohort and its children at their first count at ages 0 to 6."""
    key, figures = ["level", "place", "cohort"], ["count", "year", "source", "as_of"]
    young = used[used["age"] <= AGE_AT_ENTRY].sort_values("year", kind="stable")
    counted = young.astype({"level": str, "place": str}).drop_duplicates(key)
    told = born.assign(year=born["cohort"] - AGE_AT_ENTRY)
    pairs = told[[*key, *figures]].merge(counted[[*key, *figures]], on=key, suffixes=("_1", "_2"))
    clashing = _clashing(pairs, limits.births, limits, chance=True)
    return _reported("births", pairs[clashing], ("births", "people"))


def _on_rolls(district: District, grown: Cohorts, limits: Limits) -> list[Conflict]:
    """
    Registered children and pupils of the whole division, where every settlement is counted in the year of the roll.

    Townships are not compared: children are registered in one and go to school in another (`data.forecast.capture`).
    """
    named: dict[int, dict[str, None]] = {}
    for row in district.people:
        named.setdefault(row.year, {})[row.source or UNNAMED] = None
    pairs = []
    for (year, grade), pupils in sorted(_pupils(district.roll).items()):
        cohort = year - grade + 1
        if year in named and grade in COMPULSORY and (children := grown.children(cohort, year)).known.all():
            registered = int(children.counts.sum())
            pairs.append((cohort, registered, pupils, year, year, "; ".join(named[year])))
    names = ["cohort", "count_1", "count_2", "year_1", "year_2", "source_1"]
    table = pd.DataFrame(pairs, columns=names).assign(
        level=DIVISION, place=str(district.division), source_2=ROLLS, as_of_1=None, as_of_2=None
    )
    return _reported("roll", table[_clashing(table, limits.roll, limits, chance=True)], ("people", "pupils"))


def _pupils(roll: Sequence[RollCount]) -> dict[tuple[int, int], int]:
    """Pupils of all schools by year and grade, both sexes."""
    sums: dict[tuple[int, int], int] = {}
    for row in roll:
        sums[row.year, row.grade] = sums.get((row.year, row.grade), 0) + row.pupils
    return sums


# Gaps


def _school_age(district: District) -> list[int]:
    years = [row.year for row in district.people] + [row.year for row in district.births]
    years += [row.year for row in district.roll]
    return [cohort_of(max(years), age) for age in range(17, -1, -1)] if years else []


def _gaps(district: District, places: Places, grown: Cohorts, cohorts: Sequence[int]) -> list[Gap]:
    """Settlements, or whole townships, of which neither ages nor births of a cohort are told, as the forecast asks."""
    townships = np.array([one.township or str(one.id) for one in district.settlements])
    found: list[Gap] = []
    for cohort in cohorts:
        unknown = ~grown.children(cohort, cohort).known
        whole = unknown & places.none_in_township(~unknown)
        found += [_gap(TOWNSHIP, name, cohort) for name in dict.fromkeys(townships[whole])]
        found += [_gap(SETTLEMENT, places.ids[v], cohort) for v in np.flatnonzero(unknown & ~whole)]
    return found


def _gap(level: str, place: str, cohort: int) -> Gap:
    first, *_, last = birth_months(cohort)
    born, born_zh = f"{first[0]}-{first[1]:02d} to {last[0]}-{last[1]:02d}", f"{first[0]} 年 9 月至 {last[0]} 年 8 月"
    if level == TOWNSHIP:
        return Gap(
            level,
            str(place),
            cohort,
            f"Nobody tells the children of {place} born {born}, who enter grade 1 in {cohort}: give ages or births.",
            f"{place} 没有 {born_zh} 出生({cohort} 年入学)儿童的任何数据:请补报年龄或出生数据。",
        )
    return Gap(
        level,
        str(place),
        cohort,
        f"{place} is left out of counts that name others of its township, born {born}: taken as having no such child.",
        f"{place} 未列入本乡镇 {born_zh} 出生儿童的统计:按没有该队列儿童处理。",
    )
