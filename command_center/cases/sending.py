"""What dispatch may know of a case: a masked brief, and holds that keep it from being closed."""

from geoalchemy2.shape import to_shape
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command_center.cases import codes, identity, queries, service
from command_center.cases.models import Case, Hold
from command_center.cases.office import Office
from dispatch.orders.brief import OrderBrief
from kernel.access import Role
from kernel.clock import now
from kernel.db import carried_out_by, in_role
from kernel.errors import Conflict


class CaseGate:
    """Implements `dispatch.orders.ports.CaseGate`."""

    def __init__(self, office: Office):
        self.office = office

    def brief(self, session: Session, case_id: int) -> OrderBrief:
        """The case without anybody behind it; raises NotFound."""
        return brief_of(self.office, queries.get(session, case_id))

    def refuse_person(self, session: Session, case_id: int, texts: dict[str, str]) -> None:
        """Raises BadInput naming the text that gives a report's informant away; NotFound."""
        case = queries.get(session, case_id)
        service.refuse_person(session, self.office, case, texts, shapes=False)

    def caller_number(self, session: Session, case_id: int) -> str:
        """Read as the house's own check: it is dialled and shown to nobody. Raises NotFound."""
        case = queries.get(session, case_id)
        person = identity.person_of(session, self.office.vault, case)
        return (person.phone or person.caller_number) if person else ""

    def place_hold(self, session: Session, case_id: int, order_id: int) -> None:
        """Keep the case open while this order is; raises NotFound, Conflict `case_closed`."""
        case = queries.get(session, case_id, lock=True)
        if case.closed_at is not None:
            raise Conflict("case_closed", case_no=case.case_no)
        statement = insert(Hold).values(case_id=case_id, order_id=order_id, placed_at=now(session))
        with in_role(session, Role.HOUSE):
            session.execute(statement.on_conflict_do_nothing())

    @carried_out_by(Role.HOUSE)
    def release_hold(self, session: Session, case_id: int, order_id: int) -> None:
        session.execute(delete(Hold).where(Hold.case_id == case_id, Hold.order_id == order_id))


def brief_of(office: Office, case: Case) -> OrderBrief:
    """Only fields on this list leave: number, subject, facts, demand, place (SPEC §1.3)."""
    subject = case.subject
    point = to_shape(case.place).centroid if case.place is not None else None
    return OrderBrief(
        case_id=case.id,
        case_no=case.case_no,
        case_kind=case.kind,
        urgency=case.urgency,
        confidential=case.kind == "JB",
        organisation_path=case.organisation_path,
        subject_name=subject.name if subject else "",
        subject_address=(subject.address if subject else "") or case.place_text,
        subject_legal_representative=subject.legal_representative if subject else "",
        subject_phone=subject.phone if subject else "",
        subject_credit_code=subject.credit_code if subject else "",
        dispatch_facts=facts_of(office, case),
        demand=_demand(case),
        lat=point.y if point else None,
        lon=point.x if point else None,
        equipment=codes.needed(case.details),
    )


def facts_of(office: Office, case: Case) -> str:
    """The facts that may leave; a report's are opened for it."""
    if case.kind == "JB":
        return identity.open_text(office.vault, case.sealed_facts, f"facts:{case.case_no}")
    return case.dispatch_facts or ""


def _demand(case: Case) -> str:
    if case.kind == "JB":
        return codes.zh("violations", str(case.details.get("violation_code") or ""))
    return "、".join(codes.zh("demands", code) for code in case.demands)
