"""Shapes of the auditor's desk."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from dispatch.moments import Utc
from kernel.schemas import Ident, Storable

Group = Literal[
    "watched",
    "secrets",
    "alerts",
    "cases",
    "orders",
    "alarms",
    "units",
    "accounts",
    "system",
    "log",
]


class AuditQuery(BaseModel):
    """What is searched for; everything that is given must hold."""

    actor_id: Ident | None = None
    group: Group | None = None
    object_no: Annotated[Storable, Field(max_length=60)] = ""
    """A case number or an order number."""
    object_kind: Annotated[Storable, Field(max_length=40)] = ""
    object_id: Annotated[Storable, Field(max_length=60)] = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: Ident | None = None


class AuditExportQuery(AuditQuery):
    lang: Literal["zh", "en"] = "zh"


class AuditEntryOut(BaseModel):
    id: int
    at: Utc
    actor_id: int
    actor: str
    roles: list[str]
    action: str
    group: str
    """`secrets`, `alerts`, or `""` for what needs no special look."""
    object_kind: str
    object_id: str
    object_no: str
    """The number of the case or order; never a person."""
    reason_code: str
    note: str
    terminal: str
    correlation_id: str
    detail: dict[str, Any]


class AuditPage(BaseModel):
    items: list[AuditEntryOut]
    next: str | None


class AuditActorOut(BaseModel):
    id: int
    name: str


class TailOut(BaseModel):
    length: int
    oldest: Utc | None


class CheckOut(BaseModel):
    id: int
    requested_at: Utc
    requested_by_name: str
    finished_at: Utc | None
    result: dict[str, Any] | None
    """As `command-center audit verify --json` prints it."""


class AnchorOut(BaseModel):
    day: str
    at: str
    position: int
    genuine: bool


class AuditStateOut(BaseModel):
    position: int
    chained_at: datetime | None
    tail: TailOut
    last_check: CheckOut | None
    last_anchor: AnchorOut | None
    actors: list[AuditActorOut]
    """Who has entries in the log that this auditor may read."""
