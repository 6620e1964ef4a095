"""Short messages, through whatever gateway telephony has."""

from sqlalchemy.orm import Session

from dispatch.delivery.channels.base import Outgoing, Taken
from dispatch.delivery.letter import as_text
from dispatch.delivery.lifecycle import QUEUED
from telephony import outbound, sms_text


class SmsChannel:
    name = "sms"
    needs_layout = False

    def send(self, session: Session, out: Outgoing) -> Taken:
        text = out.message.written(as_text)
        message_id = outbound.queue_sms(
            session,
            text,
            to=out.address,
            recipient_name=out.name,
            reference=("delivery", out.delivery_id),
            subject=out.order_no,
            priority=out.urgency,
            repeat_of=out.repeat_of,
        )
        return Taken(QUEUED, message_id, len(sms_text.split(text.content)))

    def cancel(self, session: Session, engine_id: int) -> bool:
        return outbound.cancel(session, engine_id)
