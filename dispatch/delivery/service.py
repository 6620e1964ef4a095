"""Sending to recipients, and what a person may do with one message. Nothing here commits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.delivery import lifecycle, queries
from dispatch.delivery.channels.base import Channel, Outgoing
from dispatch.delivery.events import DeliveryChanged
from dispatch.delivery.letter import Letter, as_text
from dispatch.delivery.models import Delivery
from dispatch.news import tell_timeline
from kernel import jobs
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict, NotFound
from kernel.events import emit
from kernel.gate import gate
from kernel.gate.gate import Cleared, NotCleared
from telephony.outbound import REPEAT

LAY_OUT = "dispatch.lay_out"
FAX_REPORT = "dispatch.fax_report"
LOCKED_PAUSE = timedelta(seconds=1)
"""After it a page is looked at again that somebody had locked."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where one message goes, and for which part of which order."""

    order_id: int
    assignment_id: int
    order_no: str
    case_id: int
    organisation_path: str
    urgency: int
    channel: str
    name: str
    address: str
    is_copy: bool
    held: str | None = None


Failed = Callable[[Session, Delivery], None]
"""Whoever goes on when something that somebody waits for will not arrive."""


class DeliveryService:
    """Deliveries over the channels it was given, by name."""

    def __init__(self, channels: Mapping[str, Channel], alarms: AlarmService, has_failed: Failed):
        self.channels, self.alarms, self.has_failed = channels, alarms, has_failed

    def queue(self, session: Session, to: Recipient, message: Cleared[str | Letter]) -> Delivery:
        """Hand a message to its channel, or hold it until a person lets it go.

        Raises NotCleared for one that was cleared for another way.
        """
        content = message.for_way(to.channel)
        text = as_text(content)
        delivery = Delivery(
            **{name: getattr(to, name) for name in Recipient.__dataclass_fields__},
            text=text,
            document=content.as_json() if isinstance(content, Letter) else None,
            cleared=gate.stamp_of(message.purpose, text),
            state=lifecycle.HELD if to.held else lifecycle.QUEUED,
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
        tell(session, delivery, "delivery_released", confirmed_with=confirmed_with)
        self._send(session, delivery)
        return delivery

    def resend(self, session: Session, delivery_id: int, reason: str) -> Delivery:
        """Send it once more, marked as a repeat, because a person says so.

        Raises NotFound, IllegalTransition while the first may still leave, Conflict
        `order_cancelled`, `not_cleared`, or `already_repeated`: then the newest repeat is the one
        to send again.
        """
        first = _mine(session, delivery_id)
        lifecycle.check_resend(first.state)
        if first.stopped_why == "cancelled":
            raise Conflict("order_cancelled")
        if session.scalar(select(exists().where(Delivery.repeats_id == first.id))):
            raise Conflict("already_repeated")
        try:
            again = _repeat(first, reason)
        except NotCleared:
            raise Conflict("not_cleared") from None
        again.created_at = now(session)
        session.add(again)
        session.flush()
        first.stopped_at, first.stopped_why = now(session), "repeated"
        record(session, "delivery.resent", "delivery", again.id, repeats=first.id)
        tell(session, again, "delivery_resent", reason=reason)
        self._send(session, again)
        return again

    def cancel(self, session: Session, delivery_id: int) -> Delivery:
        """Stop what has not left; raises NotFound, IllegalTransition."""
        delivery = _mine(session, delivery_id)
        lifecycle.check_cancel(delivery.state, delivery.channel)
        self._stop(session, delivery, "by_hand", recall=True)
        record(session, "delivery.cancelled", "delivery", delivery.id, state=delivery.state)
        return delivery

    def stop(self, session: Session, assignment_id: int, why: str) -> list[Delivery]:
        """Nobody waits for this assignment's messages any more: stop those still here.

        Gives those that have left, or may have. An acknowledgement leaves a held page held: of a
        closed order it alone carries what the order says.
        """
        theirs = select(Delivery).where(Delivery.assignment_id == assignment_id)
        found = session.scalars(theirs.order_by(Delivery.id).with_for_update()).all()
        for delivery in found:
            if why != "acknowledged" or delivery.state != lifecycle.HELD:
                recall = lifecycle.may_be_stopped(delivery.state, delivery.channel)
                self._stop(session, delivery, why, recall=recall)
        self.alarms.settle(session, "delivery_problem", ("assignment", assignment_id))
        if why != "acknowledged":
            self.alarms.settle(session, "desk_wanted", ("assignment", assignment_id))
        return [one for one in found if one.state != lifecycle.CANCELLED]

    @staticmethod
    def addresses(session: Session, assignment_id: int) -> set[tuple[str, str]]:
        """Channel and address of everything that was queued for this assignment."""
        tried = select(Delivery.channel, Delivery.address)
        found = session.execute(tried.where(Delivery.assignment_id == assignment_id))
        return {(channel, address) for channel, address in found}

    def lay_out(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: make the next page of an order and give it to its channel.

        One page a job, in the order of the list, so that a long list holds no lock for long. A
        page that somebody has locked is passed over: whoever stops it may wait for this very job,
        to have it lay out the recall.
        """
        waiting = _waiting_for_layout(payload["order_id"])
        delivery = session.scalar(waiting.with_for_update(skip_locked=True))
        if delivery is not None:
            self._hand_over(session, delivery)
            _lay_out_later(session, delivery.order_id)
        elif session.scalar(waiting) is not None:
            _lay_out_later(session, payload["order_id"], after=LOCKED_PAUSE)

    def _send(self, session: Session, delivery: Delivery) -> None:
        delivery.queued_at = now(session)
        if self.channels[delivery.channel].needs_layout:
            _lay_out_later(session, delivery.order_id)
            changed(session, delivery)
        else:
            self._hand_over(session, delivery)

    def _hand_over(self, session: Session, delivery: Delivery) -> None:
        channel = self.channels[delivery.channel]
        try:
            taken = channel.send(session, _outgoing(session, delivery))
        except NotCleared:
            self._fail(session, delivery, "not_cleared")
        except BadInput as refusal:
            self._fail(session, delivery, refusal.code)
        else:
            delivery.state, delivery.message_id = taken.state, taken.message_id
            delivery.downlink_id, delivery.pages = taken.downlink_id, taken.pages
            if taken.state == lifecycle.SENT:
                delivery.sent_at = now(session)
        changed(session, delivery)

    def _fail(self, session: Session, delivery: Delivery, problem: str) -> None:
        delivery.state, delivery.problem = lifecycle.FAILED, problem
        tell(session, delivery, "delivery_failed", problem=problem)
        self.fell_through(session, delivery)

    def _stop(self, session: Session, delivery: Delivery, why: str, *, recall: bool) -> None:
        delivery.stopped_at, delivery.stopped_why = now(session), why
        if recall and self._recall(session, delivery):
            delivery.state, delivery.held = lifecycle.CANCELLED, None
        changed(session, delivery)

    def _recall(self, session: Session, delivery: Delivery) -> bool:
        if delivery.engine_id is None:
            return True
        return self.channels[delivery.channel].cancel(session, delivery.engine_id)

    def fell_through(self, session: Session, delivery: Delivery) -> None:
        """It failed, or nobody knows, while somebody waits for it."""
        said = {
            "channel": delivery.channel,
            "state": delivery.state,
            "problem": delivery.problem,
        }
        self.ring(session, delivery, "delivery_problem", **said)
        if delivery.state == lifecycle.FAILED and not delivery.is_copy:
            self.has_failed(session, delivery)

    def ring(self, session: Session, delivery: Delivery, kind: str, **more: Any) -> None:
        """An alarm about a delivery's assignment, for the desk of its case."""
        self.alarms.raise_alarm(
            session,
            kind,
            ("assignment", delivery.assignment_id),
            organisation_path=delivery.organisation_path,
            level=max(delivery.urgency, 1),
            params={
                "order_id": delivery.order_id,
                "order_no": delivery.order_no,
                "case_id": delivery.case_id,
                "name": delivery.name,
                **more,
            },
        )


def tell(session: Session, delivery: Delivery, kind: str, **params: Any) -> None:
    """A fact about a delivery, for the case's timeline."""
    tell_timeline(
        session,
        delivery.case_id,
        kind,
        order_id=delivery.order_id,
        channel=delivery.channel,
        to=delivery.name,
        **params,
    )


def changed(session: Session, delivery: Delivery) -> None:
    if delivery.channel == "fax" and delivery.state in lifecycle.CLOSED:
        order_id = delivery.order_id
        # Without a key: one that runs holds its row and waits for the order, which we hold.
        jobs.enqueue(session, FAX_REPORT, {"order_id": order_id})
    emit(session, DeliveryChanged(delivery.order_id, delivery.organisation_path))


_REPEATED = (
    "order_id",
    "assignment_id",
    "order_no",
    "case_id",
    "organisation_path",
    "urgency",
    "channel",
    "name",
    "address",
    "is_copy",
    "document",
    "released_with",
)


def _repeat(first: Delivery, reason: str) -> Delivery:
    """The same again; a fax is stamped as a repeat by telephony, on every page.

    Raises NotCleared.
    """
    passed = _passed(first)
    text = REPEAT + first.text.removeprefix(REPEAT)
    return Delivery(
        **{name: getattr(first, name) for name in _REPEATED},
        text=text,
        cleared=first.cleared if first.letter else gate.stamp_of(passed.purpose, text),
        state=lifecycle.QUEUED,
        repeats_id=first.id,
        repeat_reason=reason,
    )


def _passed(delivery: Delivery) -> Cleared[str | Letter]:
    """What passed the gate when it was queued; raises NotCleared when it is no longer that."""
    content = delivery.letter or delivery.text
    return gate.restored(delivery.cleared, content, as_text(content))


def _outgoing(session: Session, delivery: Delivery) -> Outgoing:
    first = session.get(Delivery, delivery.repeats_id) if delivery.repeats_id else None
    return Outgoing(
        delivery_id=delivery.id,
        order_id=delivery.order_id,
        assignment_id=delivery.assignment_id,
        order_no=delivery.order_no,
        urgency=delivery.urgency,
        name=delivery.name,
        address=delivery.address,
        message=_passed(delivery),
        repeat_of=first.engine_id if first else None,
    )


def _waiting_for_layout(order_id: int) -> Select[Delivery]:
    return (
        select(Delivery)
        .where(
            Delivery.order_id == order_id,
            Delivery.document.is_not(None),
            Delivery.state == lifecycle.QUEUED,
            Delivery.message_id.is_(None),
        )
        .order_by(Delivery.id)
        .limit(1)
    )


def _lay_out_later(session: Session, order_id: int, after: timedelta = timedelta(0)) -> None:
    due = now(session) + after
    jobs.enqueue(session, LAY_OUT, {"order_id": order_id}, key=str(order_id), run_at=due)


def _mine(session: Session, delivery_id: int) -> Delivery:
    """The delivery, locked; raises NotFound outside the caller's jurisdiction."""
    delivery = queries.locked(session, Delivery.id == delivery_id)
    if delivery is None or not principal_of(session).covers(delivery.organisation_path):
        raise NotFound("delivery", delivery_id)
    return delivery
