"""Making a lawful plan of an unlawful state: dropping cut-off pieces, opening ways to settlements left out."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import breadth_first_order, connected_components

from solver.areas.problem import Ints
from solver.areas.reach import neighbour_matrix
from solver.areas.search import Desk


def drop_cut_off_pieces(desk: Desk) -> None:
    """Send to no school what is not connected with an anchor of its school; of several pieces the largest stays."""
    problem = desk.problem
    near, nobody = neighbour_matrix(problem), problem.size[1]
    zone = desk.zone.copy()
    for s in range(nobody):
        members = np.flatnonzero(zone == s)
        if len(members) == 0:
            continue
        label = np.zeros(len(members), np.int64)
        if problem.contiguous:
            label = connected_components(near[members][:, members], directed=False)[1].astype(np.int64)
        kept = _piece_to_keep(problem.pupils[members], label, np.isin(members, problem.anchors[s]))
        anchored = not problem.anchors[s] or np.isin(members[label == kept], problem.anchors[s]).any()
        zone[members if not anchored else members[label != kept]] = nobody
    desk.put(np.where(zone == nobody, -1, zone), desk.is_open)


def _piece_to_keep(pupils: Ints, label: Ints, anchor: np.ndarray) -> int:
    weight = np.bincount(label, weights=pupils + 1e-3)
    weight[np.unique(label[anchor])] += pupils.sum() + len(pupils) + 1.0
    return int(np.argmax(weight))


def open_ways(desk: Desk, tries: int) -> None:
    """
    Bring settlements that no bordering zone may take to a school all the same.

    For one settlement left out after another: along the shortest chain of settlements that may join one of its
    schools, all join that school; what this cuts off grows back elsewhere.
    """
    problem = desk.problem
    near, nobody = neighbour_matrix(problem), problem.size[1]
    for _ in range(tries):
        left = np.flatnonzero(desk.zone == nobody)
        if len(left) == 0:
            return
        v = int(desk.random().choice(left))
        schools = np.flatnonzero(problem.allowed[v] & ~problem.must_close)
        if len(schools) == 0:
            return
        weight = 1.0 / (1.0 + problem.cost[v, schools].astype(np.float64))
        s = int(desk.random().choice(schools, p=weight / weight.sum()))
        chain = _chain(near, problem.allowed[:, s], desk.zone == s, v, problem.anchors[s])
        desk.is_open[s] = True
        zone = np.where(desk.zone == nobody, -1, desk.zone)
        zone[chain] = s
        desk.put(zone, desk.is_open)
        drop_cut_off_pieces(desk)
        desk.grow()


def _chain(near, inside, zone, start: int, anchors: tuple[int, ...]) -> list[int]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Give a shortest chain from ``start`` through ``inside`` to the zone, or to an anchor where there is no zone."""
    members = np.flatnonzero(inside)
    position = np.full(len(inside), -1, np.int64)
    position[members] = np.arange(len(members))
    order, before = breadth_first_order(near[members][:, members], position[start], directed=False)
    goal = zone[members] if zone.any() else np.isin(members, anchors) if anchors else np.ones(len(members), bool)
    hits = [k for k in order if goal[k]]
    if not hits:
        return [start]
    chain, k = [], hits[0]
    while k >= 0:
        chain.append(int(members[k]))
        k = before[k]
    return chain
