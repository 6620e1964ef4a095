"""Cases, their subjects, people, clocks, papers and timeline.

Nothing in a plain column leads from a report to a person: an informant and every link to one lie
in `reporter_identity`, beside the report's narrative, which may name them; a report's facts are
sealed too, so that equal words do not tie it to the complaint of the same call.
"""

from datetime import date
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Double,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from command_center.accounts.models import Organisation
from kernel.db import Base, Json, Key, Reference, Timestamp

SCHEMA = {"schema": "cases"}


def _of_case() -> Mapped[int]:
    return mapped_column(ForeignKey("cases.cases.id"), index=True)


def _searched(table: str, column: str) -> Index:
    """Finds words of three characters and more within the column."""
    ops = {column: "gin_trgm_ops"}
    name = f"ix_{table}_{column}_words"
    return Index(name, column, postgresql_using="gin", postgresql_ops=ops)


class Subject(Base):
    """The business complained of, as it was known; equal descriptions share one row."""

    __tablename__ = "subjects"
    __table_args__ = (
        Index("ix_subjects_credit_code", "credit_code", postgresql_where=text("credit_code <> ''")),
        Index("ix_subjects_name", "name"),
        *(_searched("subjects", column) for column in ("name", "address")),
        SCHEMA,
    )

    id: Mapped[Key]
    business_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    """Row of the business registry at that time; opaque, the registry may be replaced."""
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    credit_code: Mapped[str] = mapped_column(String(18), server_default="")
    address: Mapped[str] = mapped_column(String(400), server_default="")
    phone: Mapped[str] = mapped_column(String(60), server_default="")
    contact: Mapped[str] = mapped_column(String(60), server_default="")
    legal_representative: Mapped[str] = mapped_column(String(60), server_default="")


class Case(Base):
    """One complaint (TS), report (JB) or consultation (ZX)."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("id", "kind"),
        CheckConstraint("kind in ('TS', 'JB', 'ZX')", name="kind"),
        CheckConstraint("urgency between 0 and 3", name="urgency"),
        CheckConstraint(
            "kind <> 'JB' or (dispatch_facts is null and question is null and answer is null)",
            name="report_facts_are_sealed",
        ),
        CheckConstraint("kind = 'JB' or reporter_ref is null", name="only_reports_have_informants"),
        Index(
            "ix_cases_open", "urgency", "received_at", postgresql_where=text("closed_at is null")
        ),
        Index(
            "ix_cases_organisation_path",
            "organisation_path",
            postgresql_ops={"organisation_path": "text_pattern_ops"},
        ),
        Index("ix_cases_place", "place", postgresql_using="gist"),
        Index(
            "ix_cases_open_place",
            "place",
            postgresql_using="gist",
            postgresql_where=text("closed_at is null"),
        ),
        Index(
            "ix_cases_open_subject_id",
            "subject_id",
            postgresql_where=text("closed_at is null"),
        ),
        Index("ix_cases_received_at", "received_at"),
        Index("ix_cases_due_at", "due_at", postgresql_where=text("due_at is not null")),
        *(_searched("cases", column) for column in ("case_no", "place_text")),
        SCHEMA,
    )

    id: Mapped[Key]
    case_no: Mapped[str] = mapped_column(String(24), unique=True)
    kind: Mapped[str] = mapped_column(String(2))
    state: Mapped[str] = mapped_column(String(20))
    external_no: Mapped[str] = mapped_column(String(60), server_default="")
    """The number of the national 12315 platform: opaque text."""
    version: Mapped[int] = mapped_column(Integer, server_default="1", default=1)
    """Counts the acts of people, so that nobody decides on a stale screen."""
    demo: Mapped[bool] = mapped_column(Boolean, server_default="false")
    """Made up for the demo city's past."""

    urgency: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    urgency_reason: Mapped[str] = mapped_column(String(400), server_default="")
    triggers: Mapped[list[str]] = mapped_column(ARRAY(String(20)), server_default="{}")
    persons_affected: Mapped[int] = mapped_column(Integer, server_default="1")

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.organisations.id"), index=True
    )
    """Who answers for the case now: the centre, or the unit it was routed to."""
    organisation_path: Mapped[str] = mapped_column(String(200))
    centre_id: Mapped[int] = mapped_column(ForeignKey("accounts.organisations.id"))
    """The centre that received it, where a returned case goes back to."""
    registered_by: Mapped[int | None] = mapped_column(BigInteger, index=True)
    """The user that registered it; None for what the public filed itself."""
    first_handler: Mapped[str] = mapped_column(String(80), server_default="")
    """Who first received the person (首问负责制)."""
    handler_id: Mapped[int | None] = mapped_column(BigInteger)
    """The officer named to handle it: who accepted the complaint or began to verify."""

    channel: Mapped[str] = mapped_column(String(10))
    hotline: Mapped[str] = mapped_column(String(10), server_default="")
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("cases.subjects.id"), index=True)
    sealed_narrative: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of a complaint; a report's lies with its informant."""
    dispatch_facts: Mapped[str | None] = mapped_column(Text)
    sealed_facts: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The dispatch facts of a report."""
    question: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    demands: Mapped[list[str]] = mapped_column(ARRAY(String(20)), server_default="{}")
    details: Mapped[Json] = mapped_column(server_default="{}")

    place: Mapped[WKBElement | None] = mapped_column(
        Geometry("POINT", srid=4326, spatial_index=False)
    )
    place_text: Mapped[str] = mapped_column(String(400), server_default="")
    place_level: Mapped[str] = mapped_column(String(10), server_default="unknown")
    place_confidence: Mapped[float | None] = mapped_column(Float)
    place_evidence: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    place_confirmed_by: Mapped[int | None] = mapped_column(BigInteger)
    place_confirmed_at: Mapped[Timestamp | None]
    region_code: Mapped[str] = mapped_column(String(20), server_default="")
    cell: Mapped[str | None] = mapped_column(String(15), index=True)
    """H3 cell of about 500 m, computed at write: heatmaps never touch points."""
    map_status: Mapped[str] = mapped_column(String(12), server_default="new")

    received_at: Mapped[Timestamp]
    changed_at: Mapped[Timestamp]
    closed_at: Mapped[Timestamp | None]
    due_at: Mapped[Timestamp | None]
    """End of the next open deadline; the two below are when its light changes."""
    yellow_at: Mapped[Timestamp | None]
    red_at: Mapped[Timestamp | None]
    disposition: Mapped[str] = mapped_column(String(20), server_default="")
    outcome: Mapped[Json] = mapped_column(server_default="{}")

    query_code_print: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    idempotency_print: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    """A keyed fingerprint of its own per case: the halves of a mixed call share nothing."""
    reporter_ref: Mapped[UUID | None] = mapped_column(
        ForeignKey("cases.reporter_identity.ref"), unique=True
    )
    informant_given: Mapped[bool] = mapped_column(Boolean, server_default="false")
    is_real_name: Mapped[bool] = mapped_column(Boolean, server_default="false")

    subject: Mapped[Subject | None] = relationship(lazy="raise_on_sql")
    organisation: Mapped[Organisation] = relationship(
        lazy="raise_on_sql", foreign_keys=[organisation_id]
    )


class Complainant(Base):
    """Who complains or asks. Sealed as well; the print finds a caller's earlier complaints."""

    __tablename__ = "complainants"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "case_kind"], ["cases.cases.id", "cases.cases.kind"]),
        CheckConstraint("case_kind <> 'JB'", name="never_an_informant"),
        SCHEMA,
    )

    case_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    case_kind: Mapped[str] = mapped_column(String(2))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_print: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    caller_print: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    consent_public: Mapped[bool] = mapped_column(Boolean, server_default="false")
    consent_delegate: Mapped[bool] = mapped_column(Boolean, server_default="false")


class ReporterIdentity(Base):
    """An informant: identity and every link to one, sealed, and the narrative that may name them.

    The row has nothing else to read. Without `sealed` the report is anonymous.
    """

    __tablename__ = "reporter_identity"
    __table_args__ = SCHEMA

    ref: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_narrative: Mapped[bytes | None] = mapped_column(LargeBinary)


class ReporterPrint(Base):
    """Blind index of informants' numbers; read by the search that always raises an alert."""

    __tablename__ = "reporter_prints"
    __table_args__ = SCHEMA

    print: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    ref: Mapped[UUID] = mapped_column(
        ForeignKey("cases.reporter_identity.ref"), primary_key=True, index=True
    )


class Reveal(Base):
    """An identity opened to one person, in one session, until `expires_at`. Never changed."""

    __tablename__ = "reveals"
    __table_args__ = (Index("ix_reveals_user_id_at", "user_id", "at"), SCHEMA)

    id: Mapped[Key]
    case_id: Mapped[int] = _of_case()
    user_id: Mapped[Reference]
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(20)))
    reason_code: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(400))
    fields: Mapped[list[str]] = mapped_column(ARRAY(String(30)))
    at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    session_print: Mapped[bytes] = mapped_column(LargeBinary(32))
    terminal: Mapped[str] = mapped_column(String(45))
    within_chain: Mapped[bool] = mapped_column(Boolean)


class IdentitySearch(Base):
    """A search by phone across informants: who and why, never for which number. Never changed."""

    __tablename__ = "identity_searches"
    __table_args__ = SCHEMA

    id: Mapped[Key]
    user_id: Mapped[Reference]
    reason_code: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(400))
    at: Mapped[Timestamp]
    terminal: Mapped[str] = mapped_column(String(45))
    matches: Mapped[int] = mapped_column(Integer)


class Recording(Base):
    """The sound of a call. Its bytes lie sealed under var/ by a random name; the key to them is
    sealed here, and so is the transcript. A report's opens only under a reveal."""

    __tablename__ = "recordings"
    __table_args__ = SCHEMA

    id: Mapped[Key]
    case_id: Mapped[int] = _of_case()
    kind: Mapped[str] = mapped_column(String(20))
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int] = mapped_column(Integer)
    file: Mapped[UUID] = mapped_column(Uuid, unique=True)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sealed_transcript: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[Timestamp]
    added_by: Mapped[Reference]
    call: Mapped[str | None] = mapped_column(String(40), unique=True)
    """Of a call that carried an order: its name at the exchange."""
    delivery_id: Mapped[int | None] = mapped_column(BigInteger)
    """The delivery that it was."""


class TimelineEntry(Base):
    """What happened to a case, by whom; written by cases alone, from acts and from dispatch."""

    __tablename__ = "timeline"
    __table_args__ = SCHEMA

    id: Mapped[Key]
    case_id: Mapped[int] = _of_case()
    at: Mapped[Timestamp]
    kind: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(80))
    params: Mapped[Json]
    order_id: Mapped[int | None] = mapped_column(BigInteger)


class Deadline(Base):
    """One clock of a case with its arithmetic; open until met or void."""

    __tablename__ = "deadlines"
    __table_args__ = (
        Index(
            "ix_deadlines_open",
            "due_at",
            postgresql_where=text("met_at is null and void_at is null"),
        ),
        SCHEMA,
    )

    id: Mapped[Key]
    case_id: Mapped[int] = _of_case()
    rule: Mapped[str] = mapped_column(String(30))
    started_at: Mapped[Timestamp]
    due_at: Mapped[Timestamp]
    yellow_at: Mapped[Timestamp]
    red_at: Mapped[Timestamp]
    provisional: Mapped[bool] = mapped_column(Boolean)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    """How it was counted: {code, about}, said by `deadlines.words`."""
    basis: Mapped[str] = mapped_column(Text, server_default="")
    """The same in Chinese, as the version before this one reads it; goes with the next."""
    pauses: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    """Days not counted: {first, last, ground, evidence, name, at}; `moved` lists the ends that it
    had before, {last, evidence, name, at}, `taken_back` {reason, name, at} says that it was wrong
    and counts for nothing."""
    extensions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    """What was granted: {amount, by, reason, evidence, name, at, before}; `by` the level that the
    law asks for, `name` who approved or entered it, `before` the due date until then."""
    met_at: Mapped[Timestamp | None]
    void_at: Mapped[Timestamp | None]


class Duration(Base):
    """How long the clocks of a limit ran that were met lately."""

    __tablename__ = "durations"
    __table_args__ = SCHEMA

    rule: Mapped[str] = mapped_column(String(30), primary_key=True)
    known: Mapped[int] = mapped_column(Integer)
    """How many there were."""
    seconds: Mapped[list[float]] = mapped_column(ARRAY(Double))
    """Their quantiles, ascending."""


class Link(Base):
    """Two open cases that are probably about the same thing, and why; kept both ways."""

    __tablename__ = "links"
    __table_args__ = (Index("ix_links_other_id", "other_id"), SCHEMA)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.cases.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("cases.cases.id"), primary_key=True)
    reasons: Mapped[list[str]] = mapped_column(ARRAY(String(10)))


class Document(Base):
    """A numbered paper. `data` is frozen when the number is drawn; the PDF is made of it alone."""

    __tablename__ = "documents"
    __table_args__ = SCHEMA

    id: Mapped[Key]
    case_id: Mapped[int] = _of_case()
    kind: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(60), unique=True)
    created_at: Mapped[Timestamp]
    created_by: Mapped[Reference]
    data: Mapped[Json]
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    reply: Mapped[str] = mapped_column(Text, server_default="")
    replied_at: Mapped[Timestamp | None]


class Inspection(Base):
    """A finished record of an inspection (现场笔录). Never changed: a correction is a new one.

    `digest` is the SHA-256 of `content`, which holds a salted print of the party's ID number; the
    number itself and the salt lie sealed.
    """

    __tablename__ = "inspections"
    __table_args__ = (UniqueConstraint("key"), UniqueConstraint("replaces_id"), SCHEMA)

    id: Mapped[Key]
    case_id: Mapped[int] = _of_case()
    assignment_id: Mapped[int] = mapped_column(BigInteger, index=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("cases.documents.id"))
    key: Mapped[UUID] = mapped_column(Uuid)
    version: Mapped[int] = mapped_column(Integer)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("cases.inspections.id"))
    content: Mapped[Json]
    digest: Mapped[str] = mapped_column(String(64))
    sealed_id: Mapped[bytes | None] = mapped_column(LargeBinary)
    device_time: Mapped[Timestamp]
    filed_at: Mapped[Timestamp]
    filed_by: Mapped[Reference]
    filed_by_name: Mapped[str] = mapped_column(String(80))


class Attachment(Base):
    """A file of a case; its bytes lie under var/ by their SHA-256, outside the web root.

    It stays in the house until a person has cleared it for one purpose.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint(
            "(cleared_for is null) = (cleared_by is null)"
            " and (cleared_for is null) = (cleared_at is null)",
            name="cleared",
        ),
        SCHEMA,
    )

    id: Mapped[Key]
    case_id: Mapped[int] = _of_case()
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int] = mapped_column(Integer)
    at: Mapped[Timestamp]
    added_by: Mapped[Reference]
    metadata_kept: Mapped[bool] = mapped_column(Boolean, server_default="true")
    """Whether it may still say by itself where, when and with what it was made."""
    cleared_for: Mapped[str | None] = mapped_column(String(40))
    cleared_by: Mapped[int | None] = mapped_column(BigInteger)
    cleared_by_name: Mapped[str] = mapped_column(String(80), server_default="")
    cleared_at: Mapped[Timestamp | None]


class SealedOriginal(Base):
    """Where the file lies as it was handed in, sealed: its metadata may lead to who made it."""

    __tablename__ = "sealed_originals"
    __table_args__ = SCHEMA

    attachment_id: Mapped[int] = mapped_column(
        ForeignKey("cases.attachments.id"), primary_key=True, autoincrement=False
    )
    ref: Mapped[UUID] = mapped_column(Uuid, unique=True)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)


class Approval(Base):
    """A closure or transfer that somebody asked for and somebody else decides."""

    __tablename__ = "approvals"
    __table_args__ = (
        Index(
            "uq_approvals_pending",
            "case_id",
            "kind",
            unique=True,
            postgresql_where=text("decided_at is null"),
        ),
        CheckConstraint("decided_by is null or decided_by <> requested_by", name="somebody_else"),
        SCHEMA,
    )

    id: Mapped[Key]
    case_id: Mapped[int] = _of_case()
    kind: Mapped[str] = mapped_column(String(20))
    requested_by: Mapped[Reference]
    requested_by_name: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[Timestamp]
    data: Mapped[Json]
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_by_name: Mapped[str] = mapped_column(String(80), server_default="")
    decided_at: Mapped[Timestamp | None]
    verdict: Mapped[str] = mapped_column(String(10), server_default="")
    reason: Mapped[str] = mapped_column(Text, server_default="")


class Hold(Base):
    """An open order keeps its case from being closed."""

    __tablename__ = "holds"
    __table_args__ = SCHEMA

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.cases.id"), primary_key=True)
    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    placed_at: Mapped[Timestamp]


class WorkDay(Base):
    """A day that differs from its weekday: statutory holiday or make-up working day."""

    __tablename__ = "work_calendar"
    __table_args__ = SCHEMA

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_workday: Mapped[bool] = mapped_column(Boolean)
    note: Mapped[str] = mapped_column(String(60))
