"""The arrays of a service-area problem, and its plan."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from solver.errors import BadProblem
from solver.plan import Certificate

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NOBODY = -1
"""In an assignment: the settlement joins no school."""


@dataclass(frozen=True, slots=True, eq=False)
class AreaProblem:
    """
    Which school each settlement joins and which schools open; V settlements, S schools, whole units.

    Attributes
    ----------
    pupils
        Shape (V,), 0 or more. A settlement without pupils still joins a zone, at no cost of places.
    places
        Shape (S,): most pupils a school may take (rules 2, 3 and 9).
    cost
        Shape (V, S): cost of sending the whole settlement to the school.
    allowed
        Shape (V, S): pairs that rules 4 and 12 permit.
    open_cost
        Shape (S,): cost of keeping the school open.
    must_open, must_close
        Shape (S,): rules 10 and 12.
    boarders, beds
        Shapes (V, S) and (S,): children who would board, and beds (rule 5). ``boarders`` ``None``: nobody boards.
    bed_price
        Cost of a boarder without a bed; ``None`` makes rule 5 hard.
    least_pupils, shortfall_price
        Shape (S,): least viable size of an open school (rule 3; 0: no such rule for the school), and the cost of a
        pupil missing; ``None`` makes it hard.
    neighbours
        Shape (E, 2): neighbouring settlements. Looked at only when ``contiguous``.
    anchors
        For each school, the settlements of which its zone must hold one: the settlement it stands in, or, where that
        is shared with another school or larger than its places, also the settlements bordering it (rule 6).
        Empty: the zone may lie anywhere.
    open_at_least, open_at_most
        Bounds on the number of open schools.
    """

    settlement_ids: tuple[str, ...]
    school_ids: tuple[str, ...]
    pupils: Ints
    places: Ints
    cost: Ints
    allowed: Bools
    open_cost: Ints
    must_open: Bools
    must_close: Bools
    neighbours: Ints
    anchors: tuple[tuple[int, ...], ...]
    contiguous: bool = True
    boarders: Ints | None = None
    beds: Ints | None = None
    bed_price: int | None = None
    least_pupils: Ints | None = None
    shortfall_price: int | None = None
    open_at_least: int = 0
    open_at_most: int | None = None

    def __post_init__(self) -> None:
        v, s = len(self.settlement_ids), len(self.school_ids)
        shapes = {
            "pupils": (v,), "places": (s,), "cost": (v, s), "allowed": (v, s), "open_cost": (s,),
            "must_open": (s,), "must_close": (s,), "boarders": (v, s), "beds": (s,), "least_pupils": (s,),
        }  # fmt: skip
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise BadProblem(f"{name} has shape {array.shape}, expected {shape}")
        if len(self.anchors) != s:
            raise BadProblem(f"{len(self.anchors)} anchor lists for {s} schools")
        if (self.boarders is None) != (self.beds is None):
            raise BadProblem("boarders and beds come together")
        if np.any(self.pupils < 0) or np.any(self.places < 0):
            raise BadProblem("pupils and places are 0 or more")
        if np.any(self.cost[self.allowed] < 0) or np.any(self.open_cost < 0):
            raise BadProblem("costs are 0 or more")
        if np.any(self.must_open & self.must_close):
            raise BadProblem("a school cannot be both held open and closed")
        if self.neighbours.size and not 0 <= self.neighbours.min() <= self.neighbours.max() < v:
            raise BadProblem("neighbours name a settlement that does not exist")

    @property
    def size(self) -> tuple[int, int]:
        """Settlements and schools."""
        return self.cost.shape[0], self.cost.shape[1]

    @property
    def most_open(self) -> int:
        """The most schools that may open."""
        return self.size[1] if self.open_at_most is None else min(self.open_at_most, self.size[1])


@dataclass(frozen=True, slots=True, eq=False)
class AreaPlan:
    """
    An answer to an ``AreaProblem``.

    Attributes
    ----------
    school_of
        Shape (V,): index of the school each settlement joins, ``NOBODY`` where none; ``None`` without a plan.
    opened
        Shape (S,); ``None`` without a plan.
    """

    certificate: Certificate
    school_of: Ints | None = None
    opened: Bools | None = None
    history: tuple[tuple[float, str, int | None, int | None], ...] = field(default=())
