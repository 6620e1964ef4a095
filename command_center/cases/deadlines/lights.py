"""The light of an open deadline (SPEC §2.6)."""

from datetime import datetime
from typing import Literal

Light = Literal["green", "yellow", "red", "black", "none"]


def light(
    moment: datetime,
    due_at: datetime | None,
    yellow_at: datetime | None = None,
    red_at: datetime | None = None,
) -> Light:
    """The light of an open deadline at a moment."""
    if due_at is None:
        return "none"
    if moment > due_at:
        return "black"
    if red_at is not None and moment >= red_at:
        return "red"
    if yellow_at is not None and moment >= yellow_at:
        return "yellow"
    return "green"
