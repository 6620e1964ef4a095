"""The conversation with a JT/T 808 terminal: register, authenticate, report, obey.

Nothing is acknowledged before it is stored. Before it has authenticated, a terminal is heard only
where an operator allowed its network; afterwards the link is bound to the terminal.
Source: JT/T 808-2013 and -2019, chapters 5 to 7.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NoReturn

from gps_ingest import downlink, meters
from gps_ingest.bulk import Bulk
from gps_ingest.gatehouse import Admission, Claim, Gatehouse
from gps_ingest.intake import Intake, Told
from gps_ingest.listeners.limits import Dismissed
from gps_ingest.models import Downlink
from gps_ingest.pipeline import End, KnownTerminal
from gps_ingest.protocols import jt808
from gps_ingest.protocols.jt808 import bits, control, link, words
from gps_ingest.protocols.jt808.body import GMT8, Body
from gps_ingest.protocols.jt808.decoder import Damaged
from gps_ingest.protocols.jt808.framing import Header
from gps_ingest.protocols.jt808.framing import Peer as Name
from gps_ingest.protocols.jt808.location import Location, PositionReply
from gps_ingest.protocols.jt808.parts import MAX_BYTES
from gps_ingest.sessions.base import Correspondent
from gps_ingest.switchboard import Switchboard

PROTOCOL = "jt808"
ANSWER_SECONDS, MAX_SENDINGS = 10.0, 3
"""Until the first repetition of a message that is not answered, and how often it is sent."""
ASKING_SECONDS = 5.0
"""A question to the gatehouse that takes longer counts as lost."""
MAX_OUT = 32
"""Messages of one line that wait for their answer."""
LATE = timedelta(minutes=5)
"""An alarm from a blind area that is older than this is history: nobody is called for it."""
REPEAT = "【重发】"
LOCATION = bytes.fromhex("0200")
QUERY_POSITION = jt808.FLAG + bytes.fromhex("8201")
ASKED_FOR = frozenset(
    {0x0001, 0x0104, 0x0107, 0x0201, 0x0302, 0x0500, 0x0608, 0x0700, 0x0802, 0x0805}
)
"""Messages that are answers themselves: they are not answered."""

PASSWORDS = frozenset({0x0012, 0x0016})
"""Parameters with the passwords of its data connections: told, and never kept."""

Act = Callable[[], None]


@dataclass(slots=True)
class Sending:
    """A message on its way: sent so often, due again then (monotonic seconds)."""

    downlink_id: int
    frames: list[bytes]
    sendings: int
    due: float

    @property
    def asks_position(self) -> bool:
        return self.frames[0].startswith(QUERY_POSITION)


class Jt808Session:
    """One link, or one sender of datagrams."""

    def __init__(
        self,
        intake: Intake,
        gatehouse: Gatehouse,
        switchboard: Switchboard,
        peer: Correspondent,
        bulk: Bulk,
    ):
        self._intake, self._gatehouse, self._switchboard = intake, gatehouse, switchboard
        self.peer, self._bulk = peer, bulk
        self.is_unread = False
        self._is_plain = False
        """Whether its locations may be read together with others'."""
        self._received_at: datetime | None = None
        """When that came which is being read, unless it was just now."""
        self.address = peer.address
        self._decoder = jt808.Decoder()
        self._decoder.parts.max_bytes = 0  # until it is known who speaks
        self._noise = 0
        self.serial = 0
        """Of the next message to it."""
        self.terminal: KnownTerminal | None = None
        """Whose line it is, once that is known."""
        self._name: Name | None = None
        """How the terminal wrote itself last: every answer copies it."""
        self.key = b""
        self._sendings: dict[int, Sending] = {}
        self._recall_at = 0.0
        self._asking_until = 0.0
        """Until then the gatehouse is looking something up for this link: one thing at a time."""
        self.is_closed = False

    # -- bytes in -------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Bytes of a stream; raises Dismissed."""
        self._hear(data)
        if self._decoder.noise != self._noise:
            self._charge()

    def datagram(self, data: bytes) -> None:
        """Whole frames; raises Dismissed."""
        self._hear(data)
        for message in self._decoder.finish():
            self._catch_up()
            self._take(message)
        self._charge()

    def _hear(self, data: bytes) -> None:
        for wire in self._decoder.split(data):
            if self.is_closed:  # for what came before
                return
            if self._is_plain and wire.startswith(LOCATION):
                self._bulk.add(self, wire)
                continue
            self._catch_up()
            if not self.is_closed:
                self._take(self._decoder.read(wire, time.monotonic()))

    def tick(self, now: float) -> None:
        """Ask for missing parts, send again what was not answered."""
        for gap in self._decoder.parts.gaps(now):
            self._send(link.PlatformResend(gap.first_serial, gap.missing), gap.peer)
        if self._sendings:
            overdue = [(s, one) for s, one in self._sendings.items() if one.due <= now]
            for serial, sending in overdue:
                self._send_again(serial, sending, now)
        self._stay_entitled(now)

    def closed(self) -> None:
        """The link is gone; what it did not answer waits for the next one."""
        self._catch_up()
        self.is_closed = True
        if self.terminal is not None:
            self._intake.trouble(self.terminal, "connection_closed")
            unanswered = [one.downlink_id for one in self._sendings.values()]
            self._switchboard.unplug(self.terminal, self, unanswered)
        self._sendings.clear()

    def _charge(self) -> None:
        noise = self._decoder.noise
        if noise != self._noise:
            before, self._noise = self._noise, noise
            self.peer.spoil(0, noise - before)

    # -- locations that are read together (`bulk.Reporter`) --------------------------------

    def read(self, wire: bytes, received_at: datetime) -> None:
        self._received_at = received_at
        self.peer.guarded(self._take_alone, wire)
        self._received_at = None

    def _take_alone(self, wire: bytes) -> None:
        self._take(self._decoder.read(wire, time.monotonic()))

    def _catch_up(self) -> None:
        """What came before on this line comes first."""
        if self.is_unread:
            self._bulk.catch_up(self)

    # -- messages in ----------------------------------------------------------------------

    def _take(self, message: object) -> None:
        meters.messages[PROTOCOL, type(message).__name__] += 1
        match message:
            case Location():  # nearly every message, so it comes first
                if self._is_theirs(message.header) and self.terminal is not None:
                    self.peer.made_sense(identified=self.terminal.enabled)
                    self._locations(self.terminal, message, (message,))
            case Damaged():
                self._damaged(message)
            case link.Part():  # the whole is acknowledged once it is here
                if self._is_theirs(message.header):
                    self.peer.made_sense()
            case link.Register():
                self.peer.made_sense()
                self._register(message)
            case link.Authenticate():
                self.peer.made_sense()
                self._authenticate(message)
            case Body():
                if self._is_theirs(message.header):
                    self._heard(message)

    def _damaged(self, message: Damaged) -> None:
        """Of a terminal whose checksums are known to be wrong the frame is read once more."""
        if message.fault == "checksum" and self._forgives(message.header):
            self._decoder.dialect = replace(self._decoder.dialect, verify=False)
            self._is_plain = False
            self._take(self._decoder.read(message.raw.strip(jt808.FLAG), time.monotonic()))
            return
        if message.header is not None and message.fault in ("body", "part") and self.terminal:
            self._reply(message.header, link.BAD_MESSAGE)
        self.peer.spoil(1, 0)

    def _forgives(self, header: Header | None) -> bool:
        if header is None or not self._decoder.dialect.verify:
            return False
        known = self.terminal or self._intake.fleet.find(header.peer.identity)
        return known is not None and not known.verify

    def _register(self, said: link.Register) -> None:
        header = said.header
        terminal = self._known(header)
        if terminal is None:
            self._send(link.RegisterReply(header.serial, link.NO_SUCH_TERMINAL), header.peer)
            self.peer.spoil(1, 0)
            return
        if not self._may_ask():
            return

        def done(admission: Admission) -> None:
            self._asking_until = 0.0
            if admission.code is None or admission.is_other:
                reason = "registration" if admission.code is None else "other_vehicle"
                self._intake.suspect(terminal, reason, self.peer.address)
            result = link.OK if admission.code else link.TERMINAL_TAKEN
            self._send(link.RegisterReply(header.serial, result, admission.code or ""), header.peer)

        edition = 2011 if said.layout == "2011" else None
        claim = Claim(said.plate, said.terminal_id, self.peer.address, edition)
        self._gatehouse.register(terminal, claim, done)

    def _authenticate(self, said: link.Authenticate) -> None:
        header = said.header
        terminal = self._known(header)
        if terminal is None or self.terminal not in (None, terminal):
            self._reply(header, link.FAILED)
            if terminal is None:
                raise Dismissed("unknown", offence=True)
            self._says_another_name()
        if not self._may_ask():
            return

        def done(fits: bool) -> None:
            self._asking_until = 0.0
            if not self.is_closed:
                self._admit(terminal, header, fits)

        self._gatehouse.check(terminal, said.auth, done)

    def _may_ask(self) -> bool:
        """Whether the gatehouse may be asked now; raises Dismissed for who asks without end."""
        now = time.monotonic()
        if now < self._asking_until:
            self.peer.spoil(1, 0)
            return False
        self._asking_until = now + ASKING_SECONDS
        return True

    def _admit(self, terminal: KnownTerminal, header: Header, fits: bool) -> None:
        """Bind the link to the terminal whose code it told, or close it."""
        if not fits:
            meters.refused.labels("authentication").inc()
            self._intake.suspect(terminal, "wrong_code", self.peer.address)
            self._reply(header, link.FAILED)
            self.peer.close("not_authenticated", offence=True)
            return
        if terminal.settings.get("network") and not terminal.may_report_from(self.peer.address):
            self._intake.suspect(terminal, "wrong_network", self.peer.address)
        try:
            self._bind(terminal, header)
        except Dismissed as dismissed:
            self.peer.close(dismissed.reason, offence=dismissed.offence)
        else:
            self._reply(header)

    def _says_another_name(self) -> NoReturn:
        """Raises Dismissed: a link speaks for one terminal."""
        if self.terminal is not None:
            self._intake.suspect(self.terminal, "second_identity", self.peer.address)
        raise Dismissed("second_identity", offence=True)

    def _is_theirs(self, header: Header) -> bool:
        """Whether the terminal of this link said it; raises Dismissed for a second name."""
        terminal = self.terminal
        if terminal is not None and terminal.identity == header.peer.identity:
            self._name, self.key = header.peer, header.peer.key
            return True
        if terminal is not None:
            self._reply(header, link.FAILED)
            self._says_another_name()
        known = self._known(header)
        if known is not None and known.may_report_from(self.peer.address):
            self._bind(known, header)
            return True
        # Not processed and not acknowledged: it keeps what it has until it has authenticated.
        meters.refused.labels("not_authenticated").inc()
        self.peer.spoil(1, 0)
        return False

    def _known(self, header: Header) -> KnownTerminal | None:
        found = self._intake.identify(header.peer.identity, PROTOCOL, self.peer.address)
        return found if found is not None and found.protocol == PROTOCOL else None

    def _bind(self, terminal: KnownTerminal, header: Header) -> None:
        """The link is this terminal's; raises Dismissed when its links change too fast."""
        try:
            self._switchboard.plug(terminal, self)
        except Dismissed:
            self._intake.suspect(terminal, "swapping", self.peer.address)
            raise
        self._decoder.parts.max_bytes = MAX_BYTES
        self.terminal, self._name, self.key = terminal, header.peer, header.peer.key
        self._decoder.dialect = replace(
            self._decoder.dialect,
            edition=terminal.edition or self._decoder.dialect.edition,
            zone=terminal.zone,
            verify=terminal.verify,
        )
        dialect = self._decoder.dialect
        self._is_plain = dialect.verify and dialect.zone == GMT8
        self.peer.made_sense(identified=terminal.enabled)

    def _stay_entitled(self, now: float) -> None:
        """A terminal whose code was revoked, or its network no longer allowed, is cut off."""
        terminal = self.terminal
        if terminal is None or terminal.code_hash is not None or now < self._recall_at:
            return
        if terminal.may_report_from(self.peer.address):
            return
        self._recall_at = now + ANSWER_SECONDS

        def done(holds: bool) -> None:
            if not holds and not self.is_closed and self.terminal is terminal:
                self.peer.close("revoked")

        # What is known of it may be older than a code that it was just given.
        self._gatehouse.recall(terminal, done)

    def replaced(self) -> None:
        """The terminal has come anew on another link."""
        self._catch_up()
        self._is_plain = False
        terminal, self.terminal = self.terminal, None
        if terminal is not None:
            unanswered = [one.downlink_id for one in self._sendings.values()]
            self._sendings.clear()
            self._switchboard.unplug(terminal, self, unanswered)
        self.peer.close("replaced")

    # -- what it says ---------------------------------------------------------------------

    def _heard(self, message: Body) -> None:
        terminal = self.terminal
        if terminal is None:
            return
        self.peer.made_sense(identified=terminal.enabled)
        self._intake.fleet.heard(terminal, self._intake.clock.now())
        if not self._takes_answer(terminal, message):
            self._takes_report(terminal, message)

    def _takes_answer(self, terminal: KnownTerminal, message: Body) -> bool:
        """What answers a message of ours needs no answer itself.

        A terminal may answer without the general response before: it is not asked again.
        """
        match message:
            case link.TerminalReply():
                if (sending := self._settled(message.ack_serial)) is not None:
                    self._switchboard.acknowledged(sending.downlink_id, message.result)
            case words.Answer():
                self._settled(message.ack_serial)
                self._switchboard.answered(terminal.id, message.ack_serial, message.answer_id)
            case control.ParameterReply():
                self._settled(message.ack_serial)
                told = {
                    f"{key:08x}": value.hex()
                    for key, value in message.parameters.items()
                    if key not in PASSWORDS
                }
                self._switchboard.told(terminal.id, message.ack_serial, told)
            case link.TerminalResend():
                self._send_parts(message)
            case _:
                return False
        return True

    def _takes_report(self, terminal: KnownTerminal, message: Body) -> None:
        header = message.header
        match message:
            case words.Event():
                self._event(terminal, message)
            case link.TimeQuery():
                self._send(link.TimeReply(self._intake.clock.now()), header.peer)
            case control.Media():
                self._send(control.MediaReply(message.multimedia_id), header.peer)
            case link.Opaque():
                self._reply(header, link.UNSUPPORTED)
            case _ if fixes := jt808.positions(message):
                if isinstance(message, PositionReply):
                    self._settled(message.ack_serial)
                self._locations(terminal, message, fixes)
            case _ if header.message_id not in ASKED_FOR:
                self._reply(header)

    def _locations(
        self, terminal: KnownTerminal, message: Body | Location, fixes: tuple[Location, ...]
    ) -> None:
        """Store all, then acknowledge once; an answer of ours has its answer once it is stored."""
        received_at = self._received_at or self._intake.clock.now()
        self._intake.fleet.heard(terminal, received_at)
        header, left = message.header, len(fixes)

        def done() -> None:
            nonlocal left
            left -= 1
            if left:
                return
            if isinstance(message, PositionReply):
                self._switchboard.placed(terminal.id, message.ack_serial)
            if header.message_id not in ASKED_FOR:
                self._reply(header)

        for fix in fixes:
            if fix.alt_m is not None and fix.alt_m >= 0x8000:  # a height below the sea
                fix.alt_m -= 0x10000
            alarms = self._alarms(terminal, fix, received_at)
            verdict = self._intake.take(fix, terminal, done, alarms, received_at)
            if verdict is not None and verdict.end is End.REFUSED:
                self._reply(header, link.FAILED)
                return

    def _alarms(
        self, terminal: KnownTerminal, fix: Location, received_at: datetime
    ) -> tuple[Told, ...]:
        """The alarms that this report raises: what the one before it did not tell."""
        raised = fix.alarm & ~terminal.alarms
        if not fix.is_history:
            terminal.alarms = fix.alarm
        names = bits.alarms(raised, fix.header.peer.version) if raised else ()
        if not names:
            return ()
        late = fix.is_history and _is_old(fix.time, received_at)
        details = {
            "bits": raised,
            "names": list(names),
            "serial": fix.header.serial,
            "sos": bool(raised & bits.SOS),
            "late": late,
        }
        return (Told("alarm", f"{raised:08x}", details, fix.raw),)

    def _event(self, terminal: KnownTerminal, message: words.Event) -> None:
        told = Told("event", str(message.header.serial), {"event_id": message.event_id}, b"")
        self._intake.tell(told, terminal, lambda: self._reply(message.header))

    # -- messages out ---------------------------------------------------------------------

    @property
    def is_free(self) -> bool:
        """Whether it takes another message now."""
        return len(self._sendings) < MAX_OUT

    def prepare(self, waiting: Downlink) -> tuple[int, list[bytes]]:
        """Serial and frames; raises ValueError for what JT/T 808 cannot carry."""
        if self._name is None:
            raise ValueError("nobody has spoken on this line")
        message = message_of(waiting, self._name.version, self._asks)
        serial = self.serial
        frames = jt808.encode(message, self._name, serial, self._decoder.dialect)
        self.serial = serial + len(frames) & 0xFFFF
        return serial, frames

    @property
    def _asks(self) -> bool:
        return self.terminal is None or self.terminal.asks

    def transmit(self, downlink_id: int, serial: int, frames: list[bytes]) -> None:
        due = time.monotonic() + ANSWER_SECONDS
        self._sendings[serial] = Sending(downlink_id, frames, 1, due)
        self.peer.send(b"".join(frames))

    def _send_again(self, serial: int, sending: Sending, now: float) -> None:
        """The identical frames, each pause longer than the one before; then no more."""
        if sending.sendings >= MAX_SENDINGS:
            del self._sendings[serial]
            self._switchboard.unanswered(sending.downlink_id)
            return
        sending.due = now + jt808.retry_after(sending.sendings, ANSWER_SECONDS)
        sending.sendings += 1
        self.peer.send(b"".join(sending.frames))

    def _settled(self, ack_serial: int | None) -> Sending | None:
        """The message that was answered, by the serial of any of its frames; sent no more.

        The position report of 2011 names none: it answers the oldest question for it.
        """
        for serial, sending in self._sendings.items():
            if (
                sending.asks_position
                if ack_serial is None
                else (ack_serial - serial) & 0xFFFF < len(sending.frames)
            ):
                self._switchboard.settled(sending.downlink_id)
                return self._sendings.pop(serial)
        return None

    def _send_parts(self, message: link.TerminalResend) -> None:
        sending = self._sendings.get(message.orig_serial)
        if sending is not None:
            parts = (place for place in message.ids if 1 <= place <= len(sending.frames))
            self.peer.send(b"".join(sending.frames[place - 1] for place in parts))

    def _reply(self, header: Header, result: int = link.OK) -> None:
        """The general response; a message in parts is answered part by part."""
        serials: Iterable[int] = header.assembly.serials if header.assembly else (header.serial,)
        for serial in serials:
            self._send(link.PlatformReply(serial, header.message_id, result), header.peer)

    def _send(self, message: Body, to: Name) -> None:
        frames = jt808.encode(message, to, self.serial, self._decoder.dialect)
        self.serial = self.serial + len(frames) & 0xFFFF
        self.peer.send(b"".join(frames))


def message_of(waiting: Downlink, edition: int, asks: bool = True) -> Body:
    """The message that a downlink means for a terminal of that edition; raises ValueError,
    NotCleared for words that did not pass the gate.
    """
    content = waiting.content
    urgent = bool(content.get("urgent"))
    match waiting.kind:
        case downlink.TEXT:
            return _text(waiting, downlink.words_of(content), edition, urgent)
        case downlink.QUESTION if waiting.as_text or not asks:
            waiting.as_text = True
            said = f"{downlink.words_of(content)} {content['fallback']}".strip()
            return _text(waiting, said, edition, urgent)
        case downlink.QUESTION:
            flag = urgent | 1 << 3
            question = jt808.clip(_marked(waiting, downlink.words_of(content)), 255)
            return words.Question(flag, question, _choices(content["choices"]))
        case downlink.EVENTS:
            return words.SetEvents(words.REPLACE, _choices(content["choices"]))
        case downlink.CONFIRM_ALARM:
            return control.ConfirmAlarm(0, int(content["bits"]))
        case downlink.POSITION:
            return control.QueryPosition()
        case downlink.TRACK:
            return control.Track(int(content["interval"]), int(content["duration"]))
        case downlink.PARAMETERS:
            values = {int(k, 16): bytes.fromhex(v) for k, v in content["values"].items()}
            return control.SetParameters(values)
        case downlink.READ_PARAMETERS:
            ids = tuple(content["ids"])
            return control.QuerySomeParameters(ids) if ids else control.QueryParameters()
    raise ValueError(f"no such message: {waiting.kind}")


def _text(waiting: Downlink, said: str, edition: int, urgent: bool) -> words.Text:
    flag = words.text_flag(edition, urgent=urgent)
    return words.Text(flag, jt808.clip(_marked(waiting, said)), words.NOTICE)


def _marked(waiting: Downlink, said: str) -> str:
    """What may have been heard before says so."""
    return REPEAT + said if waiting.attempts else said


def _choices(choices: Iterable[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    return tuple((int(key), jt808.clip(said, 40)) for key, said in choices)


def _is_old(time_told: datetime | None, now: datetime) -> bool:
    return time_told is None or now - time_told > LATE
