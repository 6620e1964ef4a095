"""The transmission report: when the list has ended, once, and again when something changed."""

from dispatch.delivery.schemas import delivery_out
from kernel.jobs import enqueue
from telephony import receipts
from telephony.lifecycle import Kind
from telephony.receipts import Heard
from tests.integration.dispatch.conftest import EAST, WEST, WORKER, Desk

FAX = {"branch_ids": (EAST.id, WEST.id), "channels": ("fax",)}


def heard(desk: Desk, which: int, order_id: int, kind: Kind, attempt: int = 1, **said: str) -> None:
    """The engine says how a call ended, or which page is under way."""
    faxes = [one for one in desk.deliveries(order_id) if one.channel == "fax"]
    ident = faxes[which].message_id
    assert ident is not None
    event = f"{ident}-{attempt}-{kind}"
    part = 0 if kind is Kind.BUSY else 1
    told = Heard(event, ident, attempt, part, kind, desk.clock.now(), raw=said)
    desk.do(lambda s: receipts.record(s, told), WORKER)
    desk.work(seconds=1)


def busy_to_the_end(desk: Desk, which: int, order_id: int) -> None:
    for attempt in (1, 2, 3):
        heard(desk, which, order_id, Kind.BUSY, attempt)
        desk.work(seconds=60)


def test_when_every_fax_has_ended_one_report_tells_of_each(desk: Desk) -> None:
    order_id = desk.issue(**FAX)
    desk.work(seconds=1)
    heard(desk, 0, order_id, Kind.DELIVERED, rate="14400", mode="T38", error="HANGUP")
    assert desk.fax_reports.filed == [], "the other one is still to come"
    busy_to_the_end(desk, 1, order_id)
    [[east, west]] = desk.fax_reports.filed
    assert (east.name, east.address, east.state) == (EAST.name, EAST.fax, "DELIVERED")
    assert (east.pages, east.pages_total, east.attempts) == (1, 1, 1)
    assert (east.rate, east.mode, east.error) == ("14400", "T38", ""), "a hang-up is no error"
    assert (west.state, west.problem, west.attempts) == ("FAILED", "busy", 3)
    assert (west.pages, west.rate, west.mode) == (0, "", "")
    assert east.at is not None
    assert west.at is not None
    assert east.at < west.at


def test_a_job_that_comes_again_files_nothing_and_a_change_files_anew(desk: Desk) -> None:
    order_id = desk.issue(**FAX)
    desk.work(seconds=1)
    heard(desk, 0, order_id, Kind.DELIVERED)
    busy_to_the_end(desk, 1, order_id)
    due = {"order_id": order_id}
    for _ in range(3):
        desk.do(lambda s: enqueue(s, "dispatch.fax_report", due), WORKER)
        desk.do(lambda s: desk.room.fax_reporter.due(s, due), WORKER)
    desk.work(seconds=1)
    assert len(desk.fax_reports.filed) == 1
    heard(desk, 1, order_id, Kind.DELIVERED, attempt=3, mode="audio")
    assert [line.state for line in desk.fax_reports.filed[1]] == ["DELIVERED", "DELIVERED"]


def test_a_repeat_is_reported_with_what_it_repeats(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("fax",))
    desk.work(seconds=1)
    busy_to_the_end(desk, 0, order_id)
    desk.do(lambda s: desk.room.deliveries.resend(s, desk.deliveries(order_id)[0].id, "已通电话"))
    desk.work(seconds=1)
    assert len(desk.fax_reports.filed) == 1
    heard(desk, 1, order_id, Kind.DELIVERED)
    first, again = desk.fax_reports.filed[1]
    assert (first.state, first.is_repeat) == ("FAILED", False)
    assert (again.state, again.is_repeat) == ("DELIVERED", True)


def test_what_never_left_is_in_no_report(desk: Desk) -> None:
    desk.fax.running = False
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("fax",))
    desk.work(seconds=1)
    desk.do(lambda s: desk.room.deliveries.cancel(s, desk.deliveries(order_id)[0].id))
    desk.work(minutes=1)
    assert desk.fax_reports.filed == []


def test_the_board_shows_the_page_under_way_while_it_is(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id,), channels=("fax",))
    desk.work(seconds=1)
    shown = []
    for kind in (Kind.PAGE_BEGINS, Kind.DELIVERED):
        heard(desk, 0, order_id, kind)
        parts = delivery_out(desk.deliveries(order_id)[0]).parts
        assert parts is not None
        shown.append((parts.under_way, parts.confirmed))
    assert shown == [(1, 0), (0, 1)]
