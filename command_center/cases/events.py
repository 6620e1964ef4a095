"""Facts about cases, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaseChanged:
    """A case was registered or moved; screens of its jurisdiction read it anew."""

    case_id: int
    organisation_path: str
