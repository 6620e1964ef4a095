"""The crew's own phone: the order stands in /field and on the screen of whoever is signed on."""

from sqlalchemy.orm import Session

from dispatch.delivery.channels.base import Outgoing, Taken
from dispatch.delivery.lifecycle import SENT


class AppChannel:
    """No engine: once committed, the order can be fetched; fetching it is its receipt."""

    name = "app"

    def send(self, session: Session, out: Outgoing) -> Taken:
        return Taken(None, SENT)

    def cancel(self, session: Session, message_id: int | None) -> bool:
        return False
