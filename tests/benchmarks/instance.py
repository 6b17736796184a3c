"""
An instance of the published kinds (format ``zoning-bench-1``), read for the peers.

It shares no code with ``solver.bench``, so that a figure on which both agree was computed twice.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

NOWHERE = -1
"""The settlement of a school that stands in none."""

CONTIGUOUS = frozenset({"sap", "cflsap", "ckflsap"})
HOLDS_ITS_OWN = frozenset({"sap", "gap", "cflsap", "ckflsap"})
FIXED_COST = frozenset({"sscflp", "cflsap", "ssckflp", "ckflsap"})
ALL_OPEN = frozenset({"sap", "gap"})
EXACTLY = frozenset({"ssckflp", "ckflsap"})
AT_MOST = frozenset({"cpmp", "pmed"})

PLANS_OF: dict[str, frozenset[str]] = {
    "gap": frozenset({"gap", "sap"}),
    "ssckflp": frozenset({"ssckflp", "ckflsap"}),
    "cflsap": frozenset({"cflsap", "ckflsap"}),
    "sscflp": frozenset({"sscflp", "cflsap", "ssckflp", "ckflsap"}),
}
"""Problems whose plans are plans of a problem too, so that no bound of it may pass their best; else its own alone."""


@dataclass(frozen=True, slots=True)
class Question:
    """A problem of a file, with the number of schools where it asks for one."""

    kind: str
    number: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """
    One question on one file; V settlements, S schools, in the order and the units of the file.

    Attributes
    ----------
    pupils, places
        Shapes (V,) and (S,); places are infinite where unlimited.
    cost
        Shape (V, S): sending the whole settlement to the school.
    fixed
        Shape (S,): cost of an open school, 0 in problems that do not count it.
    home
        Shape (S,): the settlement a school stands in, ``NOWHERE`` where none.
    edges
        Shape (E, 2).
    """

    name: str
    question: Question
    pupils: NDArray[np.float64]
    places: NDArray[np.float64]
    cost: NDArray[np.float64]
    fixed: NDArray[np.float64]
    home: NDArray[np.int64]
    edges: NDArray[np.int64]

    def objective(self, school_of: NDArray[np.int64], opened: NDArray[np.bool_]) -> float:
        """Cost of a plan: shapes (V,), school of each settlement, and (S,)."""
        return float(self.cost[np.arange(len(school_of)), school_of].sum() + self.fixed[opened].sum())


def load(path: Path) -> dict[str, Any]:
    """Load a file as it is."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as handle:
        content: dict[str, Any] = json.load(handle)
    return content


def main_questions(content: dict[str, Any]) -> list[Question]:
    """Questions of the main kind: one, or one a number of schools where the file lists several."""
    kind, numbers = str(content["kind"]), content["p"]
    if kind not in EXACTLY | AT_MOST:
        return [Question(kind, None)]
    return [Question(kind, int(number)) for number in (numbers if isinstance(numbers, list) else [numbers])]


def known_questions(content: dict[str, Any]) -> list[Question]:
    """Every question that has a published value, in the order of the file."""
    rows = content["best_known"]
    return list(dict.fromkeys(Question(row["problem"], row.get("p")) for row in rows))


def best_known(content: dict[str, Any], question: Question) -> float | None:
    """The least published value of a question that holds for this very file."""
    return min(_usable(content, frozenset({question.kind}), question.number), default=None)


def plans_known(content: dict[str, Any], question: Question) -> list[float]:
    """Every published value that a bound of the question must not pass: its own and those of narrower problems."""
    return _usable(content, PLANS_OF.get(question.kind, frozenset({question.kind})), question.number)


def _usable(content: dict[str, Any], kinds: frozenset[str], number: int | None) -> list[float]:
    return [
        float(row["objective"])
        for row in content["best_known"]
        if row["problem"] in kinds and row.get("usable", True) and number in (None, row.get("p"))
    ]


def printed_to(value: float) -> float:
    """Half a unit of the last digit that a published value was printed with."""
    decimals = len(repr(value).partition(".")[2]) if not value.is_integer() else 0
    return float(0.5 * 10.0**-decimals)


def read(content: dict[str, Any], question: Question) -> Instance:
    """Lay out a question."""
    units, sites, kind = content["units"], content["sites"], question.kind
    counted = kind in FIXED_COST
    unlimited = kind == "pmed"
    homes = [site.get("unit") for site in sites]
    return Instance(
        name=content["name"],
        question=question,
        pupils=np.array([unit["demand"] for unit in units], dtype=float),
        places=np.array([np.inf if unlimited or s["capacity"] is None else s["capacity"] for s in sites], dtype=float),
        cost=_cost(content),
        fixed=np.array([float(s.get("fixed_cost") or 0) if counted else 0.0 for s in sites]),
        home=np.array([NOWHERE if home is None else home for home in homes], dtype=np.int64),
        edges=np.array(content["edges"], dtype=np.int64).reshape(-1, 2),
    )


def _cost(content: dict[str, Any]) -> NDArray[np.float64]:
    spec = content["cost"]
    if spec["type"] == "matrix":
        table = np.array(spec["data"], dtype=float)
        if spec.get("axis", "site_major") == "site_major":
            table = table.T
    else:
        table = _straight(content)
    if spec.get("weight") == "demand":
        table = table * np.array([unit["demand"] for unit in content["units"]], dtype=float)[:, None]
    return table


def _straight(content: dict[str, Any]) -> NDArray[np.float64]:
    spec, sites = content["cost"], content["sites"]
    homes = np.array([(unit["x"], unit["y"]) for unit in content["units"]], dtype=float)
    schools = np.array([homes[s["unit"]] if s.get("unit") is not None else (s["x"], s["y"]) for s in sites])
    away = cdist(homes, schools) * float(spec.get("scale", 1))
    return np.asarray(np.floor(away + 1e-9) if spec.get("round") == "floor" else away)
