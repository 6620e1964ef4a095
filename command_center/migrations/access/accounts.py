"""Organisations, people, their sessions."""

from command_center.migrations.access.rule import ME, Rule
from kernel.access import Role

KNOWN = ("id", "account", "name", "organisation_id", "phone", "certificate_no", "active")
"""What colleagues may know of each other: never the password's hash."""

FUNCTIONS = (
    # Whose colleague or superior one is: in my subtree, or on the way up from me to the root.
    """create or replace function accounts.concerns_me(of_organisation bigint) returns boolean
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select starts_with(path, kernel.my_path()) or starts_with(kernel.my_path(), path)
       from accounts.organisations where id = of_organisation $$""",
    "grant execute on all functions in schema accounts to public",
)
REFERENCE = {"accounts.organisations": "the bureau's structure, which every desk shows"}

_MINE = f"user_id = {ME}"
RULES = (
    *(
        Rule(role, "accounts.organisations", "select", None)
        for role in Role
        if role is not Role.LOGIN
    ),
    Rule(Role.DOOR, "accounts.users", "select"),
    Rule(Role.DOOR, "accounts.user_roles", "select"),
    Rule(Role.DOOR, "accounts.sessions", "select insert delete"),
    Rule(Role.DOOR, "accounts.login_failures", "select insert delete"),
    Rule(
        Role.PERSON,
        "accounts.users",
        "select",
        f"id = {ME} or accounts.concerns_me(organisation_id)",
        KNOWN,
    ),
    Rule(
        Role.PERSON,
        "accounts.user_roles",
        "select",
        "exists (select from accounts.users u where u.id = user_id)",
    ),
    Rule(Role.PERSON, "accounts.sessions", "select delete", _MINE),
    Rule(Role.HOUSE, "accounts.users", "select", columns=KNOWN),
    Rule(Role.HOUSE, "accounts.user_roles", "select"),
    Rule(Role.HOUSE, "accounts.sessions", "select delete"),
    Rule(Role.HOUSE, "accounts.login_failures", "select delete"),
    Rule(Role.CONSOLE, "accounts.users", "select", columns=KNOWN),
)
