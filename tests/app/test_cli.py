"""The command line as a user meets it: real processes, real files, a real database."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import hamlet_roads
import pytest
from job_runs import SUPPORT
from python_calamine import CalamineWorkbook
from solver_child import plan

from app.audit import SYSTEM
from app.cases.plan_document import PlanDocument
from app.cases.scenario import Scenario
from app.db import datasets, runs, scenarios
from app.db.migrate import migrate
from app.db.session import Database
from app.jobs import commands, importing
from app.settings import Settings
from data import digest, export
from data.importers import Declaration
from data.sample import SAMPLES

ROOT = SUPPORT.parents[1]


@pytest.fixture
def junheng(tmp_path):
    """Run a command in a data folder of the test's own."""

    def run(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "app", *(str(word) for word in words)],
            cwd=ROOT,
            env=os.environ | {"JUNHENG_DATA_DIR": str(tmp_path / "data"), "JUNHENG_DATABASE_URL": ""},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
        return done

    return run


@pytest.fixture
def stored(tmp_path):
    """The database of that data folder."""
    database = Database(f"sqlite:///{tmp_path / 'data/junheng.sqlite'}")
    migrate(database)
    yield database
    database.close()


def datasets_in(database: Database) -> int:
    with database.reading() as session:
        return len(datasets.newest(session))


def test_help_names_every_command_and_imports_nothing_heavy():
    heavy = ["dbos", "ortools", "highspy", "geopandas", "pandas", "sqlalchemy", "fastapi", "uvicorn", "numba"]
    code = f"import sys, app.__main__; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_command_is_there(junheng):
    text = junheng("--help").stdout
    for command in (
        *("serve", "work", "import", "sample", "roads", "minutes"),
        *("forecast", "backtest", "solve", "bench", "export"),
    ):
        assert f"  {command} " in text


def test_a_sample_is_loaded_once(junheng, stored):
    first, again = (json.loads(junheng("sample", "three_hamlets").stdout) for _ in range(2))
    assert (first["created"], again["created"]) == (True, False)
    assert first["id"] == again["id"]
    assert first["hash"] == digest.digest(SAMPLES["three_hamlets"]())
    assert first["synthetic"] is True
    assert datasets_in(stored) == 1


def test_an_unknown_sample_is_refused_with_the_known_ones(junheng):
    assert "three_hamlets" in junheng("sample", "four_hamlets", code=2).stderr


def test_what_was_exported_is_imported_as_the_same_dataset(junheng, tmp_path):
    district = SAMPLES["three_hamlets"]()
    export.write_csv_folder(district, tmp_path / "tables")
    options = ["--title", district.title, "--division", district.division, "--synthetic", "--source", district.source]
    stored = json.loads(junheng("import", tmp_path / "tables", *options).stdout)
    assert stored["hash"] == digest.digest(district)


@pytest.fixture
def extract(tmp_path) -> Path:
    """The road of the three hamlets; the drawing and its figures are in ``hamlet_roads``."""
    path = tmp_path / hamlet_roads.NAME
    path.write_bytes(hamlet_roads.extract())
    return path


def test_a_folder_with_roads_is_a_dataset_with_roads_from_files_and_from_the_database(junheng, extract, tmp_path):
    district = SAMPLES["three_hamlets"]()
    folder = tmp_path / "tables"
    export.write_csv_folder(district, folder)
    options = ("--title", district.title, "--division", district.division, "--synthetic", "--source", district.source)
    plain = json.loads(junheng("import", folder, *options).stdout)
    extract.rename(folder / extract.name)
    stored = json.loads(junheng("import", folder, *options).stdout)
    assert (plain["roads"], plain["hash"]) == (None, digest.digest(district))
    assert stored["hash"] == digest.with_roads(digest.digest(district), stored["roads"])
    declared = Declaration(district.title, district.division, None, True, district.source)
    with commands.Desk(Settings(data_dir=tmp_path / "data", database="")) as desk:
        by_files, by_id = (desk.figures(str(dataset), declared) for dataset in (folder, stored["id"]))
        without = desk.figures(plain["id"], declared)
    assert by_files.hash == by_id.hash == stored["hash"]
    assert by_files.roads.network.hash == by_id.roads.network.hash == stored["roads"]
    assert by_id.roads.network.metres.tolist() == by_files.roads.network.metres.tolist()
    assert without.roads is None
    assert (tmp_path / "data/networks" / stored["roads"]).is_dir()


def test_roads_that_cannot_be_used_end_an_import_and_nothing_is_stored(junheng, stored, extract, tmp_path):
    folder = tmp_path / "tables"
    export.write_csv_folder(SAMPLES["three_hamlets"](), folder)
    (folder / extract.name).write_bytes(hamlet_roads.extract()[:900])
    done = junheng("import", folder, "--division", "509902", code=1)
    assert done.stdout == ""
    assert extract.name in done.stderr
    assert "damaged" in done.stderr
    assert "损坏" in done.stderr
    assert datasets_in(stored) == 0


def test_an_extract_alone_is_told_in_words_and_as_json(junheng, extract):
    words = junheng("roads", extract).stdout
    assert extract.name in words
    assert "7.4 km" in words
    assert "residential" in words
    assert "OpenStreetMap" in words
    found = json.loads(junheng("roads", extract, "--json").stdout)
    assert (found["nodes"], found["segments"], found["km"], found["relief"]) == (7, 6, 7.4, None)


def test_every_file_of_roads_that_cannot_be_used_is_named(junheng, extract, tmp_path):
    extract.write_bytes(b"no map")
    tile = tmp_path / "tile.hgt"
    tile.write_bytes(b"no heights")
    done = junheng("roads", extract, "--relief", tile, "--relief", tmp_path / "gone.tif", code=1)
    assert done.stdout == ""
    assert "gone.tif" in done.stderr
    done = junheng("roads", extract, "--relief", tile, code=1)
    assert extract.name in done.stderr
    assert "tile.hgt" in done.stderr
    assert "Traceback" not in done.stderr


def points(path: Path, names: dict[str, str], **moved: float) -> Path:
    """Write hamlets and schools of the drawing as a list; ``moved`` puts one to another latitude."""
    rows = [
        f"{id},{107.0 + hamlet_roads.STOPS[stop] / hamlet_roads.METRES_A_DEGREE:.7f},{moved.get(id, 30.0)}"
        for id, stop in names.items()
    ]
    path.write_text("\n".join(["id,lon,lat", *rows]) + "\n", "utf-8")
    return path


def test_minutes_between_lists_are_those_of_the_drawing(junheng, extract, tmp_path):
    homes = points(tmp_path / "homes.csv", {"a": "A", "b": "B", "c": "C", "lost": "A"}, lost=30.05)
    schools = points(tmp_path / "schools.csv", {"north": "North", "south": "South"})
    done = junheng("minutes", extract, "--homes", homes, "--schools", schools)
    # Minutes on foot, and by bus with the wait, as in ``hamlet_roads``; rounded up.
    assert done.stdout.splitlines() == [
        "home,school,walk,bus,mixed",
        "a,north,15,9,9",
        "a,south,86,24,24",
        "b,north,57,18,18",
        "b,south,15,9,9",
        "c,north,97,27,27",
        "c,south,26,11,11",
    ]
    assert "6 pairs" in done.stderr
    assert "lost" in done.stderr
    junheng("minutes", extract, "--homes", homes, "--schools", schools, "--means", "walk", "--out", tmp_path / "w.csv")
    assert (tmp_path / "w.csv").read_text().splitlines()[:2] == ["home,school,walk", "a,north,15"]


def test_lists_with_faults_name_each_and_nothing_is_written(junheng, extract, tmp_path):
    (tmp_path / "homes.csv").write_text("编号,经度,纬度\na,107,30\n,107,30\nb,x,30\nc,107,95\n", "utf-8")
    (tmp_path / "schools.csv").write_text("id,lon\nn,107\n", "utf-8")
    lists = ("--homes", tmp_path / "homes.csv", "--schools", tmp_path / "schools.csv")
    done = junheng("minutes", extract, *lists, "--out", tmp_path / "out.csv", code=1)
    for place in ("homes.csv:3", "homes.csv:4", "homes.csv:5", "schools.csv"):
        assert place in done.stderr
    assert not (tmp_path / "out.csv").exists()
    assert "--means" in junheng("minutes", extract, *lists, "--means", "horse", code=2).stderr


def test_the_sample_has_roads_of_its_own_and_says_that_nobody_surveyed_them():
    district = SAMPLES["river_district"]()
    found = importing.import_sample("river_district", district)
    assert found.faults == ()
    assert found.district is district
    assert found.roads.report["has_relief"] is True
    assert "synthetic" in found.roads.report["credit"]
    assert "OpenStreetMap" not in found.roads.report["credit"]
    hamlets = SAMPLES["three_hamlets"]()
    assert importing.import_sample("three_hamlets", hamlets).roads is None


def test_every_fault_of_an_import_is_shown_and_nothing_is_stored(junheng, stored, tmp_path):
    folder = tmp_path / "tables"
    export.write_csv_folder(SAMPLES["three_hamlets"](), folder)
    settlements = next(folder.glob("*settlements*.csv"))
    rows = list(csv.reader(io.StringIO(settlements.read_text("utf-8-sig"))))
    rows[2][0] = rows[1][0]  # the same id twice
    settlements.write_text("\n".join(",".join(row) for row in rows), "utf-8")
    (folder / "roll.csv").write_text("school,year,grade,pupils\nnowhere,2026,1,-3\n", "utf-8")
    done = junheng("import", folder, "--title", "坏", "--division", "509902", code=1)
    assert done.stdout == ""
    assert "settlements" in done.stderr
    assert "nowhere" in done.stderr
    assert "-3" in done.stderr
    assert datasets_in(stored) == 0


def test_headings_and_file_names_of_ones_own_are_declared(junheng, tmp_path):
    district = SAMPLES["three_hamlets"]()
    folder = tmp_path / "tables"
    export.write_csv_folder(district, folder)
    for path in folder.glob("*settlements*.csv"):
        text = path.read_text("utf-8-sig")
        heading, rest = text.split("\n", 1)
        named = ["村名" if name.strip() in {"name", "村社区名称"} else name for name in heading.split(",")]
        (folder / "cun.csv").write_text(",".join(named) + "\n" + rest, "utf-8")
        path.unlink()
    done = junheng(
        *("import", folder, "--title", district.title, "--division", district.division, "--synthetic"),
        *("--table", "cun=settlements", "--column", "settlements.name=村名", "--source", district.source),
    )
    assert json.loads(done.stdout)["hash"] == digest.digest(district)


@pytest.mark.parametrize("option", [("--column", "settlements=村名"), ("--column", "nothing"), ("--table", "cun")])
def test_an_option_of_another_form_is_refused(junheng, tmp_path, option):
    assert option[1] in junheng("import", tmp_path, "--division", "509902", *option, code=2).stderr


def test_a_forecast_has_a_row_a_settlement_year_and_stage(junheng):
    dataset = json.loads(junheng("sample", "three_hamlets").stdout)["id"]
    done = junheng("forecast", "--dataset", dataset, "--years", "2026-2027")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["settlement"] for row in rows} == {"A", "B", "C"}
    assert {row["year"] for row in rows} == {"2026", "2027"}
    assert "cohort" in done.stderr


def test_an_unknown_dataset_is_one_sentence(junheng):
    done = junheng("forecast", "--dataset", "nowhere", "--years", "2026", code=1)
    assert done.stderr.strip() == "There is no dataset nowhere."


def test_a_forecast_needs_to_know_what_to_write(junheng):
    assert "--document" in junheng("forecast", "--dataset", "any", code=2).stderr


def test_a_recipe_with_faults_names_each(junheng, tmp_path):
    options = ("--document", tmp_path / "d.json", "--last-year", 1066, "--paths", 1, "--fertility", "huge")
    stderr = junheng("forecast", "--dataset", "any", *options, code=2).stderr
    for field in ("last_year", "paths", "fertility"):
        assert field in stderr


def test_histories_that_cannot_be_used_are_all_named_and_the_code_is_2(junheng, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    done = junheng("backtest", tmp_path / "gone.csv", empty, "--out", tmp_path / "out", code=2)
    assert done.stdout == ""
    assert "gone.csv" in done.stderr
    assert "empty.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_backtest_is_printed_in_the_form_asked_for_and_left_in_both(monkeypatch, tmp_path):
    import data.backtest  # noqa: PLC0415

    class Report:
        def json(self):
            return {"histories": [{"name": "历史"}]}

        def text(self):
            return "MAPE 1.8"

    monkeypatch.setattr(data.backtest, "backtest", lambda files: Report())
    assert commands.backtest([Path("h.csv")], as_json=False, out=None) == "MAPE 1.8\n"
    printed = commands.backtest([Path("h.csv")], as_json=True, out=tmp_path / "out")
    assert json.loads(printed) == {"histories": [{"name": "历史"}]}
    assert (tmp_path / "out/backtest.json").read_text("utf-8") == printed
    assert (tmp_path / "out/backtest.txt").read_text("utf-8") == "MAPE 1.8\n"


@pytest.fixture
def instance(tmp_path) -> Path:
    """
    Two schools with 10 and 9 places, costs 20 and 1; three settlements with 5, 4 and 3 pupils.

    Assignment costs by settlement, to the first and the second school: 1 and 9, 8 and 2, 7 and 3. Both must open
    (12 pupils, 10 places at most in one), so the best is 1 + 2 + 3 and the 21 for the schools: 27.
    """
    path = tmp_path / "paper.json"
    path.write_text(
        json.dumps(
            {
                "format": "zoning-bench-1",
                "name": "paper",
                "set": "paper",
                "kind": "sscflp",
                "units": [{"id": str(i), "demand": demand} for i, demand in enumerate((5, 4, 3))],
                "sites": [
                    {"id": "n", "capacity": 10, "unit": None, "fixed_cost": 20},
                    {"id": "s", "capacity": 9, "unit": None, "fixed_cost": 1},
                ],
                "cost": {"type": "matrix", "axis": "site_major", "weight": "one", "data": [[1, 8, 7], [9, 2, 3]]},
                "edges": [],
                "rules": {},
                "p": None,
                "best_known": [{"problem": "sscflp", "p": None, "objective": 27.0}],
            }
        )
    )
    return path


def test_a_bench_prints_one_line_a_file_and_writes_the_assignment(junheng, instance, tmp_path):
    done = junheng("bench", instance, "--seconds", 5, "--out", tmp_path / "answers")
    [line] = [json.loads(text) for text in done.stdout.splitlines()]
    assert list(line) == ["name", "kind", "status", "objective", "bound", "gap", "seconds", "best_known"]
    assert (line["name"], line["kind"], line["status"], line["best_known"]) == ("paper", "sscflp", "optimal", 27.0)
    assert line["objective"] == pytest.approx(27)
    assert json.loads((tmp_path / "answers/paper.json").read_text()) == {"assignment": [0, 1, 1], "open": [0, 1]}


def test_a_bench_of_another_problem_and_number(junheng, instance, tmp_path):
    # Without capacity and with one school: the first costs 1 + 8 + 7, the second 9 + 2 + 3.
    done = junheng("bench", instance, "--out", tmp_path, "--seconds", 5, "--problem", "pmed", "--p", 1)
    assert json.loads(done.stdout)["objective"] == pytest.approx(14)


def test_a_bench_of_a_file_that_is_none_is_one_sentence(junheng, tmp_path):
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert "zoning-bench-1" in junheng("bench", other, "--out", tmp_path, code=1).stderr


@pytest.fixture
def plan_id(stored) -> str:
    """A stored plan of three hamlets with one settlement of 3 pupils."""
    document = plan({"scenario": {"title": "一案", "stage": "primary", "target_year": 2030}})
    document["settlements"] = [
        {
            "id": "A",
            "name": "上湾村",
            "pupils": 3,
            "school": "N",
            "school_today": "N",
            "minutes": 5,
            "minutes_today": 5,
            "boarders": 0,
            "moved": False,
        }
    ]
    asked = Scenario(title="一案", target_year=2030)
    with stored.writing() as session:
        dataset, _ = datasets.store(session, SAMPLES["three_hamlets"](), [], SYSTEM)
        scenario = scenarios.store(session, dataset, asked, SYSTEM)
        run, _ = runs.create(session, scenario, order=asked.solve, actor=SYSTEM)
        return runs.finish(session, run.id, PlanDocument.model_validate(document), {})


def test_a_plan_is_exported_in_four_kinds(junheng, plan_id, tmp_path):
    for ending in ("json", "xlsx", "csv", "geojson"):
        junheng("export", plan_id, "--out", tmp_path / f"plan.{ending}")
    assert json.loads((tmp_path / "plan.json").read_text("utf-8"))["title"] == "一案"
    assert "方案 Plan" in CalamineWorkbook.from_path(tmp_path / "plan.xlsx").sheet_names
    assert "上湾村" in (tmp_path / "plan.csv").read_text("utf-8-sig")
    features = json.loads((tmp_path / "plan.geojson").read_text("utf-8"))["features"]
    assert {feature["properties"]["layer"] for feature in features} >= {"settlements"}


def test_small_counts_of_children_are_masked_unless_asked_for(junheng, plan_id, tmp_path):
    def pupils() -> str:
        return next(csv.DictReader(io.StringIO((tmp_path / "p.csv").read_text("utf-8-sig"))))["pupils"]

    junheng("export", plan_id, "--out", tmp_path / "p.csv")
    assert pupils() == "<5"
    junheng("export", plan_id, "--out", tmp_path / "p.csv", "--exact")
    assert pupils() == "3"


def test_an_export_of_an_unknown_kind_is_refused(junheng, plan_id, tmp_path):
    assert ".geojson" in junheng("export", plan_id, "--out", tmp_path / "plan.doc", code=2).stderr
    assert not (tmp_path / "plan.doc").exists()


def test_a_scenario_file_with_faults_names_each(junheng, tmp_path):
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"title": "", "target_year": 1066, "weigths": {}}))
    stderr = junheng("solve", path, "--dataset", "any", code=2).stderr
    for field in ("title", "target_year", "weigths"):
        assert field in stderr


@pytest.fixture
def scenario(tmp_path) -> Path:
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"title": "三村 2031", "target_year": 2031, "solve": {"seconds": 5}}), "utf-8")
    return path


def test_a_scenario_is_solved_without_a_service(junheng, scenario, tmp_path):
    dataset = json.loads(junheng("sample", "three_hamlets").stdout)["id"]
    done = junheng("solve", scenario, "--dataset", dataset)
    document = json.loads(done.stdout)  # nothing else is on stdout
    # By hand (see the sample): in 2031 South takes all 36 pupils, 654 pupil-minutes, and North closes.
    assert document["certificate"]["status"] == "optimal"
    assert [row["decision"] for row in document["schools"] if row["pupils"]] == ["keep"]
    assert document["certificate"]["parts"]["pupil_minutes"] == 654 * 200  # yuan a pupil-minute by default
    assert "best" in done.stderr

    # From files, and from that plan as the standing one: the same answer.
    export.write_csv_folder(SAMPLES["three_hamlets"](), tmp_path / "tables")
    (tmp_path / "standing.json").write_text(done.stdout, "utf-8")
    options = ["--division", "509902", "--title", document["dataset_title"], "--synthetic", "--seed", 7]
    junheng(
        *("solve", scenario, "--dataset", tmp_path / "tables", *options),
        *("--standing", tmp_path / "standing.json", "--out", tmp_path / "again.json"),
    )
    again = json.loads((tmp_path / "again.json").read_text("utf-8"))
    # A's 18 pupils, moved from today's zone at 1,000 yuan each, stay where the standing plan has them.
    assert again["certificate"]["objective"] == document["certificate"]["objective"] - 18 * 1_000
    assert (again["certificate"]["seed"], again["measures"]["pupils_moved"]) == (7, 0)


def test_a_scenario_that_does_not_fit_is_a_sentence_not_a_traceback(junheng, scenario):
    dataset = json.loads(junheng("sample", "three_hamlets").stdout)["id"]
    asked = json.loads(scenario.read_text("utf-8")) | {"keep_open": ["nowhere"]}
    scenario.write_text(json.dumps(asked), "utf-8")
    done = junheng("solve", scenario, "--dataset", dataset, code=1)
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_standing_plan_that_is_none_is_refused(junheng, scenario, tmp_path):
    dataset = json.loads(junheng("sample", "three_hamlets").stdout)["id"]
    (tmp_path / "standing.json").write_text("{}")
    done = junheng("solve", scenario, "--dataset", dataset, "--standing", tmp_path / "standing.json", code=2)
    assert "no plan document" in done.stderr
