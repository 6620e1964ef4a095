"""The tables of the map room: regions, roads, streets, the business registry and its token index.

Geometry is WGS-84 (SRID 4326) throughout.
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Float,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, Timestamp

Name = Annotated[str, mapped_column(String(200))]
Line = Annotated[str, mapped_column(String(400), server_default="")]
Words = Annotated[str, mapped_column(Text, server_default="")]

REGION_LEVELS = ("district", "subdistrict", "beat")
POINT_LEVELS = ("door", "street", "district", "unknown")


def _geometry(kind: str) -> Geometry:
    # The index is declared beside the table, under a name that alembic can compare.
    return Geometry(kind, srid=4326, spatial_index=False)


class Region(Base):
    """An area with a code: a district, a sub-district, or a station's beat."""

    __tablename__ = "regions"
    __table_args__ = (
        CheckConstraint(f"level in {REGION_LEVELS}", name="level"),
        Index("ix_regions_geom", "geom", postgresql_using="gist"),
        {"schema": "maps"},
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[Name]
    parent_code: Mapped[str | None] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(20))
    geom: Mapped[Any] = mapped_column(_geometry("MULTIPOLYGON"), nullable=False)


class RoadEdge(Base):
    """One directed or two-way piece of road between two junctions, in pgRouting's shape."""

    __tablename__ = "road_edges"
    __table_args__ = (
        Index("ix_road_edges_geom", "geom", postgresql_using="gist"),
        {"schema": "maps"},
    )

    id: Mapped[Key]
    source: Mapped[int] = mapped_column(BigInteger)
    target: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[Name]
    road_class: Mapped[str] = mapped_column("class", String(20))
    length_m: Mapped[float] = mapped_column(Float)
    speed_kmh: Mapped[float] = mapped_column(Float)
    one_way: Mapped[bool] = mapped_column(Boolean, server_default="false")
    geom: Mapped[Any] = mapped_column(_geometry("LINESTRING"), nullable=False)


class Street(Base):
    """A named street within one district; `source` says whether roads or the registry know it."""

    __tablename__ = "streets"
    __table_args__ = (
        UniqueConstraint("name", "district"),
        {"schema": "maps"},
    )

    id: Mapped[Key]
    name: Mapped[Name]
    district: Mapped[str] = mapped_column(String(60), server_default="")
    source: Mapped[str] = mapped_column(String(20))
    centre: Mapped[Any | None] = mapped_column(_geometry("POINT"))
    geom: Mapped[Any | None] = mapped_column(_geometry("MULTILINESTRING"))


class Landmark(Base):
    """A place that people know by its name: a bridge, a station, a mall, a tower.

    `key` is how it is looked up (`maps.geocoding.query.landmark`); `licence` is what its source
    wants to be said.
    """

    __tablename__ = "landmarks"
    __table_args__ = (Index("ix_landmarks_key", "key"), {"schema": "maps"})

    id: Mapped[Key]
    name: Mapped[Name]
    key: Mapped[Name]
    district: Mapped[str] = mapped_column(String(60), server_default="")
    geom: Mapped[Any] = mapped_column(_geometry("POINT"), nullable=False)
    source: Mapped[str] = mapped_column(String(20))
    licence: Mapped[Line]


class Correction(Base):
    """The place that people meant by words which the first answer had wrong, once they said so.

    No name and no case: the words that were asked, normalised, and how often they meant this place.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        CheckConstraint("times > 0", name="times"),
        Index("ix_corrections_key", "key"),
        {"schema": "maps"},
    )

    id: Mapped[Key]
    key: Mapped[Name]
    address: Mapped[Line]
    level: Mapped[str] = mapped_column(String(10))
    geom: Mapped[Any] = mapped_column(_geometry("POINT"), nullable=False)
    business_id: Mapped[int | None] = mapped_column(BigInteger)
    times: Mapped[int] = mapped_column(Integer, server_default="1")


class AnswerCount(Base):
    """How many first answers of a month people kept as they stood, and how many they put right."""

    __tablename__ = "answer_counts"
    __table_args__ = ({"schema": "maps"},)

    month: Mapped[date] = mapped_column(Date, primary_key=True)
    kept: Mapped[int] = mapped_column(Integer, server_default="0")
    corrected: Mapped[int] = mapped_column(Integer, server_default="0")


class Business(Base):
    """A registered business; `point_level` says how exact its point is."""

    __tablename__ = "businesses"
    __table_args__ = (
        CheckConstraint(f"point_level in {POINT_LEVELS}", name="point_level"),
        CheckConstraint("(geom is null) = (point_level = 'unknown')", name="point"),
        Index("ix_businesses_street_number", "street", "number"),
        Index(
            "ix_businesses_tokens",
            "tokens",
            postgresql_using="gin",
            postgresql_ops={"tokens": "gin__int_ops"},
        ),
        {"schema": "maps"},
    )

    id: Mapped[Key]
    name: Mapped[Name]
    credit_code: Mapped[str | None] = mapped_column(String(18), unique=True)
    address: Mapped[Line]
    district: Mapped[str] = mapped_column(String(60), server_default="")
    street: Mapped[str] = mapped_column(String(200), server_default="")
    number: Mapped[str] = mapped_column(String(20), server_default="")
    geom: Mapped[Any | None] = mapped_column(_geometry("POINT"))
    point_level: Mapped[str] = mapped_column(String(10), server_default="unknown")
    phone: Mapped[Line]
    legal_representative: Mapped[Line]
    scope: Mapped[Words]
    promises: Mapped[Words]
    service_standards: Mapped[Words]
    fetched_at: Mapped[Timestamp]
    source: Mapped[str] = mapped_column(String(20))
    former_names: Mapped[Words]
    other_names: Mapped[Words]
    """What stands over the door, and what its shops on platforms are called; parted by ;"""
    tokens: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class TokenFrequency(Base):
    """In how many businesses a token stands: rare tokens find, common ones only rank."""

    __tablename__ = "token_frequency"
    __table_args__ = ({"schema": "maps"},)

    token: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    frequency: Mapped[int] = mapped_column(Integer)


class Revision(Base):
    """The latest change of a subject (`businesses`, `streets`, `roads`, `regions`), for caches."""

    __tablename__ = "revisions"
    __table_args__ = ({"schema": "maps"},)

    subject: Mapped[str] = mapped_column(String(20), primary_key=True)
    stamp: Mapped[UUID]
