"""Networks in the database: stored once, shared by datasets, opened from a folder, never by half."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from drawn_roads import Way, drawn
from hamlet_plan import hamlets
from sqlalchemy import func, select

from app.audit import SYSTEM
from app.db import datasets, networks
from app.db.errors import NotFound
from app.db.models import DatasetRow, NetworkRow
from data import digest
from geo.roads import store

REPORT = {"nodes": 2, "segments": 1, "km": 0.4, "has_relief": False}


def sealed(network):
    """Give a drawn network the hash that it has when it is stored."""
    return store.sealed({name: getattr(network, name) for name in store.TYPES}, network.names)


@pytest.fixture(scope="module")
def road():
    """One road of 400 m."""
    return sealed(drawn({"A": (0, 0), "B": (400, 0)}, [Way("A B")]))


@pytest.fixture(scope="module")
def path():
    """One footpath of 300 m, on another side of the same hill."""
    return sealed(drawn({"A": (0, 0), "B": (0, 300)}, [Way("A B", "path")]))


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


def test_the_same_figures_with_and_without_roads_are_three_datasets(database, road, path):
    district = hamlets()
    with database.writing() as session:
        rows = [
            datasets.store(session, district, [], SYSTEM, roads)[0]
            for roads in (None, networks.pack(road, REPORT), networks.pack(path, REPORT))
        ]
    tables = digest.digest(district)
    assert [row.hash for row in rows] == [
        tables,
        digest.with_roads(tables, road.hash),
        digest.with_roads(tables, path.hash),
    ]
    assert len({row.hash for row in rows}) == 3
    assert [row.network_hash for row in rows] == [None, road.hash, path.hash]


def test_the_same_figures_with_the_same_roads_are_one_dataset(database, road):
    with database.writing() as session:
        first, new = datasets.store(session, hamlets(), [], SYSTEM, networks.pack(road, REPORT))
        again, newer = datasets.store(session, hamlets(), [], SYSTEM, networks.pack(road, REPORT))
    assert (first.id, new, newer) == (again.id, True, False)


def test_two_districts_share_one_network(database, road):
    with database.writing() as session:
        for division in ("509902", "509903"):
            datasets.store(session, hamlets(division), [], SYSTEM, networks.pack(road, REPORT))
    with database.reading() as session:
        assert count(session, NetworkRow) == 1
        assert {row.network_hash for row in session.scalars(select(DatasetRow))} == {road.hash}


def test_two_that_store_the_same_roads_at_the_same_moment_share_them(database, road):
    packed, together = networks.pack(road, REPORT), threading.Barrier(2, timeout=20)

    def import_for(division):
        together.wait()
        with database.writing() as session:
            return datasets.store(session, hamlets(division), [], SYSTEM, packed)[0].network_hash

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(import_for, ("509902", "509903"))) == [road.hash, road.hash]


def test_a_network_that_came_in_between_is_found_and_not_stored_again(database, road, monkeypatch):
    packed = networks.pack(road, REPORT)
    with database.writing() as session:
        networks.store(session, packed)
    with database.writing() as session:
        ask, asked = session.get, []

        def as_it_was_a_moment_ago(*what, **how):
            asked.append(what)
            return None if len(asked) == 1 else ask(*what, **how)

        monkeypatch.setattr(session, "get", as_it_was_a_moment_ago)
        dataset, created = datasets.store(session, hamlets(), [], SYSTEM, packed)
    assert (dataset.network_hash, dataset.roads["km"], created) == (road.hash, REPORT["km"], True)


def test_what_a_dataset_tells_of_its_roads_is_their_report(database, road):
    with database.writing() as session:
        with_roads, _ = datasets.store(session, hamlets(), [], SYSTEM, networks.pack(road, REPORT))
        without, _ = datasets.store(session, hamlets(), [], SYSTEM)
    with database.reading() as session:
        assert datasets.get(session, with_roads.id).roads == {"hash": road.hash, **REPORT}
        assert datasets.get(session, without.id).roads is None
        assert [row.roads is None for row in datasets.newest(session)].count(True) == 1


def test_a_network_is_opened_as_it_was_stored_and_then_from_the_folder_alone(database, road, tmp_path):
    with database.writing() as session:
        networks.store(session, networks.pack(road, REPORT))
    with database.reading() as session:
        opened = networks.open(session, road.hash, tmp_path / "networks")
    assert opened.hash == road.hash
    assert opened.metres.tolist() == road.metres.tolist()
    assert opened.names == road.names
    with database.writing() as session:
        session.execute(NetworkRow.__table__.delete())
    with database.reading() as session:
        assert networks.open(session, road.hash, tmp_path / "networks").lon.tolist() == road.lon.tolist()


def test_a_network_that_is_nowhere_is_not_found(database, tmp_path):
    with database.reading() as session, pytest.raises(NotFound):
        networks.open(session, "0" * 64, tmp_path / "networks")
    assert not (tmp_path / "networks" / ("0" * 64)).exists()
