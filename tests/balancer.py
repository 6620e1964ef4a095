"""TEST ONLY: a TCP and UDP balancer of a few lines, in the place of a bureau's own."""

import asyncio
import itertools
import threading
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

Address = tuple[str, int]
HOST = "127.0.0.1"


class Balancer:
    """Spreads connections in turn over the ports behind; a dead one is passed over.

    The datagrams of one sender go to one port, as long as the balancer lives.
    """

    def __init__(self, tcp: Mapping[int, Sequence[int]], udp: Mapping[int, Sequence[int]]):
        self._tcp, self._udp = tcp, udp
        self._turns = {
            port: itertools.cycle(behind) for port, behind in (*tcp.items(), *udp.items())
        }
        self._tasks: set[asyncio.Task[None]] = set()
        self._fronts: set[asyncio.StreamWriter] = set()
        self._closing: list[Any] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._do(self._open())

    def stop(self) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _do(self, act: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(act, self._loop).result(10)

    async def _open(self) -> None:
        for port in self._tcp:
            self._closing.append(await asyncio.start_server(self._client(port), HOST, port))
        for port in self._udp:
            front = lambda port=port: Datagrams(self, port)  # noqa: E731
            transport, _ = await self._loop.create_datagram_endpoint(front, (HOST, port))
            self._closing.append(transport)

    async def _close(self) -> None:
        for one in self._closing:
            one.close()
        for writer in self._fronts:  # its reader ends, and with it the whole way
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.05)

    def next(self, port: int) -> int:
        """Whose turn it is."""
        return next(self._turns[port])

    def _client(self, port: int) -> Any:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            self._fronts.add(writer)
            with suppress(OSError):
                await self._pass_on(port, reader, writer)
            await shut(writer)
            self._fronts.discard(writer)

        return talk

    async def _pass_on(
        self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        for _ in self._tcp[port]:
            with suppress(ConnectionError):
                back = await asyncio.open_connection(HOST, self.next(port))
                break
        else:
            return
        ways = [
            asyncio.ensure_future(pump(reader, back[1])),
            asyncio.ensure_future(pump(back[0], writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await shut(back[1])


async def shut(writer: asyncio.StreamWriter) -> None:
    """Close it once all is written; a peer that reads nothing is given a moment."""
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 2)
    except (OSError, TimeoutError):
        writer.transport.abort()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side has said all."""
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


class Datagrams(asyncio.DatagramProtocol):
    """The front of one port, or a sender's own socket toward the process behind."""

    def __init__(self, balancer: Balancer, port: int, sender: Address | None = None):
        self.balancer, self.port, self.sender = balancer, port, sender
        self.front: Datagrams | None = None
        self.behind: dict[Address, asyncio.Future[Any]] = {}

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Address) -> None:
        if self.front is not None:
            self.front.transport.sendto(data, self.sender)
            return
        if address not in self.behind:
            self.behind[address] = asyncio.ensure_future(self._way_for(address))
        self.behind[address].add_done_callback(lambda way: way.result().sendto(data))

    async def _way_for(self, sender: Address) -> Any:
        def made() -> Datagrams:
            way = Datagrams(self.balancer, self.port, sender)
            way.front = self
            return way

        loop, behind = asyncio.get_running_loop(), (HOST, self.balancer.next(self.port))
        transport, _ = await loop.create_datagram_endpoint(made, remote_addr=behind)
        self.balancer._closing.append(transport)
        return transport
