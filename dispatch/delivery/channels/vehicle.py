"""The vehicle's own terminal: the order on its screen and in its voice, then a question.

The words and the question are two messages: every terminal takes words, not every one can ask.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from dispatch.delivery.channels.base import Outgoing, Taken
from dispatch.delivery.letter import as_text
from dispatch.delivery.lifecycle import QUEUED
from gps_ingest import downlink
from gps_ingest.downlink import Choice

WORDS, QUESTION = "delivery", "question"
"""What a downlink of ours refers to: the delivery whose words it carries, or whose question."""
ACCEPT, CANNOT, NEED_HELP, ARRIVED, DONE = 1, 2, 3, 4, 5
"""Answers, and events that a driver may report at any time."""
ANSWERS = (Choice(ACCEPT, "接令"), Choice(CANNOT, "不能执行"), Choice(NEED_HELP, "需要支援"))
UNDER_WAY = (Choice(ARRIVED, "已到场"), Choice(NEED_HELP, "需要支援"))
EVENTS = (*UNDER_WAY, Choice(DONE, "处置完毕"))
HINT = "请用手机答复指令"


class VehicleChannel:
    """Orders to terminals that take messages; an address is the terminal's id."""

    name = "vehicle"
    needs_layout = False

    def send(self, session: Session, out: Outgoing) -> Taken:
        text = out.message.written(as_text).for_way(self.name)
        terminal_id = int(out.address)
        mark = "（重发）" if out.repeat_of else ""
        words = self.tell(session, terminal_id, mark + text, out.urgency, (WORDS, out.delivery_id))
        if not out.is_recall:
            downlink.offer_events(session, terminal_id, EVENTS)
            question = f"{mark}指令{out.order_no}，是否接令？"
            self.ask(session, terminal_id, question, ANSWERS, (QUESTION, out.delivery_id))
        return Taken(QUEUED, downlink_id=words)

    def tell(
        self, session: Session, terminal_id: int, words: str, urgency: int, about: tuple[str, int]
    ) -> int:
        """Words for the screen and the voice, aloud where it is urgent."""
        words = words.replace("\n", " ")[: downlink.MAX_TEXT]
        return downlink.tell(session, terminal_id, words, urgent=urgency > 0, reference=about)

    def ask(
        self,
        session: Session,
        terminal_id: int,
        question: str,
        choices: Sequence[Choice],
        about: tuple[str, int],
    ) -> int:
        """A question to the driver; what was chosen comes back as a job."""
        return downlink.ask(session, terminal_id, question, choices, fallback=HINT, reference=about)

    def cancel(self, session: Session, engine_id: int) -> bool:
        return downlink.cancel(session, engine_id)
