"""Telephone numbers as they are compared. Pure."""

import re

from telephony.numbers import normal


def digits(number: str) -> str:
    """`+86 138-0000-1111`, `8613800001111` and `13800001111` all give `13800001111`.

    What cannot be dialled gives the digits it has, so that it equals nothing that can.
    """
    try:
        return normal(number).lstrip("+")
    except ValueError:
        return re.sub(r"\D", "", number)
