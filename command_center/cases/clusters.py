"""Forty complaints, one visit: open cases about the same thing, found, kept and shown together.

A job links a case with its neighbours when it is registered and when it changes; what hangs
together is worked out for whoever asks, from the links between cases that they may see.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session, aliased

from command_center.cases import deadlines, identity, likeness, queries
from command_center.cases.likeness import REASONS, Facts, Reason
from command_center.cases.models import Case, Link, Subject
from command_center.cases.office import Office
from kernel import jobs
from kernel.access import Role
from kernel.clock import now
from kernel.db import among, carried_out_by, principal_of

LINK = "cases.link"
AT_MOST = 200
"""Neighbours that are looked at in one way, the newest."""
HOPS = 4
"""So far links are followed from whatever is asked about: chains of shops may go through a town."""
DEGREES = likeness.AT_METRES / 80_000
"""Around a place, generously: a degree of longitude is 80 km or more south of 44°."""
_LIGHTS = ("black", "red", "yellow", "green", "none")
Links = dict[int, dict[int, frozenset[Reason]]]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Cases that one visit may settle, as one person sees them."""

    id: int
    """The case in the middle, which every other is linked with."""
    members: Mapping[int, frozenset[Reason]]
    """Case -> why it belongs here; the most pressing first."""
    urgency: int
    light: str
    """The gravest and the tightest of its members."""

    @property
    def lead_id(self) -> int:
        return next(iter(self.members))

    @property
    def size(self) -> int:
        return len(self.members)

    @property
    def reason(self) -> Reason:
        """What all of it has in common."""
        return "subject" if all("subject" in why for why in self.members.values()) else "place"


# -- kept up to date --------------------------------------------------------------------------


def look(session: Session, case_id: int) -> None:
    """Have the case look for its neighbours anew, or leave them, after this transaction."""
    jobs.enqueue(session, LINK, {"case_id": case_id})


def link(office: Office, session: Session, payloads: Sequence[dict[str, Any]]) -> None:
    """Job handler: the links of these cases as they are now. One at a time over all workers."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(LINK))))
    for ident in sorted({payload["case_id"] for payload in payloads}):
        session.execute(delete(Link).where(or_(Link.case_id == ident, Link.other_id == ident)))
        if mine := _facts(session, [ident]).get(ident):
            _link(session, office, ident, mine)


def _link(session: Session, office: Office, ident: int, mine: Facts) -> None:
    others = _neighbours(session, mine, ident)
    same = identity.with_same_phone(session, ident, others) if mine.kind != "JB" else set()
    rows = []
    for other, facts in others.items():
        why = likeness.reasons(mine, facts, office.duplicates, same_phone=other in same)
        for pair in ((ident, other), (other, ident)) if why else ():
            rows.append({"case_id": pair[0], "other_id": pair[1], "reasons": sorted(why)})
    if rows:
        session.execute(insert(Link), rows)


# -- for the form -----------------------------------------------------------------------------


def like(
    session: Session, office: Office, draft: Facts
) -> list[tuple[queries.Row, frozenset[Reason]]]:
    """The visible open cases that a case with these facts would be linked with, newest first."""
    why = _reasons(session, office, replace(draft, received_at=now(session)))
    found = queries.these(session, sorted(why, reverse=True))
    return [(row, why[row.case.id]) for row in found[: queries.SIMILAR_AT_MOST]]


@carried_out_by(Role.HOUSE)
def _reasons(session: Session, office: Office, draft: Facts) -> dict[int, frozenset[Reason]]:
    """Only the house's own columns have the indexes; what is found is then asked for again."""
    found = {
        ident: likeness.reasons(draft, facts, office.duplicates)
        for ident, facts in _neighbours(session, draft).items()
    }
    return {ident: why for ident, why in found.items() if why}


# -- by index -----------------------------------------------------------------------------------


def _live(case: Any = Case) -> ColumnElement[bool]:
    """Nobody has settled it yet."""
    return and_(case.closed_at.is_(None), case.disposition == "")


def _neighbours(session: Session, mine: Facts, ident: int | None = None) -> dict[int, Facts]:
    found: set[int] = set()
    for way in _ways(mine):
        # Apart, or the order would be had from the index over all cases there ever were.
        near = select(Case.id, Case.received_at).where(way, _live()).cte()
        near = near.prefix_with("materialized")
        newest = select(near.c.id).order_by(near.c.received_at.desc()).limit(AT_MOST)
        found.update(session.scalars(newest))
    return _facts(session, found - {ident})


def _ways(mine: Facts) -> Iterable[ColumnElement[bool]]:
    same = queries.same_subject(mine.business_id, mine.name, mine.credit_code)
    if same is not None:
        yield Case.subject_id.in_(select(Subject.id).where(same))
    if mine.point:
        spot = func.ST_SetSRID(func.ST_MakePoint(*mine.point), 4326)
        yield Case.place.op("&&")(func.ST_Expand(spot, DEGREES))


def _facts(session: Session, idents: Iterable[int]) -> dict[int, Facts]:
    """What likeness is told by, of those that are open."""
    statement = (
        select(
            Case.id, Case.kind, Case.received_at, Case.place_level, Case.details,
            Case.dispatch_facts, func.ST_X(Case.place).label("lon"),
            func.ST_Y(Case.place).label("lat"), Subject.business_id, Subject.credit_code,
            Subject.name, Subject.address,
        )
        .join(Subject, Subject.id == Case.subject_id, isouter=True)
        .where(among(Case.id, list(idents)), _live())
    )  # fmt: skip
    return {row.id: _facts_of(row) for row in session.execute(statement)}


def _facts_of(row: Row[Any]) -> Facts:
    return Facts(
        kind=row.kind,
        received_at=row.received_at,
        business_id=row.business_id,
        credit_code=row.credit_code or "",
        name=row.name or "",
        address=row.address or "",
        point=(row.lon, row.lat) if row.place_level in likeness.EXACT else None,
        categories=likeness.categories(row.details),
        words=row.dispatch_facts or "",
    )


# -- shown ----------------------------------------------------------------------------------------


def of(session: Session, idents: Iterable[int]) -> dict[int, Cluster]:
    """Case -> its cluster, for those of these visible cases that have one.

    Only cases that whoever asks may see are counted, or hold anything together; that a phone is
    the same holds for those who may know the complainant.
    """
    links, seen = _links(session, set(idents))
    weights = {
        case: {other: likeness.weight(why) for other, why in others.items()}
        for case, others in links.items()
    }
    grouped: dict[int, list[int]] = defaultdict(list)
    for case, middle in likeness.stars(weights).items():
        grouped[middle].append(case)
    moment = now(session)
    lights = {
        case: deadlines.light(moment, row.due_at, row.yellow_at, row.red_at)
        for case, row in seen.items()
    }

    def pressing(case: int) -> tuple[Any, ...]:
        row = seen[case]
        return -row.urgency, _LIGHTS.index(lights[case]), row.received_at, case

    found: dict[int, Cluster] = {}
    for middle, cases in grouped.items():
        cluster = Cluster(
            id=middle,
            members={one: _why(links, middle, one, cases) for one in sorted(cases, key=pressing)},
            urgency=max(seen[case].urgency for case in cases),
            light=min((lights[case] for case in cases), key=_LIGHTS.index),
        )
        found |= dict.fromkeys(cases, cluster)
    return found


def _why(links: Links, middle: int, case: int, cases: Sequence[int]) -> frozenset[Reason]:
    """Why it is linked with the middle; the middle itself, with any of the others."""
    if case != middle:
        return links[middle][case]
    return frozenset().union(*(links[middle][other] for other in cases if other != middle))


def _links(session: Session, idents: set[int]) -> tuple[Links, dict[int, Any]]:
    """All links that lead on from these cases, and the cases that they join."""
    principal = principal_of(session)
    knows_people = principal.is_system or principal.can("complainant.read")
    mine = aliased(Case)
    statement = (
        select(
            Link.case_id, Link.other_id, Link.reasons, Case.urgency, Case.due_at, Case.yellow_at,
            Case.red_at, Case.received_at,
        )
        .join(Case, Case.id == Link.other_id)
        .join(mine, mine.id == Link.case_id)
        .where(_live(), _live(mine), queries.visible(principal))
    )  # fmt: skip
    links: Links = defaultdict(dict)
    seen: dict[int, Any] = {}
    asked: set[int] = set()
    for _ in range(HOPS):
        following = (idents | seen.keys()) - asked
        asked |= following
        if not following:
            break
        for row in session.execute(statement.where(among(Link.case_id, list(following)))):
            why = frozenset(one for one in REASONS if one in row.reasons)
            if not knows_people:
                why -= {"phone"}
            if likeness.is_enough(why):
                links[row.case_id][row.other_id] = why
                seen[row.other_id] = row
    return links, seen
