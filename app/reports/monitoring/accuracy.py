"""How far the forecast was off on the district's own past: the section that tells of the backtest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.cases.forecast_document import ForecastDocument
from app.reports.monitoring import words
from app.reports.monitoring.blocks import Block, Cell, Column, Heading, Table, Words

OURS, UNCHANGED = "junheng", "unchanged"
"""Methods as `data.backtest` names them."""
METHOD: Mapping[str, str] = {
    OURS: "本系统", UNCHANGED: "保持不变", "grade progression": "年级递进", "births alone": "只用出生数",
    "nobody moves": "无人迁移", "ETS": "指数平滑", "Theta": "Theta法",
}  # fmt: skip
UNIT: Mapping[str, str] = {
    "district grade": "全区分年级", "school total": "单校合计", "school grade": "单校分年级",
    "district total": "全区合计", "township pupils": "乡镇学生", "county pupils": "全县学生",
}  # fmt: skip
SCOPES = (("district total", "district grade"), ("school total", "school grade"))
"""The whole district and a single school, by totals where they were tried."""
HORIZONS = (1, 3, 5)
FEW_CASES = 20
"""With fewer cases, the share of them within the band says little."""

Scores = Mapping[str, Mapping[str, Any]]
"""Scores by method."""


def section(document: ForecastDocument) -> Iterator[Block]:
    """Tell the errors by horizon beside those of leaving everything unchanged, and whose are least."""
    yield Heading("预测精度", "Accuracy")
    rows = tuple(_rows(document.accuracy))
    if rows:
        yield Table(
            "以往年份回测的平均误差 Mean error of past forecasts (MAPE)",
            (
                Column("学段", 0.7, "center"), Column("对象", 1.2), Column("提前年数", 0.9, "center"),
                Column("样本", 0.7, "right"), Column("本系统", 0.8, "right"), Column("保持不变", 0.9, "right"),
                Column("其他方法", 1.5, "right"), Column("误差最小", 1, "center"),
                Column(f"{document.recipe.band:.0%}区间命中", 1.1, "right"),
            ),
            rows,
            note="误差为平均绝对百分比误差，其他方法更准时照实列出。区间命中率应接近所定区间；"
            f"* 样本不足{FEW_CASES}，仅供参考。全部年限、年级和方法见工作簿“精度”表。",
        )  # fmt: skip
    yield Words((document.accuracy_note.text_zh,))


def _rows(accuracy: dict[str, Any] | None) -> Iterator[tuple[Cell, ...]]:
    by_stage: dict[str, list[Mapping[str, Any]]] = {}
    for history in [] if accuracy is None else accuracy.get("histories", []):
        for score in history.get("scores", []):
            by_stage.setdefault(_stage(history, score), []).append(score)
    for stage in words.in_order(by_stage):
        for unit in _units(score["unit"] for score in by_stage[stage]):
            for horizon in HORIZONS:
                methods = {
                    score["method"]: score
                    for score in by_stage[stage]
                    if (score["unit"], score["horizon"]) == (unit, horizon)
                }
                if OURS in methods:
                    yield _row(stage, unit, horizon, methods)


def _stage(history: Mapping[str, Any], score: Mapping[str, Any]) -> str:
    """Give the stage of a score, told by itself or by its history ("primary 小学")."""
    named = str(history.get("name", "")).split(" ")[0]
    return str(score.get("stage") or (named if named in words.STAGE else ""))


def _units(told: Iterable[str]) -> tuple[str, ...]:
    """Choose the units that a planner asks for first; all, where none of them was tried."""
    tried = dict.fromkeys(told)
    asked = (next((unit for unit in scope if unit in tried), None) for scope in SCOPES)
    return tuple(unit for unit in asked if unit is not None) or tuple(tried)


def _row(stage: str, unit: str, horizon: int, methods: Scores) -> tuple[Cell, ...]:
    ours = methods[OURS]
    best = next((row["method"] for row in methods.values() if row.get("best")), None)
    coverage = _in_percent(ours.get("coverage"), 0)
    few = "*" if ours["cases"] < FEW_CASES and ours.get("coverage") is not None else ""
    return (
        Cell(words.stage(stage) if stage else words.UNKNOWN),
        Cell(UNIT.get(unit, unit)),
        Cell(f"{horizon}"),
        Cell(f"{ours['cases']:,}"),
        Cell(_error(ours)),
        Cell(_error(methods.get(UNCHANGED, {}))),
        Cell(_nearest(methods)),
        Cell(words.UNKNOWN if best is None else METHOD.get(best, best)),
        Cell(f"{coverage}{few}"),
    )


def _nearest(methods: Scores) -> str:
    """Name the best of the other methods that were tried on the same cases, with its error."""
    others = [
        row
        for name, row in methods.items()
        if name not in (OURS, UNCHANGED) and row.get("ranked") and row.get("mape") is not None
    ]
    if not others:
        return words.UNKNOWN
    best = min(others, key=lambda row: float(row["mape"]))
    return f"{METHOD.get(best['method'], best['method'])} {_error(best)}"


def _error(row: Mapping[str, Any]) -> str:
    return _in_percent(row.get("mape"), 1)


def _in_percent(value: float | None, digits: int) -> str:
    return words.UNKNOWN if value is None else f"{value:.{digits}f}%"
