"""The drill over HTTP: who reads orders sees the last one, a commander begins and stops it."""

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from dispatch.drill import queries
from dispatch.drill.schemas import DrillBoardOut, DrillOut, PlannedOut, drill_out
from dispatch.drill.service import DrillService
from kernel.db import principal_of
from kernel.web import require, unit_of_work


def create_blueprint(drills: DrillService) -> APIBlueprint:
    blueprint = APIBlueprint("drill", __name__, url_prefix="/api/v1", tag="Orders")

    @blueprint.get("/drill")
    @blueprint.output(DrillBoardOut)
    @blueprint.doc(operation_id="readDrill")
    @require("order.read", "drill.run")
    def read() -> Any:
        with unit_of_work() as session:
            return _board(session, drills)

    @blueprint.post("/drill")
    @blueprint.output(DrillBoardOut)
    @blueprint.doc(operation_id="beginDrill")
    @require("drill.run")
    def begin() -> Any:
        with unit_of_work() as session:
            drills.begin(session)
            return _board(session, drills)

    @blueprint.post("/drill/stop")
    @blueprint.output(DrillBoardOut)
    @blueprint.doc(operation_id="stopDrill")
    @require("drill.run")
    def stop() -> Any:
        with unit_of_work() as session:
            drills.stop(session)
            return _board(session, drills)

    return blueprint


def _board(session: Session, drills: DrillService) -> DrillBoardOut:
    plan, obstacle = list[PlannedOut](), None
    if principal_of(session).can("drill.run"):
        plan = [
            PlannedOut.model_validate(one, from_attributes=True) for one in drills.summary(session)
        ]
        obstacle = drills.obstacle(session)
    return DrillBoardOut(drill=_last(session, drills), plan=plan, obstacle=obstacle)


def _last(session: Session, drills: DrillService) -> DrillOut | None:
    who = principal_of(session)
    drill = queries.last(session, who)
    if drill is None:
        return None
    may_stop = who.can("drill.run") and who.covers(drill.organisation_path)
    calls = list(queries.calls(session, who, drill.id))
    known = {one.id: one for one in drills.directory.branches(session, who.organisation_path)}
    return drill_out(drill, calls, known, may_stop=may_stop)
