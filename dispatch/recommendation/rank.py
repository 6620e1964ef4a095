"""Which units to send, in what order, and why. Pure: facts in, ranking with reasons out.

Everything is weighed in one currency, seconds until somebody stands at the door: the travel time,
plus what an unsure position, the way home, a foreign district, a long shift or a branch left
without a unit may cost. The reasons are codes with parameters; screens put them into words.
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
LAST_SECONDS = 240
"""Its branch has no other unit to send: what happens there next waits so much longer."""
LONG_SHIFT_HOURS, TIRED_SECONDS = 10.0, 300
"""After so many hours on duty a fresher crew is preferred."""
CITY_MPS = 30 / 3.6
"""A vehicle's usual speed in a city, metres a second."""
RECEIVER_METRES, SLOWEST_MPS = 20.0, 1.0
"""How far off a position is when it comes; how fast a car that stood may have moved since."""
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
    speed_kmh: float | None = None
    shift_hours: float | None = None
    """Since the first of the crew signed on."""
    is_last: bool = False
    """Whether its branch has no other unit that could be sent."""

    @property
    def uncertainty_m(self) -> float | None:
        """Radius of where it may be by now: what it may have driven since it was heard."""
        if self.position_age_s is None:
            return None
        pace = CITY_MPS if self.speed_kmh is None else max(self.speed_kmh / 3.6, SLOWEST_MPS)
        return RECEIVER_METRES + max(0.0, self.position_age_s) * pace


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

    @property
    def eligible(self) -> bool:
        return self.obstacle is None

    @property
    def reasons(self) -> list[Reason]:
        """Why it stands where it stands, what weighs most first."""
        return explain(self.facts)


def rank(units: Sequence[Facts]) -> list[Ranked]:
    """The units that may be sent, best first, then the others with what stands in their way."""
    judged = [(obstacle(facts), cost(facts), facts) for facts in units]
    judged.sort(key=lambda one: (one[0] is not None, one[1], one[2].unit_id))
    return [
        Ranked(facts, place, seconds, stands.code if stands else None)
        for place, (stands, seconds, facts) in enumerate(judged, start=1)
    ]


def cost(facts: Facts) -> float:
    """Seconds until somebody stands at the door, as far as can be told."""
    age = facts.position_age_s or 0
    seconds = facts.travel_seconds if _is_placed(facts) else None
    unsure = (facts.uncertainty_m or 0) / CITY_MPS if FRESH_SECONDS < age <= STALE_SECONDS else 0
    return (
        (UNPLACED_SECONDS if seconds is None else seconds)
        + unsure
        + (LAST_SECONDS if facts.is_last else 0)
        + (TIRED_SECONDS if _is_tired(facts) else 0)
        + (RETURNING_SECONDS if facts.state == lifecycle.RETURNING else 0)
        + (0 if facts.own_jurisdiction else FOREIGN_SECONDS)
    )


def explain(facts: Facts) -> list[Reason]:
    """The same in words: an obstacle first, then the way, the position, the state, the place."""
    stands = obstacle(facts)
    found = [
        stands, _way(facts), _position(facts), _state(facts), _district(facts), _shift(facts),
        Reason("last_of_branch", {}) if facts.is_last else None,
    ]  # fmt: skip
    if stands is None:
        found.append(Reason("crew_complete", {"certified": facts.certified}))
    return [reason for reason in found if reason]


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


def _is_placed(facts: Facts) -> bool:
    return facts.position_age_s is not None and facts.position_age_s <= STALE_SECONDS


def _way(facts: Facts) -> Reason | None:
    if facts.travel_seconds is None or not _is_placed(facts):
        return None
    params = {
        "minutes": max(1, round(facts.travel_seconds / 60)),
        "distance_m": round(facts.distance_m or 0),
    }
    return Reason(f"travel_{facts.engine}", params)


def _position(facts: Facts) -> Reason:
    age = facts.position_age_s
    if age is None:
        return Reason("no_position", {})
    if age > STALE_SECONDS:
        return Reason("position_lost", {"seconds": round(age)})
    code = "position_old" if age > FRESH_SECONDS else "position_fresh"
    metres = round(facts.uncertainty_m or 0)
    return Reason(code, {"seconds": max(0, round(age)), "metres": metres})


def _state(facts: Facts) -> Reason | None:
    known = {lifecycle.RETURNING: "returning", lifecycle.FREE: "free"}
    return Reason(known[facts.state], {}) if facts.state in known else None


def _is_tired(facts: Facts) -> bool:
    return facts.shift_hours is not None and facts.shift_hours > LONG_SHIFT_HOURS


def _shift(facts: Facts) -> Reason | None:
    if facts.shift_hours is None or not _is_tired(facts):
        return None
    return Reason("long_on_duty", {"hours": int(facts.shift_hours)})


def _district(facts: Facts) -> Reason:
    return Reason("own_jurisdiction" if facts.own_jurisdiction else "other_jurisdiction", {})
