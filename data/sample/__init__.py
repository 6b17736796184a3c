"""Sample districts, all synthetic and labelled so."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from data.domain.district import District
from data.sample.river_district import generate
from data.sample.three_hamlets import load

SAMPLES: Mapping[str, Callable[[], District]] = MappingProxyType({"three_hamlets": load, "river_district": generate})
"""Sample districts by the name under which the command line and the page offer them."""
