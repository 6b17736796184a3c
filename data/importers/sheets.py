"""From raw text to a table of the dictionary: which table, which row holds the headings, what each cell means."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shapely import Point
from shapely.geometry.base import BaseGeometry

from data import cells
from data.cells import BadCell, Cell, fold
from data.faults import Findings, Where, did_you_mean
from data.importers.coordinates import System
from data.importers.declaration import Declaration
from data.loaded import Loaded
from data.tables import TABLES, CellType, Column, Table

FORMULA_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
ROWS_BEFORE_HEADINGS = 10
"""Title and note rows that may stand above the headings."""

_UNIT = re.compile(r"\s*[(（\[【].*?[)）\]】]\s*$|\s*\*+$")
_DECORATION = re.compile(r"^[\d\s._、-]+|[\d\s._-]+$")
_CONTINUED = re.compile(r"\s*(\d+)$")


@dataclass(slots=True)
class RawSheet:
    """
    One sheet, file or layer as text.

    Attributes
    ----------
    file
        What a person calls it: path, with sheet or layer in square brackets.
    names
        Names that may say which table it is, the most telling first.
    rows, lines
        Texts and row numbers, headings included.
    geometry
        Shapes of the rows after the headings; ``None``: the sheet has no shapes of its own.
    system
        Coordinate system the file itself states.
    """

    file: str
    names: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    geometry: list[BaseGeometry | None] | None = None
    system: System | None = None

    @property
    def called(self) -> str:
        """The one name to show: of a file without its ending, of a sheet among several its own."""
        return self.names[min(1, len(self.names) - 1)]


@dataclass(slots=True)
class Piece:
    """A sheet read as part of a table; ``shapes``: it carries outlines or points of its own."""

    loaded: Loaded
    shapes: bool
    system: System | None


def table_of(sheet: RawSheet, declaration: Declaration) -> Table | None:
    """Find the table a sheet holds: as declared, else as its name says."""
    for name in (sheet.file, *sheet.names):
        declared = declaration.tables.get(name)
        if declared is not None:
            return TABLES.get(declared)
    return next((table for name in sheet.names if (table := table_named(name)) is not None), None)


def table_named(name: str) -> Table | None:
    """Find the table of an English or Chinese name; numbering before and a year after it do not matter."""
    return _BY_NAME.get(fold(name)) or _BY_NAME.get(fold(_DECORATION.sub("", name)))


def likely_tables(name: str) -> list[str]:
    """Give names of tables that are spelt nearly like ``name``."""
    near = difflib.get_close_matches(fold(_DECORATION.sub("", name)), _BY_NAME, n=2, cutoff=0.6)
    return list(dict.fromkeys(f"{_BY_NAME[name].name} ({_BY_NAME[name].zh})" for name in near))


_BY_NAME: Mapping[str, Table] = {
    fold(name): table for table in reversed(tuple(TABLES.values())) for name in (*table.aliases, table.zh, table.name)
}


@dataclass(slots=True)
class Headings:
    """
    What the headings of a sheet mean.

    Attributes
    ----------
    row
        Index of the heading row among the sheet's rows.
    positions
        Positions of each column of ours; several only for an outline that goes on in further cells.
    """

    row: int
    texts: list[str]
    positions: dict[str, list[int]] = field(default_factory=dict)


def read_sheet(
    sheet: RawSheet,
    table: Table,
    declaration: Declaration,
    findings: Findings,
    *,
    only_shapes: bool = False,
    shapes_elsewhere: bool = False,
) -> Piece | None:
    """
    Read a sheet as rows of a table; ``None`` where it has no headings.

    ``only_shapes``: the sheet adds shapes to rows of another file, so that only its ids are needed.
    ``shapes_elsewhere``: another file adds shapes to these rows, so that they need no coordinates.
    """
    wanted = declaration.columns.get(table.name, {})
    found = _find_headings(sheet, table, wanted)
    if found is None:
        return None
    _take_declared(sheet, table, wanted, found, findings)
    _take_known(sheet, table, wanted, found, findings)
    has_shapes = sheet.geometry is not None
    shapes_given = has_shapes or shapes_elsewhere
    _report_missing(sheet, table, found, findings, shapes_given=shapes_given, only_shapes=only_shapes)
    if only_shapes:
        needed = {*table.key, "geometry", "lon", "lat"}
        found.positions = {name: positions for name, positions in found.positions.items() if name in needed}
    body = _body(sheet, table, found, findings)
    loaded = _typed(sheet, table, found, body, findings)
    if sheet.geometry is not None:
        _take_shapes(loaded, [sheet.geometry[row - found.row - 1] for row in body])
    _fill_declared_division(loaded, declaration)
    return Piece(loaded, has_shapes, sheet.system)


def _find_headings(sheet: RawSheet, table: Table, wanted: Mapping[str, str]) -> Headings | None:
    """Take the first row with two known headings, else the first row with anything in it."""
    if sheet.geometry is not None:
        return Headings(0, [text.strip() for text in sheet.rows[0]])
    known = set(_spellings(table)) | {fold(heading) for heading in wanted.values()}
    candidates = [i for i, row in enumerate(sheet.rows) if any(text.strip() for text in row)][:ROWS_BEFORE_HEADINGS]
    for i in candidates:
        if sum(_plain_heading(text) in known or fold(text) in known for text in sheet.rows[i]) >= 2:
            return Headings(i, [text.strip() for text in sheet.rows[i]])
    return Headings(candidates[0], [text.strip() for text in sheet.rows[candidates[0]]]) if candidates else None


def _take_declared(
    sheet: RawSheet, table: Table, wanted: Mapping[str, str], found: Headings, findings: Findings
) -> None:
    """Place the columns whose headings the user declared."""
    by_text = {fold(text): position for position, text in reversed(list(enumerate(found.texts))) if text}
    for name, heading in wanted.items():
        if name not in table.names or not heading:
            continue
        position = by_text.get(fold(heading))
        if position is None:
            column = table.column(name)
            near = [found.texts[by_text[text]] for text in difflib.get_close_matches(fold(heading), by_text, n=2)]
            where = Where(sheet.file, table.name, sheet.lines[found.row] or None, heading)
            hint = did_you_mean(near)
            findings.add("declared-heading-missing", where, column=column.name, column_zh=column.zh, **hint)
            found.positions[name] = []
        else:
            found.positions[name] = [position]


def _take_known(sheet: RawSheet, table: Table, wanted: Mapping[str, str], found: Headings, findings: Findings) -> None:
    """Place the columns by the headings of the dictionary: a name goes before another spelling."""
    spellings = _spellings(table)
    taken = {position for positions in found.positions.values() for position in positions}
    matches: dict[str, list[tuple[int, int]]] = {}
    for position, text in enumerate(found.texts):
        match = spellings.get(fold(text)) or spellings.get(_plain_heading(text))
        if match and match[0] not in wanted:
            matches.setdefault(match[0], []).append((match[1], position))
    for name, ranked in matches.items():
        best = min(rank for rank, _ in ranked)
        positions = [position for rank, position in ranked if rank == best]
        found.positions[name] = positions[:1]
        taken.add(positions[0])
        if len(positions) > 1:
            column = table.column(name)
            headings = ", ".join(found.texts[position] for position in positions)
            where = Where(sheet.file, table.name, sheet.lines[found.row] or None, found.texts[positions[1]])
            findings.add("column-twice", where, column=column.name, column_zh=column.zh, headings=headings)
            taken.update(positions)
    taken.update(_take_further_outline_cells(table, found))
    for position, text in enumerate(found.texts):
        if text and position not in taken:
            where = Where(sheet.file, table.name, sheet.lines[found.row] or None, text)
            findings.add("column-unknown", where, **did_you_mean(_likely_columns(table, text, found)))


def _take_further_outline_cells(table: Table, found: Headings) -> list[int]:
    """Place headings such as 边界 2, in which an outline too long for one cell goes on."""
    further = []
    for column in table.columns:
        if column.type is CellType.GEOMETRY and found.positions.get(column.name):
            spellings = {fold(name) for name in (column.name, column.zh, *column.aliases)}
            steps = {
                int(step[1]): position
                for position, text in enumerate(found.texts)
                if (step := _CONTINUED.search(text)) and fold(_CONTINUED.sub("", text)) in spellings
            }
            further = [steps[step] for step in sorted(steps)]
            found.positions[column.name] += further
    return further


def _likely_columns(table: Table, text: str, found: Headings) -> list[str]:
    """Give columns not found yet that are spelt nearly like a heading."""
    spellings = {word: match for word, match in _spellings(table).items() if match[0] not in found.positions}
    near = difflib.get_close_matches(_plain_heading(text), spellings, n=2, cutoff=0.6)
    names = dict.fromkeys(spellings[word][0] for word in near)
    return [f"{name} ({table.column(name).zh})" for name in names]


def _report_missing(
    sheet: RawSheet, table: Table, found: Headings, findings: Findings, *, shapes_given: bool, only_shapes: bool
) -> None:
    where = Where(sheet.file, table.name, sheet.lines[found.row] or None)
    given = {"lon", "lat"} if shapes_given else set()
    for column in table.columns:
        excused = column.name in given or _division_may_be_declared(table, column)
        needed = column.name in table.key if only_shapes else column.required and not excused
        if needed and column.name not in found.positions:
            unread = [text for position, text in enumerate(found.texts) if text and not _is_taken(found, position)]
            by_fold = {_plain_heading(text): text for text in unread}
            words = [fold(word) for word in (column.name, column.zh, *column.aliases)]
            near = [by_fold[m] for word in words for m in difflib.get_close_matches(word, by_fold, n=1, cutoff=0.6)]
            hint = did_you_mean(list(dict.fromkeys(near))[:2])
            findings.add("column-missing", where, column=column.name, column_zh=column.zh, **hint)
    if table.place and not any(name in found.positions for name in table.place):
        columns_zh = "、".join(table.column(name).zh for name in table.place)
        findings.add("place-column-missing", where, columns=", ".join(table.place), columns_zh=columns_zh)


def _is_taken(found: Headings, position: int) -> bool:
    return any(position in positions for positions in found.positions.values())


def _body(sheet: RawSheet, table: Table, found: Headings, findings: Findings) -> list[int]:
    """Give the indices of the rows with data: not blank, not a second heading row."""
    width = len(found.texts)
    body = []
    for i in range(found.row + 1, len(sheet.rows)):
        row = sheet.rows[i]
        if not any(text.strip() for text in row):
            if sheet.geometry is None or sheet.geometry[i - found.row - 1] is None:
                continue
        elif i == found.row + 1 and _is_second_heading(row, table, found):
            continue
        if any(text.strip() for text in row[width:]):
            findings.add("extra-cells", Where(sheet.file, table.name, sheet.lines[i], "", row[width]))
        body.append(i)
    return body


def _is_second_heading(row: Sequence[str], table: Table, found: Headings) -> bool:
    """Tell whether every cell of a row only repeats, in another language, the heading above it."""
    spellings = _spellings(table)
    meant = {position: name for name, positions in found.positions.items() for position in positions[:1]}
    filled = [(position, fold(text)) for position, text in enumerate(row) if text.strip()]
    known = [(meant[position], text) for position, text in filled if position in meant]
    return bool(known) and all(spellings.get(text, ("",))[0] == name for name, text in known)


def _typed(sheet: RawSheet, table: Table, found: Headings, body: list[int], findings: Findings) -> Loaded:
    columns: dict[str, list[Cell]] = {}
    headings: dict[tuple[str, str], str] = {}
    spoiled: set[int] = set()
    lines = [sheet.lines[i] for i in body]
    for column in table.columns:
        positions = found.positions.get(column.name, [])
        if not positions:
            columns[column.name] = [None] * len(body)
            continue
        headings[sheet.file, column.name] = found.texts[positions[0]]
        texts = _texts(sheet.rows, body, positions)
        where = Where(sheet.file, table.name, None, found.texts[positions[0]])
        columns[column.name], bad = _values(column, texts, lines, where, findings)
        spoiled.update(bad)
    return Loaded(table, columns, [sheet.file] * len(body), list(lines), headings, spoiled)


def _texts(rows: list[list[str]], body: list[int], positions: list[int]) -> list[str]:
    if len(positions) == 1:
        position = positions[0]
        return [rows[i][position] if position < len(rows[i]) else "" for i in body]
    return ["".join(rows[i][position] for position in positions if position < len(rows[i])) for i in body]


def _values(
    column: Column, texts: list[str], lines: list[int], where: Where, findings: Findings
) -> tuple[list[Cell], list[int]]:
    """Read a column; each different text is read once, each bad cell reported on its row. Also give the bad rows."""
    read: dict[str, Cell] = {}
    bad: dict[str, BadCell] = {}
    for text in dict.fromkeys(texts):
        try:
            if text.strip() in FORMULA_ERRORS:
                raise BadCell("formula-error")
            read[text] = cells.parse(column, text)
        except BadCell as problem:
            read[text], bad[text] = None, problem
    if bad or (column.required and None in read.values()):
        _report_cells(column, texts, lines, where, findings, read=read, bad=bad)
    return [read[text] for text in texts], [row for row, text in enumerate(texts) if text in bad] if bad else []


def _report_cells(
    column: Column,
    texts: list[str],
    lines: list[int],
    where: Where,
    findings: Findings,
    *,
    read: Mapping[str, Cell],
    bad: Mapping[str, BadCell],
) -> None:
    for text, line in zip(texts, lines, strict=True):
        here = Where(where.file, where.table, line, where.column, text.strip())
        if text in bad:
            findings.add(bad[text].code, here, **bad[text].facts)
        elif column.required and read[text] is None:
            findings.add("blank", here)


def _take_shapes(loaded: Loaded, shapes: list[BaseGeometry | None]) -> None:
    """Take a file's own shapes: outlines of settlements, points of schools where no longitude is written."""
    names = loaded.table.names
    if "geometry" in names:
        loaded.columns["geometry"] = list(shapes)
    elif "lon" in names and not any(loaded.columns["lon"]):
        points = [shape if isinstance(shape, Point) and not shape.is_empty else None for shape in shapes]
        loaded.columns["lon"] = [None if point is None else point.x for point in points]
        loaded.columns["lat"] = [None if point is None else point.y for point in points]


def _division_may_be_declared(table: Table, column: Column) -> bool:
    return column.name == "division" and not table.place


def _fill_declared_division(loaded: Loaded, declaration: Declaration) -> None:
    """Take the declared division where a table of settlements or schools has no such column."""
    file = loaded.files[0] if loaded.files else ""
    missing = "division" in loaded.table.names and (file, "division") not in loaded.headings
    if missing and not loaded.table.place:
        loaded.columns["division"] = [declaration.division] * len(loaded)


def _plain_heading(text: str) -> str:
    return fold(_UNIT.sub("", text))


def _spellings(table: Table) -> Mapping[str, tuple[str, int]]:
    """Give every spelling of a column of a table: its name, and 0 for a proper name, 1 for another spelling."""
    return _ALL_SPELLINGS[table.name]


def _spelt(columns: Iterable[Column]) -> dict[str, tuple[str, int]]:
    spelt: dict[str, tuple[str, int]] = {}
    for rank in (0, 1):
        for column in columns:
            for word in (column.name, column.zh) if rank == 0 else column.aliases:
                spelt.setdefault(fold(word), (column.name, rank))
    return spelt


_ALL_SPELLINGS = {table.name: _spelt(table.columns) for table in TABLES.values()}
