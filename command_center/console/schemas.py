"""Shapes of the board as it stood at a past minute."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from command_center.cases.past import PastCase
from dispatch.moments import Utc
from dispatch.orders.past import Message, PastOrder
from dispatch.tracking.playback import PastUnit, Was
from dispatch.units.schemas import CrewOut, TrackIn, UnitOrganisation
from kernel.schemas import Ident


class PlaybackIn(TrackIn):
    """A period of at most a day in the last ninety, and why its positions are needed."""


class PlaybackOut(BaseModel):
    id: int
    since: Utc
    until: Utc
    expires_at: Utc


class BoardQuery(BaseModel):
    at: AwareDatetime
    playback: Ident | None = None
    """Leave to see where the units were; without it their positions are left out."""


class ChunkQuery(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    since: AwareDatetime = Field(alias="from")
    until: AwareDatetime = Field(alias="to")
    playback: Ident


class PastPosition(BaseModel):
    lat: float
    lon: float
    speed_kmh: float | None
    course: float | None
    fixed_at: Utc


class PastAssignmentOut(BaseModel):
    id: int
    target_kind: str
    target_id: int
    target_name: str
    is_copy: bool
    state: str


class PastOrderOut(BaseModel):
    id: int
    order_no: str
    case_id: int
    case_no: str
    urgency: int
    kind: str
    state: str
    issued_at: Utc | None
    """None while it waited for approval."""
    assignments: list[PastAssignmentOut]


class PastUnitOut(BaseModel):
    id: int
    name: str
    plate: str
    kind: str
    organisation: UnitOrganisation
    state: str | None
    """None before states were kept."""
    crew: list[CrewOut]
    order_id: int | None
    position: PastPosition | None


class PastCaseOut(BaseModel):
    id: int
    case_no: str
    kind: str
    urgency: int
    status: str
    subject: str
    place_text: str
    received_at: Utc
    lat: float | None
    lon: float | None


class MessageOut(BaseModel):
    at: Utc
    order_id: int
    order_no: str
    case_id: int
    way: Literal["out", "in"]
    channel: str
    who: str
    state: str


class BoardOut(BaseModel):
    """The board of whoever asks: jurisdiction and rights are those of today."""

    at: Utc
    units: list[PastUnitOut]
    cases: list[PastCaseOut]
    orders: list[PastOrderOut]
    messages: list[MessageOut]


UnitWay = tuple[int, list[tuple[float, float, float | None, float | None, int]]]


class ChunkOut(RootModel[list[UnitWay]]):
    """[unit id, [[lon, lat, course, km/h, epoch ms], oldest first]], thinned."""


def unit_out(past: PastUnit, was: Was | None, order_id: int | None) -> PastUnitOut:
    unit = past.unit
    return PastUnitOut(
        id=unit.id,
        name=unit.name,
        plate=unit.plate,
        kind=unit.kind,
        organisation=UnitOrganisation(id=unit.organisation_id, name=unit.organisation_name),
        state=past.state,
        crew=[CrewOut.model_validate(one, from_attributes=True) for one in past.crew],
        order_id=order_id,
        position=PastPosition.model_validate(was, from_attributes=True) if was else None,
    )


def case_out(past: PastCase) -> PastCaseOut:
    case = past.case
    return PastCaseOut(
        id=case.id,
        case_no=case.case_no,
        kind=case.kind,
        urgency=past.urgency,
        status=past.status,
        subject=case.subject.name if case.subject else "",
        place_text=case.place_text,
        received_at=case.received_at,
        lat=past.lat,
        lon=past.lon,
    )


def order_out(past: PastOrder, at: AwareDatetime) -> PastOrderOut:
    order = past.order
    issued = order.issued_at
    return PastOrderOut(
        id=order.id,
        order_no=order.order_no,
        case_id=order.case_id,
        case_no=order.brief["case_no"],
        urgency=order.urgency,
        kind=order.kind,
        state=past.state,
        issued_at=issued if issued is not None and issued <= at else None,
        assignments=[
            PastAssignmentOut(
                id=part.assignment.id,
                target_kind=part.assignment.target_kind,
                target_id=part.assignment.target_id,
                target_name=part.assignment.target_name,
                is_copy=part.assignment.is_copy,
                state=part.state,
            )
            for part in past.assignments
        ],
    )


def message_out(message: Message) -> MessageOut:
    return MessageOut(
        at=message.at,
        order_id=message.order_id,
        order_no=message.order_no,
        case_id=message.case_id,
        way="out" if message.outward else "in",
        channel=message.channel,
        who=message.who,
        state=message.state,
    )


def chunk_out(ways: list[Was]) -> ChunkOut:
    found: dict[int, list[tuple[float, float, float | None, float | None, int]]] = {}
    for was in ways:
        point = (
            round(was.lon, 6), round(was.lat, 6), was.course, was.speed_kmh,
            int(was.fixed_at.timestamp() * 1000),
        )  # fmt: skip
        found.setdefault(was.unit_id, []).append(point)
    return ChunkOut(list(found.items()))
