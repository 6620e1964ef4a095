"""`command-center ingest`: the process that listens to vehicles."""

import click


@click.command()
def ingest() -> None:
    """Run the vehicle listeners until SIGTERM or SIGINT; then store what has come, and end."""
    from gevent import monkey

    # psycopg picks its wait function when it is imported: the patch comes before that.
    monkey.patch_all()
    from command_center.commands.listening import run

    run()
