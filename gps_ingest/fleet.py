"""The terminals that the listeners know, held in memory and kept true to the registry."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import gevent
import psycopg
from gevent.event import Event
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gps_ingest import queries, terminals
from gps_ingest.ending import end
from gps_ingest.fixes import Table, seconds
from gps_ingest.models import Credential, Terminal, UnknownIdentity
from gps_ingest.pipeline import KnownTerminal, Moment
from kernel.access import Principal
from kernel.db import Database
from kernel.errors import AppError
from kernel.log import get_logger

log = get_logger(__name__)
REFRESH_SECONDS = 30
"""The registry is read again this often, besides at every notice of a change."""
BREATH_SECONDS = 0.5
"""Between two readings, whatever happens: whoever invents names cannot keep the database busy."""
MAX_STRANGERS = 1_000
"""Names held, and kept in the table: whoever invents names cannot fill either."""


@dataclass(slots=True)
class Stranger:
    """A name that nobody registered, since the last time it was written down."""

    times: int
    source: str
    first_seen_at: datetime
    last_seen_at: datetime


class Fleet:
    """Names and ports to terminals; remembers who was heard and who is unknown."""

    def __init__(self, database: Database, principal: Principal, *, auto_register: bool = False):
        self.auto_register = auto_register
        self._database, self._principal = database, principal
        self._by_id: dict[int, KnownTerminal] = {}
        self._by_name: dict[str, KnownTerminal] = {}
        self._heard: dict[int, float] = {}
        """Epoch seconds."""
        self._strangers: dict[tuple[str, str], Stranger] = {}
        self._changed = Event()
        self._is_sure = True
        self._greenlets: list[gevent.Greenlet[[], None]] = []

    # -- the side of the listeners --------------------------------------------------------

    def find(self, identity: str) -> KnownTerminal | None:
        return self._by_name.get(identity)

    def known(self) -> Collection[KnownTerminal]:
        """Every registered terminal that may report."""
        return [terminal for terminal in self._by_id.values() if terminal.enabled]

    def ports(self) -> dict[int, KnownTerminal]:
        """The ports that belong to one terminal each."""
        known = self._by_id.values()
        return {t.listen_port: t for t in known if t.listen_port is not None and t.enabled}

    def heard(self, terminal: KnownTerminal, at: datetime) -> None:
        self._heard[terminal.id] = at.timestamp()

    def heard_all(self, fixes: Table) -> None:
        """Whose they are was heard when they came."""
        ids, at = fixes["terminal_id"].tolist(), seconds(fixes["received_us"]).tolist()
        self._heard.update(zip(ids, at, strict=True))

    def moved(self, terminal_id: int, moment: Moment) -> None:
        """Another process has stored this fix."""
        known = self._by_id.get(terminal_id)
        if known is not None and (known.newest is None or known.newest[0] < moment[0]):
            known.newest = moment

    def look_again(self) -> None:
        """It is not known what other processes have stored: ask the database soon."""
        self._is_sure = False
        self._changed.set()

    def stranger(self, identity: str, protocol: str, source: str, at: datetime) -> None:
        """Count somebody unknown."""
        seen = self._strangers.get((identity, protocol))
        if seen is not None:
            seen.times, seen.source, seen.last_seen_at = seen.times + 1, source, at
        elif len(self._strangers) < MAX_STRANGERS:
            self._strangers[identity, protocol] = Stranger(1, source, at, at)
            self._changed.set()

    # -- the side of the database ---------------------------------------------------------

    def start(self) -> None:
        """Read the registry and keep it true. Raises SQLAlchemyError when it cannot be read."""
        self.refresh()
        self._greenlets = [gevent.spawn(self._keep_true), gevent.spawn(self._listen)]

    def stop(self) -> None:
        end(self._greenlets)
        self._write_down()

    def refresh(self) -> None:
        """Read the registry; a terminal that stays keeps what is known of its fixes."""
        with self._database.unit_of_work(self._principal) as session:
            rows = session.execute(_ROWS).all()
            fresh = [row.id for row in rows if row.id not in self._by_id or not self._is_sure]
            newest = {p.terminal_id: p for p in queries.latest(session, fresh)} if fresh else {}
        known = {}
        for row in rows:
            terminal = self._by_id.get(row.id) or KnownTerminal(row.id, row.identity, row.protocol)
            terminal.identity, terminal.enabled = row.identity, row.enabled
            terminal.listen_port = row.listen_port
            terminal.settings = row.settings
            terminal.code_hash = row.code_hash
            known[row.id] = terminal
        self._by_id, self._is_sure = known, True
        for at in newest.values():
            self.moved(at.terminal_id, (at.fixed_at.timestamp(), at.lat, at.lon))
        self._by_name = {terminal.identity: terminal for terminal in known.values()}

    def synchronise(self) -> None:
        """Write down who was heard and who is unknown, then read the registry again."""
        if self._write_down():
            try:
                self.refresh()
            except SQLAlchemyError as error:
                log.warning("registry_not_read", error=type(error).__name__)

    def _write_down(self) -> bool:
        """Gives whether the database took it; else it is kept for the next time."""
        heard, self._heard = self._heard, {}
        strangers, self._strangers = self._strangers, {}
        try:
            with self._database.unit_of_work(self._principal) as session:
                _write_heard(session, heard)
                _write_strangers(session, strangers)
                if self.auto_register:
                    _register(session, strangers)
        except BaseException as error:  # an end in the middle, too: the last writing has it
            self._heard = {**heard, **self._heard}
            self._strangers = {**strangers, **self._strangers}
            if not isinstance(error, SQLAlchemyError):
                raise
            log.warning("registry_not_written", error=type(error).__name__)
            return False
        return True

    def _keep_true(self) -> None:
        while True:
            self._changed.wait(REFRESH_SECONDS)
            self._changed.clear()
            self.synchronise()
            gevent.sleep(BREATH_SECONDS)

    def _listen(self) -> None:
        while True:
            try:
                for _ in self._notices():
                    self._changed.set()
            except psycopg.Error:
                gevent.sleep(1)

    def _notices(self) -> Iterator[object]:
        url = self._database.engine.url.render_as_string(hide_password=False)
        with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
            connection.execute(f"listen {terminals.CHANNEL}")
            yield None  # whatever changed before we listened
            yield from connection.notifies()


COLUMNS = (
    Terminal.id,
    Terminal.identity,
    Terminal.protocol,
    Terminal.enabled,
    Terminal.listen_port,
    Terminal.settings,
    Credential.code_hash,
)
"""Read as plain rows: ten thousand objects would hold up the listeners."""
_ROWS = select(*COLUMNS).outerjoin(Credential, Credential.terminal_id == Terminal.id)


def _write_heard(session: Session, heard: dict[int, float]) -> None:
    if heard:
        session.execute(
            text(
                "update gps.terminals set last_seen_at = greatest(last_seen_at, to_timestamp(at))"
                " from unnest(cast(:ids as bigint[]), cast(:times as float8[])) heard (id, at)"
                " where terminals.id = heard.id"
            ),
            {"ids": list(heard), "times": list(heard.values())},
        )


def _write_strangers(session: Session, strangers: dict[tuple[str, str], Stranger]) -> None:
    if not strangers:
        return
    statement = insert(UnknownIdentity).values(
        [
            {
                "identity": identity,
                "protocol": protocol,
                "source": seen.source,
                "times": seen.times,
                "first_seen_at": seen.first_seen_at,
                "last_seen_at": seen.last_seen_at,
            }
            for (identity, protocol), seen in strangers.items()
        ]
    )
    new = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[UnknownIdentity.identity, UnknownIdentity.protocol],
            set_={
                "times": UnknownIdentity.times + new.times,
                "source": new.source,
                "last_seen_at": new.last_seen_at,
            },
        )
    )
    _forget_oldest(session)


def _forget_oldest(session: Session) -> None:
    newest = (
        select(UnknownIdentity.last_seen_at)
        .order_by(UnknownIdentity.last_seen_at.desc())
        .offset(MAX_STRANGERS)
        .limit(1)
        .scalar_subquery()
    )
    session.execute(delete(UnknownIdentity).where(UnknownIdentity.last_seen_at <= newest))


def _register(session: Session, strangers: dict[tuple[str, str], Stranger]) -> None:
    """The demo's convenience: whoever reports is registered."""
    room = MAX_STRANGERS - (session.scalar(select(func.count()).select_from(Terminal)) or 0)
    for identity, protocol in list(strangers)[: max(room, 0)]:
        try:
            terminals.register(session, identity=identity, protocol=protocol)
        except AppError as error:
            log.info("stranger_not_registered", reason=error.code)
