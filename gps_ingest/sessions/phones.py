"""Phones: one request, one status. 200 means that what was sent is safe."""

from gps_ingest import meters
from gps_ingest.intake import Intake, Told
from gps_ingest.listeners.http import Answer, HttpRequest
from gps_ingest.pipeline import End, KnownTerminal
from gps_ingest.protocols import osmand, owntracks
from gps_ingest.protocols.base import Bad, Fix
from gps_ingest.protocols.request import Request
from gps_ingest.sessions.base import Peer

OWNTRACKS_PATH = "/owntracks"


class PhoneDesk:
    """Answers phones: 200 once the fix is safe, else a status that makes the phone keep it.

    OwnTracks reports under its own path; every other path is OsmAnd's, or Traccar Client's.
    """

    def __init__(self, intake: Intake, peer: Peer):
        self._intake, self._peer = intake, peer

    def handle(self, request: HttpRequest, answer: Answer) -> None:
        """Take one request; raises Dismissed when its peer has sent too much rubbish."""
        said = Request(request.method, request.target, request.content_type, request.body)
        is_owntracks = request.target.partition("?")[0].startswith(OWNTRACKS_PATH)
        protocol, decode = ("owntracks", owntracks.decode) if is_owntracks else _OSMAND
        safe = owntracks.ANSWER if is_owntracks else b""
        message = decode(said, self._intake.clock.now())
        meters.messages[protocol, type(message).__name__] += 1
        if message.device is None or (isinstance(message, Bad) and not message.extra):
            answer(400)
            self._peer.spoil(1, 0)
            return
        terminal = self._intake.identify(message.device, protocol, self._peer.address)
        if terminal is None or not terminal.enabled:
            answer(403)
            return
        self._peer.made_sense(identified=True)
        if isinstance(message, Fix):
            self._store(message, terminal, answer, safe)
        else:  # a heartbeat, or cells that we cannot place: sent again it would say no more
            answer(200, safe)

    def _store(self, fix: Fix, terminal: KnownTerminal, answer: Answer, safe: bytes) -> None:
        if self._intake.store.is_away or not self._intake.store.valve.is_open:
            answer(503)
            return
        verdict = self._intake.take(fix, terminal, lambda: answer(200, safe), _alarms(fix))
        if verdict is not None and verdict.end is End.REFUSED:
            answer(403)


_OSMAND = ("osmand", osmand.decode)


def _alarms(fix: Fix) -> tuple[Told, ...]:
    """The phone's button: `alarm=sos`, as Traccar Client sends it."""
    alarm = fix.extra.get("alarm")
    if not isinstance(alarm, str) or not alarm:
        return ()
    details = {"names": [alarm[:40]], "sos": alarm.lower() == "sos", "late": False}
    return (Told("alarm", alarm[:80], details, fix.raw),)
