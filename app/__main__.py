# ruff: noqa: PLC0415 - modules are imported where they are used, so that help comes at once
"""
The command line.

    junheng serve | work | import PATH | sample NAME | roads FILE | minutes ROADS | forecast | backtest FILE...
            | solve SCENARIO | bench FILE... | export PLAN

Answers go to standard output, everything about the work to standard error, so that answers can be piped.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal

import typer

from data.errors import PlanningError

if TYPE_CHECKING:
    from app.settings import Settings
    from data.importers.declaration import Declaration

cli = typer.Typer(
    name="junheng",
    help="Junheng 均衡: certified school-network plans for a district.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DataDir = Annotated[Path | None, typer.Option(help="Folder of the SQLite files [JUNHENG_DATA_DIR, else var].")]
DatabaseUrl = Annotated[
    str | None, typer.Option(help="Database URL [JUNHENG_DATABASE_URL, else a SQLite file in the data folder].")
]
Out = Annotated[Path | None, typer.Option(help="File to write; standard output when not given.")]
DatasetOption = Annotated[
    str, typer.Option("--dataset", help="Id of a stored dataset, or a folder, zip, workbook or map file to read.")
]
Title = Annotated[str, typer.Option(help="Your name for the dataset.")]
Division = Annotated[str, typer.Option(help="Code of the authority that the data belong to.")]
Crs = Annotated[
    str | None, typer.Option(help="EPSG:4490, EPSG:4547, ..., GCJ-02 or BD-09; not given: as the files say.")
]
Columns = Annotated[
    list[str] | None, typer.Option("--column", help="A heading of yours: table.column=heading. May be repeated.")
]
Tables = Annotated[
    list[str] | None,
    typer.Option("--table", help="Which table a file, sheet or layer is: file=table. May be repeated."),
]
Synthetic = Annotated[bool, typer.Option("--synthetic", help="The data are made up; every page and export says so.")]
Source = Annotated[str, typer.Option(help="Where the figures come from, in words.")]
Relief = Annotated[
    list[Path] | None, typer.Option("--relief", help="Elevation file: .hgt, .hgt.zip or GeoTIFF. May be repeated.")
]


@cli.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on [JUNHENG_HOST, else this machine only].")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port [JUNHENG_PORT, else 8000].")] = None,
    worker: Annotated[bool, typer.Option(help="Solve runs too, in children of this process.")] = True,
    sample: Annotated[str | None, typer.Option(help="Load this sample and queue its first plan.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Serve the API and the page."""
    from app import processes

    processes.serve(
        _settings(host=host, port=port, data_dir=data_dir, database=database_url), worker=worker, sample=sample
    )


@cli.command()
def work(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Solve runs, on this or any machine that reaches the PostgreSQL database."""
    from app import processes

    processes.work(_settings(data_dir=data_dir, database=database_url))


@cli.command("import")
def import_files(
    path: Annotated[Path, typer.Argument(help="Folder, .zip, .xlsx, .geojson, .gpkg or zipped shape file; roads too.")],
    division: Division,
    title: Title = "",
    crs: Crs = None,
    column: Columns = None,
    table: Tables = None,
    synthetic: Synthetic = False,
    source: Source = "",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Read files into a new dataset; with faults, show them all and store nothing."""
    from app.jobs import commands

    declaration = _declaration(path, title, division, crs, column, table, synthetic, source)
    with commands.Desk(_settings(data_dir=data_dir, database=database_url)) as desk:
        _print_stored(desk.import_files(path, declaration))


@cli.command()
def sample(
    name: Annotated[str, typer.Argument(help="three_hamlets, river_district, ...")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Load a sample district, made by a generator; loading it again finds the one that is there."""
    from app.jobs import commands

    with commands.Desk(_settings(data_dir=data_dir, database=database_url)) as desk:
        _print_stored(desk.load_sample(name))


@cli.command()
def roads(
    file: Annotated[Path, typer.Argument(help="Road extract: .osm.pbf, .osm, .osm.gz or .osm.bz2.")],
    relief: Relief = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not a table.")] = False,
) -> None:
    """Read a road extract alone, store nothing, and tell what it holds."""
    from app.jobs import commands

    _write(commands.roads(file, relief or [], as_json=as_json), None)


@cli.command()
def minutes(
    roads: Annotated[Path, typer.Argument(help="Road extract: .osm.pbf, .osm, .osm.gz or .osm.bz2.")],
    homes: Annotated[Path, typer.Option(help="CSV of homes: id, lon, lat (WGS 84).")],
    schools: Annotated[Path, typer.Option(help="CSV of schools: id, lon, lat (WGS 84).")],
    relief: Relief = None,
    means: Annotated[
        Literal["walk", "bus", "mixed"] | None, typer.Option(help="Only by these means [by each of the three].")
    ] = None,
    out: Out = None,
) -> None:
    """Find the minutes from homes to schools on roads: a row a pair that a way joins, whole minutes one way."""
    from app.jobs import commands

    commands.minutes(roads, homes, schools, relief or [], means=means, out=out)


@cli.command()
def forecast(
    dataset: DatasetOption,
    years: Annotated[
        str | None, typer.Option(help="Print pupils of first and last year, as 2026-2035, or of years with commas.")
    ] = None,
    document: Annotated[
        Path | None, typer.Option(help="JSON file for the whole forecast: bands, warnings, sources and accuracy.")
    ] = None,
    last_year: Annotated[int | None, typer.Option(help="Last September of the document [2035].")] = None,
    fertility: Annotated[str | None, typer.Option(help="Births not yet counted: low, middle or high [middle].")] = None,
    migrants_change: Annotated[
        float | None, typer.Option(help="Demand of migrant children against today's, as 0.2 or -0.2 [0].")
    ] = None,
    paths: Annotated[int | None, typer.Option(help="Sample paths that make the bands [200].")] = None,
    seed: Annotated[int | None, typer.Option(help="Start of every random choice [1].")] = None,
    division: Division = "",
    title: Title = "",
    crs: Crs = None,
    column: Columns = None,
    table: Tables = None,
    synthetic: Synthetic = False,
    source: Source = "",
    out: Out = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Forecast pupils by settlement, year and stage as CSV, or a whole forecast as a document, or both."""
    from app.jobs import commands

    if years is None and document is None:
        raise typer.BadParameter("one of the two is needed", param_hint="--years / --document")
    wanted = None if years is None else commands.read_years(years)
    recipe = commands.read_recipe(
        last_year=last_year, fertility=fertility, migrants_change=migrants_change, paths=paths, seed=seed
    )
    declaration = _declaration(Path(dataset), title, division, crs, column, table, synthetic, source)
    with commands.Desk(_settings(data_dir=data_dir, database=database_url)) as desk:
        figures = desk.figures(dataset, declaration)
    if document is not None:
        document.write_bytes(commands.forecast_document(figures, recipe))
    if wanted is not None:
        _write(commands.forecast_csv(figures.district, wanted), out)


@cli.command()
def backtest(
    files: Annotated[
        list[Path], typer.Argument(help="Histories as CSV or .xlsx: rolls by grade, stage, place or age.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not a table.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for backtest.json and backtest.txt as well.")] = None,
) -> None:
    """Forecast the known years of histories from the years before them, and tell how far each method is off."""
    from app.jobs import commands

    _write(commands.backtest(files, as_json=as_json, out=out), None)


@cli.command()
def solve(
    scenario: Annotated[Path, typer.Argument(help="JSON file of a scenario.", exists=True, dir_okay=False)],
    dataset: DatasetOption,
    out: Out = None,
    standing: Annotated[
        Path | None, typer.Option(help="Plan document to start from, as an earlier solve wrote.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Time limit in place of the scenario's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed in place of the scenario's.")] = None,
    division: Division = "",
    title: Title = "",
    crs: Crs = None,
    column: Columns = None,
    table: Tables = None,
    synthetic: Synthetic = False,
    source: Source = "",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Solve a scenario here and now, with no service; Ctrl-C keeps the best plan so far."""
    from app.jobs import commands, output

    declaration = _declaration(Path(dataset), title, division, crs, column, table, synthetic, source)
    asked = commands.read_scenario(scenario, seconds=seconds, seed=seed)
    with commands.Desk(_settings(data_dir=data_dir, database=database_url)) as desk:
        figures = desk.figures(dataset, declaration)
    answers = output.answers_only()
    document = commands.solve(figures, asked, standing)
    _write(json.dumps(document, ensure_ascii=False, indent=1) + "\n", out, answers)


@cli.command()
def bench(
    files: Annotated[list[Path], typer.Argument(help="Files in the zoning-bench-1 format.", exists=True)],
    out: Annotated[Path, typer.Option(help="Folder for NAME.json, one a file.")],
    seconds: Annotated[float, typer.Option(help="Time limit a file.", min=0.1)] = 60.0,
    problem: Annotated[str | None, typer.Option(help="Problem to solve in place of each file's main one.")] = None,
    p: Annotated[int | None, typer.Option("--p", help="Schools to open, where the problem asks.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="Start of every random choice.")] = 1,
    workers: Annotated[int, typer.Option(help="Threads an exact solver may use.", min=1)] = 2,
    deterministic: Annotated[bool, typer.Option("--deterministic", help="Same input and seed, same plan.")] = False,
) -> None:
    """Solve published instances: one JSON line a file, and the assignments in a folder."""
    from app.jobs import commands
    from solver.plan import Limits

    limits = Limits(seconds=seconds, seed=seed, workers=workers, deterministic=deterministic)
    commands.bench(files, out, limits, problem=problem, number=p)


@cli.command()
def export(
    plan: Annotated[str, typer.Argument(help="Id of a stored plan.")],
    out: Annotated[Path, typer.Option(help="File to write; its ending says how: .json, .xlsx, .csv or .geojson.")],
    exact: Annotated[bool, typer.Option("--exact", help="Show counts of 1 to 4 children, not <5.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write a stored plan to a file."""
    from app.jobs import commands

    with commands.Desk(_settings(data_dir=data_dir, database=database_url)) as desk:
        content = desk.export(plan, out.suffix, exact=exact)
    out.write_bytes(content)


def main() -> None:
    """Run the command line; an error raised on purpose is one sentence and exit code 1."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")
    for chatty in ("alembic", "pyogrio", "fiona", "rasterio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        cli()
    except PlanningError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


def _settings(**given: Any) -> Settings:
    """Read the settings; an option of the command line goes before the environment."""
    from app.settings import Settings

    return Settings(**{name: value for name, value in given.items() if value is not None})


def _declaration(
    path: Path,
    title: str,
    division: str,
    crs: str | None,
    columns: list[str] | None,
    tables: list[str] | None,
    synthetic: bool,
    source: str,
) -> Declaration:
    from app.jobs import commands

    return commands.declaration(
        title=title or path.stem,
        division=division,
        crs=crs,
        columns=columns or [],
        tables=tables or [],
        synthetic=synthetic,
        source=source,
    )


def _print_stored(stored: dict[str, Any]) -> None:
    typer.echo(json.dumps(stored, ensure_ascii=False))


def _write(text: str, out: Path | None, answers: IO[str] | None = None) -> None:
    if out is None:
        print(text, end="", file=answers, flush=True)
    else:
        out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
