"""Roles of SPEC §1.1 and what each may do (SPEC §1.2). Jurisdiction is checked besides."""

CLERK = frozenset(
    {
        "case.create",
        "case.read",
        "report.read",
        "case.escalate",
        "case.route",
        "identity.reveal_own",
        # What citizens write by SMS; no case yet, and no partner's program may have it.
        "text.read",
        "map.read",
    }
)
ROLES: dict[str, frozenset[str]] = {
    "AGENT": CLERK | {"recording.hear_own", "call.make"},
    "ENTRY": CLERK,
    "SHIFT": frozenset(
        {
            "case.create",
            "case.read",
            "report.read",
            "case.escalate",
            "case.route",
            "complainant.read",
            "text.read",
            "alarm.take",
            "call.make",
            "unit.read",
            "order.read",
            "map.read",
            "recording.hear",
            "stats.read",
            "duty.read",
            "duty.edit",
            "duty.hand_over",
        }
    ),
    "DISP": frozenset(
        {
            "case.read",
            "report.read",
            "case.escalate",
            "case.route",
            "order.create",
            "order.read",
            "unit.read",
            "unit.manage",
            "alarm.take",
            "call.make",
            "map.read",
            "stats.read",
            "duty.read",
            "duty.hand_over",
            "supervision.propose",
            "supervision.read",
        }
    ),
    "CMD": frozenset(
        {
            "case.read",
            "report.read",
            "case.escalate",
            "case.route",
            "case.accept",
            "case.close.approve",
            "case.transfer.request",
            "complainant.read",
            "identity.reveal",
            "identity.search",
            "recording.hear_reason",
            "archive.approve",
            "person.export",
            # An officer's old track: the commander answers for their safety and conduct. Who sends
            # units needs where they are now; nobody else has a reason (SPEC §1.2 names none).
            "track.read",
            "call.make",
            "order.create",
            "order.approve",
            "order.read",
            "outbound.pause",
            "drill.run",
            "policy.edit",
            "policy.sign",
            "unit.read",
            "unit.manage",
            "alarm.take",
            "map.read",
            "stats.read",
            "duty.read",
            "duty.edit",
            "duty.hand_over",
            "supervision.issue",
            "supervision.read",
        }
    ),
    "LEAD": frozenset(
        {
            "case.read",
            "report.read",
            "case.route",
            "case.accept",
            "case.file",
            "case.close.approve",
            "case.transfer.approve",
            "archive.approve",
            "call.make",
            "order.approve",
            "order.read",
            "outbound.pause",
            "unit.read",
            "alarm.take",
            "map.read",
            "stats.read",
            "duty.read",
            "supervision.issue",
            "supervision.read",
        }
    ),
    "UNIT": frozenset(
        {
            "case.create",
            "case.read",
            "report.read",
            "case.accept",
            "case.handle",
            "case.close.request",
            "case.transfer.request",
            "complainant.read",
            "identity.reveal",
            "recording.hear_own",
            "order.read",
            "unit.read",
            "map.read",
            "supervision.answer",
            "supervision.read",
        }
    ),
    "OFFICER": frozenset({"field.act", "map.read"}),
    "STAT": frozenset({"stats.read"}),
    # Rule sets are the administrator's (SPEC §1.2); what sends units by itself, a commander signs.
    "ADMIN": frozenset(
        {"admin.users", "admin.health", "admin.terminals", "admin.policies", "admin.calendar"}
    ),
    "DISC": frozenset({"conduct.read"}),
    "AUDIT": frozenset({"audit.read"}),
    # Volumes, retention, destruction (SPEC §1.1): numbers only, no case text.
    "ARCH": frozenset({"archive.read", "archive.destroy", "archive.hold"}),
    "SVC": frozenset(),
    # The upper rungs of the alarm ladder (SPEC §4.3); what they may do comes from CMD and LEAD.
    "DEPUTY": frozenset(),
    "HEAD": frozenset(),
}


def permissions(roles: frozenset[str]) -> frozenset[str]:
    """Everything that the holder of these roles may do."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))
