"""Facts about texts that came in, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InboundChanged:
    inbound_id: int
    organisation_path: str


@dataclass(frozen=True, slots=True)
class StrangerTextChanged:
    text_id: int
    organisation_path: str
