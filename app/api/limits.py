"""How large a request may be and how long it may take to arrive, whatever it is."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import NoReturn

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import errors
from app.api import problems
from app.api.errors import BodyTooLarge, BodyTooSlow
from app.settings import MEBIBYTE, Settings
from data.errors import PlanningError

UPLOADS = re.compile(r"/api/datasets(/[^/]+/roads)?")
"""Paths to which files are sent."""


class BodyLimit:
    """
    Counts the bytes of each body as they come, and ends the request when there are too many or they come too slowly.

    A length declared too large is refused before anything is read.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body counted."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        uploads = UPLOADS.fullmatch(scope["path"]) is not None
        limit_mb = self._settings.max_upload_mb if uploads else self._settings.max_body_mb
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit_mb * MEBIBYTE:
            refusal = problems.reply(errors.problem_of(BodyTooLarge(limit_mb)), {"Connection": "close"})
            return await refusal(scope, receive, send)
        return await self._app(scope, _Counted(receive, limit_mb, self._settings.upload_seconds), send)


@dataclass(slots=True)
class _Counted:
    receive: Receive
    limit_mb: int
    limit_seconds: float
    seen: int = 0
    arrived: bool = False
    deadline: float = 0.0

    async def __call__(self) -> Message:
        if self.arrived:
            return await self.receive()
        self.deadline = self.deadline or time.monotonic() + self.limit_seconds
        try:
            message = await asyncio.wait_for(self.receive(), self.deadline - time.monotonic())
        except TimeoutError:
            _refuse(BodyTooSlow(self.limit_seconds))
        self.seen += len(message.get("body", b""))
        if self.seen > self.limit_mb * MEBIBYTE:
            _refuse(BodyTooLarge(self.limit_mb))
        self.arrived = not message.get("more_body", False)
        return message


def _refuse(error: PlanningError) -> NoReturn:
    """Raise an error in a form that the framework lets pass while it reads a body; ``problems`` unwraps it."""
    raise HTTPException(errors.status_of(error), str(error), {"Connection": "close"}) from error
