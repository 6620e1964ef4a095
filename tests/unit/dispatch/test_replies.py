"""What crews write, and what it is taken for. Each misread message becomes one more row."""

import pytest

from dispatch.inbound.replies import Reply, match, parse

UNDERSTOOD = [
    ("1", "ACKED", None, ""),
    ("１", "ACKED", None, ""),
    (" 1 ", "ACKED", None, ""),
    ("1。", "ACKED", None, ""),
    ("接令", "ACKED", None, ""),
    ("收到", "ACKED", None, ""),
    ("1接令", "ACKED", None, ""),
    ("2", "EN_ROUTE", None, ""),
    ("出发", "EN_ROUTE", None, ""),
    ("已出发", "EN_ROUTE", None, ""),
    ("3", "ON_SCENE", None, ""),
    ("到", "ON_SCENE", None, ""),
    ("到场了", "ON_SCENE", None, ""),
    ("已到场！", "ON_SCENE", None, ""),
    ("4", "NEED_HELP", None, ""),
    ("需增援", "NEED_HELP", None, ""),
    ("4 对方人多", "NEED_HELP", None, "对方人多"),
    ("0", "CANNOT", None, ""),
    ("不能", "CANNOT", None, ""),
    ("不能 车坏了", "CANNOT", None, "车坏了"),
    ("处置中", "HANDLING", None, ""),
    ("到 1234", "ON_SCENE", "1234", ""),
    ("到1234", "ON_SCENE", "1234", ""),
    ("1234 3", "ON_SCENE", "1234", ""),
    ("１２３４　３", "ON_SCENE", "1234", ""),
    ("1234,3", "ON_SCENE", "1234", ""),
    ("1234-3", "ON_SCENE", "1234", ""),
    ("3 1234", "ON_SCENE", "1234", ""),
    ("1234接令", "ACKED", "1234", ""),
    ("1234 1接令", "ACKED", "1234", ""),
    ("码1234 1", "ACKED", "1234", ""),
    ("回复 1234 1", "ACKED", "1234", ""),
    ("5", "FED_BACK", None, ""),
    ("5 已查封现场", "FED_BACK", None, "已查封现场"),
    ("1234 5 已查封现场 共20件", "FED_BACK", "1234", "已查封现场 共20件"),
    ("5 1234 已查封", "FED_BACK", "1234", "已查封"),
    ("反馈 1234 已责令改正", "FED_BACK", "1234", "已责令改正"),
    ("5反馈 现场无人", "FED_BACK", None, "现场无人"),
    ("反馈现场无人", "FED_BACK", None, "现场无人"),
]
LEFT_TO_A_PERSON = [
    "",
    "   ",
    "好的",
    "你好，我要投诉",
    "12",
    "1 2",
    "1出发",
    "6",
    "3人受伤",
    "3 人受伤",
    "3个人到了",
    "5人受伤",
    "到不了",
    "到场后发现关门",
    "12343",
    "1234",
    "1234 5678 1",
    "1234 1 5678",
    "13800001111",
    "TD退订",
    "1" * 5000,
]


@pytest.mark.parametrize(("text", "report", "code", "words"), UNDERSTOOD)
def test_generous_about_form(text: str, report: str, code: str | None, words: str) -> None:
    assert parse(text) == Reply(report, code, words)


@pytest.mark.parametrize("text", LEFT_TO_A_PERSON)
def test_what_could_mean_something_else_is_left_to_a_person(text: str) -> None:
    assert parse(text) is None


ONE, TWO = [(11, "1234")], [(11, "1234"), (12, "5678")]


@pytest.mark.parametrize(
    ("text", "open_codes", "expected"),
    [
        ("1", ONE, (11, "")),
        ("1 1234", ONE, (11, "")),
        ("1 5678", TWO, (12, "")),
        ("1", TWO, (None, "code_needed")),
        ("1 9999", ONE, (None, "code_not_theirs")),
        ("好的", ONE, (None, "not_understood")),
        ("1", [], (None, "no_open_assignment")),
        ("好的", [], (None, "no_open_assignment")),
    ],
)
def test_a_code_may_be_left_out_only_where_nothing_else_can_be_meant(
    text: str, open_codes: list[tuple[int, str]], expected: tuple[int | None, str]
) -> None:
    assert match(parse(text), open_codes) == expected
