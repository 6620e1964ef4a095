"""Shapes of the policies and of an assignment's course."""

from typing import Literal

from pydantic import BaseModel, Field

from dispatch.escalation.models import Escalation, EscalationStep, PolicyVersion
from dispatch.escalation.policies import policy_of
from dispatch.escalation.policy import MAX_STEPS, Policy, Step
from dispatch.moments import Utc
from dispatch.orders.recipients import Channel
from kernel.schemas import Ident


class StepShape(BaseModel):
    """`after` and `every` in seconds."""

    after: int = Field(ge=1, le=86_400)
    act: Literal["send", "ring", "unit", "stop"]
    channels: list[Channel] = []
    reach: Literal["all", "next"] = "all"
    every: int = Field(default=0, ge=0, le=86_400)
    rung: Literal["", "DISP", "SHIFT", "CMD", "DEPUTY", "HEAD"] = ""


class LimitsShape(BaseModel):
    """Seconds from the issue of the order."""

    ack: int = Field(ge=1)
    depart: int = Field(ge=1)
    arrive: int = Field(ge=1)
    feedback: int = Field(ge=1)


class PolicyBody(BaseModel):
    channels: list[Channel] = Field(min_length=1)
    limits: LimitsShape
    steps: list[StepShape] = Field(max_length=MAX_STEPS)


class PolicyIn(PolicyBody):
    """A new version for an organisation; `based_on` is the version that was edited, 0 for none."""

    organisation_id: Ident
    urgency: int = Field(ge=0, le=3)
    based_on: int = Field(ge=0)

    def policy(self) -> Policy:
        return Policy(
            urgency=self.urgency,
            channels=tuple(self.channels),
            limits=self.limits.model_dump(),
            steps=tuple(
                Step(**{**step.model_dump(), "channels": tuple(step.channels)})
                for step in self.steps
            ),
        )


class PolicyOut(PolicyBody):
    """The house's own has no `id`."""

    id: int | None
    urgency: int
    version: int
    signed: bool


class PolicyVersionOut(PolicyOut):
    organisation_path: str
    created_at: Utc
    created_by: str
    signed_at: Utc | None
    signed_by: str | None


class PoliciesOut(BaseModel):
    """The current versions, and what holds where there is none."""

    items: list[PolicyVersionOut]
    house: list[PolicyOut]


class ToOut(BaseModel):
    channel: str
    name: str


class DetailsOut(BaseModel):
    """What a step did: to whom it sent, where it rang, which other unit it found."""

    to: list[ToOut] = []
    rung: str | None = None
    unit_id: int | None = None
    name: str | None = None
    travel_seconds: float | None = None
    refused: str | None = None
    """Why the unit could not be sent by itself."""


class TakenOut(BaseModel):
    """A step that was taken, or missed."""

    position: int
    act: str
    due_at: Utc
    at: Utc
    outcome: str
    details: DetailsOut


class CourseOut(BaseModel):
    """Where an assignment stands in its order's policy; `position` is the next step's number."""

    state: str
    position: int
    due_at: Utc | None
    taken: list[TakenOut]


class Halt(BaseModel):
    reason: str = Field(min_length=1, max_length=400)


def policy_out(policy: Policy) -> PolicyOut:
    return PolicyOut.model_validate(policy.as_json())


def version_out(version: PolicyVersion) -> PolicyVersionOut:
    return PolicyVersionOut(
        **policy_out(policy_of(version)).model_dump(),
        organisation_path=version.organisation_path,
        created_at=version.created_at,
        created_by=version.created_by_name,
        signed_at=version.signed_at,
        signed_by=version.signed_by_name,
    )


def course_out(course: Escalation, taken: list[EscalationStep]) -> CourseOut:
    return CourseOut(
        state=course.state,
        position=course.position,
        due_at=course.due_at,
        taken=[TakenOut.model_validate(step, from_attributes=True) for step in taken],
    )
