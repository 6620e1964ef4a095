"""Facts about what may leave, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutboundChanged:
    """Everything outbound was paused or resumed: news for every desk of the bureau."""

    pause_id: int
    organisation_paths: tuple[str, ...]
