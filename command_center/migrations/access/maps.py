"""Places: public reference data, written by the operator's imports alone."""

from command_center.migrations.access.rule import Rule
from kernel.access import Role

FUNCTIONS: tuple[str, ...] = ("grant execute on all functions in schema maps to public",)
REFERENCE = {
    f"maps.{table}": "public geography and the public business registry"
    for table in (
        "regions",
        "road_edges",
        "streets",
        "landmarks",
        "businesses",
        "token_frequency",
        "revisions",
    )
}
RULES = tuple(
    Rule(role, table, "select", None)
    for role in Role
    if role is not Role.LOGIN
    for table in REFERENCE
)
