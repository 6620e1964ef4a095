"""Texts and faxes that came in: kept once, told upward. What they mean is decided above."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel.errors import NotFound
from telephony import news
from telephony.lifecycle import Channel
from telephony.models import Inbound


def receive(
    session: Session,
    *,
    gateway: str,
    provider_id: str,
    sender: str,
    recipient: str,
    text: str,
    received_at: datetime,
    channel: str = Channel.SMS,
    pages: int = 0,
) -> int | None:
    """Keep a text and tell it upward; gives its id, None when it was known already."""
    statement = insert(Inbound).values(
        channel=channel,
        gateway=gateway,
        provider_id=provider_id[:120],
        sender=_storable(sender)[:40],
        recipient=_storable(recipient)[:40],
        text=_storable(text),
        pages=pages,
        received_at=received_at,
        state="new",
    )
    ident = session.execute(
        statement.on_conflict_do_nothing(index_elements=["gateway", "provider_id"]).returning(
            Inbound.id
        )
    ).scalar()
    if ident is not None:
        news.inbound_received(session, get(session, ident))
    return ident


def _storable(text: str) -> str:
    """PostgreSQL stores no zero character, and no half of one."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def get(session: Session, inbound_id: int) -> Inbound:
    """Raises NotFound."""
    found = session.get(Inbound, inbound_id)
    if found is None:
        raise NotFound("inbound", inbound_id)
    return found


def empty(session: Session, inbound_id: int) -> None:
    """Keep neither number nor words: they are kept elsewhere. Raises NotFound."""
    found = get(session, inbound_id)
    found.sender = found.text = ""


def mark(session: Session, inbound_id: int, state: str) -> None:
    """`handled`, or `to_person` when a person must read it. Raises NotFound."""
    get(session, inbound_id).state = state
