"""Who we are, to a push service: VAPID (RFC 8292). Pure."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

LASTS = timedelta(hours=12)
"""RFC 8292 section 2 allows a day at most."""
COORDINATE = 32
"""Bytes of a number of P-256."""


def public_key(secret: str) -> str:
    """The key that browsers bind a subscription to: the point uncompressed, base64url.

    `secret` is the private number, base64url; raises ValueError for what is none.
    """
    point = _private(secret).public_key()
    return _text(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def authorization(secret: str, contact: str, endpoint: str, moment: datetime) -> str:
    """The Authorization header of a message to this endpoint (RFC 8292 section 3)."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((moment + LASTS).timestamp()),
        "sub": contact,
    }
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, _signing_key(secret))
    return f"vapid t={token}, k={public_key(secret)}"


@lru_cache(maxsize=1)
def _private(secret: str) -> ec.EllipticCurvePrivateKey:
    number = urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    if len(number) != COORDINATE:
        raise ValueError("a private number of P-256 has 32 bytes")
    return ec.derive_private_key(int.from_bytes(number), ec.SECP256R1())


@lru_cache(maxsize=1)
def _signing_key(secret: str) -> ECKey:
    point = _private(secret).public_key().public_numbers()
    x, y = (_text(number.to_bytes(COORDINATE)) for number in (point.x, point.y))
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "d": secret, "x": x, "y": y})


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
