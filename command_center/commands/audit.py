"""`command-center audit`: prove the chain over the log, anchor it for the upper tier."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from command_center.engines.database import running_database
from kernel.access import system
from kernel.audit_check import Proof
from kernel.settings import Settings, load

if TYPE_CHECKING:
    from kernel.db import Database

PRINCIPAL = system("command line")


@click.group()
def audit() -> None:
    """The log of who did what: its proof and its anchors."""


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Everything that was found, as JSON.")
def verify(as_json: bool) -> None:
    """Prove the whole chain; exit status 1 and the first break in one line when it does not hold.

    What breaks it: altered, missing, reordered, inserted, foreign_link, cut, anchor_differs,
    forged_anchor. What is recorded and not chained yet is told with its age.
    """
    from command_center.audit.service import Auditing

    settings = load()
    with _database(settings) as database, database.unit_of_work(PRINCIPAL) as session:
        proof = Auditing(settings, database).prove(session)
    click.echo(json.dumps(proof.as_json(), ensure_ascii=False) if as_json else _line(proof))
    sys.exit(0 if proof.ok else 1)


@audit.command("anchor")
@click.option("--public-key", is_flag=True, help="Only print what signatures are proved with.")
def anchor(public_key: bool) -> None:
    """Chain what waits, write today's anchor unless it is there, and print the newest."""
    from command_center.audit.service import Auditing

    settings = load()
    with _database(settings) as database:
        auditing = Auditing(settings, database)
        if public_key:
            click.echo(auditing.anchors.public_key)
            return
        with database.unit_of_work(PRINCIPAL) as session:
            auditing.chain.extend(session)
        with database.unit_of_work(PRINCIPAL) as session:
            auditing.anchor(session)
    paths = sorted(auditing.anchors.folder.glob("*.json"))
    if not paths:
        raise click.ClickException("the log is empty: there is nothing to anchor")
    click.echo(paths[-1].read_text("utf-8"), nl=False)


@contextmanager
def _database(settings: Settings) -> Iterator["Database"]:
    """The owner's, closed afterwards; raises ClickException for an old schema."""
    from command_center.migrations import state
    from kernel.db import Database

    with running_database(settings) as url:
        if not state.is_current(url):
            raise click.ClickException("the schema is old: run command-center migrate")
        database = Database(url, pool_size=1)
        try:
            yield database
        finally:
            database.close()


def _line(proof: Proof) -> str:
    tail = f"unchained tail {proof.tail.length}"
    if proof.tail.length:
        tail += f", oldest {proof.tail_seconds:.0f} s"
    verdict = "whole" if proof.ok else f"BROKEN: {proof.broken}"
    return f"{verdict}; {proof.links} links, {proof.anchors} anchors; {tail}; {proof.seconds:.1f} s"
