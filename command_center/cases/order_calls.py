"""The sound of calls that carried an order, and of conferences, from where the exchange leaves it
to its safe.

It becomes a recording of its case, bound to the delivery or the conference: heard by the same
people, under the same rules, destroyed with the case. The plain file goes once the sealed one is
committed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import recordings
from command_center.cases.models import Case, Recording
from command_center.cases.office import Office
from dispatch.conference.models import Conference
from dispatch.delivery.models import Delivery
from kernel.clock import now
from kernel.log import get_logger
from telephony import outbound
from telephony.conference import CONFERENCE
from telephony.exchange import JOB
from telephony.lifecycle import IN_FLIGHT

log = get_logger(__name__)
KEEP, KEEP_SECONDS = "cases.keep_calls", 10
STILL = timedelta(seconds=5)
"""A file that has not grown for so long is whole."""
LONGEST = timedelta(minutes=40)
"""No call lasts longer, whatever its message says."""


@dataclass(frozen=True)
class OrderCalls:
    office: Office
    folder: Path
    """Where the exchange leaves one sound file for each call, under the call's name."""

    def keep(self, session: Session) -> None:
        """Job: seal what has ended; destroy what is sealed, or belongs to no order."""
        for file in sorted(self.folder.glob("*.wav")):
            try:
                self._keep(session, file)
            except OSError as error:
                log.warning("call_not_sealed", call=file.stem, error=type(error).__name__)

    def _keep(self, session: Session, file: Path) -> None:
        if session.scalar(select(Recording.id).where(Recording.call == file.stem)) is not None:
            file.unlink()
            return
        ended_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        if named := CONFERENCE.fullmatch(file.stem):
            self._keep_conference(session, file, int(named[1]), ended_at)
            return
        delivery = _delivery(session, file.stem)
        case = session.get(Case, delivery.case_id) if delivery else None
        if delivery is None or delivery.message_id is None or case is None:
            log.warning("call_of_no_order", call=file.stem)
            file.unlink()
        elif _has_ended(session, delivery.message_id, now(session) - ended_at):
            recordings.keep_call(session, self.office, case, file, delivery.id, ended_at)

    def _keep_conference(
        self, session: Session, file: Path, conference_id: int, ended_at: datetime
    ) -> None:
        conference = session.get(Conference, conference_id)
        case = session.get(Case, conference.case_id) if conference else None
        if conference is None or case is None:
            log.warning("call_of_no_order", call=file.stem)
            file.unlink()
        elif conference.ended_at is not None and now(session) - ended_at >= STILL:
            recordings.keep_call(session, self.office, case, file, None, ended_at)


def _delivery(session: Session, call: str) -> Delivery | None:
    job = JOB.fullmatch(call)
    if job is None:
        return None
    return session.scalar(select(Delivery).where(Delivery.message_id == int(job[2])))


def _has_ended(session: Session, message_id: int, quiet_for: timedelta) -> bool:
    is_over = outbound.message(session, message_id).state not in IN_FLIGHT
    return quiet_for >= (STILL if is_over else LONGEST)
