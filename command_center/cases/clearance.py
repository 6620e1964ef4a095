"""Files leave one by one, each because a person has looked at it and said for what.

The house takes metadata out by itself; whether a face or a voice gives somebody away only a person
can tell, so it changes neither.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from command_center.cases import attachments, queries, timeline
from command_center.cases.models import Attachment, Case
from command_center.cases.office import Office
from kernel.access import Principal
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict, Forbidden, NotFound
from kernel.gate import gate, purposes
from kernel.gate.gate import Cleared

MAY = ("case.route", "order.create")
_REPORT = ("report_order.fax", "report_order.print", "paper.referral_letter", "exchange.case")
_OTHER = ("order.fax", "order.print", "exchange.case")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person says of a file; `purpose` None takes an earlier clearance back."""

    purpose: str | None
    nothing_identifies: bool = False
    metadata_accepted: bool = False


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file as it goes along; its name says nothing."""

    name: str
    media_type: str
    data: bytes


def purposes_for(case: Case) -> tuple[str, ...]:
    """For what a file of this case can be cleared."""
    return _REPORT if case.kind == "JB" else _OTHER


def may_decide(principal: Principal, case: Case) -> bool:
    return any(map(principal.can, MAY)) and principal.covers(case.organisation_path)


def decide(session: Session, attachment_id: int, said: Decision) -> Case:
    """Clear a file for one purpose, or keep it inside again; gives its case.

    Raises NotFound; Forbidden outside the jurisdiction; BadInput for an unknown purpose, or where
    the person did not say that nothing identifies anybody, or that kept metadata may go along.
    """
    kept = session.get(Attachment, attachment_id, with_for_update=True)
    if kept is None:
        raise NotFound("attachment", attachment_id)
    case = queries.get(session, kept.case_id)
    if not may_decide(principal_of(session), case):
        raise Forbidden(MAY[0], "outside_jurisdiction")
    if said.purpose is None:
        _keep_inside(session, case, kept)
    else:
        _check(case, kept, said)
        _clear(session, case, kept, said.purpose)
    return case


def _check(case: Case, kept: Attachment, said: Decision) -> None:
    if said.purpose not in purposes_for(case):
        raise BadInput("purpose", "unknown_code")
    if not said.nothing_identifies:
        raise BadInput("nothing_identifies", "required")
    if kept.metadata_kept and not said.metadata_accepted:
        raise BadInput("metadata_accepted", "required")


def _clear(session: Session, case: Case, kept: Attachment, purpose: str) -> None:
    principal = principal_of(session)
    kept.cleared_for, kept.cleared_at = purpose, now(session)
    kept.cleared_by, kept.cleared_by_name = principal.id, principal.name
    timeline.add(session, case, "attachment_cleared", attachment_id=kept.id, purpose=purpose)
    record(
        session, "attachment.cleared", "attachment", kept.id,
        case_id=case.id, purpose=purpose, sha256=kept.sha256, metadata_kept=kept.metadata_kept,
    )  # fmt: skip


def _keep_inside(session: Session, case: Case, kept: Attachment) -> None:
    if kept.cleared_for is None:
        return
    kept.cleared_for = kept.cleared_at = kept.cleared_by = None
    kept.cleared_by_name = ""
    timeline.add(session, case, "attachment_kept_inside", attachment_id=kept.id)
    record(session, "attachment.kept_inside", "attachment", kept.id, case_id=case.id)


def for_leaving(
    session: Session, office: Office, attachment_id: int, purpose: str
) -> Cleared[Enclosure]:
    """The file, to go along with what leaves for this purpose.

    Raises NotFound; Conflict `attachment_not_cleared` unless a person cleared it for just that.
    """
    kept, data = attachments.read(session, office, attachment_id)
    if kept.cleared_for != purpose or not purposes.of(purpose).takes_files:
        raise Conflict("attachment_not_cleared", id=attachment_id, purpose=purpose)
    name = f"{kept.id}.{kept.media_type.rpartition('/')[2]}"
    return gate.enclosed(purpose, Enclosure(name, kept.media_type, data))
