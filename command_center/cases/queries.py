"""Reads: who may see which case, the queue, the map, one case with all it has."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from command_center.cases.lifecycle import ENDED
from command_center.cases.models import Approval, Case, Hold, Subject
from dispatch.alarms import queries as alarms
from dispatch.alarms.models import Alarm
from kernel.access import Principal
from kernel.clock import now
from kernel.db import among, principal_of
from kernel.errors import NotFound

View = Literal["queue", "mine", "all"]
Bbox = tuple[float, float, float, float]
SIMILAR_AT_MOST = 20
MAP_AT_MOST = 5000
FOUND_AT_MOST = 2000
NEEDS = {"JB": "report.read", "HF": "conduct.read"}
"""Kind -> what it takes to see it; all others take `case.read`. Stations never see reports, and
conduct matters are the discipline office's alone (SPEC §1.1)."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of cases is asked for."""

    view: View = "queue"
    kind: str | None = None
    state: str | None = None
    text: str = ""
    unplaced: bool = False
    limit: int = 50
    offset: int = 0
    besides: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A case in a list, with what stands beside it."""

    case: Case
    open_orders: int
    alarm_id: int | None


def visible(principal: Principal) -> ColumnElement[bool]:
    """What the principal may know of: their subtree, and what they registered themselves."""
    reach: ColumnElement[bool] = Case.registered_by == principal.id
    if principal.organisation_path:
        path = principal.organisation_path
        reach = or_(Case.organisation_path.startswith(path, autoescape=True), reach)
    return and_(reach, or_(false(), *_kinds(principal)))


def _kinds(principal: Principal) -> Iterator[ColumnElement[bool]]:
    if principal.is_system or principal.can("case.read"):
        yield Case.kind.not_in(NEEDS)
    for kind, permission in NEEDS.items():
        if principal.is_system or principal.can(permission):
            yield Case.kind == kind


def get(session: Session, case_id: int, *, lock: bool = False) -> Case:
    """The case; raises NotFound for one that does not exist or is not theirs to know of."""
    statement = (
        select(Case)
        .where(Case.id == case_id, visible(principal_of(session)))
        .options(selectinload(Case.subject), joinedload(Case.organisation))
    )
    if lock:
        statement = statement.with_for_update(of=Case).execution_options(populate_existing=True)
    found = session.scalar(statement)
    if found is None:
        raise NotFound("case", case_id)
    return found


def by_number(session: Session, case_no: str, *, visible_only: bool = False) -> Case | None:
    """The case of that number; unless `visible_only`, callers check what they may tell."""
    found = select(Case).where(Case.case_no == case_no)
    if visible_only:
        found = found.where(visible(principal_of(session)))
    return session.scalar(found)


def find(session: Session, wanted: Filter) -> list[Row]:
    """A page of cases: untaken alarms first, then urgency, light and age."""
    principal = principal_of(session)
    statement = (
        select(Case)
        .where(visible(principal), *_wanted(principal, wanted))
        .options(selectinload(Case.subject), joinedload(Case.organisation))
        .order_by(*_order(now(session), wanted.view))
        .limit(wanted.limit)
        .offset(wanted.offset)
    )
    return rows(session, session.scalars(statement).unique().all())


def these(session: Session, idents: Iterable[int]) -> list[Row]:
    """Those of these cases that are visible, in the order given."""
    place = {ident: at for at, ident in enumerate(idents)}
    statement = (
        select(Case)
        .where(among(Case.id, place.keys()), visible(principal_of(session)))
        .options(selectinload(Case.subject), joinedload(Case.organisation))
    )
    found = session.scalars(statement).unique().all()
    return rows(session, sorted(found, key=lambda case: place[case.id]))


def rows(session: Session, found: Sequence[Case]) -> list[Row]:
    """The cases with what stands beside them in lists: open orders and open alarm."""
    ids = [one.id for one in found]
    ringing = alarms.open_of(session, "case", ids)
    holds = (
        select(Hold.case_id, func.count().label("orders"))
        .where(Hold.case_id.in_(ids))
        .group_by(Hold.case_id)
    )
    open_by_case = {row.case_id: row.orders for row in session.execute(holds)}
    return [
        Row(one, open_by_case.get(one.id, 0), ringing[one.id].id if one.id in ringing else None)
        for one in found
    ]


def recent_same_subject(
    session: Session,
    *,
    business_id: int | None,
    name: str,
    credit_code: str = "",
    only_visible: bool = False,
) -> int:
    """How many cases came in against the same subject within 24 hours, whoever may see them.

    `only_visible` counts for a person's eyes.
    """
    same = same_subject(business_id, name, credit_code)
    if same is None:
        return 0
    since = now(session) - timedelta(hours=24)
    statement = select(func.count(Case.id)).join(Case.subject).where(same, Case.received_at > since)
    if only_visible:
        statement = statement.where(visible(principal_of(session)))
    return session.scalar(statement) or 0


def on_map(session: Session, bbox: Bbox, limit: int = MAP_AT_MOST) -> Sequence[Any]:
    """Open cases within the frame (west, south, east, north), the most urgent first."""
    ended_since = now(session) - timedelta(hours=24)
    candidates = select(func.cases.in_frame(*bbox, ended_since, limit)).scalar_subquery()
    statement = (
        select(
            Case.id, Case.case_no, Case.kind, Case.state, Case.urgency,
            func.ST_Y(Case.place).label("lat"), func.ST_X(Case.place).label("lon"),
            Case.map_status.label("status"),
        )
        .where(Case.id.in_(candidates), visible(principal_of(session)))
        .order_by(Case.urgency.desc(), Case.received_at.desc())
        .limit(limit)
    )  # fmt: skip
    return session.execute(statement).mappings().all()


def open_orders(session: Session, case_id: int) -> int:
    """How many orders hold this case open."""
    return session.scalar(select(func.count()).where(Hold.case_id == case_id)) or 0


def pending_approvals(session: Session, case_id: int) -> Sequence[Approval]:
    return session.scalars(
        select(Approval).where(Approval.case_id == case_id, Approval.decided_at.is_(None))
    ).all()


def of_case(session: Session, model: type[Any], case_id: int, *order: Any) -> Sequence[Any]:
    """All rows of one of the case's tables."""
    order = order or (model.id,)
    return session.scalars(select(model).where(model.case_id == case_id).order_by(*order)).all()


def point_of(session: Session, found: Case) -> tuple[float, float] | None:
    """(longitude, latitude) in WGS-84 degrees, or None for a case without a position."""
    return points_of(session, [found.id]).get(found.id)


def points_of(session: Session, ids: Iterable[int]) -> dict[int, tuple[float, float]]:
    lon, lat = func.ST_X(Case.place).label("lon"), func.ST_Y(Case.place).label("lat")
    statement = select(Case.id, lon, lat).where(Case.id.in_(list(ids)), Case.place.is_not(None))
    return {row.id: (row.lon, row.lat) for row in session.execute(statement)}


def same_subject(
    business_id: int | None, name: str, credit_code: str
) -> ColumnElement[bool] | None:
    """Rows of the subject table that may be this one; None where nothing is known of it."""
    ways: list[ColumnElement[bool]] = []
    if business_id is not None:
        ways.append(Subject.business_id == business_id)
    if credit_code:
        ways.append(Subject.credit_code == credit_code)
    if name.strip():
        ways.append(Subject.name == name.strip())
    return or_(*ways) if ways else None


def _wanted(principal: Principal, wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_in_view(principal, wanted.view)]
    if wanted.kind:
        found.append(Case.kind == wanted.kind)
    if wanted.state:
        found.append(Case.state == wanted.state)
    if wanted.unplaced:
        found.append(Case.place.is_(None))
    if words := wanted.text.strip():
        found.append(_about(words))
    if wanted.besides is not None:
        found.append(wanted.besides)
    return found


def _in_view(principal: Principal, view: View) -> ColumnElement[bool]:
    if view == "all":
        return true()
    still_open = and_(Case.closed_at.is_(None), Case.state.not_in(ENDED))
    if view == "mine":
        return or_(Case.registered_by == principal.id, Case.handler_id == principal.id)
    return still_open


def _about(words: str) -> ColumnElement[bool]:
    """Number, place, business or credit code; the newest `FOUND_AT_MOST` of what is asked for."""
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", words) + "%"
    return Case.id.in_(select(func.cases.about(pattern, words.upper(), FOUND_AT_MOST)))


def _order(moment: datetime, view: View) -> list[Any]:
    if view == "all":
        return [Case.received_at.desc(), Case.id.desc()]
    return [
        _rings().desc(), Case.urgency.desc(), _light_rank(moment), Case.received_at, Case.id
    ]  # fmt: skip


def _rings() -> ColumnElement[bool]:
    """Whether the case has an alarm that nobody has taken."""
    return exists().where(
        Alarm.reference_kind == "case",
        Alarm.reference_id == Case.id,
        Alarm.resolved_at.is_(None),
        Alarm.taken_at.is_(None),
    )


def _light_rank(moment: datetime) -> ColumnElement[int]:
    """Black before red before yellow before green; see `deadlines.light`."""
    return case(
        (Case.due_at.is_(None), 4),
        (Case.due_at < moment, 0),
        (Case.red_at <= moment, 1),
        (Case.yellow_at <= moment, 2),
        else_=3,
    )
