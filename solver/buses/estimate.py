"""
What a seat in a school bus is reckoned to cost before routes are known.

A plan that chooses schools cannot route buses for every choice. It reckons a pupil who needs a bus at a share of one
that drives straight from the pupil's home to the school:

    (f + km x k x trips) / (seats x filled)      yuan a year

with f yuan a year of a bus, k yuan a kilometre, and ``filled`` the share of seats that is taken.

Against the routed cost: a bus that fills ``filled`` of its seats at one stop costs its pupils exactly this. Routes cost
more where buses run emptier, because few pupils live near each other or ride limits part them, and where they go
round to collect pupils; less where they run fuller. Of pupils who share a bus the nearer pay for their own kilometres
only, while the bus drives those of the farthest. With ``filled`` 1 and kilometres of the shortest ways, no routes at
all cost less than the sum over the pupils: a bus has at most ``seats`` of them and drives at least the farthest's way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solver.errors import BadProblem

Floats = NDArray[np.float64]


def seat_cost(km: Floats, *, seats: int, filled: float, bus_price: float, km_price: float, trips_year: int) -> Floats:
    """
    Reckon the yuan a year of a pupil's seat.

    Parameters
    ----------
    km
        Any shape, as (V, S): length of the ride from each settlement to each school; not finite where no bus can ride.
    filled
        Share of the seats taken, above 0 and at most 1.

    Returns
    -------
    yuan
        The same shape; not finite where ``km`` is not.
    """
    if seats < 1 or not 0 < filled <= 1:
        raise BadProblem(f"a bus of {seats} seats, {filled} of them taken")
    yuan: Floats = (bus_price + km * km_price * trips_year) / (seats * filled)
    return yuan
