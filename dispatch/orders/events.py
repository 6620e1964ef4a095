"""Facts about orders, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderChanged:
    order_id: int
    case_id: int
    organisation_paths: tuple[str, ...]
    """The case's own, then those of every recipient."""
