"""Which units to send, in what order, and why. Pure: facts in, ranking with reasons out.

Everything is weighed in one currency, seconds until somebody stands at the door: the travel time,
plus what an old position, the way home or a foreign district may cost. The reasons are codes with
parameters; screens put them into words.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.units import lifecycle

FOREIGN_SECONDS = 600
"""A unit of another branch is called only when it is ten minutes nearer."""
RETURNING_SECONDS = 60
"""Turning round: a unit on its way home still has its papers to finish."""
FRESH_SECONDS = 120
STALE_SECONDS = 900
"""Beyond this age a position says nothing: the unit is ranked as if it had none."""
UNPLACED_SECONDS = 3600
"""What not knowing where a unit is may cost."""
ROUGHLY_EQUAL_SECONDS = 60
"""A choice this close to the best needs no reason."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one unit at this moment; times in seconds, distances in metres."""

    unit_id: int
    name: str
    state: str
    certified: int
    crew: int
    own_jurisdiction: bool
    position_age_s: float | None = None
    travel_seconds: float | None = None
    distance_m: float | None = None
    engine: str = "straight"
    order_no: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a code and its parameters."""

    code: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One unit's place in the ranking; `obstacle` is the code that makes it ineligible."""

    facts: Facts
    rank: int
    cost_seconds: float
    obstacle: str | None
    reasons: tuple[Reason, ...]

    @property
    def eligible(self) -> bool:
        return self.obstacle is None


def rank(units: Sequence[Facts]) -> list[Ranked]:
    """The units that may be sent, best first, then the others with what stands in their way."""
    judged = sorted((_judge(facts) for facts in units), key=_order)
    return [
        Ranked(one.facts, place, one.cost_seconds, one.obstacle, one.reasons)
        for place, one in enumerate(judged, start=1)
    ]


def needs_reason(ranked: Sequence[Ranked], chosen: Collection[int]) -> bool:
    """Whether a person who chose these units passed over a clearly better one."""
    left_out = [r.cost_seconds for r in ranked if r.eligible and r.facts.unit_id not in chosen]
    taken = [r.cost_seconds for r in ranked if r.facts.unit_id in chosen]
    if not left_out or not taken:
        return False
    return max(taken) > min(left_out) + ROUGHLY_EQUAL_SECONDS


def obstacle(facts: Facts) -> Reason | None:
    """What forbids sending this unit now, if anything."""
    if facts.state == lifecycle.OUT_OF_SERVICE:
        return Reason("out_of_service", {})
    if facts.state in lifecycle.ENGAGED:
        return Reason("unit_taken", {"order_no": facts.order_no})
    if not facts.crew:
        return Reason("no_crew", {})
    if not lifecycle.is_complete(facts.certified):
        params = {"certified": facts.certified, "needed": lifecycle.MIN_CERTIFIED}
        return Reason("crew_short", params)
    if facts.state == lifecycle.OFF_DUTY:
        return Reason("off_duty", {})
    return None


def _judge(facts: Facts) -> Ranked:
    stands = obstacle(facts)
    weighed = [_travel(facts), _age(facts), _way_home(facts), _district(facts)]
    reasons = [reason for _, reason in weighed if reason]
    if stands:
        reasons.insert(0, stands)
    else:
        reasons.append(Reason("crew_complete", {"certified": facts.certified}))
    cost = sum(seconds for seconds, _ in weighed)
    return Ranked(facts, 0, cost, stands.code if stands else None, tuple(reasons))


def _order(judged: Ranked) -> tuple[bool, float, int]:
    return not judged.eligible, judged.cost_seconds, judged.facts.unit_id


def _is_placed(facts: Facts) -> bool:
    return (
        facts.travel_seconds is not None
        and facts.position_age_s is not None
        and facts.position_age_s <= STALE_SECONDS
    )


def _travel(facts: Facts) -> tuple[float, Reason | None]:
    if not _is_placed(facts) or facts.travel_seconds is None:
        return UNPLACED_SECONDS, None
    params = {
        "minutes": max(1, round(facts.travel_seconds / 60)),
        "distance_m": round(facts.distance_m or 0),
    }
    return facts.travel_seconds, Reason(f"travel_{facts.engine}", params)


def _age(facts: Facts) -> tuple[float, Reason | None]:
    """A position that is `a` seconds old may be wrong by as many seconds of driving, at most."""
    age = facts.position_age_s
    if age is None:
        return 0, Reason("no_position", {})
    if age > STALE_SECONDS:
        return 0, Reason("position_lost", {"seconds": round(age)})
    if age > FRESH_SECONDS:
        return age - FRESH_SECONDS, Reason("position_old", {"seconds": round(age)})
    return 0, Reason("position_fresh", {"seconds": round(age)})


def _way_home(facts: Facts) -> tuple[float, Reason | None]:
    if facts.state == lifecycle.RETURNING:
        return RETURNING_SECONDS, Reason("returning", {})
    return 0, Reason("free", {}) if facts.state == lifecycle.FREE else None


def _district(facts: Facts) -> tuple[float, Reason | None]:
    if facts.own_jurisdiction:
        return 0, Reason("own_jurisdiction", {})
    return FOREIGN_SECONDS, Reason("other_jurisdiction", {})
