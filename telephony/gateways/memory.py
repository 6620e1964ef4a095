"""A gateway that keeps what it was given: the in-memory twin of every engine, for tests."""

from collections import deque
from dataclasses import dataclass, field

from telephony.engine_http import NotReached
from telephony.gateways.base import Accepted, Health, OutcomeUnknown, Outgoing, Refused
from telephony.lifecycle import Channel

NAME = "memory"


@dataclass
class MemoryGateway:
    """Takes everything while `running`; `script` holds the answers to the next messages."""

    channel: str = Channel.SMS
    name: str = NAME
    real: bool = False
    running: bool = True
    sent: list[Outgoing] = field(default_factory=list)
    hung_up: list[tuple[int, int]] = field(default_factory=list)
    """Calls (message, attempt) that were to end if nobody has answered them."""
    script: deque[Accepted | Refused | OutcomeUnknown] = field(default_factory=deque)

    def send(self, outgoing: Outgoing) -> Accepted | Refused:
        if not self.running:
            return Refused("engine_unreachable", again=True)
        answer = self.script.popleft() if self.script else Accepted(f"memory-{len(self.sent) + 1}")
        if isinstance(answer, Refused):
            return answer
        self.sent.append(outgoing)
        if isinstance(answer, OutcomeUnknown):
            raise answer
        return answer

    def hang_up(self, message_id: int, attempt: int) -> None:
        if not self.running:
            raise NotReached
        self.hung_up.append((message_id, attempt))

    def health(self) -> Health:
        return Health(self.running, {"engine": "memory", "simulator": True})
