"""Telephone numbers: one written form, and who may be reached from where. Pure.

Demo numbers have the country code 999 (`kernel.settings.DEMO_NUMBER`). They are always written
with their plus sign: without it the first three digits are Beijing's ambulance service.
"""

import re
import unicodedata

from kernel.settings import DEMO_NUMBER

NUMBER = re.compile(r"\+?\d{3,15}")
MOBILE = re.compile(r"1[3-9]\d{9}")
SEPARATORS = re.compile(r"[\s\-‐-―().·]+")

NOT_A_NUMBER = "not_a_number"
DEMO_ON_REAL_LINE = "demo_number_on_real_line"
REAL_IN_DEMO = "real_number_in_demo"
REAL_ON_SIMULATOR = "real_number_on_simulator"


def normal(number: str) -> str:
    """The one written form: national digits, or + and country code for other countries.

    Raises ValueError for what cannot be dialled, an extension included.
    """
    bare = SEPARATORS.sub("", unicodedata.normalize("NFKC", number))
    bare = re.sub(r"^00(?=[1-9])", "+", bare)
    if DEMO_NUMBER.fullmatch(bare):
        return f"+{bare.lstrip('+')}"
    if bare.startswith("+86") or (bare.startswith("86") and MOBILE.fullmatch(bare[2:])):
        bare = _national(bare.lstrip("+")[2:])
    if not NUMBER.fullmatch(bare):
        raise ValueError(NOT_A_NUMBER)
    return bare


def _national(rest: str) -> str:
    """Behind +86 an area code has lost its leading 0; mobiles and short numbers have none."""
    return rest if MOBILE.fullmatch(rest) or len(rest) < 9 else f"0{rest.lstrip('0')}"


def is_demo(number: str) -> bool:
    """Whether nobody can have this number."""
    return DEMO_NUMBER.fullmatch(number) is not None


def refusal(number: str, *, demo_mode: bool, real: bool) -> str | None:
    """Why this number may not be reached over this line; None when it may.

    `real`: the line reaches people. A demo number never enters it; a real number never goes to a
    simulator, which would report as delivered what nobody received.
    """
    try:
        demo = is_demo(normal(number))
    except ValueError:
        return NOT_A_NUMBER
    if demo:
        return DEMO_ON_REAL_LINE if real else None
    if demo_mode:
        return REAL_IN_DEMO
    return None if real else REAL_ON_SIMULATOR
