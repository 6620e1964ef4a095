"""`command-center serve`: the web process."""

import os
import sys

import click


@click.command()
def serve() -> None:
    """Run the web process: pages, API, Socket.IO."""
    # A fresh interpreter: gevent's patch must come before every other import.
    options = ["-c", "python:command_center.commands.gunicorn_conf", "wsgi:app"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options])  # noqa: S606
