"""
The content of the city's report: the signed reports of its districts, merged.

Pupils and places of the city are sums over districts, in the years that all of them forecast. The ends of its band are
the sums of the ends: as if all districts were low, or high, together. Where they are not, the band is wider than its
share of futures needs, which errs on the safe side; the paths of districts forecast apart cannot be added one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.cases.forecast_document import PlaceOutlook, PupilsByYear
from app.reports.monitoring import alerts, figures, frame, tables, words
from app.reports.monitoring.alerts import Alert
from app.reports.monitoring.blocks import Block, Cell, Column, Heading, Report, Table, Words
from app.reports.monitoring.inputs import CityInputs, DistrictInputs
from data.errors import PlanningError


class ReportsDoNotFit(PlanningError):
    """Reports cannot be merged into one."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"These reports cannot be merged: {reason}.")


@dataclass(frozen=True, slots=True)
class Totals:
    """
    The city as one place.

    Attributes
    ----------
    lacking
        Districts of which nothing is known, by stage; their children are in no sum.
    unlike
        Whether the districts' bands hold different shares of futures.
    """

    years: tuple[int, ...]
    place: PlaceOutlook
    lacking: Mapping[str, tuple[str, ...]]
    band: float
    unlike: bool


def common_years(parts: Sequence[DistrictInputs]) -> tuple[int, ...]:
    """
    Find the years that every district forecasts.

    Raises
    ------
    ReportsDoNotFit
        When there are none, no reports, or two of one district.
    """
    if not parts:
        raise ReportsDoNotFit("none is named")
    divisions = [part.division for part in parts]
    twice = sorted({division for division in divisions if divisions.count(division) > 1})
    if twice:
        raise ReportsDoNotFit(f"there are two of {', '.join(twice)}")
    years = set.intersection(*(set(part.forecast.document.years) for part in parts))
    if not years:
        raise ReportsDoNotFit("they have no year in common")
    return tuple(sorted(years))


def totals(parts: Sequence[DistrictInputs]) -> Totals:
    """
    Add the districts up.

    Raises
    ------
    ReportsDoNotFit
    """
    years = common_years(parts)
    stages = tuple(dict.fromkeys(stage for part in parts for stage in part.forecast.document.stages))
    told = {stage: [part for part in parts if _knows(part, stage, years)] for stage in stages}
    bands = {part.forecast.document.recipe.band for part in parts}

    def added(name: str) -> dict[str, PupilsByYear]:
        return {
            stage: _sum([_series(part, name, stage, years) for part in told[stage]]) for stage in stages if told[stage]
        }

    return Totals(
        years,
        PlaceOutlook(
            id="", name="全市", parent="", pupils=added("pupils"), low=added("low"), high=added("high"),
            places={stage: series for stage, series in added("places").items() if None not in series}, shortage={},
        ),
        {stage: tuple(name_of(part) for part in parts if part not in told[stage]) for stage in stages},
        min(bands),
        len(bands) > 1,
    )  # fmt: skip


def _knows(part: DistrictInputs, stage: str, years: Sequence[int]) -> bool:
    return None not in _series(part, "pupils", stage, years)


def places(parts: Sequence[DistrictInputs], years: Sequence[int]) -> tuple[PlaceOutlook, ...]:
    """Give the outlook of each district in the years asked for."""
    found = []
    for part in parts:
        stages = part.forecast.document.stages
        series = {
            name: {stage: _series(part, name, stage, years) for stage in stages}
            for name in ("pupils", "low", "high", "places")
        }
        found.append(PlaceOutlook(id=part.division, name=name_of(part), parent="", shortage={}, **series))
    return tuple(found)


def _series(part: DistrictInputs, name: str, stage: str, years: Sequence[int]) -> PupilsByYear:
    document = part.forecast.document
    place = tables.whole(document)
    series = None if place is None else getattr(place, name).get(stage)
    if series is None:
        return (None,) * len(years)
    by_year = dict(zip(document.years, series, strict=True))
    return tuple(by_year[year] for year in years)


def _sum(rows: Sequence[PupilsByYear]) -> PupilsByYear:
    return tuple(
        sum(value for value in column if value is not None) if None not in column else None
        for column in zip(*rows, strict=True)
    )


def name_of(part: DistrictInputs) -> str:
    """Name a district."""
    place = tables.whole(part.forecast.document)
    return place.name if place is not None and place.name else part.division


def report(inputs: CityInputs) -> Report:
    """
    Put the report together.

    Raises
    ------
    ReportsDoNotFit
    """
    city = totals(inputs.parts)
    return Report(
        title=inputs.title,
        title_en="School-age population of the city: monitoring and early warning",
        facts=(
            ("范围 Scope", f"全市，合并{len(inputs.parts)}个区县已签发报告"),
            ("基准年 Base years", _base_years(inputs)),
            ("预测年份 Years", f"{city.years[0]}–{city.years[-1]}"),
            *frame.standing(inputs),
        ),
        state=frame.state(inputs),
        draft=inputs.signature is None,
        synthetic=inputs.synthetic,
        at=inputs.created_at,
        blocks=frame.numbered(_sections(inputs, city)),
    )


def _base_years(inputs: CityInputs) -> str:
    return "、".join(str(year) for year in sorted({part.forecast.document.base_year for part in inputs.parts}))


def _sections(inputs: CityInputs, city: Totals) -> Iterator[Block]:
    yield from _summary(inputs, city)
    yield from _children(city)
    yield from _districts(inputs, city)
    yield from _red(inputs)
    yield from _comments(inputs)
    yield from _how(inputs, city)
    yield from frame.norms(*(part.forecast.document for part in inputs.parts))
    yield from frame.comments(inputs.comments)
    hashes = [(f"{name_of(part)}报告指纹", f"{part.hash}") for part in inputs.parts]
    yield from frame.signing(inputs, hashes)


def _summary(inputs: CityInputs, city: Totals) -> Iterator[Block]:
    yield Heading("摘要", "Summary")
    counts = {
        colour: sum(alerts.counted(part.forecast.document)[colour] for part in inputs.parts)
        for colour in alerts.COLOURS
    }
    told = "、".join(f"{words.colour(colour)}{count}处" for colour, count in counts.items())
    yield Words(
        (
            *(
                tables.stage_sentence(city.place, stage, city.years, city.band)
                for stage in city.place.pupils
            ),
            f"各区县学校预警合计（首年及其后两年最重等级，按学校和学段计）：{told}。",
        ),
        points=True,
    )  # fmt: skip


def _children(city: Totals) -> Iterator[Block]:
    yield Heading("全市学龄儿童与学位", "Children and places of the city")
    place = city.place
    parts = (city.years, place.pupils, place.low, place.high, place.places)
    yield figures.children(*parts, band=city.band)
    yield from tables.by_year(place, city.years)
    yield figures.balance(*parts)


def _districts(inputs: CityInputs, city: Totals) -> Iterator[Block]:
    yield Heading("分区县", "Districts")
    stages = tuple(city.place.pupils)
    yield Table(
        f"各区县学生数（{city.years[0]}年→{city.years[-1]}年）与预警 Districts",
        (
            Column("区县", 1.4), *(Column(words.stage(stage), 1.7, "right") for stage in stages),
            *(Column(words.colour(colour), 0.7, "center") for colour in alerts.COLOURS),
            Column("签发", 1.6, "center"),
        ),
        tuple(
            (
                Cell(name_of(part)),
                *(Cell(_from_to(_series(part, "pupils", stage, city.years))) for stage in stages),
                *(Cell(str(alerts.counted(part.forecast.document)[colour])) for colour in alerts.COLOURS),
                Cell("" if part.signature is None else f"{part.signature.name} {words.day(part.signature.at)}"),
            )
            for part in inputs.parts
        ),
    )  # fmt: skip


def _from_to(series: PupilsByYear) -> str:
    return f"{words.count(series[0])}→{words.count(series[-1])}"


def _red(inputs: CityInputs) -> Iterator[Block]:
    yield Heading("红色预警", "Red warnings")
    found: list[Alert] = []
    for part in inputs.parts:
        for alert in alerts.alerts(part.forecast.document, "school"):
            if alert.red:
                found.append(alert.under(name_of(part)))
    found.sort(key=lambda alert: alert.order)
    yield tables.of_warnings("全部红色预警 All red warnings", found, {}, district=True)


def _comments(inputs: CityInputs) -> Iterator[Block]:
    yield Heading("区县意见", "Comments of the districts")
    yield Table(
        "各区县报告所附意见 Comments",
        (Column("区县", 1), Column("意见", 5)),
        tuple((Cell(name_of(part)), Cell(part.comments.strip())) for part in inputs.parts if part.comments.strip()),
        empty="各区县均无意见。",
    )


def _how(inputs: CityInputs, city: Totals) -> Iterator[Block]:
    yield Heading("合并方法", "How the districts were added")
    lines = [
        "全市学生数、学位为各区县之和，仅取各区县共有的年份。",
        "区间的下限、上限分别为各区县下限、上限之和，即假定各区县同时偏低或同时偏高；各区县并不同步时，区间偏宽，偏于稳妥。",
    ]
    if city.unlike:
        lines.append("各区县区间所含路径比例不一，图表按其中最小者标注。")
    if len({part.forecast.document.base_year for part in inputs.parts}) > 1:
        lines.append(f"各区县基准年不同（{_base_years(inputs)}），比较时应注意。")
    lines += [
        f"{words.stage(stage)}未含：{'、'.join(names)}（该学段无完整数据）。"
        for stage, names in city.lacking.items()
        if names
    ]
    yield Words(tuple(lines), points=True)
