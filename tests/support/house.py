"""A running service for tests, on a real database; only the workers are played, at their one door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import forecast_document
import hamlet_plan
import hamlet_roads
import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.audit import SYSTEM
from app.cases.forecast_document import ForecastDocument
from app.cases.plan_document import PlanDocument
from app.cases.recipe import Recipe
from app.db import datasets, forecasts, monitoring_reports, runs, scenarios, schedules, tokens
from app.db.models import DatasetRow, Kind
from app.db.session import Database
from app.main import create_app
from app.settings import Settings
from data.domain.district import District
from data.sample import three_hamlets

HOME = three_hamlets.DIVISION
OTHER = hamlet_plan.OTHER_DIVISION


class Starter:
    """Writes down what was handed to the workers."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def start(self, id: str, kind: Kind = Kind.RUN) -> None:
        self.started.append(id)


@dataclass(frozen=True)
class Stored:
    """Ids of one thing of each kind, all of one division."""

    dataset: str
    scenario: str
    run: str
    plan: str
    schedule: str
    token: str
    forecast: str
    report: str


@dataclass
class House:
    """The service, its first token, and ways in."""

    app: FastAPI
    database: Database
    starter: Starter
    first_token: str
    clients: list[TestClient] = field(default_factory=list)

    def client(self, token: str | None = None) -> TestClient:
        """Open a door, with a token or without; faults of our own come as replies."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        client = TestClient(
            self.app,
            base_url="http://junheng.test",
            headers=headers,
            raise_server_exceptions=False,
            follow_redirects=False,
        )
        self.clients.append(client)
        return client

    def token(self, role: str, division: str | None = None) -> str:
        """Make a token; without a division it is the city's."""
        level = "city" if division is None else "district"
        with self.database.writing() as session:
            return tokens.create(session, name=role, role=role, level=level, division=division, actor=SYSTEM)[1]

    def as_(self, role: str, division: str | None = None) -> TestClient:
        """Open a door with a new token."""
        return self.client(self.token(role, division))

    @property
    def city(self) -> TestClient:
        """Open a door with the first token."""
        return self.client(self.first_token)

    def store_plan(self, division: str = HOME, document: PlanDocument | None = None, *, roads: bool = False) -> Stored:
        """Store a dataset with scenario, done run, plan, schedule, token, done forecast and its signed report."""
        district = hamlet_plan.hamlets(division)
        network = hamlet_roads.packed() if roads else None
        with self.database.writing() as session:
            dataset, _ = datasets.store(session, district, [], SYSTEM, network)
            scenario = scenarios.store(session, dataset, hamlet_plan.SCENARIO, SYSTEM)
            run, _ = runs.create(session, scenario, order=hamlet_plan.SCENARIO.solve, actor=SYSTEM)
            runs.mark_running(session, run.id, "w1")
            plan = runs.finish(session, run.id, document or hamlet_plan.document(district), {"executor": "w1"})
            schedule = schedules.create(
                session, scenario, cron="30 2 * * *", timezone="Asia/Shanghai", enabled=True, actor=SYSTEM
            )
            token, _ = tokens.create(
                session, name="someone", role="reader", level="district", division=division, actor=SYSTEM
            )
            assert plan is not None
            forecast = _forecast(session, dataset, forecast_document.document(division=division))
            report = monitoring_reports.draft(session, forecast, comments="", previous_id=None, actor=SYSTEM)
            monitoring_reports.sign(session, report.id, "张三", actor=SYSTEM)
            return Stored(dataset.id, scenario.id, run.id, plan, schedule.id, token.id, forecast, report.id)

    def store_forecast(self, document: ForecastDocument, division: str = HOME) -> str:
        """Store a done forecast of the three hamlets."""
        with self.database.writing() as session:
            dataset, _ = datasets.store(session, hamlet_plan.hamlets(division), [], SYSTEM)
            return _forecast(session, dataset, document)


def _forecast(session: Session, dataset: DatasetRow, document: ForecastDocument) -> str:
    forecast, _ = forecasts.create(session, dataset, Recipe(), actor=SYSTEM)
    forecasts.mark_running(session, forecast.id, "w1")
    assert forecasts.finish(session, forecast.id, forecasts.pack(document), {"executor": "w1"})
    return forecast.id


@pytest.fixture
def house(database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[House]:
    """A service with an empty database, once on each kind of server."""
    settings = Settings(data_dir=tmp_path / "var", database=database_url, max_upload_mb=2, max_body_mb=1)
    starter = Starter()
    app = create_app(settings, starter, page=tmp_path / "no-page")
    first = capsys.readouterr().out.strip().rsplit(" ", 1)[-1]
    with closing(Database(database_url)) as database:
        yield House(app, database, starter, first)
    app.state.service.database.close()


def first_token_in(app: FastAPI) -> str:
    """Make a city administrator's token in a service whose first token went by unseen."""
    with app.state.service.database.writing() as session:
        return tokens.create(session, name="first", role="admin", level="city", division=None, actor=SYSTEM)[1]


def district() -> District:
    """Return the three hamlets of the home division."""
    return hamlet_plan.hamlets()
