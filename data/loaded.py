"""A table as read from files: values, and for each row the file and line it came from."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from data.cells import Cell
from data.faults import Where
from data.records import Row
from data.tables import Table


@dataclass(slots=True)
class Loaded:
    """
    Rows of one table, by column.

    Attributes
    ----------
    columns
        Every column of the table, each as long as the table; ``None`` where a cell was blank or could not be read.
    files, lines
        File and row number of each row; ``None`` as line where the row comes from no file.
    headings
        Heading as written, by file and column; a column missing there has none.
    spoiled
        Rows with a cell that could not be read: already reported, so that what it lacks is not reported again.
    """

    table: Table
    columns: dict[str, list[Cell]]
    files: list[str]
    lines: list[int | None]
    headings: dict[tuple[str, str], str] = field(default_factory=dict)
    spoiled: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.files)

    @property
    def rows(self) -> Iterator[Row]:
        """The rows, in the column order of the table."""
        return zip(*(self.columns[name] for name in self.table.names), strict=True)

    def where(self, row: int, column: str = "", value: object = None) -> Where:
        """Say where a row, and perhaps one cell of it, stands in the files."""
        file = self.files[row]
        heading = self.headings.get((file, column), column)
        shown = self.columns[column][row] if column and value is None else value
        return Where(file, self.table.name, self.lines[row], heading, "" if shown is None else str(shown))

    def without(self, rows: set[int]) -> Loaded:
        """Give the table without some rows."""
        kept = [row for row in range(len(self)) if row not in rows]
        return Loaded(
            self.table,
            {name: [values[row] for row in kept] for name, values in self.columns.items()},
            [self.files[row] for row in kept],
            [self.lines[row] for row in kept],
            self.headings,
            {new for new, row in enumerate(kept) if row in self.spoiled},
        )


def joined(pieces: list[Loaded]) -> Loaded:
    """Put pieces of one table, from several files, one after another."""
    table = pieces[0].table
    starts = itertools.accumulate((len(piece) for piece in pieces), initial=0)
    return Loaded(
        table,
        {name: [value for piece in pieces for value in piece.columns[name]] for name in table.names},
        [file for piece in pieces for file in piece.files],
        [line for piece in pieces for line in piece.lines],
        {key: heading for piece in pieces for key, heading in piece.headings.items()},
        {start + row for start, piece in zip(starts, pieces, strict=False) for row in piece.spoiled},
    )


def from_rows(table: Table, rows: list[Row]) -> Loaded:
    """Take rows that come from no file, as a generated district has them."""
    columns = {name: [row[i] for row in rows] for i, name in enumerate(table.names)}
    return Loaded(table, columns, [""] * len(rows), [None] * len(rows))


Dataset = Mapping[str, Loaded]
"""Every table of an import that was found, by name."""
