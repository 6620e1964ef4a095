"""A worker that is killed after the engine has taken a message and before that is stored."""

import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from kernel.access import system
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.jobs import Handlers, Worker
from kernel.settings import Settings
from telephony.gateways.base import Accepted, Outgoing, Refused
from telephony.gateways.sms_kannel import KannelGateway
from telephony.ledger import SEND
from telephony.outbox import Outbox
from telephony.sending import Sender


class KilledAfterSending(KannelGateway):
    def send(self, outgoing: Outgoing) -> Accepted | Refused:
        answer = super().send(outgoing)
        if isinstance(answer, Accepted):
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def main(url: str, at: str, settings: str) -> None:
    database = Database(url, clock=FixedClock(datetime.fromisoformat(at)))
    gateway = KilledAfterSending(Settings(**json.loads(settings)))
    sender = Sender(database, {"sms": gateway}, Outbox(Path("unused")), demo_mode=True)
    handlers = Handlers()
    handlers.manual(SEND, sender.handle)
    Worker(database, handlers, system("doomed")).run_due()


if __name__ == "__main__":
    main(*sys.argv[1:])
