"""The auditor's acts and the log's own jobs. Reading the log is on record too: one entry a search.

Numbers of cases and orders are looked up by a system part of its own, so that the auditor needs no
right on cases and learns nothing of them but the number.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from command_center.accounts import queries as accounts
from command_center.audit import queries
from command_center.audit.queries import Wanted
from kernel.access import Role, system
from kernel.audit import AuditEntry, record
from kernel.audit_anchors import Anchors
from kernel.audit_chain import Chain, Check, end
from kernel.audit_check import Proof, check
from kernel.clock import now
from kernel.db import Database, principal_of
from kernel.jobs import Claimed, enqueue
from kernel.settings import Settings

NUMBERS = system("audit desk", role=Role.NUMBERS)
"""Reads id and number of cases and orders, nothing else."""
CHAIN, ANCHOR, CHECK = "audit.chain", "audit.anchor", "audit.check"
CHAIN_SECONDS, ANCHOR_SECONDS = 10, 1800
EXPORT_AT_MOST = 100_000


def search(session: Session, wanted: Wanted, asked: dict[str, Any]) -> list[AuditEntry]:
    """The entries, the newest first. `asked` is what the auditor gave, for the log."""
    principal = principal_of(session)
    found = list(session.scalars(queries.search(principal, wanted)))
    if wanted.before is None:
        record(session, "audit.searched", "audit", "log", asked=asked, found=len(found))
    return found


def export(session: Session, wanted: Wanted, asked: dict[str, Any]) -> list[AuditEntry]:
    """All that was found, up to `EXPORT_AT_MOST`, for a file."""
    whole = replace(wanted, before=None, limit=EXPORT_AT_MOST)
    found = list(session.scalars(queries.search(principal_of(session), whole)))
    record(session, "audit.exported", "audit", "log", asked=asked, found=len(found))
    return found


class Auditing:
    """The chain, its proof and its anchors, as this installation keeps them."""

    def __init__(self, settings: Settings, database: Database):
        self.settings, self.database = settings, database
        self.chain = Chain(settings.audit_key)
        self.anchors = Anchors(settings.var_dir / "anchors", settings.audit_key)

    def numbers(self, entries: Iterable[AuditEntry]) -> dict[tuple[str, str], str]:
        """(kind, id) -> number of the case or order."""
        with self.database.unit_of_work(NUMBERS) as session:
            return queries.numbers_of(session, entries)

    def objects(self, number: str) -> list[tuple[str, str]]:
        """What the log calls the case or order of that number."""
        with self.database.unit_of_work(NUMBERS) as session:
            return queries.objects_of_number(session, number)

    def prove(self, session: Session) -> Proof:
        """Walk the whole chain beside the entries and the anchors on disk."""
        return check(session, self.settings.audit_key, self.anchors.all())

    def ask(self, session: Session) -> Check:
        """Ask for a verification; the worker runs it and keeps what it found."""
        principal = principal_of(session)
        asked = Check(
            requested_at=now(session),
            requested_by=principal.id,
            requested_by_name=principal.name,
        )
        session.add(asked)
        session.flush()
        record(session, "audit.check_asked", "audit", asked.id)
        enqueue(session, CHECK, {"check_id": asked.id}, key=str(asked.id))
        return asked

    def run(self, job: Claimed) -> None:
        """Job `audit.check`: once, even where it outlives its lease."""
        principal = system("worker", role=Role.HOUSE)
        with self.database.unit_of_work(principal) as session:
            asked = session.get(Check, job.payload["check_id"])
            if asked is None or asked.finished_at is not None:
                return
            proof = self.prove(session)
        with self.database.unit_of_work(principal) as session:
            asked = session.get_one(Check, job.payload["check_id"], with_for_update=True)
            if asked.finished_at is None:
                asked.finished_at, asked.result = now(session), proof.as_json()
                record(
                    session, "audit.checked", "audit", asked.id,
                    ok=proof.ok, links=proof.links, alert=not proof.ok,
                )  # fmt: skip

    def anchor(self, session: Session) -> bool:
        """Job `audit.anchor`: today's anchor, unless it is there; gives whether it was written."""
        day = now(session).astimezone(self.settings.zone).date()
        position, link = end(session)
        if self.anchors.has(day) or not position:
            return False
        bureau = f"{self.settings.region_code} {accounts.root(session).name}"
        self.anchors.write(day, bureau=bureau, at=now(session), position=position, link=link)
        record(session, "audit.anchored", "audit", day.isoformat(), position=position)
        return True

    def daily(self, session: Session) -> None:
        """The anchor's sweep; each new day also proves the chain."""
        if self.anchor(session):
            self.ask(session)

    def jobs_every(self) -> Iterator[tuple[str, float, Any]]:
        """(kind, seconds, sweep) of what is done again and again."""
        yield CHAIN, CHAIN_SECONDS, self.chain.sweep
        yield ANCHOR, ANCHOR_SECONDS, self.daily
