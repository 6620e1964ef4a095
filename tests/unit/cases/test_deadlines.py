"""Deadlines worked out by hand on the State Council's calendar."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from command_center.cases import deadlines, holidays
from command_center.cases.deadlines import (
    RULES,
    Pause,
    Step,
    due,
    expiry,
    light,
    promised,
    rule_for,
    telling,
    words,
)

CALENDAR = holidays.published()


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("rule", "start", "end", "why"),
    [
        ("L121.accept", "2026-09-22", "2026-10-09", "Mid-Autumn and National Day are skipped"),
        (
            "L121.accept",
            "2026-09-18",
            "2026-09-29",
            "Sunday 20 September works, Friday 25 does not",
        ),
        ("L121.accept", "2026-06-01", "2026-06-10", "an ordinary fortnight"),
        ("L121.notify", "2026-04-27", "2026-05-09", "Labour Day skipped, Saturday 9 May works"),
        ("LAP.verify", "2026-02-10", "2026-03-09", "Spring Festival, two make-up Saturdays"),
        ("LAP.verify", "2025-12-29", "2026-01-20", "over New Year; Sunday 4 January works"),
        ("L121.mediate", "2026-04-20", "2026-06-22", "60 d end on Dragon Boat, then a weekend"),
        ("L121.mediate", "2026-05-12", "2026-07-13", "60 d end on a Saturday and roll to Monday"),
        ("L121.mediate", "2026-07-13", "2026-09-11", "60 d end on a working Friday"),
        ("L121.mediate", "2026-08-03", "2026-10-08", "60 d end inside National Day week"),
        ("LAP.decide", "2026-07-05", "2026-10-08", "90 d end inside National Day week"),
        ("CENTRE.route", "2026-09-30", "2026-10-08", "the next working day is after the holiday"),
        ("CENTRE.route", "2026-10-09", "2026-10-10", "Saturday 10 October is a make-up day"),
        ("12365.consult", "2026-09-24", "2026-09-28", "2 d end on Mid-Autumn"),
        ("L20.mediate", "2025-12-01", "2026-02-03", "45 working days under Order 20"),
    ],
)
def test_hand_worked_dates(rule: str, start: str, end: str, why: str) -> None:
    assert due(RULES[rule], day(start), CALENDAR).on == day(end), why


def test_the_starting_day_is_not_counted() -> None:
    assert due(RULES["CENTRE.route"], day("2026-06-01"), CALENDAR).on == day("2026-06-02")


def test_an_ordinary_weekend_rolls_only_where_the_bureau_says_so() -> None:
    kept = due(RULES["L121.mediate"], day("2026-05-12"), CALENDAR, roll_weekends=False)
    assert kept.on == kept.strict == day("2026-07-11")


def test_a_year_without_a_published_calendar_gives_a_provisional_date_not_an_error() -> None:
    counted = due(RULES["L121.accept"], day("2026-12-25"), CALENDAR)
    assert counted.on == day("2027-01-05")
    assert counted.provisional
    assert "暂定" in counted.basis
    assert not due(RULES["L121.accept"], day("2026-11-23"), CALENDAR).provisional


def test_lights_of_a_provisional_date_do_not_trust_the_roll() -> None:
    counted = due(RULES["L121.mediate"], day("2026-11-17"), CALENDAR)  # 16 January 2027, Saturday
    assert counted.provisional
    assert (counted.strict, counted.on) == (day("2027-01-16"), day("2027-01-18"))
    assert counted.red_on < counted.strict


@pytest.mark.parametrize(
    ("received", "clock", "rule"),
    [
        ("2026-04-14", "mediate", "L20.mediate"),
        ("2026-04-15", "mediate", "L121.mediate"),
        ("2026-04-14", "accept", "L20.accept"),
        ("2026-11-20", "notify", "L121.notify"),
        ("2025-11-20", "verify", "LAP.verify"),
        ("2026-11-20", "route", "CENTRE.route"),
        ("2026-11-20", "answer", "12365.consult"),
    ],
)
def test_the_rule_set_is_that_of_the_day_of_receipt(received: str, clock: str, rule: str) -> None:
    assert rule_for(clock, day(received)).id == rule


def test_the_basis_tells_the_arithmetic() -> None:
    basis = due(RULES["L121.accept"], day("2026-09-22"), CALENDAR).basis
    assert basis.startswith("L121.accept：市场监督管理投诉举报处理办法第十五条，7个工作日")
    assert "2026-09-22起算，当日不计" in basis
    assert "跳过法定节假日6天" in basis
    assert "至2026-10-09届满" in basis


def test_the_light_turns_yellow_at_two_working_days_and_red_at_one() -> None:
    counted = due(RULES["L121.accept"], day("2026-06-01"), CALENDAR)  # due Wednesday 10 June
    # 40 % of nine days is reached on Sunday 7 June, two working days before the end a day earlier.
    assert counted.yellow_on == day("2026-06-07")
    assert counted.red_on == day("2026-06-09")


def test_a_one_day_limit_is_green_on_the_day_it_starts_and_red_on_its_last() -> None:
    counted = due(RULES["CENTRE.route"], day("2026-06-01"), CALENDAR)
    assert counted.yellow_on == counted.red_on == day("2026-06-02")


@pytest.mark.parametrize(
    ("hour", "expected"), [(1, "green"), (5, "yellow"), (8, "red"), (10, "red"), (11, "black")]
)
def test_lights_over_a_day(hour: int, expected: str) -> None:
    def at(h: int) -> datetime:
        return datetime(2026, 6, 1, h, tzinfo=UTC)

    assert light(at(hour), at(10), at(5), at(8)) == expected
    assert light(at(hour), None) == "none"


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.values() if rule.in_days], ids=lambda rule: rule.id
)
def test_no_deadline_ever_ends_before_its_limit_or_on_a_holiday(rule: deadlines.Rule) -> None:
    for n in range(300):
        start = day("2026-01-01") + n * deadlines.DAY
        counted = due(rule, start, CALENDAR)
        assert counted.on >= counted.strict > start
        assert CALENDAR.is_workday(counted.on)
        assert start < counted.yellow_on <= counted.red_on <= counted.on


def test_every_step_is_kept_as_json_and_said_in_both_languages() -> None:
    testing, wrong = (
        Pause(day("2026-09-24"), day("2026-09-28"), "testing"),
        Pause(day("2026-10-12"), day("2026-10-13"), "testing", taken_back=True),
    )
    counted = (
        *due(RULES["LAP.verify"], day("2026-09-14"), CALENDAR, True, (testing, wrong), 15).steps,
        *due(RULES["LAP.decide"], day("2026-08-03"), CALENDAR, True, (), 75, 45).steps,
        *due(RULES["L121.mediate"], day("2026-02-03"), CALENDAR, True, (testing,)).steps,
        *due(RULES["L121.mediate"], day("2026-08-03"), CALENDAR).steps,
        *due(RULES["L121.accept"], day("2027-02-01"), CALENDAR).steps,
        *expiry(RULES["LAP.emergency"], datetime(2026, 9, 11, 12, tzinfo=UTC)).steps,
        *promised(RULES["CENTRE.callback"], day("2026-09-14"), day("2026-09-15")).steps,
        Step("written", {"zh": "至2026-09-29届满"}),
    )
    assert {step.code for step in counted} == telling.SENTENCES.keys()
    for step in counted:
        kept = Step(**json.loads(json.dumps(step._asdict())))
        assert kept == step
        assert all(words(kept))


def test_what_was_decided_together_is_told_apart() -> None:
    counted = due(RULES["LAP.decide"], day("2026-06-03"), CALENDAR, True, (), 75, 45)
    assert counted.on == day("2026-11-16"), "165 days end on Sunday 15 November"
    said = [words(step).en for step in counted.steps]
    assert said[1:3] == ["extended by 75 days to 165 days", "45 days of it by collective decision"]


def test_a_pause_that_was_taken_back_changes_nothing_and_is_said() -> None:
    wrong = Pause(day("2026-06-08"), day("2026-06-17"), "testing", taken_back=True)
    counted = due(RULES["L121.mediate"], day("2026-06-01"), CALENDAR, True, (wrong,))
    assert counted.on == due(RULES["L121.mediate"], day("2026-06-01"), CALENDAR).on
    assert words(counted.steps[2]).en == (
        "pause taken back, counted: 2026-06-08 to 2026-06-17 (testing or appraisal)"
    )


@pytest.mark.parametrize(("hours", "rule"), [(24, "LAP.emergency"), (1, "EMERGENCY.grave")])
def test_hours_warn_at_two_fifths_and_at_a_fifth(hours: int, rule: str) -> None:
    start = datetime(2026, 9, 11, 12, tzinfo=UTC)
    counted = expiry(RULES[rule], start)
    assert counted.at == start + timedelta(hours=hours)
    assert counted.yellow_at == start + timedelta(hours=hours * 0.6)
    assert counted.red_at == start + timedelta(hours=hours * 0.8)
