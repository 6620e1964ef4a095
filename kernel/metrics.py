"""Counters for the operator. Labels carry kinds and states, never people, places or numbers."""

from prometheus_client import Counter, Gauge, Histogram

__all__ = ["Counter", "Gauge", "Histogram"]
