"""
One table: error class to HTTP status; and one reply, ``application/problem+json`` (RFC 9457).

Classes stand here by name, so that this module needs no other layer and every other may use it. A test finds a class
that is missing here, and a name here without a class.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic_core import to_jsonable_python

from data.errors import PlanningError

STATUS: Mapping[str, HTTPStatus] = {
    "BadCron": HTTPStatus.UNPROCESSABLE_ENTITY,
    "BadProblem": HTTPStatus.INTERNAL_SERVER_ERROR,
    "BadRoadFile": HTTPStatus.UNPROCESSABLE_ENTITY,
    "BadRow": HTTPStatus.UNPROCESSABLE_ENTITY,
    "BadTravel": HTTPStatus.UNPROCESSABLE_ENTITY,
    "BadUpload": HTTPStatus.UNPROCESSABLE_ENTITY,
    "BodyTooLarge": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "BodyTooSlow": HTTPStatus.REQUEST_TIMEOUT,
    "BrokenSeal": HTTPStatus.INTERNAL_SERVER_ERROR,
    "CrossSite": HTTPStatus.FORBIDDEN,
    "ForecastEnded": HTTPStatus.CONFLICT,
    "ForecastNotDone": HTTPStatus.CONFLICT,
    "ImportFaults": HTTPStatus.UNPROCESSABLE_ENTITY,
    "KeyReused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "LaxerThanNational": HTTPStatus.UNPROCESSABLE_ENTITY,
    "LastAdministrator": HTTPStatus.CONFLICT,
    "NoCohort": HTTPStatus.UNPROCESSABLE_ENTITY,
    "NotAllowed": HTTPStatus.FORBIDDEN,
    "NotFound": HTTPStatus.NOT_FOUND,
    "NotPrinted": HTTPStatus.INTERNAL_SERVER_ERROR,
    "NotSignedIn": HTTPStatus.UNAUTHORIZED,
    "NothingTold": HTTPStatus.UNPROCESSABLE_ENTITY,
    "OutsideRegister": HTTPStatus.UNPROCESSABLE_ENTITY,
    "PortTaken": HTTPStatus.CONFLICT,
    "ReportNotSigned": HTTPStatus.CONFLICT,
    "ReportSigned": HTTPStatus.CONFLICT,
    "ReportsDoNotFit": HTTPStatus.UNPROCESSABLE_ENTITY,
    "RunEnded": HTTPStatus.CONFLICT,
    "ScenarioDoesNotFit": HTTPStatus.UNPROCESSABLE_ENTITY,
    "StoredRoadsBroken": HTTPStatus.INTERNAL_SERVER_ERROR,
    "TooManyRows": HTTPStatus.UNPROCESSABLE_ENTITY,
    "UnequalLengths": HTTPStatus.INTERNAL_SERVER_ERROR,
    "UnknownDivision": HTTPStatus.UNPROCESSABLE_ENTITY,
    "UnknownNorm": HTTPStatus.UNPROCESSABLE_ENTITY,
    "UnknownPlace": HTTPStatus.UNPROCESSABLE_ENTITY,
    "UnknownTimezone": HTTPStatus.UNPROCESSABLE_ENTITY,
    "UnlawfulPlan": HTTPStatus.INTERNAL_SERVER_ERROR,
    "UnreadableHistory": HTTPStatus.UNPROCESSABLE_ENTITY,
    "WorkerTaken": HTTPStatus.CONFLICT,
    "WrongCrs": HTTPStatus.UNPROCESSABLE_ENTITY,
    "YearNotForecast": HTTPStatus.UNPROCESSABLE_ENTITY,
}

MEDIA_TYPE = "application/problem+json"


def status_of(error: PlanningError) -> HTTPStatus:
    """Find the status of an error's own class; a class that is not in the table is our own fault."""
    return STATUS.get(type(error).__name__, HTTPStatus.INTERNAL_SERVER_ERROR)


def problem_of(error: PlanningError) -> dict[str, Any]:
    """Tell of an error raised on purpose: its type, its sentence and its facts."""
    return problem(slug(type(error).__name__), status_of(error), title_of(type(error)), str(error), error.facts)


def problem(
    slug: str, status: HTTPStatus, title: str, detail: str, facts: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """Make a problem document; facts become plain JSON."""
    return {
        "type": f"/problems/{slug}",
        "title": title,
        "status": status.value,
        "detail": detail,
        "facts": to_jsonable_python(dict(facts or {}), fallback=str, by_alias=True),
    }


def slug(class_name: str) -> str:
    """Write ``NotLicensed`` as ``not-licensed``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", class_name).lower()


def title_of(kind: type[PlanningError]) -> str:
    """Give the first sentence of an error's docstring: what is the same each time it occurs."""
    return re.split(r"(?<=\.)\s|\n\n", inspect.getdoc(kind) or kind.__name__, maxsplit=1)[0].replace("\n", " ")
