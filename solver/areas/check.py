"""
The rules and the cost of a service-area plan, restated without a solver.

Shares no code with the search, the bounds or the exact model: only the arrays of the problem. Judges plans from
anywhere, a hand edit included.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from solver.areas.problem import NOBODY, AreaProblem


@dataclass(frozen=True, slots=True)
class Breach:
    """
    One rule broken at one place.

    Attributes
    ----------
    rule
        Name of the rule: ``every_settlement_joins_a_school``, ``places``, ``least_viable``, ``trip_limit``, ``beds``,
        ``contiguity``, ``own_settlement``, ``closed_school``, ``must_open``, ``must_close``, ``number_open``.
    settlements, school
        Indices concerned; ``school`` ``None`` when the rule is about none.
    amount
        By how much, in the rule's unit (pupils, boarders, settlements or schools).
    """

    rule: str
    settlements: tuple[int, ...]
    school: int | None
    amount: int


def breaches(problem: AreaProblem, school_of: Sequence[int], opened: Sequence[bool]) -> Iterator[Breach]:
    """Yield every breach of a rule that the problem holds hard."""
    zones, near = _zones(problem, school_of), _neighbour_lists(problem)
    yield from _everybody_joins_an_open_school(problem, school_of, opened)
    yield from _forbidden_pairs(problem, school_of)
    yield from _opening(problem, opened)
    for s, zone in enumerate(zones):
        if opened[s]:
            yield from _one_school(problem, s, zone, near)


def parts(problem: AreaProblem, school_of: Sequence[int], opened: Sequence[bool]) -> dict[str, int]:
    """Add up the cost by part: ``joining``, ``open``, and the prices of soft rules."""
    total = {"joining": 0, "open": 0, "missing_pupils": 0, "missing_beds": 0}
    for v, s in enumerate(school_of):
        if s != NOBODY:
            total["joining"] += int(problem.cost[v, s])
    for s, zone in enumerate(_zones(problem, school_of)):
        if not opened[s]:
            continue
        total["open"] += int(problem.open_cost[s])
        if problem.shortfall_price is not None:
            total["missing_pupils"] += problem.shortfall_price * missing_pupils(problem, s, zone)
        if problem.bed_price is not None:
            total["missing_beds"] += problem.bed_price * missing_beds(problem, s, zone)
    return total


def cost(problem: AreaProblem, school_of: Sequence[int], opened: Sequence[bool]) -> int:
    """Add up the whole cost."""
    return sum(parts(problem, school_of, opened).values())


def missing_pupils(problem: AreaProblem, school: int, zone: Sequence[int]) -> int:
    """Count the pupils an open school lacks to its least viable size (rule 3)."""
    if problem.least_pupils is None:
        return 0
    return max(0, int(problem.least_pupils[school]) - sum(int(problem.pupils[v]) for v in zone))


def missing_beds(problem: AreaProblem, school: int, zone: Sequence[int]) -> int:
    """Count the boarders of a school without a bed (rule 5)."""
    if problem.boarders is None or problem.beds is None:
        return 0
    return max(0, sum(int(problem.boarders[v, school]) for v in zone) - int(problem.beds[school]))


def pieces(near: Sequence[Sequence[int]], zone: Sequence[int]) -> list[list[int]]:
    """Split a zone into its connected pieces, largest first; ``near``: the neighbours of each settlement."""
    left, found = set(zone), []
    while left:
        start = min(left)
        left.discard(start)
        piece, queue = [start], deque([start])
        while queue:
            for u in near[queue.popleft()]:
                if u in left:
                    left.discard(u)
                    piece.append(u)
                    queue.append(u)
        found.append(sorted(piece))
    return sorted(found, key=len, reverse=True)


def _zones(problem: AreaProblem, school_of: Sequence[int]) -> list[list[int]]:
    zones: list[list[int]] = [[] for _ in problem.school_ids]
    for v, s in enumerate(school_of):
        if s != NOBODY:
            zones[s].append(v)
    return zones


def _neighbour_lists(problem: AreaProblem) -> list[list[int]]:
    near: list[list[int]] = [[] for _ in problem.settlement_ids]
    for a, b in problem.neighbours.tolist():
        near[a].append(b)
        near[b].append(a)
    return near


def _everybody_joins_an_open_school(
    problem: AreaProblem, school_of: Sequence[int], opened: Sequence[bool]
) -> Iterator[Breach]:
    for v, s in enumerate(school_of):
        if s == NOBODY:
            yield Breach("every_settlement_joins_a_school", (v,), None, int(problem.pupils[v]))
        elif not opened[s]:
            yield Breach("closed_school", (v,), s, int(problem.pupils[v]))


def _forbidden_pairs(problem: AreaProblem, school_of: Sequence[int]) -> Iterator[Breach]:
    for v, s in enumerate(school_of):
        if s != NOBODY and not problem.allowed[v, s]:
            yield Breach("trip_limit", (v,), s, int(problem.pupils[v]))


def _opening(problem: AreaProblem, opened: Sequence[bool]) -> Iterator[Breach]:
    for s, is_open in enumerate(opened):
        if problem.must_open[s] and not is_open:
            yield Breach("must_open", (), s, 1)
        if problem.must_close[s] and is_open:
            yield Breach("must_close", (), s, 1)
    number = sum(bool(flag) for flag in opened)
    if number < problem.open_at_least:
        yield Breach("number_open", (), None, problem.open_at_least - number)
    if problem.open_at_most is not None and number > problem.open_at_most:
        yield Breach("number_open", (), None, number - problem.open_at_most)


def _one_school(problem: AreaProblem, school: int, zone: list[int], near: Sequence[Sequence[int]]) -> Iterator[Breach]:
    over = sum(int(problem.pupils[v]) for v in zone) - int(problem.places[school])
    if over > 0:
        yield Breach("places", tuple(zone), school, over)
    if problem.shortfall_price is None and (missing := missing_pupils(problem, school, zone)):
        yield Breach("least_viable", tuple(zone), school, missing)
    if problem.bed_price is None and (without := missing_beds(problem, school, zone)):
        yield Breach("beds", tuple(zone), school, without)
    if problem.anchors[school] and not set(zone) & set(problem.anchors[school]):
        yield Breach("own_settlement", tuple(zone), school, 1)
    if problem.contiguous and len(zone) > 1:
        for piece in pieces(near, zone)[1:]:
            yield Breach("contiguity", tuple(piece), school, len(piece))
