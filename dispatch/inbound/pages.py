"""The pages of faxes that came in: sealed as they come, an attachment once it is known whose.

Which order a branch's fax answers may be plain, or a person says it. A stranger's fax is a
citizen's submission, as a stranger's text is.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from dispatch.field.ports import Evidence
from dispatch.inbound.models import Reply
from dispatch.orders.models import Assignment
from kernel.audit import record
from kernel.clock import now
from kernel.crypto import Vault
from kernel.db import principal_of
from kernel.errors import NotFound

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

    def file(self, session: Session, reply: Reply, assignment: Assignment) -> int | None:
        """Make them an attachment of the assignment's order; gives its id, None without pages."""
        if reply.sealed_pages is not None:
            order = assignment.order
            reply.attachment_id = self.evidence.add(
                session,
                case_id=order.case_id,
                order_id=order.id,
                name=f"fax-{order.order_no}-{now(session):%Y%m%d-%H%M}.pdf",
                media_type="application/pdf",
                data=self.vault.open(reply.sealed_pages, _owner(reply)),
                user_id=principal_of(session).id,
            )
            reply.sealed_pages = None
        return reply.attachment_id

    def read(self, session: Session, reply: Reply) -> bytes:
        """The PDF, while it waits for a person; who looks is on record. Raises NotFound."""
        if reply.sealed_pages is None:
            raise NotFound("pages", reply.inbound_id)
        record(session, "inbound.pages_read", "inbound", reply.inbound_id)
        return self.vault.open(reply.sealed_pages, _owner(reply))


def _owner(reply: Reply) -> bytes:
    return f"pages:{reply.inbound_id}".encode()
