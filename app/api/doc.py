"""The OpenAPI document, made complete: every route lists the problems it can answer with, as problem+json."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import errors
from app.api.problems import OGC, ProblemOut, malformed_status

DESCRIPTION = """
Junheng plans a district's schools. Import a dataset, store a scenario, start a run, read its plan.

Sign in with `Authorization: Bearer TOKEN`, or open a page session with `POST /api/session`. What lies outside a
token's district answers 404. Every refusal is `application/problem+json` (RFC 9457): `type` names its kind, `facts`
holds its figures. Exports mask counts of children from 1 to 4 as `<5` with `published=true`, and always for readers.
"""

TAGS = (
    ("service", "Whether the service is up, and who asks."),
    ("tokens", "Keys to the service, for administrators."),
    ("tables", "The dictionary of columns that a dataset is made of."),
    ("datasets", "Immutable versions of a district's figures."),
    ("norms", "Figures of law and standard, with their sources."),
    ("scenarios", "Questions to a dataset."),
    ("runs", "Scenarios being solved."),
    ("plans", "Answers, with their certificates, maps, exports and checks."),
    ("forecasts", "Children by place, stage and year, with bands, warnings and their own accuracy."),
    ("monitoring reports", "Monitoring and early-warning reports: drafted, signed, merged, printed."),
    ("schedules", "Watched scenarios, solved again at set times."),
    ("audit", "Who did what, when, on what."),
    ("ogc", "OGC API Features: plans as layers for a desktop map."),
)

SAYS = {
    "400": "A parameter is not known or cannot be.",
    "401": "No token in force was sent.",
    "403": "The token's role or level does not reach for this, or another site's page asked.",
    "404": "There is no such thing, or it is another district's.",
    "408": "The body took too long to arrive.",
    "413": "The body is too large.",
    "422": "The request does not have the form stated here, or its figures cannot be.",
    "500": "A fault of the service's own.",
}


Responses = dict[int | str, dict[str, Any]]


def _geojson(kind: str, *members: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", *members],
        "properties": {"type": {"const": kind}},
    }


FEATURE = _geojson("Feature", "id", "geometry", "properties")
COLLECTION = _geojson("FeatureCollection", "features")
COLLECTION["properties"]["features"] = {"type": "array", "items": FEATURE}


def file_reply(media_type: str, says: str, schema: dict[str, Any] | None = None) -> Responses:
    """State a reply that is a file; ``schema`` where it is JSON."""
    textual = media_type.startswith("text/")
    default = {"type": "string"} if textual else {"type": "string", "contentMediaType": media_type}
    return {200: {"content": {media_type: {"schema": schema or default}}, "description": says}}


NAMES_WHAT_IS_NOT_THERE: Responses = {
    404: {"description": "The request names what is not there, or is another district's."}
}

MAP_REPLY: Responses = {
    200: {
        "content": {"application/geo+json": {"schema": COLLECTION}},
        "description": "GeoJSON, longitude and latitude (WGS 84, taken as equal to CGCS2000), with an ETag.",
        "headers": {"ETag": {"schema": {"type": "string"}, "description": "Send it back in If-None-Match."}},
    },
    304: {"description": "The map is the one whose ETag was sent in If-None-Match."},
}


def install(app: FastAPI) -> None:
    """Make the document at the first request and keep it."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = complete(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    description=DESCRIPTION,
                    routes=app.routes,
                    tags=[{"name": name, "description": text} for name, text in TAGS],
                )
            )
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # how the framework asks to be overridden


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add to each operation the problems that its shape allows, and the schema of them all."""
    schemas = document["components"]["schemas"]
    schemas["Problem"] = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            problems = _problems(path, method, operation)
            operation["responses"] = {
                status: reply
                for status, reply in operation["responses"].items()
                if status < "400" or status in problems
            }
            for status in sorted(problems):
                _add(operation["responses"], status)
    return document


def _problems(path: str, method: str, operation: dict[str, Any]) -> set[str]:
    found = {status for status in operation["responses"] if status >= "400"} | {"500"}
    if operation.get("security"):
        found.add("401")
        if method != "get":
            found.add("403")
    if "{" in path:
        found.add("404")
    if operation.get("parameters") or path.startswith(OGC):
        found.discard("422")
        found.add(str(malformed_status(path).value))
    if "requestBody" in operation:
        found |= {"408", "413", "422"}
    return found


def _add(responses: dict[str, Any], status: str) -> None:
    said = responses.get(status, {}).get("description")
    description = said if said and said != "Validation Error" else SAYS.get(status, "")
    responses[status] = {
        "description": description,
        "content": {errors.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
