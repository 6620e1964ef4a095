"""`command-center call-reports`: what became of the exchange's calls, from its journal to us."""

import signal

import click

from command_center.engines.asterisk import BUREAU, journal
from kernel import log
from kernel.settings import load
from telephony.call_reports import Follower


@click.command("call-reports")
def call_reports() -> None:
    """Read the journal of the exchange until told to stop."""
    settings = load()
    log.configure(json=bool(settings.log_json), level=settings.log_level)
    follower = Follower(settings, journal(settings, BUREAU))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: follower.stopping.set())
    follower.run()
