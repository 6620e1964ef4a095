"""The exact words that leave the house."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dispatch.delivery.letter import as_text
from dispatch.orders import texts
from dispatch.orders.brief import OrderBrief
from dispatch.orders.ports import Branch
from dispatch.orders.recipients import Contact, obstacle, of_branch, of_unit
from dispatch.orders.texts import Words
from kernel.gate import gate
from telephony import sms_text

BRIEF = OrderBrief(
    case_id=1,
    case_no="TS1101012026092200012",
    case_kind="TS",
    urgency=2,
    confidential=False,
    organisation_path="/1/4/12/",
    subject_name="老王饭店",
    subject_address="东城区某某街12号",
    subject_legal_representative="王五",
    subject_phone="+99910055500001",
    subject_credit_code="91350100M000100Y43",
    dispatch_facts="顾客就餐后三人腹泻。",
    demand="核查后厨",
    lat=39.9,
    lon=116.4,
)
WORDS = Words(
    brief=BRIEF,
    order_no="DD202609220001",
    kind="inspect",
    closed=False,
    note="带快检箱",
    issued_by="李文涛",
    approved_by="赵局",
    at=datetime(2026, 9, 22, 9, 0, tzinfo=UTC),
    due=datetime(2026, 9, 22, 9, 2, tzinfo=UTC),
    units=("京A1234",),
)


def words(**more: Any) -> Words:
    return replace(WORDS, **more)


def test_an_open_order_tells_the_crew_where_and_what_and_how_to_answer() -> None:
    assert texts.sms(WORDS.told("4821")) == (
        "【执法调度】重大查处指令DD202609220001：老王饭店，东城区某某街12号，+99910055500001。"
        "顾客就餐后三人腹泻。核查后厨。带快检箱。案件TS1101012026092200012。码4821。"
        "回复 码 1接令 2出发 3到场 4需增援 5反馈 0不能"
    )


def test_a_closed_order_says_only_that_there_is_one() -> None:
    said = texts.sms(words(closed=True).told("4821"))
    assert said == (
        "【执法调度】重大指令DD202609220001，码4821。请打开执法APP查看，或致电调度台。"
        "回复 码 1接令 2出发 3到场 4需增援 5反馈 0不能"
    )
    for secret in ("老王", "某某街", "TS11", "腹泻", "查处", "快检", "99910055500001"):
        assert secret not in said


def test_a_closed_order_fits_two_parts() -> None:
    assert len(sms_text.split(texts.sms(words(closed=True).told("4821")))) <= 2


def test_whatever_the_brief_holds_an_order_fits_ten_parts() -> None:
    long = replace(
        BRIEF,
        subject_name="名" * 200,
        subject_address="址" * 400,
        dispatch_facts="事" * 5000,
        demand="诉" * 500,
        subject_phone="+" + "9" * 39,
    )
    said = texts.sms(words(brief=long, note="备" * 1000).told("4821"))
    assert len(sms_text.split(said)) <= sms_text.MAX_PARTS
    assert said.endswith(texts.REPLY_HINT)
    assert "码4821" in said


def test_the_fax_says_everything_the_branch_must_know() -> None:
    letter = texts.fax(WORDS.told("4821", "东华门市监所"))
    assert dict(letter.rows) == {
        "受令单位": "东华门市监所",
        "指令编号": "DD202609220001",
        "签发时间": "2026-09-22 09:00",
        "签发人": "李文涛",
        "批准人": "赵局",
        "紧急程度": "重大",
        "指令类型": "查处",
        "案件": "投诉 TS1101012026092200012",
        "主体名称": "老王饭店",
        "信用代码": "91350100M000100Y43",
        "地址": "东城区某某街12号",
        "法定代表人": "王五",
        "电话": "+99910055500001",
        "事实": "顾客就餐后三人腹泻。",
        "诉求": "核查后厨",
        "要求": "带快检箱",
        "出动单元": "京A1234",
        "接令时限": "09:02",
        "回执码": "4821",
    }


def test_a_copy_says_so_and_asks_for_nothing_in_time() -> None:
    rows = dict(texts.fax(WORDS.told("4821", "东华门市监所", copy=True)).rows)
    assert rows["受令单位"] == "东华门市监所（抄送）"
    assert "接令时限" not in rows


def test_empty_rows_are_left_out() -> None:
    bare = replace(BRIEF, subject_legal_representative="", demand=" ")
    rows = dict(texts.fax(words(brief=bare, note="").told("4821", "所")).rows)
    assert not {"法定代表人", "诉求", "要求"} & set(rows)


@pytest.mark.parametrize("channel", ["sms", "app", "fax"])
@pytest.mark.parametrize("confidential", [False, True])
def test_what_the_gate_lets_through_is_all_that_a_text_needs(
    channel: str, confidential: bool
) -> None:
    whole = words(brief=replace(BRIEF, confidential=confidential))
    told = whole.told("4821", "东华门市监所")
    cleared = gate.clear(whole.purpose(channel), told, known=BRIEF.own_words)
    write = texts.WRITERS[channel]
    assert as_text(cleared.written(write).content) == as_text(write(told))


def test_a_recall_tells_its_number_and_reason() -> None:
    told = {"order_no": "DD1", "reason": "地址有误"}
    cleared = gate.clear("order_recall.sms", told | {"subject_name": "老王饭店"})
    assert cleared.written(texts.recall).content == (
        "【执法调度】指令DD1已撤回，请停止执行。地址有误"
    )


def test_each_crew_member_has_a_message_and_the_unit_has_the_app() -> None:
    crew = [Contact("张三", "+99913800000001"), Contact("李四", ""), Contact("王五", "abc")]
    found = of_unit("京A1234", crew, ("sms", "fax", "app"))
    assert [(one.channel, one.name, one.blocked) for one in found] == [
        ("sms", "张三", None),
        ("sms", "李四", "no_phone"),
        ("sms", "王五", "not_a_number"),
        ("app", "京A1234", None),
    ]


BRANCH = Branch(12, "东华门市监所", "branch", "/1/4/12/", "+99910001001", "+99910005001")


def test_a_branch_is_reached_by_phone_and_fax_and_a_closed_fax_waits() -> None:
    found = of_branch(BRANCH, ("sms", "fax", "app"), closed=True)
    assert [(one.channel, one.held) for one in found] == [
        ("sms", None),
        ("fax", "attendance_unconfirmed"),
    ]
    assert of_branch(BRANCH, ("fax",), closed=False)[0].held is None


def test_a_branch_without_a_fax_says_so_instead_of_waiting() -> None:
    fax = of_branch(replace(BRANCH, fax=""), ("fax",), closed=True)[0]
    assert (fax.blocked, fax.held) == ("no_fax_number", None)


def test_a_service_station_is_never_a_recipient() -> None:
    refusal = obstacle(replace(BRANCH, kind="station"))
    assert refusal is not None
    assert refusal.code == "recipient_is_station"
    assert obstacle(BRANCH) is None
