"""`command-center seed`: the demo city in an empty database."""

import click


@click.command()
@click.option("--if-empty", is_flag=True, help="Do nothing when there are data already.")
def seed(if_empty: bool) -> None:
    """Fill an empty database with the demo city."""
    click.echo("the demo city is not built yet", err=True)
