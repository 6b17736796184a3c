"""Migrant children: coverage against 85 %, gaps in places, more and fewer of them; worked by hand."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.domain.schools import Stage
from data.monitoring.layer import STAGES, Layer, Level
from data.monitoring.migrants import expected, growth_of, with_totals
from data.norms import Level as SetBy
from data.norms import Norms

TODAY = date(2026, 3, 1)
SHIPPED = Norms.default()


@dataclass(frozen=True)
class Counted:
    """A row of the table of migrants."""

    place: str
    level: str
    stage: Stage
    year: int
    migrants: int
    in_public: int


RIVERSIDE = Counted("t1", "township", Stage.PRIMARY, 2025, 100, 80)


def told(counts, growth=None, years=(2026,), **more):
    return expected(counts, growth or {}, years, {("township", "t1"): "Riverside"}, SHIPPED, TODAY, **more)


def test_a_fifth_more_and_a_fifth_fewer_migrants_against_the_same_public_places():
    rows = told([RIVERSIDE])
    assert {(row.level, row.id, row.name, row.stage, row.year) for row in rows} == {
        ("township", "t1", "Riverside", "primary", 2026)
    }
    # 85 % of 80, 100 and 120 are 68, 85 and 102; 80 public places are there.
    assert [(row.change, row.migrants, row.in_public, row.gap) for row in rows] == [
        (-0.2, 80, 80, 0), (0.0, 100, 80, 5), (0.2, 120, 80, 22),
    ]  # fmt: skip
    assert [row.coverage for row in rows] == pytest.approx([1.0, 0.8, 2 / 3])


def test_migrants_grow_as_the_pupils_of_the_place():
    growth = {("township", "t1", Stage.PRIMARY, 2026): 1.1, ("township", "t1", Stage.PRIMARY, 2028): 0.5}
    rows = told([RIVERSIDE], growth, years=(2026, 2027, 2028), changes=(0.0,))
    # 110 want 93.5 places, 94 whole ones; 2027 is not forecast; 50 find room.
    assert [(row.year, row.migrants, row.in_public, row.gap) for row in rows] == [
        (2026, 110, 80, 14), (2027, 100, 80, 5), (2028, 50, 50, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(("in_public", "gap"), [(17, 0), (16, 1)])
def test_the_norm_at_its_edge(in_public, gap):
    # 17 of 20 are 85 %
    (row,) = told([Counted("t1", "township", Stage.JUNIOR, 2025, 20, in_public)], changes=(0.0,))
    assert row.gap == gap and (row.coverage >= 0.85) == (gap == 0)


def test_a_stricter_norm_of_a_district_holds_to_the_child():
    own = SHIPPED.overridden(SetBy.DISTRICT, "gov.migrant", Stage.PRIMARY, 0.936, "own rule")
    count = Counted("t1", "township", Stage.PRIMARY, 2025, 2125, 1989)  # 1,989 of 2,125 are 93.6 %
    (row,) = expected([count], {}, (2026,), {}, own, TODAY, changes=(0.0,))
    assert row.gap == 0


def test_a_stage_without_a_norm_has_a_coverage_and_no_gap():
    (row,) = told([Counted("t9", "township", Stage.SENIOR, 2025, 10, 2)], changes=(0.0,))
    assert (row.name, row.coverage, row.gap) == ("t9", 0.2, 0)


def test_without_migrants_all_are_covered():
    (row,) = told([Counted("t1", "township", Stage.PRIMARY, 2025, 0, 0)], changes=(0.2,))
    assert (row.migrants, row.coverage, row.gap) == (0, 1.0, 0)


def test_the_latest_count_holds_and_half_a_child_is_a_child():
    older = Counted("t1", "township", Stage.PRIMARY, 2023, 900, 0)
    newer = Counted("t1", "township", Stage.PRIMARY, 2025, 5, 5)
    for counts in ([older, newer], [newer, older]):
        (row,) = told(counts, {("township", "t1", Stage.PRIMARY, 2026): 1.1}, changes=(0.0,))
        assert row.migrants == 6  # 5.5


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0, 3))
def test_more_demand_never_narrows_the_gap_and_the_gap_is_just_enough(migrants, public, growth):
    count = Counted("t1", "township", Stage.PRIMARY, 2025, migrants, min(migrants, public))
    rows = told([count], {("township", "t1", Stage.PRIMARY, 2026): growth})
    assert [row.gap for row in rows] == sorted(row.gap for row in rows)
    for row in rows:
        assert 0 <= row.in_public <= row.migrants
        assert 100 * (row.in_public + row.gap) >= 85 * row.migrants
        assert row.gap == 0 or 100 * (row.in_public + row.gap - 1) < 85 * row.migrants


def townships(years, primary):
    middle = np.full((len(primary), len(STAGES), len(years)), -1)
    middle[:, 1] = primary
    ids = tuple(f"t{number}" for number in range(1, len(primary) + 1))
    nothing = np.full(middle.shape, np.nan)
    return Layer(
        Level.TOWNSHIP, ids, ids, ("d1",) * len(ids), years, middle, middle, middle, middle, nothing, nothing
    )  # fmt: skip


def test_growth_is_read_against_the_year_of_the_count_or_the_first_year_known():
    layer = townships((2025, 2026, 2027), [[200, 220, -1], [-1, 50, 40], [0, 10, 10]])
    counts = [
        Counted("t1", "township", Stage.PRIMARY, 2025, 1, 1),
        Counted("t2", "township", Stage.PRIMARY, 2020, 1, 1),
        Counted("t3", "township", Stage.PRIMARY, 2025, 1, 1),
        Counted("t1", "division", Stage.PRIMARY, 2025, 1, 1),
    ]
    assert growth_of([layer], counts) == {
        ("township", "t1", "primary", 2025): 1.0,
        ("township", "t1", "primary", 2026): 1.1,
        ("township", "t2", "primary", 2026): 1.0,
        ("township", "t2", "primary", 2027): 0.8,
    }


def test_a_division_is_the_sum_of_its_townships_in_every_year_unless_it_was_counted_itself():
    """100 and 40 migrants; those of t1 grow to 150. 85 % of 140 and 190 are 119 and 161.5; 90 places are there."""
    layer = townships((2025, 2026), [[200, 300], [100, 100]])
    counts = (
        RIVERSIDE,
        Counted("t2", "township", Stage.PRIMARY, 2022, 9, 9),
        Counted("t2", "township", Stage.PRIMARY, 2024, 40, 10),
        Counted("t2", "township", Stage.JUNIOR, 2024, 40, 10),
        Counted("elsewhere", "township", Stage.PRIMARY, 2024, 40, 10),
        Counted("d1", "division", Stage.JUNIOR, 2023, 70, 60),
    )
    rows = told(counts, growth_of([layer], counts), years=(2025, 2026), changes=(0.0,))
    *kept, now, later = with_totals(rows, layer, "division", {("division", "d1"): "Shire"}, SHIPPED, TODAY)
    assert tuple(kept) == rows
    assert (now.level, now.id, now.name, now.stage) == ("division", "d1", "Shire", "primary")
    assert [(row.year, row.migrants, row.in_public, row.gap) for row in (now, later)] == [
        (2025, 140, 90, 29), (2026, 190, 90, 72),
    ]  # fmt: skip
