"""The work calendar over HTTP, for administrators."""

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from command_center.cases.workdays import service
from command_center.cases.workdays.schemas import CalendarIn, CalendarOut, calendar_out
from kernel.schemas import IDENT, READS, REFUSALS
from kernel.web import require, unit_of_work

YEAR = f"/<{IDENT}:year>"

blueprint = APIBlueprint("calendar", __name__, url_prefix="/api/v1/calendar", tag="Cases")


@blueprint.get(YEAR)
@blueprint.output(CalendarOut)
@blueprint.doc(operation_id="getCalendar", responses=READS)
@require("admin.calendar")
def get_calendar(year: int) -> Any:
    with unit_of_work() as session:
        return _shown(session, year)


@blueprint.put(YEAR)
@blueprint.input(CalendarIn, arg_name="body")
@blueprint.output(CalendarOut)
@blueprint.doc(operation_id="putCalendar", responses=REFUSALS)
@require("admin.calendar", fresh=True)
def put_calendar(year: int, body: CalendarIn) -> Any:
    with unit_of_work() as session:
        service.change(session, year, body.meant(), body.notice, body.based_on)
        return _shown(session, year)


def _shown(session: Session, year: int) -> CalendarOut:
    return calendar_out(year, service.of_year(session, year), service.changes(session))
