"""The record of an inspection (现场笔录): what it holds, and what makes it valid. No I/O.

SPEC §3.7; Law on Administrative Penalties art. 42, 44, 55; Law on Administrative Compulsion
art. 18 (two officers, certificates shown, rights told, a refusal to sign noted with a witness).
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from kernel.errors import BadInput
from kernel.schemas import Ident, Storable

LEAST_INSPECTORS = 2
CLOCKS_DIFFER = timedelta(minutes=10)
"""So far a phone's clock may be ahead of ours."""
Line = Annotated[Storable, Field(max_length=200)]
Words = Annotated[Storable, Field(max_length=4000)]
PARTY, INSPECTOR, WITNESS = "party", "inspector", "witness"
Signer = Literal["party", "inspector", "witness"]


class Inspector(BaseModel):
    name: Line
    certificate_no: Line


class Signature(BaseModel):
    """Drawn with the finger; the picture is a file of the case."""

    role: Signer
    name: Line
    attachment_id: Ident


class Record(BaseModel):
    """What the paper says, field by field."""

    started_at: AwareDatetime
    ended_at: AwareDatetime
    place: Line
    inspectors: list[Inspector] = Field(max_length=8)
    party: Line
    licence: Line = ""
    """Name of the paper that shows the party's standing (主体资格证照名称)."""
    credit_code: Line = ""
    domicile: Line = ""
    representative: Line = ""
    id_number: Line = ""
    """Of the party; sealed, masked where the record is read. Empty in a correction: as it was."""
    phone: Line = ""
    presence: Words
    """How the party was called to the place (通知当事人到场情况)."""
    id_shown: bool
    rights_told: bool
    rights_answer: Words
    recusal_answer: Words
    scene: Words
    measures: Words = ""
    """Compulsory measures told of, with reason and legal basis; empty: none were taken."""
    defence: Words = ""
    """What the party said in its defence (陈述申辩)."""
    opinion: Words = ""
    refused: bool = False
    refusal_reason: Words = ""
    witness: Line = ""
    recordings_no: Line = ""


class InspectionIn(Record):
    """A finished record as the phone sends it."""

    key: UUID
    """The phone's own name of it: sent again after a lost answer, it is the same."""
    device_time: AwareDatetime
    replaces_id: Ident | None = None
    """The record that this one corrects."""
    signatures: list[Signature] = Field(max_length=12)
    attachment_ids: list[Ident] = Field(default=[], max_length=60)
    """Photos and sounds that belong to it."""


def check(told: InspectionIn, moment: datetime) -> None:
    """Raises BadInput naming the first field for which the record would not hold."""
    if told.ended_at <= told.started_at:
        raise BadInput("ended_at", "not_after_start")
    if told.ended_at > moment + CLOCKS_DIFFER:
        raise BadInput("ended_at", "in_the_future")
    for name in ("place", "party", "presence", "rights_answer", "recusal_answer", "scene"):
        if not getattr(told, name).strip():
            raise BadInput(name, "required")
    certificates = {one.certificate_no.strip() for one in told.inspectors if one.name.strip()}
    if len(certificates - {""}) < LEAST_INSPECTORS or "" in certificates:
        raise BadInput("inspectors", "two_certified", least=LEAST_INSPECTORS)
    if not told.id_shown:
        raise BadInput("id_shown", "required")
    if not told.rights_told:
        raise BadInput("rights_told", "required")
    _check_signatures(told)


def _check_signatures(told: InspectionIn) -> None:
    signed = {(one.role, one.name.strip()) for one in told.signatures}
    if any((INSPECTOR, one.name.strip()) not in signed for one in told.inspectors):
        raise BadInput("signatures", "inspectors_sign")
    if not told.refused:
        if not any(role == PARTY for role, _ in signed):
            raise BadInput("signatures", "party_signs")
        return
    for name in ("refusal_reason", "witness"):
        if not getattr(told, name).strip():
            raise BadInput(name, "required")
    if (WITNESS, told.witness.strip()) not in signed:
        raise BadInput("signatures", "witness_signs")
