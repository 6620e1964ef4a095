"""Three-party calls: who is called into them, who leaves, and what the leader decides there.

Every verb and every piece of news takes the conference's lock. Nothing here commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.conference import lifecycle, queries
from dispatch.conference.events import ConferenceChanged, LeaderJoined
from dispatch.conference.lifecycle import News, Part, State
from dispatch.conference.models import Conference, ConferenceParty
from dispatch.news import tell_timeline
from dispatch.orders.ports import CaseGate, Directory, Officer
from kernel import jobs, pause
from kernel.access import Role
from kernel.audit import record
from kernel.clock import now
from kernel.db import carried_out_by, principal_of
from kernel.errors import BadInput, Conflict, NotFound, Unavailable
from kernel.events import emit
from kernel.gate import gate
from kernel.log import get_logger
from telephony.conference import ConferenceLine, line_of
from telephony.engine_http import NotReached
from telephony.gateways.base import OutcomeUnknown
from telephony.speech import Unspeakable

log = get_logger(__name__)
RING = "dispatch.conference_ring"
"""Job: {conference_id, party_id}, like the next one."""
HANG_UP = "dispatch.conference_hang_up"
LOOK = "dispatch.conference_look"
LOOK_AFTER = timedelta(seconds=20)
NEWS_IN = timedelta(seconds=10)
"""What the exchange writes down is known here by then."""
RINGS = timedelta(seconds=45)
"""Longer than the exchange lets a phone ring: a leader's that still does is given up."""
AWAY = "engine_unreachable"


@dataclass(frozen=True, slots=True)
class Choices:
    """Who can be called about a case; `extension` is the asker's own, `ready` whether calls are
    made here at all."""

    ready: bool
    extension: str
    has_caller: bool
    next_leader_seconds: int
    """After which the next leader is called by itself; 0: never."""
    leaders: Sequence[Officer]
    colleagues: Sequence[Officer]


class ConferenceService:
    """The desk's verbs. `line` is the exchange; none where there is no engine that calls people.

    So many seconds after a leader was not reached the next one is called; 0: by a press alone.
    """

    def __init__(
        self,
        directory: Directory,
        case_gate: CaseGate,
        alarms: AlarmService,
        line: ConferenceLine | None,
        next_leader_seconds: int,
    ):
        self.directory, self.gate, self.alarms = directory, case_gate, alarms
        self.next_leader = timedelta(seconds=next_leader_seconds)
        self._exchange = line

    @property
    def line(self) -> ConferenceLine:
        """Raises Unavailable where nothing calls."""
        if self._exchange is None:
            raise Unavailable
        return self._exchange

    # -- what a desk asks for --------------------------------------------------------------

    def of_case(self, session: Session, case_id: int) -> Sequence[Conference]:
        """Those that the asker may know of, the newest first. Raises NotFound."""
        self.gate.brief(session, case_id)
        return queries.of_case(session, principal_of(session), case_id)

    def choices(self, session: Session, case_id: int) -> Choices:
        """Raises NotFound."""
        path, me = self.gate.brief(session, case_id).organisation_path, principal_of(session).id
        leaders = self._leaders(session, path)
        known = {me, *(one.id for one in leaders)}
        return Choices(
            ready=self._exchange is not None,
            extension=self.directory.officer(session, me).extension,
            has_caller=bool(self.gate.caller_number(session, case_id)),
            next_leader_seconds=int(self.next_leader.total_seconds()),
            leaders=leaders,
            colleagues=[
                one for one in self.directory.extensions(session, path) if one.id not in known
            ],
        )

    def start(
        self, session: Session, case_id: int, leader_id: int | None, *, with_caller: bool
    ) -> Conference:
        """Ring the asker's own extension, then a leader (by default the first on duty), and on
        request whoever called.

        Raises NotFound; BadInput; Conflict `no_exchange` without an engine, `no_extension`,
        `no_leader`, `no_number`, `conference_running`, `outbound_paused`.
        """
        brief, principal = self.gate.brief(session, case_id), principal_of(session)
        if self._exchange is None:
            raise Conflict("no_exchange")
        own = self.directory.officer(session, principal.id)
        if not own.extension:
            raise Conflict("no_extension")
        leader = self._leader(session, brief.organisation_path, leader_id)
        if any(one.ended_at is None for one in queries.of_case(session, principal, case_id)):
            raise Conflict("conference_running")
        made = Conference(
            case_id=case_id,
            case_no=brief.case_no,
            organisation_path=brief.organisation_path,
            is_report=brief.case_kind == "JB",
            started_by=principal.id,
            started_by_name=principal.name,
            started_at=now(session),
            parties=[_party(Part.DESK, own), _party(Part.LEADER, leader)],
        )
        session.add(made)
        session.flush()
        record(session, "conference.started", "conference", made.id, case_id=case_id)
        self._tell(session, made, "conference_started", to=leader.name)
        if with_caller:
            self._add_caller(session, made)
        jobs.enqueue(session, LOOK, {"conference_id": made.id}, run_at=now(session) + LOOK_AFTER)
        self._go_on(session, made)
        return made

    def call_in(
        self, session: Session, conference_id: int, user_id: int, *, takes_over: bool
    ) -> Conference:
        """Call one more leader or colleague; with `takes_over` the desk leaves when they join.

        Raises NotFound, BadInput for somebody who cannot be called, Conflict `conference_over`,
        `on_line`.
        """
        found = self._open(session, conference_id)
        path = found.organisation_path
        leaders = {one.id: one for one in self._leaders(session, path)}
        colleagues = {one.id: one for one in self.directory.extensions(session, path)}
        whom = leaders.get(user_id) or colleagues.get(user_id)
        if whom is None:
            raise BadInput("user_id", "cannot_be_called")
        there = (one for one in found.parties if not _is_next(one))
        if any(one.user_id == user_id and one.state in lifecycle.LIVE for one in there):
            raise Conflict("on_line")
        part = Part.LEADER if user_id in leaders and not takes_over else Part.COLLEAGUE
        if part == Part.LEADER:
            self._forget_next(session, found)
        found.parties.append(_party(part, whom, takes_over=takes_over))
        session.flush()
        record(
            session, "conference.called_in", "conference", found.id,
            user_id=user_id, takes_over=takes_over,
        )  # fmt: skip
        self._go_on(session, found)
        return found

    def call_caller(self, session: Session, conference_id: int) -> Conference:
        """Call whoever called in; raises what `call_in` raises, and Conflict `outbound_paused`."""
        found = self._open(session, conference_id)
        self._add_caller(session, found)
        self._go_on(session, found)
        return found

    def drop(self, session: Session, conference_id: int, party_id: int) -> Conference:
        """Let one party leave; one that has left already stays away. Raises NotFound."""
        found = queries.locked(session, principal_of(session), conference_id)
        self._hang_up(session, found, queries.party(found, party_id))
        record(session, "conference.dropped", "conference", found.id, party_id=party_id)
        self._go_on(session, found)
        return found

    def end(self, session: Session, conference_id: int) -> Conference:
        """Let everybody leave. Raises NotFound."""
        found = queries.locked(session, principal_of(session), conference_id)
        for party in found.parties:
            self._hang_up(session, found, party)
        record(session, "conference.ended", "conference", found.id)
        self._go_on(session, found)
        return found

    def consent(self, session: Session, conference_id: int, reason: str) -> Conference:
        """An informant agrees to be heard by others than the desk: written down, with why.

        Raises NotFound, BadInput for a reason that names them, Conflict `no_report`,
        `conference_over`.
        """
        found = self._open(session, conference_id)
        if not found.is_report:
            raise Conflict("no_report")
        self.gate.refuse_person(session, found.case_id, {"reason": reason})
        if found.consent_at is None:
            found.consent_at, found.consent_reason = now(session), reason
            found.consent_by_name = principal_of(session).name
            record(session, "conference.consent", "conference", found.id, case_id=found.case_id)
            self._tell(session, found, "caller_consented", reason=reason)
        self._go_on(session, found)
        return found

    # -- what jobs do -----------------------------------------------------------------------

    def ring(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: call a party whose turn it still is."""
        conference = queries.lock(session, payload["conference_id"])
        party = queries.party(conference, payload["party_id"])
        if not lifecycle.may_ring(party, conference.parties, apart=conference.apart):
            return
        if party.ring_at is not None and party.ring_at > now(session):
            return
        party.state, party.rang_at = State.RINGING, now(session)
        if party.ring_at is not None:
            self._tell(session, conference, "next_leader_called", to=party.name)
        if problem := self._ring(session, conference, party):
            self._not_reached(session, conference, party, problem)
        self._go_on(session, conference)

    def hang_up(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: take a line down; asked again while the exchange does not answer."""
        try:
            self.line.hang_up(payload["conference_id"], payload["party_id"])
        except NotReached:
            return  # without the exchange there is no line
        except (OutcomeUnknown, ValueError) as error:
            raise jobs.Retry(1, "exchange does not answer") from error

    def party_changed(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler of `telephony.party_changed`; news of nobody we know change nothing."""
        try:
            conference = queries.lock(session, payload["conference"])
            party = queries.party(conference, payload["party"])
        except NotFound:
            log.warning("news_of_no_conference", conference=payload["conference"])
            return
        news = News(payload["news"])
        self._hear(session, conference, party, news, datetime.fromisoformat(payload["at"]))
        self._go_on(session, conference)

    def look(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: lines that the exchange does not know any more are gone, whatever it said,
        and leaders that it lets ring for too long are given up; again and again until the
        conference is over."""
        conference = queries.lock(session, payload["conference_id"])
        if conference.ended_at is not None:
            return
        for party in self._lost(session, conference):
            self._hear(session, conference, party, News.LOST, now(session))
        for party in _rings_in_vain(conference, now(session)):
            self._hear(session, conference, party, News.NO_ANSWER, now(session))
            self._enqueue(session, HANG_UP, conference, party)
        jobs.enqueue(session, LOOK, payload, run_at=now(session) + LOOK_AFTER)
        self._go_on(session, conference)

    # -- inside -----------------------------------------------------------------------------

    def _leaders(self, session: Session, path: str) -> list[Officer]:
        """The duty list without the asker: nobody decides about an order of their own."""
        me = principal_of(session).id
        return [one for one in self.directory.commanders(session, path) if one.id != me]

    def _leader(self, session: Session, path: str, leader_id: int | None) -> Officer:
        leaders = self._leaders(session, path)
        if not leaders:
            raise Conflict("no_leader")
        if leader_id is None:
            return leaders[0]
        for one in leaders:
            if one.id == leader_id:
                return one
        raise BadInput("leader_id", "cannot_be_called")

    def _add_caller(self, session: Session, conference: Conference) -> None:
        if not self.gate.caller_number(session, conference.case_id):
            raise Conflict("no_number")
        if pause.is_on(session):
            raise Conflict("outbound_paused")
        there = [one for one in conference.parties if one.part == Part.CALLER]
        if any(one.state in lifecycle.LIVE for one in there):
            raise Conflict("on_line")
        conference.parties.append(ConferenceParty(part=Part.CALLER, state=State.WAITING))
        session.flush()
        record(session, "conference.caller", "case", conference.case_id, conference=conference.id)

    def _open(self, session: Session, conference_id: int) -> Conference:
        found = queries.locked(session, principal_of(session), conference_id)
        if found.ended_at is not None:
            raise Conflict("conference_over")
        return found

    def _ring(self, session: Session, conference: Conference, party: ConferenceParty) -> str | None:
        """Why they cannot be called; None once the exchange does."""
        is_caller = party.part == Part.CALLER
        if is_caller and pause.is_on(session):
            return "paused"
        to = gate.clear(
            "conference.caller" if is_caller else "conference.staff",
            self._address(session, conference, party),
        )
        try:
            return self.line.ring(conference.id, party.id, to, notice=is_caller)
        except NotReached:
            return AWAY
        except Unspeakable:
            return "words_unspeakable"
        except (OutcomeUnknown, ValueError):
            return None  # it may ring: the exchange's news, or their absence, will tell

    def _address(
        self, session: Session, conference: Conference, party: ConferenceParty
    ) -> dict[str, str]:
        if party.user_id is None:
            return {"number": self.gate.caller_number(session, conference.case_id)}
        if party.part == Part.LEADER:
            path = conference.organisation_path
            for one in self.directory.commanders(session, path):
                if one.id == party.user_id:
                    return {"extension": one.extension, "number": one.phone}
        return {"extension": self.directory.officer(session, party.user_id).extension}

    def _hear(
        self,
        session: Session,
        conference: Conference,
        party: ConferenceParty,
        news: News,
        at: datetime,
    ) -> None:
        after = lifecycle.hear(party.state, news, hung_up=party.hang_up_at is not None)
        if after == State.JOINED and party.state != State.JOINED:
            self._join(session, conference, party, at)
        elif after == party.state:
            if news is News.JOINED and after not in lifecycle.ON_LINE:
                self._enqueue(session, HANG_UP, conference, party)  # we had given them up
        else:
            if after == State.FAILED:
                self._not_reached(session, conference, party, news, at)
            else:
                _finish(session, party, after, news if news is News.LOST else None, at)

    def _not_reached(
        self,
        session: Session,
        conference: Conference,
        party: ConferenceParty,
        problem: str,
        at: datetime | None = None,
    ) -> None:
        """Of a leader the case's timeline is told, and the next on the duty list is called."""
        _finish(session, party, State.FAILED, problem, at)
        if party.part != Part.LEADER:
            return
        self._tell(session, conference, "leader_not_reached", to=party.name, line=problem)
        wanted = self.next_leader and conference.decision is None
        if wanted and lifecycle.wants_leader(conference.parties):
            self._plan_next(session, conference)

    def _plan_next(self, session: Session, conference: Conference) -> None:
        """Until they are called, the desk may take them off or call somebody else."""
        tried = {conference.started_by, *(one.user_id for one in conference.parties)}
        duty = self.directory.commanders(session, conference.organisation_path)
        following = next((one for one in duty if one.id not in tried), None)
        if following is None:
            self._tell(session, conference, "no_leader_reached")
            return
        party = _party(Part.LEADER, following)
        party.ring_at = now(session) + self.next_leader
        conference.parties.append(party)
        session.flush()
        record(session, "conference.next", "conference", conference.id, user_id=following.id)

    @staticmethod
    def _forget_next(session: Session, conference: Conference) -> None:
        """The desk's own choice comes instead."""
        for one in filter(_is_next, conference.parties):
            _finish(session, one, State.LEFT, None)

    def _join(
        self, session: Session, conference: Conference, party: ConferenceParty, at: datetime
    ) -> None:
        party.state, party.joined_at = State.JOINED, at
        if party.part == Part.LEADER and party.user_id is not None:
            emit(session, LeaderJoined(conference.id, party.user_id))
        if party.takes_over:
            for one in conference.parties:
                if one.part == Part.DESK:
                    self._hang_up(session, conference, one)

    def _lost(self, session: Session, conference: Conference) -> list[ConferenceParty]:
        before = now(session) - NEWS_IN
        on_line = [
            one for one in conference.parties
            if lifecycle.is_on_line(one) and (one.joined_at or one.rang_at or before) <= before
        ]  # fmt: skip
        if not on_line:
            return []
        try:
            up = self.line.names()
        except NotReached:
            return on_line
        except (OutcomeUnknown, ValueError):
            return []
        return [one for one in on_line if line_of(conference.id, one.id) not in up]

    def _hang_up(self, session: Session, conference: Conference, party: ConferenceParty) -> None:
        if party.state == State.WAITING:
            _finish(session, party, State.LEFT, None)
        elif lifecycle.is_on_line(party) and party.hang_up_at is None:
            party.hang_up_at = now(session)
            self._enqueue(session, HANG_UP, conference, party)

    @carried_out_by(Role.HOUSE)
    def _go_on(self, session: Session, conference: Conference) -> None:
        """What follows from where everybody stands now."""
        parties = conference.parties
        if lifecycle.is_deserted(parties):
            for one in parties:
                if one.state == State.WAITING:
                    _finish(session, one, State.LEFT, "deserted")
        if lifecycle.is_alone(parties):
            for one in parties:
                self._hang_up(session, conference, one)
        for one in parties:
            if lifecycle.may_ring(one, parties, apart=conference.apart):
                self._enqueue(session, RING, conference, one)
        if conference.ended_at is None and lifecycle.is_over(parties):
            conference.ended_at = now(session)
            self._tell(session, conference, "conference_ended")
        session.flush()
        people = tuple(one.user_id for one in parties if one.user_id is not None)
        emit(session, ConferenceChanged(conference.id, conference.organisation_path, people))

    @staticmethod
    def _enqueue(
        session: Session, kind: str, conference: Conference, party: ConferenceParty
    ) -> None:
        """Perhaps twice, which changes nothing: to replace a job that runs would be to wait for it,
        and it waits for us.
        """
        payload = {"conference_id": conference.id, "party_id": party.id}
        later = party.ring_at if kind == RING else None
        jobs.enqueue(session, kind, payload, run_at=later)

    @staticmethod
    def _tell(session: Session, conference: Conference, kind: str, **params: Any) -> None:
        tell_timeline(session, conference.case_id, kind, recording=f"T{conference.id}", **params)


def _party(part: Part, who: Officer, *, takes_over: bool = False) -> ConferenceParty:
    return ConferenceParty(
        part=part, user_id=who.id, name=who.name, takes_over=takes_over, state=State.WAITING
    )


def _is_next(party: ConferenceParty) -> bool:
    """Whether it waits to be called by itself."""
    return party.state == State.WAITING and party.ring_at is not None


def _rings_in_vain(conference: Conference, moment: datetime) -> list[ConferenceParty]:
    return [
        one for one in conference.parties
        if one.part == Part.LEADER and one.state == State.RINGING
        and one.rang_at and one.rang_at + RINGS <= moment
    ]  # fmt: skip


def _finish(
    session: Session,
    party: ConferenceParty,
    state: State,
    problem: str | None,
    at: datetime | None = None,
) -> None:
    party.state, party.problem, party.ended_at = state, problem, at or now(session)
