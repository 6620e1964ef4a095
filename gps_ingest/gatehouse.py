"""Who a terminal is: registration in a window that an operator opened, authentication by code.

The listeners may not wait: what needs the database is done on a greenlet of its own and called
back. Source: JT/T 808-2013 and -2019, chapters 5 and 7.2.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import gevent
from gevent.queue import Full, Queue
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from gps_ingest.models import Credential, Terminal
from gps_ingest.pipeline import KnownTerminal
from kernel import audit
from kernel.access import Principal
from kernel.clock import now
from kernel.db import Database
from kernel.log import get_logger

log = get_logger(__name__)
CODE_BYTES = 12
"""24 hex digits: the field of every edition takes them."""
MAX_WAITING = 2_000
"""Asked at once; whoever finds no room is not answered, and asks again."""
RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Claim:
    """What a terminal says of itself when it registers, and where it is."""

    plate: str
    device_id: str
    source: str
    edition: int | None = None
    """Of the standard, where only its registration shows that it is the one of 2011."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a registration: a code, or None where no window is open.

    `is_other`: its plate or device is not the one that registered before.
    """

    code: str | None = None
    is_other: bool = False


Registered = Callable[[Admission], None]
Checked = Callable[[bool], None]


class Gatehouse:
    """Gives codes and checks them; a code is known to its terminal alone."""

    def __init__(self, database: Database, principal: Principal):
        self._database, self._principal = database, principal
        self._queue: Queue[Callable[[], None]] = Queue(MAX_WAITING)
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def start(self) -> None:
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill(timeout=1)

    def register(self, terminal: KnownTerminal, claim: Claim, done: Registered) -> None:
        """A new code for a terminal whose window is open; the window closes behind it."""
        self._later(lambda: done(self._issue(terminal, claim)))

    def check(self, terminal: KnownTerminal, code: str, done: Checked) -> None:
        """Whether the code is that terminal's: at once where it is, else the database is asked.

        Another process may have given it a moment ago.
        """
        if _fits(code, terminal.code_hash):
            done(True)
        else:
            self._later(lambda: done(self._look_up(terminal, code)))

    def recall(self, terminal: KnownTerminal, done: Checked) -> None:
        """Whether the terminal still has a code, as the database says it."""

        def ask() -> None:
            self._read(terminal)
            done(terminal.code_hash is not None)

        self._later(ask)

    def _later(self, act: Callable[[], None]) -> None:
        try:
            self._queue.put_nowait(act)
        except Full:
            log.warning("gatehouse_is_full")

    def _run(self) -> None:
        while True:
            act = self._queue.get()
            try:
                act()
            except SQLAlchemyError as error:  # the terminal asks again
                log.warning("credential_not_read", error=type(error).__name__)
                gevent.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("gatehouse_failed")

    def _issue(self, terminal: KnownTerminal, claim: Claim) -> Admission:
        with self._database.unit_of_work(self._principal) as session:
            held = session.scalar(
                select(Credential).where(Credential.terminal_id == terminal.id).with_for_update()
            )
            if held is None or not _is_open(held.window_until, now(session)):
                return Admission()
            is_other = held.code_hash is not None and (held.plate, held.device_id) != (
                claim.plate[:40],
                claim.device_id[:40],
            )
            code = secrets.token_hex(CODE_BYTES)
            held.code_hash, held.window_until, held.issued_at = _hash(code), None, now(session)
            held.plate, held.device_id = claim.plate[:40], claim.device_id[:40]
            held.source = claim.source
            if claim.edition is not None:
                device = session.get_one(Terminal, terminal.id)
                device.settings = {**device.settings, "edition": claim.edition}
            audit.record(
                session, "gps.terminal_admitted", "terminal", terminal.id, source=claim.source
            )
        terminal.code_hash = _hash(code)
        if claim.edition is not None:
            terminal.settings = {**terminal.settings, "edition": claim.edition}
        log.info("terminal_registered", terminal=terminal.id, source=claim.source)
        return Admission(code, is_other)

    def _look_up(self, terminal: KnownTerminal, code: str) -> bool:
        self._read(terminal)
        return _fits(code, terminal.code_hash)

    def _read(self, terminal: KnownTerminal) -> None:
        with self._database.unit_of_work(self._principal) as session:
            terminal.code_hash = session.scalar(
                select(Credential.code_hash).where(Credential.terminal_id == terminal.id)
            )


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "replace")).digest()


def _fits(code: str, known: bytes | None) -> bool:
    """In constant time; a terminal without a code fits none."""
    return known is not None and hmac.compare_digest(_hash(code), known)


def _is_open(until: datetime | None, moment: datetime) -> bool:
    return until is not None and moment < until
