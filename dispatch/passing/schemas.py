"""Shapes of the hand-over of an order between crews."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from dispatch.moments import Utc
from dispatch.orders.brief import OrderBrief
from dispatch.passing.models import Offer
from kernel.schemas import Ident, Storable


class OfferIn(BaseModel):
    unit_id: Ident
    reason: Annotated[Storable, Field(min_length=1, max_length=200)]


class OfferOut(BaseModel):
    """`subject_name` and `subject_address` are empty of a closed order: the crew is not on it."""

    id: int
    order_no: str
    urgency: int
    kind: str
    assignment_id: int
    giver: str
    unit_id: int
    unit_name: str
    subject_name: str
    subject_address: str
    reason: str
    offered_at: Utc
    offered_by_name: str
    decided_by_name: str | None
    state: Literal["open", "accepted", "declined", "withdrawn", "overtaken"]


class OfferList(BaseModel):
    items: list[OfferOut]


def offers_out(offers: Iterable[Offer]) -> OfferList:
    return OfferList(items=[offer_out(one) for one in offers])


def offer_out(offer: Offer) -> OfferOut:
    part = offer.assignment
    order, brief = part.order, OrderBrief.from_json(part.order.brief)
    same = ("id", "assignment_id", "unit_id", "unit_name", "reason", "offered_at",
            "offered_by_name", "decided_by_name", "state")  # fmt: skip
    return OfferOut(
        **{name: getattr(offer, name) for name in same},
        order_no=order.order_no,
        urgency=order.urgency,
        kind=order.kind,
        giver=part.target_name,
        subject_name="" if order.closed else brief.subject_name,
        subject_address="" if order.closed else brief.subject_address,
    )
