"""Positions. Who may see a unit sees where it is: that rule stands with the units."""

from command_center.migrations.access.rule import Rule
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
    Rule(Role.HOUSE, "gps.terminals", "select insert update"),
    Rule(Role.HOUSE, "gps.credentials", "select insert update", columns=WINDOW),
    Rule(Role.HOUSE, "gps.happenings", "select"),
    Rule(Role.HOUSE, "gps.downlinks", "select insert update"),
    Rule(Role.HOUSE, "gps.latest", "select"),
    Rule(Role.HOUSE, "gps.unknown_identities", "select delete"),
    Rule(Role.CONSOLE, "gps.terminals", "select"),
    Rule(Role.CONSOLE, "gps.latest", "select"),
)
