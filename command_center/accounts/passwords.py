"""Argon2id off the event loop: one hash takes about 140 ms of a core."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from gevent import get_hub

_hasher = PasswordHasher()
# Verified when the account is unknown, so that the answer takes as long as for a known one.
_nobody = _hasher.hash("nobody's password")


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def make(password: str) -> str:
    """The hash to store."""
    return str(get_hub().threadpool.apply(_hasher.hash, (password,)))


def verify(stored: str | None, password: str) -> bool:
    """Whether the password fits; an absent hash takes the same time and gives False."""
    fits = get_hub().threadpool.apply(_verify, (stored or _nobody, password))
    return stored is not None and bool(fits)
