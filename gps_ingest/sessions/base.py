"""What a session sees of the other side."""

from collections.abc import Callable
from typing import Protocol


class Peer(Protocol):
    """The other side, as a listener shows it."""

    address: str

    def made_sense(self, *, identified: bool = False) -> None: ...

    def spoil(self, bad: int, noise: int) -> None: ...


class Correspondent(Peer, Protocol):
    """A peer that is answered."""

    def send(self, data: bytes) -> None:
        """Without waiting."""
        ...

    def close(self, reason: str, *, offence: bool = False) -> None: ...

    def guarded(self, act: Callable[..., None], *told: object) -> None:
        """Whatever `act` raises ends this link and nobody else's."""
        ...
