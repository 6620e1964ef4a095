"""One act that stops everything which leaves the house, and one that lets it go on."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.alarms.service import AlarmService
from dispatch.orders.ports import Directory
from dispatch.outbound.events import OutboundChanged
from kernel import pause
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import Conflict, Forbidden
from kernel.events import emit
from kernel.pause import Pause
from telephony import outbound

PAUSED = "outbound_paused"
"""The alarm that stands as long as the pause; and what is refused meanwhile."""
LEVEL = 2
"""Of the alarm: orders of every level wait."""


class OutboundService:
    """The switch of the whole bureau. Nothing here commits."""

    def __init__(self, alarms: AlarmService, directory: Directory):
        self.alarms, self.directory = alarms, directory

    def pause(self, session: Session, reason: str) -> Pause:
        """Let nothing more leave: what waits stays, what an engine has goes on.

        Raises Forbidden to whoever does not answer for the whole bureau, Conflict
        `outbound_paused`.
        """
        path, who = self._of_bureau(session), principal_of(session)
        made = insert(Pause).values(
            began_at=now(session), began_by=who.id, began_by_name=who.name, reason=reason
        )
        begun = session.scalar(made.on_conflict_do_nothing().returning(Pause))
        if begun is None:
            raise Conflict(PAUSED)
        about = (PAUSED, begun.id)
        self.alarms.raise_alarm(
            session, PAUSED, about, organisation_path=path, level=LEVEL, params={"name": who.name}
        )
        self._tell(session, begun, "outbound.paused")
        return begun

    def resume(self, session: Session) -> Pause:
        """Let go what waits, the urgent first; raises Forbidden, Conflict `not_paused`."""
        self._of_bureau(session)
        found = pause.current(session, lock=True)
        if found is None:
            raise Conflict("not_paused")
        who = principal_of(session)
        found.ended_at, found.ended_by, found.ended_by_name = now(session), who.id, who.name
        self.alarms.settle(session, PAUSED, (PAUSED, found.id))
        outbound.release(session)
        self._tell(session, found, "outbound.resumed")
        return found

    def may_switch(self, session: Session) -> bool:
        who = principal_of(session)
        return who.can("outbound.pause") and who.covers(self.directory.bureau_path(session))

    def _of_bureau(self, session: Session) -> str:
        if not self.may_switch(session):
            raise Forbidden("outbound.pause", code="whole_bureau_only")
        return self.directory.bureau_path(session)

    def _tell(self, session: Session, found: Pause, action: str) -> None:
        record(session, action, "outbound_pause", found.id)
        path = self.directory.bureau_path(session)
        branches = self.directory.branches(session, path)
        emit(session, OutboundChanged(found.id, (path, *(one.path for one in branches))))
