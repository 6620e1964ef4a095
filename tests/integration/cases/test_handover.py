"""Hand-over at the end of a duty: what is open, two people, one page."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases.handover import paper, service, views
from command_center.cases.handover.models import Handover
from command_center.cases.handover.standing import standing
from command_center.cases.lifecycle import MACHINES
from command_center.cases.office import Office
from dispatch.alarms.ladder import NOT_FOR_ALL, RUNGS
from dispatch.alarms.models import Alarm
from dispatch.delivery.models import Delivery
from dispatch.orders.lifecycle import CHANNELS
from dispatch.orders.models import Assignment, Order
from dispatch.orders.timers import STAGES
from dispatch.units import service as units
from kernel.access import Role, system
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from kernel.errors import BadInput, Conflict
from kernel.settings import Settings
from tests.factories.bureau import CANARY, Bureau, acting, complaint, report
from tests.factories.desk import Desk, OneTransaction
from tests.integration.cases.conftest import Opener

WORKER = system("worker", role=Role.HOUSE)
NOTES = "早班一切正常，京A12345 送修。"


@pytest.fixture
def desk(session: Session, settings: Settings, office: Office) -> Desk:
    return Desk(OneTransaction(session), settings, [views.create_blueprint(office)])


def order_of(session: Session, case_id: int, path: str, clock: FixedClock, **more: Any) -> Order:
    """Went out an hour ago to one unit, which has said nothing; its SMS is lost from sight."""
    began = clock.now() - timedelta(hours=1)
    part = Assignment(
        target_kind="branch", target_id=1, target_name="东华市监所", target_path=path, code="1001",
        state="ISSUED", ack_due_at=began + timedelta(minutes=5),
        depart_due_at=began + timedelta(minutes=15), arrive_due_at=began + timedelta(hours=2),
    )  # fmt: skip
    order = Order(
        order_no="DD1", idempotency_key="00000000-0000-0000-0000-000000000001", case_id=case_id,
        brief={"case_no": "x"}, organisation_path=path, kind="inspect", urgency=1, closed=False,
        channels=[], state="ISSUED", created_at=began, issued_at=began, created_by=1,
        created_by_name="某", assignments=[part], **more,
    )  # fmt: skip
    session.add(order)
    session.flush()
    session.add(
        Delivery(
            order_id=order.id,
            assignment_id=part.id,
            order_no="DD1",
            case_id=case_id,
            organisation_path=path,
            urgency=1,
            channel="sms",
            name="王警官",
            text="x",
            state="UNKNOWN",
            created_at=began,
            sent_at=began,
        )
    )
    session.flush()
    return order


def test_it_lists_what_is_open_in_ones_jurisdiction(
    session: Session, bureau: Bureau, open_case: Opener, clock: FixedClock
) -> None:
    case = open_case(complaint())
    clock.advance(days=400)
    order_of(session, case.id, case.organisation_path, clock)
    unit = units.register(
        session, name="东一号", plate="京A1", organisation_id=bureau.branch.id,
        organisation_name=bureau.branch.name, organisation_path=bureau.branch.path,
    )  # fmt: skip
    unit.state = "OUT_OF_SERVICE"
    session.add(
        Alarm(
            kind="order_declined",
            reference_kind="order",
            reference_id=1,
            params={"order_no": "DD1"},
            organisation_path=bureau.branch.path,
            level=1,
            rung="DISP",
            raised_at=clock.now(),
        )
    )
    session.flush()
    with acting(session, bureau.person("DISP")):
        found = standing(session)
    told = {
        name: [(line["number"], line["about"], line["state"]) for line in part["lines"]]
        for name, part in found.items()
    }
    assert ("DD1", "order_declined", "DISP") in told["alarms"]
    assert told["unacknowledged"] == [("DD1", "东华市监所", "ISSUED")]
    assert told["overdue"] == [("DD1", "东华市监所", "depart_overdue")]
    assert told["unknown"] == [("DD1", "王警官", "sms")]
    assert told["due"] == [(case.case_no, "老王饭店", case.state)]
    assert told["units"] == [("东一号", bureau.branch.name, "OUT_OF_SERVICE")]
    with acting(session, bureau.person("DISP", at=bureau.other)):
        elsewhere = standing(session)
    assert {part["total"] for part in elsewhere.values()} == {0}


def test_a_report_is_a_number_alone_and_nobody_stands_behind_it(
    session: Session, bureau: Bureau, office: Office, open_case: Opener, clock: FixedClock
) -> None:
    case = open_case(report())
    clock.advance(days=400)
    with acting(session, bureau.person("CMD")):
        made = service.write(session, office, NOTES, uuid4())
    said = str(made.content) + str(paper.cleared(made, office.zone).for_way("print"))
    assert case.case_no in said
    for word in (CANARY["name"], CANARY["phone"], "老王饭店", "冰柜", "过期"):
        assert word not in said


def test_what_watches_the_staff_is_not_in_it(
    session: Session, bureau: Bureau, office: Office
) -> None:
    """A dispatcher may sign for what a commander leaves."""
    office.alarms.raise_alarm(
        session, "identity_rate", ("user", 5), organisation_path="/", about_user_id=5
    )
    with acting(session, bureau.person("CMD")):
        assert standing(session)["alarms"]["total"] == 0


def test_somebody_else_signs_and_both_are_on_record(
    session: Session, bureau: Bureau, desk: Desk
) -> None:
    leaves, comes = bureau.person("DISP"), bureau.person("DISP")
    made = desk.post(leaves, "/handovers", {"notes": NOTES, "key": str(uuid4())})
    assert made.status_code == 201, made.text
    path = f"/handovers/{made.get_json()['id']}"
    refused = desk.post(leaves, f"{path}/sign", {})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "own_handover")
    signed = desk.post(comes, f"{path}/sign", {}).get_json()
    assert (signed["signed_by_name"], signed["notes"]) == (comes.name, NOTES)
    again = desk.post(bureau.person("CMD"), f"{path}/sign", {})
    assert (again.status_code, again.get_json()["code"]) == (409, "handover_signed")
    logged = session.scalars(select(AuditEntry).where(AuditEntry.object_kind == "handover")).all()
    assert [(one.action, one.actor_id) for one in logged] == [
        ("handover.written", leaves.id),
        ("handover.signed", comes.id),
    ]
    assert [one["id"] for one in desk.get(comes, "/handovers").get_json()["items"]] == [
        signed["id"]
    ]


def test_it_does_not_exist_for_another_jurisdiction(
    session: Session, bureau: Bureau, desk: Desk
) -> None:
    made = desk.post(
        bureau.person("DISP"), "/handovers", {"notes": "", "key": str(uuid4())}
    ).get_json()
    below = bureau.person("DISP", at=bureau.branch)
    for answer in (
        desk.get(below, f"/handovers/{made['id']}"),
        desk.post(below, f"/handovers/{made['id']}/sign", {}),
        desk.get(below, f"/handovers/{made['id']}/paper.pdf"),
    ):
        assert answer.status_code == 404
    assert desk.get(below, "/handovers").get_json() == {"items": []}


@pytest.mark.parametrize(
    "notes", ["请回电13812345678", "身份证110101198808081234", "联系人：王建国"]
)
def test_notes_lead_to_nobody(session: Session, bureau: Bureau, office: Office, notes: str) -> None:
    with acting(session, bureau.person("DISP")), pytest.raises(BadInput) as refusal:
        service.write(session, office, notes, uuid4())
    assert (refusal.value.field, refusal.value.code) == ("notes", "personal_data")


def test_notes_about_a_case_do_not_name_who_stands_behind_it(
    session: Session, bureau: Bureau, office: Office, open_case: Opener
) -> None:
    case = open_case(report())
    words = f"{case.case_no} 是{CANARY['name']}的"
    with acting(session, bureau.person("CMD")), pytest.raises(BadInput) as refusal:
        service.write(session, office, words, uuid4())
    assert refusal.value.field == "notes"


def test_an_unsigned_one_rings_until_it_is_signed(
    session: Session, bureau: Bureau, office: Office, clock: FixedClock
) -> None:
    leaves, comes = bureau.person("DISP"), bureau.person("DISP")
    with acting(session, leaves):
        made = service.write(session, office, NOTES, uuid4())
    clock.advance(minutes=30)
    with acting(session, WORKER):
        service.overdue(office, session, {"handover_id": made.id})
    ringing = select(Alarm).where(Alarm.kind == service.ALARM, Alarm.resolved_at.is_(None))
    found = session.scalars(ringing).one()
    assert (found.params, found.organisation_path) == ({"name": leaves.name}, bureau.root.path)
    with acting(session, comes):
        service.sign(session, office, made.id)
    assert session.scalars(ringing).all() == []
    with acting(session, WORKER):
        service.overdue(office, session, {"handover_id": made.id})
    assert session.scalars(ringing).all() == []


def test_it_is_printed_on_one_page(
    session: Session, bureau: Bureau, desk: Desk, open_case: Opener
) -> None:
    open_case(complaint())
    who = bureau.person("SHIFT")
    made = desk.post(who, "/handovers", {"notes": NOTES, "key": str(uuid4())}).get_json()
    printed = desk.get(who, f"/handovers/{made['id']}/paper.pdf")
    assert printed.data.startswith(b"%PDF-") and printed.data.count(b"/Type /Page\n") <= 1
    assert session.scalars(select(Handover.notes)).all() == [NOTES]


def test_the_page_has_words_for_every_code() -> None:
    steps = [step for table in MACHINES.values() for step in table]
    states = {source for step in steps for source in step.sources}
    wanted = {*states, *RUNGS, *(step.asks for step in steps if step.asks)}
    wanted |= {f"{stage}_overdue" for stage in STAGES} | (CHANNELS.keys() - {"gps", "desk"})
    assert wanted - paper.WORDS.keys() == set()


def test_an_alarm_is_called_the_same_on_the_page_and_on_the_screen() -> None:
    screen = Path("static/src/i18n/zh/words.ts").read_text("utf-8")
    block = screen.partition("  alarm: {")[2].partition("  },")[0]
    said = dict(re.findall(r"(\w+): '([^']+)'", block))
    assert len(said) > 15
    wrong = {kind for kind, word in said.items() if paper.WORDS.get(kind) != word}
    assert wrong == NOT_FOR_ALL, "those are on nobody's page"


def test_a_report_that_is_sent_again_is_the_one_that_was_left(
    session: Session, bureau: Bureau, office: Office
) -> None:
    key = uuid4()
    with acting(session, bureau.person("DISP")):
        first = service.write(session, office, "无", key)
        assert service.write(session, office, "别的", key) is first
        assert first.notes == "无"
    with acting(session, bureau.person("SHIFT")), pytest.raises(Conflict, match="key_used"):
        service.write(session, office, "无", key)
