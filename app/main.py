"""The service: one application for the API, the OGC layers and the page."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles

from app.api import (
    access,
    datasets,
    doc,
    forecasts,
    monitoring_reports,
    ogc,
    plans,
    problems,
    roads,
    runs,
    scenarios,
    schedules,
)
from app.api.headers import SecurityHeaders
from app.api.limits import BodyLimit
from app.api.service import RunStarter, Service
from app.db import tokens
from app.db.migrate import migrate
from app.db.session import Database
from app.settings import Settings

PAGE = Path(__file__).parent / "web" / "dist"
NOT_BUILT = "The page is not built yet: run ./run, or npm ci && npm run build in app/web. The API is at /api.\n"

log = logging.getLogger("junheng.api")


def create_app(settings: Settings, starter: RunStarter, *, page: Path = PAGE) -> FastAPI:
    """
    Make the application: bring the database up to date, and print the first token when there is none.

    Parameters
    ----------
    starter
        Hands queued runs to the workers.
    page
        Folder of the built page.
    """
    database = Database(settings.database_url)
    migrate(database)
    show_first_token(database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        database.close()

    app = FastAPI(
        title="Junheng 均衡",
        version=version("junheng"),
        openapi_url="/api/openapi.json",
        docs_url=None,  # those pages load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.service = Service(settings, database, starter)
    problems.install(app)
    for router in (
        access.open_router,
        access.router,
        roads.router,  # before the maps of a dataset, whose path would hold theirs
        datasets.router,
        scenarios.router,
        runs.router,
        plans.router,
        forecasts.router,
        monitoring_reports.router,
        schedules.router,
        ogc.router,
    ):
        app.include_router(router)
    doc.install(app)
    serve_page(app, page)
    app.add_middleware(BodyLimit, settings=settings)
    app.add_middleware(SecurityHeaders, base_map_url=settings.base_map_url)
    return app


def show_first_token(database: Database) -> str | None:
    """Make the first token of a new database and print it, this once; ``None`` when there has been one."""
    with database.writing() as session:
        secret = tokens.first_admin(session)
    if secret is not None:
        print(f"One-time admin token (shown now and never again): {secret}", flush=True)
    return secret


def serve_page(app: FastAPI, page: Path) -> None:
    """Serve the built page at /, or say plainly that it is not built."""
    if (page / "index.html").is_file():
        app.mount("/", StaticFiles(directory=page, html=True), name="page")
        return

    @app.get("/", include_in_schema=False)
    def tell_that_the_page_is_not_built() -> PlainTextResponse:
        return PlainTextResponse(NOT_BUILT)
