"""Two listening processes behind a balancer: one picture, one line per terminal, nothing twice."""

import itertools
import os
import signal
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from command_center.demo.terminal import NoAnswer, SimulatedTerminal, at
from command_center.engines.process import wait_until
from gps_ingest import downlink, terminals
from gps_ingest.protocols.jt808 import link, words
from kernel.bus import Bus
from kernel.gate import gate
from tests.factories.gps import osmand, rmc
from tests.ingest import LAT, LON, TEST, ask, count, known_soon, now
from tests.integration.gps_ingest.conftest import Street
from tests.ports import free_port_base

PROCESSES = 2
_numbers = itertools.count(1)
START = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def terminal(street: Street) -> Iterator[SimulatedTerminal]:
    """Known to both processes, authenticated at one of them."""
    phone = f"138{next(_numbers):08}"
    ident = street.register(phone, "jt808")
    with street.database.unit_of_work(TEST) as session:
        terminals.open_window(session, ident)
    known_soon(street.ingest, phone)
    made = SimulatedTerminal(phone)
    made.ident = ident  # type: ignore[attr-defined]
    assert wait_until(lambda: _registers(made, street), 10)
    made.connect(street.ingest.settings.jt808_port)
    try:
        assert made.authenticate() == link.OK
        yield made
    finally:
        made.close()


def _registers(terminal: SimulatedTerminal, street: Street) -> bool:
    terminal.connect(street.ingest.settings.jt808_port)
    return terminal.register().result == link.OK


def of(terminal: SimulatedTerminal) -> str:
    return f"terminal_id = {terminal.ident}"  # type: ignore[attr-defined]


def again(terminal: SimulatedTerminal, street: Street) -> SimulatedTerminal:
    """The same terminal on a new link: the balancer gives it to the other process."""
    second = SimulatedTerminal(terminal.phone, code=terminal.code)
    second.connect(street.ingest.settings.jt808_port)
    assert second.authenticate() == link.OK
    return second


def is_closed(terminal: SimulatedTerminal) -> bool:
    try:
        terminal.listen(0.2)
    except NoAnswer as ended:
        return "closed" in str(ended)
    return False


def test_the_line_that_was_announced_last_stays_alone(
    street: Street, terminal: SimulatedTerminal
) -> None:
    second = again(terminal, street)
    assert wait_until(lambda: is_closed(terminal), 5)
    assert second.report(at(START, LAT, LON)) == link.OK
    third = again(second, street)
    assert wait_until(lambda: is_closed(second), 5)
    assert third.report(at(START + timedelta(seconds=1), LAT, LON)) == link.OK
    assert not is_closed(third)
    second.close()
    third.close()


def test_words_that_a_dead_line_did_not_answer_go_to_the_other_process(
    street: Street, terminal: SimulatedTerminal
) -> None:
    terminal.silent = True
    said = gate.clear("order.vehicle", {"note": "到南门"}).written(lambda told: str(told["note"]))
    with street.database.unit_of_work(TEST) as session:
        ident = downlink.tell(session, terminal.ident, said)  # type: ignore[attr-defined]
    terminal.wait_for(words.Text, seconds=8)
    second = again(terminal, street)
    heard = second.wait_for(words.Text, seconds=8)
    assert heard.text.startswith("【重发】")
    assert wait_until(lambda: state(street, ident) == ("acknowledged", 2), 8)
    with pytest.raises(NoAnswer):
        second.wait_for(words.Text, lambda one: one is not heard, 1)
    second.close()


def state(street: Street, ident: int) -> tuple[str, int]:
    with street.database.unit_of_work(TEST) as session:
        found = downlink.get(session, ident)
        return found.state, found.attempts


def test_the_present_never_goes_back_whichever_process_hears_what(street: Street) -> None:
    identity = f"phone-{next(_numbers)}"
    terminal = street.register(identity, "osmand")
    phones = [street.ingest.phone(), street.ingest.phone()]
    assert wait_until(
        lambda: all(ask(p, f"/?id={identity}&cell=460,0,1,2") == 200 for p in phones), 10
    )
    order = [3, 1, 4, 2, 5, 3, 5, 1]
    for turn, second in enumerate(order):
        target = osmand(identity, START + timedelta(seconds=second), LAT, LON + second * 1e-5)
        assert ask(phones[turn % 2], target) == 200
    mine = f"terminal_id = {terminal}"
    assert count(street.database, "gps.fixes", mine) == len(set(order))
    with street.database.unit_of_work(TEST) as session:
        newest = session.execute(
            text("select fixed_at from gps.latest where terminal_id = :t"), {"t": terminal}
        ).scalar_one()
    assert newest == START + timedelta(seconds=5)
    for phone in phones:
        phone.close()


def test_a_jump_is_doubted_by_the_process_that_did_not_hear_the_fix_before(
    street: Street,
) -> None:
    identity = f"phone-{next(_numbers)}"
    terminal = street.register(identity, "osmand")
    one, other = street.ingest.phone(), street.ingest.phone()
    assert wait_until(
        lambda: all(ask(p, f"/?id={identity}&cell=460,0,1,2") == 200 for p in (one, other)), 10
    )
    mine, step = f"terminal_id = {terminal}", itertools.count()

    def is_doubted() -> bool:
        """News travel in their own time: here, then a city further with the next second."""
        second = 10 * next(step)
        near = osmand(identity, START + timedelta(seconds=second), LAT, LON)
        far = osmand(identity, START + timedelta(seconds=second + 1), LAT + 0.5, LON)
        assert ask(one, near) == 200
        wait_until(lambda: False, 0.2)
        assert ask(other, far) == 200
        return count(street.database, "gps.quarantine", f"{mine} and reason = 'jump'") > 0

    assert is_doubted()
    one.close()
    other.close()


def test_a_port_of_one_terminal_is_open_once_and_moves_when_its_process_dies(
    street: Street, redis_url: str
) -> None:
    port = free_port_base()
    terminal = street.register("own-port", listen_port=port)
    assert wait_until(lambda: street.ingest.listens(port), 10)
    holders = [child for child in street.ingest._children if port in listening(child.pid)]
    assert len(holders) == 1
    bus = Bus(redis_url)
    assert wait_until(lambda: bus.alive("ingest") >= 2, 10)
    counted = [name for name in bus.counted() if name.startswith("ingest:")]
    assert len(counted) >= 2
    bus.redis.close()
    os.kill(holders[0].pid, signal.SIGKILL)
    holders[0].wait(10)
    assert wait_until(lambda: street.ingest.listens(port), 10)
    with socket.create_connection(("127.0.0.1", port), 5) as sock:
        sock.sendall(rmc(now(), LAT, LON))
        assert wait_until(
            lambda: count(street.database, "gps.fixes", f"terminal_id = {terminal}") == 1, 10
        )


def listening(pid: int) -> set[int]:
    """The loopback ports that a process listens on."""
    inodes = {os.path.realpath(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    listed = ((row[1], row[9]) for row in rows if row[3] == "0A")
    return {
        int(address.partition(":")[2], 16)
        for address, inode in listed
        if any(link.endswith(f"socket:[{inode}]") for link in inodes)
    }
