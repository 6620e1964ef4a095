"""News between processes on real Redis: nothing is missed silently, what is shared is done once."""

import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import islice

import pytest

from kernel import bus as kernel_bus
from kernel.bus import Bus, Cursor, Entry, Gap


@pytest.fixture
def bus(redis_url: str) -> Iterator[Bus]:
    """On an empty Redis."""
    bus = Bus(redis_url)
    with closing(bus.redis) as client:
        client.flushdb()
        yield bus


class Reader(Bus):
    """Another process of the same installation."""

    def __init__(self, redis_url: str, name: str):
        super().__init__(redis_url)
        self._name = name

    @property
    def name(self) -> str:
        return self._name


@pytest.fixture
def others(redis_url: str) -> Iterator[tuple[Reader, Reader]]:
    made = Reader(redis_url, "one"), Reader(redis_url, "two")
    yield made
    for reader in made:
        reader.redis.close()


def read(bus: Bus, cursor: Cursor, count: int) -> list[Entry]:
    return list(islice(bus.follow(cursor), count))


def test_every_reader_gets_everything_in_one_order(bus: Bus, others: tuple[Reader, Reader]) -> None:
    cursors = [other.now("positions", "news") for other in others]
    told = [bus.publish("positions", b"%d" % n) for n in range(5)]
    for other, cursor in zip(others, cursors, strict=True):
        found = read(other, cursor, 5)
        assert [entry.data for entry in found] == [b"0", b"1", b"2", b"3", b"4"]
        assert [entry.order for entry in found] == told == sorted(told)
        assert {(entry.stream, entry.by) for entry in found} == {("positions", bus.name)}


def test_a_reader_goes_on_where_its_line_broke(bus: Bus) -> None:
    cursor = bus.now("positions")
    bus.publish("positions", b"before")
    assert [entry.data for entry in read(bus, cursor, 1)] == [b"before"]
    bus.redis.connection_pool.disconnect()
    bus.publish("positions", b"meanwhile")
    assert [entry.data for entry in read(bus, cursor, 1)] == [b"meanwhile"]


def test_a_reader_that_stood_still_for_too_long_is_told_so(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = bus.now("positions")
    monkeypatch.setattr(kernel_bus, "KEPT", 10)
    for _ in range(500):
        bus.publish("positions", b"x" * 100)
    with pytest.raises(Gap):
        read(bus, cursor, 1)
    assert bus.redis.xlen("positions") < 300
    cursor = bus.now("positions")
    bus.publish("positions", b"next")
    assert [entry.data for entry in read(bus, cursor, 1)] == [b"next"]


def test_another_run_of_redis_is_a_gap(bus: Bus) -> None:
    cursor = bus.now("positions")
    cursor.run = "the one before"
    with pytest.raises(Gap):
        read(bus, cursor, 1)


def test_what_is_shared_is_taken_once(bus: Bus, others: tuple[Reader, Reader]) -> None:
    taken: list[tuple[str, bytes]] = []
    begun = threading.Barrier(3)

    def work(reader: Reader) -> None:
        shared = reader.share("news", "desks")
        begun.wait(10)
        for entry in shared:
            if entry.data == b"end":
                return
            taken.append((reader.name, entry.data))

    bus.redis.xgroup_create("news", "desks", mkstream=True)
    threads = [threading.Thread(target=work, args=[reader]) for reader in others]
    for thread in threads:
        thread.start()
    begun.wait(10)
    for number in range(200):
        bus.publish("news", b"%d" % number)
    for _ in range(300):  # a reader takes many at a time
        bus.publish("news", b"end")
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert sorted(int(data) for _, data in taken) == list(range(200))


def test_what_a_reader_left_unfinished_another_one_gets(
    bus: Bus, others: tuple[Reader, Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_bus, "ABANDONED_MS", 100)
    one, two = others
    bus.redis.xgroup_create("news", "desks", mkstream=True)
    bus.publish("news", b"taken")
    crashed = one.share("news", "desks")
    assert next(crashed).data == b"taken"
    crashed.close()
    threading.Event().wait(0.2)
    other = two.share("news", "desks")
    assert next(other).data == b"taken"
    bus.publish("news", b"next")
    assert next(other).data == b"next"
    other.close()


def test_the_living_are_known_by_kind_with_what_they_counted(
    others: tuple[Reader, Reader], bus: Bus
) -> None:
    for other, text in zip(others, (b"counted 1", b"counted 2"), strict=True):
        other.beat("ingest")
        other.count("ingest", text)
    bus.beat("worker")
    assert [bus.alive(kind) for kind in ("ingest", "worker", "serve")] == [2, 1, 0]
    assert bus.counted() == {"ingest:one": b"counted 1", "ingest:two": b"counted 2"}
