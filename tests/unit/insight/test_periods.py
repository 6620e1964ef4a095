"""Days are those of the bureau's zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from command_center.insight.periods import Period

ZONE = ZoneInfo("Asia/Shanghai")


def test_today_is_one_of_the_days() -> None:
    late_evening = datetime(2026, 9, 21, 17, 30, tzinfo=UTC)  # 01:30 of the 22nd in Beijing
    period = Period.last_days(3, late_evening, ZONE)
    assert period.days() == [date(2026, 9, 20), date(2026, 9, 21), date(2026, 9, 22)]
    assert period.start == datetime(2026, 9, 19, 16, tzinfo=UTC)


def test_the_period_before_is_as_long_and_ends_where_this_one_starts() -> None:
    period = Period.last_days(7, datetime(2026, 9, 22, 4, tzinfo=UTC), ZONE)
    before = period.before()
    assert before.end == period.start
    assert before.end - before.start == period.end - period.start
