"""Documents: what they point to is there, and what they promise of commands and routes is true."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from app.main import create_app
from app.settings import Settings
from data.domain.schools import Stage
from data.tables import TABLES

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_a_page_links_to_is_there(page: Path):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", DECISIONS, ids=named)
def test_a_decision_says_why_and_what_follows(page: Path):
    text = page.read_text()
    number = int(page.name[:4])
    assert text.startswith(f"# {number}. ")
    for part in ("**Context.**", "**Decision.**", "**Consequence.**"):
        assert part in text, part


def test_decisions_are_numbered_without_gaps():
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_the_glossary_has_every_table_and_stage():
    glossary = (ROOT / "docs/glossary.md").read_text()
    assert [table.name for table in TABLES.values() if f"`{table.name}` {table.zh}" not in glossary] == []
    assert [stage for stage in Stage if f"`{stage}`" not in glossary] == []


def test_the_changelog_begins_with_what_is_not_yet_released_or_with_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    first = re.search(r"^## \[([^]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first is not None
    assert first[1] in {"Unreleased", version}


def test_the_readme_names_only_commands_that_exist():
    asked = set(re.findall(r"`junheng ([a-z]+)", (ROOT / "README.md").read_text()))
    shown = subprocess.run(
        [sys.executable, "-m", "app", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert asked >= {"serve", "work", "import", "solve"}
    assert asked <= set(re.findall(r"[a-z]+", shown.stdout))


def routes_called() -> set[tuple[str, str]]:
    """Page and path of each call of the API in a document, with its variables as ``{}``."""
    found = set()
    for page in PAGES:
        for path in re.findall(
            r"(?<![\w.])(?:\$J|http://127\.0\.0\.1:8000)(/(?:api|ogc)[^\s\"'`?)|]*)", page.read_text()
        ):
            found.add((named(page), re.sub(r"\$\{?\w+\}?|\{\w+\}", "{}", path.split("?")[0]).rstrip("/.,")))
    return found


def test_documents_call_only_routes_that_exist(tmp_path: Path):
    described = create_app(Settings(data_dir=tmp_path), starter=None, page=tmp_path).openapi()
    known = [re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))) for path in described["paths"]]
    called = routes_called()
    assert {page for page, _ in called} >= {"docs/recipes/gongyi.md", "docs/recipes/miaoli.md"}
    assert [(page, path) for page, path in called if not any(route.fullmatch(path) for route in known)] == []
