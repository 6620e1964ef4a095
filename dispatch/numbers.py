"""Telephone numbers as they are compared: national digits only. Pure."""

import re
import unicodedata


def digits(number: str) -> str:
    """`+86 138-0000-1111`, `8613800001111` and `13800001111` all give `13800001111`."""
    bare = re.sub(r"\D", "", unicodedata.normalize("NFKC", number))
    bare = bare.removeprefix("00")
    if bare.startswith("86") and len(bare) > 11:
        bare = bare[2:]
    return bare
