"""Fax: the order as an official form, to the branches of an order one after the other."""

from sqlalchemy.orm import Session

from dispatch.delivery.channels.base import Outgoing, Taken
from dispatch.delivery.lifecycle import QUEUED
from telephony import fax_page, outbound
from telephony.outbox import Outbox


class FaxChannel:
    """Lays the letter out (about a second) and queues it in its order's list."""

    name = "fax"
    needs_layout = True

    def __init__(self, outbox: Outbox):
        self.outbox = outbox

    def send(self, session: Session, out: Outgoing) -> Taken:
        if out.letter is None:
            raise TypeError("a fax needs a letter")
        html = fax_page.form(out.letter.title, list(out.letter.rows), out.letter.footer)
        page = fax_page.render(html)
        message_id = outbound.queue_fax(
            session,
            self.outbox,
            to=out.address,
            pdf=page.pdf,
            pages=page.pages,
            purpose="order",
            recipient_name=out.name,
            reference=("delivery", out.delivery_id),
            subject=out.order_no,
            priority=out.urgency,
            list_key=f"order:{out.order_id}",
            position=out.delivery_id,
            repeat_of=out.repeat_of,
        )
        return Taken(QUEUED, message_id, page.pages)

    def cancel(self, session: Session, message_id: int) -> bool:
        return outbound.cancel(session, message_id)
