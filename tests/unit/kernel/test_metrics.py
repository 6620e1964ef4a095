from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from kernel.metrics import merged


def counted(times: int) -> bytes:
    registry = CollectorRegistry()
    Counter("cc_fixes", "Fixes", ["outcome"], registry=registry).labels("accepted").inc(times)
    Gauge("cc_links", "Links", registry=registry).set(times)
    return generate_latest(registry)


def test_several_processes_are_one_text_with_a_label_each() -> None:
    text = merged({"ingest:a": counted(3), "ingest:b": counted(4), "worker:c": b""}).decode()
    assert text.count("# TYPE cc_fixes_total counter") == 1
    samples = [s for f in text_string_to_metric_families(text) for s in f.samples]
    fixes = {s.labels["process"]: s.value for s in samples if s.name == "cc_fixes_total"}
    links = {s.labels["process"]: s.value for s in samples if s.name == "cc_links"}
    assert fixes == links == {"ingest:a": 3.0, "ingest:b": 4.0}
