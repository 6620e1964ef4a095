"""What the listeners count. Labels carry kinds and reasons, never terminals or addresses."""

from collections import defaultdict
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily

from kernel.metrics import Counter, Gauge, Histogram

registry = CollectorRegistry()
"""Ours alone: the web process shows it beside its own."""


class Tally(defaultdict[tuple[str, ...], int]):
    """A counter of what comes ten thousand times a second: a number by its labels, no lock.

    One thread counts and shows it; a tenth of the time that a `Counter` takes.
    """

    def __init__(self, name: str, said: str, labels: list[str]):
        super().__init__(int)
        self._family = name, said, labels
        registry.register(self)

    def __hash__(self) -> int:  # type: ignore[override]  # a registry keeps its collectors in a table
        return id(self)

    def collect(self) -> Iterator[CounterMetricFamily]:
        name, said, labels = self._family
        family = CounterMetricFamily(name, said, labels=labels)
        for values, count in self.items():
            family.add_metric(values, count)
        yield family


fixes = Tally("cc_gps_fixes", "Fixes and their fate", ["outcome", "reason"])
messages = Tally("cc_gps_messages", "Decoded messages", ["protocol", "kind"])
links = Gauge("cc_gps_links", "Open connections", ["listener"], registry=registry)
dismissed = Counter(
    "cc_gps_dismissed", "Connections refused or closed", ["listener", "reason"], registry=registry
)
shut_out = Counter(
    "cc_gps_shut_out", "Addresses shut out for a while", ["listener"], registry=registry
)
fence_faults = Counter(
    "cc_gps_fence_faults", "Fixes that were stored and could not be watched", [], registry=registry
)
suspicions = Counter(
    "cc_gps_suspicions", "Signs that somebody poses as a terminal", ["reason"], registry=registry
)
refused = Counter(
    "cc_gps_refused", "Messages of terminals that had not proved who they are", ["reason"],
    registry=registry,
)  # fmt: skip
downlinks = Counter(
    "cc_gps_downlinks", "Messages to terminals, by what became of them", ["kind", "state"],
    registry=registry,
)  # fmt: skip
happenings = Counter(
    "cc_gps_happenings", "What terminals told besides positions", ["kind"], registry=registry
)
waiting = Gauge("cc_gps_waiting", "Fixes that wait for the database", registry=registry)
valve_closed = Counter(
    "cc_gps_valve_closed", "Times that the store was full and nothing more was read",
    registry=registry,
)  # fmt: skip
database_away = Gauge(
    "cc_gps_database_away", "1 while the database cannot be reached", registry=registry
)
stored_seconds = Histogram(
    "cc_gps_store_seconds",
    "Time that one batch takes to be stored",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
    registry=registry,
)
notices = Counter(
    "cc_gps_notices", "Batches of positions told to the consoles", ["outcome"], registry=registry
)


def exposition() -> bytes:
    """All counters in Prometheus' text format."""
    return generate_latest(registry)
