"""`command-center fax-simulator`: the fax engine of the demo. It reaches nobody."""

import signal
import threading

import click

from kernel import log
from kernel.settings import load
from telephony.simulated_fax import SECONDS_A_PAGE, Server


@click.command("fax-simulator")
@click.option("--seconds-a-page", default=SECONDS_A_PAGE, show_default=True)
def fax_simulator(seconds_a_page: float) -> None:
    """Run the simulated fax engine until it is told to stop."""
    settings = load()
    log.configure(json=bool(settings.log_json), level=settings.log_level)
    with Server(settings, seconds_a_page=seconds_a_page) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            # `shutdown` waits for the loop that this very thread runs.
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever(poll_interval=0.1)
