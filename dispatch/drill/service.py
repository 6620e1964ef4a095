"""One act that tries every address of every branch and of its people. Nothing here commits."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.delivery.lifecycle import SENDING, SENT, is_news
from dispatch.drill import queries
from dispatch.drill.events import DrillChanged
from dispatch.drill.models import Drill, DrillCall
from dispatch.drill.outcome import DEAD, STOPPED, UNKNOWN, WAITING, outcome
from dispatch.drill.plan import Line, lines
from dispatch.drill.words import WORDS, letter
from dispatch.numbers import sender
from dispatch.orders.ports import Directory
from kernel import jobs, pause
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import Conflict, NotFound
from kernel.events import emit
from kernel.gate import gate
from kernel.gate.gate import Cleared
from telephony import fax_page, outbound
from telephony.fax_page import Rendered
from telephony.outbox import Outbox

DIAL = "dispatch.drill_dial"
"""Job: {drill_id}: its messages are made and queued."""
OVER = "dispatch.drill_over"
"""Job: {drill_id}: whatever has not answered by then will not."""
LASTS = timedelta(minutes=70)
"""Longer than telephony tries a fax."""
LANES = 2
"""How many numbers of a channel are called at once: an order finds the other lines free."""
GAVE_WAY = ""
"""Nobody broke it off: an order of a grave case went out and needs the lines."""
SUBJECT = "DRILL"
REFERENCE = "drill"


@dataclass(frozen=True, slots=True)
class Planned:
    """What a channel would try: so many numbers of branches, so many mobiles of their people."""

    channel: str
    addresses: int
    mobiles: int
    words: str


class DrillService:
    """Tries what an order would use, over the same lines. `channels` names those with an engine."""

    def __init__(
        self, directory: Directory, outbox: Outbox, channels: Collection[str], zone: ZoneInfo
    ):
        self.directory, self.outbox, self.zone = directory, outbox, zone
        self.channels = tuple(one for one in WORDS if one in channels)

    # -- what a person does ---------------------------------------------------------------

    def summary(self, session: Session) -> list[Planned]:
        """Of each channel what can be tried, and the words."""
        found = lines(session, self.directory, self.channels)
        can = [one for one in found if not one.address.blocked]
        own = Counter(one.address.channel for one in can if not one.person)
        mobiles = Counter(one.address.channel for one in can if one.person)
        said = {"minute": self._minute(now(session))}
        return [Planned(one, own[one], mobiles[one], WORDS[one](said)) for one in self.channels]

    def obstacle(self, session: Session) -> str | None:
        """Why no drill may begin now: `grave_order_open`, `outbound_paused`, `drill_running`."""
        if queries.is_grave_order_open(session):
            return "grave_order_open"
        if pause.is_on(session):
            return "outbound_paused"
        return "drill_running" if queries.is_running(session) else None

    def begin(self, session: Session) -> Drill:
        """Try them all; what becomes of each comes with its receipts.

        Raises Conflict with what `obstacle` gives, or `no_branches`.
        """
        if (why_not := self.obstacle(session)) is not None:
            raise Conflict(why_not)
        who = principal_of(session)
        plan = lines(session, self.directory, self.channels)
        if not plan:
            raise Conflict("no_branches")
        made = insert(Drill).values(
            organisation_path=who.organisation_path,
            began_at=now(session),
            began_by=who.id,
            began_by_name=who.name,
        )
        drill = session.scalar(made.on_conflict_do_nothing().returning(Drill))
        if drill is None:
            raise Conflict("drill_running")
        session.add_all(_call(drill, line) for line in plan)
        record(session, "drill.begun", "drill", drill.id, addresses=len(plan))
        jobs.enqueue(session, DIAL, {"drill_id": drill.id})
        jobs.enqueue(session, OVER, {"drill_id": drill.id}, run_at=now(session) + LASTS)
        self._tell(session, drill)
        return drill

    def stop(self, session: Session) -> Drill:
        """Break it off: what has not left stays here. Raises Conflict `no_drill`, NotFound."""
        drill, who = queries.running(session), principal_of(session)
        if drill is None:
            raise Conflict("no_drill")
        if not who.covers(drill.organisation_path):
            raise NotFound("drill", drill.id)
        drill.stopped_by_name = who.name
        record(session, "drill.stopped", "drill", drill.id)
        self._finish(session, drill, STOPPED)
        return drill

    # -- jobs -----------------------------------------------------------------------------

    def dial(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: queue a message to every number, once whoever shares it."""
        drill = queries.running(session)
        if drill is None or drill.id != payload["drill_id"]:
            return
        minute = self._minute(drill.began_at)
        page = _cleared("fax", minute).written(_laid_out)
        queued: dict[tuple[str, str], int] = {}
        for call in queries.waiting(session, drill.id):
            lane, number = call.branch_id % LANES, (call.channel, sender(call.address))
            key = f"{REFERENCE}:{drill.id}:{call.channel}:{lane}"
            if number not in queued:
                queued[number] = self._queue(session, call, page, minute, key)
            call.message_id = queued[number]
        self._end_if_done(session, drill)

    def message_changed(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler of `telephony.message_changed`, for the messages of drills."""
        drill_id = queries.drill_of(session, payload["reference_id"])
        drill = session.get_one(Drill, drill_id, with_for_update=True, populate_existing=True)
        call = session.get_one(DrillCall, payload["reference_id"], populate_existing=True)
        if not is_news(call.message_version, payload["version"]):
            return
        told = queries.sharing(session, call)
        for one in told:
            _learn(one, payload)
        if drill.ended_at is None and queries.is_grave_order_open(session):
            drill.stopped_by_name = GAVE_WAY
            self._finish(session, drill, STOPPED)
        elif drill.ended_at is None:
            self._end_if_done(session, drill)
        paths = dict.fromkeys(one.organisation_path for one in told)
        emit(session, DrillChanged(drill.id, tuple(paths)))

    def over(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: its time is up."""
        drill = queries.running(session)
        if drill is not None and drill.id == payload["drill_id"]:
            self._finish(session, drill, UNKNOWN)

    # -- how ------------------------------------------------------------------------------

    def _queue(
        self, session: Session, call: DrillCall, page: Cleared[Rendered], minute: str, lane: str
    ) -> int:
        common: dict[str, Any] = {
            "to": call.address, "recipient_name": call.person or call.name,
            "reference": (REFERENCE, call.id), "subject": SUBJECT,
        }  # fmt: skip
        if call.channel == "fax":
            pdf, pages = page.written(lambda made: made.pdf), page.content.pages
            return outbound.queue_fax(
                session, self.outbox, pdf, pages=pages, list_key=lane, **common
            )
        words = _cleared(call.channel, minute).written(WORDS[call.channel])
        if call.channel == "voice":
            return outbound.queue_call(session, words, list_key=lane, **common)
        return outbound.queue_sms(session, words, **common)

    def _minute(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%m-%d %H:%M}"

    def _finish(self, session: Session, drill: Drill, outcome_of_the_rest: str) -> None:
        rest = queries.waiting(session, drill.id)
        for message_id in dict.fromkeys(one.message_id for one in rest):
            if message_id is not None:
                outbound.cancel(session, message_id)
        for call in rest:
            call.outcome, call.ended_at = outcome_of_the_rest, now(session)
        self._end_if_done(session, drill)

    def _end_if_done(self, session: Session, drill: Drill) -> None:
        session.flush()
        if not queries.waiting(session, drill.id):
            drill.ended_at = now(session)
            self._tell(session, drill)

    def _tell(self, session: Session, drill: Drill) -> None:
        branches = self.directory.branches(session, drill.organisation_path)
        paths = (drill.organisation_path, *(one.path for one in branches))
        emit(session, DrillChanged(drill.id, paths))


def _call(drill: Drill, line: Line) -> DrillCall:
    """What nobody can call is known to be dead before anything leaves."""
    branch, address = line.branch, line.address
    return DrillCall(
        drill_id=drill.id,
        branch_id=branch.id,
        name=branch.name,
        person=line.person,
        organisation_path=branch.path,
        channel=address.channel,
        address=address.address,
        outcome=DEAD if address.blocked else WAITING,
        problem=address.blocked,
    )


def _learn(call: DrillCall, payload: Mapping[str, Any]) -> None:
    """What became of the message that was for this address."""
    at, state = datetime.fromisoformat(payload["at"]), payload["state"]
    found = outcome(state, payload["problem"])
    call.message_version, call.problem = payload["version"], payload["problem"]
    if state == SENDING or (state == SENT and call.sent_at is None):
        call.sent_at = at
    if found != WAITING:
        call.outcome, call.ended_at = found, at


def _cleared(channel: str, minute: str) -> Cleared[Mapping[str, Any]]:
    return gate.clear(f"drill.{channel}", {"minute": minute})


def _laid_out(said: Mapping[str, Any]) -> Rendered:
    page = letter(said)
    return fax_page.render(fax_page.form(page.title, list(page.rows), page.footer))
