"""The officer's phone: one's own unit, one's own orders, nothing else."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from dispatch.field.ports import PhoneFix
from dispatch.field.schemas import field_out, inspection_out, missed_out
from dispatch.field.service import Page, Said
from dispatch.orders.models import StatusReport
from kernel.access import Principal
from kernel.errors import BadInput, Conflict, NotFound
from tests.factories.inspections import inspection
from tests.integration.dispatch.conftest import EAST, GRAVE, REPORT, WEST, Desk, person

APP = {"channels": ("app",)}


def officer(desk: Desk, ident: int, path: str = EAST.path) -> Principal:
    return person(ident, "OFFICER", path, desk.officer(ident).name)


def page(desk: Desk, who: Principal) -> Page:
    return desk.do(desk.room.field.page, who)


def crew(desk: Desk) -> tuple[int, Principal, Principal]:
    """A car that two officers have signed on to by their phones."""
    car = desk.unit("京A0001", crew=0)
    pair = officer(desk, 501), officer(desk, 502)
    for who in pair:
        desk.do(lambda s: desk.room.field.sign_on(s, car), who)
    return car, *pair


def test_two_officers_sign_on_and_the_unit_can_be_sent(desk: Desk) -> None:
    car, first, _ = crew(desk)
    assert desk.unit_now(car).state == "FREE"
    mine = page(desk, first)
    assert mine.unit is not None
    assert [member.name for member in mine.unit.unit.crew] == ["警员501", "警员502"]
    assert [placed.unit.name for placed in mine.vehicles] == ["京A0001"]


def test_a_closed_order_can_be_read_in_the_app_and_reading_it_delivers_it(desk: Desk) -> None:
    car, first, _ = crew(desk)
    order_id = desk.issue(car, case=REPORT, **APP)
    assert desk.deliveries(order_id)[0].state == "SENT"
    shown = desk.do(lambda s: field_out(desk.room.field.page(s)), first)
    assert shown.assignments[0].order.subject_name == "老王饭店"
    delivery = desk.deliveries(order_id)[0]
    assert (delivery.state, desk.assignment(order_id).acknowledged_at) == ("DELIVERED", None)


def test_an_order_that_waits_for_approval_is_not_shown(desk: Desk) -> None:
    car, first, _ = crew(desk)
    desk.issue(car, case=GRAVE, **APP)
    assert not page(desk, first).assignments


def test_the_crew_works_through_its_order(desk: Desk) -> None:
    car, first, second = crew(desk)
    order_id = desk.issue(car, **APP)
    ident = desk.assignment(order_id).id
    field = desk.room.field
    for who, state in ((first, "ACKED"), (second, "ON_SCENE")):
        desk.do(lambda s, st=state: field.report(s, ident, Said(st)), who)
    photo = desk.do(lambda s: field.photo(s, ident, "a.jpg", "image/jpeg", b"..."), first)
    assert desk.evidence.kept[photo - 1]["case_id"] == desk.order(order_id).case_id
    said = Said("FED_BACK", text="已查封", result_code="sealed")
    desk.do(lambda s: field.report(s, ident, said), first)
    assert page(desk, first).assignments[0].state == "FED_BACK"
    desk.do(lambda s: field.report(s, ident, Said("CLEARED")), first)
    assert not page(desk, first).assignments
    assert desk.unit_now(car).state == "FREE"


def test_a_cancelled_order_stays_in_sight_for_half_an_hour(desk: Desk) -> None:
    car, first, _ = crew(desk)
    order_id = desk.issue(car, **APP)
    desk.do(lambda s: desk.room.orders.cancel(s, order_id, "误派"))
    next_id = desk.issue(car, **APP)
    shown = page(desk, first).assignments
    assert [(one.order_id, one.state) for one in shown] == [
        (next_id, "ISSUED"),
        (order_id, "CANCELLED"),
    ]
    desk.clock.advance(minutes=31)
    assert [one.order_id for one in page(desk, first).assignments] == [next_id]


def test_another_units_order_does_not_exist(desk: Desk) -> None:
    crew(desk)
    order_id = desk.issue(desk.unit("京A0002"), **APP)
    ident, stranger = desk.assignment(order_id).id, officer(desk, 501)
    with pytest.raises(NotFound):
        desk.do(lambda s: desk.room.field.report(s, ident, Said("ACKED")), stranger)
    with pytest.raises(NotFound):
        desk.do(lambda s: desk.room.field.photo(s, ident, "a", "image/jpeg", b""), stranger)


def test_a_car_of_another_branch_cannot_be_signed_on_to(desk: Desk) -> None:
    car = desk.unit("京B0001", crew=0, path=WEST.path)
    with pytest.raises(NotFound):
        desk.do(lambda s: desk.room.field.sign_on(s, car), officer(desk, 501))


def test_positions_are_taken_only_on_duty(desk: Desk) -> None:
    _, first, _ = crew(desk)
    fix = PhoneFix(39.92, 116.43, desk.clock.now())
    desk.do(lambda s: desk.room.field.position(s, fix), first)
    desk.do(desk.room.field.sign_off, first)
    with pytest.raises(Conflict, match="not_signed_on"):
        desk.do(lambda s: desk.room.field.position(s, fix), first)
    assert [taken for _, taken in desk.phones.taken] == [fix]


def test_the_phone_of_an_officer_on_duty_is_a_terminal_of_the_unit(desk: Desk) -> None:
    car, first, second = crew(desk)
    assert len(desk.unit_now(car).terminals) == 3
    for who in (first, second):
        desk.do(desk.room.field.sign_off, who)
    assert len(desk.unit_now(car).terminals) == 1


def test_a_call_of_distress_reaches_commanders_at_once_and_once(desk: Desk) -> None:
    car, first, _ = crew(desk)
    for _ in range(2):
        desk.do(lambda s: desk.room.field.sos(s, PhoneFix(39.9, 116.4, desk.clock.now())), first)
    (alarm,) = desk.alarms("officer_distress")
    assert (alarm.rung, alarm.level, alarm.params["unit_id"]) == ("CMD", 3, car)
    assert (alarm.params["lat"], alarm.params["lon"]) == (39.9, 116.4)


def test_distress_is_heard_off_duty_too(desk: Desk) -> None:
    desk.do(lambda s: desk.room.field.sos(s, None), officer(desk, 503))
    assert desk.alarms("officer_distress")[0].organisation_path == EAST.path


# -- what was said without network, and comes later ----------------------------------------------


def late(state: str, desk: Desk, **more: str) -> Said:
    return Said(state, device_time=desk.clock.now(), key=uuid4(), **more)


def test_words_sent_again_after_a_lost_answer_count_once(desk: Desk) -> None:
    car, first, _ = crew(desk)
    order_id = desk.issue(car, **APP)
    ident, field = desk.assignment(order_id).id, desk.room.field
    said = late("FED_BACK", desk, text="已查封")
    desk.clock.advance(minutes=20)
    for _ in range(2):
        assert desk.do(lambda s: field.report(s, ident, said), first) is None
    assert desk.assignment(order_id).feedback == "已查封"
    (kept,) = reports(desk, ident)
    assert (kept.device_time, kept.noted) == (said.device_time, False)
    assert kept.at - said.device_time == timedelta(minutes=20)


@pytest.mark.parametrize("signed_off", [False, True])
def test_what_was_done_before_a_recall_was_heard_is_kept_as_a_note(
    desk: Desk, signed_off: bool
) -> None:
    car, first, _ = crew(desk)
    order_id = desk.issue(car, **APP)
    ident, said = desk.assignment(order_id).id, late("ON_SCENE", desk)
    desk.clock.advance(minutes=5)
    desk.do(lambda s: desk.room.orders.cancel(s, order_id, "误派"))
    if signed_off:
        desk.do(desk.room.field.sign_off, first)
    for _ in range(2):
        missed = desk.do(lambda s: missed_out(desk.room.field.report(s, ident, said)), first)
        assert missed is not None
        assert (missed.report, missed.state, missed.why) == ("ON_SCENE", "CANCELLED", "误派")
        assert (missed.device_time, missed.instead) == (said.device_time, [])
    assert desk.assignment(order_id).state == "CANCELLED"
    assert [one.noted for one in reports(desk, ident)] == [True]
    desk.work(seconds=1)
    assert desk.told().count("status_noted") == 1


def test_a_note_names_who_was_sent_instead(desk: Desk) -> None:
    car, first, _ = crew(desk)
    order_id = desk.issue(car, **APP)
    ident, other = desk.assignment(order_id).id, desk.unit("京A0002")
    desk.do(lambda s: desk.room.orders.reassign(s, ident, other, "另有任务"))
    missed = desk.do(
        lambda s: missed_out(desk.room.field.report(s, ident, late("EN_ROUTE", desk))), first
    )
    assert missed is not None
    assert missed.instead == ["京A0002"]


def test_who_was_never_of_the_crew_leaves_no_note(desk: Desk) -> None:
    crew(desk)
    ident = desk.assignment(desk.issue(desk.unit("京A0002"), **APP)).id
    said = late("ACKED", desk)
    for who in (officer(desk, 501), officer(desk, 504)):
        with pytest.raises(NotFound):
            desk.do(lambda s: desk.room.field.report(s, ident, said), who)
    assert not reports(desk, ident)


def test_one_key_names_one_word(desk: Desk) -> None:
    car, first, _ = crew(desk)
    order_id = desk.issue(car, **APP)
    said, ident = late("ACKED", desk), desk.assignment(order_id).id
    desk.do(lambda s: desk.room.field.report(s, ident, said), first)
    desk.do(lambda s: desk.room.orders.cancel(s, order_id, "误派"))
    again = desk.assignment(desk.issue(car, **APP)).id
    with pytest.raises(Conflict, match="idempotency_key_used"):
        desk.do(lambda s: desk.room.field.report(s, again, said), first)


def reports(desk: Desk, assignment_id: int) -> list[StatusReport]:
    wanted = select(StatusReport).where(StatusReport.assignment_id == assignment_id)
    return desk.do(lambda s: list(s.scalars(wanted)))


def test_an_inspection_is_filed_for_ones_own_assignment_when_it_is_complete(desk: Desk) -> None:
    car, first, _ = crew(desk)
    ident = desk.assignment(desk.issue(car, **APP)).id
    field, told = desk.room.field, inspection()
    desk.clock.at = told.ended_at + timedelta(minutes=1)
    filed = desk.do(lambda s: inspection_out(field.inspected(s, ident, told)), first)
    assert [one.id for one in desk.do(lambda s: field.inspections_of(s, ident), first)] == [
        filed.id
    ]
    with pytest.raises(BadInput):
        desk.do(lambda s: field.inspected(s, ident, inspection(id_shown=False)), first)
    for stranger in (officer(desk, 504), officer(desk, 505, WEST.path)):
        with pytest.raises(NotFound):
            desk.do(lambda s: field.inspected(s, ident, told), stranger)
        with pytest.raises(NotFound):
            desk.do(lambda s: field.inspections_of(s, ident), stranger)
