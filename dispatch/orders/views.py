"""Orders over HTTP: parse, call one verb, show."""

from datetime import timedelta, tzinfo
from typing import Any

from apiflask import APIBlueprint
from flask import Response
from sqlalchemy.orm import Session

from dispatch.delivery import queries as deliveries
from dispatch.escalation import policies
from dispatch.escalation import queries as escalation
from dispatch.orders import ledger, proposals, queries, reading
from dispatch.orders.models import Order
from dispatch.orders.plan import Request
from dispatch.orders.presenting import (
    ledger_out,
    order_out,
    preview_out,
    recipient_out,
    recommendation_out,
    summary_out,
    words_out,
)
from dispatch.orders.schemas import (
    Accuracies,
    AccuracyOut,
    AccuracyQuery,
    Approve,
    Cancel,
    ConfirmedIn,
    Draft,
    Expected,
    Issue,
    Joint,
    JointOut,
    LedgerOut,
    OrderOut,
    OrderQuery,
    Orders,
    OrderWords,
    OutlookOut,
    PreviewOut,
    Reassign,
    RecommendationOut,
    Reinforce,
    Status,
    Texts,
    Why,
)
from dispatch.orders.service import ByCall, OralApproval, OrderService
from dispatch.orders.status import Report, StatusService
from dispatch.recommendation import regret
from kernel.clock import now
from kernel.db import principal_of
from kernel.gate import gate
from kernel.gate.gate import Word
from kernel.schemas import IDENT
from kernel.web import a_file, current_principal, handed_out, require, unit_of_work

A_PDF = a_file("PDF", "application/pdf")


def create_blueprint(orders: OrderService, statuses: StatusService) -> APIBlueprint:
    blueprint = APIBlueprint("orders", __name__, url_prefix="/api/v1", tag="Orders")
    _composing(blueprint, orders)
    _reading(blueprint)
    _outlook(blueprint, orders)
    _ledger(blueprint, orders.settings.zone)
    _judging(blueprint, orders)
    _more_units(blueprint, orders)
    _reporting(blueprint, statuses)
    return blueprint


def _composing(blueprint: APIBlueprint, orders: OrderService) -> None:
    @blueprint.get(f"/cases/<{IDENT}:case_id>/recommendation")
    @blueprint.output(RecommendationOut)
    @blueprint.doc(operation_id="recommendUnits")
    @require("unit.read")
    def recommend(case_id: int) -> Any:
        with unit_of_work() as session:
            planner = orders.planner
            brief = planner.brief(session, case_id)
            place = None if brief.lon is None or brief.lat is None else (brief.lon, brief.lat)
            path = principal_of(session).organisation_path
            return recommendation_out(
                planner.ranking(session, brief),
                orders.directory.contacts(session, path),
                place,
                planner.home(session, brief),
                policies.effective(session, brief.organisation_path, brief.urgency),
            )

    @blueprint.post("/recommendation/joint")
    @blueprint.input(Joint, arg_name="body")
    @blueprint.output(JointOut)
    @blueprint.doc(operation_id="recommendJointly")
    @require("order.create")
    def jointly(body: Joint) -> Any:
        with unit_of_work() as session:
            plans = orders.planner.jointly(session, body.case_ids)
            return JointOut.model_validate(plans, from_attributes=True)

    @blueprint.get("/recommendation/accuracy")
    @blueprint.input(AccuracyQuery, location="query", arg_name="query")
    @blueprint.output(Accuracies)
    @blueprint.doc(operation_id="getArrivalAccuracy")
    @require("order.read")
    def accuracy(query: AccuracyQuery) -> Any:
        with unit_of_work() as session:
            since = now(session) - timedelta(days=query.days)
            found = regret.accuracy(session, current_principal(), since)
            return [AccuracyOut.model_validate(one, from_attributes=True) for one in found]

    @blueprint.post("/orders/preview")
    @blueprint.input(Draft, arg_name="body")
    @blueprint.output(PreviewOut)
    @blueprint.doc(operation_id="previewOrder")
    @require("order.create")
    def preview(body: Draft) -> Any:
        with unit_of_work() as session:
            plan = orders.preview(session, _request(body))
            path, urgency = plan.brief.organisation_path, plan.brief.urgency
            policy = policies.effective(session, path, urgency)
            return preview_out(plan, orders.outgoings.preview(session, plan), policy)

    @blueprint.post("/orders")
    @blueprint.input(Issue, arg_name="body")
    @blueprint.output(OrderOut, status_code=201)
    @blueprint.doc(operation_id="issueOrder")
    @require("order.create")
    def issue(body: Issue) -> Any:
        with unit_of_work() as session:
            order = orders.issue(
                session,
                _request(body),
                idempotency_key=body.idempotency_key,
                override_reason=body.override_reason or "",
                approval=_approval(body),
                confirmed=_said(body.confirmed),
            )
            return show(session, order)


def _reading(blueprint: APIBlueprint) -> None:
    @blueprint.get("/orders")
    @blueprint.input(OrderQuery, location="query", arg_name="query")
    @blueprint.output(Orders)
    @blueprint.doc(operation_id="listOrders")
    @require("order.read")
    def list_orders(query: OrderQuery) -> Any:
        with unit_of_work() as session:
            found = queries.listed(
                session, current_principal(), case_id=query.case_id, only_open=query.open
            )
            return [summary_out(order) for order in found]

    @blueprint.get(f"/orders/<{IDENT}:order_id>")
    @blueprint.output(OrderOut)
    @blueprint.doc(operation_id="getOrder")
    @require("order.read")
    def get_order(order_id: int) -> Any:
        with unit_of_work() as session:
            order = queries.visible(session, current_principal(), order_id)
            reading.shown(session, order)
            return show(session, order)


def _outlook(blueprint: APIBlueprint, orders: OrderService) -> None:
    lines = {"fax": orders.settings.fax_lines, "voice": orders.settings.voice_lines}

    @blueprint.get(f"/orders/<{IDENT}:order_id>/outlook")
    @blueprint.output(OutlookOut)
    @blueprint.doc(operation_id="getOrderOutlook")
    @require("order.read")
    def get_outlook(order_id: int) -> Any:
        with unit_of_work() as session:
            order = queries.visible(session, current_principal(), order_id)
            found = deliveries.expected(session, order.id, lines)
            return OutlookOut(expected=[Expected(delivery_id=one, at=at) for one, at in found])


def _ledger(blueprint: APIBlueprint, zone: tzinfo) -> None:
    @blueprint.get(f"/orders/<{IDENT}:order_id>/ledger")
    @blueprint.output(LedgerOut)
    @blueprint.doc(operation_id="getOrderLedger")
    @require("order.read")
    def get_ledger(order_id: int) -> Any:
        with unit_of_work() as session:
            order = queries.visible(session, current_principal(), order_id)
            return ledger_out(order, ledger.lines(session, order))

    @blueprint.get(f"/orders/<{IDENT}:order_id>/ledger.pdf")
    @blueprint.doc(operation_id="printOrderLedger", responses={200: A_PDF, 404: "Not found"})
    @require("order.read")
    def print_ledger(order_id: int) -> Response:
        with unit_of_work() as session:
            order = queries.visible(session, current_principal(), order_id)
            found = ledger.lines(session, order)
            told, name = ledger.cleared(order, found, now(session), zone), order.order_no
        paper = gate.made_of("desk.document", ledger.render(told), ("number", "pdf"))
        return handed_out(paper, media_type="application/pdf", name=f"{name}.pdf")


def _judging(blueprint: APIBlueprint, orders: OrderService) -> None:
    @blueprint.get(f"/orders/<{IDENT}:order_id>/texts")
    @blueprint.output(Texts)
    @blueprint.doc(operation_id="getWaitingTexts")
    @require("order.approve")
    def texts(order_id: int) -> Any:
        with unit_of_work() as session:
            order = queries.visible(session, current_principal(), order_id)
            return [recipient_out(line) for line in orders.waiting(session, order)]

    @blueprint.get(f"/orders/<{IDENT}:order_id>/words")
    @blueprint.output(OrderWords)
    @blueprint.doc(operation_id="getOrderWords")
    @require("order.approve")
    def words(order_id: int) -> Any:
        with unit_of_work() as session:
            order = queries.visible(session, current_principal(), order_id)
            return words_out(orders.words(order))

    @blueprint.post(f"/orders/<{IDENT}:order_id>/approve")
    @blueprint.input(Approve, arg_name="body")
    @blueprint.output(OrderOut)
    @blueprint.doc(operation_id="approveOrder")
    @require("order.approve", fresh=True)
    def approve(order_id: int, body: Approve) -> Any:
        with unit_of_work() as session:
            return show(session, orders.approve(session, order_id, _said(body.confirmed)))

    @blueprint.post(f"/orders/<{IDENT}:order_id>/refuse")
    @blueprint.input(Why, arg_name="body")
    @blueprint.output(OrderOut)
    @blueprint.doc(operation_id="refuseOrder")
    @require("order.approve", fresh=True)
    def refuse(order_id: int, body: Why) -> Any:
        with unit_of_work() as session:
            return show(session, orders.refuse(session, order_id, body.reason))

    @blueprint.post(f"/orders/<{IDENT}:order_id>/confirm")
    @blueprint.output(OrderOut)
    @blueprint.doc(operation_id="confirmOralApproval")
    @require("order.approve", fresh=True)
    def confirm(order_id: int) -> Any:
        with unit_of_work() as session:
            return show(session, orders.confirm_oral(session, order_id))

    @blueprint.post(f"/orders/<{IDENT}:order_id>/cancel")
    @blueprint.input(Cancel, arg_name="body")
    @blueprint.output(OrderOut)
    @blueprint.doc(operation_id="cancelOrder")
    @require("order.create", "order.approve")
    def cancel(order_id: int, body: Cancel) -> Any:
        said = _said(body.confirmed)
        with unit_of_work() as session:
            return show(session, orders.cancel(session, order_id, body.reason, said))


def _more_units(blueprint: APIBlueprint, orders: OrderService) -> None:
    @blueprint.post(f"/orders/<{IDENT}:order_id>/reinforce")
    @blueprint.input(Reinforce, arg_name="body")
    @blueprint.output(OrderOut)
    @blueprint.doc(operation_id="reinforceOrder")
    @require("order.create")
    def reinforce(order_id: int, body: Reinforce) -> Any:
        unit_ids = list(dict.fromkeys(body.unit_ids))
        with unit_of_work() as session:
            return show(session, orders.reinforce(session, order_id, unit_ids, body.reason))

    @blueprint.post(f"/assignments/<{IDENT}:assignment_id>/reassign")
    @blueprint.input(Reassign, arg_name="body")
    @blueprint.output(OrderOut)
    @blueprint.doc(operation_id="reassignUnit")
    @require("order.create")
    def reassign(assignment_id: int, body: Reassign) -> Any:
        with unit_of_work() as session:
            order = orders.reassign(session, assignment_id, body.unit_id, body.reason)
            return show(session, order)


def _reporting(blueprint: APIBlueprint, statuses: StatusService) -> None:
    @blueprint.post(f"/assignments/<{IDENT}:assignment_id>/status")
    @blueprint.input(Status, arg_name="body")
    @blueprint.output(OrderOut)
    @blueprint.doc(operation_id="reportStatusOnBehalf")
    @require("order.create")
    def report(assignment_id: int, body: Status) -> Any:
        principal = current_principal()
        via = "desk" if body.proposal_id is None else "gps"
        said = Report(**body.model_dump(), via=via, actor=principal.name, actor_id=principal.id)
        with unit_of_work() as session:
            assignment = queries.answerable_for(session, principal, assignment_id)
            return show(session, statuses.report(session, assignment.id, said).order)

    @blueprint.post(f"/assignments/<{IDENT}:assignment_id>/proposals/<{IDENT}:proposal_id>/dismiss")
    @blueprint.output(OrderOut)
    @blueprint.doc(operation_id="dismissProposal")
    @require("order.create")
    def dismiss(assignment_id: int, proposal_id: int) -> Any:
        with unit_of_work() as session:
            assignment = queries.answerable_for(session, current_principal(), assignment_id)
            proposals.dismiss(session, assignment, proposal_id)
            return show(session, assignment.order)


def show(session: Session, order: Order) -> OrderOut:
    session.flush()
    proposed = proposals.open_of(session, [one.id for one in order.assignments])
    sent = deliveries.by_assignment(session, [order.id])
    return order_out(order, sent, proposed, escalation.courses(session, [order.id]))


def _said(confirmed: list[ConfirmedIn]) -> list[Word]:
    return [Word(one.field, one.kind, one.digest) for one in confirmed]


def _approval(body: Issue) -> OralApproval | ByCall | None:
    said = body.approval
    if said is None:
        return None
    if said.mode == "call":
        return ByCall(said.conference_id)
    return OralApproval(said.approver_id, said.at)


def _request(body: Draft) -> Request:
    return Request(
        case_id=body.case_id,
        unit_ids=tuple(dict.fromkeys(body.unit_ids)),
        branch_ids=tuple(dict.fromkeys(body.branch_ids)),
        channels=tuple(dict.fromkeys(body.channels)),
        kind=body.kind,
        closed=body.closed,
        note=body.note.strip(),
    )
