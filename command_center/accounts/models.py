"""Organisations in one tree, people with roles, their sessions."""

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel.db import Base, Key, Timestamp

SCHEMA = {"schema": "accounts"}


class Organisation(Base):
    """A bureau, sub-bureau, branch, section or service station; `path` is ids from the root."""

    __tablename__ = "organisations"
    __table_args__ = (
        UniqueConstraint("code"),
        Index("ix_organisations_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
        SCHEMA,
    )

    id: Mapped[Key]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.organisations.id"))
    code: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    path: Mapped[str] = mapped_column(String(200))
    region_code: Mapped[str] = mapped_column(String(12))
    phone: Mapped[str] = mapped_column(String(40), server_default="")
    fax: Mapped[str] = mapped_column(String(40), server_default="")
    place: Mapped[WKBElement | None] = mapped_column(
        Geometry("POINT", srid=4326, spatial_index=False)
    )
    jurisdiction: Mapped[WKBElement | None] = mapped_column(Geometry("MULTIPOLYGON", srid=4326))


class User(Base):
    """A member of staff; without a `certificate_no` one is not a certified officer."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("account"), SCHEMA)

    id: Mapped[Key]
    account: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(60))
    password_hash: Mapped[str] = mapped_column(String(200), deferred=True)
    """Read by name, by the door alone: nobody else may."""
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.organisations.id"), index=True
    )
    phone: Mapped[str] = mapped_column(String(40), server_default="")
    certificate_no: Mapped[str] = mapped_column(String(40), server_default="")
    active: Mapped[bool] = mapped_column(Boolean, server_default="true")

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    roles: Mapped[list["UserRole"]] = relationship(lazy="selectin", cascade="all, delete-orphan")


class UserRole(Base):
    __tablename__ = "user_roles"
    __table_args__ = SCHEMA

    user_id: Mapped[int] = mapped_column(ForeignKey("accounts.users.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class LoginSession(Base):
    """A signed-in browser. Only the token's SHA-256 is kept, so a stolen dump opens nothing."""

    __tablename__ = "sessions"
    __table_args__ = SCHEMA

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("accounts.users.id"), index=True)
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]

    user: Mapped[User] = relationship(lazy="joined")


class LoginFailure(Base):
    """A failed attempt, for the limits per account and per address."""

    __tablename__ = "login_failures"
    __table_args__ = (
        Index("ix_login_failures_account_at", "account", "at"),
        Index("ix_login_failures_address_at", "address", "at"),
        SCHEMA,
    )

    id: Mapped[Key]
    at: Mapped[Timestamp]
    account: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(45))
