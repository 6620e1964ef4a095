"""Recorded NMEA 0183, in which a fix may wait for the height that is sent after it."""

from collections import deque

from gps_ingest.protocols.base import Message
from gps_ingest.protocols.nmea.decoder import Decoder, Gga, Rmc
from gps_ingest.protocols.nmea.sentence import SECOND


class CaptureReader:
    """A recorded stream to messages; each RMC gets the height of its second, sent before or after.

    A fix waits, and what follows it with it, until its second has passed, its own GGA came, or
    the input rests.
    """

    MAX_QUEUE = 512
    MAX_GGAS = 32

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._queue: deque[Message] = deque()
        self._waiting: list[Rmc] = []
        self._ggas: list[Gga] = []
        self._second: int | None = None

    @property
    def waiting(self) -> bool:
        return bool(self._queue)

    def feed(self, data: bytes) -> list[Message]:
        return self._arranged(self._decoder.feed(data))

    def settle(self) -> list[Message]:
        out: list[Message] = []
        self._release(out)
        return out

    def finish(self) -> list[Message]:
        return self._arranged(self._decoder.finish()) + self.settle()

    def _arranged(self, messages: list[Message]) -> list[Message]:
        out: list[Message] = []
        for message in messages:
            if isinstance(message, Rmc | Gga) and message.clock is not None:
                self._place(message, message.clock // SECOND, out)
            self._queue.append(message)
            if not self._waiting or len(self._queue) > self.MAX_QUEUE:
                self._release(out)
        return out

    def _place(self, message: Rmc | Gga, second: int, out: list[Message]) -> None:
        """Let go of an earlier second's fixes and learn what this sentence says of its own."""
        if second != self._second:
            self._release(out)
            self._second = second
            self._ggas.clear()
        if isinstance(message, Rmc):
            if not self._has_its_own(message):
                self._waiting.append(message)
        elif message.alt_m is not None and len(self._ggas) < self.MAX_GGAS:
            self._ggas.append(message)
            self._waiting = [fix for fix in self._waiting if not self._has_its_own(fix)]

    def _has_its_own(self, fix: Rmc) -> bool:
        """Give the fix the nearest height of its second; True when it is of its very moment."""
        ggas = [gga for gga in self._ggas if gga.device in (None, fix.device)]
        apart = [abs((gga.clock or 0) - (fix.clock or 0)) for gga in ggas]
        least = min(apart, default=None)
        fix.alt_m = None if least is None else ggas[apart.index(least)].alt_m
        return least == 0

    def _release(self, out: list[Message]) -> None:
        self._waiting.clear()
        out.extend(self._queue)
        self._queue.clear()
