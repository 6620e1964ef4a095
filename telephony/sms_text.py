"""How a text becomes short messages: UCS-2, 70 characters, or parts of 67 with a header. Pure.

We split ourselves, because Kannel asks for a receipt of the first part only; so each part has its
own receipt, and "delivered" means all of them (3GPP TS 23.040 §9.2.3.24.1).
"""

SINGLE = 70
PART = 67
MAX_PARTS = 10
"""More is not an order but a letter; phones of the trade still show ten parts as one."""


def split(text: str) -> list[str]:
    """The parts in order; a character outside the basic plane is never cut in two."""
    if units(text) <= SINGLE:
        return [text]
    parts = [""]
    for character in text:
        if units(parts[-1]) + units(character) > PART:
            parts.append("")
        parts[-1] += character
    return parts


def units(text: str) -> int:
    """Length in UTF-16 code units, as the air interface counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def header(reference: int, part: int, total: int) -> bytes:
    """The user data header of one part; parts with the same reference belong together."""
    return bytes([5, 0, 3, reference & 0xFF, total, part])
