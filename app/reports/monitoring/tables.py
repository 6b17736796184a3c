"""Sentences and tables about one place, or about warnings, that both reports print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.cases.forecast_document import ForecastDocument, PlaceOutlook, WarningRow
from app.reports.monitoring import words
from app.reports.monitoring.alerts import Alert
from app.reports.monitoring.blocks import Cell, Column, Table


def whole(document: ForecastDocument) -> PlaceOutlook | None:
    """Find the outlook of the whole division."""
    places = document.levels.get("division", ())
    return places[0] if places else None


def known(series: Sequence[int | None], years: Sequence[int]) -> list[tuple[int, int]]:
    """List the years of which something is known: (year, count)."""
    return [(year, count) for year, count in zip(years, series, strict=True) if count is not None]


def stage_sentence(place: PlaceOutlook, stage: str, years: Sequence[int], band: float) -> str:
    """Tell the children of a stage in the first year, at the peak and in the last year."""
    told = known(place.pupils[stage], years)
    if not told:
        return f"{words.stage(stage)}：无数据。"
    (first, now), (last, then) = told[0], told[-1]
    top, most = max(told, key=lambda pair: (pair[1], -pair[0]))
    at = years.index(first)
    low, high = place.low[stage][at], place.high[stage][at]
    within = "" if low == high else f"（{band:.0%}区间{words.band(low, high)}）"
    said = f"{words.stage(stage)}：{first}年{'预计' if within else ''}{words.count(now)}人{within}"
    said += "，为期内峰值" if top == first else f"，{top}年达峰{words.count(most)}人"
    if last == top:
        return f"{said}，为末年。"
    change = f"，较峰值{(then - most) / most:+.0%}" if most and not words.small(then) else ""
    return f"{said}，{last}年{words.count(then)}人{change}。"


def by_year(place: PlaceOutlook, years: Sequence[int]) -> Iterator[Table]:
    """Write pupils with their band, and places, of every year, two stages a table."""
    stages = words.in_order(place.pupils)
    for pair in (stages[at : at + 2] for at in range(0, len(stages), 2)):
        columns = [Column("年份", 0.8, "center")]
        for stage in pair:
            name = words.stage(stage)
            columns += [
                Column(f"{name}学生", 1, "right"),
                Column("区间", 1.6, "right"),
                Column(f"{name}学位", 1, "right"),
            ]
        yield Table(
            f"逐年学生数与学位：{'、'.join(words.stage(stage) for stage in pair)} Pupils and places by year",
            tuple(columns),
            tuple(
                (Cell(f"{year}"), *(cell for stage in pair for cell in _in_year(place, stage, at)))
                for at, year in enumerate(years)
            ),
        )


def _in_year(place: PlaceOutlook, stage: str, at: int) -> tuple[Cell, Cell, Cell]:
    return (
        Cell(words.count(place.pupils[stage][at])),
        Cell(words.band(place.low[stage][at], place.high[stage][at])),
        Cell(places_at(place, stage, at)),
    )


def places_at(place: PlaceOutlook, stage: str, at: int) -> str:
    """Write the places of a stage in a year of the document."""
    return words.number(place.places[stage][at]) if stage in place.places else words.UNKNOWN


def of_warnings(title: str, found: Sequence[Alert], parents: dict[str, str], *, district: bool = False) -> Table:
    """List warnings; with ``district``, ``parents`` names the district in place of the township."""
    return Table(
        title,
        (
            Column("学校", 1.8), Column("区县" if district else "乡镇", 1.3), Column("学段", 0.75, "center"),
            Column("三年内", 1.05, "center"), Column("全期最重", 1.4, "center"), Column("学生／学位", 1.6, "right"),
            Column("概率", 1.0, "right"), Column("措施", 1.4, "center"), Column("最迟行动日", 1.7, "center"),
        ),
        tuple(
            (
                Cell(alert.first.name),
                Cell(parents.get(alert.first.parent, alert.first.parent)),
                Cell(words.stage(alert.first.stage)),
                Cell(words.colour(alert.near), alert.near),
                Cell(f"{words.colour(alert.worst.colour)} {alert.worst.year}", alert.worst.colour),
                Cell(f"{words.count(alert.worst.pupils)}／{alert.worst.places:,}"),
                Cell(words.percent(alert.probability)),
                Cell(words.action(alert.urgent.action)),
                Cell(_until(alert.urgent)),
            )
            for alert in found
        ),
        under=tuple(_reason(alert.urgent) for alert in found),
        note="“三年内”为首年及其后两年最重等级；学生、学位和概率取全期最重之年；"
        "概率为抽样路径中学位不足（蓝色：富余）的比例。* 最迟行动日已过。",
        empty="期内无预警。",
    )  # fmt: skip


def _reason(row: WarningRow) -> str:
    return words.TOO_FEW if too_few(row.pupils, row.low, row.high) else row.reason_zh


def too_few(*counts: float | None) -> bool:
    """Tell whether words about these counts would give a masked one away."""
    return any(words.small(count) for count in counts)


def _until(row: WarningRow) -> str:
    if row.act_by is None:
        return words.UNKNOWN
    return f"{row.act_by}{'*' if row.overdue else ''}"
