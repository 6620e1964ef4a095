"""Marks every change of the room's data, so that each process knows when its caches are old."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from maps.models import Revision

T = TypeVar("T")
Stamps = tuple[UUID | None, ...]


def mark_changed(session: Session, *subjects: str) -> None:
    """Say that the data of the subjects changes in this transaction."""
    for subject in sorted(subjects):
        # A fresh mark, not a count: a count taken back by a rollback would come again.
        statement = insert(Revision).values(subject=subject, stamp=uuid4())
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[Revision.subject], set_={"stamp": statement.excluded.stamp}
            )
        )


_ALL = select(Revision.subject, Revision.stamp)


def stamps(session: Session, *subjects: str) -> Stamps:
    """The present marks of the subjects; None where nothing was ever loaded."""
    found = {subject: stamp for subject, stamp in session.connection().execute(_ALL)}
    return tuple(found.get(subject) for subject in subjects)


class Cached(Generic[T]):
    """Something built from the database once, and again only when its subjects have changed."""

    def __init__(self, build: Callable[[Session], T], *subjects: str):
        self._build, self._subjects = build, subjects
        self._held: tuple[Stamps, T] | None = None
        self._lock = threading.Lock()

    def get(self, session: Session) -> T:
        """The value as the data stands in this transaction."""
        present = stamps(session, *self._subjects)
        with self._lock:
            if self._held is None or self._held[0] != present:
                self._held = present, self._build(session)
            return self._held[1]
