"""The crew's own phone: the order stands in /field and on the screen of whoever is signed on."""

from sqlalchemy.orm import Session

from dispatch.delivery.channels.base import Outgoing, Taken
from dispatch.delivery.lifecycle import SENT


class AppChannel:
    """No engine: once committed the order can be fetched; fetching it is its receipt."""

    name = "app"
    needs_layout = False

    def send(self, session: Session, out: Outgoing) -> Taken:
        out.message.for_way(self.name)
        return Taken(SENT)

    def cancel(self, session: Session, engine_id: int) -> bool:
        return False
