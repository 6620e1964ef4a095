"""`command-center deadline` against dates worked out by hand, and its refusals."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from command_center.cases.deadlines import RULES
from command_center.commands.deadline import deadline

VECTORS = Path(__file__).parents[2] / "vectors" / "deadlines.jsonl"
ROWS = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(deadline, arguments)


def answer(*arguments: str) -> Any:
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def arguments_of(row: dict[str, Any]) -> list[str]:
    pauses = [part for pause in row.get("pauses", []) for part in ("--pause", pause)]
    extend = ["--extend"] * row.get("extend", 0)
    roll = [] if row.get("roll_weekends", True) else ["--no-roll-weekends"]
    return ["--rule", row["rule"], "--from", row["from"], *pauses, *extend, *roll]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['rule']} {row['from']}: {row['why']}")
def test_hand_worked_dates(row: dict[str, Any]) -> None:
    counted = answer(*arguments_of(row))
    assert counted["due"] == row["due"]
    assert counted["due_strict"] == row["due_strict"]
    assert counted["provisional"] == row.get("provisional", False)


def test_the_table_has_every_holiday_of_both_years() -> None:
    assert len(ROWS) >= 120
    assert {row["rule"] for row in ROWS} >= {
        *("L121.accept", "L121.mediate", "L121.notify", "L121.clue", "L121.dispute"),
        *("LAP.verify", "LAP.decide", "L20.accept", "L20.mediate", "O62.mediate"),
        *("12365.propose", "96315.transfer", "STATION.reply", "STATION.settle"),
    }


def test_the_answer_says_step_by_step_how_it_was_counted() -> None:
    asked = ["--rule", "LAP.verify", "--from", "2026-09-14", "--pause", "2026-09-24..2026-09-28",
             "--extend"]  # fmt: skip
    told = answer(*asked)
    assert list(told) == ["rule", "from", "due", "due_strict", "basis", "provisional", "steps"]
    assert told["basis"] == "市场监督管理行政处罚程序规定第十八条"
    assert told["steps"] == [
        "LAP.verify：市场监督管理行政处罚程序规定第十八条，15个工作日",
        "延长15个工作日，共30个工作日",
        "2026-09-14起算，当日不计",
        "暂停：2026-09-24至2026-09-28，首尾两日均不计",
        "起算后因此不计2个工作日",
        "跳过法定节假日5天（2026-10-01至2026-10-02、2026-10-05至2026-10-07）",
        "调休上班2天计入（2026-09-20、2026-10-10）",
        "至2026-11-03届满",
    ]
    told = answer(*asked, "--lang", "en")
    assert told["basis"] == "Provisions on Penalty Procedure (Order 42), art. 18"
    assert told["steps"] == [
        "LAP.verify: Provisions on Penalty Procedure (Order 42), art. 18, 15 working days",
        "extended by 15 working days to 30 working days",
        "starts on 2026-09-14, which is not counted",
        "paused: 2026-09-24 to 2026-09-28, both ends included",
        "2 working days after the start not counted for it",
        "public holidays skipped: 2026-10-01 to 2026-10-02, 2026-10-05 to 2026-10-07",
        "make-up working days counted: 2026-09-20, 2026-10-10",
        "ends on 2026-11-03",
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("L121.mediate", "2026-08-03"), "期末逢法定节假日，顺延至2026-10-08"),
        (("L121.mediate", "2026-05-12"), "期末逢周末，顺延至2026-07-13"),
        (("L121.accept", "2026-12-25"), "放假安排未公布，日期为暂定"),
        (("L121.accept", "2026-02-10"), "该规定适用于2026-04-15起收到的案件"),
        (("96315.transfer", "2026-02-10"), "2026-02-10 00:00:00+08:00起算，按时钟连续计算"),
    ],
)
def test_what_is_unusual_is_said(asked: tuple[str, str], said: str) -> None:
    assert said in answer("--rule", asked[0], "--from", asked[1])["steps"]


def test_a_pause_that_the_rule_has_no_ground_for_is_counted_and_said() -> None:
    told = answer(
        "--rule", "L121.accept", "--from", "2026-06-01", "--pause", "2026-06-02..2026-06-02"
    )
    assert told["due"] == "2026-06-11"
    assert "未规定扣除事由" in "".join(told["steps"])


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-02-10T10:30", "2026-02-11T10:30:00+08:00"),
        ("2026-02-10 10:30", "2026-02-11T10:30:00+08:00"),
        ("2026-02-10", "2026-02-11T00:00:00+08:00"),
        ("2026-02-10T20:30:00Z", "2026-02-12T04:30:00+08:00"),
    ],
)
def test_hours_are_told_in_the_bureaus_zone(start: str, due: str) -> None:
    assert answer("--rule", "96315.transfer", "--from", start)["due"] == due


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--rule", "L121.accept"], "--from"),
        (["--from", "2026-01-01"], "--rule"),
        (["--rule", "L121.nothing", "--from", "2026-01-01"], "L121.nothing"),
        (["--rule", "L121.accept", "--from", "2026-02-29"], "2026-02-29"),
        (["--rule", "L121.accept", "--from", "20260101"], "20260101"),
        (["--rule", "L121.accept", "--from", "2026-01-01T10:00"], "2026-01-01T10:00"),
        (["--rule", "96315.transfer", "--from", "2026-01-01T25:00"], "2026-01-01T25:00"),
        (["--rule", "L121.accept", "--from", ""], "no date"),
        (["--rule", "LAP.verify", "--from", "2026-01-01", "--pause", "2026-01-02"], "no span"),
        (["--rule", "LAP.verify", "--from", "2026-01-01", "--pause", "2026-01-09..2026-01-02"],
         "ends before it begins"),
        (["--rule", "LAP.verify", "--from", "2026-01-01", "--pause", "2026-01-09..x"], "'x'"),
        (["--rule", "L121.mediate", "--from", "2026-01-01", "--extend"], "0 times, not 1"),
        (["--rule", "LAP.verify", "--from", "2026-01-01", "--extend", "--extend"],
         "1 times, not 2"),
        (["--rule", "LAP.decide", "--from", "2026-01-01", "--extend", "--extend"],
         "sets the term"),
        (["--rule", "L121.accept", "--from", "9999-12-30"], "1 to 9999"),
        (["--rule", "96315.transfer", "--from", "9999-12-31T23:00"], "1 to 9999"),
        (["--rule", "96315.transfer", "--from", "0001-01-01T00:00+14:00"], "1 to 9999"),
        (["--rule", "LAP.seize", "--from", "2026-01-01", "--pause", "2026-01-02..9999-12-31"],
         "1 to 9999"),
        (["--rule", "L121.accept", "--from", "2026-01-01", "--lang", "fr"], "--lang"),
    ],
)  # fmt: skip
def test_bad_input_is_told_and_nothing_is_answered(asked: list[str], said: str) -> None:
    result = run(*asked)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr


def test_the_list_names_every_rule_with_its_law() -> None:
    listed = {row["rule"]: row for row in answer("--list")}
    assert listed.keys() == RULES.keys()
    assert listed["LAP.decide"] == {
        "rule": "LAP.decide",
        "name": "处理决定",
        "amount": 90,
        "unit": "d",
        "basis": "市场监督管理行政处罚程序规定第六十四条",
        "since": "2021-07-15",
        "until": None,
        "fixed_by_law": True,
        "active": True,
        "pauses": ["suspension", "hearing", "notice", "testing", "refund"],
        "extensions": [{"amount": 30, "by": "head"}, {"amount": None, "by": "collective"}],
    }
    assert [name for name, row in listed.items() if not row["active"]] == [
        name for name in listed if name.startswith("SEED")
    ]
