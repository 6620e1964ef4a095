"""Many workers at once, and a database that restarts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kernel.access import Principal
from kernel.db import Database
from kernel.jobs import Claimed
from telephony import sending
from telephony.ledger import SEND
from tests.integration.telephony.conftest import Desk


def test_many_workers_send_every_message_once(desk: Desk) -> None:
    texts = {desk.queue(f"核查 {number}") and f"核查 {number}" for number in range(12)}
    calls = {desk.queue_fax(list_key="order:1", position=number) for number in range(3)}
    crew = [threading.Thread(target=desk.worker().run_due) for _ in range(4)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    desk.work()
    assert sorted(out.text for out in desk.sms.sent) == sorted(texts)
    assert [out.message_id for out in desk.fax.sent] == [min(calls)]


def test_what_the_engine_took_is_not_forgotten_while_the_database_restarts(desk: Desk) -> None:
    broken = iter([True, True])

    class Restarting(Database):
        """Gone for two tries, once the engine has the message."""

        @contextmanager
        def unit_of_work(self, principal: Principal) -> Iterator[Session]:
            if desk.sms.sent and next(broken, False):
                raise OperationalError("select", {}, Exception("the server closed"))
            with super().unit_of_work(principal) as session:
                yield session

    ident = desk.queue()
    database = Restarting(desk.database.engine.url.render_as_string(hide_password=False))
    database.clock = desk.clock
    sender = sending.Sender(database, {"sms": desk.sms}, desk.outbox, demo_mode=True)
    sender.handle(Claimed(1, SEND, {"message_id": ident, "attempt": 1}, 1, ""))
    database.close()
    assert (desk.state(ident), next(broken, None)) == ("SENT", None)
    assert len(desk.sms.sent) == 1
