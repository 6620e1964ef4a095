"""`command-center seed`: the demo city in an empty database."""

import sys
import time

import click

from command_center.engines.database import running_database
from command_center.migrations.state import has_data
from kernel.access import system
from kernel.db import Database
from kernel.settings import Settings, load

SEEDER = system("seed")


@click.command()
@click.option("--if-empty", is_flag=True, help="Pass silently when there are data already.")
def seed(if_empty: bool) -> None:
    """Fill an empty database with the demo city: all of it, or nothing."""
    settings = load()
    began = time.monotonic()
    with running_database(settings) as url:
        if has_data(url):
            if not if_empty:
                click.echo("the database is not empty: nothing was changed", err=True)
            sys.exit(0 if if_empty else 1)
        click.echo("seeding the demo city", err=True)
        build(url, settings)
    click.echo(f"the demo city stands ({time.monotonic() - began:.0f} s)", err=True)


def build(url: str, settings: Settings) -> None:
    """All of the demo city, or nothing of it."""
    # Imported here: a start that finds data does not wait for what builds a city.
    from command_center.demo import city

    database = Database(url, pool_size=1)
    with database.unit_of_work(SEEDER) as session:
        city.seed(session, settings)
    database.close()
