"""How far the forecast was off on the district's own past: the section that tells of the backtest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.cases.forecast_document import ForecastDocument
from app.reports.monitoring import words
from app.reports.monitoring.blocks import Block, Cell, Column, Heading, Table, Words

OURS, UNCHANGED = "junheng", "unchanged"
"""Methods as `data.backtest` names them."""

UNIT: Mapping[str, str] = {
    "district grade": "全区分年级", "school total": "学校总数", "school grade": "学校分年级",
    "district total": "全区总数", "township pupils": "乡镇学生", "county pupils": "全县学生",
}  # fmt: skip


def section(document: ForecastDocument) -> Iterator[Block]:
    """Tell the errors by horizon beside those of leaving everything unchanged, and whose are least."""
    yield Heading("预测精度", "Accuracy")
    rows = tuple(
        row for history in _histories(document.accuracy) for row in _compared(history.get("scores", []))
    )  # fmt: skip
    if rows:
        yield Table(
            "以往年份回测的平均误差 Mean error of past forecasts (MAPE)",
            (
                Column("对象", 1.6), Column("学段", 0.8, "center"), Column("提前年数", 0.9, "center"),
                Column("样本", 0.7, "right"), Column("本系统", 0.9, "right"), Column("保持不变", 0.9, "right"),
                Column("误差最小的方法", 1.8), Column("区间命中率", 1, "right"),
            ),
            rows,
            note="误差为平均绝对百分比误差；区间命中率应接近所定区间。其他方法更准时照实列出。",
        )  # fmt: skip
    yield Words((document.accuracy_note.text_zh,))


def _histories(accuracy: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [] if accuracy is None else list(accuracy.get("histories", []))


def _compared(scores: list[dict[str, Any]]) -> Iterator[tuple[Cell, ...]]:
    groups: dict[tuple[str, str, int], dict[str, dict[str, Any]]] = {}
    for row in scores:
        key = (str(row["unit"]), str(row.get("stage") or ""), int(row["horizon"]))
        groups.setdefault(key, {})[row["method"]] = row
    for (unit, stage, horizon), methods in sorted(groups.items()):
        ours = methods.get(OURS)
        if ours is not None:
            best = next((row["method"] for row in methods.values() if row.get("best")), None)
            yield (
                Cell(UNIT.get(unit, unit)),
                Cell(words.stage(stage) if stage else words.UNKNOWN),
                Cell(f"{horizon}"),
                Cell(f"{ours['cases']:,}"),
                Cell(_error(ours)),
                Cell(_error(methods.get(UNCHANGED, {}))),
                Cell(_method(best)),
                Cell(_in_percent(ours.get("coverage"), 0)),
            )


def _error(row: Mapping[str, Any]) -> str:
    return _in_percent(row.get("mape"), 1)


def _in_percent(value: float | None, digits: int) -> str:
    return words.UNKNOWN if value is None else f"{value:.{digits}f}%"


def _method(name: str | None) -> str:
    return words.UNKNOWN if name is None else {OURS: "本系统", UNCHANGED: "保持不变"}.get(name, name)
