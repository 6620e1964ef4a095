"""A gateway that keeps what it was given: the in-memory twin of every engine, for tests."""

from collections import deque
from dataclasses import dataclass, field

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

    def health(self) -> Health:
        return Health(self.running, {"engine": "memory", "simulator": True})
