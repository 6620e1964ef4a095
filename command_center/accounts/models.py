"""Organisations in one tree, people with roles, and everything that lets them in."""

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    func,
    text,
)
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
    __table_args__ = (
        UniqueConstraint("account"),
        Index(
            "uq_users_extension", "extension", unique=True, postgresql_where=text("extension <> ''")
        ),
        SCHEMA,
    )

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
    extension: Mapped[str] = mapped_column(String(6), server_default="")
    """Their phone at the exchange (`Settings.extensions`); a desk may have none."""
    active: Mapped[bool] = mapped_column(Boolean, server_default="true")
    must_change_password: Mapped[bool] = mapped_column(Boolean, server_default="false")
    password_until: Mapped[Timestamp | None]
    """When a password that somebody else chose ends by itself."""

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
    __table_args__ = (
        UniqueConstraint("id"),
        Index("ix_sessions_former_hash", "former_hash"),
        SCHEMA,
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity())
    former_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """The token before the last proof, for the requests that were under way then."""
    user_id: Mapped[int] = mapped_column(ForeignKey("accounts.users.id"), index=True)
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    last_seen_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    confirmed_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    how: Mapped[str] = mapped_column(String(12), server_default="password")
    """The last thing that was proved: password, totp, recovery, device or provider."""
    lacks_second_factor: Mapped[bool] = mapped_column(Boolean, server_default="false")
    """Its person has yet to enrol: until then it opens nothing else."""
    address: Mapped[str] = mapped_column(String(45), server_default="")
    agent: Mapped[str] = mapped_column(String(200), server_default="")

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
    kind: Mapped[str] = mapped_column(String(10), server_default="password")
    """What was tried: password, second or confirm. Each has limits of its own."""


class Challenge(Base):
    """A sign-in between its first step and its second; only the token's SHA-256 is kept."""

    __tablename__ = "challenges"
    __table_args__ = SCHEMA

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("accounts.users.id"), index=True)
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]

    user: Mapped[User] = relationship(lazy="joined")


class SecondFactor(Base):
    """A person's TOTP secret, sealed. `proposed` is one that no code has confirmed yet."""

    __tablename__ = "second_factors"
    __table_args__ = SCHEMA

    user_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.users.id"), primary_key=True, autoincrement=False
    )
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    proposed: Mapped[bytes | None] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    enrolled_at: Mapped[Timestamp | None]


class RecoveryCode(Base):
    """A code that stands in once for a lost phone; only its SHA-256 is kept (120 random bits)."""

    __tablename__ = "recovery_codes"
    __table_args__ = SCHEMA

    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("accounts.users.id"), index=True)
    used_at: Mapped[Timestamp | None]


class TrustedDevice(Base):
    """A desk's browser that its user need not prove a second factor on."""

    __tablename__ = "trusted_devices"
    __table_args__ = (UniqueConstraint("token_hash"), SCHEMA)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("accounts.users.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    last_seen_at: Mapped[Timestamp]
    address: Mapped[str] = mapped_column(String(45))
    agent: Mapped[str] = mapped_column(String(200))


class ApiToken(Base):
    """A partner's key to the API: what it may do, for which organisation, until when."""

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("token_hash"), SCHEMA)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(60))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hint: Mapped[str] = mapped_column(String(8))
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.organisations.id"), index=True
    )
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    created_by: Mapped[int] = mapped_column(ForeignKey("accounts.users.id"), index=True)
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    last_used_at: Mapped[Timestamp | None]
    revoked_at: Mapped[Timestamp | None]

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    creator: Mapped[User] = relationship(lazy="joined")
