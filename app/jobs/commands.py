# ruff: noqa: PLC0415 - the importers and the solver take seconds to import; a command imports what it uses
"""What the command line does, without its options: answers are returned, everything about the work goes to stderr."""

from __future__ import annotations

import csv
import getpass
import io
import json
import signal
import sys
import threading
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from pydantic import ValidationError

from app.audit import Actor
from app.cases.plan_document import PlanDocument
from app.cases.recipe import Recipe
from app.cases.scenario import Scenario, SolveOrder
from app.db import datasets, forecasts, plans, runs, scenarios
from app.db.migrate import migrate
from app.db.session import Database
from app.jobs import output
from app.settings import Settings
from data.domain.district import District
from data.domain.schools import Stage
from solver.plan import Limits, Progress

if TYPE_CHECKING:
    from app.jobs.figures import Figures
    from app.jobs.importing import Imported
    from data.faults import Fault
    from data.importers.declaration import Declaration

ENDINGS = (".json", ".xlsx", ".csv", ".geojson")
FIRST_PLAN_SECONDS = 30.0
FIRST_PLAN_YEARS_AHEAD = 5


class Desk:
    """A database at hand, with our tables in it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = Database(settings.database_url)
        migrate(self._database)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    def import_files(self, path: Path, declared: Declaration) -> dict[str, Any]:
        """
        Store what files hold, or show every fault and end.

        Raises
        ------
        SystemExit
            With code 1 when there is a fault; nothing is stored then.
        """
        from app.jobs import importing

        found = importing.import_files(path, declared)
        return self._store(_told(found), found)

    def load_sample(self, name: str) -> dict[str, Any]:
        """Store a sample district with the roads it has, or find it."""
        from app.jobs import importing

        found = importing.import_sample(name, sample_district(name))
        return self._store(_told(found), found)

    def queue_first_run(self, dataset_id: str) -> str | None:
        """Queue a first plan on a dataset that has no scenario yet; ``None`` when it has one."""
        with self._database.writing() as session:
            if scenarios.newest(session, dataset_id=dataset_id, limit=1):
                return None
            asked = first_scenario(datasets.load(session, dataset_id))
            scenario = scenarios.store(session, datasets.get(session, dataset_id), asked, _me())
            run, _ = runs.create(session, scenario, order=asked.solve, actor=_me())
            return run.id

    def figures(self, dataset: str, declared: Declaration) -> Figures:
        """Read a dataset, from files where ``dataset`` is a path, else from the database."""
        from app.jobs import figures, importing, ways
        from data import digest

        if Path(dataset).exists():
            found = importing.import_files(Path(dataset), declared)
            district = _told(found)
            if found.roads is None:
                return figures.Figures(district, digest.digest(district), None)
            hash = digest.with_roads(digest.digest(district), found.roads.network.hash)
            return figures.Figures(district, hash, ways.Roads(found.roads.network))
        with self._database.reading() as session:
            return figures.load(session, dataset, self._settings.networks_dir, self._settings.ways_dir)

    def export(self, plan_id: str, ending: str, *, exact: bool) -> bytes:
        """
        Write a stored plan.

        Parameters
        ----------
        ending
            Of a file name: ``.json`` is the plan document as it is stored, never masked.
        exact
            Whether small counts of children are shown as they are.
        """
        from app.reports import exports, layers

        if ending not in ENDINGS:
            raise typer.BadParameter(f"{ending!r} is none of {', '.join(ENDINGS)}", param_hint="--out")
        with self._database.reading() as session:
            plan = plans.get(session, plan_id)
            document = PlanDocument.model_validate(plan.document)
            if ending == ".json":
                return json.dumps(plan.document, ensure_ascii=False, indent=1).encode("utf-8")
            if ending == ".xlsx":
                return exports.workbook(document, mask_small_counts=not exact)
            if ending == ".csv":
                return exports.settlements_csv(document, mask_small_counts=not exact)
            district = datasets.load(session, plan.dataset_id)
        layer = layers.whole_plan(district, layers.land_of(district), document)
        return (layer if exact else layer.published()).geojson()

    def _store(self, district: District, found: Imported) -> dict[str, Any]:
        warnings, roads = [_plain(warning) for warning in found.warnings], found.packed_roads()
        with self._database.writing() as session:
            dataset, created = datasets.store(session, district, warnings, _me(), roads)
            return {
                "id": dataset.id,
                "title": dataset.title,
                "division": dataset.division,
                "synthetic": dataset.synthetic,
                "hash": dataset.hash,
                "counts": dataset.counts,
                "roads": dataset.network_hash,
                "created": created,
            }


def declaration(
    *,
    title: str,
    division: str,
    crs: str | None,
    columns: Sequence[str],
    tables: Sequence[str],
    synthetic: bool,
    source: str,
) -> Declaration:
    """Read a declaration from options: ``table.column=heading`` and ``file=table``."""
    from data.importers.declaration import Declaration

    headings: dict[str, dict[str, str]] = {}
    for option in columns:
        name, heading = _split("--column", option, "table.column=heading")
        table, dot, column = name.partition(".")
        if not dot:
            raise _unreadable("--column", option, "table.column=heading")
        headings.setdefault(table, {})[column] = heading
    files = dict(_split("--table", option, "file=table") for option in tables)
    return Declaration(title, division, crs, synthetic, source, headings, files)


def _split(option: str, text: str, expected: str) -> tuple[str, str]:
    left, equals, right = text.partition("=")
    if not (left and equals):
        raise _unreadable(option, text, expected)
    return left, right


def _unreadable(option: str, text: str, expected: str) -> typer.BadParameter:
    return typer.BadParameter(f"{text!r} cannot be read; expected {expected}", param_hint=option)


def read_years(text: str) -> list[int]:
    """Read ``2026-2035`` or ``2026,2030`` as years."""
    try:
        first, dash, last = text.partition("-")
        years = list(range(int(first), int(last) + 1)) if dash else [int(year) for year in text.split(",")]
    except ValueError:
        years = []
    if not years:
        raise _unreadable("--years", text, "years such as 2026-2035 or 2026,2030")
    return years


def read_scenario(path: Path, *, seconds: float | None = None, seed: int | None = None) -> Scenario:
    """Read a scenario file, with another time limit and seed when given; a file that is none is told all its faults."""
    changes = {name: value for name, value in (("seconds", seconds), ("seed", seed)) if value is not None}
    try:
        scenario = Scenario.model_validate_json(path.read_bytes())
        order = SolveOrder.model_validate(scenario.solve.model_dump() | changes)
    except ValidationError as error:
        reasons = "\n".join(_reason(fault["loc"], fault["msg"]) for fault in error.errors())
        raise typer.BadParameter(f"{path} is no scenario:\n{reasons}", param_hint="SCENARIO") from error
    return scenario.model_copy(update={"solve": order})


def read_recipe(**given: object) -> Recipe:
    """Read a recipe from options; ``None`` leaves one as it is."""
    try:
        return Recipe.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        reasons = "\n".join(_reason(fault["loc"], fault["msg"]) for fault in error.errors())
        raise typer.BadParameter(f"no forecast can be made so:\n{reasons}") from error


def _reason(where: Sequence[str | int], what: str) -> str:
    return f"{'.'.join(str(part) for part in where) or 'file'}: {what}"


def solve(figures: Figures, scenario: Scenario, standing: Path | None) -> dict[str, Any]:
    """Plan in this process with progress on stderr; a first Ctrl-C keeps the best plan, a second ends all."""
    from app.jobs import planning

    start_from = None if standing is None else _standing(figures.district, scenario, standing)
    document = planning.plan_district(
        figures.district,
        scenario,
        dataset_hash=figures.hash,
        standing=start_from,
        roads=figures.roads,
        report=show_progress,
        should_stop=_stop_on_interrupt(),
    )
    return document.model_dump(mode="json")


def _standing(district: District, scenario: Scenario, path: Path) -> dict[str, str]:
    from app.jobs import orders

    try:
        return orders.standing_in(district, scenario.stage, json.loads(path.read_text("utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise typer.BadParameter(f"{path} is no plan document", param_hint="--standing") from error


def show_progress(progress: Progress) -> None:
    """Write one line of progress to stderr."""
    best, bound = (("–" if value is None else f"{value:,}") for value in (progress.best, progress.bound))
    _tell(f"{progress.seconds:8.1f} s  {progress.phase:<14} best {best}  bound {bound}")


def _stop_on_interrupt() -> Callable[[], bool]:
    asked = threading.Event()

    def interrupt(*_: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        _tell("stopping; the best plan so far is kept (Ctrl-C again gives up)")

    signal.signal(signal.SIGINT, interrupt)
    return asked.is_set


def bench(files: Sequence[Path], out: Path, limits: Limits, *, problem: str | None, number: int | None) -> None:
    """
    Solve published instances; one JSON line each on stdout as it is done, one ``NAME.json`` each in ``out``.

    An instance without a plan gets its line and no file, so that no file is ever half an answer.
    """
    from solver import bench as instances

    out.mkdir(parents=True, exist_ok=True)
    answers = output.answers_only()
    for path in files:
        _tell(f"{path.name}: {limits.seconds:g} s at most")
        line, answer = instances.run_file(path, limits, problem=problem, number=number, report=show_progress)
        if answer is not None:
            (out / f"{line['name']}.json").write_text(json.dumps(answer), encoding="utf-8")
        answers.write(json.dumps(line, ensure_ascii=False) + "\n")
        answers.flush()


def forecast_csv(district: District, years: Sequence[int]) -> str:
    """Forecast pupils as CSV: a row for each settlement, year and stage that the figures reach; notes on stderr."""
    from data.forecast import forecast

    result = forecast(district, years)
    names = {settlement.id: settlement.name for settlement in district.settlements}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["settlement", "name", "year", "stage", "pupils"])
    for year in result.years:
        for stage in Stage:
            if result.knows(stage, year):
                counts = result.pupils(stage, year)
                writer.writerows(
                    [id, names[id], year, stage.value, int(pupils)]
                    for id, pupils in zip(result.settlements, counts, strict=True)
                )
    _tell(result.method, *result.notes)
    return text.getvalue()


def forecast_document(figures: Figures, recipe: Recipe) -> bytes:
    """Forecast a district in this process, with progress on stderr; the answer is canonical JSON, as it is stored."""
    from app.jobs import forecasting

    document = forecasting.forecast_document(figures.district, recipe, dataset_hash=figures.hash, report=show_progress)
    _tell(*(note.text for note in (*document.method, *document.notes)))
    return forecasts.canonical(document)


def backtest(files: Sequence[Path], *, as_json: bool, out: Path | None) -> str:
    """
    Try the forecasts on histories; with ``out``, the answer is also left there in both forms.

    Raises
    ------
    SystemExit
        With code 2 when the files cannot be used; every fault is on stderr then.
    """
    from data.backtest import UnreadableHistory
    from data.backtest import backtest as tried_on

    try:
        report = tried_on(files)
    except UnreadableHistory as error:
        _tell(f"{len(error.faults)} faults:", fault_table(error.faults))
        raise SystemExit(2) from error
    document, text = json.dumps(report.json(), ensure_ascii=False, indent=1) + "\n", report.text() + "\n"
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "backtest.json").write_text(document, encoding="utf-8")
        (out / "backtest.txt").write_text(text, encoding="utf-8")
    return document if as_json else text


def roads(extract: Path, relief: Sequence[Path], *, as_json: bool) -> str:
    """
    Read a road extract alone and tell what it holds.

    Raises
    ------
    SystemExit
        With code 1 when a file cannot be used; every fault is on stderr then.
    """
    from app.jobs import importing, roads_report

    made, faults, warnings = importing.import_extract(extract, relief)
    _tell_warnings(warnings)
    if made is None:
        _end_with_faults(faults, "nothing was read")
    report = {"hash": made.network.hash, **made.report}
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n" if as_json else roads_report.text(report)


def minutes(
    extract: Path, homes: Path, schools: Path, relief: Sequence[Path], *, means: str | None, out: Path | None
) -> None:
    """
    Write the minutes from listed homes to listed schools on a road extract as CSV.

    Raises
    ------
    SystemExit
        With code 1 when a file cannot be used; every fault is on stderr then, and nothing is written.
    """
    from app.jobs import importing, listed_minutes
    from data.faults import Findings
    from geo.roads.profile import Means

    findings = Findings()
    from_homes, to_schools = (listed_minutes.read_points(path, findings) for path in (homes, schools))
    made, faults, warnings = importing.import_extract(
        extract, relief, [*from_homes.points, *to_schools.points], findings
    )
    _tell_warnings(warnings)
    if made is None:
        _end_with_faults(faults, "nothing was written")
    wanted = tuple(Means) if means is None else (Means(means),)
    with nullcontext(sys.stdout) if out is None else out.open("w", encoding="utf-8", newline="") as file:
        pairs, *lonely = listed_minutes.write(made.network, from_homes, to_schools, wanted, file)
    _tell(f"{pairs} pairs")
    for what, ids in zip(("homes", "schools"), lonely, strict=True):
        if ids:
            _tell(f"{len(ids)} {what} without a way: {', '.join(ids[:20])}")


def sample_district(name: str) -> District:
    """Make a sample district."""
    from data import sample

    if name not in sample.SAMPLES:
        raise typer.BadParameter(f"there is no sample {name!r}; there are {', '.join(sample.SAMPLES)}")
    return sample.SAMPLES[name]()


def first_scenario(district: District) -> Scenario:
    """Ask the plainest question of a district: its primary schools, a few years ahead."""
    declared = [row.year for row in district.demand if row.stage is Stage.PRIMARY]
    counted = [row.year + FIRST_PLAN_YEARS_AHEAD for row in district.people]
    year = max(declared or counted)
    return Scenario(
        title=f"{year}年小学布局", stage=Stage.PRIMARY, target_year=year, solve=SolveOrder(seconds=FIRST_PLAN_SECONDS)
    )


def fault_table(faults: Sequence[Fault]) -> str:
    """Set faults out in columns that line up, wide characters counted as two."""
    heading = ("place", "column", "value", "reason")
    rows = [heading, *(_cells(fault) for fault in faults)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(heading) - 1)]
    return "\n".join(
        "  ".join([*(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    )


def _cells(fault: Fault) -> tuple[str, str, str, str]:
    place = fault.file if fault.row is None else f"{fault.file}:{fault.row}"
    column = ".".join(part for part in (fault.table, fault.column) if part)
    value = "" if fault.value is None else str(fault.value)
    return place, column, value, f"{fault.reason} {fault.reason_zh}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _told(found: Imported) -> District:
    """Show the warnings of an import and give its district; with faults, show those and end with code 1."""
    _tell_warnings(found.warnings)
    if found.district is None:
        _end_with_faults(found.faults, "nothing was stored")
    return found.district


def _tell_warnings(warnings: Sequence[Fault]) -> None:
    if warnings:
        _tell(f"{len(warnings)} warnings:", fault_table(warnings))


def _end_with_faults(faults: Sequence[Fault], outcome: str) -> NoReturn:
    _tell(f"{len(faults)} faults; {outcome}:", fault_table(faults))
    raise SystemExit(1)


def _plain(fault: Fault) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(fault)


def _me() -> Actor:
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        name = "nobody"
    return Actor(f"command-line:{name}", name)


def _tell(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr, flush=True)
