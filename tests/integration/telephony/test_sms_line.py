"""Orders by SMS over real SMPP: Kannel, the simulated SMSC, and its journal as witness."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from command_center.engines.kannel import Kannel
from command_center.engines.process import wait_until
from command_center.engines.smsc import Smsc
from kernel.settings import Settings
from telephony.gateways.sms_kannel import KannelGateway
from telephony.health import health
from telephony.models import Inbound
from tests.integration.telephony.conftest import LONG, Desk
from tests.integration.telephony.hooks import open_door

ROOT = Path(__file__).parents[3]


@dataclass
class Line:
    """A desk whose texts go out over a real line."""

    desk: Desk
    settings: Settings
    kannel: Kannel
    smsc: Smsc
    phone: str

    def queue(self, text: str) -> int:
        return self.desk.queue(text, self.phone)

    def becomes(self, message_id: int, state: str, seconds: float = 20) -> bool:
        return wait_until(lambda: self.desk.state(message_id) == state, seconds)

    def on_the_phone(self) -> list[str]:
        """What the phone got, by the SMSC's own journal."""
        return [event["text"] for event in self.smsc.messages(self.phone)]

    def inbound(self) -> list[str]:
        return self.desk.do(lambda s: list(s.scalars(select(Inbound.text).order_by(Inbound.id))))


@pytest.fixture
def line(
    desk: Desk, sms_line: tuple[Settings, Kannel, Smsc], request: pytest.FixtureRequest
) -> Iterator[Line]:
    settings, kannel, smsc = sms_line
    desk.engines["sms"] = KannelGateway(settings)
    phone = f"+9991{abs(hash(request.node.name)) % 10**10:010}"
    yield Line(desk, settings, kannel, smsc, phone)
    smsc.rule()
    smsc.back()
    assert wait_until(lambda: bool(smsc.state()["bound"]), 20)


def test_a_long_chinese_order_arrives_identical_and_is_delivered_part_by_part(line: Line) -> None:
    text = f"{LONG}回复 1 接令 2 出发 3 到场；编号 4821 。\n“😀” <&>%20+\\ " + "令" * 60
    with open_door(line.settings, line.desk.database) as door:
        ident = line.queue(text)
        line.desk.work()
        assert line.becomes(ident, "DELIVERED")
    assert line.on_the_phone() == [text]
    message = line.desk.message(ident)
    assert message.parts_confirmed == message.parts_total == 4
    assert message.attempts_made == 1
    assert not any(line.phone.lstrip("+") in target for _, target, _ in door.calls)


def test_a_reply_arrives_as_it_was_written(line: Line) -> None:
    reply = "3 4821 已到场，店主不在。" * 8
    with open_door(line.settings, line.desk.database):
        assert line.smsc.inbound(line.phone, reply)
        assert wait_until(lambda: reply in line.inbound(), 20)
    line.desk.work()
    assert len(line.desk.inbound) == 1


def test_a_message_that_the_smsc_refuses_has_failed_and_says_why(line: Line) -> None:
    line.smsc.rule(submit="refuse", numbers=[line.phone])
    with open_door(line.settings, line.desk.database):
        ident = line.queue("被拒绝的核查")
        line.desk.work()
        assert line.becomes(ident, "FAILED")
    assert line.desk.message(ident).problem == "rejected"
    assert line.on_the_phone() == []


def test_a_throttled_message_is_sent_once_and_delivered(line: Line) -> None:
    line.smsc.rule(submit="throttle", count=1, numbers=[line.phone])
    with open_door(line.settings, line.desk.database):
        ident = line.queue("被限流的核查")
        line.desk.work()
        assert line.becomes(ident, "DELIVERED", 40)
    assert line.on_the_phone() == ["被限流的核查"]


def test_while_the_smsc_is_away_the_message_says_so_and_goes_when_it_is_back(line: Line) -> None:
    line.smsc.away()
    assert wait_until(lambda: not health(line.settings)["sms"]["ok"], 20)
    with open_door(line.settings, line.desk.database):
        ident = line.queue("短信中心离线时的核查")
        line.desk.work()
        message = line.desk.message(ident)
        assert (message.state, message.problem) == ("SENT", "carrier_away")
        line.smsc.back()
        assert line.becomes(ident, "DELIVERED", 40)
    assert line.desk.message(ident).problem is None
    assert line.on_the_phone() == ["短信中心离线时的核查"]
    assert wait_until(lambda: bool(health(line.settings)["sms"]["ok"]), 20)


def test_a_worker_killed_between_send_and_store_sends_nothing_twice(line: Line) -> None:
    ident = line.queue("工作进程被杀时的核查")
    settings = {
        "var_dir": str(line.settings.var_dir),
        "port_base": line.settings.port_base,
    }
    url = line.desk.database.engine.url.render_as_string(hide_password=False)
    now = line.desk.clock.at.isoformat()
    killed = subprocess.run(
        [sys.executable, "-m", "tests.integration.telephony.killed_worker", url, now,
         json.dumps(settings)],
        cwd=ROOT,
        check=False,
        timeout=60,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert line.desk.state(ident) == "SENDING"
    line.desk.work(seconds=31)
    message = line.desk.message(ident)
    assert (message.state, message.problem) == ("UNKNOWN", "worker_died")
    line.desk.work(hours=1)
    assert line.desk.states_told(ident)[-1] == "UNKNOWN"
    with open_door(line.settings, line.desk.database):  # the web process is back: the truth comes
        assert line.becomes(ident, "DELIVERED")
    assert line.on_the_phone() == ["工作进程被杀时的核查"]
