"""Shapes of the inbound API."""

from pydantic import BaseModel, Field, RootModel

from dispatch.inbound.models import Reply
from dispatch.inbound.strangers import Words
from dispatch.moments import Utc
from dispatch.orders.schemas import Reported
from kernel.schemas import Ident


class TextOut(BaseModel):
    """A text or a fax that came in."""

    id: int
    channel: str
    sender: str
    text: str
    pages: int
    """Of a fax."""
    received_at: Utc


class InboundOut(TextOut):
    why: str
    assignment_id: int | None
    """Whose order it surely answers; where nobody has said so yet, none."""
    order_id: int | None
    order_no: str | None
    attachment_id: int | None
    """Where the pages of a fax are filed; else they wait with it."""


class Inbounds(RootModel[list[InboundOut]]):
    pass


class InboundQuery(BaseModel):
    open: bool = False


class StrangerTextOut(TextOut):
    pass


class StrangerTexts(RootModel[list[StrangerTextOut]]):
    pass


class SettleText(BaseModel):
    note: str = Field(min_length=1, max_length=400, pattern=r"\S")


class Settle(BaseModel):
    assignment_id: Ident | None = None
    state: Reported | None = None
    note: str = Field(default="", max_length=400)


def inbound_out(reply: Reply) -> InboundOut:
    message, order = reply.inbound, reply.assignment.order if reply.assignment else None
    return InboundOut(
        id=message.id,
        channel=message.channel,
        sender=message.sender,
        text=message.text,
        pages=message.pages,
        received_at=message.received_at,
        why=reply.why,
        assignment_id=reply.assignment_id,
        order_id=order.id if order else None,
        order_no=order.order_no if order else None,
        attachment_id=reply.attachment_id,
    )


def stranger_text_out(reply: Reply, words: Words) -> StrangerTextOut:
    message = reply.inbound
    return StrangerTextOut(
        id=message.id,
        channel=message.channel,
        sender=words.sender,
        text=words.text,
        pages=message.pages,
        received_at=message.received_at,
    )
