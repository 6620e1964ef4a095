"""A telephone desk on a real database: queue, let the worker run, see what was told upward."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel.access import Principal
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.gate import gate
from kernel.gate.gate import Cleared
from kernel.jobs import Handlers, Worker
from telephony import news, outbound, receipts, sending
from telephony.gateways.base import Gateway
from telephony.gateways.memory import MemoryGateway
from telephony.ledger import HANG_UP, RELEASE, SEND
from telephony.lifecycle import Channel, Kind
from telephony.models import Message
from telephony.outbox import Outbox
from telephony.receipts import Heard

CREW = "+99913800000001"
MACHINE = "+9991000005001"
LONG = "【调度】核查东城区某街十二号“兴旺超市”，反映出售过期食品，请两人持证前往。" * 3
PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj
trailer<</Root 1 0 R>>
"""
T = TypeVar("T")


def cleared(way: str, content: T) -> Cleared[T]:
    """Words or a page that have passed the gate."""
    return gate.clear(f"order.{way}", {}).written(lambda _: content)


@dataclass
class Desk:
    """Everything between a caller and an engine."""

    database: Database
    clock: FixedClock
    principal: Principal
    outbox: Outbox
    sms: MemoryGateway = field(default_factory=MemoryGateway)
    fax: MemoryGateway = field(default_factory=lambda: MemoryGateway(Channel.FAX))
    voice: MemoryGateway = field(default_factory=lambda: MemoryGateway(Channel.VOICE))
    told: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    inbound: list[int] = field(default_factory=list)
    demo_mode: bool = True
    engines: dict[str, Gateway] = field(default_factory=dict)
    """Gateways that take the place of those in memory."""

    def sender(self) -> sending.Sender:
        memory = {Channel.SMS: self.sms, Channel.FAX: self.fax, Channel.VOICE: self.voice}
        gateways = {**memory, **self.engines}
        return sending.Sender(self.database, gateways, self.outbox, demo_mode=self.demo_mode)

    def worker(self) -> Worker:
        sender, handlers = self.sender(), Handlers()
        handlers.manual(SEND, sender.handle)
        handlers.manual(HANG_UP, sender.hang_up)
        handlers.transactional(RELEASE, sending.release)
        handlers.together(receipts.REPORT, receipts.settle)
        handlers.transactional(news.KEY_PRESSED, lambda _, payload: self.keys.append(payload))
        handlers.transactional(news.MESSAGE_CHANGED, lambda _, payload: self.told.append(payload))
        handlers.transactional(
            news.INBOUND_RECEIVED, lambda _, payload: self.inbound.append(payload["inbound_id"])
        )
        return Worker(self.database, handlers, self.principal)

    def work(self, **passed: float) -> None:
        """Let time pass, then do all that is due."""
        self.clock.advance(**passed)
        self.worker().run_due()

    def do(self, step: Callable[[Session], T]) -> T:
        with self.database.unit_of_work(self.principal) as session:
            return step(session)

    def queue(self, words: str = "核查", to: str = CREW, **more: Any) -> int:
        given = {"reference": ("delivery", 7), **more}
        return self.do(lambda s: outbound.queue_sms(s, cleared("sms", words), to=to, **given))

    def queue_fax(self, to: str = MACHINE, pages: int = 1, **more: Any) -> int:
        document = cleared("fax", more.pop("pdf", PDF))
        return self.do(
            lambda s: outbound.queue_fax(s, self.outbox, document, to=to, pages=pages, **more)
        )

    def queue_call(self, words: str = "有一件指令。", to: str = CREW, **more: Any) -> int:
        given = {"reference": ("delivery", 7), **more}
        return self.do(lambda s: outbound.queue_call(s, cleared("voice", words), to=to, **given))

    def message(self, message_id: int) -> Message:
        """The message as it stands, its attempts and receipts loaded."""

        def read(session: Session) -> Message:
            found = outbound.message(session, message_id)
            _ = found.attempts, found.receipts
            return found

        return self.do(read)

    def state(self, message_id: int) -> str:
        return self.message(message_id).state

    def states_told(self, message_id: int) -> list[str]:
        """The states told upward, repetitions left out."""
        told = [t["state"] for t in self.told if t["message_id"] == message_id]
        return [s for i, s in enumerate(told) if i == 0 or told[i - 1] != s]

    def hear(
        self, message_id: int, kind: Kind, part: int = 1, attempt: int = 1, **raw: str
    ) -> bool:
        heard = Heard(
            event_id=f"test:{message_id}:{attempt}:{part}:{kind}",
            message_id=message_id,
            attempt=attempt,
            part=part,
            kind=kind,
            at=self.clock.now(),
            raw=raw,
        )
        return self.do(lambda session: receipts.record(session, heard))


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> Iterator[None]:
    """Unconfigured, structlog draws every local variable of a logged exception: ten seconds."""
    before = structlog.get_config()
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def telephony_database(make_database: Callable[[], str]) -> str:
    """The address of one database for all tests of this room: a new one for each takes a second."""
    return make_database()


@pytest.fixture
def desk(
    telephony_database: str, clock: FixedClock, principal: Principal, tmp_path: Path
) -> Iterator[Desk]:
    """A desk on a database without messages and jobs."""
    database = Database(telephony_database, clock=clock, pool_size=4)
    with database.unit_of_work(principal) as session:
        tables = "telephony.messages, telephony.inbound, kernel.jobs, kernel.outbound_pauses"
        session.execute(text(f"truncate {tables} cascade"))
    yield Desk(database, clock, principal, Outbox(tmp_path / "outbox"))
    database.close()
