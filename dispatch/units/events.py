"""Facts about units, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnitChanged:
    unit_id: int
    organisation_path: str
