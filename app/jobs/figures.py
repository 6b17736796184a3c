"""The figures of a dataset as plans are made from them: its district, its hash, and its roads where it has some."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.db import datasets, networks
from app.jobs.ways import Roads
from data.domain.district import District


@dataclass(frozen=True, slots=True)
class Figures:
    """A dataset as it is planned with; ``hash`` is over figures and roads, ``roads`` is empty where it has none."""

    district: District
    hash: str
    roads: Roads | None


def load(session: Session, dataset_id: str, networks_dir: Path, ways_dir: Path) -> Figures:
    """
    Load the figures of a stored dataset.

    Parameters
    ----------
    networks_dir, ways_dir
        Folders of this machine for opened networks and for the ways found on them.
    """
    row = datasets.get(session, dataset_id)
    roads = None
    if row.network_hash is not None:
        roads = Roads(networks.open(session, row.network_hash, networks_dir), ways_dir)
    return Figures(datasets.load(session, dataset_id), row.hash, roads)
