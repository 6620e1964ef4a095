"""The room of cases: subjects, cases, people (sealed), clocks, timeline, papers, work calendar."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from command_center.cases import holidays

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SCHEMA = "cases"
TIME = sa.DateTime(timezone=True)
ORGANISATION = "accounts.organisations.id"


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False)


def _must(name: str, kind: Any, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, server_default=default)


def _text(name: str, length: int) -> sa.Column[str]:
    return _must(name, sa.String(length), "")


def _may(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _table(name: str, *parts: Any) -> None:
    op.create_table(name, *parts, schema=SCHEMA)


def _index(name: str, table: str, *columns: str, **options: Any) -> None:
    op.create_index(name, table, list(columns), schema=SCHEMA, **options)


def _of_case(table: str, *parts: Any) -> None:
    """A table whose rows belong to one case."""
    _table(
        table,
        _key(),
        _must("case_id", sa.BigInteger()),
        *parts,
        sa.ForeignKeyConstraint(["case_id"], ["cases.cases.id"], name=f"fk_{table}_case_id_cases"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    _index(f"ix_{table}_case_id", table, "case_id")


def upgrade() -> None:
    _subjects()
    _table(
        "reporter_identity",
        _must("ref", sa.Uuid()),
        _must("sealed", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("ref", name="pk_reporter_identity"),
    )
    _cases()
    _complainants()
    _satellites()
    _holds()
    _work_calendar()


def _subjects() -> None:
    _table(
        "subjects",
        _key(),
        _may("business_id", sa.BigInteger()),
        _must("fingerprint", sa.LargeBinary(32)),
        _must("name", sa.String(200)),
        _text("credit_code", 18),
        _text("address", 400),
        _text("phone", 60),
        _text("contact", 60),
        _text("legal_representative", 60),
        sa.PrimaryKeyConstraint("id", name="pk_subjects"),
        sa.UniqueConstraint("fingerprint", name="uq_subjects_fingerprint"),
    )
    _index("ix_subjects_business_id", "subjects", "business_id")
    _index("ix_subjects_name", "subjects", "name")
    _index(
        "ix_subjects_credit_code",
        "subjects",
        "credit_code",
        postgresql_where=sa.text("credit_code <> ''"),
    )


def _cases() -> None:
    _table("cases", *_case_columns(), *_case_constraints())
    for name in ("organisation_id", "registered_by", "subject_id", "cell", "received_at"):
        _index(f"ix_cases_{name}", "cases", name)
    _index("ix_cases_place", "cases", "place", postgresql_using="gist")
    _index(
        "ix_cases_open",
        "cases",
        "urgency",
        "received_at",
        postgresql_where=sa.text("closed_at is null"),
    )
    _index(
        "ix_cases_organisation_path",
        "cases",
        "organisation_path",
        postgresql_ops={"organisation_path": "text_pattern_ops"},
    )


def _case_columns() -> list[sa.Column[Any]]:
    return [
        _key(),
        _must("case_no", sa.String(24)),
        _must("kind", sa.String(2)),
        _must("state", sa.String(20)),
        _text("external_no", 60),
        _must("version", sa.Integer(), "1"),
        _must("demo", sa.Boolean(), "false"),
        _must("urgency", sa.SmallInteger(), "0"),
        _text("urgency_reason", 400),
        _must("triggers", ARRAY(sa.String(20)), "{}"),
        _must("persons_affected", sa.Integer(), "1"),
        _must("organisation_id", sa.BigInteger()),
        _must("organisation_path", sa.String(200)),
        _must("centre_id", sa.BigInteger()),
        _may("registered_by", sa.BigInteger()),
        _text("first_handler", 80),
        _may("handler_id", sa.BigInteger()),
        _must("channel", sa.String(10)),
        _text("hotline", 10),
        _may("subject_id", sa.BigInteger()),
        _may("sealed_narrative", sa.LargeBinary()),
        _may("dispatch_facts", sa.Text()),
        _may("sealed_facts", sa.LargeBinary()),
        _may("question", sa.Text()),
        _may("answer", sa.Text()),
        _must("demands", ARRAY(sa.String(20)), "{}"),
        _must("details", JSONB(), "{}"),
        _may("place", Geometry("POINT", srid=4326, spatial_index=False)),
        _text("place_text", 400),
        _must("place_level", sa.String(10), "unknown"),
        _may("place_confidence", sa.Float()),
        _must("place_evidence", JSONB(), "[]"),
        _may("place_confirmed_by", sa.BigInteger()),
        _may("place_confirmed_at", TIME),
        _text("region_code", 20),
        _may("cell", sa.String(15)),
        _must("map_status", sa.String(12), "new"),
        _must("received_at", TIME),
        _must("changed_at", TIME),
        *(_may(name, TIME) for name in ("closed_at", "due_at", "yellow_at", "red_at")),
        _text("disposition", 20),
        _must("outcome", JSONB(), "{}"),
        _may("query_code_print", sa.LargeBinary(32)),
        _may("idempotency_print", sa.LargeBinary(32)),
        _may("reporter_ref", sa.Uuid()),
        _must("informant_given", sa.Boolean(), "false"),
        _must("is_real_name", sa.Boolean(), "false"),
    ]


def _case_constraints() -> list[Any]:
    return [
        sa.CheckConstraint("kind in ('TS', 'JB', 'ZX')", name="kind"),
        sa.CheckConstraint("urgency between 0 and 3", name="urgency"),
        sa.CheckConstraint(
            "kind <> 'JB' or (dispatch_facts is null and question is null and answer is null)",
            name="report_facts_are_sealed",
        ),
        sa.CheckConstraint(
            "kind = 'JB' or reporter_ref is null", name="only_reports_have_informants"
        ),
        *(
            sa.ForeignKeyConstraint([name], [ORGANISATION], name=f"fk_cases_{name}_organisations")
            for name in ("organisation_id", "centre_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["cases.subjects.id"], name="fk_cases_subject_id_subjects"
        ),
        sa.ForeignKeyConstraint(
            ["reporter_ref"],
            ["cases.reporter_identity.ref"],
            name="fk_cases_reporter_ref_reporter_identity",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("id", "kind", name="uq_cases_id_kind"),
        *(
            sa.UniqueConstraint(name, name=f"uq_cases_{name}")
            for name in ("case_no", "idempotency_print", "reporter_ref")
        ),
    ]


def _complainants() -> None:
    _table(
        "complainants",
        _must("case_id", sa.BigInteger()),
        _must("case_kind", sa.String(2)),
        _must("sealed", sa.LargeBinary()),
        _may("phone_print", sa.LargeBinary(32)),
        _must("consent_public", sa.Boolean(), "false"),
        _must("consent_delegate", sa.Boolean(), "false"),
        sa.CheckConstraint("case_kind <> 'JB'", name="never_an_informant"),
        sa.ForeignKeyConstraint(
            ["case_id", "case_kind"],
            ["cases.cases.id", "cases.cases.kind"],
            name="fk_complainants_case_id_case_kind_cases",
        ),
        sa.PrimaryKeyConstraint("case_id", name="pk_complainants"),
    )
    _index("ix_complainants_phone_print", "complainants", "phone_print")


def _satellites() -> None:
    _of_case(
        "timeline",
        _must("at", TIME),
        _must("kind", sa.String(40)),
        _must("actor", sa.String(80)),
        _must("params", JSONB()),
        _may("order_id", sa.BigInteger()),
    )
    _of_case(
        "deadlines",
        _must("rule", sa.String(30)),
        *(_must(name, TIME) for name in ("started_at", "due_at", "yellow_at", "red_at")),
        _must("provisional", sa.Boolean()),
        _must("basis", sa.Text()),
        _may("met_at", TIME),
        _may("void_at", TIME),
    )
    _index(
        "ix_deadlines_open",
        "deadlines",
        "due_at",
        postgresql_where=sa.text("met_at is null and void_at is null"),
    )
    _of_case(
        "documents",
        _must("kind", sa.String(40)),
        _must("number", sa.String(60)),
        _must("created_at", TIME),
        _must("created_by", sa.BigInteger()),
        _must("data", JSONB()),
        _may("pdf", sa.LargeBinary()),
        _must("reply", sa.Text(), ""),
        _may("replied_at", TIME),
        sa.UniqueConstraint("number", name="uq_documents_number"),
    )
    _of_case(
        "attachments",
        _may("order_id", sa.BigInteger()),
        _must("sha256", sa.String(64)),
        _must("name", sa.String(200)),
        _must("media_type", sa.String(60)),
        _must("size", sa.Integer()),
        _must("at", TIME),
        _must("added_by", sa.BigInteger()),
    )
    _approvals()


def _approvals() -> None:
    _of_case(
        "approvals",
        _must("kind", sa.String(20)),
        _must("requested_by", sa.BigInteger()),
        _must("requested_by_name", sa.String(80)),
        _must("requested_at", TIME),
        _must("data", JSONB()),
        _may("decided_by", sa.BigInteger()),
        _text("decided_by_name", 80),
        _may("decided_at", TIME),
        _text("verdict", 10),
        _must("reason", sa.Text(), ""),
        sa.CheckConstraint(
            "decided_by is null or decided_by <> requested_by", name="somebody_else"
        ),
    )
    _index(
        "uq_approvals_pending",
        "approvals",
        "case_id",
        "kind",
        unique=True,
        postgresql_where=sa.text("decided_at is null"),
    )


def _holds() -> None:
    _table(
        "holds",
        _must("case_id", sa.BigInteger()),
        _must("order_id", sa.BigInteger()),
        _must("placed_at", TIME),
        sa.ForeignKeyConstraint(["case_id"], ["cases.cases.id"], name="fk_holds_case_id_cases"),
        sa.PrimaryKeyConstraint("case_id", "order_id", name="pk_holds"),
    )


def _work_calendar() -> None:
    _table(
        "work_calendar",
        _must("day", sa.Date()),
        _must("is_workday", sa.Boolean()),
        _must("note", sa.String(60)),
        sa.PrimaryKeyConstraint("day", name="pk_work_calendar"),
    )
    table = sa.table(
        "work_calendar",
        sa.column("day", sa.Date()),
        sa.column("is_workday", sa.Boolean()),
        sa.column("note", sa.String()),
        schema=SCHEMA,
    )
    names = ("day", "is_workday", "note")
    op.bulk_insert(table, [dict(zip(names, row, strict=True)) for row in holidays.rows()])


def downgrade() -> None:
    for table in (
        "work_calendar",
        "holds",
        "approvals",
        "attachments",
        "documents",
        "deadlines",
        "timeline",
        "complainants",
        "cases",
        "reporter_identity",
        "subjects",
    ):
        op.drop_table(table, schema=SCHEMA)
