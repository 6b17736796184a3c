"""Sample districts, all synthetic and labelled so."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from data.domain.district import District
from data.sample import river_district
from data.sample.three_hamlets import load

SAMPLES: Mapping[str, Callable[[], District]] = MappingProxyType(
    {"three_hamlets": load, "river_district": river_district.generate}
)
"""Sample districts by the name under which the command line and the page offer them."""

ROADS: Mapping[str, Callable[[], dict[str, bytes]]] = MappingProxyType({"river_district": river_district.road_files})
"""For samples that have roads of their own: the files of roads and relief, by file name, as an import takes them."""
