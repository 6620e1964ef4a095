"""Cases and the people behind them."""

from command_center.migrations.access.rule import ME, Rule, may, within
from kernel.access import Role

_MINE = "(starts_with(c.organisation_path, kernel.my_path()) or c.registered_by = kernel.me())"
FUNCTIONS = (
    # Operators that are not leakproof lose their index under row-level security: candidates come
    # from here, and the protected table is joined to them.
    f"""create or replace function cases.in_frame(
         west float8, south float8, east float8, north float8, ended_since timestamptz,
         at_most integer) returns setof bigint
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select c.id from cases.cases c
       where c.place operator(public.&&) public.st_makeenvelope(west, south, east, north, 4326)
         and (c.closed_at is null or c.closed_at > ended_since) and {_MINE}
       order by c.urgency desc, c.received_at desc limit at_most $$""",
    f"""create or replace function cases.about(pattern text, code text, at_most integer)
       returns setof bigint
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       with subjects as materialized (
         select id from cases.subjects
         where name ilike pattern or address ilike pattern or (code <> '' and credit_code = code)
       ), found as materialized (
         select id from cases.cases where case_no ilike pattern or place_text ilike pattern
         union
         select c.id from subjects s join cases.cases c on c.subject_id = s.id
       )
       select c.id from found f join cases.cases c on c.id = f.id
       where {_MINE} order by c.received_at desc limit at_most $$""",
    # The archive's people know of a closed case its number and its dates, whatever they ask.
    f"""create or replace function cases.archived(
         part text, of_kind text, standing text, at_most integer, skipped integer)
       returns table (case_no text, kind text, organisation text, closed_at timestamptz,
                      ends_at timestamptz, held boolean, destroyed text)
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       with closed as (
         select c.case_no, c.kind, o.name as organisation, c.closed_at,
                c.closed_at + make_interval(days => r.days) as ends_at,
                exists (select from cases.legal_holds h
                        where h.case_id = c.id and h.lifted_at is null) as held,
                c.outcome ->> 'destroyed' as destroyed
         from cases.cases c
         join cases.retention_rules r on r.target = c.kind
         join accounts.organisations o on o.id = c.organisation_id
         where c.closed_at is not null and {may("archive.read")}
           and starts_with(c.organisation_path, kernel.my_path())
           and (of_kind = '' or c.kind = of_kind) and strpos(c.case_no, part) > 0
       )
       select * from closed where case standing
         when 'due' then destroyed is null and not held and ends_at <= kernel.moment()
         when 'kept' then destroyed is null and ends_at > kernel.moment()
         when 'held' then held
         when 'destroyed' then destroyed is not null
         else true end
       order by ends_at, case_no limit at_most offset skipped $$""",
    "revoke execute on all functions in schema cases from public",
    f"grant execute on all functions in schema cases to {Role.PERSON}, {Role.HOUSE}",
)
REFERENCE: dict[str, str] = {}


def _kind(column: str) -> str:
    return (
        f"case when {column} = 'JB' then {may('report.read')}"
        f" when {column} = 'HF' then {may('conduct.read')} else {may('case.read')} end"
    )


_KIND = _kind("kind")
"""Stations never see reports; conduct matters are the discipline office's alone (SPEC §1.1)."""
_PUT_TO = f"({_kind('case_kind')}) and {within('unit_path')}"
"""Supervision orders of the jurisdiction."""
_CASE = f"({_KIND}) and ({within('organisation_path')} or registered_by = {ME})"
_ACTS = may(
    "case.create", "case.route", "case.accept", "case.handle", "case.escalate", "case.file",
    "case.close.request", "case.close.approve", "case.transfer.request", "case.transfer.approve",
    "order.create", "order.approve",
)  # fmt: skip
_OF_CASE = "exists (select from cases.cases c where c.id = case_id)"
_PARTS = ("timeline", "deadlines", "documents", "attachments", "approvals", "holds")

_REVEAL = (
    "select from cases.reveals r join cases.cases c on c.id = r.case_id"
    f" where r.user_id = {ME} and r.expires_at > (select kernel.moment())"
)
"""A reveal of this person runs. It is append-only: nobody may change or remove one."""
_MAY_REVEAL = (
    f"user_id = {ME} and expires_at <= (select kernel.moment()) + interval '11 minutes'"
    " and exists (select from cases.cases c where c.id = case_id and ("
    f" ({may('identity.reveal')} and {within('c.organisation_path')}"
    f" and (not {may('case.handle')} or c.handler_id = {ME}))"
    f" or ({may('identity.reveal_own')} and c.registered_by = {ME} and c.state = 'REGISTERED')))"
)
"""SPEC §1.2: commanders, the named handler, and who took the report until it is sent on. It runs
for ten minutes; the transaction may have begun a moment before."""
_OF_ATTACHMENT = "select a.case_id from cases.attachments a where a.id = attachment_id"
_ARCHIVE = may("archive.read", "archive.destroy", "archive.approve", "archive.hold")
_OWN_OR_AUDITED = f"user_id = {ME} or {may('audit.read')}"
_RECORDING = (
    "id", "case_id", "kind", "media_type", "size", "file", "sealed_transcript", "at", "added_by",
    "call", "delivery_id",
)  # fmt: skip

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
    # What was open when somebody left: for those who may see all of it in that place.
    Rule(
        Role.PERSON,
        "cases.handovers",
        "select insert update",
        f"{may('duty.hand_over')} and {within('organisation_path')}",
    ),
    Rule(Role.HOUSE, "cases.handovers", "select update"),
    # The unit reads and answers what it is asked, whoever has the case behind it.
    Rule(Role.PERSON, "cases.supervisions", "select", f"{may('supervision.read')} and {_PUT_TO}"),
    Rule(
        Role.PERSON,
        "cases.supervisions",
        "insert",
        f"{may('supervision.propose', 'supervision.issue')} and {_PUT_TO}",
    ),
    Rule(
        Role.PERSON,
        "cases.supervisions",
        "update",
        f"{may('supervision.propose', 'supervision.issue', 'supervision.answer')} and {_PUT_TO}",
    ),
    Rule(Role.HOUSE, "cases.supervisions", "select insert update"),
    Rule(Role.PERSON, "cases.complainants", "select", _OF_CASE),
    Rule(
        Role.PERSON,
        "cases.reporter_identity",
        "select",
        f"exists ({_REVEAL} and c.reporter_ref = ref)",
    ),
    Rule(Role.PERSON, "cases.reveals", "select", _OWN_OR_AUDITED),
    Rule(Role.PERSON, "cases.reveals", "insert", _MAY_REVEAL),
    Rule(Role.PERSON, "cases.identity_searches", "select", _OWN_OR_AUDITED),
    Rule(
        Role.PERSON,
        "cases.identity_searches",
        "insert",
        f"{may('identity.search')} and user_id = {ME}",
    ),
    Rule(
        Role.PERSON,
        "cases.recordings",
        "select",
        f"exists (select from cases.cases c where c.id = case_id and c.kind <> 'JB')"
        f" or exists ({_REVEAL} and c.id = recordings.case_id)",
    ),
    Rule(
        Role.PERSON,
        "cases.sealed_originals",
        "select",
        f"exists ({_REVEAL} and c.id in ({_OF_ATTACHMENT}))"
        f" or ({may('complainant.read')} and exists (select from cases.cases c"
        f" where c.kind <> 'JB' and c.id in ({_OF_ATTACHMENT})))",
    ),
    Rule(Role.INTAKE, "cases.sealed_originals", "insert select"),
    Rule(Role.HOUSE, "cases.sealed_originals", "select", columns=("attachment_id",)),
    Rule(
        Role.PERSON,
        "cases.attachments",
        "update",
        f"{may('case.route', 'order.create')} and {_OF_CASE}",
    ),
    Rule(Role.HOUSE, "cases.recordings", "select", columns=_RECORDING),
    Rule(Role.INTAKE, "cases.recordings", "insert"),
    Rule(Role.INTAKE, "cases.recordings", "select", columns=("id",)),
    *(Rule(Role.PERSON, f"cases.{table}", "select", _OF_CASE) for table in _PARTS),
    *(
        Rule(Role.PERSON, f"cases.{table}", "insert", f"{_ACTS} and {_OF_CASE}")
        for table in ("timeline", "deadlines", "attachments")
    ),
    Rule(Role.PERSON, "cases.deadlines", "update", f"{_ACTS} and {_OF_CASE}"),
    *(Rule(Role.HOUSE, f"cases.{table}", "select insert update") for table in ("cases", *_PARTS)),
    Rule(Role.HOUSE, "cases.inspections", "select insert"),
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
    Rule(Role.INTAKE, "cases.reporter_prints", "insert"),
    *(
        Rule(Role.SCREENING, f"cases.{table}", "select")
        for table in ("cases", "complainants", "reporter_identity", "reporter_prints")
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
    Rule(Role.NUMBERS, "cases.cases", "select", columns=("id", "case_no")),
    *(
        Rule(Role.ARCHIVE, f"cases.{table}", "select update")
        for table in ("cases", "timeline", "documents", "approvals")
    ),
    *(
        Rule(Role.ARCHIVE, f"cases.{table}", "select delete")
        for table in (
            "complainants",
            "reporter_identity",
            "reporter_prints",
            "attachments",
            "recordings",
            "sealed_originals",
            "inspections",
        )
    ),
    Rule(
        Role.PERSON,
        "cases.calendar_changes",
        "select insert",
        may("admin.calendar"),
    ),
    Rule(Role.HOUSE, "cases.calendar_changes", "select update"),
    # Who does not see both cases does not know of the link.
    Rule(
        Role.PERSON,
        "cases.links",
        "select",
        f"{_OF_CASE} and exists (select from cases.cases c where c.id = other_id)",
    ),
    Rule(Role.HOUSE, "cases.links", "select insert delete"),
    Rule(Role.PERSON, "cases.durations", "select"),
    Rule(Role.HOUSE, "cases.durations", "select insert delete"),
    Rule(Role.HOUSE, "cases.retention_rules", "select"),
    Rule(Role.HOUSE, "cases.legal_holds", "select"),
    Rule(Role.HOUSE, "cases.destructions", "select insert update"),
    Rule(Role.HOUSE, "cases.destruction_items", "select insert update"),
    Rule(Role.PERSON, "cases.retention_rules", "select", _ARCHIVE),
    Rule(Role.PERSON, "cases.destructions", "select update", _ARCHIVE),
    Rule(Role.PERSON, "cases.destruction_items", "select", _ARCHIVE),
    Rule(Role.PERSON, "cases.legal_holds", "select", _ARCHIVE),
    Rule(Role.PERSON, "cases.legal_holds", "insert update", may("archive.hold")),
    # The State Council's calendar: nothing is counted without it.
    *(Rule(role, "cases.work_calendar", "select") for role in Role if role is not Role.LOGIN),
    Rule(Role.PERSON, "cases.work_calendar", "insert delete", may("admin.calendar")),
)
