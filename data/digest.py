"""
The canonical form of a dataset: what the database stores and what its hash is taken over.

A table is CSV in UTF-8 with English headings and words, every column of the dictionary in order, rows sorted as
text. The order of rows in a source therefore changes neither the stored bytes nor the hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from data import cells, csv_text, records
from data.cells import Cell
from data.domain.district import District
from data.records import About, Meta, Row
from data.tables import TABLES, Table

__all__ = ["About", "Meta", "canonical", "digest", "from_tables", "to_tables", "with_roads"]

FORM = b"junheng-tables-2"
"""Named in every hash; changes when the canonical form does."""


def to_tables(district: District) -> dict[str, bytes]:
    """Give the canonical CSV of every table that has rows, by table name."""
    return {name: _csv(TABLES[name], rows) for name, rows in records.rows_of(_paired(district)).items()}


def from_tables(about: About, tables: Mapping[str, bytes]) -> District:
    """Build a district from canonical tables; they are trusted and not checked again."""
    return records.district_of(about, {name: _rows(TABLES[name], content) for name, content in tables.items()})


def canonical(district: District) -> District:
    """Give the same district with its rows in canonical order."""
    return from_tables(district, to_tables(district))


def digest(district: District) -> str:
    """Give the SHA-256 of the canonical tables, in hexadecimal; title and source are not part of it."""
    return digest_of_tables(to_tables(district))


def digest_of_tables(tables: Mapping[str, bytes]) -> str:
    """Give the same hash from canonical tables that are already at hand."""
    total = hashlib.sha256(FORM)
    for name in sorted(tables):
        total.update(f"\n{name} {len(tables[name])}\n".encode())
        total.update(tables[name])
    return total.hexdigest()


def with_roads(tables: str, network: str | None) -> str:
    """Give the hash of a dataset from that of its tables and that of its road network, where it has one."""
    return tables if network is None else hashlib.sha256(f"{tables}\n{network}".encode()).hexdigest()


def _paired(district: District) -> District:
    """Name each pair of neighbours once, in order."""
    pairs = {(min(pair), max(pair)) for pair in district.neighbours}
    return replace(district, neighbours=tuple(sorted(pairs)))


def _csv(table: Table, rows: Iterable[Row]) -> bytes:
    columns = [
        [cells.write(column, value) for value in values]
        for column, values in zip(table.columns, zip(*rows, strict=True), strict=True)
    ]
    return csv_text.write((table.names, *sorted(zip(*columns, strict=True)))).encode()


def _rows(table: Table, content: bytes) -> Iterable[Row]:
    lines = csv_text.read(content.decode())
    next(lines)
    texts = list(zip(*lines, strict=True))
    return zip(*(_values(table, i, column) for i, column in enumerate(texts)), strict=True)


def _values(table: Table, index: int, texts: tuple[str, ...]) -> list[Cell]:
    column = table.columns[index]
    values = {text: cells.parse(column, text) for text in dict.fromkeys(texts)}
    return [values[text] for text in texts]
