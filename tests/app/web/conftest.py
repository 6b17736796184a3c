"""A real service on a free port, a real Chromium, and a page that is watched for every error and foreign request."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

ROOT = Path(__file__).parents[3]
DIST = ROOT / "app" / "web" / "dist" / "index.html"
START_SECONDS = 120
RUN_SECONDS = 120
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
SAMPLES = ("three_hamlets", "river_district")


@dataclass(frozen=True)
class Service:
    """A running service: where it listens and the token of its first administrator."""

    origin: str
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the API as a program does, with the token."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.origin}/api{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.loads(reply.read() or b"null")

    def plan(self, division: str, **scenario: object) -> str:
        """Solve a scenario on the dataset of a division, and give the id of its plan."""
        dataset = next(one["id"] for one in self.call("GET", "/datasets") if one["division"] == division)
        order = {"dataset_id": dataset, "scenario": scenario}
        run = self.call("POST", "/runs", {"scenario_id": self.call("POST", "/scenarios", order)["id"]})
        deadline = time.monotonic() + RUN_SECONDS
        while run["state"] in {"queued", "running"} and time.monotonic() < deadline:
            time.sleep(0.2)
            run = self.call("GET", f"/runs/{run['id']}")
        assert run["state"] == "done", run
        return str(run["plan_id"])


@dataclass
class Visit:
    """One visit of the page: what the console said and where requests went, judged at the end of the test."""

    page: Page
    service: Service
    shots: Path
    expected: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", lambda said: said.type in {"error", "warning"} and self._complain(said.text))
        self.page.on("pageerror", lambda error: self._complain(str(error)))
        self.page.on("request", lambda request: self._same_origin(request.url))

    def expect(self, words: str) -> None:
        """Allow complaints of the console that hold these words: a refusal that the test asks for."""
        self.expected.append(words)

    def open(self, address: str = "") -> None:
        self.page.goto(f"{self.service.origin}/{address}")

    def sign_in(self) -> None:
        self.open()
        self.page.get_by_label("访问令牌").fill(self.service.token)
        self.page.keyboard.press("Enter")
        self.page.get_by_role("heading", name="数据集").wait_for()

    def idle_map(self, name: str = "main") -> Locator:
        """Wait until a map has drawn everything and stands still."""
        found = self.page.locator(f'[data-map="{name}"][data-map-idle]')
        found.wait_for(timeout=60_000)
        return found

    def click_map(self, longitude: float, latitude: float, name: str = "main") -> None:
        """Click a place on a map."""
        canvas = self.idle_map(name)
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        point = self.page.evaluate(
            "([name, place]) => { const at = window.__maps[name].project(place); return [at.x, at.y]; }",
            [name, [longitude, latitude]],
        )
        self.page.mouse.click(box["x"] + point[0], box["y"] + point[1])

    def shoot(self, name: str, *, whole: bool = True) -> None:
        self.page.screenshot(path=self.shots / f"{name}.png", full_page=whole)

    def _same_origin(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and f"http://{parts.netloc}" != self.service.origin:
            self.complaints.append(f"a request to another place: {url}")

    def _complain(self, words: str) -> None:
        # Chromium's software renderer says this of its own work whenever a test takes a picture of a map.
        if "GPU stall due to ReadPixels" in words or any(part in words for part in self.expected):
            return
        self.complaints.append(words)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("The browser tests need Chromium: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Start ``junheng serve`` on an empty folder with both samples loaded."""
    if not DIST.exists():
        pytest.fail("The page is not built: in app/web run npm ci, then npm run build")
    folder = tmp_path_factory.mktemp("service")
    port = _free_port()
    env = {**os.environ, "JUNHENG_DATA_DIR": str(folder), "JUNHENG_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    env.pop("JUNHENG_DATABASE_URL", None)
    for sample in SAMPLES:
        subprocess.run([sys.executable, "-m", "app", "sample", sample], cwd=ROOT, env=env, check=True, timeout=300)
    log = folder / "service.log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "app", "serve"], cwd=ROOT, env=env, stdout=out, stderr=out)
        try:
            origin = f"http://127.0.0.1:{port}"
            _wait_until_up(process, origin, log)
            yield Service(origin, _token(log))
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture
def visit(chromium: Browser, service: Service, tmp_path: Path) -> Iterator[Visit]:
    """Visit the page at the size of a small office screen, and fail on anything the console complains of."""
    shots = Path(os.environ.get("JUNHENG_SCREENSHOTS", tmp_path))
    shots.mkdir(parents=True, exist_ok=True)
    context = chromium.new_context(
        viewport={"width": 1366, "height": 768}, locale="zh-CN", timezone_id="Asia/Shanghai", accept_downloads=True
    )
    made = Visit(context.new_page(), service, shots)
    made.watch()
    yield made
    context.close()
    assert made.complaints == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(process: subprocess.Popen[bytes], origin: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the service ended at its start:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"{origin}/api/health", timeout=2):
                return
        except (URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"the service did not answer in time:\n{log.read_text()}")


def _token(log: Path) -> str:
    found = re.search(r"token[^:]*: (\S{20,})", log.read_text())
    assert found is not None, f"no first token in what the service printed:\n{log.read_text()}"
    return found.group(1)
