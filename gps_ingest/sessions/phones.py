"""Phones: one request, one status. 200 means that what was sent is safe."""

from gps_ingest import meters
from gps_ingest.intake import Intake
from gps_ingest.listeners.http import Answer, HttpRequest
from gps_ingest.pipeline import End, KnownTerminal
from gps_ingest.protocols import osmand
from gps_ingest.protocols.base import Bad, Fix
from gps_ingest.sessions.base import Peer


class OsmandDesk:
    """Answers phones: 200 once the fix is safe, else a status that makes the phone keep it."""

    def __init__(self, intake: Intake, peer: Peer):
        self._intake, self._peer = intake, peer

    def handle(self, request: HttpRequest, answer: Answer) -> None:
        """Take one request; raises Dismissed when its peer has sent too much rubbish."""
        message = osmand.decode(
            osmand.Request(request.method, request.target, request.content_type, request.body),
            self._intake.clock.now(),
        )
        meters.messages("osmand", type(message).__name__).inc()
        if message.device is None or (isinstance(message, Bad) and not message.extra):
            answer(400)
            self._peer.spoil(1, 0)
            return
        terminal = self._intake.identify(message.device, "osmand", self._peer.address)
        if terminal is None or not terminal.enabled:
            answer(403)
            return
        self._peer.made_sense(identified=True)
        if isinstance(message, Fix):
            self._store(message, terminal, answer)
        else:  # a heartbeat, or cells that we cannot place: sent again it would say no more
            answer(200)

    def _store(self, fix: Fix, terminal: KnownTerminal, answer: Answer) -> None:
        if self._intake.store.is_away or not self._intake.store.valve.is_open:
            answer(503)
            return
        verdict = self._intake.take(fix, terminal, lambda: answer(200))
        if verdict is not None and verdict.end is End.REFUSED:
            answer(403)
