"""Road networks: stored once by their hash, opened as files that are mapped into memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.errors import NotFound
from app.db.models import NetworkRow
from geo.roads import store as arrays
from geo.roads.network import Network


@dataclass(frozen=True, slots=True)
class Packed:
    """
    A network ready to be stored.

    Attributes
    ----------
    content
        As ``geo.roads.store`` packs it.
    report
        What its import tells, as plain JSON.
    """

    hash: str
    content: bytes
    report: Mapping[str, Any]


def pack(network: Network, report: Mapping[str, Any]) -> Packed:
    """Pack a network; it takes seconds where it is large, so do it before a transaction and not in it."""
    return Packed(network.hash, arrays.pack(network), report)


def store(session: Session, packed: Packed) -> NetworkRow:
    """Store a network, or find it: two datasets with the same roads share them."""
    if (known := session.get(NetworkRow, packed.hash)) is not None:
        return known
    try:
        with session.begin_nested():
            row = NetworkRow(hash=packed.hash, content=packed.content, report=dict(packed.report))
            session.add(row)
        return row
    except IntegrityError:  # another process has stored it at the same moment
        return session.get_one(NetworkRow, packed.hash)


def open(session: Session, hash: str, folder: Path) -> Network:
    """
    Open a network from a folder of this machine; it is fetched from the database when it is not there yet.

    Raises
    ------
    NotFound
        When no network has this hash.
    """

    def fetch() -> bytes:
        content = session.scalar(select(NetworkRow.content).where(NetworkRow.hash == hash))
        if content is None:
            raise NotFound("road network", hash)
        return content

    return arrays.open_cached(folder, hash, fetch)
