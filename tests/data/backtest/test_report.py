"""The report, for programs and for people."""

import json

import numpy as np
import pandas as pd

from data.backtest.measure import TRIAL_COLUMNS
from data.backtest.report import report


class Drawn:
    """A task with two places: ours is 20 % off, unchanged 10 %."""

    name, kind, notes = "drawn", "grades", ("drawn by hand",)

    def trials(self):
        rows = [
            ("school total", "", place, None, 2000, 2001, 1, method, 100 * off, low, 130.0, 100.0, 90.0)
            for place in "ab"
            for method, off, low in (("junheng", 1.2, 80.0), ("unchanged", 1.1, np.nan))
        ]
        return pd.DataFrame(rows, columns=list(TRIAL_COLUMNS))


class Empty(Drawn):
    name, notes = "nothing", ("too short",)

    def trials(self):
        return pd.DataFrame(columns=list(TRIAL_COLUMNS))


def test_the_document_is_plain_json_and_says_which_method_is_best_also_when_it_is_not_ours():
    document = json.loads(json.dumps(report([Drawn()]).json(), allow_nan=False))
    (history,) = document["histories"]
    assert (history["name"], history["kind"], history["trials"]) == ("drawn", "grades", 4)
    assert history["notes"] == ["drawn by hand"]
    ours, other = history["scores"]
    assert (ours["method"], ours["mape"], ours["coverage"]) == ("junheng", 20, 100)
    assert (other["method"], other["mape"], other["coverage"]) == ("unchanged", 10, None)
    assert [(row["unit"], row["horizon"], row["method"]) for row in history["best"]] == [
        ("school total", 1, "unchanged")
    ]


def test_the_text_marks_the_best_and_tells_how_far_ours_is_behind():
    text = report([Drawn()]).text()
    assert "unchanged*" in text
    assert "best: unchanged; junheng is 10.0 points behind" in text
    assert "note: drawn by hand" in text


def test_a_history_without_a_trial_is_told_with_its_notes():
    made = report([Empty()])
    assert made.json()["histories"][0]["scores"] == []
    assert "nothing (grades): 0 trials" in made.text()
    assert "too short" in made.text()
