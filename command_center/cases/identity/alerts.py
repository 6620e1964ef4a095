"""Alerts of SPEC §1.3: an entry for the auditor, and an alarm for the commanders.

The entry is written with the act. The alarm is a job of the same transaction, so that it rings
even where the act itself was refused and undone. Neither says anything of an informant.
"""

from typing import Any

from sqlalchemy.orm import Session

from command_center.cases.models import Case
from dispatch.alarms.service import AlarmService
from kernel import jobs
from kernel.audit import record
from kernel.db import principal_of

RING = "cases.identity_alert"


def too_many(session: Session, count: int) -> None:
    """Somebody opened more than five identities within an hour."""
    principal = principal_of(session)
    _alert(session, "rate", ("user", principal.id), principal.organisation_path, count=count)


def outside_chain(session: Session, case: Case, reveal_id: int) -> None:
    """Somebody who does not handle the case opened its identity."""
    _alert(
        session, "outside_chain", ("reveal", reveal_id), case.organisation_path,
        case_no=case.case_no, case_id=case.id,
    )  # fmt: skip


def searched(session: Session, search_id: int, matches: int) -> None:
    """Somebody looked for a phone number among informants."""
    path = principal_of(session).organisation_path
    _alert(session, "search", ("identity_search", search_id), path, matches=matches)


def words(session: Session, case: Case, *, locked: bool) -> None:
    """Somebody's words named the informant, or were stopped after too many that did."""
    _alert(
        session, "words", ("user", principal_of(session).id), case.organisation_path,
        level=2 if locked else 1, case_no=case.case_no, case_id=case.id,
    )  # fmt: skip


def ring(alarms: AlarmService, session: Session, payload: dict[str, Any]) -> None:
    """Job handler: raise the alarm, which whom it is about neither sees nor answers."""
    kind, ident = payload["reference"]
    alarms.raise_alarm(
        session, payload["kind"], (kind, ident),
        organisation_path=payload["organisation_path"], level=payload["level"],
        params=payload["params"], about_user_id=payload["about_user_id"],
    )  # fmt: skip


def _alert(
    session: Session,
    kind: str,
    reference: tuple[str, int],
    path: str,
    *,
    level: int = 1,
    **params: Any,
) -> None:
    principal = principal_of(session)
    record(session, f"identity.alert.{kind}", *reference, **params)
    payload = {
        "kind": f"identity_{kind}",
        "reference": reference,
        "organisation_path": path,
        "level": level,
        "about_user_id": principal.id,
        "params": {"name": principal.name, **params},
    }
    jobs.enqueue(session, RING, payload)
