"""Back-pressure: open while there is room behind it, and a place to wait while there is not."""

from collections.abc import Callable


class Valve:
    """Those who find it closed leave a call-back, and are called when it opens."""

    def __init__(self) -> None:
        self.is_open = True
        self._waiting: list[Callable[[], None]] = []

    def wait(self, resume: Callable[[], None]) -> None:
        """Call `resume` once, when the valve opens."""
        self._waiting.append(resume)

    def close(self) -> None:
        self.is_open = False

    def open(self) -> None:
        self.is_open = True
        waiting, self._waiting = self._waiting, []
        for resume in waiting:
            resume()
