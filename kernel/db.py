"""The database: declarative base, sessions, and the unit of work that every entry point opens."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Engine,
    Identity,
    MetaData,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

from kernel.access import Principal
from kernel.clock import Clock, SystemClock
from kernel.events import EventBus

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
    principal: Principal | None = session.info.get("principal")
    if principal is not None:
        connection.execute(
            text(
                "select set_config('cc.principal', :id, true),"
                " set_config('cc.organisation_path', :path, true)"
            ),
            {"id": str(principal.id), "path": principal.organisation_path},
        )


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
