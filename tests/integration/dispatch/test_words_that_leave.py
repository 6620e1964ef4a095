"""Words that lead to a person leave only after somebody has looked at each, and said so."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from dispatch.delivery.models import Delivery
from kernel.audit import AuditEntry
from kernel.errors import BadInput, Conflict
from kernel.gate.gate import CONFIRMED, NeedsConfirmation, Word
from tests.integration.dispatch.conftest import (
    COMMANDER,
    COMPLAINT,
    DISPATCHER,
    EAST,
    GRAVE,
    REPORT,
    Desk,
)
from tests.integration.dispatch.test_api import Call, body, call

__all__ = ["call"]
NOTE = "找投诉人王小明，电话13812345678"


def asked(refusal: NeedsConfirmation) -> list[Word]:
    """What the refusal asks a person to look at."""
    hits: Any = refusal.params["hits"]
    return [Word(one["field"], one["kind"], one["digest"]) for one in hits]


def issue_asked(desk: Desk, **more: Any) -> list[Word]:
    with pytest.raises(NeedsConfirmation) as refusal:
        desk.issue(branch_ids=(EAST.id,), **more)
    return asked(refusal.value)


def test_an_order_that_names_a_person_waits_until_each_place_is_confirmed(desk: Desk) -> None:
    words = issue_asked(desk, note=NOTE)
    assert [(one.field, one.kind) for one in words] == [("note", "name"), ("note", "phone")]
    assert desk.count("dispatch.orders") == 0
    assert issue_asked(desk, note=NOTE, confirmed=words[:1]) == words[1:]
    order_id = desk.issue(branch_ids=(EAST.id,), note=NOTE, confirmed=words)
    desk.work(seconds=1)
    assert any("王小明" in sent.text for sent in desk.sms.sent)
    kept = desk.order(order_id).words_confirmed
    assert [(one.kind, one.by, one.by_name) for one in kept] == [
        ("name", DISPATCHER.id, DISPATCHER.name), ("phone", DISPATCHER.id, DISPATCHER.name)
    ]  # fmt: skip


def test_other_words_are_asked_about_again(desk: Desk) -> None:
    words = issue_asked(desk, note=NOTE)
    assert issue_asked(desk, note=f"{NOTE}。", confirmed=words) != words


def test_the_facts_of_the_case_are_looked_at_too(desk: Desk) -> None:
    told = "投诉人李四称后厨有过期羊肉，其住阳光小区3号楼501室"
    desk.gate.briefs[COMPLAINT.case_id] = replace(COMPLAINT, dispatch_facts=told)
    kinds = {(one.field, one.kind) for one in issue_asked(desk)}
    assert kinds == {("dispatch_facts", "name"), ("dispatch_facts", "address")}


def test_the_subjects_own_particulars_are_no_hits(desk: Desk) -> None:
    shop = replace(
        COMPLAINT, subject_legal_representative="王五", subject_phone="13800001111",
        subject_address="东城区阳光小区3号楼102室",
    )  # fmt: skip
    desk.gate.briefs[COMPLAINT.case_id] = shop
    desk.issue(branch_ids=(EAST.id,), note="到东城区阳光小区3号楼102室找王五，电话138 0000 1111")


def test_what_was_confirmed_is_on_record_without_the_words(desk: Desk) -> None:
    words = issue_asked(desk, note=NOTE)
    order_id = desk.issue(branch_ids=(EAST.id,), note=NOTE, confirmed=words)
    of_order = select(AuditEntry).filter_by(action=CONFIRMED, object_id=str(order_id))
    newest = of_order.order_by(AuditEntry.id.desc()).limit(1)
    entry = desk.do(lambda s: s.scalars(newest).one())
    assert (entry.object_kind, entry.object_id, entry.actor_id) == (
        "order", str(order_id), DISPATCHER.id
    )  # fmt: skip
    assert [hit["kind"] for hit in entry.detail["hits"]] == ["name", "phone"]
    for secret in ("王小明", "13812345678"):
        assert secret not in str(entry.detail) + str(desk.order(order_id).confirmed)


def test_the_commander_looks_at_the_words_with_eyes_of_their_own(desk: Desk) -> None:
    words = issue_asked(desk, case=GRAVE, note=NOTE)
    order_id = desk.issue(branch_ids=(EAST.id,), case=GRAVE, note=NOTE, confirmed=words)
    with pytest.raises(NeedsConfirmation):
        desk.do(lambda s: desk.room.orders.approve(s, order_id), COMMANDER)
    assert not desk.deliveries(order_id)
    desk.do(lambda s: desk.room.orders.approve(s, order_id, words), COMMANDER)
    assert desk.deliveries(order_id)
    assert {one.by for one in desk.order(order_id).words_confirmed} == {7, 9}


def test_of_a_report_no_number_leaves_whoever_confirms_it(desk: Desk) -> None:
    with pytest.raises(BadInput) as refusal:
        desk.issue(branch_ids=(EAST.id,), case=REPORT, note=NOTE)
    assert (refusal.value.field, refusal.value.code) == ("note", "personal_data")
    assert refusal.value.params["kinds"] == ["phone"]


def test_the_informant_is_refused_before_anything_is_offered_for_confirmation(desk: Desk) -> None:
    desk.gate.informant = "诸葛青禾"
    with pytest.raises(BadInput) as refusal:
        desk.issue(branch_ids=(EAST.id,), case=REPORT, note="举报人诸葛青禾在场")
    assert refusal.value.code == "facts_contain_identity"
    assert "hits" not in refusal.value.params


def test_a_recall_that_names_a_person_waits_too(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("sms",))
    desk.work(seconds=1)
    cancel = desk.room.orders.cancel
    with pytest.raises(NeedsConfirmation) as refusal:
        desk.do(lambda s: cancel(s, order_id, "投诉人王小明已撤诉"))
    words = asked(refusal.value)
    assert [one.field for one in words] == ["reason"]
    desk.do(lambda s: cancel(s, order_id, "投诉人王小明已撤诉", words))
    desk.work(seconds=1)
    assert "王小明" in desk.sms.sent[-1].text


def test_a_message_changed_behind_the_gate_does_not_leave(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), case=REPORT, channels=("fax",))
    [held] = desk.deliveries(order_id)
    other = {"title": "x", "rows": [["电话", "13812345678"]], "footer": ""}
    desk.do(lambda s: s.execute(update(Delivery).values(document=other)))
    desk.do(lambda s: desk.room.deliveries.release(s, held.id, "值班员"))
    desk.work(seconds=1)
    after, text = desk.deliveries(order_id)  # the policy goes on with words that are cleared anew
    assert (after.state, after.problem) == ("FAILED", "not_cleared")
    assert text.channel == "sms" and "13812345678" not in text.text
    assert not desk.fax.sent
    with pytest.raises(Conflict, match="not_cleared"):
        desk.do(lambda s: desk.room.deliveries.resend(s, held.id, "再发"))


def test_over_http_the_hits_are_marked_and_the_same_request_passes_confirmed(
    desk: Desk,
    call: Call,
) -> None:
    draft = body(branch_ids=[EAST.id], note=NOTE)
    [typed] = call(DISPATCHER, "POST", "/orders/preview", json=draft).get_json()["words"]
    assert (typed["field"], typed["text"]) == ("note", NOTE)
    marked = [(hit["kind"], NOTE[hit["start"] : hit["end"]]) for hit in typed["hits"]]
    assert marked == [("name", "王小明"), ("phone", "13812345678")]
    refused = call(DISPATCHER, "POST", "/orders", json=draft)
    problem = refused.get_json()
    assert (refused.status_code, problem["code"]) == (409, "needs_confirmation")
    assert set(problem["params"]["hits"][0]) == {"field", "kind", "start", "end", "digest"}
    said = [{k: hit[k] for k in ("field", "kind", "digest")} for hit in problem["params"]["hits"]]
    assert call(DISPATCHER, "POST", "/orders", json=draft | {"confirmed": said}).status_code == 201


def test_over_http_the_commander_sees_what_waits_and_confirms_it(
    desk: Desk,
    call: Call,
) -> None:
    words = issue_asked(desk, case=GRAVE, note=NOTE)
    order_id = desk.issue(branch_ids=(EAST.id,), case=GRAVE, note=NOTE, confirmed=words)
    [typed] = call(COMMANDER, "GET", f"/orders/{order_id}/words").get_json()
    said = [{k: hit[k] for k in ("field", "kind", "digest")} for hit in typed["hits"]]
    path = f"/orders/{order_id}/approve"
    assert call(COMMANDER, "POST", path, json={}).get_json()["code"] == "needs_confirmation"
    assert call(COMMANDER, "POST", path, json={"confirmed": said}).status_code == 200
