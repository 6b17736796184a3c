"""
Registered children against school rolls: births and single ages by village or township, pupils by township.

Children are registered in villages and go to school in towns. What is forecast is the autumn of the latest rolls, from
registers and births before it and from rolls of an earlier autumn; nothing of the outcome of a place is used for it.

    c[p,g]  children of the cohort of grade g registered at place p: the ages of a register taken at the end of August,
            else births of its twelve months, else the ages of another register shared out by month
    q[p]    yearly registered movement, from two registers (`moved_a_year`)
    k[p]    capture ratio: earlier pupils of p / children of the same grades that autumn, each cohort moved by q from
            when it was registered (`data.forecast.capture.ratios`)
    place   k[p] x sum_g c[p,g] moved to the outcome, the total kept to the county's own ratio; times the drift of that
            figure by size of place, learned from the outcome of the *other* places
    grades  share of g = exp(a[g]) c[p,g]^b, with a and b by least squares from the other places
    county  its earlier ratio x its children, and grades in proportion to the square root of the children: nothing of
            the outcome at all. The root is the even mean of two forecasts, grades as registered and grades of one size
            (Bates and Granger 1969, The combination of forecasts, Operational Research Quarterly 20).

80 % bands: errors that other places would have had, each forecast without itself, over their spread by size; the
quantile is that of split conformal prediction (Lei et al. 2018, Distribution-free predictive inference for regression,
Journal of the American Statistical Association 113). A county has no band: its own files hold no other county whose
errors could tell how wide it must be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.backtest.measure import OURS, TRIAL_COLUMNS, UNCHANGED, Task
from data.backtest.reading import Table, numbers, plain, refuse
from data.domain.schools import STAGE_OF_GRADE
from data.faults import Findings
from data.forecast import capture
from data.forecast.cohort import birth_months

Numbers = NDArray[np.float64]

BAND = 0.80
AUGUST = 8
SAME_COUNTY = 0.5
"""A register is of the county of a roll when it names more than this share of the roll's townships."""

SMOOTHING = 0.5
"""Added to counts before a logarithm, so that a grade without pupils has one (Haldane 1956)."""

TOWN = ("town", "township", "乡镇街道", "乡镇", "鄉鎮市區", "鄉鎮市", "鄉鎮", "街道", "镇街", "行政區", "town_name")
BIRTHS = ("births", "出生人数", "出生人數", "出生數", "出生数", "出生人口", "出生")
YEAR = ("year", "年份", "年度", "年", "school_year", "學年度", "学年", "學年")
MONTH = ("month", "月份", "年月", "月", "统计月份", "統計月份", "date", "日期")

_AGE = re.compile(r"(?:age_?|年龄|年齡)?_?(\d{1,2})_?(?:岁|歲|周岁|足歲|years?)?")
_GRADE = re.compile(r"(?<![a-z])(?:g|grade_?)(\d{1,2})(?!\d)|(\d{1,2}|[一二三四五六七八九])_?年[级級]")
_TOTAL = re.compile(r"(students|pupils|enrolment|学生|學生|在校生|在学|在學)")
_YEAR_AND_MONTH = r"^(\d{2,4}(?=\D)|\d{3,4}(?=\d\d$))\D*(\d{1,2})(?:\D.*)?$"
_SCHOOL_YEAR = re.compile(r"(?<!\d)(\d{2,4})(?!\d)")
_NOT_PUPILS = re.compile(r"class|teacher|staff|graduat|boarder|room|班|教师|教師|毕业|畢業|寄宿|职工|職工")
_RANK = re.compile(r"(?<=..)(?:[乡鄉镇鎮市区區]|街道)$")
_DIGITS = {zh: digit for digit, zh in enumerate("一二三四五六七八九", 1)}
_FIRST_YEAR_OF_THE_REPUBLIC = 1911


def find(tables: Sequence[Table]) -> tuple[Task, ...]:
    """
    Give one task for each table of schools by grade whose townships have births or ages in other tables.

    Raises
    ------
    UnreadableHistory
        When a figure of these tables is no number or is negative.
    """
    findings = Findings()
    rolls = [roll for table in tables if (roll := _read_roll(table, findings)) is not None]
    sources = [source for table in tables for source in _read_registers(table, findings)] if rolls else []
    tasks: list[Task] = []
    for roll in rolls:
        named = [Register(source.month, _named_as(source.counts, roll.pupils.index)) for source in sources]
        here = [source for source in named if roll.pupils.index.isin(source.counts.index).mean() > SAME_COUNTY]
        children = Children(tuple(roll.pupils.index), tuple(here))
        history = _history(roll, children)
        if history is not None:
            tasks.append(Registers(history))
    if tasks:
        refuse(findings)
    return tuple(tasks)


# Reading


@dataclass(frozen=True, slots=True, eq=False)
class Roll:
    """
    Pupils by township from a table of schools.

    Attributes
    ----------
    pupils
        Index townships, columns grades.
    earlier
        Totals of the same schools in the latest earlier year, by township; ``None`` where the table has none.
    """

    name: str
    year: int
    pupils: pd.DataFrame
    earlier_year: int | None
    earlier: pd.Series | None


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """Children by township: at each age at the end of a month, or born in it (one column, ``births``)."""

    month: int
    counts: pd.DataFrame

    @property
    def ages(self) -> bool:
        """Tell whether it counts ages and not births."""
        return "births" not in self.counts


def _read_roll(table: Table, findings: Findings) -> Roll | None:
    town = table.column(TOWN)
    grades = _grade_columns(table)
    if town is None or not grades:
        return None
    places = table.frame[town].astype("string").str.strip()
    pupils = pd.DataFrame(
        {
            grade: np.nansum([numbers(table, name, findings) for name in names], axis=0)
            for grade, names in sorted(grades.items())
        },
        index=table.frame.index,
    )
    totals = {year: numbers(table, name, findings) for year, name in _total_columns(table).items()}
    year = _outcome_year(table, totals, pupils.sum(axis=1).to_numpy())
    if year is None:
        return None
    before = max((told for told in totals if told < year), default=None)
    earlier = None if before is None else pd.Series(totals[before], table.frame.index).groupby(places).sum()
    return Roll(table.stem, year, pupils.groupby(places).sum(), before, earlier)


def _grade_columns(table: Table) -> dict[int, list[str]]:
    """Headings that count pupils of a grade: of both sexes where so told, else those of boys and of girls."""
    found: dict[int, dict[bool, list[str]]] = {}
    for heading in table.frame.columns:
        name = plain(str(heading))
        match = _GRADE.search(name)
        if match is None or _NOT_PUPILS.search(name):
            continue
        told = match[1] or match[2]
        grade = _DIGITS.get(told) or int(told)
        if grade in STAGE_OF_GRADE:
            one_sex = re.search(r"boy|girl|male|男|女", name) is not None
            found.setdefault(grade, {}).setdefault(one_sex, []).append(str(heading))
    return {grade: names.get(False, names.get(True, [])) for grade, names in found.items()}


def _total_columns(table: Table) -> dict[int, str]:
    """Headings that give all pupils of a school in a year, as ``students_sy107`` or ``107學年學生數``."""
    found: dict[int, str] = {}
    for heading in table.frame.columns:
        name = plain(str(heading)).replace("sy", "_")
        year = _SCHOOL_YEAR.search(name)
        if year and _TOTAL.search(name) and not _GRADE.search(name) and not _NOT_PUPILS.search(name):
            found[_western(int(year[1]))] = str(heading)
    return found


def _outcome_year(table: Table, totals: dict[int, Numbers], pupils: Numbers) -> int | None:
    """The year of the grades: as a column says, else that of the total they add up to, else that of the file's name."""
    column = table.column(YEAR)
    if column is not None and table.frame[column].nunique() == 1 and str(table.frame[column].iloc[0]).isdigit():
        return _western(int(table.frame[column].iloc[0]))
    same = [year for year, total in totals.items() if np.mean(total == pupils) > 0.9]
    if same:
        return max(same)
    named = re.search(r"(?:sy_?)?(\d{3,4})(?!.*\d)", plain(table.stem))
    return _western(int(named[1])) if named else None


def _western(year: int) -> int:
    """A year of the Republic (民國) is told by its smallness."""
    return year + _FIRST_YEAR_OF_THE_REPUBLIC if year < 200 else year


def _read_registers(table: Table, findings: Findings) -> Iterable[Register]:
    """Split a table of ages or births by township and month."""
    town = table.column(TOWN)
    births = table.column(BIRTHS)
    ages = {int(match[1]): str(name) for name in table.frame if (match := _AGE.fullmatch(plain(str(name))))}
    columns: dict[int | str, str] = {"births": births} if births else dict(ages.items())
    if town is None or _grade_columns(table) or len(columns) < (1 if births else 2):
        return
    months = _months(table)
    if months is None:
        return
    counts = pd.DataFrame({key: numbers(table, name, findings) for key, name in columns.items()})
    places = table.frame[town].astype("string").str.strip().to_numpy()
    for month in np.unique(months):
        rows = months == month
        yield Register(int(month), counts[rows].fillna(0).groupby(places[rows]).sum())


def _months(table: Table) -> Numbers | None:
    """Months since year 0 of each row; ``None`` where year and month are not both told."""
    year, month = table.column(YEAR), table.column(MONTH)
    if month is None:
        return None
    if year is not None and pd.api.types.is_numeric_dtype(table.frame[month]):
        told = table.frame[year].map(_western)
        return np.asarray(12 * told + table.frame[month] - 1, dtype=np.float64)
    parts = table.frame[month].astype("string").str.extract(_YEAR_AND_MONTH).astype("Float64")
    if parts.isna().any(axis=None):
        return None
    return np.asarray(12 * parts[0].map(lambda told: _western(int(told))) + parts[1] - 1, dtype=np.float64)


def _named_as(counts: pd.DataFrame, places: pd.Index) -> pd.DataFrame:
    """Give townships that changed rank (頭份鎮, 頭份市) the name they have in the roll, where only one can be meant."""
    missing = [str(place) for place in places if place not in counts.index]
    here = [str(name) for name in counts.index if name not in places]
    stems = [_RANK.sub("", name) for name in here]
    only = {_RANK.sub("", place): place for place in missing}
    return counts.rename(
        index={
            name: only[stem] for name, stem in zip(here, stems, strict=True) if stems.count(stem) == 1 and stem in only
        }
    )


# Children of a cohort


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Registered children of a cohort by place, shape (P,), and the month they were counted, on the average."""

    counts: Numbers
    month: float
    source: str


class Children:
    """What the registers of a county tell of each cohort."""

    def __init__(self, places: tuple[str, ...], registers: tuple[Register, ...]) -> None:
        self.places = places
        self.ages = sorted((one for one in registers if one.ages), key=lambda one: -one.month)
        self.births = {one.month: one for one in registers if not one.ages}

    def cohort(self, cohort: int, until: int) -> Cohort | None:
        """
        Return the children of a cohort as registers before a month tell them; ``None`` where none does.

        Parameters
        ----------
        cohort
            Named by the September in which it enters grade 1, as in ``data.forecast.cohort``.
        until
            The first month that is not known.
        """
        known = [one for one in self.ages if one.month < until]
        born = [12 * year + month - 1 for year, month in birth_months(cohort)]
        return (
            next((told for one in known if one.month % 12 == AUGUST - 1 and (told := self._aged(one, born))), None)
            or self._born(born, until)
            or next((told for one in known if (told := self._aged(one, born))), None)
        )

    def _aged(self, register: Register, born: list[int]) -> Cohort | None:
        """The cohort as a register tells it, every age shared out evenly over the months of birth."""
        months = [register.month - month for month in born]
        ages = [elapsed // 12 for elapsed in months]
        if min(months) < 0 or not set(ages) <= set(register.counts.columns):
            return None
        shares = {age: ages.count(age) / 12 for age in set(ages)}
        counts = sum((share * self._at(register, age) for age, share in shares.items()), np.zeros(len(self.places)))
        return Cohort(counts, register.month, f"ages of {_text(register.month)}")

    def _born(self, born: list[int], until: int) -> Cohort | None:
        if not all(month in self.births and month < until for month in born):
            return None
        counts = sum((self._at(self.births[month], "births") for month in born), np.zeros(len(self.places)))
        return Cohort(counts, float(np.mean(born)), f"births {_text(born[0])} to {_text(born[-1])}")

    def _at(self, register: Register, column: int | str) -> Numbers:
        return np.asarray(register.counts[column].reindex(self.places).fillna(0), dtype=np.float64)

    def moved_a_year(self, oldest: int, until: int) -> Numbers | None:
        """
        Return yearly registered movement of children by place, as a logarithm, shape (P,).

        Between the first and the last register before a month, o[p,a] children of age a stand where e[p,a] are to be
        expected from the first one, birthdays spread evenly. Ages that all places lose or win alike are taken out:
        E = e x sum_p o / sum_p e. Then ln(sum_a o / sum_a E) / years is drawn towards the other places by
        `data.forecast.capture.drawn_together`, with the variance

            d / (sum_a o) / years^2     d = sum (o - E r)^2 / (E r) / freedom, the dispersion measured between ages

        What all places share is not carried: the county's own ratio holds it. ``None`` under two registers.
        """
        known = [one for one in self.ages if one.month < until]
        if len(known) < 2:
            return None
        last, first = known[0], known[-1]
        whole, part = divmod(last.month - first.month, 12)
        ages = [age for age in range(whole + (part > 0), oldest + 2) if _has(last, age) and _has(first, age - whole)]
        if part:
            ages = [age for age in ages if _has(first, age - whole - 1)]
        if len(ages) < 2:
            return None
        seen = np.column_stack([self._at(last, age) for age in ages])
        part_of = part / 12
        expected = np.column_stack(
            [
                (1 - part_of) * self._at(first, age - whole)
                + (part_of * self._at(first, age - whole - 1) if part else 0.0)
                for age in ages
            ]
        )
        return _movement(seen, expected, (last.month - first.month) / 12)


def _has(register: Register, age: int) -> bool:
    return age in register.counts.columns


def _movement(seen: Numbers, expected: Numbers, years: float) -> Numbers:
    """Movement of `Children.moved_a_year` from counts of shape (P, ages)."""
    expected = expected * seen.sum(axis=0) / np.maximum(expected.sum(axis=0), 1e-9)
    some = (seen.sum(axis=1) > 0) & (expected.sum(axis=1) > 0)
    movement = np.zeros(len(seen))
    if some.sum() < 3:
        return movement
    o, e = seen[some], expected[some]
    ratio = o.sum(axis=1) / e.sum(axis=1)
    fitted = np.maximum(e * ratio[:, None], 1e-9)
    freedom = (len(o) - 1) * (o.shape[1] - 1)
    dispersion = max(float(((o - fitted) ** 2 / fitted).sum()) / freedom, 1e-9)
    drawn = capture.drawn_together(np.log(ratio) / years, dispersion / o.sum(axis=1) / years**2)
    movement[some] = drawn.values
    return movement


def _text(month: float) -> str:
    year, index = divmod(int(month), 12)
    return f"{year}-{index + 1:02d}"


# Forecasts


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """
    What is known of a county and what came.

    Attributes
    ----------
    places
        Townships with a school at the outcome.
    pupils
        Shape (P, G): the outcome.
    children, moved
        Shape (P, G): registered, and with registered movement up to the outcome.
    earlier
        Shape (P,): pupils of all grades in the earlier year, NaN where unknown.
    base, base_moved
        Shape (P,): children of all grades in the earlier year, registered and moved.
    """

    name: str
    year: int
    origin: int
    grades: tuple[int, ...]
    places: tuple[str, ...]
    pupils: Numbers
    children: Numbers
    moved: Numbers
    earlier: Numbers
    base: Numbers
    base_moved: Numbers
    notes: tuple[str, ...] = ()

    @property
    def stage(self) -> str:
        """The stage of the grades; several joined by +."""
        return "+".join(dict.fromkeys(STAGE_OF_GRADE[grade].value for grade in self.grades))


def _history(roll: Roll, children: Children) -> History | None:
    """Join a roll and the registers of its townships; ``None`` where no grade has a cohort."""
    until = 12 * roll.year + AUGUST
    told = {int(str(grade)): children.cohort(roll.year - int(str(grade)) + 1, until) for grade in roll.pupils}
    cohorts = {grade: cohort for grade, cohort in told.items() if cohort is not None}
    if not cohorts:
        return None
    grades = tuple(cohorts)
    before = _cohorts_before(roll, children, grades)
    origin = roll.earlier_year if before and roll.earlier_year else int(max(c.month for c in cohorts.values()) // 12)
    moved = children.moved_a_year(max(grades) + 5, 12 * origin + AUGUST)
    rate = np.zeros(len(children.places)) if moved is None else moved
    earlier = roll.earlier.reindex(roll.pupils.index).to_numpy(float) if before and roll.earlier is not None else None
    missing = [grade for grade in told if grade not in cohorts]
    notes = [f"grade {grade}: neither births nor ages of its cohort; left out" for grade in missing]
    notes += [f"grade {grade}: children from {cohort.source}" for grade, cohort in cohorts.items()]
    notes += [] if before else ["no earlier rolls with a known cohort: registered children are the only base"]
    notes += [] if moved is not None else ["fewer than two registers of ages: no registered movement is known"]
    return History(
        roll.name,
        roll.year,
        origin,
        grades,
        children.places,
        roll.pupils[list(grades)].to_numpy(float),
        np.column_stack([cohort.counts for cohort in cohorts.values()]),
        np.column_stack([_carried(cohort, rate, roll.year) for cohort in cohorts.values()]),
        np.full(len(rate), np.nan) if earlier is None else earlier,
        _sum(cohort.counts for cohort in before),
        _sum(_carried(cohort, rate, origin) for cohort in before),
        tuple(notes),
    )


def _cohorts_before(roll: Roll, children: Children, grades: tuple[int, ...]) -> list[Cohort]:
    """The cohorts of the earlier rolls; none where not all are known, or where those rolls had other grades."""
    if roll.earlier_year is None or len(grades) < len(roll.pupils.columns):
        return []
    until = 12 * roll.earlier_year + AUGUST
    found = [children.cohort(roll.earlier_year - grade + 1, until) for grade in grades]
    known = [cohort for cohort in found if cohort is not None]
    return known if len(known) == len(found) else []


def _carried(cohort: Cohort, rate: Numbers, year: int) -> Numbers:
    """Move a cohort from when it was counted to the end of August of a year."""
    return np.asarray(cohort.counts * np.exp(rate * (12 * year + AUGUST - 1 - cohort.month) / 12))


def _sum(counts: Iterable[Numbers]) -> Numbers:
    return np.asarray(sum(counts, np.zeros(1)), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What a set of places teaches about the others: drift of the carried ratio, and grades."""

    drift: capture.Drift
    grade_level: Numbers
    grade_share: float


class Registers:
    """A county's rolls, forecast from its registers."""

    kind = "registers"

    def __init__(self, history: History) -> None:
        self.history = history
        self.name = history.name

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What was left out, held or assumed, and what half of the townships teach about the other half."""
        fixed = (
            *self.history.notes,
            f"townships: forecast with nothing of their own outcome in {self.history.year}; "
            "drift, grades and bands from the other townships",
            f"county: forecast with nothing of {self.history.year}; grades by the square root of registered children",
            "county: no band, because the files hold no other county whose errors could tell its width",
        )
        halves = self.error_by_halves()
        learned = f"learned from half of the townships, the mean error over the other half is {100 * halves:.1f} %"
        return (*fixed, learned) if np.isfinite(halves) else fixed

    @cached_property
    def carried(self) -> Numbers:
        """Pupils by place, shape (P,): the earlier capture ratio on moved children, the total kept."""
        return self._carry(self.history.base_moved, self.history.moved.sum(axis=1))

    def _carry(self, base: Numbers, children: Numbers) -> Numbers:
        """Carry the earlier ratio to children; the county's total is that of children as registered, not as moved."""
        if not np.isfinite(self.history.earlier).any():
            return children
        found = capture.ratios(self.history.earlier, base, np.ones(len(base), dtype=np.bool_)).apply(children)
        return np.asarray(found * self.county_total / found.sum())

    @cached_property
    def county_total(self) -> float:
        """Pupils of the county: its earlier ratio times its registered children."""
        return float(self.county_ratio * self.history.children.sum())

    @cached_property
    def county_ratio(self) -> float:
        """Pupils to a registered child in the earlier year, over all places whose rolls are known; 1 where none is."""
        known = np.isfinite(self.history.earlier)
        children = self.history.base[known].sum() if known.any() else 0.0
        return float(self.history.earlier[known].sum() / children) if children else 1.0

    def learn(self, places: NDArray[np.intp]) -> Model:
        """Learn from the outcome of some places."""
        actual = self.history.pupils[places]
        usable = places[(actual.sum(axis=1) > 0) & (self.carried[places] > 0)]
        change = np.log(self.history.pupils[usable].sum(axis=1) / self.carried[usable])
        return Model(capture.drift(change, self.carried[usable]), *self._grades(usable))

    def _grades(self, places: NDArray[np.intp]) -> tuple[Numbers, float]:
        """Fit ln(pupils of a grade) = level of the grade + share x ln(children), both about the mean of a place."""
        if not places.size:
            return np.zeros(len(self.history.grades)), 0.5
        x, y = _about_mean(self.history.children[places]), _about_mean(self.history.pupils[places])
        weight = np.sqrt(self.carried[places])[:, None]
        x0, y0 = (weight * x).sum(axis=0) / weight.sum(), (weight * y).sum(axis=0) / weight.sum()
        square = float((weight * (x - x0) ** 2).sum())
        share = float((weight * (x - x0) * (y - y0)).sum()) / square if square > 0 and places.size > 2 else 0.5
        return y0 - share * x0, share

    def forecast(self, model: Model, places: NDArray[np.intp]) -> Numbers:
        """Return the pupils of some places by grade, shape (len(places), G)."""
        carried = self.carried[places]
        total = carried * model.drift.factor(np.maximum(carried, 1.0))
        logs = model.grade_level + model.grade_share * _about_mean(self.history.children[places])
        shares = np.exp(logs)
        return np.asarray(total[:, None] * shares / shares.sum(axis=1, keepdims=True))

    def without(self, *left_out: int) -> Model:
        """Learn from all places but some."""
        return self.learn(np.setdiff1d(np.arange(len(self.history.places)), left_out))

    @cached_property
    def one_out(self) -> Numbers:
        """Pupils by grade, shape (P, G), each place forecast from the others."""
        return np.vstack([self.forecast(self.without(p), np.array([p])) for p in range(len(self.history.places))])

    def bands(self, totals: bool) -> tuple[Numbers, Numbers]:
        """
        Return the ends of the 80 % bands of `one_out`, shape (P, G), or (P, 1) for totals.

        The errors behind the band of a place are those of each other place, learned without either.
        """
        count = len(self.history.places)
        low, high = [], []
        for place in range(count):
            others = np.array([p for p in range(count) if p != place], dtype=np.intp)
            made = [self.forecast(self.without(place, p), np.array([p])) for p in others]
            known = np.vstack(made) if made else np.empty((0, len(self.history.grades)))
            found = Band.of(_kept(known, totals), _kept(self.history.pupils[others], totals))
            ends = found.around(_kept(self.one_out[place : place + 1], totals))
            low.append(ends[0])
            high.append(ends[1])
        return np.vstack(low), np.vstack(high)

    def error_by_halves(self, draws: int = 50, seed: int = 0) -> float:
        """Return the mean |error| of township totals forecast from a random half of the townships; NaN under 8."""
        count = len(self.history.places)
        if count < 8:
            return np.nan
        rng = np.random.default_rng(seed)
        errors = []
        for _ in range(draws):
            order = rng.permutation(count)
            for taught, tried in ((order[::2], order[1::2]), (order[1::2], order[::2])):
                actual = self.history.pupils[tried].sum(axis=1)
                made = self.forecast(self.learn(taught), tried).sum(axis=1)
                errors.append(np.abs(made - actual)[actual > 0] / actual[actual > 0])
        return float(np.concatenate(errors).mean())

    def trials(self) -> pd.DataFrame:
        """Make the forecasts of townships and county, totals and grades, by every method."""
        totals, grades = self._of_places(True), self._of_places(False)
        frames = [
            *(self._frame("township pupils", made, name, None) for name, made in totals.items()),
            *(self._frame("township grade", made, name, self.history.grades) for name, made in grades.items()),
            *(self._frame("county pupils", made, name, None) for name, made in self._of_county(True).items()),
            *(self._frame("county grade", made, name, self.history.grades) for name, made in self._of_county().items()),
        ]
        return pd.concat(frames, ignore_index=True)[list(TRIAL_COLUMNS)]

    def _of_places(self, totals: bool) -> dict[str, Made]:
        history, even = self.history, np.full(len(self.history.grades), 1 / len(self.history.grades))
        births = history.children / np.maximum(history.children.sum(axis=1, keepdims=True), 1.0)
        unmoved = self._carry(history.base, history.children.sum(axis=1))
        found = {
            "registered births": history.children,
            UNCHANGED: history.earlier[:, None] * even,
            "county ratio": self.county_ratio * history.children,
            "carried ratio": unmoved[:, None] * births,
            "carried ratio, moved": self.carried[:, None] * births,
        }
        made = {name: Made(_kept(figures, totals)) for name, figures in found.items()}
        return {**made, OURS: Made(_kept(self.one_out, totals), *self.bands(totals))}

    def _of_county(self, totals: bool = False) -> dict[str, Made]:
        history = self.history
        children = history.children.sum(axis=0, keepdims=True)
        roots = np.sqrt(children)
        ours = _kept(self.county_total * roots / roots.sum(), totals)
        known = history.earlier.sum() if np.isfinite(history.earlier).all() else np.nan
        return {
            "registered births": Made(_kept(children, totals)),
            UNCHANGED: Made(_kept(known * np.ones_like(children) / children.size, totals)),
            "county ratio": Made(_kept(self.county_ratio * children, totals)),
            OURS: Made(ours),
        }

    def _frame(self, unit: str, made: Made, method: str, grades: tuple[int, ...] | None) -> pd.DataFrame:
        history = self.history
        county = unit.startswith("county")
        actual = _kept(history.pupils.sum(axis=0, keepdims=True) if county else history.pupils, grades is None)
        base = np.where(np.isfinite(history.earlier), history.earlier, self.carried)
        sizes = (np.array([base.sum()]) if county else base) / (1 if grades is None else len(history.grades))
        rows, columns = actual.shape
        return pd.DataFrame(
            {
                "unit": unit,
                "stage": history.stage,
                "place": np.repeat(["county"] if county else list(history.places), columns),
                "grade": pd.array(np.tile(grades, rows) if grades else [None] * (rows * columns), dtype="Int64"),
                "origin": history.origin,
                "year": history.year,
                "horizon": history.year - history.origin,
                "method": method,
                "forecast": made.forecast.ravel(),
                "low": made.ends(made.low).ravel(),
                "high": made.ends(made.high).ravel(),
                "actual": actual.ravel(),
                "size": np.repeat(sizes, columns),
            }
        )


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Forecasts of one method, shape (P, G) or (P, 1), with the ends of their bands where it has any."""

    forecast: Numbers
    low: Numbers | None = None
    high: Numbers | None = None

    def ends(self, given: Numbers | None) -> Numbers:
        """Return ends of bands, NaN where there are none."""
        return np.full_like(self.forecast, np.nan) if given is None else given


@dataclass(frozen=True, slots=True)
class Band:
    """A band by size of place: forecast x exp(-+ quantile x spread)."""

    spread: capture.Spread
    quantile: float

    @classmethod
    def of(cls, forecast: Numbers, actual: Numbers) -> Band:
        """Learn from forecasts of other places and what came, shapes alike."""
        some = forecast > 0
        errors = np.log((actual[some] + SMOOTHING) / (forecast[some] + SMOOTHING))
        if not errors.size:
            return cls(capture.Spread(0.0, 1.0), np.nan)
        found = capture.spread(errors, forecast[some])
        level = min(BAND * (errors.size + 1) / errors.size, 1.0)
        return cls(found, float(np.quantile(np.abs(errors) / found.sd(forecast[some]), level)))

    def around(self, forecast: Numbers) -> tuple[Numbers, Numbers]:
        """Return the low and high ends about forecasts."""
        width = self.quantile * self.spread.sd(np.maximum(forecast, 1.0))
        moved = forecast + SMOOTHING
        return np.maximum(moved * np.exp(-width) - SMOOTHING, 0.0), moved * np.exp(width) - SMOOTHING


def _kept(figures: Numbers, totals: bool) -> Numbers:
    return np.asarray(figures.sum(axis=1, keepdims=True) if totals else figures)


def _about_mean(counts: Numbers) -> Numbers:
    logs = np.log(counts + SMOOTHING)
    return np.asarray(logs - logs.mean(axis=1, keepdims=True))
