"""The ladder of people an untaken alarm climbs (SPEC §4.3). Pure."""

RUNGS = ("DISP", "SHIFT", "CMD", "DEPUTY", "HEAD")
CONFIDENTIAL = frozenset(
    {"identity_rate", "identity_outside_chain", "identity_search", "identity_words"}
)
"""Kinds that watch the staff (SPEC §1.3): those below a commander do not even see them."""
OF_INTAKE = frozenset({"text_from_stranger"})
"""Kinds about citizens' own words: the dispatchers do not even see them."""
NOT_FOR_ALL = CONFIDENTIAL | OF_INTAKE
FIRST_RUNG = dict.fromkeys(
    {"officer_distress", "approval_pending", "oral_unconfirmed", "outbound_paused"} | CONFIDENTIAL,
    "CMD",
) | dict.fromkeys(OF_INTAKE, "SHIFT")
"""Kinds that dispatchers cannot answer do not wait for them; a pause stands before everybody."""
APPROVERS_ONLY = frozenset({"approval_pending", "oral_unconfirmed"})
"""Kinds that ask for an approval: who cannot give it cannot silence them either."""
LASTING = frozenset({"outbound_paused"})
"""Kinds that stand until their cause is gone: nobody resolves them by hand."""
RUNG_OF_ROLE = {rung: rung for rung in RUNGS} | {"LEAD": "DEPUTY"}


def first_rung(kind: str) -> str:
    """Where an alarm of this kind is raised."""
    return FIRST_RUNG.get(kind, RUNGS[0])


def next_rung(rung: str) -> str | None:
    """The rung above, or None at the top."""
    above = RUNGS.index(rung) + 1
    return RUNGS[above] if above < len(RUNGS) else None


def is_above(rung: str, other: str) -> bool:
    return RUNGS.index(rung) > RUNGS.index(other)


def may_answer(roles: frozenset[str], kind: str) -> bool:
    """Whether a holder of these roles may take or resolve an alarm of this kind."""
    return kind not in APPROVERS_ONLY | NOT_FOR_ALL or _stands_at(roles, first_rung(kind))


def kinds_hidden(roles: frozenset[str]) -> frozenset[str]:
    """The kinds that a holder of these roles does not see: all stand below their first rung."""
    return frozenset(kind for kind in NOT_FOR_ALL if not _stands_at(roles, first_rung(kind)))


def _stands_at(roles: frozenset[str], rung: str) -> bool:
    """Whether one of the roles is this rung or above it."""
    lowest = RUNGS.index(rung)
    held = roles & RUNG_OF_ROLE.keys()
    return "SYSTEM" in roles or any(RUNGS.index(RUNG_OF_ROLE[role]) >= lowest for role in held)


def rungs_seen(roles: frozenset[str]) -> tuple[str, ...]:
    """The rungs whose alarms concern a holder of these roles: their own and all above.

    An alarm that has climbed stays with those it passed, so that they may still take it;
    it does not disturb the higher ones before it reaches them.
    """
    if "SYSTEM" in roles:
        return RUNGS
    held = [RUNGS.index(RUNG_OF_ROLE[role]) for role in roles if role in RUNG_OF_ROLE]
    return RUNGS[min(held) :] if held else ()
