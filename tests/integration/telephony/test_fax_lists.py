"""One document to a list of numbers: in order, again where it was busy, and every way it ends."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kernel.jobs import MAX_ATTEMPTS
from telephony import fax_page, ledger, outbound, programs, sending
from telephony.engine_http import NotReached
from telephony.gateways.base import Outcome, Refused
from telephony.gateways.memory import MemoryGateway
from telephony.lifecycle import Channel, Kind
from tests.integration.telephony.conftest import MACHINE, Desk

BUSY_ENGINE = Refused("throttled", again=True)
NO_LINE = Refused("lines_busy", again=True)


def test_a_document_goes_to_its_list_one_after_the_other(desk: Desk) -> None:
    idents = [
        desk.queue_fax(f"+999100000{5000 + n}", list_key="order:1", position=n) for n in (3, 1, 2)
    ]
    desk.work()
    assert [out.to[-4:] for out in desk.fax.sent] == ["5001"]
    desk.hear(idents[1], Kind.DELIVERED)
    desk.work()
    assert [out.to[-4:] for out in desk.fax.sent] == ["5001", "5002"]
    desk.hear(idents[2], Kind.FAILED)
    desk.work()
    assert [out.to[-4:] for out in desk.fax.sent] == ["5001", "5002", "5003"]
    assert len({out.document for out in desk.fax.sent}) == 1


def test_a_number_that_is_busy_holds_nobody_up_and_is_called_again(desk: Desk) -> None:
    first, second = (desk.queue_fax(list_key="order:1", position=n) for n in (1, 2))
    desk.work()
    desk.hear(first, Kind.BUSY)
    desk.work()
    assert [(out.message_id, out.attempt) for out in desk.fax.sent] == [(first, 1), (second, 1)]
    desk.work(seconds=45)
    assert len(desk.fax.sent) == 2
    desk.hear(second, Kind.DELIVERED)
    desk.work()
    assert desk.fax.sent[-1].message_id == first
    desk.hear(first, Kind.DELIVERED, attempt=2)
    assert (desk.state(first), desk.state(second)) == ("DELIVERED", "DELIVERED")


def test_cancelling_the_next_of_a_list_lets_the_one_behind_it_go(desk: Desk) -> None:
    first, second, third = (desk.queue_fax(list_key="order:1", position=n) for n in (1, 2, 3))
    desk.work()
    assert desk.do(lambda s: outbound.cancel(s, second)) is True
    desk.hear(first, Kind.DELIVERED)
    desk.work()
    assert [out.message_id for out in desk.fax.sent] == [first, third]


def test_a_fax_is_dialled_three_times_and_then_given_up(desk: Desk) -> None:
    ident = desk.queue_fax()
    desk.work()
    for attempt in (1, 2, 3):
        desk.hear(ident, Kind.NO_ANSWER, attempt=attempt)
        desk.work(seconds=60)
    message = desk.message(ident)
    assert (message.state, message.problem, message.attempts_made) == ("FAILED", "no_answer", 3)


def test_an_engine_that_would_not_take_it_does_not_count_as_a_dial(desk: Desk) -> None:
    desk.fax.script.extend([BUSY_ENGINE, BUSY_ENGINE, BUSY_ENGINE])
    ident = desk.queue_fax()
    for _ in range(4):
        desk.work(seconds=60)
    desk.hear(ident, Kind.BUSY, attempt=4)
    assert desk.state(ident) == "QUEUED"


def test_a_line_that_becomes_free_is_the_next_ones_at_once(desk: Desk) -> None:
    first = desk.queue_fax()
    desk.work()
    desk.fax.script.extend([NO_LINE, NO_LINE])
    later, urgent = desk.queue_fax(), desk.queue_fax(priority=2)
    desk.work()
    assert [desk.message(ident).problem for ident in (later, urgent)] == ["lines_busy"] * 2
    desk.hear(first, Kind.DELIVERED)
    desk.work()
    assert (desk.state(urgent), desk.state(later)) == ("SENT", "QUEUED")
    desk.hear(urgent, Kind.DELIVERED, attempt=2)
    desk.work()
    assert desk.state(later) == "SENT"
    desk.work(seconds=60)
    assert [out.message_id for out in desk.fax.sent] == [first, urgent, later]


def test_who_found_no_line_keeps_its_place_in_the_list(desk: Desk) -> None:
    desk.fax.script.append(NO_LINE)
    first, second = (desk.queue_fax(list_key="order:1", position=n) for n in (1, 2))
    desk.work()
    assert desk.fax.sent == []
    desk.work(seconds=3)
    assert [out.message_id for out in desk.fax.sent] == [first]
    desk.hear(first, Kind.DELIVERED, attempt=2)
    desk.work()
    assert [out.message_id for out in desk.fax.sent] == [first, second]


def test_the_end_of_an_earlier_call_does_not_end_the_present_one(desk: Desk) -> None:
    ident = desk.queue_fax()
    desk.work()
    desk.hear(ident, Kind.BUSY, attempt=1)
    desk.work(seconds=30)
    desk.hear(ident, Kind.DROPPED, attempt=1)
    assert desk.state(ident) == "SENT"


def test_pages_are_counted_as_they_pass(desk: Desk) -> None:
    ident = desk.queue_fax(pages=3)
    desk.work()
    desk.hear(ident, Kind.PAGE, part=2)
    desk.hear(ident, Kind.PAGE, part=1)
    assert (desk.state(ident), desk.message(ident).parts_confirmed) == ("SENT", 2)
    desk.hear(ident, Kind.DELIVERED, part=3)
    assert (desk.state(ident), desk.message(ident).parts_confirmed) == ("DELIVERED", 3)


def test_the_page_under_way_goes_forward_and_belongs_to_one_call(desk: Desk) -> None:
    ident = desk.queue_fax(pages=3)
    desk.work()
    seen = []
    for page, attempt in ((1, 1), (2, 1), (1, 1), (9, 1), (3, 2)):
        desk.hear(ident, Kind.PAGE_BEGINS, part=page, attempt=attempt)
        seen.append(desk.message(ident).page_under_way)
    assert seen == [1, 2, 2, 3, 3]
    assert (desk.state(ident), desk.message(ident).parts_confirmed) == ("SENT", 0)
    desk.hear(ident, Kind.DROPPED)
    desk.work(seconds=30)
    assert (desk.state(ident), desk.message(ident).page_under_way) == ("SENT", 0), "called anew"
    desk.hear(ident, Kind.PAGE_BEGINS, part=2, attempt=1)
    assert desk.message(ident).page_under_way == 0, "late news of the call before"


def test_a_call_without_an_end_becomes_unknown(desk: Desk) -> None:
    ident = desk.queue_fax()
    desk.work()
    desk.clock.advance(minutes=4)
    desk.do(sending.sweep)
    assert desk.state(ident) == "SENT"
    desk.clock.advance(minutes=2)
    desk.do(sending.sweep)
    assert (desk.state(ident), desk.message(ident).problem) == ("UNKNOWN", "no_outcome")


def test_a_sweep_waits_for_nobody_and_comes_again(desk: Desk) -> None:
    first, second = (desk.queue_fax(list_key="order:1", position=n) for n in (1, 2))
    desk.work()
    desk.clock.advance(minutes=6)
    with desk.database.unit_of_work(desk.principal) as other:
        ledger.locked(other, second)
        desk.do(sending.sweep)
        assert desk.state(first) == "SENT"
    desk.do(sending.sweep)
    desk.work()
    assert desk.state(first) == "UNKNOWN"
    assert desk.fax.sent[-1].message_id == second, "its list goes on"


def test_a_document_that_cannot_be_rendered_fails_before_an_attempt(desk: Desk) -> None:
    ident = desk.queue_fax(MACHINE, pdf=b"%PDF-1.4 broken")
    desk.work()
    message = desk.message(ident)
    assert (message.state, message.problem) == ("FAILED", "document_unreadable")
    assert message.attempts == []


def test_a_machine_without_time_fails_no_document(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made later, by the same message, instead of being called unreadable; and however often."""
    with monkeypatch.context() as slow:
        slow.setattr(programs, "PATIENCE_SECONDS", 0.001)
        ident = desk.queue_fax(MACHINE, pages=1)
        desk.work()
        for _ in range(MAX_ATTEMPTS + 1):
            desk.work(seconds=sending.BUSY_PAUSE + 1)
        assert desk.message(ident).state == "QUEUED"
    desk.work(seconds=sending.BUSY_PAUSE + 1)
    assert desk.message(ident).state == "SENT"


def test_pages_that_took_long_are_claimed_anew_before_they_are_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease may have ended: whoever has the message by now sends it, and nobody else."""
    monkeypatch.setattr(sending, "PREPARING_SECONDS", 0)
    desk.queue_fax(MACHINE, pages=1)
    desk.worker().run_due(limit=1)
    assert desk.fax.sent == []
    monkeypatch.undo()
    desk.work()
    assert [one.attempt for one in desk.fax.sent] == [1]


def test_pages_are_made_so_many_at_once_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def make(*arguments: str) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        made = next(a for a in arguments if a.startswith("-sOutputFile="))
        Path(made.removeprefix("-sOutputFile=")).write_bytes(b"II*")
        with lock:
            running -= 1

    monkeypatch.setattr(fax_page, "_ghostscript", make)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: fax_page.to_tiff(tmp_path / "x", tmp_path / f"{n}.tif"), range(32)))
    assert 1 <= most <= (os.cpu_count() or 1)
    assert len(list(tmp_path.glob("*.tif"))) == 32


@dataclass
class AskedGateway(MemoryGateway):
    """An engine that reports nothing by itself."""

    told: dict[str, Outcome] = field(default_factory=dict)
    connections: Callable[[], int] = lambda: 0
    """How many the pool has given out."""

    def outcomes(self) -> dict[str, Outcome]:
        assert self.connections() == 0, "none waits for an engine"
        if not self.running:
            raise NotReached
        return self.told


def test_an_engine_that_reports_nothing_is_asked(desk: Desk) -> None:
    pool: Any = desk.database.engine.pool
    engine = AskedGateway(Channel.FAX, connections=pool.checkedout)
    desk.engines[Channel.FAX] = engine
    idents = [desk.queue_fax(to, pages=2) for to in (MACHINE, "+9991000005002")]
    desk.work()
    sender = desk.sender()
    names = [f"fax-{ident}-1" for ident in idents]
    engine.told = {
        names[0]: Outcome(Kind.PAGE_BEGINS, 2, "4", ""),
        names[1]: Outcome(Kind.BUSY, 0, "5", "Busy signal detected"),
        "somebody else's": Outcome(Kind.DELIVERED, 1, "6", ""),
    }
    for _ in range(2):
        sender.ask()
    assert [desk.state(ident) for ident in idents] == ["SENT", "QUEUED"]
    assert desk.message(idents[0]).page_under_way == 2
    engine.running = False
    sender.ask()
    engine.running, engine.told = True, {names[0]: Outcome(Kind.DELIVERED, 2, "4", "")}
    sender.ask()
    assert desk.state(idents[0]) == "DELIVERED"
    assert [one.kind for one in desk.message(idents[1]).receipts] == ["busy"], "counted once"


def test_a_fax_that_its_engine_has_is_taken_out_of_its_queue(desk: Desk) -> None:
    engine = desk.engines[Channel.FAX] = AskedGateway(Channel.FAX)
    first, second = (desk.queue_fax(to, list_key="order:1") for to in (MACHINE, "+9991000005002"))
    desk.work()
    assert desk.do(lambda s: outbound.cancel(s, first)) is False, "it may still get through"
    desk.work()
    assert engine.hung_up == [(first, 1)]
    engine.told = {f"fax-{first}-1": Outcome(Kind.DROPPED, 0, "4", "Job aborted by user")}
    desk.sender().ask()
    desk.work(minutes=2)
    assert (desk.state(first), desk.state(second)) == ("CANCELLED", "SENT")
    assert [one.message_id for one in engine.sent] == [first, second], "it is not dialled again"


def test_a_fax_whose_pages_wait_for_others_takes_no_slot_and_no_attempt(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fax_page, "TURN_SECONDS", 0.05)
    monkeypatch.setattr(fax_page, "AT_ONCE", threading.BoundedSemaphore(1))
    ident, text = desk.queue_fax(), desk.queue()
    with fax_page.AT_ONCE:
        desk.work()
        assert (desk.state(ident), desk.state(text)) == ("QUEUED", "SENT")
        assert desk.message(ident).attempts_made == 0
    desk.work(seconds=1)
    assert desk.state(ident) == "SENT"
