"""Telephone numbers as they are compared, and as they are shown. Pure."""

import re

from telephony.numbers import normal


def sender(number: str) -> str:
    """Whose number a text came from, as `digits` gives it; empty for a sender that is no number.

    A carrier passes on any word as a sender: with letters in it, it is nobody's number, whatever
    digits it has.
    """
    try:
        return normal(number).lstrip("+")
    except ValueError:
        return ""


def masked(number: str) -> str:
    """13812345678 -> 138****5678; anything under eight characters shows nothing (SPEC §1.3)."""
    if not number:
        return ""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 8 else "****"


def digits(number: str) -> str:
    """`+86 138-0000-1111`, `8613800001111` and `13800001111` all give `13800001111`.

    What cannot be dialled gives the digits it has.
    """
    return sender(number) or re.sub(r"\D", "", number)
