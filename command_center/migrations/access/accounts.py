"""Organisations, people, how they sign in. The door alone handles secrets and sessions."""

from command_center.migrations.access.rule import ME, Rule, may
from kernel.access import Role

KNOWN = (
    "id", "account", "name", "organisation_id", "phone", "certificate_no", "extension",
    "active",
    "must_change_password", "password_until",
)  # fmt: skip
"""What colleagues may know of each other: never the password's hash."""

FUNCTIONS = (
    # Whose colleague or superior one is: in my subtree, or on the way up from me to the root.
    """create or replace function accounts.concerns_me(of_organisation bigint) returns boolean
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select starts_with(path, kernel.my_path()) or starts_with(kernel.my_path(), path)
       from accounts.organisations where id = of_organisation $$""",
    """create or replace function accounts.is_below_me(of_organisation bigint) returns boolean
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select starts_with(path, kernel.my_path())
       from accounts.organisations where id = of_organisation $$""",
    """create or replace function accounts.is_managed(of_user bigint) returns boolean
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select accounts.is_below_me(organisation_id) from accounts.users where id = of_user $$""",
    """create or replace function accounts.is_at_the_top() returns boolean
       language sql stable security definer set search_path = pg_catalog, pg_temp as $$
       select exists (select from accounts.organisations
                      where parent_id is null and starts_with(path, kernel.my_path())) $$""",
    "grant execute on all functions in schema accounts to public",
)
REFERENCE = {"accounts.organisations": "the bureau's structure, which every desk shows"}


def _for(owner: str, managed: str) -> str:
    """Rows of the door itself, of whoever asks, and of those they administer."""
    return f"{ME} = 0 or {owner} = {ME} or ({may('admin.users')} and {managed})"


_ROWS = _for("user_id", "accounts.is_managed(user_id)")
_USERS = _for("id", "accounts.is_below_me(organisation_id)")
_TOKENS = f"{ME} = 0 or ({may('admin.users')} and accounts.is_below_me(organisation_id))"
_OF_PEOPLE = (
    "sessions", "challenges", "second_factors", "recovery_codes", "trusted_devices",
    "push_subscriptions",
)  # fmt: skip
_ENDING = (
    "sessions", "challenges", "trusted_devices", "login_failures", "push_subscriptions",
)  # fmt: skip

RULES = (
    *(
        Rule(role, "accounts.organisations", "select", None)
        for role in Role
        if role is not Role.LOGIN
    ),
    Rule(Role.DOOR, "accounts.users", "select insert update", _USERS),
    Rule(Role.DOOR, "accounts.user_roles", "select insert update delete", _ROWS),
    *(
        Rule(Role.DOOR, f"accounts.{table}", "select insert update delete", _ROWS)
        for table in _OF_PEOPLE
    ),
    Rule(Role.DOOR, "accounts.login_failures", "select insert delete"),
    Rule(Role.DOOR, "accounts.api_tokens", "select insert update", _TOKENS),
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
    # Whoever is on duty is called: what stands above and below me, as with the people themselves.
    Rule(
        Role.PERSON,
        "accounts.duties",
        "select",
        f"{may('duty.read')} and accounts.concerns_me(organisation_id)",
    ),
    Rule(
        Role.PERSON,
        "accounts.duties",
        "insert update delete",
        f"{may('duty.edit')} and accounts.is_below_me(organisation_id)",
    ),
    Rule(Role.HOUSE, "accounts.duties", "select"),
    Rule(Role.HOUSE, "accounts.users", "select", columns=KNOWN),
    Rule(Role.HOUSE, "accounts.user_roles", "select"),
    *(Rule(Role.HOUSE, f"accounts.{table}", "select delete") for table in _ENDING),
    Rule(Role.CONSOLE, "accounts.users", "select", columns=KNOWN),
)
