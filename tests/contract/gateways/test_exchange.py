"""What the exchange can do besides what every gateway does."""

from urllib.parse import parse_qs

import pytest
from sqlalchemy import select

from command_center.engines import asterisk
from command_center.engines.process import wait_until
from telephony import inbound
from telephony.fax_tray import FaxTray
from telephony.lifecycle import NOT_REACHED, Kind
from telephony.models import Inbound
from tests.contract.gateways.conftest import AsteriskFaxRig, Rig, dots
from tests.integration.telephony.conftest import Desk

MOBILE = "+9991000009600"
"""A mobile fax PM80."""
WITHOUT_T38 = "+9991000009711"
"""A machine behind an adapter that refuses T.38."""


@pytest.fixture
def exchange_rig(rig: Rig) -> AsteriskFaxRig:
    assert isinstance(rig, AsteriskFaxRig)
    return rig


@pytest.mark.parametrize("rig", ["fax_asterisk"], indirect=True)
def test_several_lines_at_once_and_a_slow_machine_among_them(
    desk: Desk, exchange_rig: AsteriskFaxRig
) -> None:
    rig = exchange_rig
    numbers = (MOBILE, "+9991000005002", rig.failing)
    idents = [desk.queue_fax(to, pages=1) for to in numbers]
    desk.work()
    assert wait_until(lambda: rig.gateway.busy_lines() == 2, 10), "the busy one is over at once"
    rig.settle(desk, idents[2], "QUEUED")
    for ident in idents[:2]:
        rig.settle(desk, ident, "DELIVERED")
    said = map(parse_qs, rig.exchange.journal.read_text("utf-8").splitlines())
    rates = {one["remote"][0]: int(one["rate"][0]) for one in said if "remote" in one}
    assert rates[MOBILE] <= 9600 < rates["+9991000005002"]


@pytest.mark.parametrize("rig", ["fax_asterisk"], indirect=True)
def test_every_page_is_told_as_it_begins_and_the_end_says_over_which_way(
    desk: Desk, exchange_rig: AsteriskFaxRig
) -> None:
    """T.38 where the other side takes it, tones in the speech channel where it refuses."""
    rig, ways = exchange_rig, {"+9991000005003": "T38", WITHOUT_T38: "audio"}
    for to, way in ways.items():
        ident = desk.queue_fax(to, pages=3)
        desk.work()
        rig.settle(desk, ident, "DELIVERED", "QUEUED")
        if desk.state(ident) == "QUEUED":  # tones that a busy machine told too late: once more
            desk.work(minutes=10)
            rig.settle(desk, ident, "DELIVERED")
        message = desk.message(ident)
        receipts = message.receipts
        dropped = [number for number, one in enumerate(receipts) if one.kind in NOT_REACHED]
        *pages, end = receipts[max(dropped, default=-1) + 1 :]
        assert {one.kind for one in pages} == {Kind.PAGE_BEGINS}
        told = [one.part for one in pages]
        assert told == sorted(told)
        assert len(set(told) & {1, 2, 3}) == len(told) >= 2, "one that took less may be missed"
        assert (end.kind, end.raw["mode"]) == (Kind.DELIVERED, way)
        assert rig.arrived(desk, message) == 1
        rig.before += 1
    said = map(parse_qs, rig.world.journal.read_text("utf-8").splitlines())
    far = {one["file"][0].partition("-")[0]: one["mode"][0] for one in said if "file" in one}
    assert far.items() >= ways.items(), "the far end says the same"


@pytest.mark.parametrize("rig", ["fax_asterisk"], indirect=True)
def test_a_fax_that_comes_in_is_kept_once_and_lies_in_the_tray(
    desk: Desk, exchange_rig: AsteriskFaxRig
) -> None:
    """A machine of the world calls the bureau's number and sends a page."""
    settings = exchange_rig.exchange.settings
    document = desk.message(desk.queue_fax(MOBILE, pages=1)).document
    assert document is not None
    sent = desk.outbox.tiff(document)
    exchange_rig.world_calls(settings.fax_number, "+9991000005007", sent)

    def came() -> Inbound | None:
        with desk.database.unit_of_work(desk.principal) as session:
            return session.scalar(select(Inbound).where(Inbound.sender == "+9991000005007"))

    assert wait_until(lambda: came() is not None, 90)
    fax = came()
    assert fax is not None
    assert (fax.channel, fax.pages, fax.recipient) == ("fax", 1, settings.fax_number)
    folder = asterisk.faxes(settings)
    assert dots(folder / fax.provider_id) == dots(sent)
    tray = FaxTray(folder)
    pdf = tray.pdf(fax.provider_id)
    assert pdf is not None
    assert b"/Count 1" in pdf
    journal = exchange_rig.exchange.journal
    assert wait_until(lambda: "9991000005007" not in journal.read_text("utf-8"), 5)
    assert f"came={fax.provider_id}&from=xxx" in journal.read_text("utf-8")
    desk.do(tray.clear)
    assert (folder / fax.provider_id).exists(), "nobody has it yet"
    desk.do(lambda session: inbound.mark(session, fax.id, "to_person"))
    desk.do(tray.clear)
    assert not (folder / fax.provider_id).exists()


@pytest.mark.parametrize("rig", ["fax_asterisk"], indirect=True)
def test_when_every_line_is_taken_the_next_one_waits(
    desk: Desk, exchange_rig: AsteriskFaxRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = exchange_rig
    monkeypatch.setattr(rig.gateway, "busy_lines", lambda: rig.gateway.settings.fax_lines)
    ident = desk.queue_fax(rig.address, pages=1)
    desk.work()
    message = desk.message(ident)
    assert (message.state, message.problem) == ("QUEUED", "lines_busy")
