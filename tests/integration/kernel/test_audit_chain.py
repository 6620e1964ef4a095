"""The chain over the audit: built without waiting, and broken by every kind of tampering."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from kernel import audit
from kernel.access import Principal, Role
from kernel.audit import AuditEntry, record
from kernel.audit_anchors import Anchors
from kernel.audit_chain import BATCH, COLUMNS, Chain, Link, end, tail
from kernel.audit_check import Proof, check
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.jobs import Handlers, Worker
from tests.conftest import Server

KEY = "k" * 32
SAID = [
    ("case.registered", {}),
    ("order.created", {"order_no": "DD202609220001", "units": [3, 1]}),
    ("case.urgency", {"level": 2, "b": 1.10, "a": "十里堡"}),
    ("identity.revealed", {"reason_code": "verify", "note": "核查需要", "within_hour": 1}),
    ("unit.state_set", {"state": "FREE"}),
    ("alarm.taken", {"kind": "case_escalated"}),
]


@pytest.fixture
def somebody(make_principal: Callable[..., Principal]) -> Principal:
    """Past all rights: what is tried here has to be found by the chain, not refused before."""
    return make_principal(roles=frozenset({"CMD", "DEPUTY"}), database_role=Role.LOGIN)


@pytest.fixture
def log(database: Database, somebody: Principal) -> Database:
    """A database with six chained entries, ids 1 to 6."""
    for action, detail in SAID:
        write(database, somebody, action, **detail)
    extend(database, somebody)
    return database


@pytest.fixture
def tamper(database: Database, server: Server) -> Iterator[Callable[..., None]]:
    """Runs statements as the superuser, with the triggers off."""
    name = database.engine.url.database or ""
    with psycopg.connect(server.admin_url + name, autocommit=True) as connection:
        for table in ("audit", "audit_chain"):
            connection.execute(f"alter table kernel.{table} disable trigger append_only")

        def run(*statements: str) -> None:
            for statement in statements:
                connection.execute(statement)

        yield run


@pytest.fixture
def anchors(tmp_path: Path) -> Anchors:
    return Anchors(tmp_path / "anchors", KEY)


def write(database: Database, who: Principal, action: str, **detail: object) -> None:
    with database.unit_of_work(who) as session:
        record(session, action, "case", 7, **detail)  # type: ignore[arg-type]


def extend(database: Database, who: Principal) -> int:
    with database.unit_of_work(who) as session:
        return Chain(KEY).extend(session)


def proof(database: Database, who: Principal, anchors: Anchors | None = None) -> Proof:
    with database.unit_of_work(who) as session:
        return check(session, KEY, anchors.all() if anchors else ())


def found(database: Database, who: Principal) -> tuple[str, int | None, int | None]:
    broken = proof(database, who).broken
    assert broken is not None
    return broken.what, broken.position, broken.entry_id


# -- recording --------------------------------------------------------------------------------


def test_an_entry_says_who_in_which_role_from_where_and_why(
    log: Database, somebody: Principal
) -> None:
    token = audit.terminal.set("10.1.2.3 a1b2c3 Chrome/140 Windows")
    write(log, somebody, "identity.revealed", reason_code="verify", note="核查", fields=["phone"])
    audit.terminal.reset(token)
    with log.unit_of_work(somebody) as session:
        kept = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (kept.roles, kept.organisation_path) == (["CMD", "DEPUTY"], "/1/")
    assert (kept.reason_code, kept.note) == ("verify", "核查")
    assert kept.terminal == "10.1.2.3 a1b2c3 Chrome/140 Windows"
    assert kept.detail == {"fields": ["phone"]}


@pytest.mark.parametrize("table", ["audit", "audit_chain"])
@pytest.mark.parametrize("how", ["update kernel.{0} set {1}", "delete from kernel.{0}",
                                 "truncate kernel.{0}"])  # fmt: skip
def test_the_product_cannot_change_or_remove_what_is_written(
    log: Database, somebody: Principal, table: str, how: str
) -> None:
    column = "note = ''" if table == "audit" else "position = position"
    with pytest.raises(ProgrammingError, match="append-only"):
        with log.unit_of_work(somebody) as session:
            session.execute(text(how.format(table, column)))


def test_the_triggers_hold_in_replica_mode_too(log: Database, server: Server) -> None:
    with psycopg.connect(server.admin_url + (log.engine.url.database or "")) as connection:
        connection.execute("set session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from kernel.audit")


# -- chaining ---------------------------------------------------------------------------------


def test_a_whole_log_proves_itself(log: Database, somebody: Principal) -> None:
    whole = proof(log, somebody)
    assert (whole.ok, whole.links, whole.tail.length) == (True, 6, 0)
    assert extend(log, somebody) == 0


def test_an_empty_log_proves_itself(database: Database, principal: Principal) -> None:
    assert proof(database, principal).ok


def test_the_unchained_tail_is_shown_with_its_age(
    log: Database, somebody: Principal, clock: FixedClock
) -> None:
    write(log, somebody, "case.closed")
    clock.advance(seconds=90)
    told = proof(log, somebody)
    assert (told.ok, told.tail.length, told.tail_seconds) == (True, 1, 90)
    assert extend(log, somebody) == 1
    assert proof(log, somebody).tail.length == 0


def test_an_entry_that_commits_late_is_chained_behind_younger_ones(
    log: Database, somebody: Principal
) -> None:
    with log.unit_of_work(somebody) as slow:
        record(slow, "case.slow", "case", 1)
        slow.flush()
        write(log, somebody, "case.quick")
        assert extend(log, somebody) == 1
    assert extend(log, somebody) == 1
    with log.unit_of_work(somebody) as session:
        last = session.scalars(select(Link.entry_id).order_by(Link.position)).all()[-2:]
    assert last == [8, 7]
    assert proof(log, somebody).ok


def test_a_rolled_back_transaction_leaves_a_gap_that_breaks_nothing(
    log: Database, somebody: Principal
) -> None:
    with pytest.raises(RuntimeError), log.unit_of_work(somebody) as session:
        record(session, "case.never", "case", 1)
        session.flush()
        raise RuntimeError
    write(log, somebody, "case.after")
    extend(log, somebody)
    assert proof(log, somebody).links == 7


def test_recording_waits_for_no_one_who_chains(log: Database, somebody: Principal) -> None:
    write(log, somebody, "case.waiting")
    with log.unit_of_work(somebody) as chaining:
        assert Chain(KEY).extend(chaining) == 1
        done = threading.Thread(target=write, args=(log, somebody, "case.meanwhile"))
        done.start()
        done.join(5)
        assert not done.is_alive()
    assert extend(log, somebody) == 1


def test_a_second_worker_leaves_the_chain_to_the_first(log: Database, somebody: Principal) -> None:
    write(log, somebody, "case.waiting")
    with log.unit_of_work(somebody) as first:
        assert Chain(KEY).extend(first) == 1
        assert extend(log, somebody) == 0
    assert proof(log, somebody).ok


def test_a_worker_that_dies_in_the_middle_leaves_the_chain_as_it_was(
    log: Database, somebody: Principal
) -> None:
    write(log, somebody, "case.waiting")
    with pytest.raises(RuntimeError), log.unit_of_work(somebody) as session:
        Chain(KEY).extend(session)
        raise RuntimeError
    assert proof(log, somebody).tail.length == 1
    assert extend(log, somebody) == 1
    assert proof(log, somebody).ok


def test_the_periodic_job_chains_more_than_one_batch(log: Database, somebody: Principal) -> None:
    with log.unit_of_work(somebody) as session:
        for number in range(BATCH + 10):
            record(session, "case.many", "case", number)
    handlers = Handlers()
    handlers.every("audit.chain", 10, Chain(KEY).sweep)
    worker = Worker(log, handlers, somebody)
    worker._ensure_periodic()
    worker.run_due()
    with log.unit_of_work(somebody) as session:
        assert tail(session).length == 0
    assert proof(log, somebody).links == BATCH + 16


def test_the_form_of_an_entry_does_not_depend_on_the_session_that_reads_it(
    log: Database, somebody: Principal
) -> None:
    with log.unit_of_work(somebody) as session:
        session.execute(text("set local time zone 'Asia/Shanghai'"))
        assert check(session, KEY).ok


def test_another_key_does_not_prove_the_chain(log: Database, somebody: Principal) -> None:
    with log.unit_of_work(somebody) as session:
        broken = check(session, "x" * 32).broken
    assert str(broken) == "foreign_link position 1 entry 1"


# -- tampering as the superuser, triggers off -------------------------------------------------


CHANGES = (
    "at = at + interval '1 microsecond'", "actor_id = 99", "actor = 'x'", "roles = '{ADMIN}'",
    "organisation_path = '/2/'", "action = 'case.read'", "object_kind = 'order'",
    "object_id = '8'", "reason_code = 'safety'", "note = ''", "terminal = 'elsewhere'",
    "correlation_id = 'x'", "detail = '{}'", """detail = detail || '{"within_hour": 2}'""",
)  # fmt: skip


def test_every_column_of_an_entry_is_proved(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    assert {change.split()[0] for change in CHANGES} == set(COLUMNS) | {"detail"}
    tamper("create table kernel.spare as select * from kernel.audit where id = 4")
    for change in CHANGES:
        tamper(f"update kernel.audit set {change} where id = 4")
        assert found(log, somebody) == ("altered", 4, 4), change
        tamper("delete from kernel.audit where id = 4",
               "insert into kernel.audit overriding system value select * from kernel.spare",
               "delete from kernel.audit_unchained")  # fmt: skip
        assert proof(log, somebody).ok


def test_two_fractions_that_a_float_cannot_tell_apart_are_told_apart(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    exact = """detail = jsonb_set(detail, '{b}', '1.100000000000000000001')"""
    tamper(f"update kernel.audit set {exact} where id = 3")
    assert found(log, somebody) == ("altered", 3, 3)


def test_another_id_is_a_missing_entry(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    tamper("update kernel.audit set id = 400 where id = 4")
    assert found(log, somebody) == ("missing", 4, 4)


def test_a_deleted_entry_is_missed(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    tamper("delete from kernel.audit where id = 3")
    assert found(log, somebody) == ("missing", 3, 3)


def test_an_entry_deleted_with_its_link_is_missed(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    tamper(
        "delete from kernel.audit where id = 3", "delete from kernel.audit_chain where position = 3"
    )
    assert found(log, somebody) == ("missing", 3, None)


COPY = """insert into kernel.audit (id, at, actor_id, actor, action, object_kind, object_id, detail)
overriding system value select {id}, at, 5, 'x', 'case.read', 'case', '7', '{{}}'
from kernel.audit where id = 2"""


def test_an_entry_put_below_the_newest_id_is_found(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    tamper("alter table kernel.audit disable trigger queued", COPY.format(id=-1))
    assert found(log, somebody) == ("inserted", None, -1)


def test_an_entry_put_between_with_a_link_of_its_own_is_found(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    tamper(
        COPY.format(id=-1),
        "update kernel.audit_chain set position = -position - 1 where position >= 3",
        "update kernel.audit_chain set position = -position where position < 0",
        "insert into kernel.audit_chain select 3, -1, chained_at, digest, link"
        " from kernel.audit_chain where position = 2",
    )
    assert found(log, somebody) == ("inserted", 3, -1)


@pytest.mark.parametrize("ident", [-1, 1000])
def test_an_entry_that_is_dated_back_is_found_though_the_job_has_chained_it(
    log: Database, somebody: Principal, tamper: Callable[..., None], clock: FixedClock, ident: int
) -> None:
    clock.advance(hours=5)
    write(log, somebody, "case.closed")
    extend(log, somebody)
    tamper(COPY.format(id=ident))
    extend(log, somebody)
    assert found(log, somebody) == ("inserted", 8, ident)


def test_a_worker_that_was_away_for_hours_is_no_break(
    log: Database, somebody: Principal, clock: FixedClock
) -> None:
    for _ in range(5):
        clock.advance(hours=3)
        write(log, somebody, "case.closed")
    extend(log, somebody)
    assert proof(log, somebody).ok


def test_two_entries_that_changed_places_are_found(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    tamper(
        "update kernel.audit set id = -2 where id = 2",
        "update kernel.audit set id = 2 where id = 5",
        "update kernel.audit set id = 5 where id = -2",
    )
    assert found(log, somebody) == ("reordered", 2, 2)


@pytest.mark.parametrize(("one", "other"), [(2, 3), (2, 5)])
def test_two_links_that_changed_places_are_found(
    log: Database, somebody: Principal, tamper: Callable[..., None], one: int, other: int
) -> None:
    tamper(
        f"update kernel.audit_chain set position = -1 where position = {one}",
        f"update kernel.audit_chain set position = {one} where position = {other}",
        f"update kernel.audit_chain set position = {other} where position = -1",
    )
    assert found(log, somebody) == ("reordered", one, other)


def test_a_changed_link_is_found(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    tamper("update kernel.audit_chain set link = sha256('x') where position = 4")
    assert found(log, somebody) == ("foreign_link", 4, 4)


def test_an_altered_entry_with_its_digest_made_to_fit_is_found(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    tamper("update kernel.audit set note = '' where id = 4",
           "update kernel.audit_chain set digest = sha256('x') where position = 4")  # fmt: skip
    assert found(log, somebody) == ("foreign_link", 4, 4)


def test_a_cut_chain_is_known_by_the_entries_left_behind(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    tamper("delete from kernel.audit_chain where position > 4")
    assert found(log, somebody) == ("cut", 5, 5)


def test_a_waiting_entry_that_is_deleted_is_missed(
    log: Database, somebody: Principal, tamper: Callable[..., None]
) -> None:
    write(log, somebody, "case.waiting")
    tamper("delete from kernel.audit where id = 7")
    assert found(log, somebody) == ("missing", None, 7)


# -- anchors ----------------------------------------------------------------------------------

DAY = date(2026, 9, 22)
AT = datetime(2026, 9, 22, 1, tzinfo=UTC)


def anchor(database: Database, who: Principal, anchors: Anchors, day: date = DAY) -> Path:
    with database.unit_of_work(who) as session:
        position, link = end(session)
    return anchors.write(day, bureau="演示市局", at=AT, position=position, link=link)


def test_an_anchor_knows_an_end_that_was_cut_with_its_entries(
    log: Database, somebody: Principal, tamper: Callable[..., None], anchors: Anchors
) -> None:
    anchor(log, somebody, anchors)
    assert proof(log, somebody, anchors).ok
    tamper(
        "delete from kernel.audit_chain where position > 4", "delete from kernel.audit where id > 4"
    )
    assert proof(log, somebody).ok
    broken = proof(log, somebody, anchors).broken
    assert str(broken) == "cut position 5 anchor 2026-09-22"


def test_an_anchor_knows_a_chain_that_was_written_anew_with_the_key(
    log: Database, somebody: Principal, tamper: Callable[..., None], anchors: Anchors
) -> None:
    anchor(log, somebody, anchors)
    tamper("delete from kernel.audit_chain", "update kernel.audit set note = 'x' where id = 2",
           "insert into kernel.audit_unchained select id from kernel.audit")  # fmt: skip
    extend(log, somebody)
    assert proof(log, somebody).ok
    assert str(proof(log, somebody, anchors).broken) == (
        "anchor_differs position 6 entry 6 anchor 2026-09-22"
    )


@pytest.mark.parametrize("said", ['{"position": 3}', "no json", "[]"])
def test_an_anchor_that_is_not_ours_is_named(
    log: Database, somebody: Principal, anchors: Anchors, said: str
) -> None:
    path = anchor(log, somebody, anchors)
    path.write_text(said, "utf-8")
    assert str(proof(log, somebody, anchors).broken) == "forged_anchor anchor 2026-09-22"


def test_an_anchor_with_one_digit_changed_is_named(
    log: Database, somebody: Principal, anchors: Anchors
) -> None:
    path = anchor(log, somebody, anchors)
    path.write_text(path.read_text("utf-8").replace('"position": 6', '"position": 5'), "utf-8")
    assert str(proof(log, somebody, anchors).broken) == "forged_anchor anchor 2026-09-22"


def test_an_anchor_is_written_once(log: Database, somebody: Principal, anchors: Anchors) -> None:
    first = anchor(log, somebody, anchors).read_bytes()
    write(log, somebody, "case.later")
    extend(log, somebody)
    assert anchor(log, somebody, anchors).read_bytes() == first
    anchor(log, somebody, anchors, DAY + timedelta(days=1))
    last = anchors.last()
    assert last is not None
    assert (last.day, last.position, last.bureau) == ("2026-09-23", 7, "演示市局")
    assert proof(log, somebody, anchors).anchors == 2
