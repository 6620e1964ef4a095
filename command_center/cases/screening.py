"""Finds a person in free text before it may lie in the open or leave the house. Pure.

Two questions: does the text name this very person, and does it carry something shaped like a
phone or an ID number? A hit refuses the text; the form keeps it, so nothing is lost.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from command_center.cases.masking import COUNTY
from dispatch.numbers import digits
from kernel import credit_code

_GAP = r"[\s\-·.—_]?"
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)")
_LANDLINE = re.compile(rf"(?<![\d.])0\d{{2,3}}{_GAP}[2-9]\d{{6,7}}(?!\d)")
_ID_18 = re.compile(
    rf"(?<!\d)[1-8]\d{{5}}{_GAP}(?:19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    rf"{_GAP}\d{{3}}[\dXx](?![\dA-Za-z])"
)
_ID_15 = re.compile(r"(?<!\d)[1-8]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)")
_SPOKEN = str.maketrans("〇零○一幺二三四五六七八九", "0001123456789")
_SPOKEN_RUN = re.compile(r"[〇零○一幺二三四五六七八九\d]{7,}")
_NOISE = re.compile(r"[\s,，.。;；:：、()（）\-—·_/#]+")


OWN = frozenset({"name", "phone", "address", "id_number"})
"""What `find` says of this very person; the rest is only shaped like somebody's number."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What gives a person away."""

    name: str = ""
    phones: tuple[str, ...] = ()
    address: str = ""
    id_number: str = ""


def find(text: str, person: Traits | None = None) -> str | None:
    """What gives a person away in the text, as a machine word, or None.

    `name`, `phone`, `address`, `id_number` are this person's own; `phone_pattern` and
    `id_pattern` are anybody's.
    """
    return next(_hits(_readable(text), person or Traits()), None)


def _readable(text: str) -> str:
    """Full width to half, spoken digits (一三八…) to figures."""
    plain = unicodedata.normalize("NFKC", text)
    return _SPOKEN_RUN.sub(lambda run: run.group().translate(_SPOKEN), plain)


def _squeezed(text: str) -> str:
    return _NOISE.sub("", _readable(text)).upper()


def _hits(text: str, person: Traits) -> Iterator[str]:
    squeezed = _squeezed(text)
    if len(name := _squeezed(person.name)) >= 2 and name in squeezed:
        yield "name"
    if any(len(number := digits(phone)) >= 7 and number in squeezed for phone in person.phones):
        yield "phone"
    if len(ident := _squeezed(person.id_number)) >= 8 and ident in squeezed:
        yield "id_number"
    if len(home := _home(person.address)) >= 4 and home in squeezed:
        yield "address"
    if _MOBILE.search(text) or _LANDLINE.search(text):
        yield "phone_pattern"
    if _carries_id(text):
        yield "id_pattern"


def _home(address: str) -> str:
    """The part of an address below the county: what stays secret (SPEC §1.3)."""
    return COUNTY.sub("", _squeezed(address), count=1)


def _carries_id(text: str) -> bool:
    numbers = [_NOISE.sub("", match.group()).upper() for match in _ID_18.finditer(text)]
    # A credit code of a business may look like an ID number; its check character tells.
    return any(not credit_code.is_valid(n) for n in numbers) or bool(_ID_15.search(text))
