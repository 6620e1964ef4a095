"""Raising, taking, climbing and resolving alarms. Nothing here commits."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.alarms import ladder, queries
from dispatch.alarms.events import AlarmChanged
from dispatch.alarms.models import Alarm
from gps_ingest import downlink
from kernel import jobs
from kernel.access import Role
from kernel.audit import record
from kernel.clock import now
from kernel.db import carried_out_by, principal_of
from kernel.errors import Conflict, Forbidden
from kernel.events import emit

CLIMB = "dispatch.alarm_climb"
TERMINAL = "terminal"
"""What an alarm refers to that a vehicle's terminal raised."""
Reference = tuple[str, int]
CALLED = "called"
"""Of an alarm's parameters: who on duty was told, because they sit at no desk."""
Call = Callable[[Session, Alarm], Sequence[str]]
"""Gives the names of whom it called."""
OUTAGE = timedelta(seconds=60)
"""A busy worker is later than planned; more than this is an outage."""


class AlarmService:
    """Alarms that climb one rung each `climb_seconds` while nobody takes them.

    `call` tells whoever is on duty at the rung that an alarm has climbed to.
    """

    def __init__(self, climb_seconds: float, call: Call = lambda session, alarm: ()):
        self.climb_after, self.call = timedelta(seconds=climb_seconds), call

    @carried_out_by(Role.HOUSE)
    def raise_alarm(
        self,
        session: Session,
        kind: str,
        reference: Reference,
        *,
        organisation_path: str,
        level: int = 1,
        params: dict[str, Any] | None = None,
        about_user_id: int | None = None,
        rung: str | None = None,
    ) -> Alarm:
        """The open alarm of that kind and reference, raised if there is none.

        An open one is left as it is, unless this one is of a higher level: then it starts anew
        from its first rung and asks for an owner again. One that nobody has taken is lifted to
        `rung`, where that is above it.
        """
        begin = ladder.first_rung(kind) if rung is None else rung
        raised = self._insert(
            session, kind, reference, organisation_path, level, begin, params or {}, about_user_id
        )
        if raised is not None:
            record(session, "alarm.raised", "alarm", raised.id, kind=kind, level=level)
            self._start(session, raised)
            return raised
        alarm = _open(session, kind, reference)
        if level > alarm.level:
            alarm.level, alarm.params = level, {**alarm.params, **(params or {})}
            alarm.taken_by = alarm.taken_by_name = alarm.taken_at = None
            alarm.rung = begin
            record(session, "alarm.raised", "alarm", alarm.id, kind=kind, level=level)
            self._start(session, alarm)
        elif rung and alarm.taken_at is None and ladder.is_above(rung, alarm.rung):
            self._lift(session, alarm, rung)
        return alarm

    @carried_out_by(Role.HOUSE)
    def tell_more(self, session: Session, alarm: Alarm, **params: Any) -> None:
        """Let an open alarm say more; it does not ring anew."""
        alarm.params = {**alarm.params, **params}
        _changed(session, alarm)

    def take(self, session: Session, alarm_id: int) -> Alarm:
        """Make the caller its owner and stop the climb.

        Raises NotFound for an alarm that is not theirs to see, Forbidden `approvers_only`,
        Conflict `alarm_taken` or `alarm_resolved` when someone was first.
        """
        alarm = _answerable(session, alarm_id)
        is_new = alarm.taken_at is None
        _own(session, alarm)
        record(session, "alarm.taken", "alarm", alarm.id, kind=alarm.kind)
        if is_new:
            _tell_terminal(session, alarm)
        return alarm

    @carried_out_by(Role.HOUSE)
    def take_for(self, session: Session, kind: str, reference: Reference) -> None:
        """An act that answers an untaken alarm takes it: who acts is its owner."""
        alarm = _find_open(session, kind, reference)
        if alarm is not None and alarm.taken_at is None:
            _own(session, alarm)
            record(session, "alarm.taken", "alarm", alarm.id, kind=alarm.kind)

    def resolve(self, session: Session, alarm_id: int, note: str) -> Alarm:
        """Close an alarm by a person; raises what `take` raises, Conflict `alarm_lasts`."""
        alarm = _answerable(session, alarm_id)
        if alarm.kind in ladder.LASTING:
            raise Conflict("alarm_lasts")
        if alarm.resolved_at is not None:
            raise Conflict("alarm_resolved")
        if alarm.taken_at is None:
            _own(session, alarm)
            _tell_terminal(session, alarm)
        _close(session, alarm, note)
        record(session, "alarm.resolved", "alarm", alarm.id, kind=alarm.kind)
        return alarm

    @carried_out_by(Role.HOUSE)
    def settle(self, session: Session, kind: str, reference: Reference, note: str = "") -> None:
        """Close the open alarm of that kind and reference, if there is one: its cause is gone."""
        alarm = _find_open(session, kind, reference)
        if alarm is not None:
            _close(session, alarm, note)
            record(session, "alarm.settled", "alarm", alarm.id, kind=alarm.kind)

    def climb(self, session: Session, payload: dict[str, Any]) -> None:
        """Job handler: one rung up, unless somebody owns the alarm or it is not yet due."""
        alarm = session.get(Alarm, payload["alarm_id"], with_for_update=True)
        if alarm is None or alarm.taken_at or alarm.resolved_at or not _is_due(session, alarm):
            return
        above = ladder.next_rung(alarm.rung)
        if _is_late(session, alarm):
            self._start(session, alarm)  # nobody could have taken it: everybody's time runs anew
        elif above is not None:
            self._lift(session, alarm, above)

    def _lift(self, session: Session, alarm: Alarm, rung: str) -> None:
        alarm.rung = rung
        record(session, "alarm.climbed", "alarm", alarm.id, kind=alarm.kind, rung=rung)
        if told := self.call(session, alarm):
            called = dict.fromkeys([*alarm.params.get(CALLED, ()), *told])
            alarm.params = {**alarm.params, CALLED: list(called)}
        self._start(session, alarm)

    def _insert(
        self,
        session: Session,
        kind: str,
        reference: Reference,
        path: str,
        level: int,
        rung: str,
        params: dict[str, Any],
        about_user_id: int | None,
    ) -> Alarm | None:
        statement = insert(Alarm).values(
            kind=kind,
            reference_kind=reference[0],
            reference_id=reference[1],
            organisation_path=path,
            level=level,
            rung=rung,
            params=params,
            raised_at=now(session),
            about_user_id=about_user_id,
        )
        return session.scalar(statement.on_conflict_do_nothing().returning(Alarm))

    def _start(self, session: Session, alarm: Alarm) -> None:
        """Set the time of the next climb, where there is a rung above."""
        if ladder.next_rung(alarm.rung) is None:
            alarm.climbs_at = None
        else:
            alarm.climbs_at = now(session) + self.climb_after
            jobs.enqueue(session, CLIMB, {"alarm_id": alarm.id}, run_at=alarm.climbs_at)
        _changed(session, alarm)


@carried_out_by(Role.HOUSE)
def _tell_terminal(session: Session, alarm: Alarm) -> None:
    """Whoever pressed the button learns that a person has taken it."""
    if alarm.reference_kind == TERMINAL and "bits" in alarm.params:
        downlink.confirm_alarm(session, alarm.reference_id, int(alarm.params["bits"]))


def _answerable(session: Session, alarm_id: int) -> Alarm:
    """The alarm, locked, for somebody who may answer it."""
    principal = principal_of(session)
    alarm = queries.visible(session, principal, alarm_id, lock=True)
    if not ladder.may_answer(principal.roles, alarm.kind):
        raise Forbidden("order.approve", code="approvers_only")
    return alarm


def _find_open(session: Session, kind: str, reference: Reference) -> Alarm | None:
    return session.scalar(
        select(Alarm)
        .where(
            Alarm.kind == kind,
            Alarm.reference_kind == reference[0],
            Alarm.reference_id == reference[1],
            Alarm.resolved_at.is_(None),
        )
        .with_for_update()
    )


def _open(session: Session, kind: str, reference: Reference) -> Alarm:
    alarm = _find_open(session, kind, reference)
    if alarm is None:  # resolved between our insert and our look: whoever asked may ask again
        raise Conflict("alarm_resolved")
    return alarm


def _own(session: Session, alarm: Alarm) -> None:
    principal = principal_of(session)
    if alarm.resolved_at is not None:
        raise Conflict("alarm_resolved")
    if alarm.taken_at is not None and alarm.taken_by != principal.id:
        raise Conflict("alarm_taken", by=alarm.taken_by_name)
    alarm.taken_at = alarm.taken_at or now(session)
    alarm.taken_by, alarm.taken_by_name = principal.id, principal.name
    _stop(session, alarm)


def _close(session: Session, alarm: Alarm, note: str) -> None:
    alarm.resolved_at, alarm.resolved_by = now(session), principal_of(session).id
    alarm.note = note
    _stop(session, alarm)


def _stop(session: Session, alarm: Alarm) -> None:
    """The job that waits is left to find nothing: a worker may hold its row while we hold ours."""
    alarm.climbs_at = None
    _changed(session, alarm)


def _is_due(session: Session, alarm: Alarm) -> bool:
    return alarm.climbs_at is not None and alarm.climbs_at <= now(session)


def _is_late(session: Session, alarm: Alarm) -> bool:
    """Whether the climb comes after an outage and not in its time."""
    return alarm.climbs_at is not None and now(session) - alarm.climbs_at > OUTAGE


def _changed(session: Session, alarm: Alarm) -> None:
    emit(session, AlarmChanged(alarm.id, alarm.organisation_path))
