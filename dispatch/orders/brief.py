"""What an order says of its case: plain data, handed in by the floor above.

There is no field for an informant, a complainant or a caller, and there never will be: what does
not enter this room cannot leave it by fax, SMS or screen.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class OrderBrief:
    """The case as the crew may know it. `confidential` is true for a report (举报).

    `organisation_path` is the organisation that answers for the case now; `lat`, `lon` are WGS-84
    degrees, None while the case has no position; `equipment` are codes of what the crew will need
    there (`dispatch.units.equipment`).
    """

    case_id: int
    case_no: str
    case_kind: str
    urgency: int
    confidential: bool
    organisation_path: str
    subject_name: str
    subject_address: str = ""
    subject_legal_representative: str = ""
    subject_phone: str = ""
    subject_credit_code: str = ""
    dispatch_facts: str = ""
    demand: str = ""
    lat: float | None = None
    lon: float | None = None
    equipment: Sequence[str] = ()

    @property
    def own_words(self) -> tuple[str, ...]:
        """The subject's own name, place and numbers: no secret, wherever they stand."""
        return (
            self.subject_name,
            self.subject_address,
            self.subject_legal_representative,
            self.subject_phone,
            self.subject_credit_code,
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "OrderBrief":
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})
