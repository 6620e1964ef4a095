"""`command-center worker`: deliveries, timers, reports."""

import signal

import click
from prometheus_client import generate_latest

from command_center.wiring import WORKER, build
from kernel import log
from kernel.jobs import Worker
from kernel.settings import load


@click.command()
def worker() -> None:
    """Run deliveries, timers and reports until told to stop."""
    settings = load()
    log.configure(json=settings.log_json or not settings.is_demo, level=settings.log_level)
    house = build(settings)
    crew = Worker(house.database, house.handlers, WORKER)
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda *_: crew.stop())

    def beat() -> None:
        house.bus.beat("worker")
        house.bus.count("worker", generate_latest())

    crew.run(beat)
