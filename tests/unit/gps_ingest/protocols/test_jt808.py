"""JT/T 808 both ways: what is sealed is read, and nothing that is sent to us breaks it."""

import gzip
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_center.commands.gps import as_row
from gps_ingest.protocols import jt808
from gps_ingest.protocols.base import Message
from gps_ingest.protocols.jt808 import bits, control, framing, link, parts, words
from gps_ingest.protocols.jt808.body import UNSENT, Body, bcd_of, moment
from gps_ingest.protocols.jt808.location import Batch, ControlReply, Location, PositionReply
from gps_ingest.protocols.jt808.messages import READABLE

AT = datetime(2026, 3, 9, 2, 15, 30, tzinfo=UTC)
PEERS = [
    jt808.Peer.of("13812345678", 2011),
    jt808.Peer.of("13812345678", 2013),
    jt808.Peer.of("13812345678", 2019),
    jt808.Peer(bytes.fromhex("4eb6fb4afd9e")),
    jt808.Peer(bytes.fromhex("013812345678"), 2013, flagged=True),
]


def dialect(peer: jt808.Peer) -> jt808.Dialect:
    return jt808.Dialect(edition=peer.version)


def read(data: bytes, peer: jt808.Peer = PEERS[1]) -> list[Message]:
    decoder = jt808.Decoder(dialect(peer))
    return decoder.feed(data) + decoder.finish()


# ----------------------------------------------------------------- round trips

BYTE, WORD, DWORD = (st.integers(0, 2**size - 1) for size in (8, 16, 32))
HAN = st.characters(codec="gbk", exclude_categories=["C"], exclude_characters="\0 ")


def said(longest: int, least: int = 0) -> st.SearchStrategy[str]:
    """Text that padding does not touch; GBK takes two bytes at most."""
    return st.text(HAN, min_size=least, max_size=longest // 2)


TIME = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)).map(  # noqa: DTZ001 (UTC below)
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
ITEMS = st.dictionaries(BYTE, st.binary(max_size=20), max_size=5)
PLACE = st.builds(
    Location.at,
    st.integers(-90_000_000, 90_000_000).map(lambda n: n / 1e6),
    st.integers(-180_000_000, 180_000_000).map(lambda n: n / 1e6),
    TIME,
    speed_kmh=WORD.map(lambda n: n / 10),
    course=WORD,
    alt_m=WORD,
    alarm=DWORD,
    status=DWORD.map(lambda n: n & ~12),
    items=ITEMS,
)
IDS = st.lists(WORD, max_size=40).map(tuple)
PARAMETERS = st.dictionaries(DWORD, st.binary(max_size=60), max_size=20)
CHOICES = st.lists(st.tuples(BYTE, said(40)), max_size=20).map(tuple)
CARD = st.builds(
    link.Driver, BYTE, TIME, st.just(0), said(60), said(20), said(60), st.just("20301231")
)
BODIES: dict[type, st.SearchStrategy[Any]] = {
    link.TerminalReply: st.builds(link.TerminalReply, WORD, WORD, BYTE),
    link.PlatformReply: st.builds(link.PlatformReply, WORD, WORD, BYTE),
    link.KeepAlive: st.just(link.KeepAlive()),
    link.Logout: st.just(link.Logout()),
    link.TimeQuery: st.just(link.TimeQuery()),
    link.TimeReply: st.builds(link.TimeReply, TIME),
    link.PlatformResend: st.builds(link.PlatformResend, WORD, IDS),
    link.TerminalResend: st.builds(link.TerminalResend, WORD, IDS),
    link.Register: st.builds(
        link.Register, WORD, WORD, said(5), said(8), said(7), st.integers(0, 9), said(16)
    ),
    link.RegisterReply: st.builds(link.RegisterReply, WORD, BYTE, said(64)),
    link.Authenticate: st.builds(link.Authenticate, said(64, 1)),
    link.Driver: CARD | st.builds(link.Driver, BYTE, TIME, st.none() | st.integers(1, 4)),
    control.ParameterReply: st.builds(control.ParameterReply, WORD, PARAMETERS),
    control.SetParameters: st.builds(control.SetParameters, PARAMETERS),
    control.QueryParameters: st.just(control.QueryParameters()),
    control.QuerySomeParameters: st.builds(
        control.QuerySomeParameters, st.lists(DWORD, max_size=40).map(tuple)
    ),
    control.QueryPosition: st.just(control.QueryPosition()),
    control.Track: st.builds(control.Track, st.integers(1, 65535), DWORD)
    | st.just(control.Track(0)),
    control.ConfirmAlarm: st.builds(control.ConfirmAlarm, WORD, DWORD),
    control.MediaEvent: st.builds(control.MediaEvent, DWORD, BYTE, BYTE, BYTE, BYTE),
    control.Media: st.builds(
        control.Media, DWORD, BYTE, BYTE, BYTE, BYTE, data=st.binary(max_size=3000)
    ),
    control.MediaReply: st.builds(control.MediaReply, DWORD, IDS),
    control.PassThroughUp: st.builds(control.PassThroughUp, BYTE, st.binary(max_size=2000)),
    control.PassThroughDown: st.builds(control.PassThroughDown, BYTE, st.binary(max_size=2000)),
    control.Compressed: st.builds(control.Compressed, DWORD, st.binary(max_size=99)),
    words.Text: st.builds(words.Text, BYTE, said(1024)),
    words.SetEvents: st.builds(words.SetEvents, st.integers(1, 3), CHOICES)
    | st.just(words.SetEvents(words.DELETE_ALL)),
    words.Event: st.builds(words.Event, BYTE),
    words.Question: st.builds(words.Question, BYTE, said(254), CHOICES),
    words.Answer: st.builds(words.Answer, WORD, BYTE),
    words.InfoChoice: st.builds(words.InfoChoice, BYTE, BYTE),
    Location: PLACE,
    PositionReply: st.builds(PositionReply, WORD, PLACE),
    ControlReply: st.builds(ControlReply, WORD, PLACE),
    Batch: st.builds(Batch, st.sampled_from([0, 1]), st.lists(PLACE, max_size=60).map(tuple)),
}
FROM_THE_FRAME = {"version", "serial", "body_len", "subpackage", "message_id", "phone", "imei"}


def test_every_message_has_its_round_trip() -> None:
    assert set(BODIES) == set(READABLE.values())


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_what_is_encoded_is_read_back(kind: type, data: st.DataObject) -> None:
    message = data.draw(BODIES[kind])
    peer = data.draw(st.sampled_from(PEERS))
    serial = data.draw(WORD)
    frames = jt808.encode(message, peer, serial)
    *parts_before, found = read(b"".join(frames), peer)
    assert [part.kind for part in parts_before] == ["part"] * (len(frames) - 1)
    assert isinstance(found, kind)
    assert found.header.peer.phone == peer.phone  # type: ignore[attr-defined]
    assert comparable(found) == comparable(expected(message, peer.version))


def comparable(message: Message) -> dict[str, Any]:
    row = as_row(message)
    if row["kind"] == "fix" or "fixes" in row:
        for place in (row, *row.get("fixes", [])):
            for name in ("valid", "alarms", "states"):
                place.pop(name, None)
    for name in (*FROM_THE_FRAME, "total", "serials", "body_sha256", "device", "layout"):
        row.pop(name, None)
    return row


def expected(message: Any, edition: int) -> Any:
    """What the edition cannot carry is not expected back."""
    if isinstance(message, words.Text):
        return replace(message, text_type=words.NOTICE if edition == 2019 else None)
    if type(message) is PositionReply and edition == 2011:
        message.ack_serial = None
    if isinstance(message, Location | PositionReply | Batch):
        for place in jt808.positions(message):
            place.status |= bits.SOUTH if (place.lat or 0) < 0 else 0
            place.status |= bits.WEST if (place.lon or 0) < 0 else 0
    return message


def test_a_reply_copies_phone_version_and_flag_byte_by_byte() -> None:
    for peer in PEERS:
        (heard,) = read(b"".join(jt808.encode(link.KeepAlive(), peer, 9)), peer)
        assert isinstance(heard, link.KeepAlive)
        mine = heard.header.peer
        (frame,) = jt808.encode(link.PlatformReply(9, 2), mine, 1)
        (back,) = read(frame)
        assert back.header.peer == mine  # type: ignore[attr-defined]
        assert mine.flagged == peer.flagged
        assert mine.identity == peer.identity


# ---------------------------------------------------------------------- stream

HEARTBEAT = jt808.encode(link.KeepAlive(), PEERS[1], 1)[0]
PLACE_FRAME = jt808.encode(Location.at(31.2, 121.5, AT, items={0x30: b"\x7e"}), PEERS[1], 2)[0]
LONG = jt808.encode(control.PassThroughUp(0x41, bytes(2500)), PEERS[2], 3)
STREAM = st.lists(
    st.sampled_from([HEARTBEAT, PLACE_FRAME, *LONG, b"\x7e", b"\x7d", b"\x7e\x7e", b"\r\n"])
    | st.binary(max_size=20),
    max_size=10,
).map(b"".join)


@given(STREAM, st.integers(1, 600))
def test_pieces_of_any_size_give_the_same_messages(data: bytes, piece: int) -> None:
    whole, cut = jt808.Decoder(), jt808.Decoder()
    at_once = whole.feed(data) + whole.finish()
    bit_by_bit = [m for at in range(0, len(data), piece) for m in cut.feed(data[at : at + piece])]
    bit_by_bit += cut.finish()
    assert [as_row(m) for m in bit_by_bit] == [as_row(m) for m in at_once]
    assert cut.noise == whole.noise


@given(STREAM, st.data())
def test_no_bytes_raise_and_memory_stays_within_its_bounds(
    data: bytes, draw: st.DataObject
) -> None:
    mutated = bytearray(data)
    for _ in range(draw.draw(st.integers(0, 6)) if data else 0):
        mutated[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    decoder = jt808.Decoder(jt808.Dialect(verify=draw.draw(st.booleans())))
    for at in range(0, len(mutated), 50):
        for message in decoder.feed(bytes(mutated[at : at + 50])):
            json.dumps(as_row(message), allow_nan=False)
        assert len(decoder._splitter._rest or b"") <= framing.MAX_WIRE
    decoder.finish()


@given(st.sampled_from(sorted(READABLE)), st.binary(max_size=200), st.sampled_from(PEERS))
def test_no_body_of_a_right_frame_raises(kind: int, body: bytes, peer: jt808.Peer) -> None:
    message = link.Opaque(body, header=jt808.Header(kind, peer, 0))
    for found in read(jt808.encode(message, peer, 7)[0], peer):
        row = json.loads(json.dumps(as_row(found), allow_nan=False))
        assert row["message_id"] == f"0x{kind:04X}"
        assert row["kind"] != "error" or row["fault"] == "body"


def test_a_frame_without_end_is_given_up_and_the_next_one_read() -> None:
    decoder = jt808.Decoder()
    assert decoder.feed(b"\x7e" + bytes(framing.MAX_WIRE + 1)) == []
    assert decoder.noise == framing.MAX_WIRE + 1
    assert [m.kind for m in decoder.feed(b"\0" * 10 + HEARTBEAT)] == ["heartbeat"]
    assert decoder.noise == framing.MAX_WIRE + 11


def test_the_longest_legal_frame_fits() -> None:
    body = b"\x7e" * framing.MAX_BODY
    header = jt808.Header(0x0900, jt808.Peer(b"\x7e" * 10, 2019, True, 0x7E), 0x7E7E, (0x7E, 0x7E))
    assert len(framing.seal(header, body)) <= 2092 < framing.MAX_WIRE
    found, back = framing.unseal(framing.seal(header, body)[1:-1])
    assert (found, back) == (header._replace(body_length=framing.MAX_BODY), body)


@pytest.mark.parametrize("flood", [b"\x7e" * 10**6, b"\x7d" * 10**6, b"\x7e" + b"x" * 10**6])
def test_a_flood_costs_time_in_proportion_to_its_size(flood: bytes) -> None:
    decoder = jt808.Decoder()
    begin = time.process_time()
    for at in range(0, len(flood), 4096):
        decoder.feed(flood[at : at + 4096])
    assert time.process_time() - begin < 5


# ----------------------------------------------------- what terminals do wrong


def test_a_wrong_checksum_passes_where_the_terminal_may_have_one() -> None:
    spoilt = bytearray(PLACE_FRAME)
    spoilt[-2] ^= 1
    (refused,) = read(bytes(spoilt))
    assert isinstance(refused, jt808.Damaged)
    assert (refused.fault, refused.device) == ("checksum", "13812345678")
    lenient = jt808.Decoder(jt808.Dialect(verify=False))
    (taken,) = lenient.feed(bytes(spoilt))
    assert isinstance(taken, Location)
    # A conversation that learns who it is reads the refused frame again.
    (again,) = lenient.feed(refused.raw)
    assert as_row(again) == as_row(taken)


def test_a_terminal_with_a_clock_in_utc_is_set_right() -> None:
    clock_in_utc = jt808.Dialect(zone=timedelta(0))
    (frame,) = jt808.encode(Location.at(31.2, 121.5, AT), PEERS[1], 1, clock_in_utc)
    (fix,) = jt808.Decoder(clock_in_utc).feed(frame)
    assert isinstance(fix, Location)
    assert fix.time == AT


def test_an_edition_of_2011_is_known_from_the_registration_alone() -> None:
    place = Location.at(31.2, 121.5, AT)
    (frame,) = jt808.encode(PositionReply(None, place), PEERS[0], 1)
    (found,) = jt808.Decoder(jt808.Dialect(edition=2011)).feed(frame)
    assert isinstance(found, PositionReply)
    assert (found.ack_serial, found.location.lat) == (None, 31.2)
    events = words.SetEvents(words.REPLACE, ((1, "到达"),))
    assert events.pack(dialect(PEERS[0])) == b"\1\1" + events.pack(dialect(PEERS[1]))[1:]
    # A header cannot tell 2011 from 2013: what the platform knows of the terminal can.
    heard_as_2013, known_as_2011 = PEERS[1], jt808.Dialect(edition=2011)
    assert heard_as_2013.version == 2013
    (mine,) = jt808.encode(events, heard_as_2013, 1, known_as_2011)
    (theirs,) = jt808.encode(events, PEERS[0], 1)
    assert mine[13:-2] == theirs[13:-2] != jt808.encode(events, heard_as_2013, 1)[0][13:-2]


def test_the_alarms_of_a_blind_area_are_no_news() -> None:
    place = Location.at(31.2, 121.5, AT, alarm=bits.SOS)
    for kind, is_history in ((0, False), (1, True)):
        (batch,) = read(jt808.encode(Batch(kind, (place, place)), PEERS[1], 1)[0])
        fixes = jt808.positions(batch)
        assert [fix.is_history for fix in fixes] == [is_history] * 2
        assert {fix.device for fix in fixes} == {"13812345678"}
        assert fixes[0].alarm & bits.SOS


@pytest.mark.parametrize(
    ("edition", "cleared"),
    [(2011, {0, 3, 20, 21, 22, 27, 28}), (2013, {0, 3, 20, 21, 22, 27, 28, 31}),
     (2019, {0, 20, 21, 22, 27, 28})],
)  # fmt: skip
def test_an_ack_clears_some_alarms(edition: int, cleared: set[int]) -> None:
    mask = bits.cleared_by_ack(edition)
    assert {bit for bit in range(32) if mask >> bit & 1} == cleared


@given(DWORD, DWORD, st.sampled_from([2011, 2013, 2019]))
def test_every_bit_that_an_edition_knows_has_one_name(
    alarm: int, status: int, edition: int
) -> None:
    names = bits.alarms(alarm, edition)
    assert len(names) == len(set(names)) <= alarm.bit_count()
    assert len(bits.alarms(2**32 - 1, edition)) == {2011: 23, 2013: 29, 2019: 31}[edition]
    assert set(bits.statuses(status, edition)) <= {*bits.STATUS.values(), *LOADS}


LOADS = {f"load_{name}" for name in bits.LOADS}


def test_a_bomb_is_not_inflated() -> None:
    bomb = control.Compressed(0, gzip.compress(bytes(50 << 20)))
    with pytest.raises(ValueError, match="longer than"):
        bomb.content()
    assert control.Compressed(0, gzip.compress(b"abc")).content() == b"abc"
    with pytest.raises(ValueError, match="no GZIP"):
        control.Compressed(0, b"PK").content()
    with pytest.raises(ValueError, match="cut off"):
        control.Compressed(0, gzip.compress(b"abc" * 99)[:-9]).content()


# ----------------------------------------------------------------------- words


def test_urgent_is_another_flag_in_each_edition() -> None:
    assert words.text_flag(2013, urgent=True) == 0x0D
    assert words.text_flag(2019, urgent=True) == 0x0E
    assert words.text_flag(2019) == 0x0D
    assert words.text_flag(2011, display=False, speak=False, advert=True) == 0x10


def test_a_text_beyond_gbk_or_too_long_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="'😀' is not in GBK"):
        jt808.encode(words.Text(1, "到达😀"), PEERS[1], 1)
    with pytest.raises(ValueError, match="1024 are allowed"):
        jt808.encode(words.Text(1, "到" * 513), PEERS[1], 1)
    assert len(jt808.encode(words.Text(1, "到" * 512), PEERS[1], 1)) == 2


@given(st.text(max_size=700))
def test_a_clipped_text_always_fits_one_frame(text: str) -> None:
    clipped = jt808.clip(text)
    for peer in PEERS[:3]:
        assert len(jt808.encode(words.Text(1, clipped), peer, 1)) == 1
    assert jt808.clip("到" * 600) == "到" * 500
    assert jt808.clip("a" + "到" * 600) == "a" + "到" * 499


# ----------------------------------------------------------------------- parts


def part(index: int, total: int, serial: int, phone: str = "13800000001", size: int = 10) -> bytes:
    header = jt808.Header(0x0801, jt808.Peer.of(phone), serial, (total, index))
    return framing.seal(header, bytes(size))


def test_missing_parts_are_asked_for_a_few_times() -> None:
    decoder = jt808.Decoder()
    decoder.feed(part(2, 4, 101), 0)
    decoder.feed(part(4, 4, 103), 1)
    assert decoder.parts.gaps(5) == []
    (gap,) = decoder.parts.gaps(11)
    assert (gap.message_id, gap.first_serial, gap.missing) == (0x0801, 100, (1, 3))
    assert decoder.parts.gaps(12) == []
    assert [bool(decoder.parts.gaps(at)) for at in (21, 31, 41, 51, 61)] == [True] * 4 + [False]
    decoder.feed(part(1, 4, 100), 60)
    (whole,) = decoder.feed(part(3, 4, 102), 61)
    assert whole.kind == "media"


def test_idle_parts_are_forgotten_and_repeated_ones_counted_once() -> None:
    decoder = jt808.Decoder()
    assert decoder.feed(part(1, 2, 1), 0)[0].kind == "part"
    assert decoder.feed(part(1, 2, 1), 30)[0].kind == "part"
    assert decoder.feed(part(2, 2, 2), 100)[0].kind == "part"


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 300), st.integers(0, 300)), max_size=60)
)
def test_forged_parts_hold_no_more_than_their_share(forged: list[tuple[int, int, int]]) -> None:
    assembler = parts.Assembler()
    for phone, total, index in forged:
        header = jt808.Header(0x0801, jt808.Peer.of(str(phone)), 1, (total, index))
        try:
            assembler.take(header, bytes(1000), 0)
        except jt808.Malformed:
            assert index > total or index == 0 or total > parts.MAX_PARTS
        assert len(assembler._open) <= parts.MAX_OPEN
        assert sum(one.size for one in assembler._open.values()) <= parts.MAX_BYTES


def test_many_bytes_of_parts_push_out_the_oldest() -> None:
    decoder = jt808.Decoder()
    decoder.feed(part(1, 3, 1, "1"))
    for index in range(1, 256):
        decoder.feed(part(index, 256, index, "2", size=1023))
    for index in range(1, 20):
        decoder.feed(part(index, 255, index, "3", size=1023))
    held = sum(one.size for one in decoder.parts._open.values())
    assert held <= parts.MAX_BYTES


def test_the_wait_grows_by_the_standards_rule() -> None:
    assert [jt808.retry_after(n, 10) for n in range(4)] == [10, 20, 60, 240]


# ---------------------------------------------------------------------- values


@given(TIME, st.sampled_from([timedelta(0), timedelta(hours=8)]))
def test_times_go_through_bcd(at: datetime, zone: timedelta) -> None:
    assert moment(bcd_of(at, zone), zone) == at


@pytest.mark.parametrize(
    "hex_", ["260931101530", "000000000000", "2603091015ff", "26030910153", ""]
)
def test_what_is_no_time_is_none(hex_: str) -> None:
    assert moment(bytes.fromhex(hex_.zfill(12) if len(hex_) % 2 else hex_), timedelta(0)) is None


@given(st.binary(max_size=1100))
def test_the_checksum_is_the_xor_of_all_bytes(data: bytes) -> None:
    want = 0
    for byte in data:
        want ^= byte
    assert framing.checksum(data) == want


@given(st.binary(max_size=300))
def test_escaped_bytes_have_no_flag_and_come_back(data: bytes) -> None:
    assert b"\x7e" not in framing.escape(data)
    assert framing.unescape(framing.escape(data)) == data


def test_a_message_that_was_never_sent_names_nobody() -> None:
    assert Body().device is None
    assert UNSENT.peer.digits == ""
