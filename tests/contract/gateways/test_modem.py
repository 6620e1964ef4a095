"""SMS over a GSM modem: real Kannel on one side of a pseudo-terminal, a simulated modem beyond."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from command_center.engines.kannel import Kannel, configuration
from command_center.engines.process import wait_until
from kernel.settings import Settings
from telephony import sms_text
from telephony.gateways.base import Accepted, Outgoing
from telephony.gateways.sms_kannel import KannelGateway
from tests.fakes.gsm_modem import UCS2, Modem
from tests.hooks import Call, Hooks
from tests.ports import free_port_base

PHONE = "+9991380000123"
TWO_PARTS = (
    "【调度】请核查海淀兴旺超市，朝阳路七号院三号楼一层，反映出售过期食品。请带执法记录仪。" * 2
)


@dataclass
class Line:
    settings: Settings
    modem: Modem
    hooks: Hooks
    kannel: Kannel

    def calls(self, kind: str) -> list[Call]:
        return [call for call in self.hooks.calls if call.path.endswith(kind)]


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    modem = Modem()
    settings = Settings(
        var_dir=tmp_path_factory.mktemp("modem"),
        port_base=free_port_base(),
        sms_modem=modem.device,
        sms_modem_speed=115_200,
    )
    kannel = Kannel(settings)
    with Hooks(settings.http_port) as hooks:
        kannel.start()
        assert wait_until(lambda: (found := kannel.link()) is not None and found.bound, 60)
        yield Line(settings, modem, hooks, kannel)
        kannel.stop()
    modem.stop()


def test_texts_and_reports_are_asked_for_at_once_past_the_card(line: Line) -> None:
    assert {"AT+CMGF=0", "AT+CNMI=2,2,0,1,0"} <= set(line.modem.heard)


def test_a_chinese_text_of_two_parts_goes_out_as_two_pdus(line: Line) -> None:
    gateway, parts = KannelGateway(line.settings), sms_text.split(TWO_PARTS)
    assert (gateway.real, len(parts)) == (True, 2)
    for number, text in enumerate(parts, 1):
        part = Outgoing(message_id=7, attempt=1, to=PHONE, part=number, parts=2, text=text)
        assert isinstance(gateway.send(part), Accepted)
    assert wait_until(lambda: len(line.modem.sent) == 2, 30)
    first, second = line.modem.sent
    assert (first.text + second.text, {first.to, second.to}) == (TWO_PARTS, {PHONE})
    assert {first.coding, second.coding} == {UCS2}
    assert [one.header[-2:] for one in (first, second)] == [b"\x02\x01", b"\x02\x02"]
    assert first.header[:-1] == second.header[:-1]


def test_the_network_s_report_comes_back_as_the_part_s_receipt(line: Line) -> None:
    assert wait_until(lambda: kinds(line)("1") == {"1", "2"}, 30), line.calls("receipt")
    assert kinds(line)("8") == {"1", "2"}


def kinds(line: Line) -> Callable[[str], set[str]]:
    """Which parts have a report of this kind: 8 taken by the network, 1 delivered."""
    told = [call.query for call in line.calls("receipt")]
    return lambda kind: {one["part"] for one in told if one["kind"] == kind}


def test_a_text_that_comes_in_over_the_modem_comes_in_as_any_other(line: Line) -> None:
    line.modem.receive(PHONE, "1 1234 收到，马上出发")
    assert wait_until(lambda: len(line.calls("inbound")) == 1, 15)
    (call,) = line.calls("inbound")
    assert (call.text, call.headers["X-Kannel-From"]) == ("1 1234 收到，马上出发", PHONE)
    assert call.headers["X-Kannel-To"] == line.settings.sms_number
    assert call.user == ("kannel", line.settings.hook_token)


def test_the_logs_hold_neither_words_nor_numbers(line: Line) -> None:
    folder = line.settings.var_dir / "log"
    logs = "".join(path.read_text("utf-8", "replace") for path in folder.glob("*box.log"))
    coded = TWO_PARTS[:5].encode("utf-16-be").hex()
    assert [word for word in (coded, PHONE[1:], "收到") if word in logs.lower()] == []


def test_a_modem_takes_the_place_of_the_carrier(tmp_path: Path) -> None:
    over = configuration(Settings(var_dir=tmp_path, sms_modem="/dev/ttyUSB0"))
    usual = configuration(Settings(var_dir=tmp_path))
    assert "smsc = at\n" in over and "device = /dev/ttyUSB0\n" in over and "smpp" not in over
    assert "smsc = smpp\n" in usual and "group = modems" not in usual
