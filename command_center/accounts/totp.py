"""Time-based one-time passwords (RFC 6238): secrets, the QR code, which step a code belongs to."""

import hmac
from datetime import datetime
from io import BytesIO

import pyotp
import segno

STEP_SECONDS = 30
DRIFT = 1
"""Steps before and after the present one that are taken too: phones' clocks differ."""
DIGITS = 6


def new_secret() -> str:
    """160 random bits in base 32 (RFC 4226 asks for 128 or more)."""
    return str(pyotp.random_base32())


def address(secret: str, account: str, issuer: str) -> str:
    """The otpauth address that an authenticator reads."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer))


def picture(uri: str) -> str:
    """The address as a QR code: an SVG element without colours of its own."""
    out = BytesIO()
    segno.make(uri, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, nl=False, omitsize=True, border=2
    )
    return out.getvalue().decode()


def step_of(secret: str, code: str, moment: datetime, after: int) -> int | None:
    """The step that the code belongs to, when it lies near `moment` and later than `after`."""
    if len(code) != DIGITS or not code.isascii() or not code.isdigit():
        return None
    present = int(moment.timestamp()) // STEP_SECONDS
    maker = pyotp.HOTP(secret)
    fitting = [
        step
        for step in range(present - DRIFT, present + DRIFT + 1)
        if hmac.compare_digest(maker.at(step), code)
    ]
    return next((step for step in fitting if step > after), None)
