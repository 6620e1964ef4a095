"""Messages and texts. People see deliveries and replies, never the line itself."""

from command_center.migrations.access.rule import Rule
from kernel.access import Role

FUNCTIONS: tuple[str, ...] = ()
REFERENCE: dict[str, str] = {}
RULES = tuple(
    Rule(role, f"telephony.{table}", "select insert update")
    for role in (Role.HOUSE, Role.ENGINES)
    for table in ("messages", "attempts", "receipts", "inbound")
)
