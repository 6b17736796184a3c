"""Roads read in a process of their own: the same as in this one, and ended when they take too long."""

import multiprocessing
from functools import partial

import pytest

from app.jobs import road_reader
from data.faults import Findings
from geo.roads import make
from tests.support import hamlet_roads


@pytest.fixture
def read(tmp_path):
    path = tmp_path / hamlet_roads.NAME
    path.write_bytes(hamlet_roads.extract())
    return partial(make.make, path)


def test_a_network_read_apart_is_the_same(read):
    findings = Findings()
    made = road_reader.read_apart(read, "roads.osm", 60, findings)
    assert made.network.hash == read().network.hash
    assert findings.closed() == ((), ())


def test_what_another_process_finds_is_told_here(tmp_path):
    (tmp_path / "cut.osm.pbf").write_bytes(b"\x00\x00\x00\x0dbroken")
    findings = Findings()
    made = road_reader.read_apart(partial(make.make, tmp_path / "cut.osm.pbf"), "cut.osm.pbf", 60, findings)
    assert made.network is None
    (fault,) = findings.faults
    assert (fault.code, fault.file) == ("roads-broken", "cut.osm.pbf")
    assert str(tmp_path) not in fault.reason


def test_reading_that_takes_too_long_is_ended_and_told(read):
    findings = Findings()
    assert (
        road_reader.read_apart(read, "roads.osm", 0.01, findings) is None
    )  # a process takes longer than that to start
    assert [(fault.code, fault.file) for fault in findings.faults] == [("roads-too-long", "roads.osm")]
    assert multiprocessing.active_children() == []


def test_a_reader_that_dies_is_a_fault_of_the_file(tmp_path):
    findings = Findings()
    assert road_reader.read_apart(partial(int, "no number"), "roads.osm", 60, findings) is None
    assert [fault.code for fault in findings.faults] == ["roads-broken"]
