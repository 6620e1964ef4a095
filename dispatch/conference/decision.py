"""What a leader decided in a conference: written down, bound to an order, confirmed on line.

An approval that the desk wrote down in the leader's name is the leader's once they have said so
themselves (SPEC §5 step 5); until then a clock runs, and its alarm climbs.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.conference import queries
from dispatch.conference.events import ConferenceChanged
from dispatch.conference.lifecycle import Part
from dispatch.conference.models import Conference, ConferenceParty
from dispatch.news import tell_timeline
from dispatch.orders import authority
from dispatch.orders.ports import CaseGate, Directory
from dispatch.orders.service import OrderService
from kernel import jobs
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict
from kernel.events import emit

DECISION_DUE = "dispatch.decision_due"
"""Job: {conference_id}."""
UNCONFIRMED = "oral_unconfirmed"
APPROVE, REFUSE = "approve", "refuse"


@dataclass(frozen=True, slots=True)
class Said:
    """The leader's word; `leader_id` only where several joined, `order_id` the order that waits
    for it."""

    decision: str
    words: str = ""
    leader_id: int | None = None
    order_id: int | None = None


class DecisionService:
    def __init__(
        self,
        directory: Directory,
        case_gate: CaseGate,
        alarms: AlarmService,
        orders: OrderService,
        confirm_minutes: int,
    ):
        self.directory, self.gate, self.alarms, self.orders = directory, case_gate, alarms, orders
        self.confirm_within = timedelta(minutes=confirm_minutes)

    def decide(self, session: Session, conference_id: int, said: Said) -> Conference:
        """Write down what the leader who was on the line decided, and let it act on the order.

        Raises NotFound, Forbidden for whoever may not decide, Conflict `no_leader_joined`,
        `already_decided`, BadInput for words that name an informant, and what approving and
        refusing an order raises.
        """
        principal = principal_of(session)
        conference = queries.locked(session, principal, conference_id)
        if conference.decision is not None:
            raise Conflict("already_decided")
        leader = _leader(conference, principal.id, said.leader_id)
        approver = self.directory.approver(session, leader)
        path = conference.organisation_path
        authority.check_approver(approver, conference.started_by, path)
        self.gate.refuse_person(session, conference.case_id, {"words": said.words})
        moment, is_own = now(session), leader == principal.id
        conference.decision, conference.words, conference.decided_at = (
            said.decision, said.words, moment,
        )  # fmt: skip
        conference.decided_by, conference.decided_by_name = approver.id, approver.name
        conference.recorded_by_name = principal.name
        if is_own:
            conference.confirmed_at = moment
        elif said.decision == APPROVE:
            conference.confirm_due_at = moment + self.confirm_within
            payload = {"conference_id": conference.id}
            jobs.enqueue(session, DECISION_DUE, payload, run_at=conference.confirm_due_at)
        record(
            session, "conference.decided", "conference", conference.id,
            decision=said.decision, decided_by=approver.id,
        )  # fmt: skip
        self._tell(session, conference, "decision_recorded", decision=said.decision,
                   approver=approver.name, reason=said.words)  # fmt: skip
        session.flush()
        self._act(session, conference, said)
        _changed(session, conference)
        return conference

    def confirm(self, session: Session, conference_id: int) -> Conference:
        """The leader says that the desk wrote down what they decided.

        Raises NotFound, Forbidden `not_the_approver`, Conflict `nothing_to_confirm`.
        """
        principal = principal_of(session)
        conference = queries.locked(session, principal, conference_id)
        named = conference.decided_by if conference.confirm_due_at else None
        authority.check_confirmer(principal.id, named)
        if conference.confirmed_at is None:
            conference.confirmed_at = now(session)
            self.alarms.settle(session, UNCONFIRMED, ("conference", conference.id))
            record(session, "conference.confirmed", "conference", conference.id)
            self._tell(session, conference, "decision_confirmed")
            self.orders.call_confirmed(session, conference.id)
            _changed(session, conference)
        return conference

    def overdue(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: the leader has not confirmed on line what the desk wrote down."""
        conference = queries.lock(session, payload["conference_id"])
        if conference.confirmed_at is not None:
            return
        whom = conference.decided_by_name or ""
        self.alarms.raise_alarm(
            session,
            UNCONFIRMED,
            ("conference", conference.id),
            organisation_path=conference.organisation_path,
            level=2,
            params={
                "order_no": conference.case_no,
                "case_id": conference.case_id,
                "conference_id": conference.id,
                "name": whom,
            },
        )
        self._tell(session, conference, UNCONFIRMED, to=whom)

    def _act(self, session: Session, conference: Conference, said: Said) -> None:
        if said.order_id is None:
            return
        if said.decision == APPROVE:
            self.orders.approve(session, said.order_id, conference=conference)
        elif said.decision == REFUSE:
            self.orders.refuse(session, said.order_id, said.words, conference=conference)

    @staticmethod
    def _tell(session: Session, conference: Conference, kind: str, **params: Any) -> None:
        tell_timeline(session, conference.case_id, kind, recording=f"T{conference.id}", **params)


def _leader(conference: Conference, principal_id: int, leader_id: int | None) -> int:
    """Whose decision it is: the asker's own, else that of the leader who joined."""
    joined = [one.user_id for one in conference.parties if _is_leader(one)]
    if principal_id in joined:
        return principal_id
    if leader_id is not None and leader_id not in joined:
        raise BadInput("leader_id", "did_not_join")
    for one in [leader_id] if leader_id is not None else joined:
        if one is not None:
            return one
    raise Conflict("no_leader_joined")


def _is_leader(party: ConferenceParty) -> bool:
    return party.part == Part.LEADER and party.joined_at is not None


def _changed(session: Session, conference: Conference) -> None:
    people = tuple(one.user_id for one in conference.parties if one.user_id is not None)
    emit(session, ConferenceChanged(conference.id, conference.organisation_path, people))
