"""Keys change while people work: nothing stops, nothing is lost, nothing is mixed up."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result
from psycopg.sql import SQL
from sqlalchemy import select, update

from command_center.cases.identity import Seat, keeping, people, store
from command_center.cases.identity.people import Person
from command_center.cases.identity.search import Wanted, search
from command_center.cases.models import Complainant, ReporterIdentity
from command_center.cli import main
from dispatch.inbound import strangers
from dispatch.inbound.models import Reply
from kernel.access import system
from kernel.audit import AuditEntry
from kernel.clock import now
from kernel.crypto import Broken, Vault
from kernel.db import Database
from kernel.errors import Conflict
from kernel.keyring import Key, KeyFolder, KeyMissing
from kernel.settings import Settings
from telephony import inbound
from tests.factories.bureau import (
    CANARY,
    complaint,
    make_bureau,
    make_intake,
    make_office,
    report,
)

FIRST = "the first key of this installation, long enough"
CLERK = system("clerk")
MANY = 3000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def ring(folder: Path) -> KeyFolder:
    return KeyFolder(folder, FIRST)


@pytest.fixture
def vault(ring: KeyFolder) -> Vault:
    return Vault(FIRST, ring)


def other_process(folder: Path) -> Vault:
    """A vault that has read the folder by itself, as another process does."""
    return Vault(FIRST, KeyFolder(folder, FIRST))


def informant(number: int) -> Person:
    return Person(name=f"张{number}", phone=f"139{number:08}")


def keep(database: Database, vault: Vault, people_: list[Person]) -> list[UUID]:
    refs = [uuid4() for _ in people_]
    with database.unit_of_work(CLERK) as session:
        cursor = session.connection().connection.cursor()
        copying = SQL("copy cases.reporter_identity (ref, sealed) from stdin")
        with cursor, cursor.copy(copying) as copy:  # type: ignore[attr-defined]
            for ref, person in zip(refs, people_, strict=True):
                copy.write_row([ref, people.sealed(vault, person, str(ref))])
    return refs


def read(database: Database, vault: Vault, ref: UUID) -> Person:
    with database.unit_of_work(CLERK) as session:
        sealed = session.scalar(select(ReporterIdentity.sealed).where(ReporterIdentity.ref == ref))
    assert sealed
    return people.opened(vault, sealed, str(ref))


def needed(database: Database) -> dict[str, int]:
    with database.unit_of_work(CLERK) as session:
        return dict(keeping.needed(session))


def quietly(name: str, done: int, total: int) -> None:
    pass


def test_a_rotation_runs_beside_writers_and_readers_and_stops_nobody(
    database: Database, folder: Path, ring: KeyFolder, vault: Vault
) -> None:
    refs = keep(database, vault, [informant(n) for n in range(MANY)])
    elsewhere, stop = other_process(folder), threading.Event()
    written: list[UUID] = []
    wrong: list[object] = []

    def write() -> None:
        while not stop.is_set():
            written.extend(keep(database, elsewhere, [informant(7)]))

    def look() -> None:
        random = Random(1)
        while not stop.is_set():
            number = random.randrange(MANY)
            try:
                found = read(database, elsewhere, refs[number])
            except Exception as error:
                wrong.append(error)
                return
            if found != informant(number):
                wrong.append(found)

    workers = [threading.Thread(target=work) for work in (write, look, look)]
    for worker in workers:
        worker.start()
    newest = ring.add("envelope")
    outcome = keeping.rewrap(database, vault, quietly, batch=100)
    stop.set()
    for worker in workers:
        worker.join()
    assert (wrong, dict(outcome.left)) == ([], {})
    assert needed(database) == {newest.id.hex(): MANY + len(written)} and written
    keeping.retire(database, ring, Key.of(FIRST).id.hex())
    fresh = other_process(folder)
    assert [key.id for key in fresh.ring.all("envelope")] == [newest.id]
    for number in range(0, MANY, 97):
        assert read(database, fresh, refs[number]) == informant(number)


def rotate(database: Database, folder: Path, var: Path) -> subprocess.Popen[str]:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    environment = {
        **os.environ, "CC_VAR_DIR": str(var), "CC_DATABASE_URL": url,
        "CC_IDENTITY_KEY": FIRST, "CC_IDENTITY_KEYS": str(folder),
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "command_center", "keys", "rotate"],
        env=environment, text=True, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_a_rotation_that_was_killed_goes_on_with_the_same_key(
    database: Database, folder: Path, vault: Vault, tmp_path: Path
) -> None:
    refs = keep(database, vault, [informant(n) for n in range(2 * MANY)])
    killed = rotate(database, folder, tmp_path)
    assert killed.stderr
    for line in killed.stderr:
        if line.startswith("cases.reporter_identity"):
            killed.send_signal(signal.SIGKILL)
            break
    killed.stderr.close()
    killed.wait()
    halfway = needed(database)
    newest = vault.ring.newest("envelope")
    assert newest.number == 2
    assert 0 < halfway[newest.id.hex()] < 2 * MANY, "killed in the middle"
    for number in (0, MANY, 2 * MANY - 1):
        assert read(database, other_process(folder), refs[number]) == informant(number)
    _, told = rotate(database, folder, tmp_path).communicate(timeout=120)
    assert f"going on with key {newest.id.hex()}" in told
    assert needed(database) == {newest.id.hex(): 2 * MANY}
    assert sorted(file.name for file in folder.iterdir()) == ["envelope-0002"]
    assert (folder / "envelope-0002").stat().st_mode & 0o777 == 0o600


def test_strangers_texts_are_brought_under_the_newest_key_too(
    database: Database, ring: KeyFolder, vault: Vault
) -> None:
    came = "我要举报"
    with database.unit_of_work(CLERK) as session:
        ident = inbound.receive(
            session, gateway="x", provider_id=uuid4().hex, sender="+99913800000001",
            recipient="12315", text=came, received_at=now(session),
        )  # fmt: skip
        assert ident is not None
        reply = Reply(
            inbound_id=ident, outcome="to_person", is_stranger=True, organisation_path="/"
        )
        session.add(reply)
        session.flush()
        strangers.seal(session, vault, reply, inbound.get(session, ident))
    ring.add("envelope")
    outcome = keeping.rewrap(database, vault, quietly)
    assert (outcome.done, dict(outcome.left)) == (1, {})
    keeping.retire(database, ring, Key.of(FIRST).id.hex())
    with database.unit_of_work(CLERK) as session:
        assert strangers.opened(vault, session.get_one(Reply, ident)).text == came


def test_a_key_that_a_record_needs_is_not_retired(
    database: Database, ring: KeyFolder, vault: Vault
) -> None:
    (ref,) = keep(database, vault, [informant(1)])
    first = Key.of(FIRST).id.hex()
    with pytest.raises(Conflict) as in_use:
        keeping.retire(database, ring, first)
    ring.add("envelope")
    with pytest.raises(Conflict) as still_needed:
        keeping.retire(database, ring, first)
    assert (in_use.value.code, still_needed.value.code) == ("key_in_use", "key_needed")
    assert still_needed.value.params["records"] == 1
    assert read(database, vault, ref) == informant(1)


def test_a_missing_key_is_named_and_nothing_is_lost(
    database: Database, folder: Path, ring: KeyFolder, vault: Vault
) -> None:
    second = ring.add("envelope")
    (ref,) = keep(database, vault, [informant(1)])
    file = folder / "envelope-0002"
    secret = file.read_text()
    file.unlink()
    third = ring.add("envelope")
    assert third.number == 2, "the number is free again, the name of the key is another"
    with pytest.raises(KeyMissing) as missing:
        read(database, vault, ref)
    assert missing.value.params == {"key": second.id.hex()}
    outcome = keeping.rewrap(database, vault, quietly)
    needs = f"cases.reporter_identity.sealed: needs key {second.id.hex()}"
    assert (outcome.done, dict(outcome.left)) == (0, {needs: 1})
    (folder / "envelope-0003").write_text(secret)
    (folder / "envelope-0003").chmod(0o600)
    assert read(database, vault, ref) == informant(1)


def test_a_key_file_that_others_may_read_or_that_is_cut_short_is_no_key(
    folder: Path, ring: KeyFolder, vault: Vault
) -> None:
    good = ring.add("envelope")
    for name, content, mode in (
        ("envelope-0003", "x" * 64, 0o644),
        ("envelope-0004", "short", 0o600),
        ("envelope-0005", "", 0o600),
    ):
        (folder / name).write_text(content)
        (folder / name).chmod(mode)
    assert vault.ring.newest("envelope") == good
    assert set(ring.faults) == {"envelope-0003", "envelope-0004", "envelope-0005"}
    assert vault.open(vault.seal(b"secret", b"r"), b"r") == b"secret"


def test_swapped_rows_open_neither_before_nor_after_a_rotation(
    database: Database, ring: KeyFolder, vault: Vault
) -> None:
    one, other = keep(database, vault, [informant(1), informant(2)])
    with database.unit_of_work(CLERK) as session:
        taken = session.scalar(select(ReporterIdentity.sealed).where(ReporterIdentity.ref == one))
        session.execute(
            update(ReporterIdentity).where(ReporterIdentity.ref == other).values(sealed=taken)
        )
    with pytest.raises(Broken):
        read(database, vault, other)
    ring.add("envelope")
    outcome = keeping.rewrap(database, vault, quietly)
    assert (outcome.done, dict(outcome.left)) == (1, {"cases.reporter_identity.sealed: damaged": 1})
    with pytest.raises(Broken):
        read(database, vault, other)


def test_another_process_meets_a_new_key_without_a_restart(folder: Path, ring: KeyFolder) -> None:
    here, there = Vault(FIRST, ring), other_process(folder)
    assert there.open(here.seal(b"old", b"r"), b"r") == b"old"
    ring.add("envelope")
    assert there.open(here.seal(b"new", b"r"), b"r") == b"new"
    assert here.open(there.seal(b"back", b"r"), b"r") == b"back"


def verb(database: Database, folder: Path, var: Path, *words: str) -> Result:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    given = {
        "CC_VAR_DIR": str(var), "CC_DATABASE_URL": url,
        "CC_IDENTITY_KEY": FIRST, "CC_IDENTITY_KEYS": str(folder),
    }  # fmt: skip
    return CliRunner().invoke(main, ["keys", *words], env=given)


def test_the_keeper_sees_rotates_and_retires_without_seeing_a_secret(
    database: Database, folder: Path, vault: Vault, tmp_path: Path
) -> None:
    keep(database, vault, [informant(1), informant(2)])
    first = Key.of(FIRST).id.hex()
    assert verb(database, folder, tmp_path, "status").stdout.splitlines() == [
        f"envelope\t{first}\tseals\t2", f"index\t{first}\tprints\t-",
    ]  # fmt: skip
    refused = verb(database, folder, tmp_path, "retire", first)
    assert (refused.exit_code, "newest key" in refused.output) == (1, True)
    rotated = verb(database, folder, tmp_path, "rotate")
    assert (rotated.exit_code, "cases.reporter_identity.sealed: 2/2" in rotated.stderr) == (0, True)
    assert verb(database, folder, tmp_path, "retire", first).exit_code == 0
    second = vault.ring.newest("envelope")
    status = verb(database, folder, tmp_path, "status")
    assert f"envelope\t{second.id.hex()}\tseals\t2" in status.stdout
    assert first not in status.stdout.split("index")[0]
    assert second.secret not in rotated.output + status.output
    with database.unit_of_work(CLERK) as session:
        kept = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert kept == ["keys.rewrapped", "keys.retired"]


def test_an_index_made_anew_is_met_by_old_and_new_prints_meanwhile(
    database: Database, settings: Settings, folder: Path
) -> None:
    office = replace(make_office(settings), vault=Vault(FIRST, KeyFolder(folder, FIRST)))
    with database.unit_of_work(CLERK) as session:
        bureau = make_bureau(session)
        intake = make_intake(office)
        ours = [intake.register(session, told)[0].case.id for told in (complaint(), report())]

    def met() -> list[int]:
        vault = other_process(folder)
        phone = str(CANARY["phone"])
        by_phone = store.by_phone(vault, phone)
        assert by_phone is not None
        with database.unit_of_work(bureau.person("CMD")) as session:
            found = list(session.scalars(select(Complainant.case_id).where(by_phone)))
            wanted = Wanted(phone, "verify", "")
            found += [case.id for case in search(session, vault, Seat(), wanted)]
        return found

    assert met() == ours
    office.vault.ring.add("index")  # type: ignore[attr-defined]
    assert met() == ours, "old prints, before the index is made anew"
    outcome = keeping.reindex(database, office.vault, quietly)
    assert (outcome.done, dict(outcome.left)) == (2, {})
    assert met() == ours
    office.vault.ring.retire("index", Key.of(FIRST))  # type: ignore[attr-defined]
    assert len(other_process(folder).ring.all("index")) == 1
    assert met() == ours, "new prints alone"
