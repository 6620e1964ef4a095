"""NMEA 0183: bytes of a stream to messages. pynmea2 parses; this module never lets it near noise.

pynmea2 1.19 needs a guard: its pattern is quadratic on long lines, it raises more than its own
errors, reads an empty position as 0, 0 and takes sentences without a checksum. So a sentence is
cut out of the bytes, limited, and its checksum verified before pynmea2 sees it; and only the text
of its fields is used, never its conversions or its `is_valid`.
"""

import re
from collections import deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, reduce
from operator import xor

import pynmea2

from gps_ingest.protocols.base import Bad, Fix, Login, Message, Other, identity

MAX_SENTENCE = 256
"""Bytes from "$" to the checksum. The standard says 82; real receivers send 210."""
MAX_LOOSE = 128
"""Bytes kept of a line that is no sentence: enough for any identity."""
KNOT = 1.852
HALF_A_DAY = 12 * 3600

FLAG_OF_MODE = {"E": "estimated", "M": "manual", "S": "simulated"}
LOGIN_FIELD = {"PGID": 0, "GPFID": 0, "DEVID": 0, "PCPTI": 0, "PSIWMDID": 0, "FRLIN": 1}
"""Sentences by which a device names itself, and the place of the name after the address."""
NO_CHECKSUM_NEEDED = frozenset({"PGID", "GPFID", "DEVID"})

_TOKEN = re.compile(
    rb"(?P<sentence>[$!][^*$!\r\n]*(?:\*[^$!\r\n]{0,2})?)|(?P<end>[\r\n]+)|(?P<loose>[^$!\r\n]+)"
)
_PRINTABLE = re.compile(rb"[\x20-\x7e]+")
_CHECKSUM = re.compile(rb"[0-9A-Fa-f]{2}")
_CLOCK = re.compile(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d|60)(?:\.(\d*))?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:\.\d*)?|[+-]?\.\d+", re.ASCII)
_DEGREES = re.compile(r"\d{1,5}(?:\.\d*)?", re.ASCII)
_PREFIX = re.compile(rb"(?:[0-9A-Za-z]+/)?(?P<id>(?=(?:[^0-9]*[0-9]){4})[0-9A-Za-z_.-]{5,40})[,/]?")
_IMEI_LINE = re.compile(rb"IMEI[ :=]+([0-9A-Za-z]{4,40})")
_BARE_LINE = re.compile(rb"[0-9A-F]{10,20}")


@dataclass(slots=True)
class Rmc(Fix):
    """The fix of an RMC; `clock` is its time of day in seconds."""

    clock: float | None = None


@dataclass(slots=True)
class Gga(Other):
    """A GGA has no date and no speed, so it is no fix; its height belongs to the RMC beside it."""

    clock: float | None = None
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
        return out

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
        return len(sentence) < MAX_SENTENCE and sentence[-3:-2] != b"*"

    def _end_of_line(self, out: list[Message]) -> None:
        loose, self._loose = self._loose.strip(), b""
        if loose and not self._line_used and not _is_comment(loose):
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
        if _is_comment(self._loose) and not self._line_used:
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
        if fault := _fault(token, body, given):
            return Bad(fault, device, raw=token)
        self._begun = True
        try:
            return self._decoded(token, body.decode("ascii"), device)
        except Exception as error:  # pynmea2 raises IndexError and TypeError, too
            return Bad(f"unreadable: {error}"[:120], device, raw=token)

    def _decoded(self, token: bytes, text: str, device: str | None) -> Message:
        address, *fields = text.split(",")
        if address in LOGIN_FIELD:
            name = identity(",".join(fields[LOGIN_FIELD[address] :][:1]))
            return self._login(name) if name else Bad("an empty identity", device, raw=token)
        # "P" begins a vendor's own address: $PGRMC configures a Garmin, it is no RMC.
        kind = address[2:] if len(address) == 5 and address[0] != "P" else address
        if token[:1] != b"$":
            return Other(kind, device)
        if kind == "RMC":
            return self._rmc(_fields(text, 12), device, token)
        if kind == "GGA":
            self._gga = _gga(_fields(text, 9), device)
            return self._gga
        if kind == "ZDA":
            self._zda(_fields(text, 4))
        elif address == "FRCMD":
            device = identity(",".join(fields[:1])) or device
        return Other(kind, device)

    def _rmc(self, fields: list[str], device: str | None, raw: bytes) -> Message:
        at, status, lat, ns, lon, ew, knots, course, day = fields[:9]
        mode = fields[11]
        valid = status == "A" and mode != "N"
        try:
            position = _position(lat, ns, lon, ew)
        except ValueError as error:
            if valid:
                return Bad(str(error), device, raw=raw)
            position = None
        flags = [FLAG_OF_MODE[mode]] if mode in FLAG_OF_MODE else []
        clock = _clock(at)
        time = self._calendar.moment(day, clock)
        if time and not day:
            flags.append("date_inferred")
        speed = _number(knots)
        return Rmc(
            lat=position[0] if position else None,
            lon=position[1] if position else None,
            time=time,
            valid=valid and position is not None,
            speed_kmh=None if speed is None else speed * KNOT,
            course=_number(course),
            alt_m=self._height(clock, device),
            device=device,
            flags=tuple(flags),
            raw=raw,
            clock=clock,
        )

    def _height(self, clock: float | None, device: str | None) -> float | None:
        """Of the last GGA, when it is of this second and of no other device."""
        gga = self._gga
        if gga is None or gga.clock is None or clock is None or gga.device not in (None, device):
            return None
        return gga.alt_m if int(gga.clock) == int(clock) else None

    def _zda(self, fields: list[str]) -> None:
        clock, (day, month, year) = _clock(fields[0]), fields[1:4]
        if clock is not None and all(part.isdecimal() for part in (day, month, year)):
            self._calendar.set(_date(int(year), int(month), int(day)), clock)


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
                self._place(message, int(message.clock), out)
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
        apart = [abs((gga.clock or 0.0) - (fix.clock or 0.0)) for gga in ggas]
        least = min(apart, default=None)
        fix.alt_m = None if least is None else ggas[apart.index(least)].alt_m
        return least == 0.0

    def _release(self, out: list[Message]) -> None:
        self._waiting.clear()
        out.extend(self._queue)
        self._queue.clear()


class _Calendar:
    """Dates for the sentences of one stream: their own, or the last one told before."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._clock = 0.0

    def set(self, day: date | None, clock: float) -> None:
        if day is not None:
            self._day, self._clock = day, clock

    def moment(self, ddmmyy: str, clock: float | None) -> datetime | None:
        """The moment of `clock` on the named day; without a name, on the day the stream is in."""
        if clock is None:
            return None
        if ddmmyy:
            day = _two_digit_date(ddmmyy)
        else:
            day = self._day
            if day is not None and clock < self._clock - HALF_A_DAY:
                day += timedelta(days=1)  # midnight has passed
        self.set(day, clock)
        if day is None:
            return None
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=clock)


def _fault(token: bytes, body: bytes, given: bytes | None) -> str | None:
    """What is wrong with the bytes of a sentence, if anything."""
    if len(token) > MAX_SENTENCE:
        return f"longer than {MAX_SENTENCE} bytes"
    if not _PRINTABLE.fullmatch(body):
        return "bytes that are not text"
    if given is None:
        address = body.partition(b",")[0].decode("ascii")
        return None if address in NO_CHECKSUM_NEEDED else "no checksum"
    if not _CHECKSUM.fullmatch(given):
        return "half a checksum"
    right = checksum(body)
    return None if int(given, 16) == right else f"wrong checksum, should be {right:02X}"


def _is_comment(line: bytes) -> bool:
    """Captures carry headers in lines that begin with "#", and these may quote sentences."""
    return line[:2] in (b"#", b"# ")


def checksum(body: bytes) -> int:
    """XOR of all bytes between "$" and "*"."""
    return reduce(xor, body, 0)


def _fields(text: str, least: int) -> list[str]:
    """The fields of a sentence as text, padded to `least`; raises whatever pynmea2 raises."""
    data: list[str] = pynmea2.parse("$" + text).data
    return data + [""] * (least - len(data))


def _gga(fields: list[str], device: str | None) -> Gga:
    at, quality, height = fields[0], fields[5], fields[8]
    fixed = quality.strip("0") != ""
    return Gga("GGA", device, _clock(at), _number(height) if fixed else None)


def _position(lat: str, ns: str, lon: str, ew: str) -> tuple[float, float] | None:
    """Signed degrees, or None where the receiver left a part out; raises ValueError."""
    if not (lat and ns and lon and ew):
        return None
    return _degrees("latitude", lat, 2, ns, "NS"), _degrees("longitude", lon, 3, ew, "EW")


def _degrees(name: str, text: str, width: int, letter: str, letters: str) -> float:
    """ddmm.mm or dddmm.mm: the first `width` digits are degrees. Raises ValueError."""
    if letter not in letters or not _DEGREES.fullmatch(text):
        raise ValueError(f"{name} is malformed")
    whole = text.partition(".")[0]
    if len(whole) < width:  # zeros left out
        degrees, minutes = 0, float(text)
    else:
        degrees, minutes = int(whole[:width]), float("0" + text[width:])
    if minutes >= 60:
        raise ValueError(f"{name} has 60 minutes or more")
    value = degrees + minutes / 60
    return -value if letter == letters[1] else value


def _clock(text: str) -> float | None:
    """hhmmss.ss to seconds of the day (a leap second counts into the next minute)."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hours, minutes, seconds, fraction = found.groups()
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + int((fraction or "0")[:6].ljust(6, "0")) / 1e6


@lru_cache(maxsize=32)
def _two_digit_date(ddmmyy: str) -> date | None:
    if len(ddmmyy) != 6 or not (ddmmyy.isascii() and ddmmyy.isdecimal()):
        return None
    year = int(ddmmyy[4:])
    return _date(1900 + year if year >= 80 else 2000 + year, int(ddmmyy[2:4]), int(ddmmyy[:2]))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1980 <= year < 2100 else None
    except ValueError:
        return None


def _number(text: str) -> float | None:
    """A plain decimal number, or None: receivers leave fields empty, and noise says "abc"."""
    return float(text) if _NUMBER.fullmatch(text) else None
