"""What a user declares of the files handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Declaration:
    """
    What the files do not say themselves.

    Attributes
    ----------
    division
        Code of the authority the data belong to; also taken for settlements and schools when they have no such column.
    crs
        ``EPSG:4326``, ``EPSG:4490`` or another EPSG code, ``GCJ-02`` or ``BD-09``; holds for outlines and for longitude
        and latitude columns, which may then be metres. ``None``: as the file says.
    columns
        Table, our column, heading in the user's file; an empty heading means that the column is not read.
    tables
        File, sheet or layer name (with or without ending) to table, where the name does not say it.
    """

    title: str
    division: str
    crs: str | None = None
    synthetic: bool = False
    source: str = ""
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
