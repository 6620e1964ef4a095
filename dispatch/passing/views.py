"""The hand-over of an order between crews over HTTP: from the phone and from the desk."""

from typing import Any

from apiflask import APIBlueprint

from dispatch.field.service import FieldService
from dispatch.orders import queries
from dispatch.passing.schemas import OfferIn, OfferList, OfferOut, offer_out, offers_out
from dispatch.passing.service import PassingService
from kernel.db import principal_of
from kernel.schemas import IDENT, READS, REFUSALS
from kernel.web import require, unit_of_work

OFFER = f"<{IDENT}:offer_id>"


def create_blueprint(passing: PassingService, field: FieldService) -> APIBlueprint:
    blueprint = APIBlueprint("passing", __name__, url_prefix="/api/v1", tag="Orders")
    _phone(blueprint, passing, field)
    _desk(blueprint, passing)
    return blueprint


def _phone(blueprint: APIBlueprint, passing: PassingService, field: FieldService) -> None:
    @blueprint.get("/field/offers")
    @blueprint.output(OfferList)
    @blueprint.doc(operation_id="listOwnOffers")
    @require("field.act")
    def listed() -> Any:
        with unit_of_work() as session:
            return offers_out(passing.of_crew(session))

    @blueprint.post(f"/field/assignments/<{IDENT}:assignment_id>/offer")
    @blueprint.input(OfferIn, arg_name="body")
    @blueprint.output(OfferOut, status_code=201)
    @blueprint.doc(operation_id="offerOwnAssignment", responses=REFUSALS)
    @require("field.act")
    def offer_own(assignment_id: int, body: OfferIn) -> Any:
        with unit_of_work() as session:
            part = field.mine(session, assignment_id)
            return offer_out(passing.offer(session, part.id, body.unit_id, body.reason.strip()))

    @blueprint.post(f"/field/offers/{OFFER}/accept")
    @blueprint.output(OfferOut)
    @blueprint.doc(operation_id="acceptOffer", responses=REFUSALS)
    @require("field.act")
    def accept(offer_id: int) -> Any:
        with unit_of_work() as session:
            return offer_out(passing.accept(session, offer_id))

    @blueprint.post(f"/field/offers/{OFFER}/decline")
    @blueprint.output(OfferOut)
    @blueprint.doc(operation_id="declineOffer", responses=REFUSALS)
    @require("field.act")
    def decline(offer_id: int) -> Any:
        with unit_of_work() as session:
            return offer_out(passing.decline(session, offer_id))

    @blueprint.post(f"/field/offers/{OFFER}/withdraw")
    @blueprint.output(OfferOut)
    @blueprint.doc(operation_id="withdrawOwnOffer", responses=REFUSALS)
    @require("field.act")
    def withdraw_own(offer_id: int) -> Any:
        with unit_of_work() as session:
            found = passing.get(session, offer_id)
            field.mine(session, found.assignment_id)
            return offer_out(passing.withdraw(session, found))


def _desk(blueprint: APIBlueprint, passing: PassingService) -> None:
    @blueprint.get(f"/orders/<{IDENT}:order_id>/offers")
    @blueprint.output(OfferList)
    @blueprint.doc(operation_id="listOffers", responses=READS)
    @require("order.read")
    def of_order(order_id: int) -> Any:
        with unit_of_work() as session:
            order = queries.visible(session, principal_of(session), order_id)
            return offers_out(passing.of_order(session, order))

    @blueprint.post(f"/assignments/<{IDENT}:assignment_id>/offer")
    @blueprint.input(OfferIn, arg_name="body")
    @blueprint.output(OfferOut, status_code=201)
    @blueprint.doc(operation_id="offerAssignment", responses=REFUSALS)
    @require("order.create")
    def offer(assignment_id: int, body: OfferIn) -> Any:
        with unit_of_work() as session:
            part = queries.answerable_for(session, principal_of(session), assignment_id)
            return offer_out(passing.offer(session, part.id, body.unit_id, body.reason.strip()))

    @blueprint.post(f"/offers/{OFFER}/withdraw")
    @blueprint.output(OfferOut)
    @blueprint.doc(operation_id="withdrawOffer", responses=REFUSALS)
    @require("order.create")
    def withdraw(offer_id: int) -> Any:
        with unit_of_work() as session:
            found = passing.get(session, offer_id)
            queries.answerable_for(session, principal_of(session), found.assignment_id)
            return offer_out(passing.withdraw(session, found))
