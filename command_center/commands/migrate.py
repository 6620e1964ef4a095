"""`command-center migrate`: the newest schema, a check, or a draft."""

import sys

import click

from command_center.engines.database import running_database
from command_center.migrations import schema, state
from kernel.db import SCHEMAS
from kernel.settings import load


@click.command()
@click.option("--check", is_flag=True, help="Only say whether models and migrations agree.")
@click.option("--draft", "room", type=click.Choice(SCHEMAS), help="Draft a room's migration.")
def migrate(check: bool, room: str | None) -> None:
    """Bring the database to the newest schema."""
    with running_database(load()) as url:
        if room is not None:
            click.echo(schema.draft(url, room))
            return
        if not state.is_current(url):
            schema.upgrade(url)
        found = schema.differences(url) if check else []
    for difference in found:
        click.echo(difference, err=True)
    sys.exit(1 if found else 0)
