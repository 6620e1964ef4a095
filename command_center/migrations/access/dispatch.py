"""Units, orders and what becomes of them: by jurisdiction, and by who was sent."""

from command_center.migrations.access.rule import ME, Rule, may, within
from kernel.access import Role

FUNCTIONS = (
    """create or replace function dispatch.is_my_unit(of_unit bigint) returns boolean
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select exists (select from dispatch.crew c where c.unit_id = of_unit
                      and c.user_id = kernel.me() and c.signed_off_at is null) $$""",
    # The handling chain: an order reaches whoever it was sent to, wherever its case belongs.
    """create or replace function dispatch.reaches_me(of_order bigint) returns boolean
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select exists (select from dispatch.assignments a where a.order_id = of_order and (
         (kernel.may('order.read') and starts_with(a.target_path, kernel.my_path()))
         or (kernel.may('field.act') and dispatch.is_my_unit(a.unit_id)))) $$""",
    # A leader, or a colleague who takes over, knows the call that they are in.
    """create or replace function dispatch.is_in_conference(of_conference bigint) returns boolean
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select exists (select from dispatch.conference_parties p
                      where p.conference_id = of_conference and p.user_id = kernel.me()) $$""",
    # The rule below asks row by row: lists ask it of these candidates only.
    """create or replace function dispatch.concerning_me(
         only_open boolean, of_case bigint, at_most integer) returns setof bigint
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select o.id from dispatch.orders o
       where (starts_with(o.organisation_path, kernel.my_path())
              or exists (select from dispatch.assignments a where a.order_id = o.id
                         and starts_with(a.target_path, kernel.my_path())))
         and (o.case_id = of_case or of_case is null)
         and (o.finished_at is null or not only_open)
       order by o.id desc limit at_most $$""",
    # Who puts terminals into units knows those by name; their crews, states and places stay shut.
    """create or replace function dispatch.carriers()
       returns table (id bigint, name text, plate text, organisation_path text)
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select u.id, u.name, u.plate, u.organisation_path from dispatch.units u
       where kernel.me() = 0 or (kernel.may('admin.terminals')
                                 and starts_with(u.organisation_path, kernel.my_path())) $$""",
    """create or replace function dispatch.may_carry(of_unit bigint) returns boolean
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select exists (select from dispatch.units u where u.id = of_unit
                      and starts_with(u.organisation_path, kernel.my_path())) $$""",
    # A track is read only here: the history itself carries no row-level security.
    """create or replace function gps.track(
         of_terminal bigint, since timestamptz, until timestamptz, at_most integer)
       returns setof gps.fixes
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select f.* from gps.fixes f where f.terminal_id = of_terminal
         and f.fixed_at between since and until
         and (kernel.me() = 0 or exists (
           select from dispatch.unit_terminals t join dispatch.units u on u.id = t.unit_id
           where t.terminal_id = of_terminal and kernel.may('unit.read')
             and starts_with(u.organisation_path, kernel.my_path())))
       order by f.fixed_at desc limit at_most $$""",
    f"grant execute on all functions in schema dispatch to {Role.PERSON}",
    # All that the listeners may know of orders: which terminal is on its way to which point.
    """create or replace function dispatch.watched()
       returns table (terminal_id bigint, unit_state text, assignment_id bigint,
                      lat float8, lon float8)
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select t.terminal_id, u.state, a.id,
         (o.brief->>'lat')::float8, (o.brief->>'lon')::float8
       from dispatch.unit_terminals t join dispatch.units u on u.id = t.unit_id
       left join dispatch.assignments a on a.unit_id = u.id and a.closed_at is null
         and a.state in ('ISSUED', 'ACKED', 'EN_ROUTE')
         and not exists (select from dispatch.proposals p
                         where p.assignment_id = a.id and p.decided_at is null)
       left join dispatch.orders o on o.id = a.order_id $$""",
    "revoke execute on function dispatch.watched() from public",
    f"grant execute on function dispatch.watched() to {Role.INGEST}",
    "grant execute on function gps.track(bigint, timestamptz, timestamptz, integer)"
    f" to {Role.PERSON}, {Role.HOUSE}",
)
REFERENCE: dict[str, str] = {}

_OWN_ORDER = f"({may('order.read')} and {within('organisation_path')}) or created_by = {ME}"
_ORDER = f"{_OWN_ORDER} or dispatch.reaches_me(id)"
_COMMANDS = may("order.create", "order.approve")
_WORKS = may("order.create", "order.approve", "field.act", "case.handle")
_OF_ORDER = "exists (select from dispatch.orders o where o.id = order_id)"
_OF_ASSIGNMENT = "exists (select from dispatch.assignments a where a.id = assignment_id)"
_OF_ESCALATION = "exists (select from dispatch.escalations e where e.id = escalation_id)"
_CONFERS = (
    f"{may('call.make')} and (({may('order.read')} and {within('organisation_path')})"
    f" or started_by = {ME} or dispatch.is_in_conference(id))"
)
_OF_CONFERENCE = "exists (select from dispatch.conferences c where c.id = conference_id)"
_UNIT = f"({may('unit.read', 'field.act')} and {within('organisation_path')})"
_OF_UNIT = "exists (select from dispatch.units u where u.id = unit_id)"
_MOVES = may("unit.manage", "order.create", "order.approve", "field.act")
_CARRIES = f"({may('admin.terminals')} and dispatch.may_carry(unit_id))"
_SENDS = may("unit.read", "field.act")
_HOUSE = (
    "orders", "assignments", "status_reports", "deliveries", "units", "unit_terminals", "crew",
    "replies", "alarms", "proposals", "observations", "unit_states", "policies", "escalations",
    "escalation_steps", "drills", "drill_calls", "offers", "conferences", "conference_parties",
)  # fmt: skip

_PEOPLE = (
    ("orders", "select", _ORDER),
    ("orders", "insert", f"{may('order.create')} and {within('organisation_path')}"),
    ("orders", "update",
     f"({_COMMANDS} and {within('organisation_path')}) or ({_WORKS} and dispatch.reaches_me(id))"),
    ("assignments", "select", _OF_ORDER),
    ("assignments", "insert", f"{_COMMANDS} and {_OF_ORDER}"),
    ("assignments", "update", f"{_WORKS} and {_OF_ORDER}"),
    ("status_reports", "select", _OF_ASSIGNMENT),
    ("status_reports", "insert", f"{_WORKS} and {_OF_ASSIGNMENT}"),
    ("proposals", "select", _OF_ASSIGNMENT),
    ("proposals", "update", f"{_WORKS} and {_OF_ASSIGNMENT}"),
    ("deliveries", "select", _OF_ORDER),
    ("deliveries", "insert update", f"{_WORKS} and {_OF_ORDER}"),
    ("offers", "select", f"{_OF_ASSIGNMENT} or dispatch.is_my_unit(unit_id)"),
    ("offers", "insert update", f"{may('order.create', 'field.act')} and {_OF_ASSIGNMENT}"),
    ("subject_facts", "select", _OF_ORDER),
    ("subject_facts", "insert", f"{may('order.read', 'field.act')} and {_OF_ORDER}"),
    ("escalations", "select", _OF_ORDER),
    ("escalations", "insert", f"{_COMMANDS} and {_OF_ORDER}"),
    ("escalations", "update", f"{_WORKS} and {_OF_ORDER}"),
    ("escalation_steps", "select", _OF_ESCALATION),
    ("escalation_steps", "insert", f"{_COMMANDS} and {_OF_ESCALATION}"),
    ("policies", "select",
     f"{may('order.read', 'policy.edit', 'admin.policies')} and ({within('organisation_path')}"
     " or starts_with(kernel.my_path(), organisation_path))"),
    ("policies", "insert update",
     f"{may('policy.edit', 'policy.sign', 'admin.policies')} and {within('organisation_path')}"),
    # A drill of the whole bureau is known to those below; each sees the branches of their own.
    ("drills", "select",
     f"{may('order.read', 'drill.run')} and ({within('organisation_path')}"
     " or starts_with(kernel.my_path(), organisation_path))"),
    ("drills", "insert update", f"{may('drill.run')} and {within('organisation_path')}"),
    ("drill_calls", "select",
     f"{may('order.read', 'drill.run')} and {within('organisation_path')}"),
    ("drill_calls", "insert update", f"{may('drill.run')} and {within('organisation_path')}"),
    ("conferences", "select update", _CONFERS),
    ("conferences", "insert", f"{may('call.make')} and started_by = {ME}"),
    ("conference_parties", "select insert update", _OF_CONFERENCE),
    ("units", "select", f"{_UNIT} or dispatch.is_my_unit(id)"),
    ("units", "insert", f"{may('unit.manage')} and {within('organisation_path')}"),
    ("units", "update",
     f"({_MOVES} and {within('organisation_path')}) or dispatch.is_my_unit(id)"),
    ("unit_states", "select", _OF_UNIT),
    ("unit_states", "insert", f"{_MOVES} and {_OF_UNIT}"),
    # Borders that were crossed tell where officers have been, as an old track does.
    ("observations", "select",
     f"(kind in ('offline', 'overspeed', 'moved_without_order') or {may('track.read')})"
     f" and {_OF_UNIT}"),
    ("playbacks", "select", f"user_id = {ME}"),
    ("playbacks", "insert", f"{may('track.read')} and user_id = {ME}"),
    ("crew", "select", f"user_id = {ME} or {_OF_UNIT}"),
    ("crew", "insert update", f"{may('field.act')} and user_id = {ME}"),
    ("unit_terminals", "select", f"{_OF_UNIT} or {_CARRIES}"),
    ("unit_terminals", "insert update delete",
     f"({may('unit.manage', 'field.act')} and {_OF_UNIT}) or {_CARRIES}"),
    # A stranger's text is a citizen's submission; through it goes the text at telephony.
    ("replies", "select update",
     f"(case when is_stranger then {may('text.read')} else {may('order.read')} end)"
     f" and {within('organisation_path')}"),
    ("alarms", "select",
     f"{may('alarm.take', 'case.read', 'order.read')} and {within('organisation_path')}"
     f" and about_user_id is distinct from {ME}"),
    ("alarms", "update",
     f"{may('alarm.take')} and {within('organisation_path')}"
     f" and about_user_id is distinct from {ME}"),
)  # fmt: skip

_COUNTED = {
    "dispatch.orders": ("id", "case_id", "organisation_path", "issued_at"),
    "dispatch.assignments": (
        "id", "order_id", "is_copy", "on_scene_at", "acknowledged_at", "fed_back_at",
    ),
}  # fmt: skip

RULES = (
    *(Rule(Role.PERSON, f"dispatch.{table}", verbs, rows) for table, verbs, rows in _PEOPLE),
    *(Rule(Role.HOUSE, f"dispatch.{table}", "select insert update delete") for table in _HOUSE),
    *(
        Rule(Role.CONSOLE, f"dispatch.{table}", "select")
        for table in ("units", "unit_terminals", "crew", "alarms", "observations")
    ),
    Rule(
        Role.STATISTICS,
        "dispatch.orders",
        "select",
        f"{may('stats.read')} and {within('organisation_path')}",
        _COUNTED["dispatch.orders"],
    ),
    Rule(
        Role.STATISTICS,
        "dispatch.assignments",
        "select",
        _OF_ORDER,
        _COUNTED["dispatch.assignments"],
    ),
    Rule(Role.NUMBERS, "dispatch.orders", "select", columns=("id", "order_no", "case_id")),
    *(
        Rule(Role.ARCHIVE, table, "select update")
        for table in (
            "dispatch.orders",
            "dispatch.assignments",
            "dispatch.status_reports",
            "dispatch.deliveries",
            "dispatch.conferences",
            "telephony.messages",
        )
    ),
    # What dispatch knows of its units and texts decides who sees positions and what came in.
    Rule(
        Role.PERSON,
        "gps.latest",
        "select",
        f"{_SENDS} and exists"
        " (select from dispatch.unit_terminals t where t.terminal_id = latest.terminal_id)",
    ),
    Rule(
        Role.PERSON,
        "gps.terminals",
        "select",
        f"{_SENDS} and exists"
        " (select from dispatch.unit_terminals t where t.terminal_id = terminals.id)",
    ),
    Rule(
        Role.PERSON,
        "telephony.inbound",
        "select",
        "exists (select from dispatch.replies r where r.inbound_id = inbound.id)",
    ),
)
