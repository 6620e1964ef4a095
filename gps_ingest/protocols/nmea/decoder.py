"""A stream of NMEA 0183 to messages.

A sentence is cut out of the bytes, limited, and its checksum verified before its fields are read;
an empty position is none, never 0, 0. pynmea2 parses what accompanies a fix (GGA, ZDA), behind this
guard: its pattern is quadratic on long lines, it raises more than its own errors, and only the
text of its fields is used. The RMC, of which there is one a second and vehicle, is split here.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import pynmea2

from gps_ingest.protocols.base import Bad, Fix, Login, Message, Other, identity
from gps_ingest.protocols.nmea import plain
from gps_ingest.protocols.nmea.sentence import (
    FLAG_OF_MODE,
    KNOT,
    MAX_SENTENCE,
    SECOND,
    clock_of,
    fault,
    is_comment,
    midnight,
    number,
    padded,
    position,
    two_digit_date,
)

MAX_LOOSE = 128
"""Bytes kept of a line that is no sentence: enough for any identity."""
MANY = 32
"""Lines in one piece that are worth reading together."""
HALF_A_DAY = 12 * 3600 * SECOND

LOGIN_FIELD = {"PGID": 0, "GPFID": 0, "DEVID": 0, "PCPTI": 0, "PSIWMDID": 0, "FRLIN": 1}
"""Sentences by which a device names itself, and the place of the name after the address."""

_TOKEN = re.compile(
    rb"(?P<sentence>[$!][^*$!\r\n]*(?:\*[^$!\r\n]{0,2})?)|(?P<end>[\r\n]+)|(?P<loose>[^$!\r\n]+)"
)
_PREFIX = re.compile(rb"(?:[0-9A-Za-z]+/)?(?P<id>(?=(?:[^0-9]*[0-9]){4})[0-9A-Za-z_.-]{5,40})[,/]?")
_IMEI_LINE = re.compile(rb"IMEI[ :=]+([0-9A-Za-z]{4,40})")
_BARE_LINE = re.compile(rb"[0-9A-F]{10,20}")


@dataclass(slots=True)
class Rmc(Fix):
    """The fix of an RMC; `clock` is its time of day in microseconds."""

    clock: int | None = None


@dataclass(slots=True)
class Gga(Other):
    """A GGA has no date and no speed, so it is no fix; its height belongs to the RMC beside it."""

    clock: int | None = None
    alt_m: float | None = None


class Decoder:
    """One stream of bytes to messages, as they come. Keeps less than one sentence in memory.

    `device` is the name that the stream gave itself; a name in front of a sentence counts for
    that sentence alone. `noise` counts the bytes that belonged to no sentence.
    """

    def __init__(self, device: str | None = None) -> None:
        self.device = device
        self.noise = 0
        self._rest = b""
        self._loose = b""
        self._line_used = False
        self._begun = False
        self._calendar = _Calendar()
        self._gga: Gga | None = None

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes."""
        if self._rest:
            data = self._rest + data
            self._rest = b""
        out: list[Message] = []
        *lines, last = data.split(b"\r\n")
        together = _together(lines)
        for place, line in enumerate(lines):
            row = None
            if not self._loose and not self._line_used:
                row = together.get(place) or plain.row(line)
            if row is None:
                self._tokens(line + b"\r\n", out)
            else:
                out.append(self._rmc_of(line, row))
        self._tokens(last, out)
        return out

    def _rmc_of(self, line: bytes, row: plain.Row) -> Rmc:
        """The same message as `_rmc`, of numbers that one pattern, or many lines, gave."""
        lat, lon, clock, midnight, speed, course, valid, flags = row
        self._begun = True
        self._calendar.set(midnight, clock)
        time = midnight + timedelta(0, 0, clock) if midnight else None
        height = self._height(clock, self.device) if self._gga else None
        return Rmc(
            lat, lon, time, valid, speed, course, height, self.device, flags, {}, line, clock
        )

    def _tokens(self, data: bytes, out: list[Message]) -> None:
        for token in _TOKEN.finditer(data):
            if token.lastgroup == "sentence":
                if token.end() == len(data) and self._may_continue(token[0]):
                    self._rest = token[0]
                else:
                    self._sentence(token[0], out)
            elif token.lastgroup == "end":
                self._end_of_line(out)
            else:
                self.noise += len(token[0])
                self._loose = (self._loose + token[0])[:MAX_LOOSE]

    def finish(self) -> list[Message]:
        """The stream (or datagram) has ended: what is left is all there will be."""
        out: list[Message] = []
        if self._rest:
            self._sentence(self._rest, out)
            self._rest = b""
        self._end_of_line(out)
        return out

    @staticmethod
    def _may_continue(sentence: bytes) -> bool:
        return len(sentence) <= MAX_SENTENCE and sentence[-3:-2] != b"*"

    def _end_of_line(self, out: list[Message]) -> None:
        loose, self._loose = self._loose.strip(), b""
        if loose and not self._line_used and not is_comment(loose):
            out.append(self._line(loose))
        self._line_used = False

    def _line(self, text: bytes) -> Message:
        """A line without a sentence: an identity, or noise."""
        named = _IMEI_LINE.fullmatch(text) or (not self._begun and _BARE_LINE.fullmatch(text))
        if not named:
            return Bad("no sentence in this line", self.device, raw=text)
        return self._login(named[named.lastindex or 0].decode("ascii"))

    def _login(self, name: str) -> Login:
        self._begun = True
        self.device = name
        return Login(name)

    def _sentence(self, token: bytes, out: list[Message]) -> None:
        if is_comment(self._loose) and not self._line_used:
            self.noise += len(token)
            return
        loose, self._loose = self._loose, b""
        body, star, given = token[1:].partition(b"*")
        device = self.device
        if loose and not self._line_used and (found := _PREFIX.fullmatch(loose.strip())):
            device = found["id"].decode("ascii")
            self.noise -= len(loose)
        self._line_used = True
        if body:
            out.append(self._checked(token, body, given if star else None, device))
        else:
            self.noise += len(token)

    def _checked(
        self, token: bytes, body: bytes, given: bytes | None, device: str | None
    ) -> Message:
        """The message of one sentence, after everything that can be wrong with its bytes."""
        if wrong := fault(token, body, given):
            return Bad(wrong, device, raw=token)
        self._begun = True
        return self._decoded(token, body.decode("ascii"), device)

    def _decoded(self, token: bytes, text: str, device: str | None) -> Message:
        address, *fields = text.split(",")
        if address in LOGIN_FIELD:
            name = identity(",".join(fields[LOGIN_FIELD[address] :][:1]))
            return self._login(name) if name else Bad("an empty identity", device, raw=token)
        # "P" begins a vendor's own address: $PGRMC configures a Garmin, it is no RMC.
        kind = address[2:] if len(address) == 5 and address[0] != "P" else address
        if kind in ("RMC", "GGA", "ZDA") and not fields:
            return Bad("no fields", device, raw=token)
        if token[:1] != b"$":
            return Other(kind, device)
        if kind == "RMC":
            return self._rmc(padded(fields, 12), device, token)
        if kind in ("GGA", "ZDA"):
            try:
                fields = pynmea2.parse(f"${text}").data
            except Exception as error:  # pynmea2 raises IndexError and TypeError, too
                return Bad(f"unreadable: {error}"[:120], device, raw=token)
        if kind == "GGA":
            self._gga = _gga(padded(fields, 9), device)
            return self._gga
        if kind == "ZDA":
            self._zda(padded(fields, 4))
        elif address == "FRCMD":
            device = identity(",".join(fields[:1])) or device
        return Other(kind, device)

    def _rmc(self, fields: list[str], device: str | None, raw: bytes) -> Message:
        at, status, lat, ns, lon, ew, knots, course, day = fields[:9]
        mode = fields[11]
        valid = status == "A" and mode != "N"
        try:
            place = position(lat, ns, lon, ew)
        except ValueError as error:
            if valid:
                return Bad(str(error), device, raw=raw)
            place = None
        flags = [FLAG_OF_MODE[mode]] if mode in FLAG_OF_MODE else []
        clock = clock_of(at)
        time = self._calendar.moment(day, clock)
        if time and not day:
            flags.append("date_inferred")
        speed = number(knots)
        return Rmc(
            lat=place[0] if place else None,
            lon=place[1] if place else None,
            time=time,
            valid=valid and place is not None,
            speed_kmh=None if speed is None else speed * KNOT,
            course=number(course),
            alt_m=self._height(clock, device),
            device=device,
            flags=tuple(flags),
            raw=raw,
            clock=clock,
        )

    def _height(self, clock: int | None, device: str | None) -> float | None:
        """Of the last GGA, when it is of this second and of no other device."""
        gga = self._gga
        if gga is None or gga.clock is None or clock is None or gga.device not in (None, device):
            return None
        return gga.alt_m if gga.clock // SECOND == clock // SECOND else None

    def _zda(self, fields: list[str]) -> None:
        clock, (day, month, year) = clock_of(fields[0]), fields[1:4]
        if clock is not None and all(part.isdecimal() for part in (day, month, year)):
            self._calendar.set(midnight(int(year), int(month), int(day)), clock)


def _together(lines: list[bytes]) -> dict[int, plain.Row]:
    if len(lines) < MANY:
        return {}
    from gps_ingest.protocols.nmea.together import rows  # numpy, where it is worth its loading

    return rows(lines)


def _gga(fields: list[str], device: str | None) -> Gga:
    at, quality, height = fields[0], fields[5], fields[8]
    fixed = quality.strip("0") != ""
    return Gga("GGA", device, clock_of(at), number(height) if fixed else None)


class _Calendar:
    """Dates for the sentences of one stream: their own, or the last one told before."""

    def __init__(self) -> None:
        self._midnight: datetime | None = None
        self._clock = 0

    def set(self, midnight: datetime | None, clock: int) -> None:
        if midnight is not None:
            self._midnight, self._clock = midnight, clock

    def moment(self, ddmmyy: str, clock: int | None) -> datetime | None:
        """The moment of `clock` on the named day; without a name, on the day the stream is in."""
        if clock is None:
            return None
        if ddmmyy:
            midnight = two_digit_date(ddmmyy)
        else:
            midnight = self._midnight
            if midnight is not None and clock < self._clock - HALF_A_DAY:
                midnight += timedelta(days=1)  # the old day has passed
        self.set(midnight, clock)
        return None if midnight is None else midnight + timedelta(0, 0, clock)
