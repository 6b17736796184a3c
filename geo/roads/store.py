"""
Networks at rest: packed for a database, and as files that are mapped into memory.

A network is known by its hash; whatever is read back is held against it once.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.roads.errors import StoredRoadsBroken
from geo.roads.network import Network

Array = NDArray[Any]
Arrays = Mapping[str, Array]

TYPES: Mapping[str, str] = {
    "lon": "<f8",
    "lat": "<f8",
    "height": "<f4",
    "node_id": "<i8",
    "node_flags": "|u1",
    "tail": "<i4",
    "head": "<i4",
    "metres": "<f4",
    "way_id": "<i8",
    "road": "|u1",
    "walk": "|b1",
    "ride": "|u1",
    "limit_kmh": "<f4",
    "flags": "|u1",
    "ferry_minutes": "<f4",
    "name": "<i4",
    "part": "<i4",
    "barrier_kind": "|u1",
    "barrier_start": "<i4",
    "barrier_lon": "<f8",
    "barrier_lat": "<f8",
    "barrier_name": "<i4",
}
"""Arrays of a network in the order in which they are hashed, with their types."""

_NAMES = "names"
_SIZES = "sizes.json"
_FORM = b"junheng-roads-1"
"""Named in every hash; changes when the arrays, their order or the meaning of their values do."""
_TRIES = 5


def sealed(arrays: Arrays, names: tuple[str, ...]) -> Network:
    """Make a network of arrays by their names in `Network`, with its hash."""
    typed = {name: np.ascontiguousarray(arrays[name], dtype=kind) for name, kind in TYPES.items()}
    return Network(**typed, names=names, hash=digest(typed, names))


def digest(arrays: Arrays, names: tuple[str, ...]) -> str:
    """Give the SHA-256 of names, types, shapes and bytes, the same on every machine; NaN is one value."""
    total = hashlib.sha256(_FORM)
    for name, kind in TYPES.items():
        array = np.ascontiguousarray(arrays[name], dtype=kind)
        if array.dtype.kind == "f":
            array = np.where(np.isnan(array), np.array(np.nan, dtype=kind), array)
        total.update(f"\n{name} {kind} {array.shape}\n".encode())
        total.update(array.tobytes())
    text = _bytes_of(names)
    total.update(f"\n{_NAMES} {len(text)}\n".encode() + text)
    return total.hexdigest()


def pack(network: Network) -> bytes:
    """Pack a network into one compressed .npz file."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **_arrays(network))
    return file.getvalue()


def unpack(content: bytes, expected: str | None = None) -> Network:
    """
    Unpack a network.

    Parameters
    ----------
    expected
        The hash it must have; ``None``: whichever it has.

    Raises
    ------
    StoredRoadsBroken
        When the content is no packed network or not the one expected.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in (*TYPES, _NAMES)}
        network = sealed(arrays, _names_of(arrays[_NAMES]))
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zipfile.error) as error:
        raise StoredRoadsBroken(expected or "", str(error) or type(error).__name__) from error
    if expected is not None and network.hash != expected:
        raise StoredRoadsBroken(expected, f"its content has the hash {network.hash}")
    return network


def open_cached(folder: Path, hash: str, fetch: Callable[[], bytes]) -> Network:
    """
    Open a network from files under ``folder``, mapped into memory and read-only.

    Where the files are missing or cut off they are written from what ``fetch`` gives, as `pack` made it: aside first,
    then moved into place as a whole, so that processes may do this at the same time.

    Raises
    ------
    StoredRoadsBroken
        When what is fetched is not the network of this hash.
    """
    target = folder / hash
    fetched: bytes | None = None
    for _ in range(_TRIES):
        if (network := _opened(target, hash)) is not None:
            return network
        fetched = fetch() if fetched is None else fetched
        _write(folder, target, unpack(fetched, hash))
    raise StoredRoadsBroken(hash, f"its files in {folder} cannot be written")


def _arrays(network: Network) -> dict[str, Array]:
    text = np.frombuffer(_bytes_of(network.names), dtype=np.uint8)
    return {name: np.ascontiguousarray(getattr(network, name), dtype=kind) for name, kind in TYPES.items()} | {
        _NAMES: text
    }


def _bytes_of(names: tuple[str, ...]) -> bytes:
    return json.dumps(names, ensure_ascii=False, separators=(",", ":")).encode()


def _names_of(text: Array) -> tuple[str, ...]:
    return tuple(json.loads(text.tobytes().decode()))


def _opened(target: Path, hash: str) -> Network | None:
    """Map the files of a network; ``None`` where one is missing or not as long as when it was written."""
    try:
        sizes: dict[str, int] = json.loads((target / _SIZES).read_text())
        if any((target / name).stat().st_size != size for name, size in sizes.items()):
            return None
        arrays = {name: _mapped(target / f"{name}.npy") for name in (*TYPES, _NAMES)}
        return Network(**{name: arrays[name] for name in TYPES}, names=_names_of(arrays[_NAMES]), hash=hash)
    except (OSError, ValueError, EOFError):
        return None


def _mapped(path: Path) -> Array:
    array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def _write(folder: Path, target: Path, network: Network) -> None:
    """Write the files aside and move them into place, and a damaged folder out of the way."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".roads-", dir=folder))
    try:
        new = aside / "new"
        new.mkdir()
        for name, array in _arrays(network).items():
            np.save(new / f"{name}.npy", array, allow_pickle=False)
        sizes = {path.name: path.stat().st_size for path in sorted(new.iterdir())}
        (new / _SIZES).write_text(json.dumps(sizes))
        if target.exists() and _opened(target, network.hash) is None:
            target.replace(aside / "damaged")
        new.replace(target)
    except OSError:
        if _opened(target, network.hash) is None:  # else another process was first
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
