"""Bytes of JT/T 808 to messages, and messages to frames."""

import struct
from dataclasses import dataclass, replace

from gps_ingest.protocols.base import Bad, HexReader, Message
from gps_ingest.protocols.jt808 import parts
from gps_ingest.protocols.jt808.body import Body, Dialect, told_of
from gps_ingest.protocols.jt808.framing import (
    FLAG,
    MIN_FRAME,
    Header,
    Malformed,
    Peer,
    Splitter,
    assembled,
    seal,
    unseal,
)
from gps_ingest.protocols.jt808.link import Opaque, Part
from gps_ingest.protocols.jt808.location import Batch, Location, PositionReply
from gps_ingest.protocols.jt808.messages import READABLE


@dataclass(slots=True)
class Damaged(Bad):
    """A frame that may not be used. `fault` is escape, size, checksum, length, part or body.

    Of the last two the header can be trusted and answered; of the others it is only a claim.
    """

    fault: str = ""
    header: Header | None = None

    def told(self) -> dict[str, object]:
        claimed = told_of(self.header) if self.header else {}
        return claimed | {"error": self.reason, "fault": self.fault}


class Decoder:
    """One stream, or its datagrams, to messages as they come.

    `dialect` may change at any time, as soon as it is known who speaks. `noise` counts the bytes
    that belong to no frame.
    """

    def __init__(self, dialect: Dialect | None = None) -> None:
        self.dialect = dialect or Dialect()
        self.parts = parts.Assembler()
        self._splitter = Splitter()
        self.split = self._splitter.feed
        """What stands between flags once bytes have come, to be read one by one, or together."""

    @property
    def noise(self) -> int:
        return self._splitter.noise

    def feed(self, data: bytes, now: float = 0.0) -> list[Message]:
        """The messages that `data` completes. `now` is any clock that only goes forward."""
        return [self.read(wire, now) for wire in self.split(data)]

    def finish(self) -> list[Message]:
        """The stream (or datagram) has ended: a frame that began will not end."""
        rest = self._splitter.finish()
        if len(rest) < MIN_FRAME:
            self._splitter.noise += len(rest)
            return []
        return [Damaged("the frame has no end", raw=FLAG + rest, fault="size")]

    def read(self, wire: bytes, now: float = 0.0) -> Message:
        """The message of what stood between two flags. Never raises."""
        raw = FLAG + wire + FLAG
        try:
            header, body = unseal(wire, verify=self.dialect.verify)
            if header.part and header.part != (1, 1):
                whole = self.parts.take(header, body, now)
                if whole is None:
                    return Part(header=header)
                header, body = assembled(header, whole), whole.body
            return self._message(header, body, raw)
        except Malformed as fault:
            device = fault.header.peer.identity if fault.header else None
            return Damaged(str(fault), device, raw=raw, fault=fault.fault, header=fault.header)

    def _message(self, header: Header, body: bytes, raw: bytes) -> Message:
        found = Opaque if header.encryption else READABLE.get(header.message_id, Opaque)
        dialect = self.dialect
        if (header.peer.version == 2019) != (dialect.edition == 2019):
            dialect = replace(dialect, edition=header.peer.version)
        try:
            message = found.unpack(body, dialect)
        except (ValueError, IndexError, struct.error) as error:
            raise Malformed("body", f"unreadable: {error}"[:120], header) from None
        message.header = header
        if isinstance(message, Location):
            message.device, message.raw = header.peer.identity, raw
        else:
            for fix in positions(message):
                fix.header, fix.device = header, header.peer.identity
        return message


def positions(message: object) -> tuple[Location, ...]:
    """The locations that a message brings, in its order."""
    match message:
        case Location():
            return (message,)
        case Batch():
            return message.fixes
        case PositionReply():
            return (message.location,)
    return ()


def encode(
    message: Body | Location, peer: Peer, serial: int, dialect: Dialect | None = None
) -> list[bytes]:
    """The frames of a message, in sub-packages where one frame is too short for it.

    Part n has the serial `serial` + n: whoever counts goes on behind the last one. An `Opaque`
    goes out under the id of its header. A header of 2013 may be one of 2011 as well: `dialect`
    knows. Raises ValueError for what the message cannot carry.
    """
    dialect = dialect or Dialect(peer.version)
    if dialect.edition != peer.version and (peer.version, dialect.edition) != (2013, 2011):
        dialect = replace(dialect, edition=peer.version)
    message_id = message.header.message_id if message.ID < 0 else message.ID
    try:
        pieces = parts.divide(message.pack(dialect))
    except struct.error as error:
        raise ValueError(f"a value does not fit: {error}") from None
    if len(pieces) == 1:
        return [seal(Header(message_id, peer, serial), pieces[0])]
    if len(pieces) > parts.MAX_PARTS:
        raise ValueError(f"a message of {len(pieces)} parts")
    return [
        seal(
            Header(
                message_id,
                peer,
                serial + n & 0xFFFF,
                (len(pieces), n + 1),
            ),
            piece,
        )
        for n, piece in enumerate(pieces)
    ]


class CaptureReader(HexReader):
    """Recorded frames in hex, one or more a line; parts find each other across lines."""

    MAX_LINE = 64 * 1024

    def __init__(self) -> None:
        decoder = Decoder()
        super().__init__(lambda data: decoder.feed(data) + decoder.finish(), self.MAX_LINE)
