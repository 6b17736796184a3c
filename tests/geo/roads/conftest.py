"""
Extracts and elevation files drawn by hand.

Extracts lie on the equator, drawn in thousandths of a degree from 0 E, 0 N: one step east is 111.319 m, the
circumference of the earth over 360,000.
"""

import math
import zipfile
from pathlib import Path

import numpy as np
import osmium
import pytest
import rasterio
from osmium.osm.mutable import Node, Relation, Way
from rasterio import Affine

STEP = 2 * math.pi * 6_378_137 / 360_000
"""Metres of one step east."""

ROADS = Path(__file__).resolve().parents[4] / "shared/real/roads"


class Drawing:
    """
    Nodes, ways and relations on their way to a file.

    Nodes ``A`` to ``Z`` have the ids 1 to 26; a tag is written ``key=value``, several are separated by ``;``.
    """

    def __init__(self):
        self.nodes, self.ways, self.relations = {}, [], []

    def node(self, name, x, y=0.0, tags=""):
        self.nodes[name] = (x, y, _tags(tags))
        return self

    def row(self, names, y=0.0):
        """Nodes from west to east, one step apart; they must not be drawn yet."""
        for x, name in enumerate(names):
            self.node(name, x, y)
        return self

    def way(self, along, tags):
        """A way along the nodes named, of which the file may lack some; ids count from 1."""
        self.ways.append((along, _tags(tags)))
        return self

    def relation(self, parts, tags):
        """A multipolygon of ways: their ids and roles."""
        self.relations.append((parts, {"type": "multipolygon"} | _tags(tags)))
        return self

    def things(self, sign=1):
        nodes = [
            Node(id=sign * number(name), location=(x / 1000, y / 1000), tags=tags)
            for name, (x, y, tags) in self.nodes.items()
        ]
        ways = [
            Way(id=sign * k, nodes=[sign * number(name) for name in along], tags=tags)
            for k, (along, tags) in enumerate(self.ways, 1)
        ]
        relations = [
            Relation(id=sign * k, members=[("w", sign * way, role) for way, role in parts], tags=tags)
            for k, (parts, tags) in enumerate(self.relations, 1)
        ]
        return nodes, ways, relations

    def write(self, path, *, sign=1, ways_first=False):
        nodes, ways, relations = self.things(sign)
        with osmium.SimpleWriter(str(path), overwrite=True) as writer:
            for thing in (*ways, *nodes, *relations) if ways_first else (*nodes, *ways, *relations):
                kind = {Node: writer.add_node, Way: writer.add_way, Relation: writer.add_relation}[type(thing)]
                kind(thing)
        return path


def number(name):
    return ord(name) - ord("A") + 1


def _tags(text):
    return dict(tag.split("=", 1) for tag in text.split(";") if tag)


@pytest.fixture
def drawing():
    return Drawing()


@pytest.fixture
def street(drawing):
    """
    One street of three segments and a path that leaves it.

        A---B---C---D     residential, "Long Street"
            |
            E             path
    """
    return (
        drawing.row("ABCD")
        .node("E", 1, -1)
        .way("ABCD", "highway=residential;name=Long Street")
        .way("BE", "highway=path")
    )


@pytest.fixture
def step():
    """Metres of one step east."""
    return STEP


@pytest.fixture
def write_hgt():
    """Write heights, north row first, as the tile of a corner; a name that ends in .zip is packed."""

    def write(folder, heights, name="N00E000.hgt"):
        content = np.asarray(heights, dtype=">i2").tobytes()
        path = folder / name
        if name.endswith(".zip"):
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr(Path(name).stem, content)
        else:
            path.write_bytes(content)
        return path

    return write


@pytest.fixture
def write_tif():
    """Write heights, north row first, with the west and north edge and the size of a cell."""

    def write(path, heights, west, north, cell, *, crs="EPSG:4326", nodata=None, scale=1.0, offset=0.0):
        cells = np.asarray(heights)
        profile = {
            "driver": "GTiff",
            "height": cells.shape[-2],
            "width": cells.shape[-1],
            "count": 1 if cells.ndim == 2 else cells.shape[0],
            "dtype": cells.dtype,
            "crs": crs,
            "nodata": nodata,
            "transform": Affine(cell, 0, west, 0, -cell, north),
        }
        with rasterio.open(path, "w", **profile) as file:
            file.write(cells if cells.ndim == 3 else cells[None])
            file.scales, file.offsets = (scale,) * file.count, (offset,) * file.count
        return path

    return write


@pytest.fixture
def real_roads():
    """Folder of the real extracts."""
    if not ROADS.is_dir():
        pytest.skip("the real road extracts are not on this machine")
    return ROADS
