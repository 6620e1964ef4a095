"""The care of keys: which record needs which, records brought under the newest, indexes made anew.

All of it runs beside live traffic, in batches that each commit: a row that somebody holds is met
in the next round, and a run that was killed is simply run again.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.orm import Session

from command_center.cases.identity import people
from command_center.cases.identity.store import COMPLAINANT_PHONE, INFORMANT_PHONE
from dispatch.numbers import digits
from kernel.access import system
from kernel.audit import record
from kernel.crypto import HEAD, VERSION, Broken, Vault
from kernel.db import Database
from kernel.errors import Conflict
from kernel.keyring import Key, KeyFolder, KeyMissing

KEEPER = system("keys")
BATCH = 500
ROUNDS = 20
"""How often rows that others held are tried again, a second apart."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed bytes: its table, key, and what its records are bound to."""

    table: str
    key: str
    key_type: str
    column: str
    owner: str
    source: str

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


_OF_CASE = "cases.complainants t join cases.cases c on c.id = t.case_id"
_OF_REPORT = "cases.reporter_identity t join cases.cases c on c.reporter_ref = t.ref"
COLUMNS = (
    Sealed("cases.reporter_identity", "ref", "uuid", "sealed", "t.ref::text",
           "cases.reporter_identity t"),
    Sealed("cases.reporter_identity", "ref", "uuid", "sealed_narrative", "c.case_no", _OF_REPORT),
    Sealed("cases.complainants", "case_id", "bigint", "sealed", "c.case_no", _OF_CASE),
    Sealed("cases.cases", "id", "bigint", "sealed_narrative", "t.case_no", "cases.cases t"),
    Sealed("cases.cases", "id", "bigint", "sealed_facts", "'facts:' || t.case_no", "cases.cases t"),
    Sealed("cases.recordings", "id", "bigint", "sealed_key", "t.file::text", "cases.recordings t"),
    Sealed("cases.recordings", "id", "bigint", "sealed_transcript", "'transcript:' || t.file",
           "cases.recordings t"),
    Sealed("cases.sealed_originals", "attachment_id", "bigint", "sealed_key",
           "'original:' || t.attachment_id", "cases.sealed_originals t"),
    Sealed("cases.inspections", "id", "bigint", "sealed_id", "'inspection:' || t.key",
           "cases.inspections t"),
    Sealed("dispatch.replies", "inbound_id", "bigint", "sealed", "'text:' || t.inbound_id",
           "dispatch.replies t"),
    Sealed("dispatch.replies", "inbound_id", "bigint", "sealed_pages", "'pages:' || t.inbound_id",
           "dispatch.replies t"),
)  # fmt: skip


@dataclass
class Outcome:
    """What a run did: records brought over, and those that could not be, by column and why."""

    done: int = 0
    left: Counter[str] = field(default_factory=Counter)


# -- which record needs which key -----------------------------------------------------------------


def needed(session: Session) -> Counter[str]:
    """Records per key id; those of the first version, which name none, under `first`."""
    found: Counter[str] = Counter()
    for sealed in COLUMNS:
        statement = (
            f"select case when substr({sealed.column}, 1, 1) = :version then"  # noqa: S608 (our own columns)
            f" encode(substr({sealed.column}, 2, {HEAD - 1}), 'hex') else 'first' end, count(*)"
            f" from {sealed.table} where {sealed.column} is not null group by 1"
        )
        for row in session.execute(text(statement), {"version": VERSION}):
            found[row[0]] += row[1]
    return found


def still_needs(key: Key, counted: Counter[str]) -> int:
    """How many records open with this key alone."""
    return counted[key.id.hex()] + (counted["first"] if key.number == 1 else 0)


def retire(database: Database, ring: KeyFolder, ident: str) -> Key:
    """Take an envelope key out of use; raises Conflict while it seals or a record needs it.

    Writers wait meanwhile, so that none slips in between the look and the act.
    """
    with database.unit_of_work(KEEPER) as session:
        held = next((key for key in ring.all("envelope") if key.id.hex() == ident), None)
        if held is None:
            raise Conflict("key_unknown", key=ident)
        if held == ring.newest("envelope"):
            raise Conflict("key_in_use", key=ident)
        _hold_writers(session, sorted({sealed.table for sealed in COLUMNS}))
        if count := still_needs(held, needed(session)):
            raise Conflict("key_needed", key=ident, records=count)
        record(session, "keys.retired", "key", ident)
        ring.retire("envelope", held)
    return held


def _hold_writers(session: Session, tables: list[str]) -> None:
    session.execute(text("set local lock_timeout = '10s'"))
    session.execute(text(f"lock table {', '.join(tables)} in share mode"))


# -- under the newest key -------------------------------------------------------------------------


def rewrap(database: Database, vault: Vault, progress: Progress, batch: int = BATCH) -> Outcome:
    """Bring every record under the newest envelope key. A record's own key and content stay.

    Records that are damaged, or whose key is missing, are left as they are and counted.
    """
    outcome = Outcome()
    for sealed in COLUMNS:
        _rewrap_column(database, vault, sealed, progress, batch, outcome)
    with database.unit_of_work(KEEPER) as session:
        newest = vault.ring.newest("envelope")
        record(session, "keys.rewrapped", "key", newest.id.hex(), records=outcome.done)
    return outcome


def _rewrap_column(
    database: Database, vault: Vault, sealed: Sealed, progress: Progress, batch: int,
    outcome: Outcome,
) -> None:  # fmt: skip
    with database.unit_of_work(KEEPER) as session:
        total, done = _outdated(session, vault, sealed), 0
    for _ in range(ROUNDS):
        failed: Counter[str] = Counter()
        for count in _batches(database, vault, sealed, batch, failed):
            done += count
            progress(sealed.name, done, total)
        with database.unit_of_work(KEEPER) as session:
            waiting = _outdated(session, vault, sealed) - failed.total()
        if waiting <= 0:
            break
        time.sleep(1)  # somebody held these rows, or wrote meanwhile
    else:
        failed[f"{sealed.name}: held by others"] += waiting
    outcome.done += done
    outcome.left += failed


def _batches(
    database: Database, vault: Vault, sealed: Sealed, batch: int, failed: Counter[str]
) -> Iterator[int]:
    """Once through the column by its key, each batch a transaction; gives how many went over."""
    after: object = None
    while True:
        with database.unit_of_work(KEEPER) as session:
            rows = _next_rows(session, vault, sealed, after, batch)
            done = _put(session, sealed, list(_rewrapped(vault, sealed, rows, failed)))
        if not rows:
            return
        after = rows[-1][0]
        yield done


def _rewrapped(
    vault: Vault, sealed: Sealed, rows: list[tuple[object, bytes, str]], failed: Counter[str]
) -> Iterator[tuple[object, bytes]]:
    for key, old, owner in rows:
        try:
            yield key, vault.rewrapped(old, owner.encode())
        except Broken:
            failed[f"{sealed.name}: damaged"] += 1
        except KeyMissing as missing:
            failed[f"{sealed.name}: needs key {missing.params['key']}"] += 1


def _head(vault: Vault) -> bytes:
    return VERSION + vault.ring.newest("envelope").id


def _outdated(session: Session, vault: Vault, sealed: Sealed) -> int:
    statement = (
        f"select count(*) from {sealed.table}"  # noqa: S608 (our own columns)
        f" where {sealed.column} is not null and substr({sealed.column}, 1, {HEAD}) <> :head"
    )
    return session.scalar(text(statement), {"head": _head(vault)}) or 0


def _next_rows(
    session: Session, vault: Vault, sealed: Sealed, after: object, batch: int
) -> list[tuple[object, bytes, str]]:
    """Locked against other writers; rows that somebody else holds are passed over."""
    statement = (
        f"select t.{sealed.key}, t.{sealed.column}, {sealed.owner} from {sealed.source}"  # noqa: S608 (our own columns)
        f" where t.{sealed.column} is not null and substr(t.{sealed.column}, 1, {HEAD}) <> :head"
        f" and (cast(:after as {sealed.key_type}) is null or t.{sealed.key} > :after)"
        f" order by t.{sealed.key} limit :batch for no key update of t skip locked"
    )
    given = {"head": _head(vault), "after": after, "batch": batch}
    return [(row[0], row[1], row[2]) for row in session.execute(text(statement), given)]


def _put(session: Session, sealed: Sealed, rows: list[tuple[object, bytes]]) -> int:
    if rows:
        statement = (
            f"update {sealed.table} t set {sealed.column} = v.sealed"  # noqa: S608 (our own columns)
            f" from unnest(cast(:keys as {sealed.key_type}[]), cast(:sealed as bytea[]))"
            f" as v(key, sealed) where t.{sealed.key} = v.key"
        )
        keys, made = zip(*rows, strict=True)
        session.execute(text(statement), {"keys": list(keys), "sealed": list(made)})
    return len(rows)


# -- the blind indexes made anew --------------------------------------------------------------


def reindex(database: Database, vault: Vault, progress: Progress, batch: int = BATCH) -> Outcome:
    """Print every number with the newest index key. Until it ends the old prints are met too."""
    with database.unit_of_work(KEEPER) as session:
        _hold_writers(session, ["cases.complainants", "cases.reporter_prints"])
    outcome = Outcome()
    for name, source, put in (
        ("complainants", COLUMNS[2], _print_complainants),
        ("reporter_prints", COLUMNS[0], _print_informants),
    ):
        total = _count(database, source)
        after: object = None
        seen = 0
        while rows := _page(database, source, after, batch):
            with database.unit_of_work(KEEPER) as session:
                put(session, vault, rows, outcome)
            after = rows[-1][0]
            seen += len(rows)
            progress(name, seen, total)
    with database.unit_of_work(KEEPER) as session:
        ident = vault.ring.newest("index").id.hex()
        record(session, "keys.reindexed", "key", ident, records=outcome.done)
    return outcome


def _count(database: Database, source: Sealed) -> int:
    with database.unit_of_work(KEEPER) as session:
        statement = f"select count(*) from {source.table} where sealed is not null"  # noqa: S608 (our own columns)
        return session.scalar(text(statement)) or 0


def _page(
    database: Database, source: Sealed, after: object, batch: int
) -> list[tuple[object, bytes, str]]:
    statement = (
        f"select t.{source.key}, t.sealed, {source.owner} from {source.source}"  # noqa: S608 (our own columns)
        f" where t.sealed is not null"
        f" and (cast(:after as {source.key_type}) is null or t.{source.key} > :after)"
        f" order by t.{source.key} limit :batch"
    )
    with database.unit_of_work(KEEPER) as session:
        found = session.execute(text(statement), {"after": after, "batch": batch})
        return [(row[0], row[1], row[2]) for row in found]


def _numbers(
    vault: Vault, row: tuple[object, bytes, str], outcome: Outcome
) -> tuple[str, str] | None:
    """Phone and caller number of a record; None, and counted, for one that does not open."""
    try:
        person = people.opened(vault, row[1], row[2])
    except (Broken, KeyMissing) as error:
        outcome.left[type(error).__name__] += 1
        return None
    outcome.done += 1
    return digits(person.phone), digits(person.caller_number)


def _print_complainants(
    session: Session, vault: Vault, rows: list[tuple[object, bytes, str]], outcome: Outcome
) -> None:
    statement = text(
        "update cases.complainants set phone_print = :phone, caller_print = :caller"
        " where case_id = :case_id and sealed = :sealed"  # else somebody wrote it anew meanwhile
    )
    given = []
    for row in rows:
        if numbers := _numbers(vault, row, outcome):
            phone, caller = (vault.print(COMPLAINANT_PHONE, n) if n else None for n in numbers)
            given.append({"phone": phone, "caller": caller, "case_id": row[0], "sealed": row[1]})
    if given:
        session.execute(statement, given)


def _print_informants(
    session: Session, vault: Vault, rows: list[tuple[object, bytes, str]], outcome: Outcome
) -> None:
    add = text(
        "insert into cases.reporter_prints (print, ref) select unnest(cast(:prints as bytea[])),"
        " :ref on conflict do nothing"
    )
    drop = text(
        "delete from cases.reporter_prints"
        " where ref = :ref and print <> all(cast(:prints as bytea[]))"
    )
    given = []
    for row in rows:
        if numbers := _numbers(vault, row, outcome):
            prints = [vault.print(INFORMANT_PHONE, number) for number in sorted({*numbers} - {""})]
            given.append({"prints": prints, "ref": row[0]})
    if given:
        session.execute(add, given)
        session.execute(drop, given)
