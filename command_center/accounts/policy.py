"""What a bureau asks of passwords and of whom it asks a second factor. Knows no database."""

from collections.abc import Iterable

from gevent import get_hub

from command_center.accounts.roles import ROLES, permissions
from kernel.errors import BadInput

LONGEST = 200
DECIDING = frozenset({"CMD", "DEPUTY", "LEAD", "HEAD", "ADMIN", "AUDIT"})
"""Roles that decide, administer or watch: they prove a second factor where it is demanded."""
ALONE = frozenset({"ADMIN", "AUDIT"})
"""Whoever administers or watches does nothing else (SPEC §1.2, separation)."""
OURS = ("12315", "12365", "96315", "shichangjianguan", "gongshang", "commandcenter")
THE_COUNTRY_S = ("woaini", "1314520", "5201314", "woaini1314", "zhongguo", "beijing", "a123456")
"""Words that people of this trade, and of this country, would think of first."""
WEAKEST = 3
"""zxcvbn's score from which a password resists 10^8 guesses (0 to 4)."""
READ = 72
"""zxcvbn looks at as many letters at most."""


def check_password(password: str, *, shortest: int, about: Iterable[str]) -> None:
    """Raises BadInput for a new password that is short, common or made of what `about` says."""
    if len(password) < shortest:
        raise BadInput("password", "password_too_short", minimum=shortest)
    told = [word for word in about if len(word) >= (3 if word.isascii() else 2)]
    if any(word.casefold() in password.casefold() for word in told):
        raise BadInput("password", "password_tells_who")
    if get_hub().threadpool.apply(_score, (password, [*told, *OURS, *THE_COUNTRY_S])) < WEAKEST:
        raise BadInput("password", "password_too_common")


def _score(password: str, words: list[str]) -> int:
    from zxcvbn import zxcvbn  # its lists of passwords take 100 ms and 20 MB to read

    found: int = zxcvbn(password[:READ], user_inputs=words)["score"]
    return found


def needs_second_factor(roles: frozenset[str]) -> bool:
    """Whether these roles prove a second factor where the installation demands it."""
    return bool(roles & DECIDING) or "identity.reveal" in permissions(roles)


def check_roles(roles: frozenset[str]) -> None:
    """Raises BadInput for an unknown role and for one that stands alone beside another."""
    if not roles or not roles <= ROLES.keys():
        raise BadInput("roles", "unknown_role")
    if roles & ALONE and len(roles) > 1:
        raise BadInput("roles", "role_stands_alone", role=min(roles & ALONE))
