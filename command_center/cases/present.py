"""A case as this principal may see it: summaries for lists, the whole for its page."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from command_center.accounts import queries as accounts
from command_center.accounts.models import User
from command_center.cases import (
    actions,
    clearance,
    clusters,
    deadlines,
    identity,
    lifecycle,
    likeness,
    originals,
    queries,
    recordings,
    sending,
)
from command_center.cases.identity import chain
from command_center.cases.identity import store as identity_store
from command_center.cases.lifecycle import Step
from command_center.cases.likeness import Reason
from command_center.cases.models import (
    Approval,
    Attachment,
    Case,
    Deadline,
    Document,
    Recording,
    TimelineEntry,
)
from command_center.cases.office import Office
from command_center.cases.queries import Row
from command_center.cases.schemas import (
    ActionOut,
    ApprovalOut,
    AttachmentOut,
    CaseDetail,
    CaseSummary,
    ClusterRef,
    ComplainantOut,
    DeadlineOut,
    DocumentOut,
    ExtensionOut,
    InformantOut,
    LikeCase,
    MapCase,
    OrganisationRef,
    PauseOut,
    PlaceOut,
    RecordingOut,
    SubjectOut,
    TimelineOut,
    WordsOut,
)
from dispatch.orders import queries as orders
from dispatch.orders.presenting import summary_out
from kernel.access import Principal, Role
from kernel.audit import record
from kernel.clock import now
from kernel.db import in_role, principal_of

Point = tuple[float, float]


def summaries(session: Session, rows: list[Row]) -> list[CaseSummary]:
    """The rows of a list, in their order."""
    return [CaseSummary(**one) for one in _summaries(session, rows)]


def alike(session: Session, found: Sequence[tuple[Row, Iterable[Reason]]]) -> list[LikeCase]:
    """Cases with the reasons why they belong to another, in their order."""
    told = _summaries(session, [row for row, _ in found])
    return [
        LikeCase(**one, reasons=[reason for reason in likeness.REASONS if reason in why])
        for one, (_, why) in zip(told, found, strict=True)
    ]


def of_cluster(session: Session, case: Case) -> list[LikeCase]:
    """The cases that hang together with this one, itself among them; none where it is alone."""
    cluster = clusters.of(session, [case.id]).get(case.id)
    if cluster is None:
        return []
    rows = queries.these(session, cluster.members)
    return alike(session, [(row, cluster.members[row.case.id]) for row in rows])


def _summaries(session: Session, rows: Sequence[Row]) -> list[dict[str, Any]]:
    idents = [row.case.id for row in rows]
    points, moment = queries.points_of(session, idents), now(session)
    grouped = clusters.of(session, idents)
    return [
        {**_summary(row, points.get(row.case.id), moment), **_cluster(grouped.get(row.case.id))}
        for row in rows
    ]


def _cluster(found: clusters.Cluster | None) -> dict[str, Any]:
    return {"cluster": _read(ClusterRef, found) if found else None}


def on_map(session: Session, rows: Sequence[Any]) -> list[MapCase]:
    """What stands on the map, with the clusters that stand there as one."""
    grouped = clusters.of(session, [row["id"] for row in rows])
    return [MapCase(**row, **_cluster(grouped.get(row["id"]))) for row in rows]


def detail(session: Session, office: Office, case: Case) -> CaseDetail:
    """The case page: everything this principal may know and do now.

    Whoever sees the complainant in full is on record for it.
    """
    [row], moment = queries.rows(session, [case]), now(session)
    [summary] = _summaries(session, [row])
    words, people = _words(session, office, case), _people(session, office, case)
    _note_reading(session, case, words, people)
    return CaseDetail(
        **summary,
        **words,
        **people,
        suggested_organisation=_suggested(session, case),
        deadlines=[_deadline(one, moment) for one in _all(session, Deadline, case)],
        timeline=_timeline(session, case),
        orders=[summary_out(one) for one in orders.of_case(session, case.id)],
        documents=[_read(DocumentOut, one) for one in _all(session, Document, case)],
        attachments=_attachments(session, case),
        recordings=_recordings(session, office, case),
        approvals=[_approval(one) for one in _all(session, Approval, case)],
        actions=[_action(step) for step in actions.available(session, case)],
    )


def _summary(row: Row, point: Point | None, moment: datetime) -> dict[str, Any]:
    case = row.case
    same = ("id", "case_no", "kind", "state", "urgency", "urgency_reason", "region_code",
            "channel", "hotline", "received_at", "due_at", "map_status", "disposition",
            "version")  # fmt: skip
    return {
        **{name: getattr(case, name) for name in same},
        "subject": _read(SubjectOut, case.subject) if case.subject else None,
        "organisation": OrganisationRef(id=case.organisation_id, name=case.organisation.name),
        "place": _place(case, point),
        "light": deadlines.light(moment, case.due_at, case.yellow_at, case.red_at),
        "open_orders": row.open_orders,
        "alarm_id": row.alarm_id,
    }


def _place(case: Case, point: Point | None) -> PlaceOut | None:
    if point is None:
        return None
    return PlaceOut(
        lat=point[1],
        lon=point[0],
        level=case.place_level,
        confidence=case.place_confidence,
        confirmed=case.place_confirmed_at is not None,
        text=case.place_text,
    )


def _words(session: Session, office: Office, case: Case) -> dict[str, Any]:
    same = ("demands", "details", "question", "answer", "persons_affected", "triggers",
            "outcome")  # fmt: skip
    return {
        **{name: getattr(case, name) for name in same},
        **_takers(session, case),
        "sealed_narrative": _narrative(session, office, case),
        "dispatch_facts": sending.facts_of(office, case),
    }


def _may_know_taker(session: Session, case: Case) -> bool:
    principal = principal_of(session)
    return (
        case.kind != "JB" or principal.can("identity.reveal") or case.registered_by == principal.id
    )


def _takers(session: Session, case: Case) -> dict[str, str | None]:
    """Who took the call. Of a report only those learn it who may learn who called: a colleague's
    name and the minute lead to the complaint of the same call.
    """
    if not _may_know_taker(session, case):
        return {"first_handler": "", "registered_by": None}
    registrar = session.get(User, case.registered_by) if case.registered_by else None
    return {
        "first_handler": case.first_handler,
        "registered_by": registrar.name if registrar else None,
    }


def _narrative(session: Session, office: Office, case: Case) -> str | None:
    """A report's narrative may name its informant: it opens with the identity, and is logged."""
    if case.kind == "JB" or not _knows_complainant(session, case):
        return None
    return identity.open_text(office.vault, case.sealed_narrative, case.case_no)


def _knows_complainant(session: Session, case: Case) -> bool:
    principal = principal_of(session)
    return principal.can("complainant.read") or case.registered_by == principal.id


def _people(session: Session, office: Office, case: Case) -> dict[str, Any]:
    if case.kind == "JB":
        informant = InformantOut(
            given=case.informant_given,
            real_name=case.is_real_name,
            may_reveal=chain.may(principal_of(session), case),
        )
        return {"complainant": None, "informant": informant, "same_phone": 0}
    person = identity.complainant(session, office.vault, case)
    shown = _complainant(session, case, person)
    return {
        "complainant": shown,
        "informant": None,
        "same_phone": _same_phone(session, office, case, person) if person else 0,
    }


def complainant(session: Session, office: Office, case: Case) -> ComplainantOut | None:
    """Who complains or asks, masked for those who may not know them (SPEC §1.2)."""
    return _complainant(session, case, identity.complainant(session, office.vault, case))


def _complainant(
    session: Session, case: Case, person: identity.Person | None
) -> ComplainantOut | None:
    full = _knows_complainant(session, case)
    return ComplainantOut(**identity.shown(person, full=full)) if person else None


def _same_phone(session: Session, office: Office, case: Case, person: identity.Person) -> int:
    """Only how many, never which: an edge from person to person is no one's to follow here."""
    reach = queries.visible(principal_of(session))
    return identity_store.same_phone(session, office.vault, case, person, reach)


def _note_reading(
    session: Session, case: Case, words: dict[str, Any], people: dict[str, Any]
) -> None:
    person: ComplainantOut | None = people["complainant"]
    fields = ["contact"] if person and not person.masked else []
    fields += ["narrative"] if words["sealed_narrative"] else []
    if fields:
        record(session, "complainant.read", "case", case.id, fields=fields)


def _suggested(session: Session, case: Case) -> OrganisationRef | None:
    """The branch in whose jurisdiction the place lies, while the centre has the case."""
    point = queries.point_of(session, case)
    if point is None or case.state not in lifecycle.CENTRE_STATES:
        return None
    found = accounts.branch_at(session, *point)
    return OrganisationRef(id=found.id, name=found.name) if found else None


def _all(session: Session, model: type[Any], case: Case) -> Any:
    return queries.of_case(session, model, case.id)


def _attachments(session: Session, case: Case) -> list[AttachmentOut]:
    may = clearance.may_decide(principal_of(session), case)
    choices = list(clearance.purposes_for(case)) if may else []
    sealed = originals.openable(session, case)
    found = [_read(AttachmentOut, one) for one in _all(session, Attachment, case)]
    return [
        one.model_copy(update={"clearable_for": choices, "may_open_original": one.id in sealed})
        for one in found
    ]


def _timeline(session: Session, case: Case) -> list[TimelineOut]:
    rows = queries.of_case(session, TimelineEntry, case.id, TimelineEntry.at, TimelineEntry.id)
    entries = [_read(TimelineOut, row) for row in rows]
    if not _may_know_taker(session, case):
        for entry in entries:
            entry.actor = "" if entry.kind == "registered" else entry.actor
    return entries


def _read(shape: type[Any], row: object) -> Any:
    return shape.model_validate(row, from_attributes=True)


def _deadline(row: Deadline, moment: datetime) -> DeadlineOut:
    ended = row.met_at or row.void_at
    shown = "none" if ended else deadlines.light(moment, row.due_at, row.yellow_at, row.red_at)
    return DeadlineOut(
        rule=row.rule,
        started_at=row.started_at,
        due_at=row.due_at,
        met_at=row.met_at,
        light=shown,
        provisional=row.provisional,
        steps=[WordsOut(**deadlines.words(deadlines.Step(**one))._asdict()) for one in row.steps],
        unit=deadlines.RULES[row.rule].unit,
        pauses=[PauseOut.model_validate(one) for one in row.pauses],
        extensions=[ExtensionOut.model_validate(one) for one in row.extensions],
    )


def _recordings(session: Session, office: Office, case: Case) -> list[RecordingOut]:
    who = principal_of(session)
    with in_role(session, Role.HOUSE):
        rows = _all(session, Recording, case)
    return [recording_out(office, case, row, who) for row in rows]


def recording_out(office: Office, case: Case, row: Recording, who: Principal) -> RecordingOut:
    """A recording as its case's page names it."""
    return RecordingOut(
        id=row.id,
        kind=row.kind,
        media_type=row.media_type,
        at=row.at,
        transcript="" if case.kind == "JB" else recordings.transcript(office, row),
        may_hear=recordings.may_hear(who, case, row.kind),
        delivery_id=row.delivery_id,
    )


def _approval(row: Approval) -> ApprovalOut:
    return ApprovalOut(
        id=row.id,
        kind=row.kind,
        requested_by=row.requested_by_name,
        requested_at=row.requested_at,
        data=row.data,
        decided_by=row.decided_by_name or None,
        decided_at=row.decided_at,
        verdict=row.verdict or None,
        reason=row.reason,
    )


def _action(step: Step) -> ActionOut:
    return ActionOut(
        action=step.action,
        needs=list(step.needs),
        choices=step.choices,
        target=step.target,
        article=step.article,
    )
