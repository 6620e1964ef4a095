"""Which of thousands of sockets can be read, looked up in turns.

Waking for every packet costs more than the packet does: ten thousand vehicles that report once a
second are read in a hundred turns, each warm and in one go. A turn is bounded, so that however
much waits, the event loop, and with it the database, has its own turn in between.
"""

from collections.abc import Callable
from typing import Any

import gevent
from gevent.monkey import get_original

EPOLLIN = 1
TURN_SECONDS = 0.01
"""Between two looks; nobody notices so short a wait."""
MOST = 500
"""Sockets of one turn; where more are readable the next turn follows at once."""
epoll: Any = get_original("select", "epoll")
"""gevent takes it away, because it would block; asked without waiting it does not."""


class Poller:
    """Calls each socket's reader when it can be read, as long as it is watched."""

    def __init__(self) -> None:
        self._epoll = epoll()
        self._readers: dict[int, Callable[[], None]] = {}
        self._loop: Any = gevent.get_hub().loop
        self._clock = self._loop.timer(TURN_SECONDS, TURN_SECONDS)
        self._again: Any = None
        self._is_stopped = False

    def watch(self, fd: int, read: Callable[[], None]) -> None:
        """Call `read` whenever there is something to read, or the other side has gone."""
        if self._is_stopped:
            return
        if not self._readers:
            self._clock.start(self._look)
        self._readers[fd] = read
        self._epoll.register(fd, EPOLLIN)

    def leave(self, fd: int) -> None:
        """Watch it no longer; harmless when it is not watched."""
        if self._readers.pop(fd, None) is not None:
            self._epoll.unregister(fd)
            if not self._readers:
                self._clock.stop()

    def stop(self) -> None:
        """Read nothing more, whoever asks for it; answers may still be sent."""
        self._is_stopped = True
        self._clock.stop()
        self._readers.clear()

    def _look(self) -> None:
        if self._again is None:  # else a turn is due anyway
            self._turn()

    def _turn(self) -> None:
        if self._is_stopped:
            return
        events = self._epoll.poll(0, MOST)
        self._again = self._loop.run_callback(self._turn) if len(events) == MOST else None
        for fd, _ in events:
            read = self._readers.get(fd)
            if read is not None:  # else it was closed within this turn
                read()
