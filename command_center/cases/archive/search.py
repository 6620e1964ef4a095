"""The archive by number: which closed cases it keeps, until when, and what holds them.

The database itself gives numbers and dates alone (`cases.archived`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from command_center.cases.archive.service import check_whole_bureau

Standing = Literal["all", "due", "kept", "held", "destroyed"]
_COLUMNS = ("case_no", "kind", "organisation", "closed_at", "ends_at", "held", "destroyed")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for; `number` is a part of a case number."""

    number: str = ""
    kind: str = ""
    standing: Standing = "all"
    limit: int = 50
    offset: int = 0


def search(session: Session, wanted: Wanted) -> Sequence[Any]:
    """Closed cases, those whose time ends first; raises NotFound below the bureau's root."""
    check_whole_bureau(session)
    found = func.cases.archived(
        wanted.number.strip().upper(), wanted.kind, wanted.standing, wanted.limit, wanted.offset
    ).table_valued(*_COLUMNS)
    return session.execute(select(found).order_by(text("ends_at, case_no"))).mappings().all()
