"""Shapes of the switch for everything outbound."""

from pydantic import BaseModel, Field

from dispatch.moments import Utc
from kernel.pause import Pause


class PauseIn(BaseModel):
    reason: str = Field(min_length=1, max_length=400)


class PauseOut(BaseModel):
    """Since when nothing leaves, by whose word and why."""

    since: Utc
    by: str
    reason: str


class OutboundOut(BaseModel):
    """`pause` is null while everything may leave; `waiting` counts messages in the queue."""

    pause: PauseOut | None
    waiting: int
    may_switch: bool
    """Whether whoever asks may pause and resume."""


def outbound_out(pause: Pause | None, waiting: int, *, may_switch: bool) -> OutboundOut:
    shown = None
    if pause is not None:
        shown = PauseOut(since=pause.began_at, by=pause.began_by_name, reason=pause.reason)
    return OutboundOut(pause=shown, waiting=waiting, may_switch=may_switch)
