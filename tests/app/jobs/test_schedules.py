"""Cron lines and time zones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.jobs import schedules
from app.jobs.errors import BadCron, UnknownTimezone


@pytest.mark.parametrize("cron", ["0 2 * * *", "*/15 1-5 * * 1-5", "30 3 1 9 *", "0 2 29 2 *"])
def test_a_good_cron_line_passes(cron):
    schedules.validate_cron(cron, "Asia/Shanghai")


@pytest.mark.parametrize(
    "cron",
    ["", "nightly", "0 2 * *", "0 0 2 * * *", "61 2 * * *", "0 24 * * *", "0 2 30 2 *", "@daily", "0 2 * * mon-"],
)
def test_a_bad_cron_line_is_refused_with_its_text(cron):
    with pytest.raises(BadCron) as refusal:
        schedules.validate_cron(cron, "Asia/Shanghai")
    assert refusal.value.facts["cron"] == cron


@pytest.mark.parametrize("timezone", ["", "Asia/Chongqin", "../etc/passwd", "/etc/localtime", "Asia"])
def test_an_unknown_time_zone_is_refused(timezone):
    with pytest.raises(UnknownTimezone):
        schedules.validate_cron("0 2 * * *", timezone)


def test_the_last_due_moment_is_in_the_zone_of_the_schedule():
    # 02:00 in Shanghai (UTC+8, no summer time) is 18:00 UTC of the day before.
    noon = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
    assert schedules.last_due("0 2 * * *", "Asia/Shanghai", noon) == datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    assert schedules.last_due("0 2 * * *", "UTC", noon) == datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
