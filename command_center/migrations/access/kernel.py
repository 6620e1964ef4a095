"""The ground: who asks, jobs, running numbers, the audit record."""

from command_center.migrations.access.rule import ME, Rule, may, within
from kernel.access import Role

FUNCTIONS = (
    """create or replace function kernel.me() returns bigint language sql stable parallel safe
       return nullif(current_setting('cc.principal', true), '')::bigint""",
    """create or replace function kernel.my_path() returns text language sql stable parallel safe
       return nullif(current_setting('cc.organisation_path', true), '')""",
    """create or replace function kernel.may(permission text) returns boolean
       language sql stable parallel safe
       return position(',' || permission || ','
                       in coalesce(current_setting('cc.permissions', true), '')) > 0""",
    """create or replace function kernel.moment() returns timestamptz
       language sql stable parallel safe
       return coalesce(nullif(current_setting('cc.moment', true), '')::timestamptz, now())""",
    # Anybody may leave a job; only the worker sees what waits.
    """create or replace function kernel.enqueue(
         job_kind text, job_key text, job_payload jsonb, due timestamptz, moment timestamptz,
         correlation text) returns void
       language sql security definer set search_path = pg_catalog, pg_temp as $$
       insert into kernel.jobs (kind, key, payload, run_at, created_at, correlation_id)
       values (job_kind, job_key, job_payload, due, moment, correlation)
       on conflict (kind, key) where dead_at is null
       do update set payload = excluded.payload, run_at = excluded.run_at, attempt = 0;
       select pg_notify('kernel_jobs', '') $$""",
    """create or replace function kernel.next_number(of_series text, of_day date) returns integer
       language sql security definer set search_path = pg_catalog, pg_temp as $$
       insert into kernel.counters (series, day, last) values (of_series, of_day, 1)
       on conflict (series, day) do update set last = counters.last + 1 returning last $$""",
    # Only how long it was: who stopped it, and why, is not for the engines.
    """create or replace function kernel.paused_since(since timestamptz) returns interval
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select coalesce(sum(least(coalesce(p.ended_at, kernel.moment()), kernel.moment())
                           - greatest(p.began_at, since)), interval '0')
       from kernel.outbound_pauses p
       where coalesce(p.ended_at, kernel.moment()) > greatest(p.began_at, since) $$""",
    "grant execute on all functions in schema kernel to public",
)

REFERENCE = {"kernel.alembic_version": "says which migrations have run"}

_OWN_ENTRY = f"actor_id = {ME}"
RULES = (
    *(
        rule
        for role in Role
        if role is not Role.LOGIN
        for rule in (
            Rule(role, "kernel.audit", "insert", _OWN_ENTRY),
            Rule(role, "kernel.audit", "select", _OWN_ENTRY),
        )
    ),
    Rule(
        Role.PERSON,
        "kernel.audit",
        "select",
        f"{may('audit.read')} and (actor_id = 0 or {within('organisation_path')})",
    ),
    # The chain is made and proved by the worker; the auditor sees how far it has come.
    Rule(Role.HOUSE, "kernel.audit", "select"),
    Rule(Role.HOUSE, "kernel.audit_chain", "select insert"),
    Rule(Role.HOUSE, "kernel.audit_unchained", "select delete"),
    Rule(Role.HOUSE, "kernel.audit_checks", "select insert update"),
    *(
        Rule(Role.PERSON, f"kernel.{table}", "select", may("audit.read"))
        for table in ("audit_chain", "audit_unchained", "audit_checks")
    ),
    Rule(Role.PERSON, "kernel.audit_checks", "insert", may("audit.read")),
    Rule(Role.HOUSE, "kernel.jobs", "select insert update delete"),
    Rule(Role.HOUSE, "kernel.counters", "select"),
    Rule(Role.HOUSE, "kernel.outbound_pauses", "select"),
    Rule(Role.INGEST, "kernel.outbound_pauses", "select", columns=("id", "ended_at")),
    Rule(Role.PERSON, "kernel.outbound_pauses", "select", may("order.read", "outbound.pause")),
    Rule(Role.PERSON, "kernel.outbound_pauses", "insert update", may("outbound.pause")),
)
