"""Sending to recipients, and following what becomes of it. Nothing here commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.delivery import lifecycle
from dispatch.delivery.channels.base import Channel, Outgoing
from dispatch.delivery.events import DeliveryChanged
from dispatch.delivery.letter import Letter
from dispatch.delivery.models import Delivery
from dispatch.news import tell_timeline
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import Conflict, NotFound
from kernel.events import emit

URGENT_FROM = 1


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where one message goes, and for which part of which order."""

    order_id: int
    assignment_id: int
    case_id: int
    organisation_path: str
    target_path: str
    urgency: int
    channel: str
    name: str
    address: str
    is_copy: bool
    held: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What an engine says of a message; None where it says nothing."""

    message_id: int
    state: str
    at: datetime
    attempts: int = 0
    parts_total: int | None = None
    parts_confirmed: int | None = None
    pages: int | None = None
    problem: str | None = None


class DeliveryService:
    """Deliveries over the channels it was given, by name."""

    def __init__(self, channels: Mapping[str, Channel], alarms: AlarmService):
        self.channels, self.alarms = channels, alarms

    def queue(
        self, session: Session, to: Recipient, text: str, letter: Letter | None = None
    ) -> Delivery:
        """Hand a message to its channel, or hold it until a person lets it go."""
        delivery = Delivery(
            order_id=to.order_id,
            assignment_id=to.assignment_id,
            case_id=to.case_id,
            organisation_path=to.organisation_path,
            target_path=to.target_path,
            urgency=to.urgency,
            channel=to.channel,
            name=to.name,
            address=to.address,
            text=text,
            document=letter.as_json() if letter else None,
            is_copy=to.is_copy,
            state=lifecycle.HELD if to.held else lifecycle.QUEUED,
            held=to.held,
            created_at=now(session),
        )
        session.add(delivery)
        session.flush()
        if not to.held:
            self._send(session, delivery)
        return delivery

    def release(self, session: Session, delivery_id: int, confirmed_with: str) -> Delivery:
        """Let a held page go: `confirmed_with` stands at the machine and waits for it.

        Raises NotFound, IllegalTransition.
        """
        delivery = _mine(session, delivery_id)
        delivery.state = lifecycle.release(delivery.state)
        delivery.held, delivery.released_with = None, confirmed_with
        record(session, "delivery.released", "delivery", delivery.id)
        tell_timeline(
            session,
            delivery.case_id,
            "delivery_released",
            order_id=delivery.order_id,
            channel=delivery.channel,
            to=delivery.name,
            confirmed_with=confirmed_with,
        )
        self._send(session, delivery)
        return delivery

    def resend(self, session: Session, delivery_id: int, reason: str) -> Delivery:
        """Send it once more, marked as a repeat, because a person says so.

        Raises NotFound, IllegalTransition while the first may still leave, Conflict
        `order_cancelled`.
        """
        first = _mine(session, delivery_id)
        lifecycle.check_resend(first.state)
        if first.stopped_why == "cancelled":
            raise Conflict("order_cancelled")
        again = Delivery(
            **{name: getattr(first, name) for name in _REPEATED},
            state=lifecycle.QUEUED,
            repeats_id=first.id,
            repeat_reason=reason,
            created_at=now(session),
        )
        session.add(again)
        session.flush()
        first.stopped_at, first.stopped_why = now(session), "repeated"
        record(session, "delivery.resent", "delivery", again.id, repeats=first.id)
        tell_timeline(
            session,
            again.case_id,
            "delivery_resent",
            order_id=again.order_id,
            channel=again.channel,
            to=again.name,
            reason=reason,
        )
        self._send(session, again)
        return again

    def cancel(self, session: Session, delivery_id: int) -> Delivery:
        """Stop what has not left; raises NotFound, IllegalTransition."""
        delivery = _mine(session, delivery_id)
        lifecycle.check_cancel(delivery.state)
        self._stop(session, delivery, "by_hand")
        record(session, "delivery.cancelled", "delivery", delivery.id)
        return delivery

    def stop(self, session: Session, assignment_id: int, why: str) -> list[Delivery]:
        """Nobody waits for this assignment's messages any more: stop those still here.

        Gives those that have left, or may have.
        """
        theirs = select(Delivery).where(Delivery.assignment_id == assignment_id)
        found = session.scalars(theirs.order_by(Delivery.id).with_for_update()).all()
        for delivery in found:
            self._stop(session, delivery, why)
        self.alarms.settle(session, "delivery_problem", ("assignment", assignment_id))
        return [one for one in found if one.state != lifecycle.CANCELLED]

    def on_news(self, session: Session, news: News) -> None:
        """An engine tells what became of a message; a message of nobody's here is not our news."""
        delivery = session.scalar(
            select(Delivery).where(Delivery.message_id == news.message_id).with_for_update()
        )
        if delivery is None:
            return
        before = delivery.state
        delivery.state = lifecycle.after_news(before, news.state)
        delivery.attempts = max(delivery.attempts, news.attempts)
        delivery.pages = news.pages or delivery.pages
        delivery.parts_total = news.parts_total or delivery.parts_total
        delivery.parts_confirmed = news.parts_confirmed or delivery.parts_confirmed
        delivery.problem = news.problem
        if delivery.state != before:
            self._reached(session, delivery, news.at)
        _changed(session, delivery)

    def seen(self, session: Session, assignment_id: int) -> None:
        """A crew member's app has fetched the order: its announcements are delivered."""
        waiting = select(Delivery).where(
            Delivery.assignment_id == assignment_id,
            Delivery.channel == "app",
            Delivery.state == lifecycle.SENT,
        )
        for delivery in session.scalars(waiting.with_for_update(skip_locked=True)):
            delivery.state = lifecycle.DELIVERED
            self._reached(session, delivery, now(session))
            _changed(session, delivery)

    def _send(self, session: Session, delivery: Delivery) -> None:
        taken = self.channels[delivery.channel].send(session, _outgoing(delivery))
        delivery.message_id, delivery.state = taken.message_id, taken.state
        delivery.queued_at = now(session)
        if taken.state == lifecycle.SENT:
            delivery.sent_at = delivery.queued_at
        _changed(session, delivery)

    def _stop(self, session: Session, delivery: Delivery, why: str) -> None:
        delivery.stopped_at, delivery.stopped_why = now(session), why
        if delivery.state == lifecycle.HELD:
            delivery.state, delivery.held = lifecycle.CANCELLED, None
        elif delivery.state in lifecycle.MAY_STILL_LEAVE:
            if self.channels[delivery.channel].cancel(session, delivery.message_id):
                delivery.state = lifecycle.CANCELLED
        _changed(session, delivery)

    def _reached(self, session: Session, delivery: Delivery, at: datetime) -> None:
        """What a new state brings with it: times, the timeline, an alarm."""
        if delivery.state in (lifecycle.SENT, lifecycle.DELIVERED):
            delivery.sent_at = delivery.sent_at or at
        if delivery.state == lifecycle.DELIVERED:
            delivery.delivered_at = at
        if delivery.state in _TOLD:
            tell_timeline(
                session,
                delivery.case_id,
                f"delivery_{delivery.state.lower()}",
                order_id=delivery.order_id,
                channel=delivery.channel,
                to=delivery.name,
                problem=delivery.problem,
            )
        if delivery.state in lifecycle.ENDED_BADLY and delivery.stopped_at is None:
            self._alarm(session, delivery)

    def _alarm(self, session: Session, delivery: Delivery) -> None:
        self.alarms.raise_alarm(
            session,
            "delivery_problem",
            ("assignment", delivery.assignment_id),
            organisation_path=delivery.organisation_path,
            level=max(delivery.urgency, 1),
            params={
                "order_id": delivery.order_id,
                "case_id": delivery.case_id,
                "channel": delivery.channel,
                "name": delivery.name,
                "state": delivery.state,
                "problem": delivery.problem,
            },
        )


_TOLD = frozenset({lifecycle.DELIVERED, lifecycle.FAILED, lifecycle.UNKNOWN})
_REPEATED = (
    "order_id",
    "assignment_id",
    "case_id",
    "organisation_path",
    "target_path",
    "urgency",
    "channel",
    "name",
    "address",
    "text",
    "document",
    "is_copy",
    "released_with",
)


def _outgoing(delivery: Delivery) -> Outgoing:
    return Outgoing(
        delivery_id=delivery.id,
        name=delivery.name,
        address=delivery.address,
        text=delivery.text,
        letter=Letter.from_json(delivery.document) if delivery.document else None,
        urgent=delivery.urgency >= URGENT_FROM,
        repeat=delivery.repeats_id is not None,
    )


def _mine(session: Session, delivery_id: int) -> Delivery:
    """The delivery, locked; raises NotFound outside the caller's jurisdiction."""
    delivery = session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
    if delivery is None or not principal_of(session).covers(delivery.organisation_path):
        raise NotFound("delivery", delivery_id)
    return delivery


def _changed(session: Session, delivery: Delivery) -> None:
    emit(
        session,
        DeliveryChanged(
            delivery.id, delivery.order_id, delivery.case_id, delivery.organisation_path
        ),
    )
