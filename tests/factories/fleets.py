"""Fleets for the ranking, and what each unit costs, reckoned slowly one by one."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from dispatch.recommendation import rank
from dispatch.recommendation.rank import Facts, Fleet

NUMBERS = {"position_age_s", "travel_seconds", "distance_m", "speed_kmh", "shift_hours"}
ARRAYS = {"state": str, "certified": int, "crew": int, "own_jurisdiction": bool, "is_last": bool}


def fleet_of(units: Sequence[Facts]) -> Fleet:
    """The columns of these units."""
    told = {one.name: [getattr(unit, one.name) for unit in units] for one in fields(Facts)}
    arrays = ARRAYS | dict.fromkeys(NUMBERS, float)
    return Fleet(**{  # type: ignore[arg-type]
        name: np.array(column, dtype=arrays[name]) if name in arrays else column
        for name, column in told.items()
    })  # fmt: skip


def facts_of(fleet: Fleet) -> list[Facts]:
    """The units of these columns."""
    return fleet.facts(range(len(fleet.unit_id)))


def slow_cost(facts: Facts) -> float:
    """The rules of `rank.costs`, read one after the other."""
    age = facts.position_age_s
    seconds = facts.travel_seconds
    if seconds is None or age is None or age > rank.STALE_SECONDS:
        seconds = rank.UNPLACED_SECONDS
    if age is not None and rank.FRESH_SECONDS < age <= rank.STALE_SECONDS:
        pace = rank.CITY_MPS
        if facts.speed_kmh is not None:
            pace = max(facts.speed_kmh / 3.6, rank.SLOWEST_MPS)
        seconds += (rank.RECEIVER_METRES + age * pace) / rank.CITY_MPS
    seconds += rank.LAST_SECONDS if facts.is_last else 0
    if facts.shift_hours is not None and facts.shift_hours > rank.LONG_SHIFT_HOURS:
        seconds += rank.TIRED_SECONDS
    seconds += rank.RETURNING_SECONDS if facts.state == "RETURNING" else 0
    seconds += 0 if facts.own_jurisdiction else rank.FOREIGN_SECONDS
    return seconds + rank.LACKING_SECONDS * len(facts.lacks)


def slow_obstacle(facts: Facts) -> str | None:
    """The code of what forbids sending it."""
    if facts.state == "OUT_OF_SERVICE":
        return "out_of_service"
    if facts.state in {"ASSIGNED", "EN_ROUTE", "ON_SCENE", "HANDLING"}:
        return "unit_taken"
    if facts.crew == 0:
        return "no_crew"
    if facts.certified < 2:
        return "crew_short"
    return "off_duty" if facts.state == "OFF_DUTY" else None
