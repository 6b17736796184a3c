"""Headers that every reply carries: what a page of ours may load, and who may frame or guess at it."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def content_security_policy(base_map_url: str) -> str:
    """
    Allow our own files and nothing else; the map's workers may come as blobs, its pictures as data.

    The origin of a base map is allowed for map data and pictures, when an operator set one.
    """
    place = urlsplit(base_map_url)
    base_map = f" {place.scheme}://{place.netloc}" if place.netloc else ""
    return "; ".join(
        (
            "default-src 'self'",
            "worker-src 'self' blob:",
            f"img-src 'self' data: blob:{base_map}",
            f"connect-src 'self'{base_map}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """Adds the headers to every reply, streams included."""

    def __init__(self, app: ASGIApp, base_map_url: str) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(base_map_url),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its reply back with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
