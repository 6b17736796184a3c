"""Networks at rest: what is read back is what was stored, by one process or several at once."""

import dataclasses
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from geo.roads import store
from geo.roads.errors import StoredRoadsBroken
from geo.roads.make import make
from geo.roads.network import Network

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def network(tmp_path, street):
    """The street, with a river beside it."""
    street.way("AE", "waterway=river;name=嘉陵江").node("F", 4).way("DF", "route=ferry;duration=10")
    return make(street.write(tmp_path / "street.osm.pbf")).network


def same(one, other):
    assert one.names == other.names and one.hash == other.hash
    for name in store.TYPES:
        a, b = getattr(one, name), getattr(other, name)
        assert a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), name


def never():
    raise AssertionError("nothing should be fetched")


def test_every_array_of_a_network_is_stored():
    assert [field.name for field in dataclasses.fields(Network)] == [*store.TYPES, "names", "hash"]


def test_what_is_packed_is_unpacked(network):
    same(store.unpack(store.pack(network), network.hash), network)
    assert "嘉陵江" in store.unpack(store.pack(network)).names


def test_a_network_without_barriers_heights_or_roads(tmp_path, street):
    plain = make(street.write(tmp_path / "plain.osm")).network
    assert plain.barrier_lon.size == 0
    none = store.sealed({name: getattr(plain, name)[:0] for name in store.TYPES}, ("",))
    for network in (plain, none):
        content = store.pack(network)
        same(store.unpack(content, network.hash), network)
        same(store.open_cached(tmp_path, network.hash, lambda content=content: content), network)


@pytest.mark.parametrize("name", [*store.TYPES])
def test_every_array_counts_for_the_hash(network, name):
    arrays = {other: np.array(getattr(network, other)) for other in store.TYPES}
    assert store.digest(arrays, network.names) == network.hash
    arrays[name][0] = ~arrays[name][0] if arrays[name].dtype == bool else arrays[name][0] + 1
    if arrays[name].dtype.kind == "f" and np.isnan(arrays[name][0]):
        arrays[name][0] = 1
    assert store.digest(arrays, network.names) != network.hash


def test_names_count_for_the_hash_and_the_order_in_memory_does_not(network):
    arrays = {name: getattr(network, name) for name in store.TYPES}
    assert store.digest(arrays, (*network.names[:-1], "x")) != network.hash
    turned = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in arrays.items()}
    assert store.digest(turned, network.names) == network.hash


def test_not_a_number_is_one_value_however_a_machine_writes_it(network):
    arrays = {name: np.array(getattr(network, name)) for name in store.TYPES}
    assert np.isnan(arrays["height"]).all()
    arrays["height"].view(np.uint32)[:] = 0xFFC00001  # another of its patterns
    assert np.isnan(arrays["height"]).all() and store.digest(arrays, network.names) == network.hash


def test_damaged_content_is_refused(network):
    content = store.pack(network)
    for bad in (b"", b"text", content[: len(content) // 2], content[:-1_000]):
        with pytest.raises(StoredRoadsBroken):
            store.unpack(bad, network.hash)
    with pytest.raises(StoredRoadsBroken, match="has the hash"):
        store.unpack(content, "0" * 64)


def test_a_flipped_bit_is_noticed(network):
    content = bytearray(store.pack(network))
    content[len(content) // 2] ^= 1
    with pytest.raises(StoredRoadsBroken):
        store.unpack(bytes(content), network.hash)


def test_files_are_written_once_and_mapped_into_memory(tmp_path, network):
    content = store.pack(network)
    first = store.open_cached(tmp_path / "cache", network.hash, lambda: content)
    again = store.open_cached(tmp_path / "cache", network.hash, never)
    for opened in (first, again):
        same(opened, network)
        assert isinstance(opened.lon, np.memmap) and not opened.lon.flags.writeable
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [network.hash]


@pytest.mark.parametrize("harm", ["missing", "cut", "no sizes", "empty folder", "a file"])
def test_a_damaged_folder_is_made_anew(tmp_path, network, harm):
    folder, content = tmp_path / "cache", store.pack(network)
    store.open_cached(folder, network.hash, lambda: content)
    at = folder / network.hash
    if harm == "missing":
        (at / "tail.npy").unlink()
    elif harm == "cut":
        (at / "lon.npy").write_bytes((at / "lon.npy").read_bytes()[:-1])
    elif harm == "no sizes":
        (at / "sizes.json").write_text("{")
    else:
        shutil.rmtree(at)
        at.mkdir() if harm == "empty folder" else at.write_text("x")
    same(store.open_cached(folder, network.hash, lambda: content), network)
    same(store.open_cached(folder, network.hash, never), network)
    assert [path.name for path in folder.iterdir()] == [network.hash]


def test_wrong_content_leaves_no_folder(tmp_path, network):
    with pytest.raises(StoredRoadsBroken):
        store.open_cached(tmp_path / "cache", "f" * 64, lambda: store.pack(network))
    assert not (tmp_path / "cache").exists() or list((tmp_path / "cache").iterdir()) == []


def test_an_error_of_the_fetch_is_passed_on(tmp_path):
    with pytest.raises(AssertionError, match="nothing should"):
        store.open_cached(tmp_path, "0" * 64, never)


def test_threads_that_open_at_once_all_get_it(tmp_path, network):
    content, gate, opened = store.pack(network), threading.Barrier(8), []

    def fetch():
        gate.wait()  # all have found nothing before one has written
        return content

    def run():
        opened.append(store.open_cached(tmp_path / "cache", network.hash, fetch))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(opened) == 8
    for one in opened:
        same(one, network)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [network.hash]


OPEN = """
import sys
from pathlib import Path
from geo.roads import store
folder, hash, packed = sys.argv[1:]
print(store.open_cached(Path(folder), hash, Path(packed).read_bytes).hash)
"""


def test_processes_that_open_at_once_all_get_it(tmp_path, network):
    packed, folder = tmp_path / "packed.npz", tmp_path / "cache"
    packed.write_bytes(store.pack(network))
    command = [sys.executable, "-c", OPEN, str(folder), network.hash, str(packed)]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=120)[0].strip() for process in processes] == [network.hash] * 3
    assert [path.name for path in folder.iterdir()] == [network.hash]
