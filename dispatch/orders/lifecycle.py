"""The states of an assignment, who may report them, and the order's state made of them. Pure.

    PENDING → ISSUED → ACKED → EN_ROUTE → ON_SCENE → HANDLING → FED_BACK → CLEARED
                 └── CANNOT (by the recipient)      └── CANCELLED (by the desk, from any open state)

A crew may skip steps: who reports the scene has read the order. Nothing ever goes back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kernel.errors import BadInput, Forbidden, IllegalTransition

PENDING = "PENDING"
ISSUED = "ISSUED"
ACKED = "ACKED"
EN_ROUTE = "EN_ROUTE"
ON_SCENE = "ON_SCENE"
HANDLING = "HANDLING"
FED_BACK = "FED_BACK"
CLEARED = "CLEARED"
CANNOT = "CANNOT"
CANCELLED = "CANCELLED"
NEED_HELP = "NEED_HELP"

WAY = (ISSUED, ACKED, EN_ROUTE, ON_SCENE, HANDLING, FED_BACK, CLEARED)
STATES = (PENDING, *WAY, CANNOT, CANCELLED)
REPORTS = (ACKED, EN_ROUTE, ON_SCENE, HANDLING, NEED_HELP, FED_BACK, CLEARED, CANNOT)
WORKING = frozenset({ISSUED, ACKED, EN_ROUTE, ON_SCENE, HANDLING})
BEFORE_SCENE = frozenset({ISSUED, ACKED, EN_ROUTE})
CLOSED = frozenset({FED_BACK, CLEARED, CANNOT, CANCELLED})
"""Nothing more is awaited: the unit may be sent elsewhere and the code is free again."""

PENDING_APPROVAL = "PENDING_APPROVAL"
REFUSED = "REFUSED"
ORDER_STATES = (PENDING_APPROVAL, REFUSED, *WAY, CANNOT, CANCELLED)
FINISHED = frozenset({REFUSED, FED_BACK, CLEARED, CANNOT, CANCELLED})
"""Order states that no longer hold the case."""

CHANNELS = {
    "app": frozenset(REPORTS),
    "desk": frozenset(REPORTS),
    "fax": frozenset(REPORTS),
    "sms": frozenset(REPORTS) - {CLEARED},
    "vehicle": frozenset({ACKED, ON_SCENE, HANDLING, NEED_HELP, CANNOT}),
    "voice": frozenset({ACKED, CANNOT}),
    "gps": frozenset({ON_SCENE}),
}
"""What may be reported by which way: the crew's app, a dispatcher on behalf, the same with a
faxed page as proof, a reply by SMS, the buttons of the vehicle's terminal, a key on a phone that
was called, a person's word that what the track shows is so."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a report does: the state after it, and what it says besides."""

    state: str
    moved: bool
    acknowledges: bool
    asks_help: bool = False

    @property
    def closes(self) -> bool:
        return self.moved and self.state in CLOSED


def step(state: str, report: str, *, acknowledged: bool) -> Step:
    """What `report` does to an assignment in `state`; raises IllegalTransition.

    A report of a state already passed (a late SMS) moves nothing and is no error.
    """
    if report not in REPORTS or state in (PENDING, CANNOT, CANCELLED):
        raise IllegalTransition("assignment", state, report)
    if report == CANNOT:
        return _decline(state, acknowledged)
    if report == NEED_HELP:
        return _ask_help(state, acknowledged)
    if WAY.index(report) <= WAY.index(state):
        return Step(state, moved=False, acknowledges=False)
    if report == CLEARED and state != FED_BACK:
        raise IllegalTransition("assignment", state, report)
    return Step(report, moved=True, acknowledges=not acknowledged)


def _decline(state: str, acknowledged: bool) -> Step:
    if state not in WORKING:
        raise IllegalTransition("assignment", state, CANNOT)
    return Step(CANNOT, moved=True, acknowledges=not acknowledged)


def _ask_help(state: str, acknowledged: bool) -> Step:
    if state not in WORKING:
        raise IllegalTransition("assignment", state, NEED_HELP)
    after = ACKED if state == ISSUED else state
    return Step(after, moved=after != state, acknowledges=not acknowledged, asks_help=True)


def issue(state: str) -> str:
    """The state when the order goes out; raises IllegalTransition."""
    if state != PENDING:
        raise IllegalTransition("assignment", state, "issue")
    return ISSUED


def can_cancel(state: str) -> bool:
    """Whether the desk may still take this assignment back."""
    return state == PENDING or state in WORKING


def next_reports(state: str) -> list[str]:
    """What the recipient may report now, the usual next step first."""
    if state == FED_BACK:
        return [CLEARED]
    if state not in WORKING:
        return []
    ahead = [s for s in WAY[WAY.index(state) + 1 :] if s != CLEARED]
    return [*ahead, NEED_HELP, CANNOT]


def check_report(report: str, via: str, *, reason: str, text: str, result_code: str | None) -> None:
    """Pass when that way of reporting may say this and it says enough.

    "Cannot" asks why; a feedback asks what was found. An SMS is too short for either, a button says
    nothing more.
    Raises BadInput naming the field, Forbidden.
    """
    if report not in REPORTS:
        raise BadInput("state", "unknown")
    if report not in CHANNELS[via]:
        raise Forbidden("order.status", code="not_by_this_way", via=via, report=report)
    if via in ("sms", "vehicle", "voice"):
        return
    if report == CANNOT and not reason:
        raise BadInput("reason", "required")
    if report == FED_BACK and not (text or result_code):
        raise BadInput("text", "required")


def order_state(
    acting: Sequence[str], *, pending: bool = False, refused: bool = False, cancelled: bool = False
) -> str:
    """The state of an order, of the states of its acting assignments (copies do not count).

    As far as the foremost has come, but fed back only when nobody is still at work.
    """
    if refused:
        return REFUSED
    if cancelled:
        return CANCELLED
    if pending:
        return PENDING_APPROVAL
    live = [WAY.index(state) for state in acting if state in WAY]
    if not live:
        return CANNOT if CANNOT in acting else CANCELLED
    if all(WAY[i] in CLOSED for i in live):
        return WAY[min(live)]
    return WAY[min(max(live), WAY.index(HANDLING))]


def is_open(states: Iterable[str]) -> bool:
    """Whether any of these assignments still awaits something."""
    return any(state not in CLOSED for state in states)
