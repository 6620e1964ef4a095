"""What every channel speaks. A channel is what a dispatcher chooses; engines are telephony's."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from dispatch.delivery.letter import Letter


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One delivery as its channel sees it. `repeat` marks what has gone before."""

    delivery_id: int
    name: str
    address: str
    text: str
    letter: Letter | None
    urgent: bool
    repeat: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What the channel made of it: the engine's message, or a state reached at once."""

    message_id: int | None
    state: str


class Channel(Protocol):
    """Queues in the caller's transaction; news of it comes back as jobs."""

    name: str

    def send(self, session: Session, out: Outgoing) -> Taken: ...

    def cancel(self, session: Session, message_id: int | None) -> bool:
        """Stop it; False when it may already have left."""
        ...
