"""Shapes of the delivery API."""

from pydantic import BaseModel, Field

from dispatch.delivery.lifecycle import IN_FLIGHT
from dispatch.delivery.models import Delivery
from dispatch.moments import Utc


class PartsOut(BaseModel):
    total: int
    confirmed: int
    under_way: int
    """The page of a fax that is being sent; 0 while none is."""


class DeliveryOut(BaseModel):
    id: int
    channel: str
    name: str
    address: str
    text: str
    pages: int | None
    state: str
    held: str | None
    queued_at: Utc | None
    sent_at: Utc | None
    delivered_at: Utc | None
    parts: PartsOut | None
    attempts: int
    problem: str | None
    is_copy: bool
    repeats_id: int | None


class Resend(BaseModel):
    reason: str = Field(min_length=1, max_length=400)


class Release(BaseModel):
    confirmed_with: str = Field(min_length=1, max_length=120)


def delivery_out(delivery: Delivery) -> DeliveryOut:
    parts = None
    if delivery.parts_total:
        parts = PartsOut(
            total=delivery.parts_total,
            confirmed=delivery.parts_confirmed or 0,
            under_way=delivery.page_under_way if delivery.state in IN_FLIGHT else 0,
        )
    return DeliveryOut(
        parts=parts,
        **{name: getattr(delivery, name) for name in DeliveryOut.model_fields if name != "parts"},
    )
