"""Facts about deliveries, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    delivery_id: int
    order_id: int
    case_id: int
    organisation_path: str
