"""Texts that come in: replies that count move their assignment, all others go to a person."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.inbound import queries, replies
from dispatch.inbound.events import InboundChanged
from dispatch.inbound.models import Reply
from dispatch.numbers import sender
from dispatch.orders import queries as orders
from dispatch.orders.models import Assignment
from dispatch.orders.ports import Directory
from dispatch.orders.status import Report, StatusService
from dispatch.units import queries as units
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import AppError, Conflict
from kernel.events import emit
from telephony import inbound as telephony
from telephony.models import Inbound

UNMATCHED = "reply_unmatched"


class InboundService:
    """A reply counts only from a number of that assignment's own crew or branch."""

    def __init__(self, statuses: StatusService, alarms: AlarmService, directory: Directory):
        self.statuses, self.alarms, self.directory = statuses, alarms, directory

    def received(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler of `telephony.inbound_received`; the same text again changes nothing."""
        message = telephony.get(session, payload["inbound_id"])
        if session.get(Reply, message.id) is not None:
            return
        theirs = orders.answerable(session, sender(message.sender))
        said = replies.parse(message.text)
        assignment_id, why = replies.match(said, [(one.id, one.code) for one in theirs])
        if said is not None and assignment_id is not None:
            why = self._apply(session, message, said, assignment_id)
        if why:
            self._to_person(session, message, why, theirs)

    def settle(
        self,
        session: Session,
        inbound_id: int,
        assignment_id: int | None,
        state: str | None,
        note: str,
    ) -> Reply:
        """A person has read it and says what it was, or that it was nothing.

        Raises NotFound, Conflict `already_settled`, and what reporting a status raises.
        """
        reply = queries.visible(session, principal_of(session), inbound_id)
        if reply.outcome != "to_person" or reply.settled_at is not None:
            raise Conflict("already_settled")
        if assignment_id is not None and state is not None:
            self._report_on_behalf(session, reply, assignment_id, state, note)
        reply.settled_at, reply.settled_by = now(session), principal_of(session).name
        reply.note = note
        record(session, "inbound.settled", "inbound", inbound_id, assignment_id=assignment_id)
        session.flush()
        if reply.alarm_of is not None and not queries.still_open(session, reply.alarm_of):
            self.alarms.settle(session, UNMATCHED, ("inbound", reply.alarm_of), note)
        emit(session, InboundChanged(inbound_id, reply.organisation_path))
        return reply

    def _apply(
        self, session: Session, message: Inbound, said: replies.Reply, assignment_id: int
    ) -> str:
        """Move the assignment; gives why not, when its state does not allow it."""
        who, user_id = _sender(session, message.sender, assignment_id)
        report = Report(
            state=said.report,
            via="sms",
            actor=who,
            actor_id=user_id,
            text=said.words or (message.text if said.report == "FED_BACK" else ""),
            reason=said.words or ("短信回复" if said.report == "CANNOT" else ""),
            proof={"inbound_id": message.id},
        )
        try:
            with session.begin_nested():
                assignment = self.statuses.report(session, assignment_id, report)
        except AppError as refusal:
            return refusal.code
        path = assignment.order.organisation_path
        _keep(session, message, "applied", path, assignment_id=assignment_id, report=said.report)
        telephony.mark(session, message.id, "handled")
        return ""

    def _to_person(
        self, session: Session, message: Inbound, why: str, theirs: Sequence[Assignment]
    ) -> None:
        path = self._whose(session, message, theirs)
        alarm_of = queries.oldest_open_of(session, message.sender) or message.id
        _keep(session, message, "to_person", path, why=why, alarm_of=alarm_of)
        telephony.mark(session, message.id, "to_person")
        self.alarms.raise_alarm(
            session,
            UNMATCHED,
            ("inbound", alarm_of),
            organisation_path=path,
            params={"inbound_id": alarm_of, "why": why},
        )

    def _whose(self, session: Session, message: Inbound, theirs: Sequence[Assignment]) -> str:
        """The organisation whose desk reads it: of its order, of the crew, else the bureau."""
        if theirs:
            return theirs[0].order.organisation_path
        member = units.member_by_number(session, sender(message.sender))
        if member is not None:
            return member.unit.organisation_path
        return self.directory.bureau_path(session)

    def _report_on_behalf(
        self, session: Session, reply: Reply, assignment_id: int, state: str, note: str
    ) -> None:
        principal = principal_of(session)
        assignment = orders.answerable_for(session, principal, assignment_id)
        said = Report(
            state=state,
            via="desk",
            actor=principal.name,
            actor_id=principal.id,
            text=reply.inbound.text if state == "FED_BACK" else "",
            reason=note or reply.inbound.text,
            proof={"inbound_id": reply.inbound_id},
        )
        self.statuses.report(session, assignment.id, said)
        reply.assignment_id, reply.report = assignment.id, state


def _sender(session: Session, number: str, assignment_id: int) -> tuple[str, int | None]:
    """Whose phone it is: name and id of the crew member, or the branch's name."""
    member = units.member_by_number(session, sender(number))
    assignment = orders.assignment(session, assignment_id)
    if member is not None and member.unit_id == assignment.unit_id:
        return member.name, member.user_id
    return assignment.target_name, None


def _keep(session: Session, message: Inbound, outcome: str, path: str, **what: Any) -> None:
    session.add(Reply(inbound_id=message.id, outcome=outcome, organisation_path=path, **what))
    session.flush()
    emit(session, InboundChanged(message.id, path))
