"""Facts about deliveries, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    """What became of one or more of an order's messages."""

    order_id: int
    organisation_path: str
