"""Inputs of monitoring reports, made by hand from the forecast document of `forecast_document`."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import forecast_document

from app.cases.forecast_document import ForecastDocument
from app.db import forecasts
from app.reports.monitoring.inputs import CityInputs, DistrictInputs, Forecast, Previous, Signature

MADE = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SIGNATURE = Signature("张三", datetime(2026, 3, 2, 8, 0, tzinfo=UTC), "planner")


def district(
    document: ForecastDocument | None = None,
    *,
    comments: str = "水库移民安置点学位紧张。",
    signature: Signature | None = None,
    previous: ForecastDocument | None = None,
) -> DistrictInputs:
    """Make the inputs of a district's report."""
    made = document or forecast_document.document()
    return DistrictInputs(
        id=f"r-{made.division}",
        title="合成县学龄人口变化监测预警报告（2025年度）",
        division=made.division,
        comments=comments,
        created_at=MADE,
        created_by="planner",
        signature=signature,
        forecast=Forecast("f1", hashlib.sha256(forecasts.canonical(made)).hexdigest(), made),
        previous=None if previous is None else Previous("r0", "0" * 64, "上期报告", previous),
    )


def city(*parts: DistrictInputs) -> CityInputs:
    """Make the inputs of the city's report."""
    return CityInputs("c1", "全市学龄人口监测预警报告", "", MADE, "city", None, parts)
