"""Opening a case and the acts that are not legal steps: place, urgency, escalation, facts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from command_center.accounts.models import Organisation
from command_center.cases import (
    clocks,
    clusters,
    identity,
    lifecycle,
    numbering,
    places,
    queries,
    screening,
    timeline,
)
from command_center.cases.identity import Person
from command_center.cases.models import Case, Subject
from command_center.cases.office import Office
from command_center.cases.places import Place
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict, Forbidden

ESCALATED = "case_escalated"
NEEDS_APPROVAL = 2
"""From this level on an order waits for a commander; so does lowering it."""
REPORT_DETAILS = frozenset(
    {"goods", "brand", "model", "batch", "manufacturer", "object_code", "violation_code",
     "wants_reward"}
)  # fmt: skip
"""Particulars of a report that may lie in the open. All others (an order number, an exact amount,
a date of purchase) lead to who bought, and stay with the sealed narrative."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """Everything a case is opened with; checked before, stored by `open_case`."""

    kind: str
    channel: str
    organisation: Organisation
    received_at: datetime
    person: Person
    registered_by: int | None = None
    first_handler: str = ""
    hotline: str = ""
    subject: Subject | None = None
    place: Place | None = None
    place_text: str = ""
    narrative: str = ""
    facts: str = ""
    question: str | None = None
    answer: str | None = None
    demands: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    private: dict[str, Any] = field(default_factory=dict)
    """Particulars of a report that lie with its sealed narrative, whatever they are."""
    persons_affected: int = 1
    urgency: int = 0
    urgency_reason: str = ""
    triggers: list[str] = field(default_factory=list)
    is_real_name: bool = False
    consent_public: bool = False
    consent_delegate: bool = False
    query_seed: str = ""
    """What the query code is derived from: the same submission gives the same code again."""
    idempotency_print: bytes | None = None


def open_case(session: Session, office: Office, new: NewCase) -> tuple[Case, str]:
    """Store the case with its person, clocks and first entry; gives it and its query code."""
    case_no = numbering.case_no(session, new.kind, office.region_code, office.day(new.received_at))
    code = query_code_of(office, new.query_seed or case_no)
    case = _row(office, new, case_no)
    if new.kind == "JB":
        _keep_informant(session, office, case, new)
    case.query_code_print = numbering.query_code_print(office.vault, case_no, code)
    session.add(case)
    if new.place:
        places.put(session, case, new.place, new.received_at)
    session.flush()
    if new.kind != "JB":
        _keep_complainant(session, office, case, new)
    _start_clocks(session, office, case)
    timeline.write(
        session, case, "registered", case.received_at, timeline.actor_of(session),
        {"channel": case.channel, "urgency": case.urgency},
    )  # fmt: skip
    record(session, "case.registered", "case", case.id)
    clusters.look(session, case.id)
    if case.urgency:
        _ring(session, office, case)
    return case, code


def query_code_of(office: Office, seed: str) -> str:
    """The query code of the case that was opened with this seed: not stored, derived again."""
    return numbering.query_code(office.vault, seed)


def set_place(session: Session, office: Office, case_id: int, place: Place) -> Case:
    """Move or confirm the pin; raises NotFound, BadInput when the text names the informant."""
    case = _to_change(session, case_id)
    _refuse_others_clerk(session, case, "case.create")
    refuse_person(session, office, case, {"text": place.text})
    places.put(session, case, place, now(session))
    case.version += 1
    timeline.add(session, case, "place_confirmed", level=place.level)
    record(session, "case.placed", "case", case.id, level=place.level)
    clusters.look(session, case.id)
    return case


def set_facts(session: Session, office: Office, case_id: int, facts: str) -> Case:
    """Write the facts that may leave; raises NotFound, BadInput when they name a person."""
    case = _to_change(session, case_id)
    _refuse_others_clerk(session, case, "case.create")
    refuse_person(session, office, case, {"dispatch_facts": facts}, always=True)
    _put_facts(office, case, facts)
    case.version += 1
    timeline.add(session, case, "facts_changed")
    record(session, "case.facts_changed", "case", case.id)
    clusters.look(session, case.id)
    return case


def set_urgency(session: Session, office: Office, case_id: int, level: int, reason: str) -> Case:
    """Change the level, with a reason; 1 or more rings the dispatchers, 0 ends their alarm.

    Raises Forbidden for a clerk where the case is another's, and for whoever would lower what
    only a commander may let go (SPEC §4.3: level 2 or more needs approval).
    """
    case = _to_change(session, case_id)
    _refuse_others_clerk(session, case, "case.escalate")
    before = case.urgency
    if level < before and before >= NEEDS_APPROVAL:
        principal_of(session).require("order.approve")
    _put_urgency(session, office, case, level, reason)
    timeline.add(session, case, "urgency_changed", before=before, level=level, reason=reason)
    if level > before:
        _ring(session, office, case)
    elif level == 0:
        office.alarms.settle(session, ESCALATED, ("case", case.id))
    return case


def escalate(session: Session, office: Office, case_id: int, level: int, reason: str) -> Case:
    """Raise the level and the alarm; raises BadInput for a level below the present one."""
    case = _to_change(session, case_id)
    if level < max(1, case.urgency):
        raise BadInput("level", "not_higher", present=case.urgency)
    before = case.urgency
    _put_urgency(session, office, case, level, reason)
    timeline.add(session, case, "escalated", before=before, level=level, reason=reason)
    _ring(session, office, case)
    return case


def _refuse_others_clerk(session: Session, case: Case, permission: str) -> None:
    """Clerks change what they registered, or nobody did (SPEC §1.2, "o"); anyone may escalate."""
    principal = principal_of(session)
    if principal.is_system or not principal.roles <= lifecycle.CLERKS:
        return
    if case.registered_by not in (None, principal.id):
        raise Forbidden(permission, "not_your_case")


def _to_change(session: Session, case_id: int) -> Case:
    """The case, locked; raises NotFound, Forbidden outside the jurisdiction, Conflict if closed."""
    case = queries.get(session, case_id, lock=True)
    if not principal_of(session).covers(case.organisation_path):
        raise Forbidden("case.read", "outside_jurisdiction")
    if case.closed_at is not None:
        raise Conflict("case_closed", case_no=case.case_no)
    return case


def refuse_person(
    session: Session,
    office: Office,
    case: Case,
    texts: dict[str, str],
    *,
    always: bool = False,
    shapes: bool = True,
) -> None:
    """Raise BadInput naming the first text of a report that gives its informant away.

    `always` checks other kinds too: what may leave the house names nobody. Without `shapes`,
    numbers of anybody pass. The refusal never says what it found, and the house remembers it:
    raises Conflict `words_locked` after too many.
    """
    said = {name: words for name, words in texts.items() if words}
    if not said or (case.kind != "JB" and not always):
        return
    identity.refuse_guesser(session, case)
    person = identity.person_of(session, office.vault, case)
    for name, words in said.items():
        hit = screening.find(words, person.traits if person else None)
        if hit in screening.OWN:
            identity.note_match(session, case, name)
        if hit in screening.OWN or (hit and shapes):
            raise BadInput(name, "facts_contain_identity")


def _row(office: Office, new: NewCase, case_no: str) -> Case:
    case = Case(
        case_no=case_no,
        kind=new.kind,
        state="ANSWERED" if new.answer else lifecycle.INITIAL[new.kind],
        channel=new.channel,
        hotline=new.hotline,
        organisation=new.organisation,
        organisation_path=new.organisation.path,
        centre_id=new.organisation.id,
        registered_by=new.registered_by,
        first_handler=new.first_handler,
        subject=new.subject,
        place_text=new.place_text,
        question=new.question,
        answer=new.answer,
        demands=new.demands,
        details=new.details,
        persons_affected=new.persons_affected,
        urgency=new.urgency,
        urgency_reason=new.urgency_reason,
        triggers=new.triggers,
        received_at=new.received_at,
        changed_at=new.received_at,
        disposition="ANSWERED" if new.answer else "",
        idempotency_print=new.idempotency_print,
        map_status="new",
    )
    if new.narrative and new.kind != "JB":
        case.sealed_narrative = identity.seal_text(office.vault, new.narrative, case_no)
    _put_facts(office, case, new.facts)
    return case


def _with_private_details(case: Case, new: NewCase) -> str:
    private = {key: v for key, v in case.details.items() if key not in REPORT_DETAILS}
    private |= new.private
    case.details = {key: v for key, v in case.details.items() if key in REPORT_DETAILS}
    lines = [f"{key}：{value}" for key, value in private.items() if value not in (None, "")]
    return "\n".join(filter(None, [new.narrative, *lines]))


def _put_facts(office: Office, case: Case, facts: str) -> None:
    if case.kind == "JB":
        owner = f"facts:{case.case_no}"
        case.sealed_facts = identity.seal_text(office.vault, facts, owner) if facts else None
    else:
        case.dispatch_facts = facts


def _keep_informant(session: Session, office: Office, case: Case, new: NewCase) -> None:
    """The person and the words that may name them, in one sealed row apart from the case."""
    case.informant_given, case.is_real_name = new.person.is_given, new.is_real_name
    narrative = _with_private_details(case, new)
    if narrative or new.person != Person():
        case.reporter_ref = identity.keep_informant(
            session, office.vault, new.person, narrative, case.case_no
        )


def _keep_complainant(session: Session, office: Office, case: Case, new: NewCase) -> None:
    if new.person.is_given:
        identity.keep_complainant(
            session, office.vault, case, new.person,
            consent_public=new.consent_public, consent_delegate=new.consent_delegate,
        )  # fmt: skip


def _start_clocks(session: Session, office: Office, case: Case) -> None:
    if case.state not in ("ANSWERED",):
        for clock in lifecycle.FIRST_CLOCKS[case.kind]:
            clocks.start(session, office, case, clock, case.received_at)
    clocks.show_next(session, case)


def _put_urgency(session: Session, office: Office, case: Case, level: int, reason: str) -> None:
    refuse_person(session, office, case, {"reason": reason})
    case.urgency, case.urgency_reason = level, reason
    case.version += 1
    record(session, "case.urgency", "case", case.id, level=level)


def _ring(session: Session, office: Office, case: Case) -> None:
    office.alarms.raise_alarm(
        session, ESCALATED, ("case", case.id),
        organisation_path=case.organisation_path, level=case.urgency,
        params={"case_no": case.case_no},
    )  # fmt: skip
