"""Shapes of the terminals' API."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel
from sqlalchemy import Row

from dispatch.moments import Utc
from dispatch.terminals.queries import LIST_LIMIT, Listed
from dispatch.terminals.service import Said, parameters_of
from gps_ingest.downlink import PARAMETERS, READ_PARAMETERS, TWO_WAY
from gps_ingest.models import Quarantined, Terminal
from gps_ingest.protocols.base import Message
from kernel.schemas import Ident, Storable

ProtocolName = Literal["jt808", "gt06", "nmea", "osmand", "owntracks"]


class TerminalSettings(BaseModel):
    """What a protocol leaves to the operator; nothing given is the protocol's own way."""

    model_config = ConfigDict(extra="forbid")

    speed_unit: Literal["knots", "m/s", "km/h"] | None = None
    verify: bool | None = None
    zone_minutes: Annotated[int, Field(ge=-1440, le=1440)] | None = None
    network: Annotated[Storable, Field(min_length=1, max_length=64)] | None = None
    edition: Literal[2011, 2013, 2019] | None = None
    asks: bool | None = None


class TerminalIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[Storable, Field(max_length=80)] = ""
    organisation_id: Ident | None = None
    unit_id: Ident | None = None
    enabled: bool = True
    listen_port: Annotated[int, Field(ge=1024, le=65535)] | None = None
    settings: TerminalSettings = TerminalSettings()

    def said(self) -> Said:
        return Said(
            name=self.name.strip(),
            organisation_id=self.organisation_id,
            unit_id=self.unit_id,
            enabled=self.enabled,
            listen_port=self.listen_port,
            settings=self.settings.model_dump(),
        )


class NewTerminal(TerminalIn):
    identity: Annotated[Storable, Field(min_length=1, max_length=64)]
    protocol: ProtocolName


class TerminalQuery(BaseModel):
    q: Annotated[Storable, Field(max_length=64)] = ""
    protocol: ProtocolName | Literal[""] = ""
    state: Literal["", "connected", "silent", "disabled", "window", "loose"] = ""


class CarrierOut(BaseModel):
    id: int
    name: str
    plate: str


class Carriers(RootModel[list[CarrierOut]]):
    pass


class TerminalOut(BaseModel):
    id: int
    identity: str
    protocol: str
    name: str
    organisation_id: int | None
    unit: CarrierOut | None
    enabled: bool
    connected: bool
    last_seen_at: Utc | None
    created_at: Utc
    listen_port: int | None
    settings: TerminalSettings
    takes_messages: bool
    has_code: bool
    issued_at: Utc | None
    window_until: Utc | None
    plate: str
    device_id: str
    source: str


class TerminalsOut(BaseModel):
    terminals: list[TerminalOut]
    more: bool


class WindowIn(BaseModel):
    minutes: int = Field(default=15, ge=1, le=1440)


class AskIn(BaseModel):
    """What a terminal is asked: where it is, to be followed, its parameters, or how often it is to
    report."""

    model_config = ConfigDict(extra="forbid")

    what: Literal["position", "follow", "parameters", "interval"]
    minutes: int = Field(default=10, ge=1, le=60)
    seconds: int = Field(default=30, ge=5, le=3600)


class ParameterOut(BaseModel):
    """A parameter as told: its bytes, and as a number or a text where it is one."""

    id: int
    hex: str
    number: int | None
    text: str | None


class DownlinkOut(BaseModel):
    id: int
    kind: str
    state: str
    attempts: int
    problem: str
    as_text: bool
    words: str
    """Of a text or a question, for whoever reads orders; empty for everybody else."""
    answer: int | None
    answer_words: str
    parameters: list[ParameterOut]
    """For whoever keeps the registry; none for everybody else."""
    created_at: Utc
    expires_at: Utc
    sent_at: Utc | None
    acknowledged_at: Utc | None
    answered_at: Utc | None
    ended_at: Utc | None


class Downlinks(RootModel[list[DownlinkOut]]):
    pass


class UnitTerminalOut(BaseModel):
    id: int
    name: str
    protocol: str
    is_phone: bool
    enabled: bool
    connected: bool
    last_seen_at: Utc | None
    can_be_asked: bool


class UnitTerminalsOut(BaseModel):
    terminals: list[UnitTerminalOut]
    messages: list[DownlinkOut]


class AskUnitIn(BaseModel):
    """Where a unit is now, or to follow it for some minutes."""

    model_config = ConfigDict(extra="forbid")

    what: Literal["position", "follow"]
    minutes: int = Field(default=10, ge=1, le=60)


class UnknownOut(BaseModel):
    identity: str
    protocol: str
    source: str
    times: int
    first_seen_at: Utc
    last_seen_at: Utc


class Unknowns(RootModel[list[UnknownOut]]):
    pass


class DoubtQuery(BaseModel):
    terminal_id: Ident | None = None


class DoubtOut(BaseModel):
    id: int
    terminal_id: int
    terminal_name: str
    received_at: Utc
    fixed_at: Utc | None
    reason: str


class Doubts(RootModel[list[DoubtOut]]):
    pass


class SaidOut(BaseModel):
    name: str
    value: str


class ReadOut(BaseModel):
    kind: str
    fields: list[SaidOut]


class DoubtDetail(DoubtOut):
    protocol: str
    raw: str
    """Hex digits of what the device sent, at most 1,024 bytes."""
    messages: list[ReadOut]


def terminal_out(one: Listed, connected: bool) -> TerminalOut:
    terminal, held = one.terminal, one.admission
    known = TerminalSettings.model_fields
    return TerminalOut(
        id=terminal.id,
        identity=terminal.identity,
        protocol=terminal.protocol,
        name=terminal.name,
        organisation_id=terminal.organisation_id,
        unit=CarrierOut.model_validate(one.carrier, from_attributes=True) if one.carrier else None,
        enabled=terminal.enabled,
        connected=connected,
        last_seen_at=terminal.last_seen_at,
        created_at=terminal.created_at,
        listen_port=terminal.listen_port,
        settings=TerminalSettings(**{k: v for k, v in terminal.settings.items() if k in known}),
        takes_messages=terminal.protocol in TWO_WAY,
        has_code=held.issued_at is not None,
        issued_at=held.issued_at,
        window_until=held.window_until,
        plate=held.plate,
        device_id=held.device_id,
        source=held.source,
    )


def terminals_out(found: list[TerminalOut]) -> TerminalsOut:
    return TerminalsOut(terminals=found[:LIST_LIMIT], more=len(found) > LIST_LIMIT)


def downlink_out(
    row: Row[Any], content: dict[str, Any], *, words: bool = False, parameters: bool = False
) -> DownlinkOut:
    """`words` for whoever reads the order, `parameters` for whoever keeps the registry."""
    has_parameters = parameters and row.kind in (PARAMETERS, READ_PARAMETERS)
    choices = {int(key): str(said) for key, said in content.get("choices", ())}
    return DownlinkOut(
        words=str(content.get("words", "")) if words else "",
        answer_words=choices.get(row.answer or 0, "") if words else "",
        parameters=[_parameter(*one) for one in parameters_of(content)] if has_parameters else [],
        **{name: getattr(row, name) for name in DownlinkOut.model_fields if name in row._fields},
    )


def _parameter(ident: int, value: bytes) -> ParameterOut:
    """JT/T 808: BYTE, WORD and DWORD are numbers, everything else is text in GBK."""
    number = int.from_bytes(value) if len(value) in (1, 2, 4) else None
    text = value.rstrip(b"\0").decode("gbk", "replace")
    return ParameterOut(
        id=ident, hex=value.hex(), number=number, text=text if text.isprintable() else None
    )


def doubt_out(row: Row[Any] | Quarantined, terminal: Terminal) -> DoubtOut:
    return DoubtOut(
        id=row.id,
        terminal_id=terminal.id,
        terminal_name=terminal.name,
        received_at=row.received_at,
        fixed_at=row.fixed_at,
        reason=row.reason,
    )


def doubt_detail(kept: Quarantined, terminal: Terminal, read: list[Message]) -> DoubtDetail:
    return DoubtDetail(
        **doubt_out(kept, terminal).model_dump(),
        protocol=terminal.protocol,
        raw=kept.raw.hex(),
        messages=[
            ReadOut(
                kind=message.kind,
                fields=[SaidOut(name=name, value=_said(v)) for name, v in message.told().items()],
            )
            for message in read
        ],
    )


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
