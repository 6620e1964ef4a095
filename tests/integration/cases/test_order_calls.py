"""The sound of calls that carried an order: from the exchange's folder into the case, sealed."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import views
from command_center.cases.models import Case, Recording
from command_center.cases.office import Office
from command_center.cases.order_calls import OrderCalls
from dispatch.conference.models import Conference
from dispatch.delivery.models import Delivery
from dispatch.orders.models import Assignment, Order
from kernel.access import Principal
from kernel.audit import AuditEntry
from kernel.clock import now
from kernel.settings import Settings
from telephony.models import Message
from tests.factories.bureau import Bureau, complaint, report
from tests.factories.desk import Desk, OneTransaction
from tests.integration.cases.conftest import Opener

SOUND = b"RIFF\0\0\0\0WAVEfmt " + os.urandom(100_000)


@pytest.fixture
def office(office: Office, tmp_path: Path) -> Office:
    return replace(office, attachments=tmp_path / "attachments")


@pytest.fixture
def calls(office: Office, tmp_path: Path) -> OrderCalls:
    folder = tmp_path / "exchange"
    folder.mkdir()
    return OrderCalls(office, folder)


@pytest.fixture
def desk(session: Session, settings: Settings, office: Office) -> Desk:
    return Desk(OneTransaction(session), settings, [views.create_blueprint(office)])


def a_call(session: Session, case: Case, state: str = "DELIVERED") -> Delivery:
    """An order of the case that was told by telephone."""
    moment = now(session)
    order = Order(
        order_no=f"DD{case.id:012}", idempotency_key=uuid4(), case_id=case.id, brief={},
        organisation_path=case.organisation_path, kind="inspect", urgency=1, closed=False, note="",
        channels=["voice"], state="ISSUED", created_at=moment, created_by=1, created_by_name="",
    )  # fmt: skip
    order.assignments = [
        Assignment(
            target_kind="branch", target_id=1, target_name="所", target_path="/1/", is_copy=False,
            reply_number="", code="1000", state="ISSUED",
        )
    ]  # fmt: skip
    message = Message(
        channel="voice", purpose="order.voice", address="+9991000007001", text="指令", demo=True,
        parts_total=1, state=state, queued_at=moment, try_at=moment, give_up_at=moment,
    )  # fmt: skip
    session.add_all([order, message])
    session.flush()
    delivery = Delivery(
        order_id=order.id, assignment_id=order.assignments[0].id, order_no=order.order_no,
        case_id=case.id, organisation_path=case.organisation_path, urgency=1, channel="voice",
        name="警员", address=message.address, text="指令", state=state, message_id=message.id,
        created_at=moment,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    return delivery


def lay(calls: OrderCalls, session: Session, call: str, quiet: float = 60) -> Path:
    """A sound file as the exchange leaves it, that has not grown for so many seconds."""
    file = calls.folder / f"{call}.wav"
    file.write_bytes(SOUND)
    at = (now(session) - timedelta(seconds=quiet)).timestamp()
    os.utime(file, (at, at))
    return file


def kept(session: Session) -> list[Recording]:
    return list(session.scalars(select(Recording).order_by(Recording.id)))


def test_a_call_is_sealed_once_and_its_plain_sound_goes(
    session: Session, calls: OrderCalls, open_case: Opener
) -> None:
    case = open_case(complaint())
    delivery = a_call(session, case)
    file = lay(calls, session, f"voice-{delivery.message_id}-1")
    calls.keep(session)
    (one,) = kept(session)
    assert (one.case_id, one.delivery_id, one.kind) == (case.id, delivery.id, "order_call")
    (sealed,) = (path for path in calls.office.recordings.rglob("*") if path.is_file())
    assert SOUND[16:64] not in sealed.read_bytes() and sealed.stat().st_mode & 0o777 == 0o600
    assert file.exists(), "until what is sealed is committed"
    calls.keep(session)
    assert not file.exists() and len(kept(session)) == 1
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "recording.kept")).one()
    assert noted.detail["delivery_id"] == delivery.id


@pytest.mark.parametrize(
    ("state", "quiet", "is_kept"),
    [("SENT", 60, False), ("SENT", 3000, True), ("DELIVERED", 1, False), ("UNKNOWN", 60, True)],
)
def test_a_call_that_may_go_on_is_left_alone(
    session: Session, calls: OrderCalls, open_case: Opener, state: str, quiet: float, is_kept: bool
) -> None:
    delivery = a_call(session, open_case(complaint()), state)
    lay(calls, session, f"voice-{delivery.message_id}-1", quiet)
    calls.keep(session)
    assert bool(kept(session)) is is_kept


def a_conference(session: Session, case: Case, **more: Any) -> Conference:
    moment = now(session)
    made = Conference(
        case_id=case.id, case_no=case.case_no, organisation_path=case.organisation_path,
        is_report=case.kind == "JB", started_by=1, started_by_name="", started_at=moment, **more,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def test_a_conference_is_sealed_once_it_is_over(
    session: Session, calls: OrderCalls, open_case: Opener
) -> None:
    case = open_case(complaint())
    made = a_conference(session, case)
    file = lay(calls, session, f"conference-{made.id}", quiet=3000)
    calls.keep(session)
    assert kept(session) == [], "they talk, however long it is quiet"
    made.ended_at = now(session)
    calls.keep(session)
    (one,) = kept(session)
    assert (one.case_id, one.kind, one.call) == (case.id, "conference", f"conference-{made.id}")
    assert one.delivery_id is None
    calls.keep(session)
    assert not file.exists() and len(kept(session)) == 1


def test_a_conference_of_a_report_opens_under_a_reveal_only(
    session: Session, calls: OrderCalls, desk: Desk, open_case: Opener, bureau: Bureau
) -> None:
    made = a_conference(session, open_case(report()), ended_at=now(session))
    lay(calls, session, f"conference-{made.id}")
    calls.keep(session)
    (one,) = kept(session)
    for role in ("CMD", "DISP", "AGENT", "LEAD"):
        answer = desk.post(
            bureau.person(role), f"/recordings/{one.id}/hear", {"reason_code": "verify"}
        )
        assert answer.status_code in (403, 404), role


@pytest.mark.parametrize("name", ["voice-999999-1", "other", "fax-1-1", "conference-999999"])
def test_sound_of_no_order_is_destroyed(session: Session, calls: OrderCalls, name: str) -> None:
    file = lay(calls, session, name)
    calls.keep(session)
    assert (file.exists(), kept(session)) == (False, [])


def test_who_hears_it_is_who_hears_recordings_of_the_case_and_not_the_agent_of_the_case(
    session: Session, calls: OrderCalls, desk: Desk, open_case: Opener, bureau: Bureau,
    agent: Principal,
) -> None:  # fmt: skip
    delivery = a_call(session, open_case(complaint()))
    lay(calls, session, f"voice-{delivery.message_id}-1")
    calls.keep(session)
    address = f"/recordings/{kept(session)[0].id}/hear"

    def hear(who: Principal) -> int:
        return int(desk.post(who, address, {"reason_code": "verify"}).status_code)

    assert desk.post(bureau.person("CMD"), address, {"reason_code": "verify"}).data == SOUND
    assert hear(bureau.person("SHIFT")) == 200
    for who in (agent, bureau.person("DISP"), bureau.person("LEAD"), bureau.person("ADMIN")):
        assert hear(who) in (403, 404), who.roles


def test_of_a_report_it_opens_under_a_reveal_only(
    session: Session, calls: OrderCalls, desk: Desk, open_case: Opener, bureau: Bureau
) -> None:
    case = open_case(report())
    delivery = a_call(session, case)
    lay(calls, session, f"voice-{delivery.message_id}-1")
    calls.keep(session)
    (one,) = kept(session)
    assert (one.at.second, one.at.microsecond) == (0, 0)
    refused = desk.post(
        bureau.person("CMD"), f"/recordings/{one.id}/hear", {"reason_code": "verify"}
    )
    assert (refused.status_code, refused.get_json()["code"]) == (403, "reveal_needed")
