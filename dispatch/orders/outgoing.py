"""What leaves for an order: a text per recipient, and word to everyone when it is taken back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from dispatch.delivery.channels.app import AppChannel
from dispatch.delivery.letter import Letter, as_text
from dispatch.delivery.models import Delivery
from dispatch.delivery.service import DeliveryService, Recipient
from dispatch.escalation import policies
from dispatch.orders import recipients, texts
from dispatch.orders.brief import OrderBrief
from dispatch.orders.models import Assignment, Order
from dispatch.orders.plan import Plan, addresses_of
from dispatch.orders.ports import Directory, Waker
from dispatch.orders.recipients import Address, Target
from dispatch.orders.texts import Words
from dispatch.units import queries as units
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import NotFound
from kernel.gate import gate, purposes
from kernel.gate.gate import Cleared, Found
from kernel.settings import Settings
from telephony import sms_text

UNKNOWN_NUMBER = "DD············"
UNKNOWN_CODE = "····"
"""As long as the real ones, which exist only once the order is issued."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One message as it would go; number and code stand as dots."""

    kind: str
    target_id: int
    target_name: str
    address: Address
    text: str
    pages: int | None


class Outgoings:
    """Makes the words and hands them to the deliveries."""

    def __init__(
        self, settings: Settings, directory: Directory, deliveries: DeliveryService, waker: Waker
    ):
        self.zone, self.directory = settings.zone, directory
        self.deliveries, self.waker = deliveries, waker

    @property
    def engines(self) -> Collection[str]:
        """The channels that something here serves."""
        return self.deliveries.channels.keys()

    def preview(self, session: Session, plan: Plan) -> list[Preview]:
        """Exactly what each recipient would get."""
        moment = now(session)
        words = Words(
            brief=plan.brief,
            order_no=UNKNOWN_NUMBER,
            kind=plan.request.kind,
            closed=plan.closed,
            note=plan.request.note,
            issued_by=principal_of(session).name,
            approved_by="",
            at=self._local(moment),
            due=self._local(moment + _ack_time(session, plan.brief)),
            units=tuple(one.name for one in plan.targets if one.kind == "unit"),
        )
        found = []
        for target in plan.targets:
            lines = _previews(words, target)
            found += lines or [_unreachable(target, plan.request.channels[0])]
        return found

    def waiting(self, session: Session, order: Order) -> list[Preview]:
        """What each recipient would get if the principal let this pending order go now."""
        words = self._words(session, order, now(session), principal_of(session).name)
        return [
            line
            for one in order.assignments
            for line in _lines(words, one, self._addresses(session, order, one, order.channels))
        ]

    def send(self, session: Session, order: Order, assignments: Sequence[Assignment]) -> None:
        """Queue the deliveries of assignments that are just issued, by the order's channels."""
        words = self._sent_words(session, order)
        for assignment in assignments:
            for address in self._addresses(session, order, assignment, order.channels):
                self._queue(session, order, assignment, words, address)
            self._wake(session, assignment, order.channels)

    def untried(
        self, session: Session, order: Order, assignment: Assignment, channels: Sequence[str]
    ) -> list[Address]:
        """Where these channels reach the recipient now and nothing of the order went yet."""
        tried = self.deliveries.addresses(session, assignment.id)
        return [
            one
            for one in self._addresses(session, order, assignment, channels)
            if one.blocked is None and (one.channel, one.address) not in tried
        ]

    def send_to(
        self, session: Session, order: Order, assignment: Assignment, addresses: Sequence[Address]
    ) -> None:
        """Queue the order for more addresses of an assignment that went out already.

        Raises NotCleared where its words may not go that way.
        """
        words = self._sent_words(session, order)
        for address in addresses:
            self._queue(session, order, assignment, words, address)
        self._wake(session, assignment, [one.channel for one in addresses])

    def _wake(self, session: Session, assignment: Assignment, channels: Collection[str]) -> None:
        """Whoever has it on a page: a branch always, a crew where the app is among the channels."""
        if assignment.unit_id is None:
            self.waker.branch(session, assignment.target_id)
        elif AppChannel.name in channels:
            self.waker.crew(session, units.crew_ids(session, assignment.unit_id))

    def _queue(
        self, session: Session, order: Order, assignment: Assignment, words: Words, to: Address
    ) -> None:
        if to.blocked is None:
            recipient = _recipient(order, assignment, to)
            self.deliveries.queue(session, recipient, _cleared(order, words, assignment, to))

    def recall(self, session: Session, order: Order, assignment: Assignment, reason: str) -> None:
        """Stop what has not left, and tell those whom the order may have reached."""
        left = self.deliveries.stop(session, assignment.id, "cancelled")
        for once in _once_per_address(left):
            address = Address(once.channel, once.name, once.address)
            to = _recipient(order, assignment, address)
            self.deliveries.queue(session, to, _recalled(order, once.channel, reason))
        if order.issued_at is not None:
            self._wake(session, assignment, [one.channel for one in left])

    def _sent_words(self, session: Session, order: Order) -> Words:
        said = order.approval_in_words(self.zone)
        return self._words(session, order, order.issued_at or order.created_at, said)

    def _words(self, session: Session, order: Order, moment: datetime, approved_by: str) -> Words:
        return Words(
            brief=OrderBrief.from_json(order.brief),
            order_no=order.order_no,
            kind=order.kind,
            closed=order.closed,
            note=order.note,
            issued_by=order.created_by_name,
            approved_by=approved_by,
            at=self._local(moment),
            due=self._local(moment + _ack_time(session, order)),
            units=tuple(one.target_name for one in order.assignments if one.unit_id),
        )

    def _addresses(
        self, session: Session, order: Order, assignment: Assignment, channels: Sequence[str]
    ) -> Sequence[Address]:
        """Where the recipient is reached now: an approval may come after a change of crew."""
        if assignment.unit_id is None:
            branch = self.directory.branch(session, assignment.target_id)
            there = recipients.of_branch(branch, channels, closed=order.closed)
            return recipients.served(there, self.engines)
        placed = units.find(session, assignment.unit_id)
        if placed is None:
            raise NotFound("unit", assignment.unit_id)
        return recipients.served(addresses_of(placed, channels), self.engines)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)


def _ack_time(session: Session, of: OrderBrief | Order) -> timedelta:
    policy = policies.effective(session, of.organisation_path, of.urgency)
    return timedelta(seconds=policy.limits["ack"])


def recall_hits(order: Order, reason: str) -> list[Found]:
    """What in the reason leads to somebody, where it goes out with the recall."""
    if order.closed or order.issued_at is None:
        return []
    brief = OrderBrief.from_json(order.brief)
    why = purposes.of(texts.purpose_of(brief, "sms", recall=True))
    return gate.found(why, {"reason": reason}, brief.own_words)


def _cleared(
    order: Order, words: Words, assignment: Assignment, address: Address
) -> Cleared[str | Letter]:
    told = words.told(assignment.code, address.name, copy=assignment.is_copy)
    cleared = gate.clear(
        words.purpose(address.channel), told, known=words.brief.own_words,
        confirmed=order.words_confirmed,
    )  # fmt: skip
    return cleared.written(texts.WRITERS[address.channel])


def _recalled(order: Order, channel: str, reason: str) -> Cleared[str | Letter]:
    brief = OrderBrief.from_json(order.brief)
    told = {"order_no": order.order_no, "reason": "" if order.closed else reason}
    cleared = gate.clear(
        texts.purpose_of(brief, channel, recall=True), told, known=brief.own_words,
        confirmed=order.words_confirmed,
    )  # fmt: skip
    return cleared.written(texts.RECALLS[channel])


def _recipient(order: Order, assignment: Assignment, address: Address) -> Recipient:
    return Recipient(
        order_id=order.id,
        assignment_id=assignment.id,
        order_no=order.order_no,
        case_id=order.case_id,
        organisation_path=order.organisation_path,
        urgency=order.urgency,
        channel=address.channel,
        name=address.name,
        address=address.address,
        is_copy=assignment.is_copy,
        held=address.held,
    )


def _previews(words: Words, target: Target) -> list[Preview]:
    """A line per address, each with what forbids it."""
    forbids = target.blocked.code if target.blocked else None
    found = []
    for address in target.addresses:
        blocked = replace(address, blocked=forbids or address.blocked)
        text, pages = _text(words, blocked, UNKNOWN_CODE, target.is_copy)
        found.append(Preview(target.kind, target.id, target.name, blocked, text, pages))
    return found


def _lines(words: Words, one: Assignment, addresses: Sequence[Address]) -> list[Preview]:
    """A line per address of an assignment that stands already: its code is known."""
    return [
        Preview(
            one.target_kind,
            one.target_id,
            one.target_name,
            address,
            *_text(words, address, one.code, one.is_copy),
        )
        for address in addresses
    ]


def _text(words: Words, address: Address, code: str, is_copy: bool) -> tuple[str, int | None]:
    """The words for this address, and of how many parts an SMS consists."""
    told = words.told(code, address.name, copy=is_copy)
    shown = gate.listed(purposes.of(words.purpose(address.channel)), told)
    text = as_text(texts.WRITERS[address.channel](shown))
    return text, len(sms_text.split(text)) if address.channel == "sms" else None


def _unreachable(target: Target, channel: str) -> Preview:
    """The line of a target that no chosen channel reaches: it shows why."""
    code = target.blocked.code if target.blocked else None
    return Preview(
        target.kind, target.id, target.name, Address(channel, target.name, "", code), "", None
    )


def _once_per_address(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """One of each that went over a wire; the app shows the order's state by itself."""
    wires = (one for one in deliveries if one.channel != AppChannel.name)
    found = {(one.channel, one.address): one for one in wires}
    return list(found.values())
