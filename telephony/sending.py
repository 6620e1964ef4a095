"""The worker's part: claim a message, hand it to an engine, store what the engine said.

The attempt is committed before the engine is called. A worker that finds an attempt begun and not
ended knows that its predecessor died in between: the message becomes UNKNOWN and is never sent
again without a person's word.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kernel import pause
from kernel.access import Principal, Role, system
from kernel.clock import now
from kernel.db import Database
from kernel.gate import purposes
from kernel.jobs import LEASE, Claimed, Job, Retry, finish, lease, untried
from kernel.log import get_logger
from telephony import ledger, numbers, receipts, sms_text
from telephony.engine_http import NotReached
from telephony.exchange import JOB
from telephony.fax_page import OthersFirst, Unrenderable
from telephony.gateways.base import (
    Accepted,
    Asked,
    Gateway,
    HangsUp,
    Outcome,
    OutcomeUnknown,
    Outgoing,
    Refused,
)
from telephony.lifecycle import IN_FLIGHT, Action, Channel, News, State, act, hear
from telephony.models import Attempt, Message
from telephony.outbox import Outbox
from telephony.patience import outcome_due, pause_after_refusal
from telephony.programs import TooBusy
from telephony.speech import PHRASES, Unspeakable

log = get_logger(__name__)
ENGINE_SECONDS = 15
"""Parts that have not been handed over by then wait for the next attempt: a lease is 30 s."""
SEVERAL = 8
"""Texts that leave in one go. Of a worker that is killed so many may be unknown for each slot."""
BUSY_PAUSE = 10.0
"""Seconds until a document is made anew for which the machine had no time."""
TURN_PAUSE = 1.0
"""Seconds until its turn is asked for again."""
PREPARING_SECONDS = 10
"""What took longer is claimed anew before it is sent: the lease may be somebody else's by now."""
STOP_PAUSE = 2.0
ASK, ASK_SECONDS = "telephony.ask", 5
ASKED_ABOUT = IN_FLIGHT | {State.UNKNOWN}
STORE_PAUSES = (0.1, 0.3, 1, 2, 4, 4)
"""A database that restarts is waited for; what an engine has accepted is not forgotten."""
WORKER = system("telephony", role=Role.HOUSE)


@dataclass
class Work:
    """A claimed message: what is still to be handed over, and how far that has come."""

    message_id: int
    attempt: int
    gateway: Gateway
    outgoing: list[Outgoing]
    accepted: int = 0
    provider_id: str | None = None
    answer: Accepted | Refused | OutcomeUnknown = field(default_factory=Accepted)
    job: Claimed | None = None
    """Of one that goes along with another."""


@dataclass(frozen=True)
class Sender:
    """Handles jobs of kind `telephony.send`, payload {message_id, attempt}."""

    database: Database
    gateways: Mapping[str, Gateway]
    """Channel -> gateway."""
    outbox: Outbox
    demo_mode: bool
    principal: Principal = WORKER

    def handle(self, job: Claimed) -> None:
        """Make one attempt, of a text with others that are due. Raises Retry while another worker
        may still be at it.
        """
        message_id, attempt = _asked_for(job)
        self._prepare(message_id)
        works = self._claim(message_id, attempt)
        end = time.monotonic() + ENGINE_SECONDS
        for work in works:
            self._hand_over(work, end)
        if works:
            for held in self._store(works):
                self._store([held])

    def _prepare(self, message_id: int) -> None:
        """Make pages or sound before the attempt begins: a second of work that may fail cleanly.

        Raises Retry while the machine has no time for it, and after it took its time.
        """
        begun = time.monotonic()
        with self.database.unit_of_work(self.principal) as session:
            message = session.get(Message, message_id)
            if message is None or message.state != State.QUEUED:
                return
        try:
            self._document(message)
        except OthersFirst as busy:
            raise Retry(TURN_PAUSE, "other pages are made first", counts=False) from busy
        except TooBusy as busy:
            raise Retry(BUSY_PAUSE, "no time to make pages or sound", counts=False) from busy
        except (Unrenderable, Unspeakable):
            log.exception("document_not_made", message_id=message_id)
            problem = "document_unreadable" if message.document else "words_unspeakable"
            with self.database.unit_of_work(self.principal) as session:
                if found := ledger.locked(session, message_id):
                    state = hear(State(found.state), News.REFUSED)
                    ledger.move(session, found, state, problem)
        if time.monotonic() - begun > PREPARING_SECONDS:
            raise Retry(0, "made, and claimed anew", counts=False)

    def _document(self, message: Message) -> Path | None:
        """The pages of a fax, the sound of a call; made on first use.

        Raises Unrenderable, Unspeakable, TooBusy.
        """
        if message.document is not None:
            return self.outbox.tiff(message.document, repeat=message.repeat_of_id is not None)
        if message.channel != Channel.VOICE:
            return None
        for name in PHRASES:
            self.outbox.phrase(name)
        return self.outbox.speech(message.text or "")

    # -- claim --------------------------------------------------------------------------------

    def _claim(self, message_id: int, attempt: int) -> list[Work]:
        with self.database.unit_of_work(self.principal) as session:
            message = ledger.locked(session, message_id)
            if message is None:
                return []
            if message.state == State.SENDING and message.attempts_made == attempt:
                _give_up_a_dead_workers_attempt(session, message)
                return []
            work = self._begin(session, message) if _may_go(session, message, attempt) else None
            if work is None or message.channel in ledger.CALLED:
                return [work] if work else []
            return [work, *self._along(session)]

    def _along(self, session: Session) -> Iterator[Work]:
        """Other texts that are due, the urgent first; what somebody holds is left."""
        jobs = untried(session, ledger.SEND, _of_waiting_texts(), SEVERAL - 1)
        free, _ = ledger.all_free(session, {_asked_for(job)[0] for job in jobs})
        for job in jobs:
            message_id, attempt = _asked_for(job)
            message = free.get(message_id)
            if message is not None and _may_go(session, message, attempt):
                if (work := self._begin(session, message)) is not None:
                    work.job = lease(job, now(session))
                    yield work

    def _begin(self, session: Session, message: Message) -> Work | None:
        moment = now(session)
        gateway = self.gateways.get(message.channel)
        why_not = self._why_not(message, gateway)
        if why_not is not None or gateway is None:
            ledger.move(session, message, hear(State.QUEUED, News.REFUSED), why_not)
            return None
        if moment >= ledger.gives_up_at(session, message):
            _give_up(session, message)
            return None
        message.attempts_made += 1
        message.gateway = gateway.name
        if message.channel in ledger.CALLED:
            message.parts_confirmed = message.page_under_way = 0
        session.add(
            Attempt(
                message_id=message.id,
                number=message.attempts_made,
                gateway=gateway.name,
                started_at=moment,
            )
        )
        ledger.move(session, message, act(State.QUEUED, Action.CLAIM), message.problem)
        return Work(message.id, message.attempts_made, gateway, list(self._outgoing(message)))

    def _why_not(self, message: Message, gateway: Gateway | None) -> str | None:
        if gateway is None:
            return "no_gateway"
        return numbers.refusal(message.address, demo_mode=self.demo_mode, real=gateway.real)

    def _outgoing(self, message: Message) -> Iterator[Outgoing]:
        document = self._document(message)
        texts = [""] if document else sms_text.split(message.text or "")
        for part, text in list(enumerate(texts, start=1))[message.parts_accepted :]:
            yield Outgoing(
                message_id=message.id,
                attempt=message.attempts_made,
                to=message.address,
                part=part,
                parts=message.parts_total,
                text=text,
                document=document,
                recipient_name=message.recipient_name,
                subject=message.subject,
                priority=message.priority,
            )

    # -- stop ---------------------------------------------------------------------------------

    def hang_up(self, job: Claimed) -> None:
        """Handles jobs of kind `telephony.hang_up`: end a call that still rings.

        Raises Retry while the call is only being asked for, or the engine does not say.
        """
        message_id, attempt = _asked_for(job)
        with self.database.unit_of_work(self.principal) as session:
            message = session.get(Message, message_id)
            if message is None or message.attempts_made != attempt:
                return
            state, gateway = message.state, self.gateways.get(message.channel)
        if state not in IN_FLIGHT or not isinstance(gateway, HangsUp):
            return
        try:
            gateway.hang_up(message_id, attempt)
        except (NotReached, OutcomeUnknown, ValueError) as error:
            raise Retry(STOP_PAUSE, "the engine does not say") from error
        if state == State.SENDING:
            raise Retry(STOP_PAUSE, "it may be asked for only now")

    # -- ask ----------------------------------------------------------------------------------

    @property
    def asked(self) -> list[Asked]:
        """The gateways whose engines report nothing themselves."""
        return [one for one in self.gateways.values() if isinstance(one, Asked)]

    def ask(self) -> None:
        """Every few seconds: what became of their jobs."""
        for gateway in self.asked:
            try:
                told = gateway.outcomes()
            except (NotReached, OutcomeUnknown):
                continue
            with self.database.unit_of_work(self.principal) as session:
                for job, outcome in told.items():
                    _hear(session, gateway.name, job, outcome)

    # -- hand over ----------------------------------------------------------------------------

    def _hand_over(self, work: Work, end: float) -> None:
        """Give the engine part after part, until it takes one no more."""
        for outgoing in work.outgoing:
            if time.monotonic() > end:
                work.answer = Refused("engine_slow", again=True)
                return
            work.answer = _send(work.gateway, outgoing)
            if not isinstance(work.answer, Accepted):
                return
            work.accepted += 1
            work.provider_id = work.provider_id or work.answer.provider_id

    # -- store --------------------------------------------------------------------------------

    def _store(self, works: list[Work]) -> list[Work]:
        """Keep what the engine said; gives those that somebody else holds: of several it waits for
        none.
        """
        for seconds in STORE_PAUSES:
            try:
                return self._store_once(works)
            except OperationalError:
                log.warning("outcome_waits_for_the_database", message_id=works[0].message_id)
                time.sleep(seconds)
        return self._store_once(works)

    def _store_once(self, works: list[Work]) -> list[Work]:
        with self.database.unit_of_work(self.principal) as session:
            if len(works) == 1:
                ledger.locked(session, works[0].message_id)
            free, held = ledger.all_free(session, {work.message_id for work in works})
            for work in works:
                if (message := free.get(work.message_id)) is not None:
                    _store_one(session, message, work)
            return [work for work in works if work.message_id in held]


def _store_one(session: Session, message: Message, work: Work) -> None:
    _close_attempt(session, work)
    if message.channel == Channel.SMS:
        message.parts_accepted += work.accepted
    message.provider_id = work.provider_id or message.provider_id
    _draw_conclusion(session, message, work.answer)
    if work.job is not None:
        finish(session, work.job)


def _asked_for(job: Job | Claimed) -> tuple[int, int]:
    """Message and attempt."""
    return int(job.payload["message_id"]), int(job.payload["attempt"])


def _of_waiting_texts() -> ColumnElement[bool]:
    waiting = (Message.channel == Channel.SMS, Message.state == State.QUEUED)
    message_id = cast(Job.payload["message_id"].astext, BigInteger)
    return message_id.in_(select(Message.id).where(*waiting))


def _may_go(session: Session, message: Message, attempt: int) -> bool:
    """Whether this attempt is to be made, and now."""
    if message.state != State.QUEUED or message.attempts_made + 1 != attempt:
        return False  # an older job; a newer one is there
    if pause.is_on(session) and not purposes.leaves_paused(message.purpose):
        return False  # its end starts this one
    return ledger.is_its_turn(session, message)  # else the end of the other call starts this one


def _hear(session: Session, gateway: str, job: str, outcome: Outcome) -> None:
    named = JOB.fullmatch(job)
    if named is None:
        return  # somebody else's
    message_id, attempt = int(named[2]), int(named[3])
    message = ledger.free(session, message_id)  # of several: it waits in no circle
    if message is None or message.gateway != gateway or message.state not in ASKED_ABOUT:
        return
    heard = receipts.Heard(
        event_id=f"{gateway}:{message_id}:{attempt}:{outcome.part}:{outcome.kind}",
        message_id=message_id,
        attempt=attempt,
        part=outcome.part,
        kind=outcome.kind,
        at=now(session),
        provider_id=outcome.provider_id,
        raw={"error": outcome.reason},
    )
    receipts.record(session, heard)


def _send(gateway: Gateway, outgoing: Outgoing) -> Accepted | Refused | OutcomeUnknown:
    try:
        return gateway.send(outgoing)
    except OutcomeUnknown as unknown:
        return unknown
    except Exception:
        # A fault of our own gateway leaves open what the engine got, just as a broken line does.
        log.exception("gateway_failed", gateway=gateway.name, message_id=outgoing.message_id)
        return OutcomeUnknown("gateway_failed")


def _close_attempt(session: Session, work: Work) -> None:
    attempt = session.scalars(
        select(Attempt).filter_by(message_id=work.message_id, number=work.attempt)
    ).one()
    attempt.finished_at, attempt.provider_id = now(session), work.provider_id
    match work.answer:
        case Accepted(problem=problem):
            attempt.outcome, attempt.detail = "accepted", problem or ""
        case Refused(reason=reason, again=again):
            attempt.outcome, attempt.detail = "put_off" if again else "refused", reason
        case OutcomeUnknown():
            attempt.outcome, attempt.detail = "unknown", str(work.answer)


def _draw_conclusion(
    session: Session, message: Message, answer: Accepted | Refused | OutcomeUnknown
) -> None:
    state = State(message.state)
    match answer:
        case Accepted(problem=problem):
            ledger.move(session, message, hear(state, News.ACCEPTED), problem)
        case Refused(reason=reason, again=True):
            _put_off(session, message, reason)
        case Refused(reason=reason):
            ledger.move(session, message, hear(state, News.REFUSED), reason)
        case OutcomeUnknown():
            ledger.move(session, message, hear(state, News.LOST), "outcome_unknown")


def _put_off(session: Session, message: Message, reason: str) -> None:
    due = now(session) + pause_after_refusal(message.attempts_made)
    news = News.PUT_OFF if due < ledger.gives_up_at(session, message) else News.REFUSED
    state = hear(State(message.state), news)
    if state is State.QUEUED:
        message.try_at = due
        ledger.enqueue_send(session, message)
    ledger.move(session, message, state, reason)


def _give_up(session: Session, message: Message) -> None:
    """Its time is over; what last held it up stays the reason."""
    state = act(State(message.state), Action.GIVE_UP)
    ledger.move(session, message, state, message.problem or "gave_up")


# -- what nobody finished -------------------------------------------------------------------------


def _give_up_a_dead_workers_attempt(session: Session, message: Message) -> None:
    """Raises Retry while the other worker's lease still runs."""
    attempt = _last_attempt(session, message)
    left = attempt.started_at + LEASE - now(session)
    if left > timedelta(0):
        raise Retry(left.total_seconds() + 1, "another worker may still be at it")
    attempt.finished_at, attempt.outcome, attempt.detail = now(session), "unknown", "worker_died"
    ledger.move(session, message, hear(State.SENDING, News.LOST), "worker_died")


def _last_attempt(session: Session, message: Message) -> Attempt:
    wanted = select(Attempt).filter_by(message_id=message.id, number=message.attempts_made)
    return session.scalars(wanted).one()


def release(session: Session, _: dict[str, Any]) -> None:
    """Job handler: everything outbound may leave again, also what came due during the pause."""
    if not pause.is_on(session):
        ledger.enqueue_waiting(session)


def sweep(session: Session) -> None:
    """Every minute: nothing may wait unseen for ever."""
    moment = now(session)
    waits = (Message.state == State.QUEUED) & (Message.give_up_at <= moment)
    calls = (Message.state == State.SENT) & Message.channel.in_(ledger.CALLED)
    for ident in session.scalars(select(Message.id).where(waits | calls)).all():
        # What somebody else holds is looked at in a minute: a sweep never waits in a circle.
        message = ledger.free(session, ident)
        if message is not None:
            _sweep_one(session, message)


def _sweep_one(session: Session, message: Message) -> None:
    moment, state = now(session), State(message.state)
    if state is State.QUEUED and moment >= ledger.gives_up_at(session, message):
        _give_up(session, message)
    heard = message.parts_confirmed > 0
    patience = outcome_due(Channel(message.channel), message.parts_total, heard=heard)
    if state is State.SENT and patience:
        if moment >= _last_attempt(session, message).started_at + patience:
            is_proven = heard and message.channel == Channel.VOICE
            news = News.DELIVERED if is_proven else News.LOST
            ledger.move(session, message, hear(state, news), None if is_proven else "no_outcome")
