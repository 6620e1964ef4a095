"""Random values that open something, and the prints of them that the database keeps."""

import hashlib
import hmac
import secrets
from base64 import b32encode

BYTES = 32
RECOVERY_BYTES, GROUP = 15, 6


def token() -> str:
    """256 random bits, fit for a cookie or a header."""
    return secrets.token_urlsafe(BYTES)


def print_of(value: str) -> bytes:
    """What is stored instead of a value of 120 random bits or more."""
    return hashlib.sha256(value.encode()).digest()


def sign(secret: str, purpose: str, value: str) -> str:
    """A keyed print: nobody without the secret can make it for another value."""
    return hmac.new(secret.encode(), f"{purpose}{value}".encode(), hashlib.sha256).hexdigest()


def fits(secret: str, purpose: str, value: str, signature: str) -> bool:
    """Whether the signature is ours; takes as long for a wrong one."""
    return hmac.compare_digest(sign(secret, purpose, value).encode(), signature.encode())


def same(one: str, other: str) -> bool:
    """Whether two values are equal; takes as long where they are not."""
    return hmac.compare_digest(one.encode(), other.encode())


def recovery_code() -> str:
    """120 random bits in four groups, to be written down."""
    letters = b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()
    return "-".join(letters[n : n + GROUP] for n in range(0, len(letters), GROUP))


def temporary_password() -> str:
    """A first password, to be read to somebody: 80 random bits, no doubtful letters."""
    letters = b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(letters[n : n + 4] for n in range(0, len(letters), 4))
