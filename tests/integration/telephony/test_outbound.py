"""Messages on their way out, and every way that can end."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select

from kernel.audit import AuditEntry
from kernel.errors import BadInput, Conflict, NotFound
from kernel.gate.gate import NotCleared
from kernel.jobs import LEASE, Job
from telephony import outbound, sending
from telephony.gateways.base import Accepted, OutcomeUnknown, Outgoing, Refused
from telephony.gateways.memory import MemoryGateway
from telephony.ledger import SEND
from telephony.lifecycle import Kind
from tests.integration.telephony.conftest import CREW, LONG, Desk, cleared

BUSY_ENGINE = Refused("throttled", again=True)


# -- queueing -------------------------------------------------------------------------------------


def test_a_message_exists_only_when_its_order_is_committed(desk: Desk) -> None:
    with pytest.raises(RuntimeError), desk.database.unit_of_work(desk.principal) as session:
        outbound.queue_sms(session, cleared("sms", "核查"), to=CREW)
        raise RuntimeError
    desk.work()
    assert desk.sms.sent == []


@pytest.mark.parametrize(
    ("to", "text", "field", "code"),
    [
        ("某某", "核查", "to", "not_a_number"),
        (CREW, "  ", "text", "required"),
        (CREW, "令" * 671, "text", "too_long"),
    ],
)
def test_bad_input_is_named_before_anything_is_queued(
    desk: Desk, to: str, text: str, field: str, code: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        desk.queue(text, to)
    assert (refusal.value.field, refusal.value.code) == (field, code)


def test_words_cleared_for_a_page_do_not_leave_as_a_message(desk: Desk) -> None:
    page, text = cleared("fax", "核查"), cleared("sms", b"%PDF-1.7")
    with pytest.raises(NotCleared):
        desk.do(lambda s: outbound.queue_sms(s, page, to=CREW))
    with pytest.raises(NotCleared):
        desk.do(lambda s: outbound.queue_fax(s, desk.outbox, text, to=CREW, pages=1))


def test_what_is_no_document_is_refused(desk: Desk) -> None:
    with pytest.raises(BadInput) as refusal:
        desk.queue_fax(pdf=b"hello")
    assert refusal.value.field == "pdf"


def test_of_several_that_are_due_the_urgent_go_first(desk: Desk) -> None:
    desk.queue("普通", priority=0)
    desk.queue("重大", priority=2)
    desk.queue("紧急", priority=1)
    desk.work()
    assert [outgoing.text for outgoing in desk.sms.sent] == ["重大", "紧急", "普通"]


# -- sending --------------------------------------------------------------------------------------


def test_a_sent_message_knows_its_attempt_and_tells_its_owner(desk: Desk) -> None:
    ident = desk.queue()
    desk.work()
    message = desk.message(ident)
    assert (message.state, message.provider_id, message.gateway) == ("SENT", "memory-1", "memory")
    assert [(a.number, a.outcome, a.provider_id) for a in message.attempts] == [
        (1, "accepted", "memory-1")
    ]
    assert desk.states_told(ident) == ["SENDING", "SENT"]
    assert desk.told[-1] == {
        "message_id": ident,
        "version": 2,
        "reference_kind": "delivery",
        "reference_id": 7,
        "state": "SENT",
        "at": desk.clock.now().isoformat(),
        "parts_total": 1,
        "parts_confirmed": 0,
        "problem": None,
    }


def test_a_long_text_goes_part_by_part_and_is_delivered_with_its_last_receipt(desk: Desk) -> None:
    ident = desk.queue(LONG)
    desk.work()
    parts = desk.sms.sent
    assert "".join(part.text for part in parts) == LONG
    assert [(part.part, part.parts) for part in parts] == [(1, 2), (2, 2)]
    desk.hear(ident, Kind.DELIVERED, part=2)
    assert (desk.state(ident), desk.message(ident).parts_confirmed) == ("SENT", 1)
    desk.hear(ident, Kind.DELIVERED, part=1)
    assert (desk.state(ident), desk.message(ident).parts_confirmed) == ("DELIVERED", 2)
    desk.work()
    assert [t["parts_confirmed"] for t in desk.told] == [0, 0, 1, 2]


def test_news_can_be_put_in_order_by_their_version(desk: Desk) -> None:
    ident = desk.queue()
    desk.work()
    desk.hear(ident, Kind.DELIVERED)
    desk.work()
    assert [t["version"] for t in desk.told] == [1, 2, 3]


# -- refusals before acceptance -------------------------------------------------------------------


def test_an_engine_that_is_down_is_asked_again_until_it_is_back(desk: Desk) -> None:
    desk.sms.running = False
    ident = desk.queue()
    desk.work()
    message = desk.message(ident)
    assert (message.state, message.problem) == ("QUEUED", "engine_unreachable")
    desk.work(seconds=1)
    assert len(desk.message(ident).attempts) == 1
    desk.work(seconds=1)
    assert [a.outcome for a in desk.message(ident).attempts] == ["put_off", "put_off"]
    desk.sms.running = True
    desk.work(seconds=4)
    message = desk.message(ident)
    assert (message.state, message.problem, message.attempts_made) == ("SENT", None, 3)
    assert len(desk.sms.sent) == 1


def test_nobody_waits_for_ever_for_an_engine(desk: Desk) -> None:
    desk.sms.running = False
    ident = desk.queue()
    for _ in range(17):
        desk.work(minutes=2)
    message = desk.message(ident)
    assert (message.state, message.problem) == ("FAILED", "engine_unreachable")
    assert message.attempts[-1].started_at < message.give_up_at
    assert desk.states_told(ident)[-1] == "FAILED"


def test_a_text_that_was_taken_in_part_goes_on_with_the_part_that_was_not(desk: Desk) -> None:
    desk.sms.script.extend([Accepted("a"), BUSY_ENGINE])
    ident = desk.queue(LONG)
    desk.work()
    assert desk.state(ident) == "QUEUED"
    desk.work(seconds=2)
    assert [(out.part, out.attempt) for out in desk.sms.sent] == [(1, 1), (2, 2)]
    assert desk.state(ident) == "SENT"


def test_a_text_that_was_taken_in_part_cannot_be_cancelled(desk: Desk) -> None:
    desk.sms.script.extend([Accepted("a"), BUSY_ENGINE])
    ident = desk.queue(LONG)
    desk.work()
    assert desk.do(lambda session: outbound.cancel(session, ident)) is False


def test_a_final_refusal_is_final_and_said(desk: Desk) -> None:
    desk.sms.script.append(Refused("engine_refused", again=False))
    ident = desk.queue()
    desk.work()
    desk.work(hours=1)
    message = desk.message(ident)
    assert (message.state, message.problem) == ("FAILED", "engine_refused")
    assert [a.outcome for a in message.attempts] == ["refused"]


def test_an_engine_that_is_slow_with_the_parts_does_not_outlast_the_lease(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ENGINE_SECONDS", -1)
    ident = desk.queue(LONG)
    desk.work()
    assert (desk.state(ident), desk.message(ident).problem) == ("QUEUED", "engine_slow")


# -- whom we may reach ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "demo_mode", "real", "problem"),
    [
        ("13800001111", True, False, "real_number_in_demo"),
        (CREW, True, True, "demo_number_on_real_line"),
        ("13800001111", False, False, "real_number_on_simulator"),
    ],
)
def test_a_message_that_must_not_leave_fails_without_an_attempt(
    desk: Desk, to: str, demo_mode: bool, real: bool, problem: str
) -> None:
    desk.demo_mode, desk.sms.real = demo_mode, real
    ident = desk.queue(to=to)
    desk.work()
    message = desk.message(ident)
    assert (message.state, message.problem, message.attempts) == ("FAILED", problem, [])
    assert desk.sms.sent == []


# -- nobody knows ---------------------------------------------------------------------------------


def test_a_broken_line_leaves_the_outcome_unknown_and_nothing_is_sent_again(desk: Desk) -> None:
    desk.sms.script.append(OutcomeUnknown("ConnectionResetError"))
    ident = desk.queue()
    desk.work()
    desk.work(hours=2)
    message = desk.message(ident)
    assert (message.state, message.problem) == ("UNKNOWN", "outcome_unknown")
    assert [a.outcome for a in message.attempts] == ["unknown"]
    assert len(desk.sms.sent) == 1
    assert desk.states_told(ident)[-1] == "UNKNOWN"


def test_a_fault_in_a_gateway_counts_as_unknown(desk: Desk) -> None:
    @dataclass
    class Faulty(MemoryGateway):
        def send(self, outgoing: Outgoing) -> Accepted | Refused:
            raise ZeroDivisionError

    desk.sms = Faulty()
    ident = desk.queue()
    desk.work()
    assert desk.state(ident) == "UNKNOWN"


def test_a_late_receipt_tells_what_became_of_an_unknown_message(desk: Desk) -> None:
    desk.sms.script.append(OutcomeUnknown())
    ident = desk.queue()
    desk.work()
    desk.hear(ident, Kind.CARRIED)
    assert (desk.state(ident), desk.message(ident).problem) == ("SENT", None)
    desk.hear(ident, Kind.DELIVERED)
    assert desk.state(ident) == "DELIVERED"


@dataclass
class DyingGateway(MemoryGateway):
    """The engine takes the message, and the worker dies before it can say so."""

    died: list[bool] = field(default_factory=list)

    def send(self, outgoing: Outgoing) -> Accepted | Refused:
        self.sent.append(outgoing)
        self.died.append(True)
        raise KeyboardInterrupt


def test_a_worker_that_died_after_the_send_leaves_the_message_unknown(desk: Desk) -> None:
    desk.sms = gateway = DyingGateway()
    ident = desk.queue()
    with pytest.raises(KeyboardInterrupt):
        desk.work()
    assert desk.state(ident) == "SENDING"
    desk.work(seconds=LEASE.total_seconds() - 1)
    assert desk.state(ident) == "SENDING"
    desk.work(seconds=2)
    message = desk.message(ident)
    assert (message.state, message.problem) == ("UNKNOWN", "worker_died")
    assert [(a.outcome, a.detail) for a in message.attempts] == [("unknown", "worker_died")]
    desk.work(hours=1)
    assert len(gateway.sent) == 1
    assert desk.states_told(ident) == ["SENDING", "UNKNOWN"]
    assert desk.do(lambda s: s.scalar(select(func.count()).where(Job.kind == SEND))) == 0


def test_a_job_that_ran_twice_sends_once(desk: Desk) -> None:
    ident = desk.queue()
    desk.do(lambda s: sending.ledger.enqueue_send(s, outbound.message(s, ident)))
    desk.work()
    assert len(desk.sms.sent) == 1


# -- cancel and resend ----------------------------------------------------------------------------


def test_what_has_not_left_can_be_cancelled(desk: Desk) -> None:
    ident = desk.queue()
    assert desk.do(lambda session: outbound.cancel(session, ident)) is True
    desk.work()
    assert (desk.state(ident), desk.sms.sent) == ("CANCELLED", [])
    assert desk.states_told(ident) == ["CANCELLED"]


def test_what_has_left_cannot_be_cancelled(desk: Desk) -> None:
    ident = desk.queue()
    desk.work()
    assert desk.do(lambda session: outbound.cancel(session, ident)) is False
    assert desk.state(ident) == "SENT"


def test_a_repeat_is_a_new_message_marked_as_one(desk: Desk) -> None:
    desk.sms.script.append(OutcomeUnknown())
    first = desk.queue("核查", subject="DD202609220001", priority=2)
    desk.work()
    second = desk.do(lambda s: outbound.resend(s, first, reason="当班长要求"))
    desk.work()
    message = desk.message(second)
    assert (message.repeat_of_id, message.reference, message.subject) == (
        first,
        ("delivery", 7),
        "DD202609220001",
    )
    assert [out.text for out in desk.sms.sent] == ["核查", "【重发】核查"]
    (entry,) = desk.do(
        lambda s: s.scalars(select(AuditEntry).filter_by(object_id=str(first))).all()
    )
    assert entry.action == "message.resend"
    assert (entry.detail, entry.note) == ({"new_id": second}, "当班长要求")


def test_a_message_that_may_still_go_by_itself_is_not_repeated(desk: Desk) -> None:
    ident = desk.queue()
    with pytest.raises(Conflict):
        desk.do(lambda session: outbound.resend(session, ident, reason="快"))


def test_an_unknown_number_of_a_message_is_not_found(desk: Desk) -> None:
    for verb in (outbound.message, outbound.cancel):
        with pytest.raises(NotFound):
            desk.do(lambda session, verb=verb: verb(session, 4711))


# -- nothing waits unseen -------------------------------------------------------------------------


def test_a_text_without_a_receipt_stays_sent(desk: Desk) -> None:
    ident = desk.queue()
    desk.work()
    desk.clock.advance(days=2)
    desk.do(sending.sweep)
    assert desk.state(ident) == "SENT"


def test_a_message_whose_job_was_lost_does_not_wait_unseen(desk: Desk) -> None:
    ident = desk.queue()
    desk.do(lambda session: session.query(Job).delete())
    desk.clock.advance(hours=1)
    desk.do(sending.sweep)
    assert (desk.state(ident), desk.message(ident).problem) == ("FAILED", "gave_up")
