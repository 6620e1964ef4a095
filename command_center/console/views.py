"""The time machine over HTTP: leave to look back, the board of a minute, the ways between."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response
from sqlalchemy.orm import Session

from command_center.console import board
from command_center.console.schemas import (
    BoardOut,
    BoardQuery,
    ChunkOut,
    ChunkQuery,
    PlaybackIn,
    PlaybackOut,
    chunk_out,
)
from dispatch.tracking import playback
from dispatch.tracking.export import MEDIA_TYPES, Line, Point
from dispatch.tracking.playback import Was
from dispatch.tracking.views import file_of
from dispatch.units.queries import board as board_units
from dispatch.units.track import Wanted
from kernel.audit import record
from kernel.schemas import REFUSALS
from kernel.web import a_file, current_principal, require, unit_of_work


def create_blueprint() -> APIBlueprint:
    blueprint = APIBlueprint("console", __name__, url_prefix="/api/v1/console", tag="Console")

    @blueprint.post("/playbacks")
    @blueprint.input(PlaybackIn, arg_name="body")
    @blueprint.output(PlaybackOut, status_code=201)
    @blueprint.doc(operation_id="beginPlayback", responses=REFUSALS)
    @require("track.read")
    def begin(body: PlaybackIn) -> Any:
        wanted = Wanted(body.since, body.until, body.reason_code, body.note)
        with unit_of_work() as session:
            made = playback.begin(session, wanted)
            return PlaybackOut.model_validate(made, from_attributes=True)

    @blueprint.get("/board")
    @blueprint.input(BoardQuery, location="query", arg_name="query")
    @blueprint.output(BoardOut)
    @blueprint.doc(operation_id="getPastBoard", responses=REFUSALS)
    @require("order.read")
    def get_board(query: BoardQuery) -> Any:
        with unit_of_work() as session:
            return board.at(session, query.at, query.playback)

    @blueprint.get("/board/tracks")
    @blueprint.input(ChunkQuery, location="query", arg_name="query")
    @blueprint.output(ChunkOut)
    @blueprint.doc(operation_id="getPastTracks", responses=REFUSALS)
    @require("track.read")
    def get_tracks(query: ChunkQuery) -> Any:
        playback.check_chunk(query.since, query.until)
        with unit_of_work() as session:
            playback.require(session, query.playback, query.since, query.until)
            path = current_principal().organisation_path
            return chunk_out(playback.chunk(session, path, query.since, query.until))

    @blueprint.post("/board/export")
    @blueprint.input(ChunkQuery, arg_name="body")
    @blueprint.doc(
        operation_id="exportPastTracks",
        responses={200: a_file("The ways", MEDIA_TYPES["geojson"]), **REFUSALS},
    )
    @require("track.read")
    def export(body: ChunkQuery) -> Response:
        playback.check_chunk(body.since, body.until)
        with unit_of_work() as session:
            leave = playback.require(session, body.playback, body.since, body.until)
            path = current_principal().organisation_path
            lines = _lines(session, path, playback.chunk(session, path, body.since, body.until))
            record(
                session, "track.exported", "playback", leave.id, reason_code=leave.reason_code,
                since=body.since.isoformat(), until=body.until.isoformat(), units=len(lines),
            )  # fmt: skip
        return file_of(lines, "board", body.since, "geojson")

    return blueprint


def _lines(session: Session, path: str, ways: list[Was]) -> list[Line]:
    names = {one.unit.id: one.unit.plate or one.unit.name for one in board_units(session, path)}
    by_unit: dict[int, list[Point]] = {}
    for was in ways:
        point = Point(was.lon, was.lat, was.fixed_at, was.speed_kmh)
        by_unit.setdefault(was.unit_id, []).append(point)
    return [Line(names[unit_id], points) for unit_id, points in by_unit.items()]
