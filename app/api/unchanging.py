"""Replies about things that never change: an ETag, 304 for whoever has it already, gzip for whoever takes it."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from fastapi import Request, Response

from app.api.service import Service

GEOJSON = "application/geo+json"


@dataclass(frozen=True, slots=True)
class Content:
    """A reply's body, plain and packed, and its tag; the tag is weak, for both forms share it."""

    plain: bytes
    packed: bytes
    tag: str


def reply(
    request: Request, service: Service, key: Hashable, make: Callable[[], bytes], media_type: str = GEOJSON
) -> Response:
    """
    Send what is kept under a key, or make it first.

    ``key`` must tell apart everything that the body depends on, who may see what included.
    """
    return send(request, service.replies.get(key, lambda: content_of(make())), media_type)


def send(request: Request, content: Content, media_type: str = GEOJSON) -> Response:
    """Send a body in the form that the asker takes, or say that the asker has it already."""
    headers = {
        "ETag": content.tag,
        "Cache-Control": "private, no-cache",  # keep it, but ask each time: a token may have been revoked
        "Vary": "Accept-Encoding, Authorization, Cookie",
    }
    if has_tag(request.headers.get("if-none-match", ""), content.tag):
        return Response(status_code=304, headers=headers)
    if takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(content.packed, media_type=media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(content.plain, media_type=media_type, headers=headers)


def content_of(plain: bytes) -> Content:
    """Pack a body and tag it by its bytes."""
    return Content(plain, gzip.compress(plain, 6, mtime=0), f'W/"{hashlib.sha256(plain).hexdigest()[:32]}"')


def has_tag(sent: str, tag: str) -> bool:
    """Compare as If-None-Match asks: weakly, any of a list, or ``*``."""
    tags = {part.strip().removeprefix("W/") for part in sent.split(",")}
    return "*" in tags or tag.removeprefix("W/") in tags


def takes_gzip(accepted: str) -> bool:
    """Tell whether an Accept-Encoding header allows gzip."""
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
