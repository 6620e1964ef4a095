"""What comes in: texts that count move their assignment, all others go to a person, as faxes do.

What a crew or a branch sends goes to the dispatchers. A stranger's text or fax is a citizen's
submission: those who take submissions read it, and to the dispatch desks it does not exist.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.drill import queries as drills
from dispatch.inbound import pages, queries, replies, strangers
from dispatch.inbound.events import InboundChanged, StrangerTextChanged
from dispatch.inbound.models import Reply
from dispatch.inbound.pages import Pages
from dispatch.inbound.strangers import Words
from dispatch.numbers import sender
from dispatch.orders import queries as orders
from dispatch.orders.models import Assignment
from dispatch.orders.ports import Directory
from dispatch.orders.status import Report, StatusService
from dispatch.units import queries as units
from kernel.audit import record
from kernel.clock import now
from kernel.crypto import Vault
from kernel.db import principal_of
from kernel.errors import AppError, Conflict
from kernel.events import emit
from telephony import inbound as telephony
from telephony.lifecycle import Channel
from telephony.models import Inbound

UNMATCHED = "reply_unmatched"
FROM_STRANGER = "text_from_stranger"
"""One of the alarms of the intake room, `ladder.OF_INTAKE`."""
STRANGER_TEXT = "stranger_text"
DRILL_ANSWERED_WITHIN = timedelta(hours=12)
FAX, UNREADABLE = "fax", "fax_unreadable"
"""Why a fax waits for a person: it came; nothing of it can be read."""


class InboundService:
    """A reply counts only from a number of that assignment's own crew or branch."""

    def __init__(
        self,
        statuses: StatusService,
        alarms: AlarmService,
        directory: Directory,
        vault: Vault,
        fax_pages: Pages,
    ):
        self.statuses, self.alarms, self.directory = statuses, alarms, directory
        self.vault = vault
        """Seals what strangers write."""
        self.pages = fax_pages

    def received(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler of `telephony.inbound_received`; the same text again changes nothing."""
        message = telephony.get(session, payload["inbound_id"])
        if session.get(Reply, message.id) is not None:
            return
        if message.channel == Channel.FAX:
            self._fax(session, message)
            return
        theirs = orders.answerable(session, sender(message.sender))
        said = replies.parse(message.text)
        assignment_id, why = replies.match(said, [(one.id, one.code) for one in theirs])
        if replies.is_bare(said) and self._answers_drill(session, message, theirs):
            if not theirs:
                self._keep_answer(session, message)
                return
            assignment_id, why = None, "drill"
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
        reply = _waiting(session, inbound_id, strangers=False)
        if assignment_id is not None:
            self._belongs(session, reply, assignment_id, state, note)
        record(session, "inbound.settled", "inbound", inbound_id, assignment_id=assignment_id)
        self._close(session, reply, note)
        return reply

    def strangers_words(self, reply: Reply) -> Words:
        """Number and text of a stranger's; raises KeyMissing."""
        return strangers.opened(self.vault, reply)

    def tend(self, session: Session) -> None:
        """Job: seal what is still plain, destroy what was settled long ago."""
        strangers.tend(session, self.vault)
        pages.destroy(session)

    def settle_stranger(self, session: Session, text_id: int, note: str) -> Reply:
        """Somebody of the intake room has registered it, or found that it is no submission.

        The note stands with the text alone. Raises NotFound, Conflict `already_settled`.
        """
        reply = _waiting(session, text_id, strangers=True)
        record(session, "stranger_text.settled", STRANGER_TEXT, text_id)
        self._close(session, reply, note)
        return reply

    def _close(self, session: Session, reply: Reply, note: str) -> None:
        reply.settled_at, reply.settled_by = now(session), principal_of(session).name
        reply.note = note
        session.flush()
        if reply.alarm_of is not None and not queries.still_open(session, reply.alarm_of):
            kind, about = _alarm(reply.is_stranger)
            said = "" if reply.is_stranger else note
            self.alarms.settle(session, kind, (about, reply.alarm_of), said)
        _tell(session, reply)

    def _fax(self, session: Session, message: Inbound) -> None:
        """Pages are for a person to read; of a branch that has one order they are filed there."""
        theirs = orders.faxed(session, sender(message.sender))
        reply = self._to_person(session, message, FAX, theirs)
        if not self.pages.keep(reply):
            reply.why = UNREADABLE
        elif len(theirs) == 1:
            self.pages.file(session, reply, theirs[0])

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

    @staticmethod
    def _answers_drill(session: Session, message: Inbound, theirs: Sequence[Assignment]) -> bool:
        """Whether the last that this number was told is a drill, and no order after it."""
        told = [orders.told_by_text(session, one) for one in theirs]
        since = max(told, default=now(session) - DRILL_ANSWERED_WITHIN)
        return drills.was_text_to(session, sender(message.sender), since)

    def _keep_answer(self, session: Session, message: Inbound) -> None:
        """Nobody has to read that somebody has read a drill."""
        _keep(session, message, "drill", self._whose(session, message, ()))
        telephony.mark(session, message.id, "handled")

    def _to_person(
        self, session: Session, message: Inbound, why: str, theirs: Sequence[Assignment]
    ) -> Reply:
        path = self._whose(session, message, theirs)
        strange = not theirs and self._is_stranger(session, sender(message.sender))
        first = (
            queries.oldest_open_of_stranger(session, strangers.prints(self.vault, message.sender))
            if strange
            else queries.oldest_open_of(session, message.sender)
        )
        alarm_of = first or message.id
        what = {"why": why, "alarm_of": alarm_of, "is_stranger": strange}
        reply = _keep(session, message, "to_person", path, **what)
        telephony.mark(session, message.id, "to_person")
        if strange:
            strangers.seal(session, self.vault, reply, message)
        kind, about = _alarm(strange)
        self.alarms.raise_alarm(
            session,
            kind,
            (about, alarm_of),
            organisation_path=path,
            params={} if strange else {"inbound_id": alarm_of, "why": why},
        )
        return reply

    def _is_stranger(self, session: Session, number: str) -> bool:
        """Whether it is neither a crew's number, on duty or not, nor a branch's."""
        on_duty = units.member_by_number(session, number) is not None
        return not on_duty and number not in self.directory.numbers(session)

    def _whose(self, session: Session, message: Inbound, theirs: Sequence[Assignment]) -> str:
        """The organisation whose desk reads it: of its order, of the crew, else the bureau."""
        if theirs:
            return theirs[0].order.organisation_path
        member = units.member_by_number(session, sender(message.sender))
        if member is not None:
            return member.unit.organisation_path
        return self.directory.bureau_path(session)

    def _belongs(
        self, session: Session, reply: Reply, assignment_id: int, state: str | None, note: str
    ) -> None:
        """Its pages are filed with that order; what it says is reported, where it says anything."""
        assignment = orders.answerable_for(session, principal_of(session), assignment_id)
        if reply.inbound.channel == Channel.FAX:
            self.pages.file(session, reply, assignment)
            reply.sealed_pages = None
        if state is not None:
            self._report_on_behalf(session, reply, assignment, state, note)

    def _report_on_behalf(
        self, session: Session, reply: Reply, assignment: Assignment, state: str, note: str
    ) -> None:
        principal = principal_of(session)
        proof, via = {"inbound_id": reply.inbound_id}, "desk"
        if reply.attachment_id is not None:
            proof, via = {**proof, "attachment_id": reply.attachment_id}, "fax"
        said = Report(
            state=state,
            via=via,
            actor=principal.name,
            actor_id=principal.id,
            text=(reply.inbound.text or note) if state == "FED_BACK" else "",
            reason=note or reply.inbound.text,
            proof=proof,
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


def _keep(session: Session, message: Inbound, outcome: str, path: str, **what: Any) -> Reply:
    reply = Reply(inbound_id=message.id, outcome=outcome, organisation_path=path, **what)
    session.add(reply)
    session.flush()
    _tell(session, reply)
    return reply


def _waiting(session: Session, inbound_id: int, *, strangers: bool) -> Reply:
    """The text, locked, that nobody has settled yet."""
    reply = queries.visible(session, principal_of(session), inbound_id, strangers=strangers)
    if reply.outcome != "to_person" or reply.settled_at is not None:
        raise Conflict("already_settled")
    return reply


def _alarm(is_stranger: bool) -> tuple[str, str]:
    """Kind of the alarm, and of what it refers to."""
    return (FROM_STRANGER, STRANGER_TEXT) if is_stranger else (UNMATCHED, "inbound")


def _tell(session: Session, reply: Reply) -> None:
    changed = StrangerTextChanged if reply.is_stranger else InboundChanged
    emit(session, changed(reply.inbound_id, reply.organisation_path))
