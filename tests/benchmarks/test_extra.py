"""The optional packages: locked like the others, and in the same versions where both have them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements-benchmarks.lock"


def pins(lock: Path) -> set[tuple[str, str]]:
    """Name, version and marker of every package."""
    return set(re.findall(r"^([a-z0-9][a-z0-9._-]*==[^\s;\\]+)( ;[^\\]*)?", lock.read_text(), re.MULTILINE))


def test_the_lock_has_hashes_and_no_address():
    for entry in re.split(r"\n(?=\S)", LOCK.read_text().strip()):
        assert "--hash=sha256:" in entry, entry
        assert "://" not in entry, entry


def test_the_lock_holds_all_of_the_runtime_lock_so_that_ours_runs_as_it_is_shipped():
    assert pins(ROOT / "requirements.lock") <= pins(LOCK)


def test_the_lock_meets_what_the_extra_asks_for_and_no_other_lock_holds_it():
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["benchmarks"]
    for requirement in map(Requirement, extra):
        versions = re.findall(rf"^{requirement.name}==([^\s;\\]+)", LOCK.read_text(), re.MULTILINE)
        assert versions
        assert all(requirement.specifier.contains(version) for version in versions)
        for other in ("requirements.lock", "requirements-dev.lock"):
            assert f"\n{requirement.name}==" not in (ROOT / other).read_text()
