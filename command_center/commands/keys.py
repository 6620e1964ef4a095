"""`command-center keys`: the keys that seal identities. Their secrets are never shown."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import click

from command_center.cases.identity import keeping
from command_center.cases.identity.keeping import KEEPER, Outcome
from command_center.cases.office import vault_of
from command_center.engines.database import running_database
from kernel.crypto import Vault
from kernel.db import Database
from kernel.errors import Conflict
from kernel.keyring import KeyFolder, KeyMissing
from kernel.settings import load

WORDS = {
    "key_unknown": "there is no such key in use",
    "key_in_use": "it is the newest key and seals what is written now; rotate first",
    "key_needed": "{records} records still need it; run `keys rotate`",
}


@click.group()
def keys() -> None:
    """Keys of identities: see, rotate, retire; make the phone index anew."""


@keys.command()
def status() -> None:
    """How many records need which key; exits 1 when one of them is not here."""
    with _at_hand() as (database, ring, _):
        with database.unit_of_work(KEEPER) as session:
            counted = keeping.needed(session)
        held = ring.all("envelope")
        for key in held:
            state = "seals" if key == held[0] else "opens"
            _row("envelope", key.id.hex(), state, keeping.still_needs(key, counted))
        known = {key.id.hex() for key in held} | ({"first"} if held[-1].number == 1 else set())
        missing = {ident: count for ident, count in counted.items() if ident not in known}
        for ident, count in sorted(missing.items()):
            _row("envelope", ident, "missing", count)
        for place, key in enumerate(ring.all("index")):
            _row("index", key.id.hex(), "met" if place else "prints", "-")
        for name, why in ring.faults.items():
            click.echo(f"{ring.folder / name}: {why}", err=True)
    sys.exit(1 if missing or ring.faults else 0)


@keys.command()
def rotate() -> None:
    """Add a key and bring every record under it; after an interruption, go on with the last one."""
    with _at_hand() as (database, ring, vault):
        newest = ring.newest("envelope")
        with database.unit_of_work(KEEPER) as session:
            counted = keeping.needed(session)
        unfinished = counted.total() - counted[newest.id.hex()]
        if newest.number == 1 or not unfinished:
            newest = ring.add("envelope")
            click.echo(f"new key {newest.id.hex()} in {ring.folder}", err=True)
        else:
            click.echo(f"going on with key {newest.id.hex()}", err=True)
        _tell(keeping.rewrap(database, vault, _progress()), newest.id.hex())


@keys.command()
@click.argument("key_id")
def retire(key_id: str) -> None:
    """Take a key out of use, when no record needs it; its file is kept for old backups."""
    with _at_hand() as (database, ring, _):
        try:
            keeping.retire(database, ring, key_id)
        except Conflict as refused:
            why = WORDS.get(refused.code, refused.code).format(**refused.params)
            raise click.ClickException(f"key {key_id}: {why}") from refused
        click.echo(f"key {key_id} is retired; its file stays in {ring.folder}", err=True)


@keys.command()
def reindex() -> None:
    """Print all phone numbers with a new index key, then take the old ones out of use."""
    with _at_hand() as (database, ring, vault):
        held = ring.all("index")
        newest = held[0] if len(held) > 1 else ring.add("index")
        outcome = keeping.reindex(database, vault, _progress())
        if not outcome.left:
            for key in ring.all("index")[1:]:
                ring.retire("index", key)
        _tell(outcome, newest.id.hex())


@contextmanager
def _at_hand() -> Iterator[tuple[Database, KeyFolder, Vault]]:
    """The database and the keys; what is wrong with a key is told in one line."""
    settings = load()
    vault = vault_of(settings)
    ring = vault.ring
    if not isinstance(ring, KeyFolder):
        raise TypeError("the installation's keys live in a folder")
    with running_database(settings) as url:
        database = Database(url, pool_size=2)
        try:
            yield database, ring, vault
        except KeyMissing as missing:
            raise click.ClickException(str(missing)) from missing
        finally:
            database.close()


def _row(*cells: object) -> None:
    click.echo("\t".join(str(cell) for cell in cells))


def _progress() -> keeping.Progress:
    began = monotonic()

    def show(name: str, done: int, total: int) -> None:
        click.echo(f"{name}: {done}/{total} ({monotonic() - began:.1f} s)", err=True)

    return show


def _tell(outcome: Outcome, ident: str) -> None:
    click.echo(f"{outcome.done} records are now under key {ident}", err=True)
    for why, count in outcome.left.items():
        click.echo(f"{count} left as they were: {why}", err=True)
    sys.exit(1 if outcome.left else 0)
