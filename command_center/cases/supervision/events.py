"""Facts about supervision orders, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SupervisionChanged:
    supervision_id: int
    organisation_path: str
    """Of the unit that it is put to."""
