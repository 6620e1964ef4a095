"""Fax: the order as an official form, to the branches of an order one after the other."""

from sqlalchemy.orm import Session

from dispatch.delivery.channels.base import Outgoing, Taken
from dispatch.delivery.letter import Letter
from dispatch.delivery.lifecycle import QUEUED
from telephony import fax_page, outbound
from telephony.fax_page import Rendered
from telephony.outbox import Outbox


class FaxChannel:
    """Lays the letter out (about a second) and queues it in its order's list."""

    name = "fax"
    needs_layout = True

    def __init__(self, outbox: Outbox):
        self.outbox = outbox

    def send(self, session: Session, out: Outgoing) -> Taken:
        page = out.message.written(_page)
        message_id = outbound.queue_fax(
            session,
            self.outbox,
            page.written(lambda made: made.pdf),
            to=out.address,
            pages=page.content.pages,
            recipient_name=out.name,
            reference=("delivery", out.delivery_id),
            subject=out.order_no,
            priority=out.urgency,
            list_key=f"order:{out.order_id}",
            position=out.delivery_id,
            repeat_of=out.repeat_of,
        )
        return Taken(QUEUED, message_id, page.content.pages)

    def cancel(self, session: Session, engine_id: int) -> bool:
        return outbound.cancel(session, engine_id)


def _page(content: str | Letter) -> Rendered:
    if not isinstance(content, Letter):
        raise TypeError("a fax needs a letter")
    return fax_page.render(fax_page.form(content.title, list(content.rows), content.footer))
