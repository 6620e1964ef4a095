"""Free loopback ports for an installation of the test's own."""

import os
import socket

from kernel.settings import PORTS

STEP = 25
LOWEST, HIGHEST = 20_000, 32_000
"""Below the ephemeral range, whose ports the system hands out to clients at any moment."""
_next = LOWEST + os.getpid() * 37 % 480 * STEP
"""Runs that start at once, whose process ids are neighbours, begin far from each other."""


def free_port_base() -> int:
    """The first of as many consecutive free loopback ports as one installation needs."""
    global _next
    for _ in range((HIGHEST - LOWEST) // STEP):
        base, _next = _next, _next + STEP if _next < HIGHEST else LOWEST
        if all(_is_free(base + offset) for offset in range(len(PORTS))):
            return base
    raise RuntimeError("no free block of ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
