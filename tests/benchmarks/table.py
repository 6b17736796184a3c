"""A table of measurements as a CSV file, which grows row by row and is taken up where it stopped."""

from __future__ import annotations

import csv
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows that are there already, as text."""
    if not path.exists():
        return []
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def append(path: Path, row: DataclassInstance) -> None:
    """Add a row to the file, its fields in their order; the first brings the headings."""
    cells = {field.name: getattr(row, field.name) for field in fields(row)}
    begins = not path.exists()
    with path.open("a", newline="") as handle:
        writer = csv.DictWriter(handle, list(cells))
        if begins:
            writer.writeheader()
        writer.writerow(cells)
