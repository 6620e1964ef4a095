"""Shapes of the inbound API."""

from pydantic import BaseModel, Field, RootModel

from dispatch.inbound.models import Reply
from dispatch.inbound.strangers import Words
from dispatch.moments import Utc
from dispatch.orders.schemas import Reported
from kernel.schemas import Ident


class TextOut(BaseModel):
    """A text that came in."""

    id: int
    channel: str
    sender: str
    text: str
    received_at: Utc


class InboundOut(TextOut):
    why: str


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
    message = reply.inbound
    return InboundOut(
        id=message.id,
        channel=message.channel,
        sender=message.sender,
        text=message.text,
        received_at=message.received_at,
        why=reply.why,
    )


def stranger_text_out(reply: Reply, words: Words) -> StrangerTextOut:
    message = reply.inbound
    return StrangerTextOut(
        id=message.id,
        channel=message.channel,
        sender=words.sender,
        text=words.text,
        received_at=message.received_at,
    )
