"""Every refusal and every fault as ``application/problem+json``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from app import errors
from data.errors import PlanningError

OGC = "/ogc"

log = logging.getLogger("junheng.api")


class ProblemOut(BaseModel):
    """
    A refusal or a fault (RFC 9457).

    ``type`` ends in the kind of problem, ``detail`` says it in words, ``facts`` holds what the words were made of.
    """

    model_config = ConfigDict(json_schema_extra={"title": "Problem"})

    type: str = Field(examples=["/problems/not-found"])
    title: str
    status: int
    detail: str
    facts: dict[str, Any]


def install(app: FastAPI) -> None:
    """Answer for every error of an application."""
    app.add_exception_handler(PlanningError, _on_purpose)
    app.add_exception_handler(HTTPException, _by_framework)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _our_fault)


def reply(document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Send a problem document."""
    return JSONResponse(
        dict(document),
        document["status"],
        headers=dict(headers or {}) | {"Cache-Control": "no-store"},
        media_type=errors.MEDIA_TYPE,
    )


def _on_purpose(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PlanningError)
    document = errors.problem_of(error)
    if document["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("our own fault: %s", error, exc_info=error)
    headers = {"WWW-Authenticate": "Bearer"} if document["status"] == HTTPStatus.UNAUTHORIZED else {}
    return reply(document, headers)


def _by_framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, PlanningError):  # raised while the framework was reading the body
        return _on_purpose(request, error.__cause__)
    status = HTTPStatus(error.status_code)
    facts = {"method": request.method, "path": request.url.path}
    document = errors.problem(status.phrase.lower().replace(" ", "-"), status, status.phrase, error.detail, facts)
    return reply(document, error.headers)


def _malformed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"field": ".".join(str(part) for part in fault["loc"]), "reason": fault["msg"], "kind": fault["type"]}
        for fault in error.errors()
    ]
    words = "; ".join(f"{fault['field']}: {fault['reason']}" for fault in faults)
    title = "The request does not have the form that the API document states."
    return reply(errors.problem("validation", malformed_status(request.url.path), title, words, {"faults": faults}))


def malformed_status(path: str) -> HTTPStatus:
    """Answer 422, but 400 where the OGC's standard asks for it."""
    return HTTPStatus.BAD_REQUEST if path.startswith(OGC) else HTTPStatus.UNPROCESSABLE_ENTITY


def _our_fault(request: Request, error: Exception) -> JSONResponse:
    log.error("our own fault at %s %s", request.method, request.url.path, exc_info=error)
    return reply(
        errors.problem(
            "fault",
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "The service met a fault of its own.",
            "The service met a fault of its own; its log tells more. The request may be sent again.",
        )
    )
