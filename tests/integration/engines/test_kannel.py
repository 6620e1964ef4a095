"""SMS over real SMPP: Kannel on one side, the simulated SMSC on the other."""

import itertools
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from command_center.engines.kannel import USER, Kannel
from command_center.engines.process import wait_until
from command_center.engines.smsc import Smsc
from kernel.settings import Settings
from tests.hooks import Call, Hooks

QUEUE_DELAY_SECONDS = 5
"""After which Kannel repeats a callback that was not taken (`http-queue-delay`)."""
PHONES = itertools.count(1)
LONG = "【调度】A1B2 三级 请核查“海淀兴旺超市”，朝阳路七号院三号楼一层，反映出售过期食品。" * 3


@dataclass
class Line:
    """A bound line as one test uses it, from a phone of the test's own."""

    settings: Settings
    kannel: Kannel
    smsc: Smsc
    hooks: Hooks
    phone: str

    def send(self, text: str, to: str = "") -> int:
        """Hand `text` to Kannel; gives its HTTP status."""
        receipt = f"http://kannel:token@127.0.0.1:{self.settings.http_port}/hooks/kannel/receipt"
        query = urllib.parse.urlencode(
            {
                "username": USER,
                "password": self.settings.kannel_password,
                "to": to or self.phone,
                "text": text,
                "coding": 2,
                "charset": "UTF-8",
                "dlr-mask": 31,
                "dlr-url": f"{receipt}?status=%d&test={self.phone[1:]}",
            }
        )
        port = self.settings.kannel_sendsms_port
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/cgi-bin/sendsms?{query}") as answer:
            return int(answer.status)

    def texts(self) -> list[str]:
        """What the SMSC accepted for this phone."""
        return [message["text"] for message in self.smsc.messages(self.phone)]

    def statuses(self) -> list[str]:
        """Kannel's receipts: 1 delivered, 2 not delivered, 8 accepted, 16 refused."""
        calls = [call for call in self.hooks.calls if "receipt" in call.path]
        return [call.query["status"] for call in calls if call.query.get("test") == self.phone[1:]]

    def replies(self) -> list[Call]:
        """The callbacks for texts from this phone."""
        calls = [call for call in self.hooks.calls if "inbound" in call.path]
        return [call for call in calls if call.headers["X-Kannel-From"] == self.phone]

    def bound(self) -> bool:
        link = self.kannel.link()
        return link is not None and link.bound


@pytest.fixture(scope="module")
def hooks(sms_line: tuple[Settings, Kannel, Smsc]) -> Iterator[Hooks]:
    with Hooks(sms_line[0].http_port) as hooks:
        yield hooks


@pytest.fixture
def line(sms_line: tuple[Settings, Kannel, Smsc], hooks: Hooks) -> Iterator[Line]:
    """The line, with the SMSC back to its usual rule afterwards."""
    settings, kannel, smsc = sms_line
    yield Line(settings, kannel, smsc, hooks, f"+9991{next(PHONES):07}")
    hooks.refuse(0)
    smsc.rule()
    smsc.back()


def test_a_long_chinese_order_arrives_whole_with_its_receipts(line: Line) -> None:
    line.send(LONG)
    assert wait_until(lambda: "1" in line.statuses(), 10)
    (message,) = line.smsc.messages(line.phone)
    assert message["text"] == LONG
    assert message["parts"] == 3
    assert sorted(line.statuses()) == ["1", "8"]


def test_a_receipt_or_a_reply_that_was_taken_does_not_come_again(line: Line) -> None:
    line.send("一次")
    line.smsc.inbound(line.phone, "3 A1B2")
    assert wait_until(lambda: len(line.statuses()) == 2 and len(line.replies()) == 1, 10)
    time.sleep(1.5 * QUEUE_DELAY_SECONDS)
    assert sorted(line.statuses()) == ["1", "8"]
    assert len(line.replies()) == 1
    assert line.texts() == ["一次"], "no answer goes back to the phone by itself"


def test_an_undelivered_message_is_reported(line: Line) -> None:
    line.smsc.rule(receipt="UNDELIV")
    line.send("无法送达")
    assert wait_until(lambda: "2" in line.statuses(), 10)


def test_a_number_that_could_be_dialled_is_refused(line: Line) -> None:
    line.send("不得外发", to="+8613800000000")
    assert wait_until(lambda: "16" in line.statuses(), 10)
    assert line.texts() == []


def test_a_reply_reaches_the_web_process_with_sender_and_text(line: Line) -> None:
    assert line.smsc.inbound(line.phone, "1 A1B2 收到，马上出发")
    assert wait_until(lambda: len(line.replies()) == 1, 10)
    (call,) = line.replies()
    assert call.headers["X-Kannel-To"] == line.settings.sms_number
    assert call.text == "1 A1B2 收到，马上出发"
    assert call.user == ("kannel", line.settings.hook_token)


def test_a_long_reply_is_put_together(line: Line) -> None:
    text = "现场已处理完毕，店方承诺整改。" * 12
    assert line.smsc.inbound(line.phone, text)
    assert wait_until(lambda: len(line.replies()) == 1, 10)
    assert line.replies()[0].text == text


def test_a_reply_waits_while_the_web_process_cannot_take_it(line: Line) -> None:
    line.hooks.refuse(1)
    line.smsc.inbound(line.phone, "2 A1B2")
    assert wait_until(lambda: len(line.replies()) == 2, 15)
    first, second = line.replies()
    assert first.query["id"] == second.query["id"]


def test_a_refused_message_is_reported_and_not_sent(line: Line) -> None:
    line.smsc.rule(submit="refuse", count=1)
    line.send("被拒绝")
    assert wait_until(lambda: "16" in line.statuses(), 10)
    assert line.texts() == []


def test_a_message_sent_while_the_smsc_is_away_goes_out_once_it_is_back(line: Line) -> None:
    line.smsc.away()
    assert wait_until(lambda: not line.bound(), 15)
    line.send("短信中心离线时")
    line.smsc.back()
    assert wait_until(lambda: "1" in line.statuses(), 20)
    assert line.texts() == ["短信中心离线时"]


def test_a_throttled_message_goes_out_later_and_once(line: Line) -> None:
    line.smsc.rule(submit="throttle", count=1)
    line.send("被限流的短信")
    assert wait_until(lambda: "1" in line.statuses(), 30)
    assert line.texts() == ["被限流的短信"]


def test_kannels_logs_hold_neither_texts_nor_numbers_nor_the_token(line: Line) -> None:
    line.hooks.refuse(1)
    line.send("机密内容")
    line.smsc.inbound(line.phone, "机密答复")
    assert wait_until(lambda: len(line.replies()) >= 2, 15)
    logs = "".join(
        path.read_text("utf-8", "replace")
        for path in (line.settings.var_dir / "log").glob("*box.log")
    )
    for secret in ("机密内容", "机密答复", line.phone.lstrip("+"), line.settings.hook_token):
        assert secret not in logs


def test_messages_and_receipts_survive_a_restart_of_kannel(line: Line) -> None:
    line.smsc.rule(delay_ms=3000)
    line.send("重启之前")
    assert wait_until(lambda: line.texts() == ["重启之前"], 10)
    line.kannel.stop()
    line.kannel.start()
    assert wait_until(lambda: "1" in line.statuses(), 20)
