"""Districts that can be solved in the head, and tiny ones that can be solved by trying everything."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from solver.areas import check
from solver.areas.layout import Layout
from solver.areas.problem import AreaProblem


def best_by_trying_all(problem: AreaProblem) -> int | None:
    """Give the cost of the cheapest plan that breaks no rule, by trying every plan; ``None`` when there is none."""
    n_v, n_s = problem.size
    best = None
    for opened in itertools.product([False, True], repeat=n_s):
        schools = [s for s in range(n_s) if opened[s]]
        for school_of in itertools.product(schools, repeat=n_v):
            cost = sum(check.parts(problem, school_of, opened).values())
            if (best is None or cost < best) and not any(check.breaches(problem, school_of, opened)):
                best = cost
    return best


@st.composite
def small_problems(draw: st.DrawFn) -> AreaProblem:
    """Draw a problem of up to 5 settlements and 3 schools with any mix of rules."""
    n_v, n_s = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    numbers = lambda low, high, size: np.array(  # noqa: E731
        draw(st.lists(st.integers(low, high), min_size=size, max_size=size)), dtype=np.int64
    )
    flags = lambda size: np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=bool)  # noqa: E731
    every_pair = list(itertools.combinations(range(n_v), 2))
    pairs = draw(st.lists(st.sampled_from(every_pair), unique=True)) if every_pair else []
    contiguous = draw(st.booleans())
    homes = draw(st.lists(st.integers(0, n_v - 1), min_size=n_s, max_size=n_s))
    near = {v: {w for pair in pairs for w in pair if v in pair} | {v} for v in range(n_v)}
    anchors = tuple(
        () if draw(st.integers(0, 5)) == 0 else (h,) if homes.count(h) == 1 else tuple(sorted(near[h])) for h in homes
    )
    with_beds, with_least = draw(st.booleans()), draw(st.booleans())
    must_open = flags(n_s) & flags(n_s)
    counted = draw(st.booleans())
    return AreaProblem(
        settlement_ids=tuple(f"v{v}" for v in range(n_v)),
        school_ids=tuple(f"s{s}" for s in range(n_s)),
        pupils=numbers(0, 9, n_v),
        places=numbers(0, 30, n_s),
        cost=numbers(0, 50, n_v * n_s).reshape(n_v, n_s),
        allowed=(flags(n_v * n_s) | flags(n_v * n_s)).reshape(n_v, n_s),
        open_cost=numbers(0, 60, n_s),
        must_open=must_open,
        must_close=flags(n_s) & flags(n_s) & ~must_open,
        neighbours=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        anchors=anchors,
        contiguous=contiguous,
        boarders=numbers(0, 4, n_v * n_s).reshape(n_v, n_s) if with_beds else None,
        beds=numbers(0, 8, n_s) if with_beds else None,
        bed_price=draw(st.sampled_from([None, 5])) if with_beds else None,
        least_pupils=numbers(0, 15, n_s) if with_least else None,
        shortfall_price=draw(st.sampled_from([None, 3])) if with_least else None,
        open_at_least=draw(st.integers(0, n_s)) if counted else 0,
        open_at_most=draw(st.integers(1, n_s)) if counted else None,
    )


@st.composite
def small_layouts(draw: st.DrawFn) -> Layout:
    """Draw a layout of up to 5 settlements with pupils and 3 schools, with or without what is known of roads."""
    n_v, n_s = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    numbers = lambda low, high, *shape: np.array(  # noqa: E731
        draw(st.lists(st.integers(low, high), min_size=math.prod(shape), max_size=math.prod(shape))), dtype=np.int64
    ).reshape(shape)
    flags = lambda *shape: numbers(0, 1, *shape).astype(bool)  # noqa: E731
    now_and_then = lambda make: make() if draw(st.booleans()) else None  # noqa: E731
    minutes = numbers(1, 12, n_v, n_s)
    pairs = [(a, b) for a, b in itertools.combinations(range(n_v), 2) if draw(st.integers(0, 2))]
    return Layout(
        settlement_ids=tuple(f"v{v}" for v in range(n_v)),
        school_ids=tuple(f"s{s}" for s in range(n_s)),
        young=numbers(0, 5, n_v),
        older=numbers(1, 5, n_v),
        minutes=minutes,
        places=numbers(10, 60, n_s),
        largest=numbers(5, 40, n_s),
        beds=numbers(0, 6, n_s),
        running_cost=numbers(0, 60, n_s),
        least_viable=numbers(0, 8, n_s),
        protected=flags(n_s) & flags(n_s),
        keep=flags(n_s) & flags(n_s),
        close=flags(n_s) & flags(n_s) & flags(n_s),
        stands_in=numbers(0, n_v - 1, n_s),
        neighbours=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        school_now=numbers(-1, n_s - 1, n_v),
        young_limit=draw(st.integers(6, 16)),
        older_limit=draw(st.integers(4, 14)),
        minute_price=draw(st.integers(0, 2)),
        trip_price=draw(st.sampled_from([None, 0, 3])),
        bed_price=draw(st.sampled_from([None, 0, 5])),
        shortfall_price=draw(st.sampled_from([None, 0, 4])),
        contiguous=draw(st.booleans()),
        moved_price=draw(st.integers(0, 3)),
        limit_minutes=now_and_then(lambda: minutes + numbers(0, 4, n_v, n_s)),
        reached=now_and_then(lambda: flags(n_v, n_s) | flags(n_v, n_s)),
        crossing=now_and_then(lambda: flags(n_v, n_s)),
        crossing_price=draw(st.integers(0, 4)),
        transport=now_and_then(lambda: numbers(0, 30, n_v, n_s)),
    )


@pytest.fixture
def road() -> Layout:
    """
    Three settlements and two schools on one road; minutes between neighbours.

        A (30 pupils) --5-- North (50 places) --20-- B (20) --5-- South (40) --9-- C (15)

    North stands in A's land and South in C's, so A and C are held by their schools; B lies between them:
    neighbours are A-B and B-C. From A: North 5, South 30. From B: North 20, South 5. From C: North 34, South 9.

    Cheapest zones at 1 yuan a pupil-minute: A North 150, B South 100, C South 135; 385 in all. South has 35 of 40.
    """
    return Layout(
        settlement_ids=("A", "B", "C"),
        school_ids=("North", "South"),
        young=np.array([15, 10, 8]),
        older=np.array([15, 10, 7]),
        minutes=np.array([[5, 30], [20, 5], [34, 9]]),
        places=np.array([50, 40]),
        largest=np.array([2000, 2000]),
        beds=np.array([0, 0]),
        running_cost=np.array([100, 100]),
        least_viable=np.array([0, 0]),
        protected=np.array([False, False]),
        keep=np.array([False, False]),
        close=np.array([False, False]),
        stands_in=np.array([0, 2]),
        neighbours=np.array([[0, 1], [1, 2]]),
        school_now=np.array([0, 0, 1]),
        young_limit=30,
        older_limit=40,
        minute_price=1,
    )


@pytest.fixture
def roomy(road: Layout) -> Layout:
    """The road with 100 places at each school, so that one school could take everybody."""
    return replace(road, places=np.array([100, 100]))
