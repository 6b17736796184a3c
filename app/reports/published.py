"""
What may leave the house: small counts of children are masked, teachers and homes are left out.

A count from 1 to 4 of a place is written ``<5``, as statistics offices do, so that no child can be told apart. Sums are
left as they are: where all but one count of a sum are known, the last can still be worked out, so publish the sums of
few places with care.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from data.tables import TABLES

SMALLEST_SHOWN = 5
MASK = f"<{SMALLEST_SHOWN}"

COUNTS = frozenset({"pupils", "pupils_today", "boarders"})
"""Facts of a plan's rows that count children."""

PERSONAL = frozenset({"teachers", "homes"})
"""Tables about single persons, or about places where few people live: never for readers."""

COUNTED_COLUMNS: Mapping[str, frozenset[str]] = {
    "people": frozenset({"count"}),
    "births": frozenset({"count"}),
    "migration": frozenset({"net"}),
    "migrants": frozenset({"migrants", "in_public"}),
    "demand": frozenset({"pupils"}),
    "roll": frozenset({"pupils", "boarders"}),
}
"""Columns of a dataset's tables that count people at one place."""


def masked(facts: Mapping[str, object]) -> dict[str, object]:
    """Mask the small counts among the facts of one place."""
    return {name: mask(value) if name in COUNTS else value for name, value in facts.items()}


def mask(count: object) -> object:
    """Write a count from 1 to 4, of either sign, as ``<5``."""
    return MASK if isinstance(count, int) and 0 < abs(count) < SMALLEST_SHOWN else count


def masked_table(name: str, content: bytes) -> bytes:
    """Mask the small counts of a dataset's table, canonical CSV."""
    counted = [place for place, column in enumerate(TABLES[name].names) if column in COUNTED_COLUMNS.get(name, ())]
    if not counted:
        return content
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    writer.writerow(next(rows))
    for row in rows:
        for place in counted:
            if row[place]:
                row[place] = str(mask(int(row[place])))
        writer.writerow(row)
    return out.getvalue().encode()
