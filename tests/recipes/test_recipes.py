"""
The recipes bring published data to our tables without a fault.

Expected counts are those of the publishers, added up by hand in the tables they published.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.cases.scenario import Scenario
from data.domain.district import District
from data.importers import read
from data.importers.declaration import Declaration

ROOT = Path(__file__).resolve().parent.parent.parent
REAL = ROOT.parent / "shared/real"
GONGYI, MIAOLI = REAL / "kong_gongyi", REAL / "schools/miaoli"

needs_gongyi = pytest.mark.skipif(not GONGYI.exists(), reason=f"the published data of Gongyi are not in {GONGYI}")
needs_miaoli = pytest.mark.skipif(not MIAOLI.exists(), reason=f"the published data of Miaoli are not in {MIAOLI}")


def bring(recipe: str, source: Path, out: Path) -> Path:
    """Run a recipe as its page says."""
    subprocess.run([sys.executable, ROOT / f"docs/recipes/{recipe}.py", source, out], check=True)
    return out


def declared(folder: Path, **changed: object) -> Declaration:
    return Declaration(**json.loads((folder / "declaration.json").read_text()) | changed)


def imported(folder: Path) -> District:
    result = read(folder / "tables", declared(folder))
    assert result.faults == ()
    assert result.district is not None
    return result.district


def scenarios(folder: Path) -> list[Scenario]:
    return [Scenario.model_validate_json(path.read_text()) for path in sorted(folder.glob("scenario*.json"))]


@needs_gongyi
@pytest.mark.parametrize(
    ("case", "schools", "places"), [("zoning", 22, 41_900), ("consolidation", 33, 1_324_763 // 20)]
)
def test_gongyi_comes_in_with_all_its_units_pupils_and_places(tmp_path: Path, case: str, schools: int, places: int):
    folder = bring("gongyi", GONGYI, tmp_path / "out") / case
    district = imported(folder)
    assert len(district.settlements) == 1276
    assert sum(row.pupils for row in district.demand) == 40_995
    assert len(district.schools) == schools
    # Room for residents is brought to pupils place by place, which loses less than a pupil each.
    lost = places - sum(site.places or 0 for site in district.sites)
    assert (lost == 0) if case == "zoning" else (0 <= lost < schools)
    assert [scenario.target_year for scenario in scenarios(folder)] == [2024]


@needs_gongyi
def test_gongyi_lies_where_gongyi_is(tmp_path: Path):
    folder = bring("gongyi", GONGYI, tmp_path / "out") / "zoning"
    district = imported(folder)
    longitudes = [settlement.centre.x for settlement in district.settlements]
    latitudes = [settlement.centre.y for settlement in district.settlements]
    # The bounds that the publisher of the converted units gives, to a hundredth of a degree.
    assert (min(longitudes) > 112.79, max(longitudes) < 113.28) == (True, True)
    assert (min(latitudes) > 34.52, max(latitudes) < 34.86) == (True, True)


@needs_gongyi
def test_the_four_invalid_outlines_of_gongyi_are_repaired_and_named(tmp_path: Path):
    folder = bring("gongyi", GONGYI, tmp_path / "out") / "zoning"
    warnings = read(folder / "tables", declared(folder)).warnings
    assert {warning.value for warning in warnings if warning.code == "ring-repaired"} == {"12", "153", "1101", "1124"}


@needs_gongyi
def test_gongyi_without_a_declared_system_is_a_fault_that_asks_for_it(tmp_path: Path):
    folder = bring("gongyi", GONGYI, tmp_path / "out") / "zoning"
    result = read(folder / "tables", declared(folder, crs=None))
    assert result.district is None
    assert {(fault.code, fault.file) for fault in result.faults} == {
        ("crs-unknown", "gy2_polyon.shp"),
        ("crs-unknown", "schools.csv"),
    }


@needs_miaoli
def test_miaoli_comes_in_with_all_its_villages_schools_and_pupils(tmp_path: Path):
    folder = bring("miaoli", MIAOLI, tmp_path / "out")
    district = imported(folder)
    assert len(district.settlements) == 275
    assert len({settlement.township for settlement in district.settlements}) == 18
    assert len(district.schools) == 114
    assert sum(row.pupils for row in district.roll) == 28_315
    # One private school with 15 pupils takes no zone; the control totals leave it out.
    private = [school.id for school in district.schools if not school.public]
    assert len(private) == 1
    assert sum(row.pupils for row in district.roll if row.school in private) == 15
    assert sum(row.pupils for row in district.controls) == 28_315 - 15
    # Eight schools are in the two most remote classes.
    assert sum(school.protected for school in district.schools) == 8
    assert [scenario.target_year for scenario in scenarios(folder)] == [2024, 2026]


@needs_miaoli
def test_births_of_miaoli_leave_out_only_those_of_villages_without_a_code(tmp_path: Path):
    folder = bring("miaoli", MIAOLI, tmp_path / "out")
    district = imported(folder)
    lines = (MIAOLI / "village_births_monthly_2014_2026.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    published = sum(int(line.rsplit(",", 1)[1]) for line in lines)
    assert published - sum(row.count for row in district.births) == 11
