"""The rows of monitoring are those of the forecast document, field for field."""

from dataclasses import asdict, fields
from datetime import date

import numpy as np
import pytest

from app.cases.forecast_document import MigrantRow, PeakRow, SmallClassRow, WarningRow
from data.monitoring import migrants, peaks, small_classes, warning
from data.monitoring.layer import Layer, Level
from data.norms import Norms


@pytest.mark.parametrize(
    ("ours", "sent"),
    [
        (warning.Warning, WarningRow),
        (peaks.Peak, PeakRow),
        (small_classes.SmallClass, SmallClassRow),
        (migrants.Migrants, MigrantRow),
    ],
)
def test_the_fields_are_the_same(ours, sent):
    assert [field.name for field in fields(ours)] == list(sent.model_fields)


def test_a_warning_and_a_peak_are_taken_as_they_are():
    pupils = np.full((1, 4, 3), 150)
    layer = Layer(
        Level.SCHOOL, ("s1",), ("North",), ("t1",), (2026, 2027, 2028), pupils, pupils, pupils, pupils - 50,
        np.ones(pupils.shape), np.zeros(pupils.shape),
    )  # fmt: skip
    for row in warning.watch(layer, Norms.default(), date(2026, 3, 1)):
        assert WarningRow.model_validate(asdict(row)).act_by == row.act_by
    for row in peaks.find(layer):
        assert PeakRow.model_validate(asdict(row)).peak_pupils == 150
