"""Published instances in the ``zoning-bench-1`` format: translated, solved by the same core, translated back."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.areas import solve as areas
from solver.areas.problem import NOBODY, AreaPlan, AreaProblem
from solver.errors import BadProblem
from solver.plan import Limits, Report, report_nothing

FORMAT = "zoning-bench-1"
CONTIGUOUS = {"sap", "cflsap", "ckflsap"}
OWN_UNIT = CONTIGUOUS | {"gap"}
FIXED_COST = {"sscflp", "cflsap", "ssckflp", "ckflsap"}
ALL_OPEN = {"sap", "gap"}
EXACT_NUMBER = {"ssckflp", "ckflsap"}
MOST_NUMBER = {"cpmp", "pmed"}
PROBLEMS = CONTIGUOUS | FIXED_COST | ALL_OPEN | MOST_NUMBER

WHOLE_UNITS = 1e13
"""Costs are scaled by a power of ten so that no plan costs more whole units than this: sums stay exact in floats."""


def run_file(
    path: Path,
    limits: Limits,
    *,
    problem: str | None = None,
    number: int | None = None,
    report: Report = report_nothing,
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """
    Solve one instance file.

    Parameters
    ----------
    problem
        Which problem of the file; ``None`` means its main kind.
    number
        How many schools open, where the problem asks; ``None`` means the file's number (the first of a list).

    Returns
    -------
    line, answer
        The summary, and ``{"assignment", "open"}`` by position in the file, or ``None`` without a plan.
    """
    instance = _read(path)
    kind = problem or str(instance["kind"])
    if kind not in PROBLEMS:
        raise BadProblem(f"{path.name}: unknown problem {kind!r}, expected one of {sorted(PROBLEMS)}")
    number = _number(instance, kind, number)
    cost = _cost_matrix(instance)
    scale = _scale(cost, instance)
    plan = areas.solve(_problem(instance, kind, number, cost, scale), limits, report)
    line = _line(instance, kind, number, plan, cost, scale)
    if plan.school_of is None or plan.opened is None:
        return line, None
    return line, {"assignment": plan.school_of.tolist(), "open": np.flatnonzero(plan.opened).tolist()}


def _read(path: Path) -> dict[str, Any]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as handle:
        instance: dict[str, Any] = json.load(handle)
    if instance.get("format") != FORMAT:
        raise BadProblem(f"{path.name}: format {instance.get('format')!r}, expected {FORMAT!r}")
    return instance


def _number(instance: dict[str, Any], kind: str, number: int | None) -> int | None:
    if kind not in EXACT_NUMBER | MOST_NUMBER:
        return None
    given = number if number is not None else instance.get("p")
    if isinstance(given, list):
        given = given[0] if given else None
    if given is None:
        raise BadProblem(f"{instance['name']}: the problem {kind} needs a number of open schools")
    return int(given)


def _cost_matrix(instance: dict[str, Any]) -> NDArray[np.float64]:
    """Give the cost of sending a whole unit to a site, shape (V, S), in the file's own unit."""
    spec, units = instance["cost"], instance["units"]
    if spec["type"] == "matrix":
        base = np.array(spec["data"], dtype=np.float64)
        base = base.T if spec.get("axis", "site_major") == "site_major" else base
    else:
        at = np.array([(u["x"], u["y"]) for u in units], dtype=np.float64)
        sites = np.array([at[s["unit"]] if s.get("unit") is not None else (s["x"], s["y"]) for s in instance["sites"]])
        base = np.hypot(at[:, None, 0] - sites[None, :, 0], at[:, None, 1] - sites[None, :, 1]) * spec.get("scale", 1)
        if spec.get("round") == "floor":
            base = np.floor(base + 1e-9)
    if spec.get("weight") == "demand":
        base = base * np.array([u["demand"] for u in units], dtype=np.float64)[:, None]
    return base


def _scale(cost: NDArray[np.float64], instance: dict[str, Any]) -> float:
    fixed = sum(float(s.get("fixed_cost") or 0) for s in instance["sites"])
    most = float(cost.max(axis=1).sum()) + fixed
    return float(10.0 ** np.floor(np.log10(WHOLE_UNITS / max(most, 1e-9))))


def _demand_unit(units: list[dict[str, Any]], sites: list[dict[str, Any]]) -> float:
    """Give the factor that makes demands and capacities whole: 1, or a power of ten for decimal files."""
    figures = [float(u["demand"]) for u in units] + [float(s["capacity"]) for s in sites if s["capacity"] is not None]
    for factor in (1.0, 10.0, 100.0, 1_000.0):
        if all(abs(f * factor - round(f * factor)) < 1e-6 for f in figures):
            return factor
    return 1_000_000.0


def _problem(
    instance: dict[str, Any], kind: str, number: int | None, cost: NDArray[np.float64], scale: float
) -> AreaProblem:
    units, sites = instance["units"], instance["sites"]
    factor = _demand_unit(units, sites)
    pupils = np.ceil(np.array([u["demand"] for u in units]) * factor - 1e-6).astype(np.int64)
    unlimited = int(pupils.sum())
    places = np.array(
        [
            unlimited if s["capacity"] is None or kind == "pmed" else int(np.floor(s["capacity"] * factor + 1e-6))
            for s in sites
        ],
        dtype=np.int64,
    )
    fixed = np.array([float(s.get("fixed_cost") or 0) if kind in FIXED_COST else 0.0 for s in sites])
    own = [s.get("unit") for s in sites]
    n_v, n_s = len(units), len(sites)
    edges = np.array(instance["edges"], dtype=np.int64).reshape(-1, 2)
    return AreaProblem(
        settlement_ids=tuple(str(u["id"]) for u in units),
        school_ids=tuple(str(s["id"]) for s in sites),
        pupils=pupils,
        places=places,
        cost=np.round(cost * scale).astype(np.int64),
        allowed=np.ones((n_v, n_s), dtype=bool),
        open_cost=np.round(fixed * scale).astype(np.int64),
        must_open=np.full(n_s, kind in ALL_OPEN),
        must_close=np.zeros(n_s, dtype=bool),
        neighbours=edges,
        anchors=tuple((int(v),) if kind in OWN_UNIT and v is not None else () for v in own),
        contiguous=kind in CONTIGUOUS,
        open_at_least=number if kind in EXACT_NUMBER and number is not None else 0,
        open_at_most=number,
    )


def _line(
    instance: dict[str, Any], kind: str, number: int | None, plan: AreaPlan, cost: NDArray[np.float64], scale: float
) -> dict[str, Any]:
    known = [
        b for b in instance.get("best_known", [])
        if b["problem"] == kind and b.get("usable", True) and number in (None, b.get("p"))
    ]  # fmt: skip
    certificate = plan.certificate
    objective = None
    if plan.school_of is not None and plan.opened is not None:
        fixed = sum(float(instance["sites"][s].get("fixed_cost") or 0) for s in np.flatnonzero(plan.opened))
        joined = plan.school_of != NOBODY
        objective = float(cost[np.arange(len(joined)), plan.school_of][joined].sum())
        objective += fixed if kind in FIXED_COST else 0.0
    bound = None
    if certificate.bound is not None:
        # every cost was rounded by at most half a unit
        slack = 0.5 * (len(instance["units"]) + len(instance["sites"]))
        bound = (certificate.bound - slack) / scale
        bound = bound if objective is None else min(bound, objective)
    return {
        "name": instance["name"],
        "kind": kind,
        "status": str(certificate.status),
        "objective": objective,
        "bound": bound,
        "gap": None if objective is None or bound is None else (objective - bound) / max(abs(objective), 1e-12),
        "seconds": certificate.seconds,
        "best_known": min((b["objective"] for b in known), default=None),
    }
