"""Proposing, asking for, approving and carrying out destructions. Nothing here commits.

The clock only proposes. Somebody with `archive.destroy` asks, somebody else with `archive.approve`
approves, a job carries it out, leaves a case that is on hold by then, and certifies the rest.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, undefer

from command_center.accounts import queries as accounts
from command_center.cases import numbering, papers, queries
from command_center.cases.archive import certificate, erasing, rules
from command_center.cases.archive.models import (
    DestroyedItem,
    Destruction,
    LegalHold,
    RetentionRule,
)
from command_center.cases.models import Case
from command_center.cases.office import Office
from gps_ingest.days import Days
from kernel.access import Role
from kernel.audit import record
from kernel.clock import now
from kernel.db import in_role, principal_of
from kernel.errors import BadInput, Conflict, IllegalTransition, NotFound
from kernel.jobs import enqueue

DESTROY, PROPOSE, PURGE = "archive.destroy", "archive.propose", "archive.purge_files"
PROPOSE_SECONDS = PURGE_SECONDS = 6 * 3600
WORD = "销"
OPEN = ("PROPOSED", "REQUESTED", "APPROVED")
SHOWN_AT_MOST = 200


class Archive:
    """The archive of one installation."""

    def __init__(self, office: Office, var_dir: Path, days: Days):
        self.office, self.var_dir, self.days = office, var_dir, days

    def propose(self, session: Session) -> None:
        """Job: lay down what is due, one list for each rule that has none open."""
        for rule in _active(session):
            if rule.target not in rules.FILES and not _open_list(session, rule.target):
                self._propose(session, rule)

    def _propose(self, session: Session, rule: RetentionRule) -> None:
        before = now(session) - timedelta(days=rule.days)
        due = (
            self.days.before(session, before)
            if rule.target == "gps"
            else erasing.cases_due(session, rule.target, before)
        )
        if not due:
            return
        made = Destruction(
            target=rule.target,
            rule={"code": rule.code, "days": rule.days, "basis": rule.basis},
            proposed_at=now(session),
            items=[DestroyedItem(reference=reference) for reference in due],
        )
        session.add(made)
        session.flush()
        record(session, "archive.proposed", "destruction", made.id, target=rule.target, n=len(due))

    def destroy(self, session: Session, payload: dict[str, Any]) -> None:
        """Job `archive.destroy`: erase what is on the approved list, then certify it."""
        listed = _locked(session, payload["destruction_id"])
        if listed.state != "APPROVED":
            return
        day = self.office.day(now(session))
        listed.number = numbering.document_no(session, WORD, self.office.region_code, day)
        for item in listed.items:
            self._destroy_one(session, listed, item)
        listed.state, listed.done_at = "DONE", now(session)
        listed.certificate = self._certificate(session, listed)
        gone = sum(item.outcome == "destroyed" for item in listed.items)
        record(
            session, "archive.destroyed", "destruction", listed.id,
            number=listed.number, target=listed.target, n=gone, held=len(listed.items) - gone,
        )  # fmt: skip

    def _destroy_one(self, session: Session, listed: Destruction, item: DestroyedItem) -> None:
        if listed.target == "gps":
            item.digest, item.outcome = self.days.destroy(session, item.reference), "destroyed"
            return
        case = queries.by_number(session, item.reference)
        if case is None or case.closed_at is None or erasing.is_held(session, case):
            item.outcome = "held"
            return
        item.digest = erasing.erase_case(session, self.office, case, listed.number or "")
        item.outcome = "destroyed"
        record(session, "case.destroyed", "case", case.id, number=listed.number, digest=item.digest)

    def _certificate(self, session: Session, listed: Destruction) -> dict[str, Any]:
        return {
            "bureau": accounts.root(session).name,
            "number": listed.number,
            "target": listed.target,
            "basis": listed.rule["basis"],
            "requested_by": listed.requested_by_name,
            "approved_by": listed.decided_by_name,
            "done_on": papers.chinese_day(self.office, now(session)),
            "items": [[item.reference, item.digest, item.outcome] for item in listed.items],
        }

    def purge_files(self, session: Session) -> None:
        """Job: remove copies of faxes that are older than their rule and that nobody waits for."""
        kept = erasing.documents_in_use(session)
        for rule in _active(session):
            if rule.target in rules.FILES:
                oldest = (now(session) - timedelta(days=rule.days)).timestamp()
                gone = list(_remove(self.var_dir / rule.target, oldest, kept))
                if gone:
                    record(session, "retention.purged", rule.target, "files", n=len(gone))


def lists(session: Session) -> list[Destruction]:
    """The newest lists; raises NotFound below the bureau's root."""
    check_whole_bureau(session)
    return list(
        session.scalars(select(Destruction).order_by(Destruction.id.desc()).limit(SHOWN_AT_MOST))
    )


def get(session: Session, destruction_id: int) -> Destruction:
    """One list with what it names; raises NotFound."""
    check_whole_bureau(session)
    found = session.get(
        Destruction, destruction_id, options=[selectinload(Destruction.items)],
        populate_existing=True,
    )  # fmt: skip
    if found is None:
        raise NotFound("destruction", destruction_id)
    return found


def request(session: Session, destruction_id: int) -> Destruction:
    """Ask for a proposed list to be destroyed; raises NotFound, IllegalTransition."""
    listed = _step(session, destruction_id, "PROPOSED", "request")
    principal = principal_of(session)
    listed.state, listed.requested_at = "REQUESTED", now(session)
    listed.requested_by, listed.requested_by_name = principal.id, principal.name
    record(session, "archive.requested", "destruction", listed.id, target=listed.target)
    return listed


def approve(session: Session, destruction_id: int) -> Destruction:
    """Let it be destroyed; raises NotFound, IllegalTransition, Conflict for one's own request."""
    listed = _decide(session, destruction_id, "APPROVED", "")
    enqueue(session, DESTROY, {"destruction_id": listed.id}, key=str(listed.id))
    return listed


def refuse(session: Session, destruction_id: int, reason: str) -> Destruction:
    """Keep it all; the clock proposes again. Raises what `approve` raises."""
    return _decide(session, destruction_id, "REFUSED", reason)


def pdf(session: Session, destruction_id: int) -> tuple[Destruction, bytes]:
    """The certificate of what was destroyed; raises NotFound before it is."""
    check_whole_bureau(session)
    listed = session.get(
        Destruction, destruction_id, options=[undefer(Destruction.pdf)], with_for_update=True
    )
    if listed is None or listed.certificate is None:
        raise NotFound("certificate", destruction_id)
    if listed.pdf is None:
        made = papers.cleared(certificate.KIND, listed.certificate)
        listed.pdf = papers.render_beside_the_loop(certificate.KIND, made)
    return listed, listed.pdf


def hold(session: Session, case_no: str, reason: str) -> LegalHold:
    """Keep a case from being destroyed; raises BadInput for a number that no case has."""
    check_whole_bureau(session)
    principal = principal_of(session)
    with in_role(session, Role.NUMBERS):
        wanted = select(Case.id).where(Case.case_no == case_no.strip().upper())
        case_id = session.scalar(wanted)
    if case_id is None:
        raise BadInput("case_no", "unknown_case")
    placed = LegalHold(
        case_id=case_id,
        reason=reason,
        placed_by=principal.id,
        placed_by_name=principal.name,
        placed_at=now(session),
    )
    session.add(placed)
    session.flush()
    record(session, "archive.held", "case", case_id, hold_id=placed.id)
    return placed


def holds(session: Session) -> list[tuple[LegalHold, str]]:
    """Holds with the numbers of their cases: those that run, then those that were lifted."""
    check_whole_bureau(session)
    order = (LegalHold.lifted_at.desc().nulls_first(), LegalHold.id.desc())
    found = session.scalars(select(LegalHold).order_by(*order).limit(SHOWN_AT_MOST)).all()
    return numbered(session, found)


def numbered(session: Session, found: Iterable[LegalHold]) -> list[tuple[LegalHold, str]]:
    """Each hold with the number of its case."""
    ids = {one.case_id for one in found}
    with in_role(session, Role.NUMBERS):
        wanted = select(Case.id, Case.case_no).where(Case.id.in_(ids))
        numbers = {row.id: row.case_no for row in session.execute(wanted)}
    return [(one, numbers[one.case_id]) for one in found]


def lift(session: Session, hold_id: int) -> LegalHold:
    """End a hold; raises NotFound."""
    check_whole_bureau(session)
    placed = session.get(LegalHold, hold_id, with_for_update=True)
    if placed is None or placed.lifted_at is not None:
        raise NotFound("hold", hold_id)
    placed.lifted_at = now(session)
    record(session, "archive.released", "case", placed.case_id, hold_id=placed.id)
    return placed


def rules_in_force(session: Session) -> list[RetentionRule]:
    return list(session.scalars(select(RetentionRule).order_by(RetentionRule.target)))


def _active(session: Session) -> list[RetentionRule]:
    return [rule for rule in rules_in_force(session) if rule.active]


def _open_list(session: Session, target: str) -> bool:
    found = select(Destruction.id).where(Destruction.target == target, Destruction.state.in_(OPEN))
    return session.scalar(found.limit(1)) is not None


def _locked(session: Session, destruction_id: int) -> Destruction:
    found = session.get(
        Destruction,
        destruction_id,
        options=[selectinload(Destruction.items)],
        with_for_update=True,
        populate_existing=True,
    )
    if found is None:
        raise NotFound("destruction", destruction_id)
    return found


def _step(session: Session, destruction_id: int, state: str, action: str) -> Destruction:
    check_whole_bureau(session)
    listed = _locked(session, destruction_id)
    if listed.state != state:
        raise IllegalTransition("destruction", listed.state, action)
    return listed


def _decide(session: Session, destruction_id: int, state: str, reason: str) -> Destruction:
    listed, principal = _step(session, destruction_id, "REQUESTED", state), principal_of(session)
    if listed.requested_by == principal.id:
        raise Conflict("own_request")
    listed.state, listed.decided_at, listed.reason = state, now(session), reason
    listed.decided_by, listed.decided_by_name = principal.id, principal.name
    record(session, f"archive.{state.lower()}", "destruction", listed.id, target=listed.target)
    return listed


def check_whole_bureau(session: Session) -> None:
    """The archive is the whole bureau's: for whoever sits below its root there is none.

    Raises NotFound.
    """
    if not principal_of(session).covers(accounts.root(session).path):
        raise NotFound("archive", 0)


def _remove(folder: Path, oldest: float, kept: set[str]) -> Iterator[str]:
    for path in folder.glob("**/*"):
        name = path.stem.removesuffix("-repeat")
        if path.is_file() and path.stat().st_mtime < oldest and name not in kept:
            path.unlink(missing_ok=True)
            yield path.name
