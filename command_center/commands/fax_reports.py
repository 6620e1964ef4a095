"""`command-center fax-reports`: how the faxes of the exchange ended, from its journal to us."""

import signal

import click

from command_center.engines.asterisk import BUREAU, journal
from kernel import log
from kernel.settings import load
from telephony.fax_reports import Follower


@click.command("fax-reports")
def fax_reports() -> None:
    """Read the journal of the exchange until told to stop."""
    settings = load()
    log.configure(json=bool(settings.log_json), level=settings.log_level)
    follower = Follower(settings, journal(settings, BUREAU))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: follower.stopping.set())
    follower.run()
