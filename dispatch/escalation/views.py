"""Policies over HTTP, and what a person does with an order that climbs."""

from typing import Any

from apiflask import APIBlueprint

from dispatch.escalation import policies
from dispatch.escalation.policy import HOUSE
from dispatch.escalation.saga import Saga
from dispatch.escalation.schemas import (
    Halt,
    PoliciesOut,
    PolicyIn,
    PolicyVersionOut,
    policy_out,
    version_out,
)
from dispatch.orders.ports import Directory
from dispatch.orders.schemas import OrderOut
from dispatch.orders.views import show
from kernel.schemas import IDENT
from kernel.web import current_principal, require, unit_of_work


def create_blueprint(saga: Saga, directory: Directory) -> APIBlueprint:
    blueprint = APIBlueprint("escalation", __name__, url_prefix="/api/v1", tag="Orders")
    _policies(blueprint, directory)
    _courses(blueprint, saga)
    return blueprint


def _policies(blueprint: APIBlueprint, directory: Directory) -> None:
    @blueprint.get("/policies")
    @blueprint.output(PoliciesOut)
    @blueprint.doc(operation_id="listPolicies")
    @require("order.read", "policy.edit", "admin.policies")
    def list_policies() -> Any:
        with unit_of_work() as session:
            found = [version_out(one) for one in policies.current(session)]
        return PoliciesOut(items=found, house=[policy_out(one) for one in HOUSE.values()])

    @blueprint.put("/policies")
    @blueprint.input(PolicyIn, arg_name="body")
    @blueprint.output(PolicyVersionOut)
    @blueprint.doc(operation_id="writePolicy")
    @require("policy.edit", "admin.policies", fresh=True)
    def write(body: PolicyIn) -> Any:
        with unit_of_work() as session:
            path = directory.branch(session, body.organisation_id).path
            made = policies.write(session, path, body.policy(), based_on=body.based_on)
            return version_out(made)

    @blueprint.post(f"/policies/<{IDENT}:policy_id>/sign")
    @blueprint.output(PolicyVersionOut)
    @blueprint.doc(operation_id="signPolicy")
    @require("policy.sign", fresh=True)
    def sign(policy_id: int) -> Any:
        with unit_of_work() as session:
            return version_out(policies.sign(session, policy_id))


def _courses(blueprint: APIBlueprint, saga: Saga) -> None:
    @blueprint.post(f"/orders/<{IDENT}:order_id>/escalation/resume")
    @blueprint.output(OrderOut)
    @blueprint.doc(operation_id="resumeEscalation")
    @require("order.create")
    def resume(order_id: int) -> Any:
        with unit_of_work() as session:
            return show(session, saga.resume(session, current_principal(), order_id))

    @blueprint.post(f"/orders/<{IDENT}:order_id>/escalation/halt")
    @blueprint.input(Halt, arg_name="body")
    @blueprint.output(OrderOut)
    @blueprint.doc(operation_id="haltEscalation")
    @require("order.create")
    def halt(order_id: int, body: Halt) -> Any:
        with unit_of_work() as session:
            return show(session, saga.halt(session, current_principal(), order_id, body.reason))
