"""Which units to send, in what order, and why. Pure: facts in, ranking with reasons out.

Everything is weighed in one currency, seconds until somebody stands at the door: the travel time,
plus what an unsure position, the way home, a foreign district, a long shift or a branch left
without a unit may cost, or a piece of equipment that the case needs and the unit lacks. The reasons
are codes with parameters; screens put them into words.

Thousands are weighed by columns; one unit's facts are put together where somebody asks for them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, overload

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

    def facts(self, rows: Sequence[int]) -> list[Facts]:
        """Of the units in these rows."""
        columns = (_cells(getattr(self, name), rows) for name in _COLUMNS)
        return [Facts(*cells) for cells in zip(*columns, strict=True)]


_COLUMNS = tuple(one.name for one in fields(Facts))


@dataclass(frozen=True, slots=True)
class Ranked:
    """One unit's place in the ranking."""

    facts: Facts
    rank: int
    cost_seconds: float

    @property
    def obstacle(self) -> str | None:
        """The code of what forbids sending it now, if anything."""
        return obstacle(self.facts.state, self.facts.certified, self.facts.crew)

    @property
    def eligible(self) -> bool:
        return self.obstacle is None

    @property
    def stands(self) -> Reason | None:
        """What stands in its way, with what the words need."""
        return _stands(self.facts)

    @property
    def reasons(self) -> list[Reason]:
        """Why it stands where it stands, what weighs most first."""
        return explain(self.facts)


class Ranking(Sequence[Ranked]):
    """The units that may be sent, best first, then the others; each is put together when it is
    asked for.
    """

    def __init__(self, fleet: Fleet):
        self.fleet, self.seconds, self.may_go = fleet, costs(fleet), may_go(fleet)
        self.unit_ids = np.array(fleet.unit_id, dtype=int)
        self.order = np.lexsort((self.unit_ids, self.seconds, ~self.may_go))

    def __len__(self) -> int:
        return len(self.order)

    @overload
    def __getitem__(self, at: int) -> Ranked: ...
    @overload
    def __getitem__(self, at: slice) -> list[Ranked]: ...
    def __getitem__(self, at: int | slice) -> Ranked | list[Ranked]:
        places = range(len(self))[at]
        if isinstance(places, int):
            return self._at(range(places, places + 1))[0]
        return self._at(places)

    def _at(self, places: range) -> list[Ranked]:
        rows = [int(self.order[place]) for place in places]
        return [
            Ranked(facts, place + 1, float(self.seconds[row]))
            for facts, place, row in zip(self.fleet.facts(rows), places, rows, strict=True)
        ]

    def of(self, unit_id: int) -> Ranked | None:
        """The place of that unit, if it is there."""
        found = np.flatnonzero(self.unit_ids[self.order] == unit_id)
        return self[int(found[0])] if len(found) else None


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
    stands = _stands(facts)
    found = [
        stands, _way(facts), _position(facts), _state(facts), _district(facts), _shift(facts),
        Reason("lacks_equipment", {"codes": list(facts.lacks)}) if facts.lacks else None,
        Reason("has_equipment", {"codes": list(facts.has)}) if facts.has else None,
        Reason("last_of_branch", {}) if facts.is_last else None,
    ]  # fmt: skip
    if stands is None:
        found.append(Reason("crew_complete", {"certified": facts.certified}))
    return [reason for reason in found if reason]


def needs_reason(ranking: Ranking, chosen: Collection[int]) -> bool:
    """Whether a person who chose these units passed over a clearly better one."""
    is_chosen = np.isin(ranking.unit_ids, list(chosen))
    taken, left_out = ranking.seconds[is_chosen], ranking.seconds[ranking.may_go & ~is_chosen]
    if not len(left_out) or not len(taken):
        return False
    return bool(taken.max() > left_out.min() + ROUGHLY_EQUAL_SECONDS)


def may_go(fleet: Fleet) -> Column:
    """Whether nothing forbids sending each unit now."""
    known = zip(fleet.state.tolist(), fleet.certified.tolist(), fleet.crew.tolist(), strict=True)
    return np.array([obstacle(*one) is None for one in known], dtype=bool)


@lru_cache(maxsize=1024)
def obstacle(state: str, certified: int, crew: int) -> str | None:
    """The code of what forbids sending a unit now, if anything."""
    if state == lifecycle.OUT_OF_SERVICE:
        return "out_of_service"
    if state in lifecycle.ENGAGED:
        return "unit_taken"
    if not crew:
        return "no_crew"
    if not lifecycle.is_complete(certified):
        return "crew_short"
    return "off_duty" if state == lifecycle.OFF_DUTY else None


def _stands(facts: Facts) -> Reason | None:
    code = obstacle(facts.state, facts.certified, facts.crew)
    params: dict[str, dict[str, Any]] = {
        "unit_taken": {"order_no": facts.order_no},
        "crew_short": {"certified": facts.certified, "needed": lifecycle.MIN_CERTIFIED},
    }
    return Reason(code, params.get(code, {})) if code else None


def _uncertainty_m(age_s: Any, speed_kmh: Any) -> Any:
    """Array or number; an unknown speed (NaN) is the usual one."""
    pace = np.where(np.isnan(speed_kmh), CITY_MPS, np.maximum(speed_kmh / 3.6, SLOWEST_MPS))
    return RECEIVER_METRES + np.maximum(0.0, age_s) * pace


def _cells(column: Column | Sequence[Any], rows: Sequence[int]) -> list[Any]:
    """Of a column, as Python knows them: an unknown number is None."""
    cells = column[rows].tolist() if isinstance(column, np.ndarray) else [column[r] for r in rows]
    return [None if cell != cell else cell for cell in cells]  # NaN alone differs from itself.


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
