"""A text to many: several leave in one go, and what comes back is settled in one transaction."""

from typing import Any

import pytest
from sqlalchemy import event, func, select

from kernel.jobs import LEASE, Job
from telephony import ledger, receipts
from telephony.gateways.base import OutcomeUnknown, Refused
from telephony.lifecycle import Kind
from telephony.models import Message, Receipt
from telephony.receipts import Heard
from telephony.sending import SEVERAL
from tests.integration.telephony.conftest import Desk

MANY = 3 * SEVERAL + 1


def numbers(many: int) -> list[str]:
    return [f"+99913800{number:06}" for number in range(many)]


def queued(desk: Desk, many: int) -> list[int]:
    """One after the other."""
    idents = []
    for to in numbers(many):
        idents.append(desk.queue(to=to))
        desk.clock.advance(seconds=1)
    return idents


def transactions(desk: Desk) -> list[None]:
    """Grows with each that is committed."""
    counted: list[None] = []
    event.listen(desk.database.engine, "commit", lambda _: counted.append(None))
    return counted


def reported(desk: Desk, message_id: int, kind: Kind = Kind.DELIVERED) -> None:
    heard = Heard(f"{message_id}:{kind}", message_id, 1, 1, kind, desk.clock.now())
    desk.do(lambda session: receipts.take(session, heard))


def jobs(desk: Desk, kind: str) -> int:
    return desk.do(lambda s: s.scalar(select(func.count(Job.id)).where(Job.kind == kind)) or 0)


def test_several_texts_leave_in_one_go_each_once(desk: Desk) -> None:
    idents = queued(desk, MANY)
    news = 2 * MANY
    assert desk.worker().run_due() == news + MANY // SEVERAL + 1
    assert [one.to for one in desk.sms.sent] == numbers(MANY)
    assert {desk.state(ident) for ident in idents} == {"SENT"}
    assert all(desk.message(ident).attempts[0].outcome == "accepted" for ident in idents)
    assert jobs(desk, ledger.SEND) == 0


def test_the_urgent_go_first_of_those_that_go_together(desk: Desk) -> None:
    for number, to in enumerate(numbers(4)):
        desk.queue(to=to, priority=number)
    desk.work()
    assert [one.to for one in desk.sms.sent] == numbers(4)[::-1]


def test_each_of_several_has_its_own_answer(desk: Desk) -> None:
    desk.sms.script.extend([Refused("throttled", again=True), OutcomeUnknown("broken")])
    idents = queued(desk, 3)
    desk.work()
    assert [desk.state(ident) for ident in idents] == ["QUEUED", "UNKNOWN", "SENT"]
    desk.work(seconds=3)
    assert [desk.state(ident) for ident in idents] == ["SENT", "UNKNOWN", "SENT"]
    assert len(desk.sms.sent) == 3


def test_of_several_that_a_killed_worker_had_none_is_sent_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    idents = queued(desk, 3)

    def killed(*_: object) -> None:
        raise SystemExit

    send, left = desk.sms.send, iter([None])

    def send_one_and_die(outgoing: Any) -> Any:
        if next(left, killed) is killed:
            killed()
        return send(outgoing)

    monkeypatch.setattr(desk.sms, "send", send_one_and_die)
    with pytest.raises(SystemExit):
        desk.work()
    monkeypatch.undo()
    assert {desk.state(ident) for ident in idents} == {"SENDING"}
    for _ in range(3):
        desk.work(seconds=LEASE.total_seconds() + 2)
    assert [desk.state(ident) for ident in idents] == ["UNKNOWN"] * 3
    assert len(desk.sms.sent) == 1


def test_a_text_that_somebody_holds_goes_by_itself(desk: Desk) -> None:
    first, held = queued(desk, 2)
    with desk.database.unit_of_work(desk.principal) as session:
        session.get(Message, held, with_for_update=True)
        worker = desk.worker()
        [job] = worker.claim(1)
        worker.run_one(job)
        assert [one.to for one in desk.sms.sent] == numbers(1)
    desk.work()
    assert [desk.state(ident) for ident in (first, held)] == ["SENT", "SENT"]


def test_reports_are_taken_and_settled_together(desk: Desk) -> None:
    idents = queued(desk, MANY)
    desk.work()
    for kind in (Kind.CARRIED, Kind.DELIVERED, Kind.DELIVERED):
        for ident in idents:
            reported(desk, ident, kind)
            desk.clock.advance(seconds=1)
    assert {desk.state(ident) for ident in idents} == {"SENT"}, "nobody who reports waits for it"
    counted = transactions(desk)
    worker = desk.worker()
    [job] = [one for one in worker.claim(1) if one.kind == receipts.REPORT]
    counted.clear()
    worker.run_one(job)
    assert len(counted) == 1
    assert {desk.state(ident) for ident in idents} == {"DELIVERED"}
    assert desk.do(lambda s: s.scalar(select(func.count(Receipt.id)))) >= 2 * MANY
    assert all(len(desk.message(ident).receipts) == 2 for ident in idents), "counted once"


def test_a_report_of_a_message_that_somebody_holds_comes_again(desk: Desk) -> None:
    first, held = queued(desk, 2)
    desk.work()
    for ident in (first, held):
        reported(desk, ident)
        desk.clock.advance(seconds=1)
    with desk.database.unit_of_work(desk.principal) as session:
        session.get(Message, held, with_for_update=True)
        worker = desk.worker()
        [job] = worker.claim(1)
        worker.run_one(job)
        assert (desk.state(first), desk.state(held)) == ("DELIVERED", "SENT")
    desk.work(seconds=1)
    assert desk.state(held) == "DELIVERED"
