"""How a listener's greenlets end."""

from collections.abc import Iterable
from typing import Any

import gevent


def end(greenlets: Iterable[Any], seconds: float = 1) -> None:
    """Kill them and wait so long for their end. `gevent.killall` would raise when one takes longer,
    and so break off whatever else has to be put away."""
    dying = list(greenlets)
    gevent.killall(dying, block=False)
    gevent.joinall(dying, timeout=seconds)
