"""The vehicle's own terminal: the order on its screen and in its voice, then a question.

The words and the question are two messages: every terminal takes words, not every one can ask.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from dispatch.delivery.channels.base import Outgoing, Taken
from dispatch.delivery.letter import as_text
from dispatch.delivery.lifecycle import QUEUED
from gps_ingest import downlink
from gps_ingest.downlink import Choice
from kernel.gate import gate

WORDS, QUESTION = "delivery", "question"
"""What a downlink of ours refers to: the delivery whose words it carries, or whose question."""
ACCEPT, CANNOT, NEED_HELP, ARRIVED, DONE = 1, 2, 3, 4, 5
"""Answers, and events that a driver may report at any time."""
ANSWERS = (Choice(ACCEPT, "接令"), Choice(CANNOT, "不能执行"), Choice(NEED_HELP, "需要支援"))
UNDER_WAY = (Choice(ARRIVED, "已到场"), Choice(NEED_HELP, "需要支援"))
EVENTS = (*UNDER_WAY, Choice(DONE, "处置完毕"))
HINT = "请用手机答复"
MARK = "（重发）"


class VehicleChannel:
    """Orders to terminals that take messages; an address is the terminal's id."""

    name = "vehicle"
    needs_layout = False

    def send(self, session: Session, out: Outgoing) -> Taken:
        terminal_id = int(out.address)
        words = self.tell(session, terminal_id, out)
        if not out.is_recall:
            downlink.offer_events(session, terminal_id, EVENTS)
            self.ask(session, terminal_id, out.order_no, out.delivery_id)
        return Taken(QUEUED, downlink_id=words)

    def tell(self, session: Session, terminal_id: int, out: Outgoing) -> int:
        """Words for the screen and the voice; what became of them comes back as a job."""
        mark = MARK if out.repeat_of else ""
        words = out.message.written(lambda content: (mark + as_text(content))[: downlink.MAX_TEXT])
        about = (WORDS, out.delivery_id)
        return downlink.tell(session, terminal_id, words, urgent=out.urgency > 0, reference=about)

    def ask(
        self, session: Session, terminal_id: int, order_no: str, delivery_id: int,
        *, under_way: bool = False,
    ) -> int:  # fmt: skip
        """Whether the driver takes the order, or has arrived; the answer comes back as a job."""
        question = gate.clear("order_question.vehicle", {"order_no": order_no}).written(
            _arrival if under_way else _acceptance
        )
        choices = UNDER_WAY if under_way else ANSWERS
        about = (QUESTION, delivery_id)
        return downlink.ask(session, terminal_id, question, choices, fallback=HINT, reference=about)

    def cancel(self, session: Session, engine_id: int) -> bool:
        return downlink.cancel(session, engine_id)


def _acceptance(said: Mapping[str, Any]) -> str:
    return f"指令{said['order_no']}，是否接令？"


def _arrival(said: Mapping[str, Any]) -> str:
    return f"指令{said['order_no']}，到场后请按键"
