"""What follows while nobody has taken an order: data, by urgency and organisation. Pure.

A policy says over which channels an order leaves at once, what is tried after how long without an
acknowledgement, and within which times each stage has to be reached (SPEC §4.3, §5 step 8). It
moves through the numbers and channels of the unit itself, then to people; another unit is only
proposed, unless a commander has signed that it is sent.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Self

from dispatch.alarms.ladder import RUNGS
from dispatch.orders.recipients import CHANNELS
from kernel.errors import BadInput

SEND, RING, UNIT, STOP = "send", "ring", "unit", "stop"
ACTS = (SEND, RING, UNIT, STOP)
"""By more channels; an alarm for people; another unit; no more attempts."""
ALL, NEXT = "all", "next"
"""Of the addresses that were not tried yet: every one at once, or the first."""
MAX_STEPS, LONGEST, SHORTEST_PAUSE = 20, 86_400, 15
"""Steps of a policy; seconds."""
LIMITS = ("ack", "depart", "arrive", "feedback")
"""The stages that have a time limit, in the order in which they are reached."""
LONGEST_LIMIT = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done `after` so many seconds without an acknowledgement.

    `every`: where `reach` is `next`, the pause in seconds before the address after that; 0 leaves
    it at one. `rung`: where an alarm is raised, or lifted to.
    """

    after: int
    act: str
    channels: tuple[str, ...] = ()
    reach: str = ALL
    every: int = 0
    rung: str = ""

    def check(self) -> None:
        """Raises BadInput `steps` with what is wrong."""
        if self.act not in ACTS:
            raise BadInput("steps", "unknown_act")
        if not 0 < self.after <= LONGEST:
            raise BadInput("steps", "bad_time")
        if (self.act == SEND) != bool(self.channels) or set(self.channels) - set(CHANNELS):
            raise BadInput("steps", "bad_channels")
        if self.reach not in (ALL, NEXT) or (self.every and self.reach != NEXT):
            raise BadInput("steps", "bad_reach")
        if self.every and not SHORTEST_PAUSE <= self.every <= LONGEST:
            raise BadInput("steps", "bad_time")
        if (self.act == RING) != (self.rung in RUNGS):
            raise BadInput("steps", "bad_rung")


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a policy; without an `id` it is the house's own."""

    urgency: int
    channels: tuple[str, ...]
    """What the order leaves by at once, where the dispatcher does not choose otherwise."""
    limits: dict[str, int]
    """Seconds from the issue until each of LIMITS."""
    steps: tuple[Step, ...]
    id: int | None = None
    version: int = 0
    signed: bool = False
    """Whether a commander has signed that another unit is sent and not only proposed."""

    def check(self) -> Self:
        """The same; raises BadInput naming `channels`, `limits` or `steps`."""
        if not self.channels or set(self.channels) - set(CHANNELS):
            raise BadInput("channels", "unknown" if self.channels else "required")
        times = [self.limits.get(name, 0) for name in LIMITS]
        if set(self.limits) != set(LIMITS) or not _grows(times) or times[0] <= 0:
            raise BadInput("limits", "not_in_order")
        if times[-1] > LONGEST_LIMIT:
            raise BadInput("limits", "too_long")
        if len(self.steps) > MAX_STEPS or not _grows([step.after for step in self.steps]):
            raise BadInput("steps", "not_in_order")
        for step in self.steps:
            step.check()
        if any(step.act == STOP for step in self.steps[:-1]):
            raise BadInput("steps", "stop_is_last")
        return self

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        steps = tuple(Step(**{**one, "channels": tuple(one["channels"])}) for one in kept["steps"])
        return cls(**{**kept, "channels": tuple(kept["channels"]), "steps": steps})


def _grows(times: Sequence[int]) -> bool:
    return all(before <= after for before, after in pairwise(times))


_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_AT_ONCE = ("app", "vehicle", "sms")


def _house(urgency: int, ack: int, others: tuple[int, int, int], *steps: Step) -> Policy:
    limits = dict(zip(LIMITS, (ack, *others), strict=True))
    asked = (Step(ack, RING, rung=RUNGS[0]), Step(ack, UNIT))
    return Policy(urgency, _AT_ONCE, limits, (*steps, *asked)).check()


HOUSE: dict[int, Policy] = {
    0: _house(0, 5 * _MINUTE, (15 * _MINUTE, 2 * _HOUR, _DAY)),
    1: _house(1, 5 * _MINUTE, (10 * _MINUTE, _HOUR, 8 * _HOUR), Step(90, SEND, CHANNELS)),
    2: _house(2, 2 * _MINUTE, (5 * _MINUTE, 40 * _MINUTE, 4 * _HOUR), Step(45, SEND, CHANNELS)),
    3: _house(3, 2 * _MINUTE, (5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR), Step(30, SEND, CHANNELS)),
}
"""Until a bureau writes its own, by urgency. An alarm climbs by itself from there (SPEC §4.3)."""
