"""Facts about the business of an order over HTTP: for the desk, and for the crew that has it."""

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from dispatch.field.service import FieldService
from dispatch.orders import queries
from dispatch.orders.models import Order
from dispatch.subjects.schemas import SubjectFactsList, facts_out
from dispatch.subjects.service import SubjectService
from kernel.db import principal_of
from kernel.schemas import IDENT, READS, REFUSALS
from kernel.web import require, unit_of_work

Find = Callable[[Session, int], Order]


def create_blueprint(subjects: SubjectService, field: FieldService) -> APIBlueprint:
    blueprint = APIBlueprint("subjects", __name__, url_prefix="/api/v1", tag="Orders")

    def of_desk(session: Session, order_id: int) -> Order:
        return queries.visible(session, principal_of(session), order_id)

    def of_crew(session: Session, assignment_id: int) -> Order:
        return field.mine(session, assignment_id).order

    @blueprint.get(f"/orders/<{IDENT}:order_id>/subject-facts")
    @blueprint.output(SubjectFactsList)
    @blueprint.doc(operation_id="listSubjectFacts", responses=READS)
    @require("order.read")
    def listed(order_id: int) -> Any:
        return _listed(order_id, of_desk)

    @blueprint.post(f"/orders/<{IDENT}:order_id>/subject-facts")
    @blueprint.output(SubjectFactsList)
    @blueprint.doc(operation_id="askSubjectFacts", responses=REFUSALS)
    @require("order.read")
    def ask(order_id: int) -> Any:
        return _asked(order_id, of_desk)

    @blueprint.get(f"/field/assignments/<{IDENT}:assignment_id>/subject-facts")
    @blueprint.output(SubjectFactsList)
    @blueprint.doc(operation_id="listOwnSubjectFacts", responses=READS)
    @require("field.act")
    def listed_by_crew(assignment_id: int) -> Any:
        return _listed(assignment_id, of_crew)

    @blueprint.post(f"/field/assignments/<{IDENT}:assignment_id>/subject-facts")
    @blueprint.output(SubjectFactsList)
    @blueprint.doc(operation_id="askOwnSubjectFacts", responses=REFUSALS)
    @require("field.act")
    def ask_by_crew(assignment_id: int) -> Any:
        return _asked(assignment_id, of_crew)

    def _listed(ident: int, find: Find) -> SubjectFactsList:
        with unit_of_work() as session:
            return facts_out(subjects.of(session, find(session, ident)))

    def _asked(ident: int, find: Find) -> SubjectFactsList:
        with unit_of_work() as session:
            order = find(session, ident)
            subjects.ask(session, order)
            return facts_out(subjects.of(session, order))

    return blueprint
