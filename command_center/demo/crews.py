"""What a simulated crew does next with its order, and when. Pure."""

import re
from dataclasses import dataclass
from random import Random

CODE = re.compile(r"码(\d{4})")
REPLY_OF = {"ISSUED": "1", "ACKED": "2", "EN_ROUTE": "3", "ON_SCENE": "5"}
"""Assignment state -> the digit a crew answers with (1 accept, 2 set out, 3 arrived, 5 done)."""
PAUSE_SECONDS = {"ISSUED": (8, 40), "ACKED": (5, 20), "EN_ROUTE": (3, 10), "ON_SCENE": (60, 240)}


@dataclass(frozen=True, slots=True)
class Task:
    """A unit's open assignment as the roster tells it; the target is WGS-84 degrees."""

    assignment_id: int
    code: str
    state: str
    lon: float | None
    lat: float | None


@dataclass
class Crew:
    """Remembers since when its task has stood in which state, and what was already answered."""

    random: Random
    seen: tuple[int, str] | None = None
    answer_at: float = 0.0
    answered: tuple[int, str] | None = None

    def reply(self, task: Task, now_seconds: float, *, has_text: bool, arrived: bool) -> str | None:
        """The SMS to send now, or None. Nobody answers before the text has reached the phone."""
        step = (task.assignment_id, task.state)
        if step != self.seen:
            low, high = PAUSE_SECONDS.get(task.state, (30, 60))
            self.seen, self.answer_at = step, now_seconds + self.random.uniform(low, high)
        digit = REPLY_OF.get(task.state)
        waits = now_seconds < self.answer_at or (task.state == "EN_ROUTE" and not arrived)
        if digit is None or step == self.answered or waits or not has_text:
            return None
        self.answered = step
        return f"{task.code} {digit}"


def codes_in(text: str) -> list[str]:
    """The reply codes that an order's SMS names."""
    return CODE.findall(text)
