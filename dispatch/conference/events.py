"""Facts about conferences, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConferenceChanged:
    conference_id: int
    organisation_path: str
    user_ids: tuple[int, ...]
    """Its own people: they hear of it wherever they belong."""


@dataclass(frozen=True, slots=True)
class LeaderJoined:
    """A leader has answered: the case opens on their desk."""

    conference_id: int
    user_id: int
