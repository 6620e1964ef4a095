"""One path from any channel into cases: check, find the subject and place, split, open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from geoalchemy2.shape import to_shape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from command_center.accounts import queries as accounts
from command_center.accounts.models import Organisation
from command_center.cases import codes, queries, screening, urgency
from command_center.cases import service as cases
from command_center.cases.identity import Person
from command_center.cases.models import Case, Subject
from command_center.cases.office import Office
from command_center.cases.places import Place
from command_center.cases.service import REPORT_DETAILS, NewCase
from command_center.cases.urgency import Proposal
from command_center.intake import requirements, subjects
from command_center.intake.schemas import SubjectIn, Submission
from kernel.access import Principal, Role
from kernel.clock import now
from kernel.db import carried_out_by, principal_of
from kernel.errors import BadInput, Conflict
from kernel.log import correlation_id
from maps.geocoding.candidates import Candidate
from maps.models import Business

Geocode = Callable[[Session, str], Sequence[Candidate]]
SURE_ENOUGH = 0.6
"""A geocoded place below this confidence is left for a person; the case stays unplaced."""
CENTRES = frozenset({"bureau", "sub_bureau"})
CODED = frozenset({"object_code", "violation_code", "wants_reward"})
"""Particulars that say no more than a table of codes does."""
ORDER_OF_KINDS = ("TS", "ZX", "JB")
"""A report is opened last: the sealed link names the complaint of the same call."""


def propose(
    session: Session,
    *,
    text: str,
    persons_affected: int | None,
    amount: object,
    ticked: Sequence[str],
    business_id: int | None,
    name: str,
    credit_code: str = "",
    only_visible: bool = False,
) -> Proposal:
    """The urgency that the words, numbers and other cases of the subject call for.

    For a person's eyes only the cases count that they may know of.
    """
    others = queries.recent_same_subject(
        session,
        business_id=business_id,
        name=name,
        credit_code=credit_code,
        only_visible=only_visible,
    )
    facts = urgency.Facts(
        text=text,
        persons_affected=persons_affected or 1,
        amount_yuan=float(amount) if isinstance(amount, int | float) else 0,
        ticked=frozenset(ticked),
        same_subject_24h=others,
    )
    return urgency.propose(facts)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new case and the code that its person asks for it with."""

    case: Case
    query_code: str


@dataclass(frozen=True, slots=True)
class Origin:
    """How a submission reached us."""

    public: bool = False
    remote_address: str = ""


@dataclass(frozen=True)
class Intake:
    """The desk that every submission passes."""

    office: Office
    geocode: Geocode

    @carried_out_by(Role.INTAKE)
    def register(
        self, session: Session, told: Submission, origin: Origin | None = None
    ) -> list[Opened]:
        """Open the case or cases of a submission, all in this transaction; once per key.

        Raises BadInput naming the field, Conflict `idempotency_key_used` for a key of other kinds.
        """
        origin = origin or Origin()
        if known := self._already(session, told, origin):
            return known
        business = subjects.registered(session, told.subject) if told.subject else None
        subject = subjects.described(told.subject or SubjectIn(), business)
        _check(told, subject)
        _refuse_identity(told, business)
        draft = self._draft(session, told, origin, subject, business)
        opened: list[Opened] = []
        for kind in sorted(told.kinds, key=ORDER_OF_KINDS.index):
            opened.append(self._open(session, told, origin, draft, kind, opened))
        position = {str(kind): place for place, kind in enumerate(told.kinds)}
        return sorted(opened, key=lambda one: position[one.case.kind])

    # -- once per key -------------------------------------------------------------------------

    def _already(self, session: Session, told: Submission, origin: Origin) -> list[Opened]:
        """The cases of an earlier request with this key; a twin request waits for its end."""
        lock = told.idempotency_key.int & 0x7FFF_FFFF_FFFF_FFFF
        session.execute(select(func.pg_advisory_xact_lock(lock)))
        prints = {self._print(session, told.idempotency_key, origin, k): k for k in told.kinds}
        found = session.scalars(select(Case).where(Case.idempotency_print.in_(prints))).all()
        if found and len(found) != len(told.kinds):
            raise Conflict("idempotency_key_used")
        by_kind = {case.kind: case for case in found}
        return [
            Opened(by_kind[kind], self._code(session, told.idempotency_key, origin, kind))
            for kind in told.kinds
            if found
        ]

    def _seed(self, session: Session, key: UUID, origin: Origin, kind: str) -> str:
        owner = "public" if origin.public else f"user {principal_of(session).id}"
        return f"{owner}|{kind}|{key}"

    def _print(self, session: Session, key: UUID, origin: Origin, kind: str) -> bytes:
        """One per case, keyed: without the key nobody sees that two came from one request."""
        return self.office.vault.blind_index(f"key|{self._seed(session, key, origin, kind)}")

    def _code(self, session: Session, key: UUID, origin: Origin, kind: str) -> str:
        return cases.query_code_of(self.office, self._seed(session, key, origin, kind))

    # -- opening ------------------------------------------------------------------------------

    def _draft(
        self,
        session: Session,
        told: Submission,
        origin: Origin,
        subject: Subject,
        business: Business | None,
    ) -> NewCase:
        """What all cases of the submission have in common."""
        principal = principal_of(session)
        place = _told_place(told, origin) or _registered_place(business)
        place_text = (told.place.text if told.place else "") or subject.address
        return NewCase(
            kind="",
            channel=told.channel,
            hotline=told.hotline or "",
            organisation=_centre(session, principal, origin),
            received_at=now(session),
            person=_person(told, origin),
            registered_by=None if origin.public else principal.id or None,
            first_handler="" if origin.public else principal.name,
            subject=subjects.stored(session, subject) if subject.name else None,
            place=place or self._geocoded(session, place_text, subject),
            place_text=place_text,
            narrative=told.sealed_narrative or "",
            facts=told.dispatch_facts or "",
            persons_affected=told.persons_affected or 1,
            consent_public=told.consent_public,
            consent_delegate=told.consent_delegate,
            **_urgency(told, _proposal(session, told, subject), origin),
        )

    def _open(
        self,
        session: Session,
        told: Submission,
        origin: Origin,
        draft: NewCase,
        kind: str,
        before: Sequence[Opened],
    ) -> Opened:
        # Of several cases the first alone says what the place was looked up by.
        place = replace(draft.place, asked="") if draft.place and before else draft.place
        new = replace(
            draft,
            kind=kind,
            place=place,
            query_seed=self._seed(session, told.idempotency_key, origin, kind),
            idempotency_print=self._print(session, told.idempotency_key, origin, kind),
        )
        complaint = next((one.case.case_no for one in before if one.case.kind == "TS"), "")
        if kind == "JB" and before:
            # What was done for the report is a request of its own: its trace leads nowhere else.
            correlation_id.set(uuid4().hex[:16])
        shaped = {"TS": _complaint, "JB": _report, "ZX": _consultation}[kind](new, told, complaint)
        return Opened(*cases.open_case(session, self.office, shaped))

    def _geocoded(self, session: Session, text: str, subject: Subject) -> Place | None:
        """A first guess where nobody pointed at the map; a person confirms it."""
        for words in filter(None, (text, subject.name)):
            best = next(iter(self.geocode(session, words)), None)
            if best is None or best.confidence < SURE_ENOUGH:
                continue
            if best.lat is not None and best.lon is not None:
                return Place(best.lat, best.lon, best.level, best.confidence, best.evidence, text)
        return None


def _proposal(session: Session, told: Submission, subject: Subject) -> Proposal:
    return propose(
        session,
        text="\n".join(
            filter(None, (told.dispatch_facts, told.report_facts, told.sealed_narrative))
        ),
        persons_affected=told.persons_affected,
        amount=told.details.get("amount"),
        ticked=told.triggers,
        business_id=subject.business_id,
        name=subject.name,
        credit_code=subject.credit_code,
    )


# -- checks -------------------------------------------------------------------------------------


def _check(told: Submission, subject: Subject) -> None:
    if told.kinds == ["TS"] and told.person.anonymous:
        raise BadInput("person.anonymous", "complaint_needs_identity")
    given = {
        "person.name": told.person.name,
        "person.phone": told.person.phone,
        "person.address": told.person.address,
        "subject.name": subject.name,
        "subject.address": subject.address or (told.place.text if told.place else ""),
        "demands": told.demands,
        "dispatch_facts": told.dispatch_facts or told.sealed_narrative,
        "question": told.question,
    }
    if gaps := requirements.missing([*told.kinds], given):
        raise BadInput(gaps[0], "required", missing=gaps)
    if _is_mixed(told) and told.dispatch_facts:
        if not told.report_facts:
            raise BadInput("report_facts", "required", missing=["report_facts"])
        if _squeezed(told.report_facts) == _squeezed(told.dispatch_facts):
            raise BadInput("report_facts", "same_words")
    if told.answered and not told.answer:
        raise BadInput("answer", "required")
    _check_codes(told)


def _is_mixed(told: Submission) -> bool:
    return "JB" in told.kinds and len(told.kinds) > 1


def _squeezed(words: str) -> str:
    return "".join(filter(str.isalnum, words))


def _check_codes(told: Submission) -> None:
    for field, table, given in (
        ("demands", "demands", told.demands),
        ("triggers", "urgency_triggers", told.triggers),
        ("details.problem_code", "problems", [told.details.get("problem_code")]),
        ("details.violation_code", "violations", [told.details.get("violation_code")]),
        ("details.object_code", "objects", [told.details.get("object_code")]),
    ):
        known = codes.known(table)
        if any(code not in known for code in given if code not in (None, "")):
            raise BadInput(field, "unknown_code")


def _refuse_identity(told: Submission, business: Business | None) -> None:
    """Nothing that may leave, and nothing of a report that lies in the open, names a person.

    The refusal comes before anything is written; the form keeps its text, so nothing is lost.
    """
    for field, words in _open_texts(told, business).items():
        if hit := screening.find(words, _whole_person(told).traits):
            raise BadInput(field, "facts_contain_identity", found=hit)


def _open_texts(told: Submission, business: Business | None) -> dict[str, str]:
    texts: dict[str, str | None] = {"dispatch_facts": told.dispatch_facts}
    if "JB" in told.kinds:
        texts["report_facts"] = told.report_facts
        texts["urgency_reason"] = told.urgency_reason
        texts["place.text"] = told.place.text if told.place else ""
        if told.subject:
            texts["subject.contact"] = told.subject.contact
        for name in sorted(REPORT_DETAILS & told.details.keys()):
            texts[f"details.{name}"] = str(told.details[name] or "")
    return {field: words for field, words in texts.items() if words}


# -- parts of a case ----------------------------------------------------------------------------


def _whole_person(told: Submission) -> Person:
    who = told.person
    return Person(
        name=who.name, phone=who.phone, address=who.address, id_kind=who.id_kind,
        id_number=who.id_number, caller_number=told.caller_number or "",
    )  # fmt: skip


def _person(told: Submission, origin: Origin) -> Person:
    return replace(_whole_person(told), remote_address=origin.remote_address)


def _complaint(new: NewCase, told: Submission, _: str) -> NewCase:
    return replace(new, demands=list(told.demands), details=dict(told.details))


def _consultation(new: NewCase, told: Submission, _: str) -> NewCase:
    answer = told.answer if told.answered else None
    return replace(new, question=told.question, answer=answer, details=dict(told.details))


def _report(new: NewCase, told: Submission, complaint_no: str) -> NewCase:
    """The half that must not lead to anybody: its own minute, its own words, a sealed person."""
    anonymous = told.person.anonymous
    person = Person() if anonymous else new.person
    details: dict[str, Any] = {**told.details, "wants_reward": told.wants_reward}
    # The complaint of the same call has the same goods, brand and batch: here they are sealed.
    private = {name: v for name, v in details.items() if name not in CODED and _is_mixed(told)}
    return replace(
        new,
        received_at=_to_the_minute(new.received_at),
        person=replace(person, linked_case_no=complaint_no),
        details={name: v for name, v in details.items() if name not in private},
        private=private,
        facts=(told.report_facts or "") if _is_mixed(told) else new.facts,
        urgency_reason=urgency.words(new.triggers) if complaint_no else new.urgency_reason,
        is_real_name=not anonymous and bool(person.name and (person.phone or person.id_number)),
    )


def _to_the_minute(moment: datetime) -> datetime:
    """Equal microseconds would tie a report to the complaint of the same call."""
    return moment.replace(second=0, microsecond=0)


def _urgency(told: Submission, proposal: Proposal, origin: Origin) -> dict[str, Any]:
    """The level a person chose, with a reason where it differs; else the proposed one."""
    found = [hit.code for hit in proposal.triggers]
    # What was heard may quote the sealed narrative: of a report only the rule's own words stay.
    why = urgency.words(found) if "JB" in told.kinds else _why(proposal)
    if set(told.kinds) == {"ZX"}:
        return {"urgency": told.urgency or 0, "urgency_reason": told.urgency_reason or ""}
    if told.urgency is None or origin.public:
        return {"urgency": proposal.level, "urgency_reason": why[:400], "triggers": found}
    if told.urgency != proposal.level and not told.urgency_reason:
        raise BadInput("urgency_reason", "required", proposed=proposal.level)
    reason = told.urgency_reason or why
    return {"urgency": told.urgency, "urgency_reason": reason[:400], "triggers": found}


def _why(proposal: Proposal) -> str:
    return "；".join(hit.why for hit in proposal.triggers)


def _told_place(told: Submission, origin: Origin) -> Place | None:
    if told.place is None:
        return None
    return Place.told(told.place, confirmed=told.place.confirmed and not origin.public)


def _registered_place(business: Business | None) -> Place | None:
    if business is None or business.geom is None:
        return None
    point = to_shape(business.geom).centroid
    return Place(point.y, point.x, business.point_level, 1.0, ("registry",), business.address)


def _centre(session: Session, principal: Principal, origin: Origin) -> Organisation:
    """The nearest bureau or sub-bureau above whoever received it; the bureau for the public."""
    found = None
    if not origin.public and principal.organisation_id is not None:
        found = accounts.organisation(session, principal.organisation_id)
    while found is not None and found.kind not in CENTRES:
        found = session.get(Organisation, found.parent_id) if found.parent_id else None
    return found or accounts.root(session)
