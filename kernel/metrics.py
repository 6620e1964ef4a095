"""Counters for the operator. Labels carry kinds and states, never people, places or numbers."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

__all__ = ["Counter", "Gauge", "Histogram", "merged"]


class _Several(Collector):
    """What several processes have counted, told apart by the label `process`."""

    def __init__(self, told: Mapping[str, bytes]):
        self._told = told

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for process, exposition in self._told.items():
            for family in text_string_to_metric_families(exposition.decode()):
                one = families.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type)
                )
                for sample in family.samples:
                    one.add_sample(sample.name, {**sample.labels, "process": process}, sample.value)
        return families.values()


def merged(told: Mapping[str, bytes]) -> bytes:
    """The counters of several processes, each in Prometheus' text format, as one such text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Several(told))
    return generate_latest(registry)
