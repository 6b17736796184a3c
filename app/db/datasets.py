"""Datasets: immutable, found again by their hash, stored as gzipped canonical CSV by table, with or without roads."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import Action, Actor
from app.db import audit_log, networks
from app.db.errors import NotFound
from app.db.models import DatasetRow, DatasetTableRow
from app.db.networks import Packed
from app.db.scope import ALL, Scope
from data import digest
from data.domain.district import District


def store(
    session: Session,
    district: District,
    warnings: Sequence[Mapping[str, Any]],
    actor: Actor,
    roads: Packed | None = None,
) -> tuple[DatasetRow, bool]:
    """
    Store a district and its roads, or find it when the division has the same data already.

    Returns
    -------
    dataset, created
    """
    tables = digest.to_tables(district)
    found = digest.with_roads(digest.digest_of_tables(tables), None if roads is None else roads.hash)
    query = select(DatasetRow).where(DatasetRow.division == district.division, DatasetRow.hash == found)
    if (known := session.scalar(query)) is not None:
        return known, False
    counts = {name: rows_in(content) for name, content in tables.items()}
    dataset = DatasetRow(
        title=district.title,
        division=district.division,
        synthetic=district.synthetic,
        source=district.source,
        hash=found,
        counts=counts,
        warnings=[dict(warning) for warning in warnings],
        network=None if roads is None else networks.store(session, roads),
        created_by=actor.name,
    )
    session.add(dataset)
    session.flush()
    for name, content in tables.items():
        packed = gzip.compress(content, mtime=0)
        session.add(DatasetTableRow(dataset_id=dataset.id, name=name, rows=counts[name], content=packed))
    audit_log.record(session, actor, Action.DATASET_STORED, "dataset", dataset.id, dataset.division, hash=found)
    return dataset, True


def rows_in(content: bytes) -> int:
    """Count the rows of a CSV under its heading; a quoted cell may hold line breaks."""
    return sum(1 for _ in csv.reader(io.StringIO(content.decode(), newline=""))) - 1


def get(session: Session, dataset_id: str, scope: Scope = ALL) -> DatasetRow:
    """
    Find what is known of a dataset, without its figures.

    Raises
    ------
    NotFound
        When there is none in the scope.
    """
    dataset = session.scalar(select(DatasetRow).where(DatasetRow.id == dataset_id, scope.allows(DatasetRow.division)))
    if dataset is None:
        raise NotFound("dataset", dataset_id)
    return dataset


def newest(session: Session, scope: Scope = ALL, *, limit: int = 200) -> Sequence[DatasetRow]:
    """List datasets, newest first."""
    query = select(DatasetRow).where(scope.allows(DatasetRow.division))
    return session.scalars(query.order_by(DatasetRow.created_at.desc(), DatasetRow.id).limit(limit)).all()


def table(session: Session, dataset_id: str, name: str) -> bytes:
    """
    Read one table as canonical CSV.

    Raises
    ------
    NotFound
        When the dataset holds no such table.
    """
    content = session.scalar(
        select(DatasetTableRow.content).where(DatasetTableRow.dataset_id == dataset_id, DatasetTableRow.name == name)
    )
    if content is None:
        raise NotFound("table", name)
    return gzip.decompress(content)


def load(session: Session, dataset_id: str) -> District:
    """Build the district of a dataset."""
    dataset = get(session, dataset_id)
    query = select(DatasetTableRow.name, DatasetTableRow.content).where(DatasetTableRow.dataset_id == dataset_id)
    tables = {name: gzip.decompress(content) for name, content in session.execute(query)}
    about = digest.Meta(dataset.title, dataset.division, dataset.synthetic, dataset.source)
    return digest.from_tables(about, tables)
