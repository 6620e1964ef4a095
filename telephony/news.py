"""News for the floor above, written as jobs in the transaction of the fact itself."""

from datetime import datetime

from sqlalchemy.orm import Session

from kernel.clock import now
from kernel.jobs import enqueue
from telephony.models import Inbound, Message

MESSAGE_CHANGED = "telephony.message_changed"
INBOUND_RECEIVED = "telephony.inbound_received"
KEY_PRESSED = "telephony.key_pressed"
PARTY_CHANGED = "telephony.party_changed"


def message_changed(session: Session, message: Message) -> None:
    """Tell where the message stands. News may overtake each other: the higher `version` holds."""
    message.version += 1
    payload = {
        "message_id": message.id,
        "version": message.version,
        "reference_kind": message.reference_kind,
        "reference_id": message.reference_id,
        "state": message.state,
        "at": now(session).isoformat(),
        "parts_total": message.parts_total,
        "parts_confirmed": message.parts_confirmed,
        "problem": message.problem,
    }
    enqueue(session, MESSAGE_CHANGED, payload)


def key_pressed(session: Session, message: Message, receipt_id: int, key: str) -> None:
    """Tell which key was pressed on the number of a call, while the call still goes on."""
    payload = {"message_id": message.id, "receipt_id": receipt_id, "key": key}
    enqueue(session, KEY_PRESSED, payload)


def inbound_received(session: Session, inbound: Inbound) -> None:
    enqueue(session, INBOUND_RECEIVED, {"inbound_id": inbound.id})


def party_changed(session: Session, conference: int, party: int, news: str, at: datetime) -> None:
    """Tell what became of a party's line; told twice it means the same."""
    payload = {"conference": conference, "party": party, "news": news, "at": at.isoformat()}
    enqueue(session, PARTY_CHANGED, payload)
