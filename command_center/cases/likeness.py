"""Whether two cases are about the same thing, why, and what hangs together. Pure.

Every reason weighs the same whoever it joins: a weight that grew with nearness or with equal words
would tell the two halves of a mixed call apart from their neighbours (decision record 25).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from kernel.gate.patterns import squeezed
from maps.plane import distance_m

Reason = Literal["subject", "place", "category", "text", "phone"]
REASONS: tuple[Reason, ...] = get_args(Reason)
WEIGHT: Mapping[Reason, int] = {"subject": 3, "place": 2, "phone": 2, "category": 1, "text": 1}
ENOUGH = 3
"""A link takes the same subject, or the same place and something besides."""
AT_METRES, NEAR_METRES, APART_METRES = 60, 300, 1000
"""One place; near enough for one name to be one shop; too far apart for one visit."""
EXACT = frozenset({"door", "point", "crossing", "landmark"})
"""Levels of a place that is a spot and no street or district."""
ALIKE = 0.4
"""From this share of common pairs of characters on, two descriptions say the same (Dice)."""
CATEGORIES = ("object_code", "problem_code", "violation_code")


@dataclass(frozen=True, slots=True)
class Facts:
    """What likeness is told by: nothing that not everybody who sees the case sees."""

    kind: str = ""
    received_at: datetime | None = None
    business_id: int | None = None
    credit_code: str = ""
    name: str = ""
    address: str = ""
    point: tuple[float, float] | None = None
    """Longitude and latitude in degrees; None unless the place is exact."""
    categories: frozenset[str] = frozenset()
    words: str = ""
    """The facts that may leave the house; a report's are sealed."""
    is_draft: bool = False
    """Nobody has pointed at the map yet: a name may stand anywhere."""


def reasons(
    one: Facts, other: Facts, window: timedelta, *, same_phone: bool = False
) -> frozenset[Reason]:
    """Why the two are linked; empty where they are not. A phone counts between complainants."""
    if one.received_at and other.received_at and abs(one.received_at - other.received_at) > window:
        return frozenset()
    found = frozenset(_found(one, other, same_phone=same_phone))
    return found if is_enough(found) else frozenset()


def is_enough(found: Iterable[Reason]) -> bool:
    """Whether these make a link."""
    found = frozenset(found)
    return bool(found & {"subject", "place"}) and weight(found) >= ENOUGH


def weight(found: Iterable[Reason]) -> int:
    return sum(WEIGHT[reason] for reason in found)


def categories(details: Mapping[str, object]) -> frozenset[str]:
    """The codes that a case's particulars name."""
    return frozenset(f"{name}:{code}" for name in CATEGORIES if (code := details.get(name)))


def stars(links: Mapping[int, Mapping[int, int]]) -> dict[int, int]:
    """Case -> the case in the middle of its cluster; who stands alone is in the middle of nothing.

    `links` gives each case's neighbours with their weights, both ways. Who has most neighbours
    comes first; everybody else joins a middle that they are linked to themselves, so that a chain
    from shop to shop along a street never becomes one cluster.
    """
    middle: dict[int, int] = {}
    for case in sorted(links, key=lambda ident: (-len(links[ident]), ident)):
        near = [other for other in links[case] if middle.get(other) == other]
        middle[case] = min(near, key=lambda ident: (-links[case][ident], ident), default=case)
    joined = {found for case, found in middle.items() if found != case}
    return {case: found for case, found in middle.items() if found in joined}


def _found(one: Facts, other: Facts, *, same_phone: bool) -> Iterator[Reason]:
    metres = _metres(one, other)
    if _same_subject(one, other, metres):
        yield "subject"
    if metres is not None and metres <= AT_METRES:
        yield "place"
    if one.categories & other.categories:
        yield "category"
    if "JB" in (one.kind, other.kind):
        return
    if alike(one.words, other.words) >= ALIKE:
        yield "text"
    if same_phone:
        yield "phone"


def _metres(one: Facts, other: Facts) -> float | None:
    """None where either is not known exactly."""
    if one.point is None or other.point is None:
        return None
    return float(distance_m(*one.point, *other.point))


def _same_subject(one: Facts, other: Facts, metres: float | None) -> bool:
    """One business; shops of a chain far from each other are none."""
    if metres is not None and metres > APART_METRES:
        return False
    if one.business_id is not None and one.business_id == other.business_id:
        return True
    if one.credit_code and one.credit_code == other.credit_code:
        return True
    if one.business_id is not None and other.business_id is not None:
        return False
    if not (name := squeezed(one.name)) or name != squeezed(other.name):
        return False
    if metres is not None:
        return metres <= NEAR_METRES
    return one.is_draft or bool(one.address and squeezed(one.address) == squeezed(other.address))


def alike(one: str, other: str) -> float:
    """The share of common pairs of neighbouring characters, from 0 to 1."""
    left, right = _pairs(one), _pairs(other)
    return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0


def _pairs(words: str) -> set[str]:
    plain = squeezed(words)
    return {plain[at : at + 2] for at in range(len(plain) - 1)}
