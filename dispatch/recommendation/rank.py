"""Which units to send, in what order, and why. Pure: facts in, ranking with reasons out.

Everything is weighed in one currency, seconds until somebody stands at the door: the travel time,
plus what an unsure position, the way home, a foreign district, a long shift or a branch left
without a unit may cost, or a piece of equipment that the case needs and the unit lacks. The reasons
are codes with parameters; screens put them into words.

Thousands are weighed by columns; one unit's facts are put together where somebody asks for them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dispatch.units import lifecycle

Column = NDArray[Any]

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
LACKING_SECONDS = 300
"""For each piece of equipment that the case needs and somebody would have to bring."""
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
    has: tuple[str, ...] = ()
    """Codes of the equipment that the case needs and it carries."""
    lacks: tuple[str, ...] = ()
    """Codes of what the case needs and it does not carry."""

    @property
    def uncertainty_m(self) -> float | None:
        """Radius of where it may be by now: what it may have driven since it was heard."""
        if self.position_age_s is None:
            return None
        speed = np.nan if self.speed_kmh is None else self.speed_kmh
        return float(_uncertainty_m(self.position_age_s, speed))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a code and its parameters."""

    code: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """The `Facts` of many units, a column each; an unknown number is NaN."""

    unit_id: Sequence[int]
    name: Sequence[str]
    state: Column
    certified: Column
    crew: Column
    own_jurisdiction: Column
    position_age_s: Column
    travel_seconds: Column
    distance_m: Column
    engine: Sequence[str] | Column
    order_no: Sequence[str | None]
    speed_kmh: Column
    shift_hours: Column
    is_last: Column
    has: Sequence[tuple[str, ...]]
    lacks: Sequence[tuple[str, ...]]

    def facts(self, at: int) -> Facts:
        """Of the unit in that row."""
        return Facts(*[_plain(getattr(self, name)[at]) for name in _COLUMNS])


_COLUMNS = tuple(one.name for one in fields(Facts))


class Ranked(NamedTuple):
    """One unit's place in the ranking; `stands` in the way of an ineligible one."""

    fleet: Fleet
    row: int
    unit_id: int
    rank: int
    cost_seconds: float
    stands: Reason | None

    @property
    def facts(self) -> Facts:
        return self.fleet.facts(self.row)

    @property
    def obstacle(self) -> str | None:
        """Its code."""
        return self.stands.code if self.stands else None

    @property
    def eligible(self) -> bool:
        return self.stands is None

    @property
    def reasons(self) -> list[Reason]:
        """Why it stands where it stands, what weighs most first."""
        return explain(self.facts)


def rank(fleet: Fleet) -> list[Ranked]:
    """The units that may be sent, best first, then the others with what stands in their way."""
    stands, seconds = obstacles(fleet), costs(fleet)
    is_stopped = [why is not None for why in stands]
    order = np.lexsort((np.array(fleet.unit_id), seconds, np.array(is_stopped))).tolist()
    took = seconds.tolist()
    return [
        Ranked(fleet, row, fleet.unit_id[row], place, took[row], stands[row])
        for place, row in enumerate(order, start=1)
    ]


def costs(fleet: Fleet) -> Column:
    """Seconds until somebody stands at the door, as far as can be told, for each unit."""
    age, travel = fleet.position_age_s, fleet.travel_seconds
    is_placed = (age <= STALE_SECONDS) & ~np.isnan(travel)
    is_unsure = (age > FRESH_SECONDS) & (age <= STALE_SECONDS)
    unsure = _uncertainty_m(age, fleet.speed_kmh) / CITY_MPS
    seconds: Column = (
        np.where(is_placed, travel, UNPLACED_SECONDS)
        + np.where(is_unsure, unsure, 0)
        + LAST_SECONDS * fleet.is_last
        + TIRED_SECONDS * (fleet.shift_hours > LONG_SHIFT_HOURS)
        + RETURNING_SECONDS * (fleet.state == lifecycle.RETURNING)
        + FOREIGN_SECONDS * ~fleet.own_jurisdiction
        + LACKING_SECONDS * np.array([len(codes) for codes in fleet.lacks], dtype=int)
    )
    return seconds


def explain(facts: Facts) -> list[Reason]:
    """The same in words: an obstacle first, then the way, the position, the state, the place."""
    stands = obstacle(facts.state, facts.certified, facts.crew, facts.order_no)
    found = [
        stands, _way(facts), _position(facts), _state(facts), _district(facts), _shift(facts),
        Reason("lacks_equipment", {"codes": list(facts.lacks)}) if facts.lacks else None,
        Reason("has_equipment", {"codes": list(facts.has)}) if facts.has else None,
        Reason("last_of_branch", {}) if facts.is_last else None,
    ]  # fmt: skip
    if stands is None:
        found.append(Reason("crew_complete", {"certified": facts.certified}))
    return [reason for reason in found if reason]


def needs_reason(ranked: Sequence[Ranked], chosen: Collection[int]) -> bool:
    """Whether a person who chose these units passed over a clearly better one."""
    left_out = [r.cost_seconds for r in ranked if r.eligible and r.unit_id not in chosen]
    taken = [r.cost_seconds for r in ranked if r.unit_id in chosen]
    if not left_out or not taken:
        return False
    return max(taken) > min(left_out) + ROUGHLY_EQUAL_SECONDS


def obstacles(fleet: Fleet) -> list[Reason | None]:
    """What forbids sending each unit now, if anything."""
    return list(map(obstacle, fleet.state.tolist(), fleet.certified.tolist(),
                    fleet.crew.tolist(), fleet.order_no))  # fmt: skip


def obstacle(state: str, certified: int, crew: int, order_no: str | None) -> Reason | None:
    """What forbids sending a unit now, if anything."""
    if state == lifecycle.OUT_OF_SERVICE:
        return Reason("out_of_service", {})
    if state in lifecycle.ENGAGED:
        return Reason("unit_taken", {"order_no": order_no})
    if not crew:
        return Reason("no_crew", {})
    if not lifecycle.is_complete(certified):
        params = {"certified": certified, "needed": lifecycle.MIN_CERTIFIED}
        return Reason("crew_short", params)
    if state == lifecycle.OFF_DUTY:
        return Reason("off_duty", {})
    return None


def _uncertainty_m(age_s: Any, speed_kmh: Any) -> Any:
    """Array or number; an unknown speed (NaN) is the usual one."""
    pace = np.where(np.isnan(speed_kmh), CITY_MPS, np.maximum(speed_kmh / 3.6, SLOWEST_MPS))
    return RECEIVER_METRES + np.maximum(0.0, age_s) * pace


def _plain(value: Any) -> Any:
    """One cell as Python knows it: an unknown number is None."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if value != value else value  # NaN alone differs from itself.


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


def _shift(facts: Facts) -> Reason | None:
    if facts.shift_hours is None or facts.shift_hours <= LONG_SHIFT_HOURS:
        return None
    return Reason("long_on_duty", {"hours": int(facts.shift_hours)})


def _district(facts: Facts) -> Reason:
    return Reason("own_jurisdiction" if facts.own_jurisdiction else "other_jurisdiction", {})
