"""The conversation with JT/T 808 terminals, over real sockets with the real process."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from command_center.demo.terminal import NoAnswer, SimulatedTerminal, at
from command_center.engines.process import wait_until
from gps_ingest import downlink, terminals
from gps_ingest.downlink import Choice
from gps_ingest.models import Downlink
from gps_ingest.protocols import jt808
from gps_ingest.protocols.jt808 import control, link, words
from gps_ingest.protocols.jt808.bits import SOS
from gps_ingest.protocols.jt808.body import Dialect
from gps_ingest.protocols.jt808.location import PositionReply
from kernel.gate import gate
from kernel.gate.gate import Cleared
from kernel.pause import Pause
from tests.ingest import LAT, LON, TEST, count, known_soon
from tests.integration.gps_ingest.conftest import Street

_numbers = itertools.count(1)


@pytest.fixture(params=["2013", "2019", "2019 over UDP"])
def terminal(street: Street, request: pytest.FixtureRequest) -> Iterator[SimulatedTerminal]:
    """Registered, authenticated and connected."""
    made = _terminal(street, int(request.param[:4]), udp="UDP" in request.param)
    yield made
    made.close()


@pytest.fixture
def one(street: Street) -> Iterator[SimulatedTerminal]:
    """One of 2019 over TCP."""
    made = _terminal(street, 2019)
    yield made
    made.close()


def _terminal(street: Street, version: int, udp: bool = False) -> SimulatedTerminal:
    phone = f"139{next(_numbers):08}"
    ident = street.register(phone, "jt808")
    with street.database.unit_of_work(TEST) as session:
        terminals.open_window(session, ident)
    known_soon(street.ingest, phone)
    made = SimulatedTerminal(phone, version, udp=udp)
    made.connect(street.ingest.settings.jt808_port)
    assert made.register().result == link.OK
    assert made.authenticate() == link.OK
    return made


def ident(street: Street, terminal: SimulatedTerminal) -> int:
    with street.database.unit_of_work(TEST) as session:
        query = text("select id from gps.terminals where identity = :name")
        return int(session.execute(query, {"name": terminal.name.identity}).scalar_one())


def of(street: Street, terminal: SimulatedTerminal) -> str:
    return f"terminal_id = {ident(street, terminal)}"


def cleared(words: str) -> Cleared[str]:
    return gate.clear("order.vehicle", {"note": words}).written(lambda said: str(said["note"]))


def moment(seconds: float = 0) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)


# ---------------------------------------------------------------- who it is


def test_a_report_is_stored_before_it_is_acknowledged(
    street: Street, terminal: SimulatedTerminal
) -> None:
    assert terminal.report(at(moment(), LAT, LON, speed_kmh=36)) == link.OK
    assert count(street.database, "gps.fixes", of(street, terminal)) == 1
    assert count(street.database, "gps.latest", of(street, terminal)) == 1


def test_a_window_lets_one_registration_in(street: Street, one: SimulatedTerminal) -> None:
    assert len(one.code) == 24
    held = text("select code_hash, window_until from gps.credentials where terminal_id = :id")
    with street.database.unit_of_work(TEST) as session:
        found = session.execute(held, {"id": ident(street, one)}).one()
    assert found.window_until is None and one.code.encode() not in found.code_hash
    again = SimulatedTerminal(one.phone)
    again.connect(street.ingest.settings.jt808_port)
    reply = again.register()
    assert (reply.result, reply.auth) == (link.TERMINAL_TAKEN, "")
    again.close()


def test_nobody_unknown_registers(street: Street) -> None:
    stranger = SimulatedTerminal("13800000000")
    stranger.connect(street.ingest.settings.jt808_port)
    assert stranger.register().result == link.NO_SUCH_TERMINAL
    stranger.close()


def test_a_wrong_code_is_refused_and_the_link_closed(
    street: Street, one: SimulatedTerminal
) -> None:
    thief = SimulatedTerminal(one.phone)
    thief.connect(street.ingest.settings.jt808_port)
    assert thief.authenticate("0" * 24) == link.FAILED
    with pytest.raises(NoAnswer):
        thief.listen(2)
    assert one.report(at(moment(), LAT, LON)) == link.OK  # the true one was not disturbed
    thief.close()


def test_a_revoked_code_cuts_the_link_and_opens_no_other(
    street: Street, one: SimulatedTerminal
) -> None:
    with street.database.unit_of_work(TEST) as session:
        terminals.revoke(session, ident(street, one))
    with pytest.raises(NoAnswer):
        one.listen(15)
    one.connect(street.ingest.settings.jt808_port)
    assert one.authenticate() == link.FAILED
    one.connect(street.ingest.settings.jt808_port)
    assert one.register().result == link.TERMINAL_TAKEN
    with street.database.unit_of_work(TEST) as session:
        terminals.open_window(session, ident(street, one))
    assert one.register().result == link.OK
    assert one.authenticate() == link.OK


def test_what_comes_before_authentication_is_neither_stored_nor_acknowledged(
    street: Street, one: SimulatedTerminal
) -> None:
    early = SimulatedTerminal(one.phone)
    early.connect(street.ingest.settings.jt808_port)
    early.send(at(moment(), LAT, LON, alarm=SOS))
    with pytest.raises(NoAnswer):
        early.wait_for(link.PlatformReply, seconds=0.7)
    assert count(street.database, "gps.fixes", of(street, one)) == 0
    assert count(street.database, "gps.happenings", of(street, one)) == 0
    early.close()


def test_a_network_that_an_operator_allowed_needs_no_authentication(street: Street) -> None:
    phone = "13777000001"
    street.register(phone, "jt808", settings={"network": "127.0.0.0/8"})
    old = SimulatedTerminal(phone, 2013)

    def reports() -> bool:
        old.connect(street.ingest.settings.jt808_port)
        old.send(at(moment(), LAT, LON))
        try:
            return old.wait_for(link.PlatformReply, seconds=1).result == link.OK
        except NoAnswer:
            return False

    assert wait_until(reports, 10)
    old.close()


def test_who_authenticates_takes_the_line_over_and_nobody_else(
    street: Street, one: SimulatedTerminal
) -> None:
    second = SimulatedTerminal(one.phone, code=one.code)
    second.connect(street.ingest.settings.jt808_port)
    assert second.authenticate() == link.OK
    with pytest.raises(NoAnswer, match="closed"):
        one.listen(2)
    assert second.report(at(moment(), LAT, LON)) == link.OK
    second.close()


def test_a_link_speaks_for_one_terminal(street: Street, one: SimulatedTerminal) -> None:
    other = _terminal(street, 2019)
    one.name = other.name
    assert one.ask(at(moment(), LAT, LON)) == link.FAILED
    with pytest.raises(NoAnswer):
        one.listen(2)
    assert count(street.database, "gps.fixes", of(street, other)) == 0
    other.close()


def test_wrong_checksums_pass_only_where_an_operator_says_so(
    street: Street, one: SimulatedTerminal
) -> None:
    from gps_ingest.protocols import jt808

    frame = jt808.encode(at(moment(), LAT, LON), one.name, 500)[0]
    spoilt = frame[:-2] + bytes((frame[-2] ^ 1,)) + frame[-1:]
    one.send_raw(spoilt)
    with pytest.raises(NoAnswer):
        one.wait_for(link.PlatformReply, seconds=0.5)
    with street.database.unit_of_work(TEST) as session:
        terminals.configure(session, ident(street, one), verify=False)

    def passes() -> bool:
        one.send_raw(spoilt)
        try:
            return one.wait_for(link.PlatformReply, seconds=0.5).ack_serial == 500
        except NoAnswer:
            return False

    assert wait_until(passes, 5)


# ---------------------------------------------------------------- what it tells


def test_a_batch_is_acknowledged_once_and_its_late_fixes_move_nothing(
    street: Street, terminal: SimulatedTerminal
) -> None:
    assert terminal.report(at(moment(), LAT, LON)) == link.OK
    old = [at(moment(-60 + 5 * n), LAT, LON + n * 1e-4) for n in range(5)]
    assert terminal.report(*old, kind=1) == link.OK
    assert terminal.report(*old, kind=1) == link.OK  # once more: the first answer was lost
    mine = of(street, terminal)
    assert count(street.database, "gps.fixes", mine) == 6
    assert count(street.database, "gps.fixes", f"{mine} and flags & 256 > 0") == 5
    now = f"{mine} and abs(st_x(geog::geometry) - {LON}) < 1e-5"
    assert count(street.database, "gps.latest", now) == 1


def test_a_long_batch_comes_in_parts_and_each_is_acknowledged(
    street: Street, one: SimulatedTerminal
) -> None:
    long = [at(moment(-600 + 5 * n), LAT, LON + n * 1e-4) for n in range(60)]
    assert one.report(*long) == link.OK
    assert count(street.database, "gps.fixes", of(street, one)) == 60
    answered = {r.ack_serial for r in one.heard if isinstance(r, link.PlatformReply)}
    assert len(answered) >= 3


def test_a_missing_part_is_asked_for(street: Street, one: SimulatedTerminal) -> None:
    from gps_ingest.protocols import jt808

    batch = jt808.Batch(0, tuple(at(moment(-600 + n), LAT, LON + n * 1e-5) for n in range(60)))
    frames = jt808.encode(batch, one.name, 700)
    assert len(frames) == 2
    one.send_raw(frames[0])
    asked = one.wait_for(link.PlatformResend, seconds=15)
    assert (asked.orig_serial, asked.ids) == (700, (2,))
    one.send_raw(frames[1])
    one.wait_for(link.PlatformReply, lambda reply: reply.ack_serial == 701)
    assert count(street.database, "gps.fixes", of(street, one)) == 60


def test_a_cry_for_help_is_stored_told_and_only_then_acknowledged(
    street: Street, terminal: SimulatedTerminal
) -> None:
    location = at(moment(), LAT, LON, alarm=SOS)
    for _ in range(2):  # repeated, because the first answer was lost
        assert terminal.report(location) == link.OK
    mine = f"{of(street, terminal)} and kind = 'alarm' and raw is not null"
    assert count(street.database, "gps.happenings", f"{mine} and (details->>'sos')::bool") == 1


def test_a_cry_for_help_needs_no_position(street: Street, one: SimulatedTerminal) -> None:
    garage = at(moment(), 0, 0, alarm=SOS)
    garage.status = 0
    assert one.report(garage) == link.OK
    assert count(street.database, "gps.happenings", f"{of(street, one)} and lat is null") == 1
    assert count(street.database, "gps.fixes", of(street, one)) == 0


def test_an_alarm_that_lasts_is_told_once_and_again_when_it_returns(
    street: Street, one: SimulatedTerminal
) -> None:
    for n, alarm in enumerate((2, 2, 0, 2)):
        assert one.report(at(moment(n), LAT, LON + n * 1e-5, alarm=alarm)) == link.OK
    assert count(street.database, "gps.happenings", of(street, one)) == 2


def test_an_old_alarm_of_a_blind_area_is_marked_as_late(
    street: Street, one: SimulatedTerminal
) -> None:
    old = [at(moment(-3600 + n), LAT, LON, alarm=SOS * (n == 1)) for n in range(3)]
    assert one.report(*old, kind=1) == link.OK
    late = f"{of(street, one)} and (details->>'late')::bool"
    assert count(street.database, "gps.happenings", late) == 1


def test_every_message_of_a_terminal_has_its_answer(
    street: Street, terminal: SimulatedTerminal
) -> None:
    assert terminal.ask(link.KeepAlive()) == link.OK
    assert terminal.ask(words.Event(2)) == link.OK
    assert terminal.ask(control.PassThroughUp(0xF1, b"abc")) == link.OK
    assert terminal.ask(link.Driver(1, moment(), 1)) == link.OK
    assert count(street.database, "gps.happenings", f"{of(street, terminal)} and kind='event'") == 1
    terminal.send(link.TimeQuery())
    told = terminal.wait_for(link.TimeReply).time
    assert told is not None and abs(told - moment()) < timedelta(seconds=3)


# ---------------------------------------------------------------- what it is told


def sent(street: Street, downlink_id: int) -> Downlink:
    with street.database.unit_of_work(TEST) as session:
        found = downlink.get(session, downlink_id)
        session.expunge(found)
        return found


def state(street: Street, downlink_id: int) -> str:
    return sent(street, downlink_id).state


def test_a_position_that_was_asked_for_answers_and_is_stored(
    street: Street, terminal: SimulatedTerminal
) -> None:
    """By 0x0201 alone, as the standard has it: without the general response before."""
    assert terminal.report(at(moment(), LAT, LON)) == link.OK
    with street.database.unit_of_work(TEST) as session:
        number = downlink.ask_position(session, ident(street, terminal))
    terminal.here = at(moment(1), LAT, LON + 1e-4)
    terminal.wait_for(control.QueryPosition)
    assert wait_until(lambda: state(street, number) == "answered", 5)
    assert count(street.database, "gps.fixes", of(street, terminal)) == 2
    with pytest.raises(NoAnswer):  # nobody asks again
        terminal.wait_for(control.QueryPosition, seconds=12)
    found = sent(street, number)
    assert found.attempts == 1 and found.answered_at is not None


def test_a_position_of_2011_answers_the_question_though_it_names_none(street: Street) -> None:
    old = _terminal(street, 2013)
    number = ident(street, old)
    with street.database.unit_of_work(TEST) as session:
        terminals.configure(session, number, edition=2011)
    old.silent = True
    wait_until(lambda: False, 1)  # the registry is read again
    old.connect(street.ingest.settings.jt808_port)
    assert old.authenticate() == link.OK
    with street.database.unit_of_work(TEST) as session:
        asked = downlink.ask_position(session, number)
    old.wait_for(control.QueryPosition)
    reply = PositionReply(None, at(moment(), LAT, LON))
    for frame in jt808.encode(reply, old.name, 77, Dialect(edition=2011)):
        old.send_raw(frame)
    assert wait_until(lambda: state(street, asked) == "answered", 5)
    assert count(street.database, "gps.fixes", of(street, old)) == 1
    with pytest.raises(NoAnswer):  # nobody asks again
        old.wait_for(control.QueryPosition, seconds=12)
    assert sent(street, asked).attempts == 1
    old.close()


def test_parameters_are_set_and_read(street: Street, one: SimulatedTerminal) -> None:
    with street.database.unit_of_work(TEST) as session:
        number = downlink.set_parameters(session, ident(street, one), {0x29: bytes((0, 0, 0, 20))})
    one.wait_for(control.SetParameters)
    assert wait_until(lambda: state(street, number) == "acknowledged", 5)
    with street.database.unit_of_work(TEST) as session:
        number = downlink.read_parameters(session, ident(street, one))
    one.wait_for(control.QueryParameters)
    assert wait_until(lambda: state(street, number) == "answered", 5)
    assert sent(street, number).content["told"]["00000029"] == "00000014"


def test_words_reach_the_vehicle_and_are_acknowledged(
    street: Street, terminal: SimulatedTerminal
) -> None:
    with street.database.unit_of_work(TEST) as session:
        number = downlink.tell(
            session,
            ident(street, terminal),
            cleared("前往老王饭店"),
            urgent=True,
            reference=("test", 1),
        )
    found = terminal.wait_for(words.Text)
    assert found.text == "前往老王饭店"
    assert found.flag == (0x0E if terminal.version == 2019 else 0x0D)
    assert wait_until(lambda: state(street, number) == "acknowledged", 5)
    told = "kind = 'gps.downlink_changed' and payload->>'downlink_id' = '{}'"
    assert count(street.database, "kernel.jobs", told.format(number)) == 2


def test_the_driver_answers_a_question(street: Street, terminal: SimulatedTerminal) -> None:
    terminal.driver = lambda question: 2
    with street.database.unit_of_work(TEST) as session:
        number = downlink.ask(
            session,
            ident(street, terminal),
            cleared("接令?"),
            [Choice(1, "接令"), Choice(2, "不能")],
        )
    assert terminal.wait_for(words.Question).answers == ((1, "接令"), (2, "不能"))
    assert wait_until(lambda: state(street, number) == "answered", 5)
    assert sent(street, number).answer == 2


def test_a_terminal_that_cannot_ask_is_told_instead_now_and_from_then_on(
    street: Street, one: SimulatedTerminal
) -> None:
    one.asks = False
    for _ in range(2):
        with street.database.unit_of_work(TEST) as session:
            number = downlink.ask(
                session,
                ident(street, one),
                cleared("接令?"),
                [Choice(1, "接令")],
                fallback="请回复短信1",
            )
        assert "请回复短信1" in one.wait_for(words.Text).text
        assert wait_until(lambda n=number: state(street, n) == "acknowledged", 5)  # type: ignore[misc]
        assert sent(street, number).as_text
        wait_until(lambda: False, 1)  # the registry is read again
    assert sum(isinstance(message, words.Question) for message in one.heard) == 1


def test_what_waits_is_sent_when_the_terminal_comes_and_a_lost_one_again_and_marked(
    street: Street, one: SimulatedTerminal
) -> None:
    port = street.ingest.settings.jt808_port
    one.close()
    with street.database.unit_of_work(TEST) as session:
        number = downlink.tell(session, ident(street, one), cleared("到达后报告"))
    one.silent = True
    one.connect(port)
    assert one.authenticate() == link.OK
    assert one.wait_for(words.Text).text == "到达后报告"
    one.close()  # before it answered
    one.silent = False
    one.connect(port)
    assert one.authenticate() == link.OK
    assert one.wait_for(words.Text).text == "【重发】到达后报告"
    assert wait_until(lambda: state(street, number) == "acknowledged", 5)
    assert sent(street, number).attempts == 2


def test_what_nobody_answers_is_repeated_by_the_standards_rule_and_fails(
    street: Street, one: SimulatedTerminal
) -> None:
    one.silent = True
    with street.database.unit_of_work(TEST) as session:
        downlink.tell(session, ident(street, one), cleared("请回话"))
    first = one.wait_for(words.Text)
    again = one.wait_for(words.Text, seconds=15)
    assert first.header.serial == again.header.serial  # the identical frame


def test_what_is_too_old_expires(street: Street) -> None:
    number = street.register("13999999999", "jt808")
    with street.database.unit_of_work(TEST) as session:
        late = downlink.tell(session, number, cleared("过时"), lasts=timedelta(seconds=0))
    assert wait_until(lambda: state(street, late) == "expired", 8)


def test_words_wait_while_everything_outbound_is_paused_and_a_machine_is_asked_on(
    street: Street, one: SimulatedTerminal
) -> None:
    with street.database.unit_of_work(TEST) as session:
        stopped = Pause(began_at=datetime.now(UTC), began_by=9, began_by_name="赵刚", reason="误发")
        session.add(stopped)
        session.flush()
        pause_id, number = stopped.id, ident(street, one)
        told = downlink.tell(session, number, cleared("等一等"), lasts=timedelta(seconds=9))
        downlink.ask_position(session, number)
    try:
        one.wait_for(control.QueryPosition)
        wait_until(lambda: False, 11)  # what is too old expires at each look at the queue
        assert state(street, told) == "queued"
    finally:
        with street.database.unit_of_work(TEST) as session:
            session.get_one(Pause, pause_id).ended_at = datetime.now(UTC)
    assert one.wait_for(words.Text, seconds=15).text == "等一等"


def test_parameters_are_read(street: Street, one: SimulatedTerminal) -> None:
    one.parameters |= {0x0012: b"secret", 0x0016: b"secret"}
    with street.database.unit_of_work(TEST) as session:
        number = downlink.read_parameters(session, ident(street, one))
    one.wait_for(control.QueryParameters)
    assert wait_until(lambda: state(street, number) == "answered", 5)
    assert sent(street, number).content["told"] == {"00000001": "0000003c"}, "no password is kept"
