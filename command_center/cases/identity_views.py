"""The identity behind a report over HTTP: opened for a reason, read again for ten minutes."""

from typing import Any, BinaryIO, cast

from apiflask import APIBlueprint
from flask import Response, request

from command_center.cases import identity, present, recordings
from command_center.cases import queries as cases
from command_center.cases.identity import Seat
from command_center.cases.identity.search import Wanted, search
from command_center.cases.office import Office
from command_center.cases.recordings import Sound
from command_center.cases.schemas import (
    FoundReport,
    FoundReports,
    HearIn,
    RecordingOut,
    RevealedIdentity,
    RevealIn,
    SearchIn,
)
from kernel.errors import BadInput
from kernel.gate import gate
from kernel.schemas import IDENT, REFUSALS
from kernel.web import a_file, current_principal, handed_out, require, unit_of_work

CASE = f"/cases/<{IDENT}:case_id>"
A_SOUND = a_file("The sound", "*/*")


def add(blueprint: APIBlueprint, office: Office) -> None:
    """The views of the identity room; a number never stands in an address."""

    @blueprint.post(f"{CASE}/identity")
    @blueprint.input(RevealIn, arg_name="body")
    @blueprint.output(RevealedIdentity)
    @blueprint.doc(operation_id="revealIdentity", responses=REFUSALS)
    @require("identity.reveal", "identity.reveal_own", fresh=True)
    def reveal(case_id: int, body: RevealIn) -> Any:
        with unit_of_work() as session:
            case = cases.get(session, case_id)
            return identity.reveal(
                session, office.vault, case, seat(office), body.reason_code, body.note
            )

    @blueprint.get(f"{CASE}/identity")
    @blueprint.output(RevealedIdentity)
    @blueprint.doc(operation_id="readIdentity", responses=REFUSALS)
    @require("identity.reveal", "identity.reveal_own")
    def read_again(case_id: int) -> Any:
        with unit_of_work() as session:
            case = cases.get(session, case_id)
            return identity.read_again(session, office.vault, case, seat(office))

    @blueprint.post("/identity/search")
    @blueprint.input(SearchIn, arg_name="body")
    @blueprint.output(FoundReports)
    @blueprint.doc(operation_id="searchIdentity", responses=REFUSALS)
    @require("identity.search", fresh=True)
    def search_by_phone(body: SearchIn) -> Any:
        wanted = Wanted(body.number, body.reason_code, body.note)
        with unit_of_work() as session:
            found = search(session, office.vault, seat(office), wanted)
            return FoundReports(cases=[FoundReport(id=c.id, case_no=c.case_no) for c in found])

    @blueprint.post(f"{CASE}/recordings")
    @blueprint.output(RecordingOut, status_code=201)
    @blueprint.doc(operation_id="attachRecording", responses=REFUSALS)
    @require("case.create")
    def attach(case_id: int) -> Any:
        given = request.files.get("file")
        if given is None:
            raise BadInput("file", "required")
        words = request.form.get("transcript", "")
        sound = Sound(request.form.get("kind", "call"), cast(BinaryIO, given.stream), words)
        with unit_of_work() as session:
            kept = recordings.attach(session, office, case_id, sound)
            case = cases.get(session, case_id)
            return present.recording_out(office, case, kept, current_principal())

    @blueprint.post(f"/recordings/<{IDENT}:recording_id>/hear")
    @blueprint.input(HearIn, arg_name="body")
    @blueprint.doc(operation_id="hearRecording", responses={200: A_SOUND, **REFUSALS})
    @require("recording.hear", "recording.hear_own", "recording.hear_reason")
    def hear(recording_id: int, body: HearIn) -> Response:
        with unit_of_work() as session:
            kept, sound = recordings.hear(
                session, office, recording_id, seat(office), body.reason_code
            )
        cleared = gate.made_of("desk.recording", sound, ("media_type", "data"))
        return handed_out(cleared, media_type=kept.media_type)


def seat(office: Office) -> Seat:
    """The session and the terminal that sent the present request."""
    return Seat.of(office.vault, current_principal().session_id, request.remote_addr or "")
