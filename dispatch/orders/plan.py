"""An order before it is one: recipients, what speaks against them, what the desk should know."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from dispatch.numbers import digits
from dispatch.orders import authority, queries, recipients, texts
from dispatch.orders.brief import OrderBrief
from dispatch.orders.ports import Branch, CaseGate, Directory
from dispatch.orders.recipients import Contact, Target
from dispatch.recommendation import facts, joint, rank
from dispatch.recommendation.joint import Plans, Wanted
from dispatch.recommendation.rank import Ranking, Reason
from dispatch.units import queries as units
from dispatch.units.queries import Placed
from gps_ingest.downlink import TWO_WAY
from kernel.db import principal_of
from kernel.errors import BadInput, Conflict, NotFound
from kernel.gate import gate, patterns, purposes
from kernel.gate.gate import Found
from kernel.gate.purposes import NUMBERS


@dataclass(frozen=True, slots=True)
class Request:
    """What the dispatcher composed. `closed` None means: as this kind of case is by default."""

    case_id: int
    unit_ids: tuple[int, ...]
    branch_ids: tuple[int, ...]
    channels: tuple[str, ...]
    kind: str
    closed: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The request, thought through."""

    request: Request
    brief: OrderBrief
    closed: bool
    targets: tuple[Target, ...]
    warnings: tuple[Reason, ...]
    needs_reason: bool

    @property
    def hits(self) -> list[Found]:
        """What a person must look at before this leaves."""
        return hits(self.brief, self.request.note)

    @property
    def needs_approval(self) -> bool:
        return authority.needs_approval(self.brief.urgency)


class Planner:
    """Reads what an order needs to know; writes nothing."""

    def __init__(self, directory: Directory, gate: CaseGate, engines: Collection[str]):
        self.directory, self.gate, self.engines = directory, gate, engines

    def plan(self, session: Session, request: Request) -> Plan:
        """Raises NotFound for a case, unit or branch the principal may not see, BadInput."""
        _check(request)
        brief = self.brief(session, request.case_id)
        closed = brief.confidential if request.closed is None else request.closed
        ranked = self.ranking(session, brief)
        chosen = [self._unit(session, ident, request, ranked) for ident in request.unit_ids]
        named = [self._branch(session, ident, request, closed) for ident in request.branch_ids]
        passed_over = rank.needs_reason(ranked, request.unit_ids)
        warnings = [
            *_about_case(session, brief, request, closed),
            *_about_choice(ranked, request, passed_over),
        ]
        targets = tuple(_complete(target) for target in (*chosen, *named))
        return Plan(request, brief, closed, targets, tuple(warnings), passed_over)

    def brief(self, session: Session, case_id: int) -> OrderBrief:
        """The case as the crew may know it; a report's facts without anybody's numbers.

        Raises NotFound.
        """
        brief = self.gate.brief(session, case_id)
        if not brief.confidential:
            return brief
        facts = patterns.redacted(brief.dispatch_facts, NUMBERS, brief.own_words)
        return replace(brief, dispatch_facts=facts)

    def ranking(self, session: Session, brief: OrderBrief) -> Ranking:
        """The units of the principal's jurisdiction, ranked for this case."""
        scene = self._scene(session, brief)
        return Ranking(facts.gather(session, principal_of(session), scene))

    def jointly(self, session: Session, case_ids: Sequence[int]) -> Plans:
        """Whom to send to these cases, all of them thought of together; raises NotFound.

        A case without a place, or with an open order, waits for nobody here.
        """
        briefs = [self.brief(session, ident) for ident in dict.fromkeys(case_ids)]
        waiting = [
            brief
            for brief in briefs
            if _point(brief) and not queries.open_orders_of(session, brief.case_id)
        ]
        scenes = [self._scene(session, brief) for brief in waiting]
        fleets = facts.gather_all(session, principal_of(session), scenes)
        return joint.plan(
            [
                Wanted(brief.case_id, brief.urgency, fleet)
                for brief, fleet in zip(waiting, fleets, strict=True)
            ]
        )

    def _scene(self, session: Session, brief: OrderBrief) -> facts.Scene:
        return facts.Scene(_point(brief), self.home(session, brief), brief.equipment)

    def home(self, session: Session, brief: OrderBrief) -> str:
        """The path whose units are at home at this case: of the branch there, else of the case."""
        if brief.lon is not None and brief.lat is not None:
            branch = self.directory.branch_at(session, brief.lon, brief.lat)
            if branch is not None:
                return branch.path
        return brief.organisation_path

    def branch(self, session: Session, organisation_id: int) -> Branch:
        """Raises NotFound outside the principal's jurisdiction."""
        branch = self.directory.branch(session, organisation_id)
        if not principal_of(session).covers(branch.path):
            raise NotFound("organisation", organisation_id)
        return branch

    def _unit(self, session: Session, unit_id: int, request: Request, ranked: Ranking) -> Target:
        found = ranked.of(unit_id)
        if found is None:
            raise NotFound("unit", unit_id)
        unit = units.visible(session, principal_of(session), unit_id)
        blocked, known = found.stands, found.facts
        return Target(
            "unit",
            unit.id,
            unit.name,
            unit.organisation_path,
            is_copy=False,
            addresses=recipients.served(
                addresses_of(Placed(unit, None), request.channels), self.engines
            ),
            blocked=blocked and replace(blocked, params={**blocked.params, "name": unit.name}),
            predicted_seconds=known.travel_seconds,
            predicted_by=known.engine,
        )

    def _branch(self, session: Session, ident: int, request: Request, closed: bool) -> Target:
        branch = self.branch(session, ident)
        return Target(
            "branch",
            branch.id,
            branch.name,
            branch.path,
            is_copy=bool(request.unit_ids),
            addresses=recipients.served(
                recipients.of_branch(branch, request.channels, closed=closed), self.engines
            ),
            blocked=recipients.obstacle(branch),
            reply_number=digits(branch.phone) if branch.phone else "",
        )


def addresses_of(placed: Placed, channels: Sequence[str]) -> tuple[recipients.Address, ...]:
    """Where the crew that is signed on now can be reached."""
    crew = [Contact(member.name, member.phone) for member in placed.unit.crew]
    reached = [
        held.terminal_id
        for held in placed.unit.terminals
        if held.terminal.protocol in TWO_WAY and held.terminal.enabled
    ]
    return recipients.of_unit(placed.unit.name, crew, channels, reached)


def hits(brief: OrderBrief, note: str) -> list[Found]:
    """What in the words that people typed leads to somebody."""
    why = purposes.of(texts.purpose_of(brief, "fax"))
    return gate.found(why, _typed(brief, note), brief.own_words)


@dataclass(frozen=True, slots=True)
class Typed:
    """One field that people typed, with its hits."""

    field: str
    text: str
    hits: tuple[Found, ...]


def words_typed(brief: OrderBrief, note: str) -> list[Typed]:
    """The typed fields in which something leads to somebody."""
    found = hits(brief, note)
    marked = [
        Typed(name, text, tuple(one for one in found if one.field == name))
        for name, text in _typed(brief, note).items()
    ]
    return [one for one in marked if one.hits]


def _typed(brief: OrderBrief, note: str) -> dict[str, str]:
    """The words of an order that people typed, by field."""
    return {"dispatch_facts": brief.dispatch_facts, "demand": brief.demand, "note": note}


def refuse_if_blocked(plan: Plan) -> None:
    """Pass when every target may be sent; raises BadInput, Conflict naming the first obstacle."""
    for target in plan.targets:
        if target.blocked is None:
            continue
        code, params = target.blocked.code, target.blocked.params
        if code == "unit_taken":
            raise Conflict(code, **params)
        raise BadInput("unit_ids" if target.kind == "unit" else "branch_ids", code, **params)


def _check(request: Request) -> None:
    if not request.unit_ids and not request.branch_ids:
        raise BadInput("unit_ids", "required")
    if not request.channels:
        raise BadInput("channels", "required")
    if request.kind not in texts.KINDS:
        raise BadInput("kind", "unknown")


def _complete(target: Target) -> Target:
    return replace(target, blocked=target.blocked or recipients.without_address(target))


def _point(brief: OrderBrief) -> tuple[float, float] | None:
    return None if brief.lon is None or brief.lat is None else (brief.lon, brief.lat)


def _about_case(
    session: Session, brief: OrderBrief, request: Request, closed: bool
) -> list[Reason]:
    found = []
    if _point(brief) is None:
        found.append(Reason("case_unplaced", {}))
    if brief.confidential and not closed:
        found.append(Reason("report_sent_openly", {}))
    for order in queries.open_orders_of(session, brief.case_id):
        found.append(Reason("case_has_open_order", {"order_no": order.order_no}))
    return found


def _about_choice(ranked: Ranking, request: Request, passed_over: bool) -> list[Reason]:
    if not passed_over:
        return []
    best = next(one for one in ranked if one.facts.unit_id not in request.unit_ids)
    return [Reason("override_reason_needed", {"name": best.facts.name})]
