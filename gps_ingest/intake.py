"""Between the listeners and the store: every decoded fix passes here, whatever brought it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gps_ingest import meters
from gps_ingest.fixes import Row, Table, to_us, turns
from gps_ingest.fleet import Fleet
from gps_ingest.history import Happening, Oddity
from gps_ingest.pipeline import End, KnownTerminal, Passage, Pipeline, Rules, Verdict
from gps_ingest.positions import Done, PositionStore
from gps_ingest.presence import Presence
from gps_ingest.protocols.base import Fix
from kernel.clock import Clock, SystemClock
from kernel.log import get_logger

log = get_logger(__name__)

MAX_RAW = 1024
"""Bytes of a doubtful message that are kept."""
YEAR_2000 = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ACCEPTED = ("accepted", "")
UNUSABLE = (End.VOID, End.QUARANTINED)
"""Who sends only that has a reason to be away."""
SUSPICIOUS = "suspicious"
"""Kind of what is told upward when somebody seems to pose as a terminal."""
SUSPICION_PAUSE = timedelta(minutes=10)
"""Each reason is told once in this time: whoever knocks on and on cannot fill the tables."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says besides a position; `key` tells it from others of that moment."""

    kind: str
    key: str
    details: Mapping[str, object]
    raw: bytes


class Intake:
    """Takes fixes through the pipeline and into the store or the quarantine."""

    def __init__(
        self,
        fleet: Fleet,
        store: PositionStore,
        *,
        pipeline: Pipeline | None = None,
        rules: Rules | None = None,
        clock: Clock | None = None,
    ):
        self.fleet, self.store = fleet, store
        self.pipeline = pipeline or Pipeline()
        self.rules = rules or Rules()
        self.clock = clock or SystemClock()
        self.presence = Presence(store.happen, self.clock.now())
        store.watch = self.watch

    def identify(self, identity: str, protocol: str, source: str) -> KnownTerminal | None:
        """The terminal of that name; an unknown one is counted. Marks it as heard."""
        terminal, at = self.fleet.find(identity), self.clock.now()
        if terminal is None:
            self.fleet.stranger(identity, protocol, source, at)
        else:
            self.fleet.heard(terminal, at)
        return terminal

    def take(
        self,
        fix: Fix,
        terminal: KnownTerminal | None,
        done: Done | None = None,
        told: Sequence[Told] = (),
        received_at: datetime | None = None,
    ) -> Verdict | None:
        """Pass a fix on with what it tells besides; None means that the fix is to be stored.

        `received_at` is now, if nothing else is said.

        `done` is called once everything about it is safe in the database; at once when there is
        nothing to store, never when the fix was refused. What is told is stored whatever becomes
        of the position: an alarm needs none.
        """
        passage = Passage(fix, terminal, received_at or self.clock.now(), self.rules)
        verdict = self.pipeline.run(passage)
        meters.fixes[_labels(verdict)] += 1
        if told and terminal is not None and not (verdict and verdict.end is End.REFUSED):
            for one in told:
                self._happen(one, terminal, passage.received_at, fix)
        if verdict is None:
            self.store.add(_row(passage), done)
        elif verdict.end is End.QUARANTINED:
            self.store.quarantine(_oddity(passage, verdict.reason), done)
        elif verdict.end is End.REPEATED and done is not None:
            self.store.after_all_before(done)
        elif verdict.end is End.VOID and done is not None:
            self.store.after_all_before(done) if told else done()
        if terminal is not None and verdict is not None and verdict.end in UNUSABLE:
            self.presence.trouble(terminal.id, verdict.end.value, passage.received_at.timestamp())
        return verdict

    def watch(self, fixes: Table) -> None:
        """Those that are to be stored: whose are live is present, and may have crossed a fence."""
        for turn in turns(fixes):
            self.fleet.heard_all(turn)
            self.presence.fixes(turn)
            self.pipeline.watch(turn)

    def trouble(self, terminal: KnownTerminal, reason: str) -> None:
        """A reason for the terminal to be away, unless a fix comes after it."""
        self.presence.trouble(terminal.id, reason, self.clock.now().timestamp())

    def tell(self, told: Told, terminal: KnownTerminal, done: Done) -> None:
        """Store what comes without a position; `done` is called once it is safe."""
        self._happen(told, terminal, self.clock.now(), None)
        self.store.after_all_before(done)

    def suspect(self, terminal: KnownTerminal, reason: str, address: str) -> None:
        """Somebody at that network address seems to pose as the terminal: people are told."""
        meters.suspicions.labels(reason).inc()
        now, before = self.clock.now(), terminal.suspected.get(reason)
        if before is not None and now - before < SUSPICION_PAUSE:
            return
        terminal.suspected[reason] = now
        log.warning("terminal_suspicious", terminal=terminal.id, reason=reason, address=address)
        details = {"reason": reason, "address": address}
        self._happen(Told(SUSPICIOUS, reason, details, b""), terminal, now, None)

    def _happen(
        self, told: Told, terminal: KnownTerminal, received_at: datetime, fix: Fix | None
    ) -> None:
        at = fix.time if fix and fix.time else received_at
        placed = fix is not None and fix.valid
        self.store.happen(
            Happening(
                terminal_id=terminal.id,
                kind=told.kind,
                at_us=_microseconds(at),
                key=told.key,
                received_us=_microseconds(received_at),
                lat=fix.lat if fix and placed else None,
                lon=fix.lon if fix and placed else None,
                details=told.details,
                raw=told.raw[:MAX_RAW] or None,
            )
        )
        meters.happenings.labels(told.kind).inc()


def _labels(verdict: Verdict | None) -> tuple[str, str]:
    return (verdict.end.name.lower(), verdict.reason) if verdict else ACCEPTED


def _row(passage: Passage) -> Row:
    fix, terminal = passage.fix, passage.terminal
    if terminal is None or fix.time is None or fix.lat is None or fix.lon is None:
        raise ValueError("the pipeline let an incomplete fix pass")
    return Row(
        terminal.id,
        # A double holds these to a quarter of a microsecond.
        to_us(passage.at),
        to_us(passage.received),
        fix.lat,
        fix.lon,
        fix.speed_kmh,
        fix.course,
        fix.alt_m,
        int(passage.flags),
        passage.is_live,
    )


def _oddity(passage: Passage, reason: str) -> Oddity:
    fix, terminal = passage.fix, passage.terminal
    return Oddity(
        received_us=_microseconds(passage.received_at),
        terminal_id=terminal.id if terminal else 0,
        reason=reason,
        fixed_us=None if fix.time is None else _microseconds(fix.time),
        lat=fix.lat,
        lon=fix.lon,
        speed_kmh=fix.speed_kmh,
        raw=fix.raw[:MAX_RAW],
    )


def _microseconds(moment: datetime) -> int:
    """Since 2000, as PostgreSQL keeps time."""
    return (moment - YEAR_2000) // MICROSECOND
