"""Who is dead, by the watchman's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.jobs.watchman import Watchman

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_a_sign_that_stands_still_is_a_death_whatever_the_other_clock_says():
    clock = Clock()
    watchman = Watchman(6, clock)
    assert watchman.dead(["a"], {"a": LONG_AGO}) == []  # a wrong clock there is not a death
    clock.now += 5.9
    assert watchman.dead(["a"], {"a": LONG_AGO}) == []
    clock.now += 0.1
    assert watchman.dead(["a"], {"a": LONG_AGO}) == ["a"]
    assert watchman.dead(["a"], {"a": LONG_AGO}) == ["a"]  # told again, as long as it holds work


def test_a_sign_that_moves_is_life_for_another_while():
    clock = Clock()
    watchman = Watchman(6, clock)
    for beat in range(10):
        assert watchman.dead(["a"], {"a": LONG_AGO + timedelta(seconds=beat)}) == []
        clock.now += 5


def test_a_holder_that_took_its_leave_is_dead_after_one_silence():
    clock = Clock()
    watchman = Watchman(6, clock)
    assert watchman.dead(["a"], {}) == []
    clock.now += 6
    assert watchman.dead(["a"], {}) == ["a"]


def test_who_holds_nothing_is_nobody_s_business():
    clock = Clock()
    watchman = Watchman(6, clock)
    watchman.dead(["a"], {"a": LONG_AGO})
    clock.now += 60
    assert watchman.dead([], {"a": LONG_AGO}) == []
    assert watchman.dead(["a"], {"a": LONG_AGO}) == []  # it holds again: a fresh silence counts
