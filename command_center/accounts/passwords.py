"""Argon2id off the event loop: one hash takes about 140 ms of a core."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from gevent import get_hub

from kernel.errors import TooMany

T = TypeVar("T")
AT_ONCE, WAITING = 2, 16
"""Hashes made at the same time, which leaves the loop's other threads free; and who may wait."""

_hasher = PasswordHasher()
# Verified when the account is unknown, so that the answer takes as long as for a known one.
_nobody = _hasher.hash("nobody's password")
_threads = BoundedSemaphore(AT_ONCE)
_places = BoundedSemaphore(AT_ONCE + WAITING)


@contextmanager
def place_in_line() -> Iterator[None]:
    """Held by whoever has a password to verify; raises TooMany when too many wait already."""
    if not _places.acquire(blocking=False):
        raise TooMany
    try:
        yield
    finally:
        _places.release()


def make(password: str) -> str:
    """The hash to store."""
    return _off_the_loop(_hasher.hash, password)


def verify(stored: str | None, password: str) -> bool:
    """Whether the password fits; an absent hash takes the same time and gives False."""
    fits = _off_the_loop(_verify, stored or _nobody, password)
    return stored is not None and fits


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _off_the_loop(work: Callable[..., T], *given: str) -> T:
    with _threads:
        done: T = get_hub().threadpool.apply(work, given)
    return done
