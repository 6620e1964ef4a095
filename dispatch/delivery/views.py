"""Deliveries over HTTP: what a dispatcher may do with a single message."""

from typing import Any

from apiflask import APIBlueprint

from dispatch.delivery.schemas import DeliveryOut, Release, Resend, delivery_out
from dispatch.delivery.service import DeliveryService
from kernel.schemas import IDENT
from kernel.web import require, unit_of_work


def create_blueprint(deliveries: DeliveryService) -> APIBlueprint:
    blueprint = APIBlueprint("deliveries", __name__, url_prefix="/api/v1", tag="Orders")

    @blueprint.post(f"/deliveries/<{IDENT}:delivery_id>/resend")
    @blueprint.input(Resend, arg_name="body")
    @blueprint.output(DeliveryOut)
    @blueprint.doc(operation_id="resendDelivery")
    @require("order.create")
    def resend(delivery_id: int, body: Resend) -> Any:
        with unit_of_work() as session:
            return delivery_out(deliveries.resend(session, delivery_id, body.reason))

    @blueprint.post(f"/deliveries/<{IDENT}:delivery_id>/cancel")
    @blueprint.output(DeliveryOut)
    @blueprint.doc(operation_id="cancelDelivery")
    @require("order.create")
    def cancel(delivery_id: int) -> Any:
        with unit_of_work() as session:
            return delivery_out(deliveries.cancel(session, delivery_id))

    @blueprint.post(f"/deliveries/<{IDENT}:delivery_id>/release")
    @blueprint.input(Release, arg_name="body")
    @blueprint.output(DeliveryOut)
    @blueprint.doc(operation_id="releaseDelivery")
    @require("order.create")
    def release(delivery_id: int, body: Release) -> Any:
        with unit_of_work() as session:
            return delivery_out(deliveries.release(session, delivery_id, body.confirmed_with))

    return blueprint
