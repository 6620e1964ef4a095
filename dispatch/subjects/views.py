"""Facts about the business of an order over HTTP: for the desk, and for the crew that has it."""

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from dispatch.orders import queries
from dispatch.orders.models import Order
from dispatch.subjects.schemas import SubjectFactsList, facts_out
from dispatch.subjects.service import SubjectService
from kernel.db import principal_of
from kernel.errors import NotFound
from kernel.schemas import IDENT, READS, REFUSALS
from kernel.web import require, unit_of_work


def create_blueprint(subjects: SubjectService) -> APIBlueprint:
    blueprint = APIBlueprint("subjects", __name__, url_prefix="/api/v1", tag="Orders")

    @blueprint.get(f"/orders/<{IDENT}:order_id>/subject-facts")
    @blueprint.output(SubjectFactsList)
    @blueprint.doc(operation_id="listSubjectFacts", responses=READS)
    @require("order.read", "field.act")
    def listed(order_id: int) -> Any:
        with unit_of_work() as session:
            return facts_out(subjects.of(session, theirs(session, order_id)))

    @blueprint.post(f"/orders/<{IDENT}:order_id>/subject-facts")
    @blueprint.output(SubjectFactsList)
    @blueprint.doc(operation_id="askSubjectFacts", responses=REFUSALS)
    @require("order.read", "field.act")
    def ask(order_id: int) -> Any:
        with unit_of_work() as session:
            asked = subjects.question(session, theirs(session, order_id))
        answer = subjects.registry.find(asked) if asked else None
        with unit_of_work() as session:
            order = theirs(session, order_id)
            if answer is not None:
                subjects.keep(session, order, answer)
            return facts_out(subjects.of(session, order))

    return blueprint


def theirs(session: Session, order_id: int) -> Order:
    """The order that the caller's crew is on, or that their desk may see; raises NotFound."""
    who = principal_of(session)
    own = queries.of_crew(session, who, order_id) if who.can("field.act") else None
    if own is None and not who.can("order.read"):
        raise NotFound("order", order_id)
    return own or queries.visible(session, who, order_id)
