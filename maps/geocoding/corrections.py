"""What people put right of first answers: remembered for whoever asks the same, and counted.

Nothing is kept of who asked or for which case; words that seem to lead to a person are not kept.
"""

from typing import NamedTuple

from geoalchemy2 import Geography
from sqlalchemy import Float, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel.access import Role
from kernel.clock import now
from kernel.db import carried_out_by
from kernel.gate import patterns
from maps.geocoding import normalise
from maps.geocoding.candidates import Candidate
from maps.geocoding.query import LONGEST
from maps.models import AnswerCount, Business, Correction

SAME_M = 30.0
"""Points that lie closer mean one place."""
NAME = "corrections"

_POINT = func.st_x(Correction.geom, type_=Float), func.st_y(Correction.geom, type_=Float)
_REMEMBERED = (
    select(
        Correction.address,
        Correction.level,
        Correction.times,
        *_POINT,
        Business.id,
        Business.name,
        Business.credit_code,
        Business.district,
    )
    .outerjoin(Business, Business.id == Correction.business_id)
    .where(Correction.key == bindparam("key"))
    .order_by(Correction.times.desc(), Correction.id)
)


class Meant(NamedTuple):
    """The place that a person confirmed."""

    lon: float
    lat: float
    level: str
    address: str = ""
    business_id: int | None = None


def key(text: str) -> str:
    """What is the same in words that ask for the same: no fillers, no punctuation."""
    whole = normalise.normalise(text[:LONGEST])
    return normalise.joined(normalise.without_fillers(whole) or whole)


def find(session: Session, text: str) -> list[Candidate]:
    """The places that were meant by these words, the commonest first.

    One person's word is worth a half, nine that agree nine tenths: the next may mean another.
    """
    rows = session.connection().execute(_REMEMBERED, {"key": key(text)}).all()
    told = sum(row.times for row in rows)
    return [
        Candidate(
            name=name,
            address=address,
            lat=lat,
            lon=lon,
            level=level,
            confidence=times / (told + 1),
            evidence=(f"corrected:{times}",),
            source=NAME,
            district=district or "",
            business_id=ident,
            credit_code=code,
        )
        for address, level, times, lon, lat, ident, name, code, district in rows
    ]


@carried_out_by(Role.HOUSE)
def confirmed(session: Session, asked: str, meant: Meant, *, corrected: bool) -> None:
    """A person confirmed a place that they had asked for, as the first answer had it or not."""
    _count(session, corrected)
    words = key(asked)
    if not words or patterns.scan(asked):
        return
    point = func.st_setsrid(func.st_makepoint(meant.lon, meant.lat), 4326)
    known = session.scalar(
        select(Correction)
        .where(
            Correction.key == words,
            func.st_dwithin(cast(Correction.geom, Geography), cast(point, Geography), SAME_M),
        )
        .order_by(Correction.id)
        .limit(1)
        .with_for_update()
    )
    if known:
        known.times += 1
    elif corrected:
        session.add(
            Correction(
                key=words,
                address=meant.address,
                level=meant.level,
                geom=point,
                business_id=meant.business_id,
            )
        )
    session.flush()


def _count(session: Session, corrected: bool) -> None:
    month = now(session).date().replace(day=1)
    counted = {"kept": int(not corrected), "corrected": int(corrected)}
    statement = insert(AnswerCount).values(month=month, **counted)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[AnswerCount.month],
            set_={name: getattr(AnswerCount, name) + more for name, more in counted.items()},
        )
    )
