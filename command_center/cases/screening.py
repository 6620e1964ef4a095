"""Finds a person in free text before it may lie in the open or leave the house. Pure.

Two questions: does the text name this very person, and does it carry something shaped like
anybody's number? A hit refuses the text; the form keeps it, so nothing is lost. What else leads to
people is looked for where the text leaves (`kernel.gate`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from command_center.cases.masking import COUNTY
from dispatch.numbers import digits
from kernel.gate.patterns import ID_NUMBER, PHONE, scan, squeezed

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
    return next(_hits(text, person or Traits()), None)


def _hits(text: str, person: Traits) -> Iterator[str]:
    plain = squeezed(text)
    if len(name := squeezed(person.name)) >= 2 and name in plain:
        yield "name"
    if any(len(number := digits(phone)) >= 7 and number in plain for phone in person.phones):
        yield "phone"
    if len(ident := squeezed(person.id_number)) >= 8 and ident in plain:
        yield "id_number"
    if len(home := _home(person.address)) >= 4 and home in plain:
        yield "address"
    if scan(text, {PHONE}):
        yield "phone_pattern"
    if scan(text, {ID_NUMBER}):
        yield "id_pattern"


def _home(address: str) -> str:
    """The part of an address below the county: what stays secret (SPEC §1.3)."""
    return COUNTY.sub("", squeezed(address), count=1)
