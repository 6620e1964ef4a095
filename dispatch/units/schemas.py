"""Shapes of the unit API."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from dispatch.moments import Utc
from dispatch.units.models import Observation
from dispatch.units.queries import Placed
from kernel.schemas import Storable


class UnitOrganisation(BaseModel):
    id: int
    name: str


class CrewOut(BaseModel):
    user_id: int
    name: str
    certified: bool


class PositionOut(BaseModel):
    lat: float
    lon: float
    speed_kmh: float | None
    course: float | None
    fixed_at: Utc
    received_at: Utc


class EngagementOut(BaseModel):
    id: int
    order_id: int
    order_no: str
    state: str


class NoteOut(BaseModel):
    """What the track shows besides the place: no alarm, a person reads it when they look."""

    kind: Literal["offline", "overspeed", "moved_without_order"]
    at: Utc
    reason: str
    """Of a silence: `silent`, `connection_closed`, `void`, `quarantined`, `nobody_listened`."""
    speed_kmh: float | None
    metres: float | None


class UnitOut(BaseModel):
    id: int
    name: str
    plate: str
    kind: str
    organisation: UnitOrganisation
    state: str
    state_since: Utc
    state_reason: str
    equipment: list[str]
    crew: list[CrewOut]
    position: PositionOut | None
    assignment: EngagementOut | None
    notes: list[NoteOut]


class Units(RootModel[list[UnitOut]]):
    pass


class Trail(RootModel[list[tuple[float, float, int]]]):
    """[lon, lat, epoch ms], oldest first."""


class TrailQuery(BaseModel):
    minutes: int = Field(default=30, ge=1, le=60)


class TrackIn(BaseModel):
    """A period of at most a day, and why somebody needs it."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    since: AwareDatetime = Field(alias="from")
    until: AwareDatetime = Field(alias="to")
    reason_code: Annotated[Storable, Field(min_length=1, max_length=60)]
    note: Annotated[Storable, Field(max_length=400)] = ""


class SetState(BaseModel):
    state: Literal["OFF_DUTY", "FREE", "RETURNING", "OUT_OF_SERVICE"]
    reason: str = Field(default="", max_length=400)


class SetEquipment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    equipment: list[Annotated[Storable, Field(max_length=40)]] = Field(max_length=20)


def unit_out(placed: Placed) -> UnitOut:
    unit, position = placed.unit, placed.position
    return UnitOut(
        id=unit.id,
        name=unit.name,
        plate=unit.plate,
        kind=unit.kind,
        organisation=UnitOrganisation(id=unit.organisation_id, name=unit.organisation_name),
        state=unit.state,
        state_since=unit.state_since,
        state_reason=unit.state_reason,
        equipment=unit.equipment,
        crew=crew_out(placed),
        position=PositionOut.model_validate(position, from_attributes=True) if position else None,
        assignment=EngagementOut(**unit.engagement) if unit.engagement else None,
        notes=[_note_out(one) for one in placed.notes],
    )


def _note_out(seen: Observation) -> NoteOut:
    told = seen.details
    return NoteOut.model_validate(
        {
            "kind": seen.kind,
            "at": seen.at,
            "reason": told.get("reason", ""),
            "speed_kmh": told.get("speed_kmh"),
            "metres": told.get("metres"),
        }
    )


def crew_out(placed: Placed) -> list[CrewOut]:
    return [CrewOut.model_validate(one, from_attributes=True) for one in placed.unit.crew]
