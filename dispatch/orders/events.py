"""Facts about orders, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderChanged:
    order_id: int
    case_id: int
    organisation_path: str
