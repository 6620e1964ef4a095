"""Who stands behind a case, as plain data, and how that is sealed. No database here.

An informant's record holds the identity and every link to one (the complaint of the same call,
caller number, recording, address of the browser). Nothing else in the database leads there.
"""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from command_center.cases import masking
from command_center.cases.screening import Traits
from kernel.crypto import Vault

BLOCK = 512
"""Sealed texts are padded to whole blocks, so that equal lengths do not tie two of them."""


@dataclass(frozen=True, slots=True)
class Person:
    """A complainant, asker or informant, with every trace that leads to them."""

    name: str = ""
    phone: str = ""
    address: str = ""
    id_kind: str = ""
    id_number: str = ""
    caller_number: str = ""
    remote_address: str = ""
    recording: str = ""
    linked_case_no: str = ""
    """For an informant: the complaint that came in the same call."""

    @property
    def is_given(self) -> bool:
        return bool(self.name or self.phone or self.id_number)

    @property
    def traits(self) -> Traits:
        return Traits(self.name, (self.phone, self.caller_number), self.address, self.id_number)

    @property
    def given(self) -> dict[str, str]:
        """What is known, by field."""
        return {name: value for name, value in asdict(self).items() if value}


def seal_text(vault: Vault, text: str, owner: str) -> bytes:
    """Sealed and padded; opens only with the same owner (a case number or reference)."""
    plain = text.encode()
    return vault.seal(plain + b"\0" * (-len(plain) % BLOCK), owner.encode())


def open_text(vault: Vault, sealed: bytes | None, owner: str) -> str:
    """The text; an absent one is empty. Raises Broken, KeyMissing."""
    return vault.open(sealed, owner.encode()).rstrip(b"\0").decode() if sealed else ""


def sealed(vault: Vault, person: Person, owner: str) -> bytes:
    """A person's record; opens only with the same owner."""
    return seal_text(vault, json.dumps(asdict(person), ensure_ascii=False), owner)


def opened(vault: Vault, sealed: bytes, owner: str) -> Person:
    """The person of a record; raises Broken, KeyMissing."""
    names = {field.name for field in fields(Person)}
    stored = json.loads(open_text(vault, sealed, owner))
    return Person(**{name: value for name, value in stored.items() if name in names})


def shown(person: Person, *, full: bool) -> dict[str, Any]:
    """A complainant as a screen may show them."""
    if full:
        return {
            "name": person.name, "phone": person.phone, "address": person.address, "masked": False
        }  # fmt: skip
    return {
        "name": masking.name(person.name),
        "phone": masking.phone(person.phone),
        "address": masking.address(person.address),
        "masked": True,
    }
