"""Alarms over HTTP."""

from typing import Any

from apiflask import APIBlueprint

from dispatch.alarms import queries
from dispatch.alarms.schemas import AlarmOut, Alarms, Resolve, alarm_out
from dispatch.alarms.service import AlarmService
from kernel.schemas import IDENT
from kernel.web import current_principal, require, unit_of_work


def create_blueprint(alarms: AlarmService) -> APIBlueprint:
    blueprint = APIBlueprint("alarms", __name__, url_prefix="/api/v1", tag="Alarms")

    @blueprint.get("/alarms")
    @blueprint.output(Alarms)
    @blueprint.doc(operation_id="listAlarms")
    @require("alarm.take")
    def list_alarms() -> Any:
        with unit_of_work() as session:
            return [alarm_out(one) for one in queries.open_alarms(session, current_principal())]

    @blueprint.post(f"/alarms/<{IDENT}:alarm_id>/take")
    @blueprint.output(AlarmOut)
    @blueprint.doc(operation_id="takeAlarm")
    @require("alarm.take")
    def take(alarm_id: int) -> Any:
        with unit_of_work() as session:
            return alarm_out(alarms.take(session, alarm_id))

    @blueprint.post(f"/alarms/<{IDENT}:alarm_id>/resolve")
    @blueprint.input(Resolve, arg_name="body")
    @blueprint.output(AlarmOut)
    @blueprint.doc(operation_id="resolveAlarm")
    @require("alarm.take")
    def resolve(alarm_id: int, body: Resolve) -> Any:
        with unit_of_work() as session:
            return alarm_out(alarms.resolve(session, alarm_id, body.note))

    return blueprint
