"""A stranger's text is a citizen's submission: sealed as soon as it is known for one, open to those
who take submissions, destroyed some time after they have.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from dispatch.inbound.models import Reply
from dispatch.numbers import sender
from kernel.audit import record
from kernel.clock import now
from kernel.crypto import Broken, Vault
from kernel.log import get_logger
from telephony import inbound as telephony
from telephony.models import Inbound

log = get_logger(__name__)
TEND, TEND_SECONDS = "inbound.tend", 3600
KEPT = timedelta(days=30)
"""After somebody has registered it, or found that it is nothing. What was registered stands in the
case."""
BATCH = 500
NUMBER = "stranger"
"""The purpose of the prints: they compare with those of no register."""


@dataclass(frozen=True, slots=True)
class Words:
    """Number and text as they came; both empty once they are destroyed, or cannot be opened."""

    sender: str
    text: str


def seal(session: Session, vault: Vault, reply: Reply, message: Inbound) -> None:
    """Move the words from telephony into the reply."""
    plain = json.dumps([message.sender, message.text]).encode()
    reply.sealed = vault.seal(plain, _owner(reply))
    reply.sender_print = vault.print(NUMBER, sender(message.sender))
    telephony.empty(session, message.id)


def opened(vault: Vault, reply: Reply) -> Words:
    """Empty where the sealed bytes are damaged: one such text hides no other. Raises KeyMissing."""
    if reply.sealed is None:  # from before they were sealed, or destroyed
        return Words(reply.inbound.sender, reply.inbound.text)
    try:
        return Words(*json.loads(vault.open(reply.sealed, _owner(reply))))
    except Broken:
        log.error("stranger_text_damaged", text_id=reply.inbound_id)
        return Words("", "")


def prints(vault: Vault, number: str) -> list[bytes]:
    return vault.prints(NUMBER, sender(number))


def tend(session: Session, vault: Vault) -> None:
    """Job: seal what came before there was a seal, destroy what was settled long ago."""
    plain = select(Reply).join(Reply.inbound).where(Reply.sealed.is_(None), Inbound.sender != "")
    for reply in _some(session, plain):
        seal(session, vault, reply, reply.inbound)
    old = select(Reply).where(Reply.sealed.is_not(None), Reply.settled_at < now(session) - KEPT)
    gone = list(_some(session, old))
    for reply in gone:
        reply.sealed, reply.sender_print, reply.note = None, None, ""
    if gone:
        record(session, "stranger_text.destroyed", "stranger_texts", "", n=len(gone))


def _some(session: Session, wanted: Select[Reply]) -> Iterable[Reply]:
    strange = wanted.where(Reply.is_stranger).order_by(Reply.inbound_id).limit(BATCH)
    return session.scalars(strange.with_for_update(of=Reply, skip_locked=True)).all()


def _owner(reply: Reply) -> bytes:
    return f"text:{reply.inbound_id}".encode()
