"""The report of a backtest: JSON for programs and the accuracy page, a text for people."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from data.backtest.measure import FIGURES, GROUP, OURS, Task, scores, scores_by_size


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """
    What was measured on one history.

    Attributes
    ----------
    scores, by_size
        As `measure.scores` and `measure.scores_by_size` give them.
    """

    name: str
    kind: str
    notes: tuple[str, ...]
    trials: int
    scores: pd.DataFrame
    by_size: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The histories of one backtest, in the order found."""

    histories: tuple[History, ...]

    def json(self) -> dict[str, Any]:
        """Give the report as plain JSON; a figure that no case has is null."""
        return {"histories": [_document(history) for history in self.histories]}

    def text(self) -> str:
        """Give the report as a text in columns, the best method of each unit and horizon marked with ``*``."""
        return "\n\n".join(_text(history) for history in self.histories)


def report(tasks: Sequence[Task]) -> Report:
    """Run the trials of each task and score them."""
    return Report(tuple(_measured(task) for task in tasks))


def _measured(task: Task) -> History:
    trials = task.trials()
    return History(task.name, task.kind, tuple(task.notes), len(trials), scores(trials), scores_by_size(trials))


def _document(history: History) -> dict[str, Any]:
    return {
        "name": history.name,
        "kind": history.kind,
        "notes": list(history.notes),
        "trials": history.trials,
        "scores": _rows(history.scores),
        "scores_by_size": _rows(history.by_size),
        "best": _rows(history.scores[history.scores["best"]][[*GROUP, "method", "mape"]]) if history.trials else [],
    }


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows = json.loads(frame.to_json(orient="records", double_precision=6, force_ascii=False))
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(history: History) -> str:
    lines = [f"{history.name} ({history.kind}): {history.trials} trials"]
    lines += [f"  note: {note}" for note in history.notes]
    if history.trials:
        for (unit, stage), part in history.scores.groupby(["unit", "stage"], sort=True, dropna=False):
            lines += ["", f"  {unit}, {stage}" if isinstance(stage, str) and stage else f"  {unit}", *_block(part)]
    return "\n".join(lines)


def _block(part: pd.DataFrame) -> list[str]:
    width = max(len(str(method)) for method in part["method"]) + 2
    columns = f"{'cases':>7}{'MAPE':>8}{'places':>8}{'median':>8}{'weighted':>9}{'bias':>8}{'in band':>9}"
    heading = f"    {'years':>5}  {'method':<{width}}{columns}"
    lines = [heading]
    for horizon, rows in part.groupby("horizon", sort=True):
        for row in rows.sort_values(["ranked", "mape"], ascending=[False, True]).to_dict("records"):
            mark = "*" if row["best"] else "" if row["ranked"] else "?"
            figures = [f"{row[name]:.1f}" if row[name] == row[name] else "-" for name in FIGURES[1:]]
            mape, places, median, weighted, bias, coverage = figures
            lines.append(
                f"    {horizon:>5}  {row['method'] + mark:<{width}}{row['cases']:>7}{mape:>8}{places:>8}{median:>8}"
                f"{weighted:>9}{bias:>8}{coverage:>9}"
            )
        lines.append(_said(int(str(horizon)), rows))
    return lines


def _said(horizon: int, rows: pd.DataFrame) -> str:
    """Say which method is best at a horizon and how far ours is from it."""
    best = rows[rows["best"]]
    ours = rows[rows["method"] == OURS]
    if best.empty:
        return f"    {horizon:>5}  no method has enough cases to be compared"
    name, mape = best["method"].iloc[0], float(best["mape"].iloc[0])
    if name == OURS or ours.empty:
        return f"    {horizon:>5}  best: {name}"
    return f"    {horizon:>5}  best: {name}; {OURS} is {float(ours['mape'].iloc[0]) - mape:.1f} points behind"
