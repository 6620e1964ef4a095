"""Calls: the words are spoken, a key answers; one number of an assignment after the other."""

from sqlalchemy.orm import Session

from dispatch.delivery.channels.base import Outgoing, Taken
from dispatch.delivery.letter import as_text
from dispatch.delivery.lifecycle import QUEUED
from telephony import outbound


class VoiceChannel:
    name = "voice"
    needs_layout = False

    def send(self, session: Session, out: Outgoing) -> Taken:
        message_id = outbound.queue_call(
            session,
            out.message.written(as_text),
            to=out.address,
            recipient_name=out.name,
            reference=("delivery", out.delivery_id),
            subject=out.order_no,
            priority=out.urgency,
            list_key=f"call:{out.assignment_id}",
            position=out.delivery_id,
            repeat_of=out.repeat_of,
        )
        return Taken(QUEUED, message_id)

    def cancel(self, session: Session, engine_id: int) -> bool:
        """A call that rings is stopped soon; its end is news like any other."""
        return outbound.cancel(session, engine_id)
