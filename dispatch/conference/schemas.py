"""Shapes of the conference API. Of a citizen nothing is shown but that they are on the line."""

from typing import Literal

from pydantic import BaseModel, Field, RootModel

from dispatch.conference.lifecycle import Part, State
from dispatch.conference.models import Conference, ConferenceParty
from dispatch.conference.service import Choices
from dispatch.moments import Utc
from kernel.schemas import Ident


class Start(BaseModel):
    leader_id: Ident | None = None
    """By default the first on duty."""
    with_caller: bool = False


class CallIn(BaseModel):
    user_id: Ident
    takes_over: bool = False


class Consent(BaseModel):
    reason: str = Field(min_length=1, max_length=400)


class Decide(BaseModel):
    decision: Literal["approve", "refuse", "other"]
    words: str = Field(default="", max_length=1000)
    leader_id: Ident | None = None
    order_id: Ident | None = None


class PersonOut(BaseModel):
    id: int
    name: str
    extension: str


class ChoicesOut(BaseModel):
    ready: bool
    extension: str
    has_caller: bool
    next_leader_seconds: int
    leaders: list[PersonOut]
    colleagues: list[PersonOut]


class PartyOut(BaseModel):
    id: int
    part: Part
    user_id: int | None
    name: str
    takes_over: bool
    state: State
    problem: str | None
    hanging_up: bool
    ring_at: Utc | None
    rang_at: Utc | None
    joined_at: Utc | None
    ended_at: Utc | None


class DecisionOut(BaseModel):
    decision: str
    words: str
    at: Utc
    by_id: int
    by: str
    recorded_by: str
    confirm_due_at: Utc | None
    confirmed_at: Utc | None


class ConferenceOut(BaseModel):
    id: int
    case_id: int
    case_no: str
    is_report: bool
    started_by_id: int
    started_by: str
    started_at: Utc
    ended_at: Utc | None
    consent_at: Utc | None
    consent_by: str | None
    consent_reason: str
    recording: str
    """The name under which its recording is kept with the case."""
    parties: list[PartyOut]
    decision: DecisionOut | None


class Conferences(RootModel[list[ConferenceOut]]):
    pass


def choices_out(found: Choices) -> ChoicesOut:
    return ChoicesOut.model_validate(found, from_attributes=True)


def conference_out(conference: Conference) -> ConferenceOut:
    return ConferenceOut(
        id=conference.id,
        case_id=conference.case_id,
        case_no=conference.case_no,
        is_report=conference.is_report,
        started_by_id=conference.started_by,
        started_by=conference.started_by_name,
        started_at=conference.started_at,
        ended_at=conference.ended_at,
        consent_at=conference.consent_at,
        consent_by=conference.consent_by_name,
        consent_reason=conference.consent_reason,
        recording=f"T{conference.id}",
        parties=[_party_out(one) for one in conference.parties],
        decision=_decision_out(conference),
    )


def _party_out(party: ConferenceParty) -> PartyOut:
    return PartyOut(
        id=party.id,
        part=Part(party.part),
        user_id=party.user_id,
        name=party.name,
        takes_over=party.takes_over,
        state=State(party.state),
        problem=party.problem,
        hanging_up=party.hang_up_at is not None,
        ring_at=party.ring_at,
        rang_at=party.rang_at,
        joined_at=party.joined_at,
        ended_at=party.ended_at,
    )


def _decision_out(conference: Conference) -> DecisionOut | None:
    if conference.decision is None or conference.decided_at is None:
        return None
    return DecisionOut(
        decision=conference.decision,
        words=conference.words,
        at=conference.decided_at,
        by_id=conference.decided_by or 0,
        by=conference.decided_by_name or "",
        recorded_by=conference.recorded_by_name or "",
        confirm_due_at=conference.confirm_due_at,
        confirmed_at=conference.confirmed_at,
    )
