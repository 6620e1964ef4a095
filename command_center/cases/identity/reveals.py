"""Opening an informant's identity: for a reason, one case, one session, ten minutes; all logged."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from command_center.cases import screening
from command_center.cases.codes import known
from command_center.cases.identity import alerts, chain, store
from command_center.cases.identity.store import Told
from command_center.cases.models import Case, Reveal
from kernel.audit import record
from kernel.clock import now
from kernel.crypto import Vault
from kernel.db import principal_of
from kernel.errors import BadInput, Forbidden, NotFound
from kernel.metrics import Counter

OPEN_FOR = timedelta(minutes=10)
PER_HOUR = 5

reveals_total = Counter("cc_identity_reveals_total", "Identities opened", ["kind"])
reveals_above_rate_total = Counter(
    "cc_identity_reveals_above_rate_total", "Identities opened beyond five an hour by one person"
)


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody sits: a keyed print of their session, and their terminal's address."""

    session_print: bytes = b""
    terminal: str = ""

    @classmethod
    def of(cls, vault: Vault, token: str, terminal: str) -> "Seat":
        return cls(vault.blind_index(f"session|{token}"), terminal[:45])


NOWHERE = Seat()


def reveal(
    session: Session, vault: Vault, case: Case, seat: Seat, reason_code: str, note: str
) -> dict[str, Any]:
    """The whole identity behind one case, for a reason, and until when it may be read again.

    The narrative comes with it, for it may name the person. Raises Forbidden as `chain.check`
    does; BadInput for an unknown reason or a note that names the person; NotFound where nobody
    is known.
    """
    chain.check(principal_of(session), case)
    check_reason(reason_code)
    told = store.what_is_told(session, vault, case)
    if not told.fields:
        raise NotFound("identity", case.id)
    if screening.find(note, told.person.traits):
        raise BadInput("note", "facts_contain_identity")
    opened = write(session, case, seat, reason_code, note, told.fields, OPEN_FOR)
    return _answer(store.under_reveal(session, vault, case, opened), opened)


def read_again(session: Session, vault: Vault, case: Case, seat: Seat) -> dict[str, Any]:
    """The identity once more while a reveal of this person, session and case runs; logged.

    Raises Forbidden as `chain.check` does, and `reveal_needed` when none runs.
    """
    chain.check(principal_of(session), case)
    opened = running(session, case, seat)
    record(session, "identity.read", "case", case.id, reveal_id=opened.id)
    return _answer(store.under_reveal(session, vault, case, opened), opened)


def running(session: Session, case: Case, seat: Seat) -> Reveal:
    """The newest reveal of this person, session and case that has not ended; raises Forbidden."""
    found = _newest(session, case, seat)
    if found is None:
        raise Forbidden(chain.REVEAL, "reveal_needed")
    return found


def runs(session: Session, case: Case, seat: Seat) -> bool:
    """Whether such a reveal runs."""
    return _newest(session, case, seat) is not None


def _newest(session: Session, case: Case, seat: Seat) -> Reveal | None:
    statement = (
        select(Reveal)
        .where(
            Reveal.case_id == case.id,
            Reveal.user_id == principal_of(session).id,
            Reveal.session_print == seat.session_print,
            Reveal.expires_at > now(session),
        )
        .order_by(Reveal.id.desc())
        .limit(1)
    )
    return session.scalar(statement)


def check_reason(reason_code: str) -> None:
    """Raises BadInput for a reason that is not in the table."""
    if reason_code not in known("reveal_reasons"):
        raise BadInput("reason_code", "unknown_code")


def write(
    session: Session,
    case: Case,
    seat: Seat,
    reason_code: str,
    note: str,
    fields: list[str],
    open_for: timedelta,
) -> Reveal:
    """Keep a reveal, log it, and raise the alerts of SPEC §1.3 that it calls for."""
    principal, moment = principal_of(session), now(session)
    opened = Reveal(
        case_id=case.id,
        user_id=principal.id,
        roles=sorted(principal.roles),
        reason_code=reason_code,
        note=note,
        fields=fields,
        at=moment,
        expires_at=moment + open_for,
        session_print=seat.session_print,
        terminal=seat.terminal,
        within_chain=chain.within(session, principal, case),
    )
    session.add(opened)
    session.flush()
    _log(session, case, opened)
    return opened


def _log(session: Session, case: Case, opened: Reveal) -> None:
    count = _within_hour(session)
    above = count > PER_HOUR
    record(
        session, "identity.revealed", "case", case.id,
        reveal_id=opened.id, reason_code=opened.reason_code, note=opened.note,
        fields=opened.fields,
        within_chain=opened.within_chain, within_hour=count, above_rate=above,
    )  # fmt: skip
    reveals_total.labels(case.kind).inc()
    if above:
        reveals_above_rate_total.inc()
        alerts.too_many(session, count)
    if not opened.within_chain:
        alerts.outside_chain(session, case, opened.id)


def _within_hour(session: Session) -> int:
    """How many identities this person opened within an hour, this one included."""
    since = now(session) - timedelta(hours=1)
    statement = select(func.count()).where(
        Reveal.user_id == principal_of(session).id, Reveal.at > since
    )
    return session.scalar(statement) or 0


def _answer(told: Told, opened: Reveal) -> dict[str, Any]:
    return told.person.given | {"narrative": told.narrative, "expires_at": opened.expires_at}
