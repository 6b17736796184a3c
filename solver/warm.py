"""Compile the search kernels once (``python -m solver.warm``), so that the first plan does not wait for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solver.areas import solve as areas
from solver.areas.problem import AreaProblem
from solver.plan import Limits

SIDE = 12
"""A chequered district of this many settlements squared: large enough for the search to be used at all."""

WARM_SECONDS = 30.0


def chequered(side: int) -> AreaProblem:
    """Make a square of settlements with a school in every third of every third row, too uneven to be proved at once."""
    at = np.array([(x, y) for x in range(side) for y in range(side)])
    homes = [v for v, (x, y) in enumerate(at.tolist()) if x % 3 == 1 and y % 3 == 1]
    v, s = len(at), len(homes)
    pupils = np.random.default_rng(0).integers(1, 40, v)
    beside = [(a, a + 1) for a in range(v) if a % side < side - 1] + [(a, a + side) for a in range(v - side)]
    return AreaProblem(
        settlement_ids=tuple(str(k) for k in range(v)),
        school_ids=tuple(str(k) for k in homes),
        pupils=pupils,
        places=np.full(s, 3 * int(pupils.sum()) // (2 * s), np.int64),
        cost=np.abs(at[:, None, :] - at[None, homes, :]).sum(axis=2) * pupils[:, None],
        allowed=np.ones((v, s), dtype=bool),
        open_cost=np.full(s, 500, np.int64),
        must_open=np.zeros(s, dtype=bool),
        must_close=np.zeros(s, dtype=bool),
        neighbours=np.array(beside, dtype=np.int64),
        anchors=tuple((h,) for h in homes),
    )


def main() -> None:
    """Solve the chequered district, with zones connected and not, for as long as compiling takes."""
    district = chequered(SIDE)
    for problem in (district, replace(district, contiguous=False)):
        areas.solve(problem, Limits(seconds=WARM_SECONDS))


if __name__ == "__main__":
    main()
