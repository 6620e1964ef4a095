"""Positions. Who may see a unit sees where it is: that rule stands with the units."""

from command_center.migrations.access.rule import Rule, may
from kernel.access import Role

FUNCTIONS = (
    # Partitions belong to the owner, whoever asks for them.
    "alter function gps.ensure_partitions(date, date) security definer",
    "alter function gps.ensure_partitions(date, date) set search_path = pg_catalog, pg_temp",
    f"grant execute on function gps.drop_day(text) to {Role.ARCHIVE}",
    f"grant execute on function gps.ensure_partitions(date, date) to {Role.INGEST}",
)
WINDOW = ("terminal_id", "window_until", "issued_at", "plate", "device_id", "source")
"""Of a credential: an operator opens the window and sees who came, never the code's hash."""
LEDGER = (
    "id", "terminal_id", "kind", "reference_kind", "reference_id", "state", "attempts", "answer",
    "problem", "as_text", "created_at", "expires_at", "sent_at", "acknowledged_at", "answered_at",
    "ended_at",
)  # fmt: skip
"""Of a message to a terminal: how far it is, never its words."""
_REGISTRAR = may("admin.terminals")
# Officers' own phones (gps_ingest.terminals.PHONE) are nobody's to manage.
_MINE = (
    f"{_REGISTRAR} and not starts_with(identity, 'phone-')"
    " and (accounts.is_below_me(organisation_id)"
    " or (organisation_id is null and (select accounts.is_at_the_top())))"
)
_OF_A_TERMINAL = "exists (select from gps.terminals t where t.id = terminal_id)"
REFERENCE = {
    "gps.fixes": "filled by COPY, which row-level security refuses; people read it only through"
    " gps.track, which asks whose unit it was",
}
RULES = (
    Rule(Role.INGEST, "gps.terminals", "select insert update"),
    Rule(Role.INGEST, "gps.fixes", "select insert", None),
    Rule(Role.INGEST, "gps.latest", "select insert update"),
    Rule(Role.INGEST, "gps.quarantine", "select insert"),
    Rule(Role.INGEST, "gps.unknown_identities", "select insert update delete"),
    Rule(Role.INGEST, "gps.credentials", "select insert update"),
    Rule(Role.INGEST, "gps.happenings", "select insert"),
    Rule(Role.INGEST, "gps.downlinks", "select update"),
    Rule(Role.ARCHIVE, "gps.fixes", "select", None),
    Rule(Role.ARCHIVE, "gps.quarantine", "select delete"),
    Rule(Role.HOUSE, "gps.terminals", "select insert update"),
    Rule(Role.HOUSE, "gps.credentials", "select insert update", columns=WINDOW),
    Rule(Role.HOUSE, "gps.happenings", "select"),
    Rule(Role.HOUSE, "gps.downlinks", "select insert update"),
    Rule(Role.HOUSE, "gps.latest", "select"),
    Rule(Role.HOUSE, "gps.unknown_identities", "select delete"),
    Rule(Role.PERSON, "gps.terminals", "select insert update", _MINE),
    Rule(
        Role.PERSON,
        "gps.credentials",
        "select insert update",
        f"{_REGISTRAR} and {_OF_A_TERMINAL}",
        WINDOW,
    ),
    Rule(Role.PERSON, "gps.credentials", "delete", f"{_REGISTRAR} and {_OF_A_TERMINAL}"),
    # Who is registered nowhere belongs to no branch yet.
    Rule(
        Role.PERSON,
        "gps.unknown_identities",
        "select delete",
        f"{_REGISTRAR} and (select accounts.is_at_the_top())",
    ),
    Rule(Role.PERSON, "gps.quarantine", "select", f"{_REGISTRAR} and {_OF_A_TERMINAL}"),
    Rule(
        Role.PERSON,
        "gps.downlinks",
        "select",
        f"{may('admin.terminals', 'unit.read')} and {_OF_A_TERMINAL}",
        LEDGER,
    ),
    Rule(Role.CONSOLE, "gps.terminals", "select"),
    Rule(Role.CONSOLE, "gps.latest", "select"),
)
