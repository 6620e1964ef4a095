"""The roster over HTTP."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response
from sqlalchemy.orm import Session

from command_center.accounts import queries as people
from command_center.accounts.roster import queries, service
from command_center.accounts.roster.coverage import coverage
from command_center.accounts.roster.schemas import (
    AbleList,
    CopiedOut,
    CopyIn,
    DutyIn,
    DutyOut,
    OfOrganisation,
    PostOut,
    WeekOut,
    WeekQuery,
    able_out,
    duty_out,
    spans_out,
)
from command_center.accounts.web import settings
from dispatch.alarms.ladder import RUNGS
from kernel.clock import now
from kernel.errors import NotFound
from kernel.schemas import IDENT, REFUSALS
from kernel.web import current_principal, require, unit_of_work

blueprint = APIBlueprint("roster", __name__, url_prefix="/api/v1/duties", tag="Duty")


@blueprint.get("")
@blueprint.input(WeekQuery, location="query", arg_name="query")
@blueprint.output(WeekOut)
@blueprint.doc(operation_id="getDutyWeek")
@require("duty.read")
def week(query: WeekQuery) -> Any:
    with unit_of_work() as session:
        return _week(session, query)


def _week(session: Session, query: WeekQuery) -> WeekOut:
    """Raises NotFound for an organisation that is neither below nor above whoever asks."""
    who = current_principal()
    path = people.organisation(session, query.organisation_id).path
    if not (who.covers(path) or who.organisation_path.startswith(path)):
        raise NotFound("organisation", query.organisation_id)
    zone = settings().zone
    since, until = queries.week_of(query.day or now(session).astimezone(zone).date(), zone)
    duties = queries.between(session, query.organisation_id, since, until)
    found = []
    for post in RUNGS:
        spans = [(one.starts_at, one.ends_at) for one in duties if one.post == post]
        if spans:
            seen = coverage(spans, since, until)
            shown = {"gaps": spans_out(seen.gaps), "overlaps": spans_out(seen.overlaps)}
            found.append(PostOut.model_validate({"post": post, **shown}))
    return WeekOut(
        since=since,
        until=until,
        may_edit=who.can("duty.edit") and who.covers(path),
        duties=[duty_out(one) for one in duties],
        posts=found,
    )


@blueprint.get("/people")
@blueprint.input(OfOrganisation, location="query", arg_name="query")
@blueprint.output(AbleList)
@blueprint.doc(operation_id="listPeopleForDuty")
@require("duty.edit")
def list_people(query: OfOrganisation) -> Any:
    with unit_of_work() as session:
        organisation = people.organisation(session, query.organisation_id)
        if not current_principal().covers(organisation.path):
            raise NotFound("organisation", query.organisation_id)
        return AbleList(people=[able_out(one) for one in queries.able(session, organisation)])


@blueprint.post("")
@blueprint.input(DutyIn, arg_name="body")
@blueprint.output(DutyOut, status_code=201)
@blueprint.doc(operation_id="writeDuty", responses=REFUSALS)
@require("duty.edit")
def write(body: DutyIn) -> Any:
    with unit_of_work() as session:
        return duty_out(service.write(session, body.shift()))


@blueprint.put(f"/<{IDENT}:duty_id>")
@blueprint.input(DutyIn, arg_name="body")
@blueprint.output(DutyOut)
@blueprint.doc(operation_id="changeDuty", responses=REFUSALS)
@require("duty.edit")
def change(duty_id: int, body: DutyIn) -> Any:
    with unit_of_work() as session:
        return duty_out(service.change(session, duty_id, body.shift()))


@blueprint.delete(f"/<{IDENT}:duty_id>")
@blueprint.doc(operation_id="removeDuty", responses={204: "Removed", **REFUSALS})
@require("duty.edit")
def remove(duty_id: int) -> Response:
    with unit_of_work() as session:
        service.remove(session, duty_id)
    return Response(status=204)


@blueprint.post("/copy")
@blueprint.input(CopyIn, arg_name="body")
@blueprint.output(CopiedOut)
@blueprint.doc(operation_id="copyDutyWeek", responses=REFUSALS)
@require("duty.edit")
def copy(body: CopyIn) -> Any:
    with unit_of_work() as session:
        written, left_out = service.copy_week(
            session, body.organisation_id, body.day, body.into, settings().zone
        )
        return CopiedOut(written=written, left_out=left_out)
