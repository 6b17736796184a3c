"""Forecasts as work: what a child computes of one, and the document that is stored of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.db import forecasts, monitoring_reports
from app.jobs import kinds
from app.jobs.worker import Worker

MOST_SECONDS = 900.0
"""A whole city takes a minute; a child at work for longer than this is stopped."""


class Forecasts(kinds.Trade):
    """How workers work forecasts."""

    rows = forecasts

    def order_of(self, session: Session, worker: Worker, id: str) -> dict[str, Any]:
        """Write the recipe, and name the dataset and the forecast of the last signed report."""
        forecast = forecasts.get(session, id)
        return {
            "kind": forecasts.WORK.kind,
            "database_url": worker.settings.database_url,
            "dataset_id": forecast.dataset_id,
            "recipe": forecast.recipe,
            "previous_forecast_id": monitoring_reports.last_signed_forecast(session, forecast.division),
        }

    def seconds(self, order: Mapping[str, Any]) -> float:
        """Grant every recipe the same."""
        return MOST_SECONDS

    def store(
        self, session: Session, worker: Worker, id: str, order: Mapping[str, Any], document: Mapping[str, Any]
    ) -> None:
        """End the forecast with its document, which the child has packed."""
        manifest = kinds.manifest(forecasts.get(session, id)) | {
            "forecast": id,
            "recipe": order["recipe"],
            "previous_forecast": order["previous_forecast_id"],
        }
        forecasts.finish(session, id, forecasts.Packed.of(document), manifest, executor=worker.executor_id)


_FORECASTS = Forecasts()
solve = _FORECASTS.solve
take_up = _FORECASTS.take_up
desk = _FORECASTS.desk
settle = _FORECASTS.settle
