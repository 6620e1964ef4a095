"""The database: declarative base, sessions, and the unit of work that every entry point opens."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Engine,
    Identity,
    MetaData,
    any_,
    create_engine,
    event,
    literal,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, mapped_column

from kernel.access import Principal, Role
from kernel.clock import Clock, SystemClock
from kernel.events import EventBus

F = TypeVar("F", bound=Callable[..., Any])
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SCHEMAS = ("kernel", "accounts", "maps", "gps", "telephony", "dispatch", "cases")

Key = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
"""A bigint identity primary key."""
Reference = Annotated[int, mapped_column(BigInteger)]
"""An opaque reference to a row of a higher room: no foreign key."""
Timestamp = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]


def among(column: InstrumentedAttribute[int], idents: Collection[int]) -> ColumnElement[bool]:
    """Whether a bigint is one of these: one parameter, where `in_` sends one for each."""
    return column == any_(literal(list(idents), ARRAY(BigInteger)))


class Base(DeclarativeBase):
    """Every table's base; each model names its room's schema."""

    metadata = MetaData(naming_convention=NAMES)


class Database:
    """One engine, and units of work on it."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock | None = None,
        events: EventBus | None = None,
        pool_size: int = 20,
    ):
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=20,
            pool_pre_ping=True,
            pool_timeout=10,
            # A failed statement is logged; the values in it may be somebody's name.
            hide_parameters=True,
            connect_args={"connect_timeout": 5, "application_name": "command-center"},
        )
        self.clock = clock or SystemClock()
        self.events = events or EventBus()

    @contextmanager
    def unit_of_work(self, principal: Principal) -> Iterator[Session]:
        """A transaction as `principal`: commits at the end, then publishes its events.

        Raises whatever the block raises, after rolling back.
        """
        session = Session(self.engine, expire_on_commit=False)
        session.info.update(principal=principal, clock=self.clock, events=[])
        try:
            with session.begin():
                yield session
        finally:
            session.close()
        for item in session.info["events"]:
            self.events.publish(item)

    def close(self) -> None:
        self.engine.dispose()


@event.listens_for(Session, "after_begin")
def _tell_the_database_who_asks(session: Session, _: Any, connection: Any) -> None:
    if session.info.get("principal") is not None:
        _tell(session, connection)


_WHO = text(
    "select set_config('cc.principal', :id, true), set_config('cc.organisation_path', :path, true),"
    " set_config('cc.permissions', :permissions, true), set_config('cc.moment', :moment, true),"
    " set_config('role', :role, true)"
)


def _tell(session: Session, connection: Any) -> None:
    """Row-level security asks for these; they end with the transaction."""
    principal: Principal = session.info["principal"]
    who = {
        "id": str(principal.id),
        "path": principal.organisation_path,
        "permissions": f",{','.join(sorted(principal.permissions))},",
        "moment": session.info["clock"].now().isoformat(),
        "role": session.info.get("role") or principal.database_role,
    }
    connection.execute(_WHO, who)


@contextmanager
def in_role(session: Session, role: Role) -> Iterator[None]:
    """Run the block with another database role's rights; who asks stays the same.

    For what follows from an act that was checked before, never for what a person sees.
    """
    with _changed(session, role=role):
        yield


def carried_out_by(role: Role) -> Callable[[F], F]:
    """Decorates a function whose session is its first argument (after `self`): see `in_role`."""

    def decorate(function: F) -> F:
        @wraps(function)
        def carried_out(*given: Any, **named: Any) -> Any:
            session = next(one for one in given if isinstance(one, Session))
            with in_role(session, role):
                return function(*given, **named)

        return cast(F, carried_out)

    return decorate


@contextmanager
def acting(session: Session, principal: Principal) -> Iterator[None]:
    """Run the block on behalf of somebody else."""
    with _changed(session, principal=principal, role=None):
        yield


@contextmanager
def _changed(session: Session, **info: Any) -> Iterator[None]:
    before = {name: session.info.get(name) for name in info}
    session.flush()
    session.info.update(info)
    _tell(session, session.connection())
    try:
        yield
        session.flush()
    except BaseException:
        session.info.update(before)
        # A broken transaction takes no word; its rollback brings the former role back.
        with suppress(SQLAlchemyError):
            _tell(session, session.connection())
        raise
    session.info.update(before)
    _tell(session, session.connection())


@contextmanager
def apart(session: Session) -> Iterator[Session]:
    """A transaction of its own for the same principal, kept even when the caller's is undone."""
    with Session(session.get_bind(), expire_on_commit=False) as own:
        own.info.update(session.info, events=[])
        with own.begin():
            yield own


def principal_of(session: Session) -> Principal:
    """The principal on whose behalf this unit of work runs."""
    found: Principal = session.info["principal"]
    return found
