"""The pages of faxes that came in: sealed as they come, an attachment once it is known whose.

They stay sealed here until somebody has settled them: which order was meant may be corrected.

Which order a branch's fax answers may be plain, or a person says it. A stranger's fax is a
citizen's submission, as a stranger's text is.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from dispatch.field.ports import Evidence
from dispatch.inbound.models import Reply
from dispatch.inbound.strangers import KEPT
from dispatch.orders.models import Assignment
from kernel.audit import record
from kernel.clock import now
from kernel.crypto import Broken, Vault
from kernel.db import principal_of
from kernel.errors import NotFound
from kernel.log import get_logger

log = get_logger(__name__)
FaxPages = Callable[[str], bytes | None]
"""The PDF of a fax by the name that its exchange gave it."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the pages of a fax come from, and where they go."""

    take: FaxPages
    vault: Vault
    evidence: Evidence

    def keep(self, reply: Reply) -> bool:
        """Seal the pages beside the reply; False when there are none that can be read."""
        pdf = self.take(reply.inbound.provider_id)
        if pdf is not None:
            reply.sealed_pages = self.vault.seal(pdf, _owner(reply))
        return pdf is not None

    def file(self, session: Session, reply: Reply, assignment: Assignment) -> None:
        """Make them an attachment of the assignment's order, unless they are it already.

        Raises NotFound for pages that cannot be opened.
        """
        is_there = reply.attachment_id is not None and reply.assignment_id == assignment.id
        if reply.sealed_pages is None or is_there:
            return
        order = assignment.order
        reply.assignment_id = assignment.id
        reply.attachment_id = self.evidence.add(
            session,
            case_id=order.case_id,
            order_id=order.id,
            name=f"fax-{order.order_no}-{reply.inbound_id}.pdf",
            media_type="application/pdf",
            data=self._opened(reply),
            user_id=principal_of(session).id,
        )

    def read(self, session: Session, reply: Reply) -> bytes:
        """The PDF, while it waits for a person; who looks is on record. Raises NotFound."""
        pdf = self._opened(reply)
        record(session, "inbound.pages_read", "inbound", reply.inbound_id)
        return pdf

    def _opened(self, reply: Reply) -> bytes:
        if reply.sealed_pages is None:
            raise NotFound("pages", reply.inbound_id)
        try:
            return self.vault.open(reply.sealed_pages, _owner(reply))
        except Broken:
            log.error("fax_damaged", inbound_id=reply.inbound_id)
            raise NotFound("pages", reply.inbound_id) from None


def destroy(session: Session) -> None:
    """Job: what was settled long ago and belongs to no order, whoever sent it."""
    old = Reply.sealed_pages.is_not(None) & (Reply.settled_at < now(session) - KEPT)
    session.execute(update(Reply).where(old).values(sealed_pages=None))


def _owner(reply: Reply) -> bytes:
    return f"pages:{reply.inbound_id}".encode()
