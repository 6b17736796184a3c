"""Small maps drawn in metres and handed over as longitude and latitude."""

from pathlib import Path

import numpy as np
import pytest
from shapely import affinity

from geo import crs

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture
def on_earth():
    """Put shapes drawn in metres near 108 E, 30 N; the drawing's origin is a point of the central meridian."""
    system = crs.metric_crs(108.0, 30.0)

    def place(*shapes):
        return crs.unproject(np.array([affinity.translate(s, 500_000, 3_320_000) for s in shapes]), system)

    return place


@pytest.fixture
def gongyi():
    """1,276 real areal units of a county-level city, coordinates in metres of an undeclared system, as WGS 84."""
    path = SHARED / "real/kong_gongyi/gongyi_units.gpkg"
    if not path.exists():
        pytest.skip("the real areal units are not on this machine")
    geopandas = pytest.importorskip("geopandas")
    return np.asarray(geopandas.read_file(path).to_crs(4326).geometry.values)


@pytest.fixture
def gongyi_published():
    """The neighbouring pairs that the authors of the real units published (corners counted)."""
    path = SHARED / "real/kong_gongyi/gongyi_adjacency.csv"
    if not path.exists():
        pytest.skip("the real areal units are not on this machine")
    rows = np.loadtxt(path, delimiter=",", skiprows=1, dtype=int)
    return {(min(a, b), max(a, b)) for a, b in rows.tolist()}
