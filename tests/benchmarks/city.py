"""
Forecast of a whole city: seconds and memory, by hand.

    .venv/bin/python -m tests.benchmarks.city --villages 11270 --paths 200

The city is made up (合成数据): as many divisions, townships, villages and schools as Chongqing has, a point a village,
ages 0 to 17 by village, adults by division, six years of rolls.
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import numpy as np
from shapely import Point

from app.cases.recipe import Recipe
from app.jobs.forecasting import forecast_document
from data.domain.district import District
from data.domain.divisions import Division
from data.domain.people import BirthCount, PeopleCount
from data.domain.schools import GRADES, RollCount, School, SchoolKind, Site, Stage, ZoneToday
from data.domain.settlements import Settlement

TODAY, FIRST_ROLL, FIRST_BIRTHS = 2026, 2021, 2020
DIVISIONS, TOWNSHIPS, PRIMARIES, JUNIORS = 37, 1031, 3100, 900


def city(villages: int, seed: int = 1) -> District:
    """Make a city with so many villages; the other counts in proportion."""
    rng = np.random.default_rng(seed)
    scale = villages / 11_270
    divisions, towns, primaries, juniors = (
        max(1, round(n * scale)) for n in (DIVISIONS, TOWNSHIPS, PRIMARIES, JUNIORS)
    )
    town = np.sort(rng.integers(0, towns, villages))
    division = town * divisions // towns
    size = rng.lognormal(2.2, 0.9, villages)
    ages = rng.poisson(size[:, None] * np.linspace(0.6, 1.25, 18)[None])
    births = rng.poisson(size[:, None] * np.linspace(1.05, 0.55, 6)[None])
    codes = [f"5091{number:02d}" for number in range(divisions)]
    homes = [f"{codes[division[v]]}{v:06d}" for v in range(villages)]
    zones = {
        Stage.PRIMARY: np.minimum(np.arange(villages) * primaries // villages, primaries - 1),
        Stage.JUNIOR: primaries + np.minimum(np.arange(villages) * juniors // villages, juniors - 1),
    }
    school_division = np.concatenate(
        [division[np.searchsorted(zone, np.arange(zone[0], zone[-1] + 1))] for zone in zones.values()]
    )
    school_town = np.concatenate(
        [town[np.searchsorted(zone, np.arange(zone[0], zone[-1] + 1))] for zone in zones.values()]
    )
    kinds = [SchoolKind.FULL_PRIMARY] * primaries + [SchoolKind.JUNIOR] * juniors
    roll, sites = [], []
    for stage, zone in zones.items():
        for number in range(int(zone[0]), int(zone[-1]) + 1):
            mine = ages[zone == number]
            for grade in GRADES[stage]:
                for year in range(FIRST_ROLL, TODAY + 1):
                    today = mine[:, min(grade + 5 + TODAY - year, 17)].sum()
                    roll.append(RollCount(f"S{number}", year, grade, int(rng.poisson(today))))
            rooms = int(np.ceil(mine[:, [grade + 5 for grade in GRADES[stage]]].sum() / 38)) + 1
            sites.append(Site(f"S{number}", stage, rooms))
    return District(
        title="合成城市(合成数据 synthetic)",
        division="509100",
        synthetic=True,
        source="made up",
        divisions=(
            Division("509100", "合成市", "city"),
            *(Division(code, f"合成区{n}", "district", "509100") for n, code in enumerate(codes)),
        ),
        settlements=tuple(
            Settlement(
                home, f"村{v}", codes[division[v]], Point(106 + v % 300 / 100, 29 + v // 300 / 100),
                Point(106 + v % 300 / 100, 29 + v // 300 / 100), f"镇{town[v]}",
            )
            for v, home in enumerate(homes)
        ),
        people=(
            *(PeopleCount(homes[v], "settlement", TODAY, age, int(n)) for (v, age), n in np.ndenumerate(ages)),
            *(
                PeopleCount(code, "division", TODAY, age, int(rng.poisson(9_000)), sex)
                for code in codes for age in range(18, 101) for sex in ("male", "female")
            ),
        ),
        births=tuple(
            BirthCount(homes[v], "settlement", FIRST_BIRTHS + y, int(n)) for (v, y), n in np.ndenumerate(births)
        ),
        schools=tuple(
            School(f"S{n}", f"学校{n}", codes[school_division[n]], kind, Point(106, 29), f"镇{school_town[n]}")
            for n, kind in enumerate(kinds)
        ),
        sites=tuple(sites),
        roll=tuple(roll),
        zones=tuple(
            ZoneToday(homes[v], stage, f"S{zone[v]}") for stage, zone in zones.items() for v in range(villages)
        ),
    )  # fmt: skip


def main() -> None:
    """Forecast the city once and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--villages", type=int, default=11_270)
    parser.add_argument("--paths", type=int, default=200)
    parser.add_argument("--last-year", type=int, default=TODAY + 10)
    asked = parser.parse_args()
    district = city(asked.villages)
    began, phases = time.perf_counter(), {}

    def note(progress: object) -> None:
        phases[progress.phase] = round(time.perf_counter() - began, 2)

    recipe = Recipe(last_year=asked.last_year, paths=asked.paths)
    document = forecast_document(district, recipe, dataset_hash="city", report=note)
    seconds = time.perf_counter() - began
    print(json.dumps({
        "villages": len(district.settlements), "schools": len(district.schools), "years": len(document.years),
        "paths": asked.paths, "seconds": round(seconds, 1), "began_at": phases, "warnings": len(document.warnings),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
