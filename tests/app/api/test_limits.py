"""The body's limits, at the door itself: slow senders cannot be played by a test client that sends at once."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI, Request

from app.api import problems
from app.api.headers import content_security_policy
from app.api.limits import BodyLimit
from app.api.unchanging import has_tag, takes_gzip
from app.settings import Settings


def limited(**settings):
    app = FastAPI()
    problems.install(app)

    @app.post("/api/x")
    async def echo(request: Request) -> int:
        return len(await request.body())

    return BodyLimit(app, Settings(**settings))


def send(app, chunks, seconds_apart=0.0, headers=()):
    sent, waiting = [], list(chunks)
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/x",
        "raw_path": b"/api/x",
        "query_string": b"",
        "headers": list(headers),
        "scheme": "http",
        "server": ("x", 80),
        "client": ("y", 1),
        "http_version": "1.1",
    }

    async def receive():
        await asyncio.sleep(seconds_apart)
        if not waiting:
            await asyncio.sleep(60)
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def take(message):
        sent.append(message)

    with ThreadPoolExecutor(1) as pool:  # the browser of other tests may keep a loop in this thread
        pool.submit(asyncio.run, app(scope, receive, take)).result()
    return sent[0]["status"], json.loads(b"".join(part.get("body", b"") for part in sent[1:]))


def test_a_body_within_its_limits_arrives_whole():
    assert send(limited(), [b"x" * 10, b"y" * 5]) == (200, 15)


def test_a_slow_body_is_ended():
    status, problem = send(limited(upload_seconds=0.2), [b"x"] * 100, seconds_apart=0.05)
    assert (status, problem["type"]) == (408, "/problems/body-too-slow")


def test_a_length_declared_too_large_is_refused_before_anything_is_read():
    for declared in (b"1048577", b"-1", b"many"):
        status, problem = send(limited(max_body_mb=1), [], headers=[(b"content-length", declared)])
        assert (status, problem["type"]) == (413, "/problems/body-too-large")


def test_a_body_that_grows_too_large_is_ended():
    status, problem = send(limited(max_body_mb=1), [b"x" * 600_000] * 3)
    assert (status, problem["facts"]) == (413, {"limit_mb": 1})


def test_a_base_map_is_the_only_other_place_a_page_may_ask():
    policy = content_security_policy("https://tiles.example.cn:8443/style.json?key=1")
    assert "connect-src 'self' https://tiles.example.cn:8443;" in policy
    assert "key" not in policy
    assert "https" not in content_security_policy("")


def test_gzip_is_sent_to_whoever_takes_it():
    assert takes_gzip("gzip, deflate, br")
    assert takes_gzip("br;q=1.0, gzip;q=0.5")
    assert takes_gzip("*")
    assert not takes_gzip("")
    assert not takes_gzip("gzip;q=0, identity")
    assert not takes_gzip("br")


def test_tags_are_compared_weakly():
    assert has_tag('W/"a"', 'W/"a"')
    assert has_tag('"b", "a"', 'W/"a"')
    assert not has_tag('"b"', 'W/"a"')
    assert not has_tag("", 'W/"a"')
