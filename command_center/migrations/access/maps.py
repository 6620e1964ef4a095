"""Places: public reference data, written by the operator's imports alone; and what people put right
of the answers, written by the house."""

from command_center.migrations.access.rule import Rule, may
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
RULES = (
    *(
        Rule(role, table, "select", None)
        for role in Role
        if role is not Role.LOGIN
        for table in REFERENCE
    ),
    Rule(Role.PERSON, "maps.corrections", "select"),
    Rule(Role.INTAKE, "maps.corrections", "select"),
    Rule(Role.HOUSE, "maps.corrections", "select insert update"),
    Rule(Role.HOUSE, "maps.answer_counts", "select insert update"),
    Rule(Role.PERSON, "maps.answer_counts", "select", may("admin.health")),
)
