"""Facts about drills, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrillChanged:
    drill_id: int
    organisation_paths: tuple[str, ...]
