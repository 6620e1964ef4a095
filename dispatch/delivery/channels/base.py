"""What every channel speaks. A channel is what a dispatcher chooses; engines are telephony's."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from dispatch.delivery.letter import Letter
from kernel.gate.gate import Cleared


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One delivery as its channel sees it. `repeat_of` is the message it repeats."""

    delivery_id: int
    order_id: int
    assignment_id: int
    order_no: str
    urgency: int
    name: str
    address: str
    message: Cleared[str | Letter]
    repeat_of: int | None = None

    @property
    def is_recall(self) -> bool:
        """Whether it takes an order back."""
        return "_recall." in self.message.purpose


@dataclass(frozen=True, slots=True)
class Taken:
    """What the channel made of it: a state, and the engine's message once there is one:
    telephony's, or the vehicles'.
    """

    state: str
    message_id: int | None = None
    pages: int | None = None
    downlink_id: int | None = None


class Channel(Protocol):
    """Takes a delivery in the caller's transaction; news of it comes back as jobs.

    `needs_layout`: a page is made first, by a worker, and `send` is called then.
    """

    name: str
    needs_layout: bool

    def send(self, session: Session, out: Outgoing) -> Taken:
        """Raises BadInput for an address or content that the engine cannot take, NotCleared for
        words that were cleared for another way."""
        ...

    def cancel(self, session: Session, engine_id: int) -> bool:
        """Stop it; False when it may already have left."""
        ...
