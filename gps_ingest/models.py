"""The tables of vehicle positions. Geometry is WGS-84 (SRID 4326), times are UTC."""

from typing import Any

from geoalchemy2 import Geography, Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
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
    """`speed_unit`: "knots" | "m/s" | "km/h", of an OsmAnd query."""
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
    """Where each terminal is now: it moves forward in time only."""

    __tablename__ = "latest"
    __table_args__ = (
        Index("ix_latest_geog", "geog", postgresql_using="gist"),
        {"schema": "gps"},
    )

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
