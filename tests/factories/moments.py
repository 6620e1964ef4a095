"""Moments that tests name."""

from datetime import UTC, datetime

ALWAYS = datetime(2100, 1, 1, tzinfo=UTC)
"""When somebody proved themselves whose proof never grows old."""
