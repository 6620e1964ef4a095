"""Cases and the people behind them."""

from command_center.migrations.access.rule import ME, Rule, may, within
from kernel.access import Role

FUNCTIONS: tuple[str, ...] = ()
REFERENCE = {"cases.work_calendar": "the State Council's calendar"}

_KIND = (
    f"case when kind = 'JB' then {may('report.read')}"
    f" when kind = 'HF' then {may('conduct.read')} else {may('case.read')} end"
)
"""Stations never see reports; conduct matters are the discipline office's alone (SPEC §1.1)."""
_CASE = f"({_KIND}) and ({within('organisation_path')} or registered_by = {ME})"
_ACTS = may(
    "case.create", "case.route", "case.accept", "case.handle", "case.escalate", "case.file",
    "case.close.request", "case.close.approve", "case.transfer.request", "case.transfer.approve",
    "order.create", "order.approve",
)  # fmt: skip
_OF_CASE = "exists (select from cases.cases c where c.id = case_id)"
_PARTS = ("timeline", "deadlines", "documents", "attachments", "approvals", "holds")

_COUNTED = (
    "id", "kind", "state", "urgency", "organisation_id", "organisation_path", "channel", "hotline",
    "region_code", "cell", "received_at", "closed_at", "due_at", "disposition", "outcome",
)  # fmt: skip

RULES = (
    Rule(Role.PERSON, "cases.cases", "select", _CASE),
    Rule(Role.PERSON, "cases.cases", "update", f"({_CASE}) and {_ACTS}"),
    Rule(
        Role.PERSON,
        "cases.subjects",
        "select",
        "exists (select from cases.cases c where c.subject_id = subjects.id)",
    ),
    Rule(Role.PERSON, "cases.complainants", "select", _OF_CASE),
    Rule(
        Role.PERSON,
        "cases.reporter_identity",
        "select",
        f"{may('identity.reveal')} and exists (select from cases.cases c where c.reporter_ref = ref"
        f" and ({may('order.approve')} or c.handler_id = {ME}))",
    ),
    *(Rule(Role.PERSON, f"cases.{table}", "select", _OF_CASE) for table in _PARTS),
    *(
        Rule(Role.PERSON, f"cases.{table}", "insert", f"{_ACTS} and {_OF_CASE}")
        for table in ("timeline", "deadlines", "attachments")
    ),
    Rule(Role.PERSON, "cases.deadlines", "update", f"{_ACTS} and {_OF_CASE}"),
    *(Rule(Role.HOUSE, f"cases.{table}", "select insert update") for table in ("cases", *_PARTS)),
    Rule(Role.HOUSE, "cases.holds", "delete"),
    Rule(Role.HOUSE, "cases.subjects", "select"),
    *(
        Rule(Role.INTAKE, f"cases.{table}", "select insert update")
        for table in ("cases", "timeline", "deadlines")
    ),
    Rule(Role.INTAKE, "cases.subjects", "select insert"),
    Rule(Role.INTAKE, "cases.complainants", "insert update"),
    Rule(Role.INTAKE, "cases.complainants", "select", columns=("case_id",)),
    Rule(Role.INTAKE, "cases.reporter_identity", "insert"),
    *(
        Rule(Role.SCREENING, f"cases.{table}", "select")
        for table in ("cases", "complainants", "reporter_identity")
    ),
    Rule(
        Role.STATISTICS,
        "cases.cases",
        "select",
        f"{may('stats.read')} and {within('organisation_path')}",
        _COUNTED,
    ),
    Rule(
        Role.STATISTICS,
        "cases.deadlines",
        "select",
        _OF_CASE,
        ("id", "case_id", "rule", "due_at", "met_at", "void_at"),
    ),
    *(Rule(role, "cases.work_calendar", "select", None) for role in Role if role is not Role.LOGIN),
    # Whoever sees a case sees what was ordered for it.
    Rule(
        Role.PERSON,
        "dispatch.orders",
        "select",
        "exists (select from cases.cases c where c.id = case_id)",
    ),
)
