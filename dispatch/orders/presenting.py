"""Orders as the API shows them."""

from collections.abc import Mapping, Sequence

from dispatch.delivery.models import Delivery
from dispatch.delivery.schemas import delivery_out
from dispatch.escalation.models import Escalation, EscalationStep
from dispatch.escalation.policy import Policy
from dispatch.escalation.schemas import course_out, policy_out
from dispatch.orders.ledger import Line
from dispatch.orders.lifecycle import next_reports
from dispatch.orders.models import Assignment, Order, Proposal
from dispatch.orders.outgoing import Preview
from dispatch.orders.plan import Plan, Typed, words_typed
from dispatch.orders.ports import Contact
from dispatch.orders.schemas import (
    AssignmentOut,
    HitOut,
    LedgerLine,
    LedgerOut,
    OnDutyOut,
    OrderApprovalOut,
    OrderOut,
    OrderSummaryOut,
    PreviewOut,
    PreviewRecipient,
    ProposalOut,
    ReasonOut,
    RecommendationOut,
    RecommendedBranch,
    RecommendedUnit,
    TargetOut,
    TypedOut,
)
from dispatch.recommendation.facts import is_home
from dispatch.recommendation.rank import Ranked, Ranking, Reason
from maps.plane import distance_m

SHOWN = 100
FAR = float("inf")
"""More than a person looks through; the ranking itself knows the whole fleet."""


def summary_out(order: Order) -> OrderSummaryOut:
    return OrderSummaryOut(
        id=order.id,
        order_no=order.order_no,
        case_id=order.case_id,
        case_no=order.brief["case_no"],
        urgency=order.urgency,
        kind=order.kind,
        state=order.state,
        closed=order.closed,
        issued_at=order.issued_at,
        ack_due_at=order.ack_due_at,
        targets=[one.target_name for one in order.assignments],
    )


def order_out(
    order: Order,
    deliveries: Mapping[int, Sequence[Delivery]],
    proposals: Mapping[int, Proposal],
    courses: Mapping[int, tuple[Escalation, list[EscalationStep]]],
) -> OrderOut:
    return OrderOut(
        **summary_out(order).model_dump(),
        note=order.note,
        issued_by=order.created_by_name,
        created_at=order.created_at,
        override_reason=order.override_reason,
        end_reason=order.end_reason,
        approval=_approval_out(order),
        policy=policy_out(order.followed) if order.policy else None,
        assignments=[
            _assignment_out(
                one, deliveries.get(one.id, ()), proposals.get(one.id), courses.get(one.id)
            )
            for one in order.assignments
        ],
    )


def ledger_out(order: Order, lines: Sequence[Line]) -> LedgerOut:
    return LedgerOut(
        order_no=order.order_no,
        case_no=order.brief["case_no"],
        urgency=order.urgency,
        issued_at=order.issued_at,
        issued_by=order.created_by_name,
        approval=_approval_out(order),
        rows=[LedgerLine.model_validate(line, from_attributes=True) for line in lines],
    )


def preview_out(plan: Plan, lines: Sequence[Preview], policy: Policy) -> PreviewOut:
    return PreviewOut(
        needs_approval=plan.needs_approval,
        closed=plan.closed,
        recipients=[recipient_out(line) for line in lines],
        warnings=[_reason_out(one) for one in plan.warnings],
        words=words_out(words_typed(plan.brief, plan.request.note)),
        policy=policy_out(policy),
    )


def words_out(typed: Sequence[Typed]) -> list[TypedOut]:
    return [
        TypedOut(
            field=one.field,
            text=one.text,
            hits=[HitOut(**hit.shown(), refused=hit.effect == "refuse") for hit in one.hits],
        )
        for one in typed
    ]


def recipient_out(line: Preview) -> PreviewRecipient:
    return PreviewRecipient(
        target=TargetOut(kind=line.kind, id=line.target_id, name=line.target_name),
        channel=line.address.channel,
        name=line.address.name,
        address=line.address.address,
        text=line.text,
        pages=line.pages,
        blocked=line.address.blocked,
        held=line.address.held,
    )


def recommendation_out(
    ranked: Ranking,
    contacts: Sequence[Contact],
    place: tuple[float, float] | None,
    home: str,
    policy: Policy,
) -> RecommendationOut:
    """Units by rank; whom to call by jurisdiction, then distance, then duty (SPEC §5)."""
    near = sorted((_branch_out(one, place, home) for one in contacts), key=_call_first)
    items = [_unit_out(one) for one in ranked[:SHOWN]]
    return RecommendationOut(
        engine="road" if any(one.engine == "road" for one in items) else "straight",
        channels=list(policy.channels),
        items=items,
        branches=near,
    )


def _unit_out(ranked: Ranked) -> RecommendedUnit:
    facts = ranked.facts
    return RecommendedUnit(
        unit_id=facts.unit_id,
        name=facts.name,
        rank=ranked.rank,
        travel_seconds=facts.travel_seconds,
        distance_m=facts.distance_m,
        uncertainty_m=facts.uncertainty_m,
        engine=facts.engine,
        eligible=ranked.eligible,
        reasons=[_reason_out(one) for one in ranked.reasons],
    )


def _call_first(one: RecommendedBranch) -> tuple[bool, float, bool, float, int]:
    """Within the same kilometre whoever has somebody on duty comes first."""
    far = FAR if one.distance_m is None else one.distance_m // 1000
    return not one.own_jurisdiction, far, not one.on_duty, one.distance_m or 0, one.organisation_id


def _branch_out(
    contact: Contact, place: tuple[float, float] | None, home: str
) -> RecommendedBranch:
    branch = contact.branch
    metres = None
    if place is not None and branch.lon is not None and branch.lat is not None:
        metres = round(distance_m(*place, branch.lon, branch.lat))
    return RecommendedBranch(
        organisation_id=branch.id,
        name=branch.name,
        phone=branch.phone,
        fax=branch.fax,
        distance_m=metres,
        own_jurisdiction=is_home(branch.path, home),
        on_duty=[OnDutyOut(name=one.name, phone=one.phone) for one in contact.on_duty],
    )


def _reason_out(reason: Reason) -> ReasonOut:
    return ReasonOut(code=reason.code, params=reason.params)


def _approval_out(order: Order) -> OrderApprovalOut | None:
    if order.approval_mode is None:
        return None
    return OrderApprovalOut(
        mode=order.approval_mode,
        conference_id=order.conference_id,
        approver=order.approver_name,
        at=order.approved_at,
        confirmed_at=order.confirmed_at,
        confirm_due_at=order.confirm_due_at,
    )


_SAME = (
    "id",
    "code",
    "state",
    "is_copy",
    "ack_due_at",
    "depart_due_at",
    "arrive_due_at",
    "feedback_due_at",
    "acknowledged_at",
    "acknowledged_by",
    "acknowledged_via",
    "read_at",
    "read_by",
    "en_route_at",
    "on_scene_at",
    "fed_back_at",
    "cannot_reason",
    "result_code",
    "feedback",
)


def proposal_out(proposal: Proposal | None) -> ProposalOut | None:
    return ProposalOut.model_validate(proposal, from_attributes=True) if proposal else None


def _assignment_out(
    assignment: Assignment,
    deliveries: Sequence[Delivery],
    proposal: Proposal | None,
    course: tuple[Escalation, list[EscalationStep]] | None,
) -> AssignmentOut:
    return AssignmentOut(
        **{name: getattr(assignment, name) for name in _SAME},
        target=TargetOut(
            kind=assignment.target_kind, id=assignment.target_id, name=assignment.target_name
        ),
        next=[] if assignment.is_copy else next_reports(assignment.state),
        proposal=proposal_out(proposal),
        course=course_out(*course) if course else None,
        deliveries=[delivery_out(one) for one in deliveries],
    )
