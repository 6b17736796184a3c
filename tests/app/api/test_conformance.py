"""Requests made from the OpenAPI document, good and bad, get what the document says and never a fault of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from house import HOME, House, Starter, first_token_in
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.db.session import Database
from app.main import create_app
from app.settings import Settings

EXAMPLES = 12
"""Requests an operation: enough to find the crude lies; the shapes themselves are pinned in the other tests."""


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory):
    """A service with one of each thing; SQLite, for the database plays no part here."""
    folder: Path = tmp_path_factory.mktemp("conformance")
    url = f"sqlite:///{folder / 'junheng.sqlite'}"
    app = create_app(Settings(data_dir=folder, database=url), Starter(), page=folder)
    house = House(app, Database(url), Starter(), first_token_in(app))
    yield house
    house.database.close()
    app.state.service.database.close()


def test_every_operation_keeps_to_the_document(lived_in):
    stored = lived_in.store_plan(HOME, roads=True)
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", lived_in.app)
    known = {
        "dataset_id": stored.dataset,
        "scenario_id": stored.scenario,
        "run_id": stored.run,
        "plan_id": stored.plan,
        "schedule_id": stored.schedule,
        "forecast_id": stored.forecast,
        "report_id": stored.report,
        "settlement_id": "A",
        "school_id": "south",
        "collection": f"{stored.plan}.zones",
        "feature": "south",
        "table": "people",
    }
    headers = {"Authorization": f"Bearer {lived_in.first_token}"}
    checked = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), real=st.booleans())
        def keeps_to_the_document(case, real):
            if real:
                case.path_parameters = {
                    name: known.get(name, value) for name, value in (case.path_parameters or {}).items()
                }
            response = case.call(headers=headers)
            case.validate_response(
                response,
                checks=[
                    schemathesis.checks.not_a_server_error,
                    schemathesis.specs.openapi.checks.status_code_conformance,
                    schemathesis.specs.openapi.checks.content_type_conformance,
                    schemathesis.specs.openapi.checks.response_schema_conformance,
                ],
            )

        keeps_to_the_document()
        checked += 1
    assert checked > 65
