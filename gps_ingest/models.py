"""The tables of vehicle positions. Geometry is WGS-84 (SRID 4326), times are UTC."""

from typing import Any

from geoalchemy2 import Geography, Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Json, Key, Reference, Timestamp


class Terminal(Base):
    """A device that may tell positions. Disabled rather than deleted: its tracks stay."""

    __tablename__ = "terminals"
    __table_args__ = {"schema": "gps"}

    id: Mapped[Key]
    identity: Mapped[str] = mapped_column(String(64), unique=True)
    protocol: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80), server_default="")
    organisation_id: Mapped[Reference | None]
    enabled: Mapped[bool] = mapped_column(Boolean, server_default="true")
    listen_port: Mapped[int | None] = mapped_column(Integer, unique=True)
    """A port of its own, for a receiver that cannot say who it is."""
    settings: Mapped[Json] = mapped_column(server_default="{}")
    """`speed_unit`: "knots" | "m/s" | "km/h", of an OsmAnd query. Of JT/T 808: `verify` false lets
    wrong checksums pass, `asks` false says that it cannot put questions, `edition` is the
    standard's where its frames do not tell, `zone_minutes` is what its clock adds to UTC (480),
    `network` the addresses (CIDR) from which it may report without authentication; of GT06 the
    only ones."""
    created_at: Mapped[Timestamp]
    last_seen_at: Mapped[Timestamp | None]


class StoredFix(Base):
    """One fix of a track; a partition holds one UTC day.

    The key makes a retransmission harmless. No foreign key: it would be checked row by row.
    """

    __tablename__ = "fixes"
    __table_args__ = (
        Index("ix_fixes_fixed_at", "fixed_at", postgresql_using="brin"),
        {"schema": "gps", "postgresql_partition_by": "RANGE (fixed_at)"},
    )

    terminal_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    fixed_at: Mapped[Timestamp] = mapped_column(primary_key=True)
    geom: Mapped[Any] = mapped_column(
        Geometry("POINT", srid=4326, spatial_index=False), primary_key=True
    )
    received_at: Mapped[Timestamp]
    speed_kmh: Mapped[float | None] = mapped_column(REAL)
    course: Mapped[float | None] = mapped_column(REAL)
    alt_m: Mapped[float | None] = mapped_column(REAL)
    flags: Mapped[int] = mapped_column(SmallInteger)


class LatestFix(Base):
    """Where each terminal is now: it moves forward in time only.

    No index on the place: every row moves each second, and an index that moves along costs twice
    what it saves (ten thousand rows are sorted by distance in 25 ms).
    """

    __tablename__ = "latest"
    __table_args__ = {"schema": "gps"}

    terminal_id: Mapped[int] = mapped_column(
        ForeignKey("gps.terminals.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    fixed_at: Mapped[Timestamp]
    received_at: Mapped[Timestamp]
    geog: Mapped[Any] = mapped_column(
        Geography("POINT", srid=4326, spatial_index=False), nullable=False
    )
    speed_kmh: Mapped[float | None] = mapped_column(REAL)
    course: Mapped[float | None] = mapped_column(REAL)
    alt_m: Mapped[float | None] = mapped_column(REAL)
    flags: Mapped[int] = mapped_column(SmallInteger)


class Quarantined(Base):
    """A fix that could not be believed, with what the device really sent."""

    __tablename__ = "quarantine"
    __table_args__ = (
        Index("ix_quarantine_received_at", "received_at"),
        Index("ix_quarantine_terminal_id_received_at", "terminal_id", "received_at"),
        {"schema": "gps"},
    )

    id: Mapped[Key]
    received_at: Mapped[Timestamp]
    terminal_id: Mapped[Reference]
    reason: Mapped[str] = mapped_column(String(40))
    fixed_at: Mapped[Timestamp | None]
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    speed_kmh: Mapped[float | None] = mapped_column(Float)
    raw: Mapped[bytes] = mapped_column(LargeBinary)


class UnknownIdentity(Base):
    """Somebody who reports under a name that nobody registered."""

    __tablename__ = "unknown_identities"
    __table_args__ = {"schema": "gps"}

    identity: Mapped[str] = mapped_column(String(64), primary_key=True)
    protocol: Mapped[str] = mapped_column(String(20), primary_key=True)
    source: Mapped[str] = mapped_column(String(64))
    """Network address of the last report."""
    times: Mapped[int] = mapped_column(BigInteger)
    first_seen_at: Mapped[Timestamp]
    last_seen_at: Mapped[Timestamp] = mapped_column(index=True)


class Credential(Base):
    """By what a terminal proves who it is: a random code given once, kept as its SHA-256.

    Until `window_until` a registration is answered with a new code; an operator opens the window.
    """

    __tablename__ = "credentials"
    __table_args__ = {"schema": "gps"}

    terminal_id: Mapped[int] = mapped_column(
        ForeignKey("gps.terminals.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    issued_at: Mapped[Timestamp | None]
    window_until: Mapped[Timestamp | None]
    plate: Mapped[str] = mapped_column(String(40), server_default="")
    device_id: Mapped[str] = mapped_column(String(40), server_default="")
    """What the terminal said of itself when it registered."""
    source: Mapped[str] = mapped_column(String(64), server_default="")
    """Network address from which it registered."""


class Happened(Base):
    """What a terminal tells, or its track shows, besides where it is: an alarm, a crossing.

    Written with the fixes it came with, told upward by a job in the same transaction. The unique
    key makes a retransmission harmless: `key` tells apart what one moment may bring twice.
    """

    __tablename__ = "happenings"
    __table_args__ = (
        UniqueConstraint("terminal_id", "kind", "at", "key"),
        Index("ix_happenings_received_at", "received_at"),
        {"schema": "gps"},
    )

    id: Mapped[Key]
    terminal_id: Mapped[Reference]
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[Timestamp]
    """By the terminal's clock; of a message without a time, when it was received."""
    key: Mapped[str] = mapped_column(String(80))
    received_at: Mapped[Timestamp]
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    details: Mapped[Json]
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The frame itself, of alarms."""


class Downlink(Base):
    """One message to a terminal, from queued to acknowledged, answered, failed or expired."""

    __tablename__ = "downlinks"
    __table_args__ = (
        CheckConstraint(
            "state in ('queued', 'sent', 'acknowledged', 'answered', 'failed', 'expired')",
            name="state",
        ),
        Index(
            "ix_downlinks_waiting",
            "terminal_id",
            "id",
            postgresql_where=text("ended_at is null"),
        ),
        Index("ix_downlinks_terminal_id_id", "terminal_id", "id"),
        Index("ix_downlinks_reference", "reference_kind", "reference_id"),
        {"schema": "gps"},
    )

    id: Mapped[Key]
    terminal_id: Mapped[int] = mapped_column(ForeignKey("gps.terminals.id"))
    kind: Mapped[str] = mapped_column(String(20))
    """`text`, `question`, `events`, `parameters`, `position`, `track` or `confirm_alarm`."""
    content: Mapped[Json]
    reference_kind: Mapped[str] = mapped_column(String(20), server_default="")
    reference_id: Mapped[Reference | None]
    state: Mapped[str] = mapped_column(String(20), server_default="queued")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    """Times it was given to a connection; from the second on its text says that it is a repeat."""
    serial: Mapped[int | None] = mapped_column(Integer)
    """Of its last frame: what the terminal's answer names."""
    answer: Mapped[int | None] = mapped_column(Integer)
    """Of a question: which of the answers the driver chose."""
    problem: Mapped[str] = mapped_column(String(40), server_default="")
    as_text: Mapped[bool] = mapped_column(Boolean, server_default="false")
    """A question that went out as a text, because the terminal cannot ask."""
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    sent_at: Mapped[Timestamp | None]
    acknowledged_at: Mapped[Timestamp | None]
    answered_at: Mapped[Timestamp | None]
    ended_at: Mapped[Timestamp | None]
    """When nothing more is expected of it."""
