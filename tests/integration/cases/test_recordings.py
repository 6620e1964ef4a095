"""Recordings: sealed as they come, heard by those of SPEC §1.2, a report's under a reveal."""

import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import views
from command_center.cases.models import Case
from command_center.cases.office import Office
from kernel.access import Principal
from kernel.audit import AuditEntry
from kernel.settings import Settings
from tests.factories.bureau import CANARY, Bureau, complaint, report
from tests.factories.desk import Desk, OneTransaction
from tests.integration.cases.conftest import Doer, Opener

SOUND = b"RIFF\0\0\0\0WAVEfmt " + os.urandom(200_000)


@pytest.fixture
def office(office: Office, tmp_path: Path) -> Office:
    return replace(office, attachments=tmp_path / "attachments")


@pytest.fixture
def desk(session: Session, settings: Settings, office: Office) -> Desk:
    return Desk(OneTransaction(session), settings, [views.create_blueprint(office)])


def attach(desk: Desk, who: Principal, case: Case, sound: bytes = SOUND, words: str = "") -> Any:
    form = {"file": (io.BytesIO(sound), "call.wav"), "kind": "call", "transcript": words}
    return desk.send("POST", who, f"/cases/{case.id}/recordings", data=form)


def hear(desk: Desk, who: Principal, ident: int, reason: str = "") -> Any:
    return desk.post(who, f"/recordings/{ident}/hear", {"reason_code": reason})


def test_a_recording_lies_sealed_under_a_name_that_says_nothing(
    desk: Desk, office: Office, open_case: Opener, agent: Principal
) -> None:
    case = open_case(complaint())
    ident = attach(desk, agent, case).get_json()["id"]
    (file,) = (path for path in office.recordings.rglob("*") if path.is_file())
    assert file.stat().st_mode & 0o777 == 0o600
    assert SOUND[:16] not in file.read_bytes() and case.case_no not in str(file)
    answer = hear(desk, agent, ident)
    assert (answer.data, answer.content_type) == (SOUND, "audio/wav")


@pytest.mark.parametrize("change", [slice(0, -1), slice(0, -65552), slice(65552, None)])
def test_a_recording_that_was_cut_is_not_played_as_if_whole(
    desk: Desk, office: Office, open_case: Opener, agent: Principal, change: slice
) -> None:
    ident = attach(desk, agent, open_case(complaint())).get_json()["id"]
    (file,) = (path for path in office.recordings.rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes()[change])
    answer = hear(desk, agent, ident)
    assert (answer.status_code, SOUND[:16] in answer.data) == (500, False)


def test_who_hears_a_complaint(
    session: Session, desk: Desk, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal
) -> None:
    case = open_case(complaint())
    ident = attach(desk, agent, case).get_json()["id"]
    unit = bureau.person("UNIT")
    case = do(case, agent, "route", organisation_id=bureau.branch.id)
    case = do(case, unit, "accept")
    for who in (agent, unit, bureau.person("SHIFT")):
        assert hear(desk, who, ident).status_code == 200
    commander = bureau.person("CMD")
    assert hear(desk, commander, ident).get_json()["field"] == "reason_code"
    assert hear(desk, commander, ident, "verify").status_code == 200
    for role in ("AGENT", "ENTRY", "DISP", "UNIT", "LEAD", "STAT", "ADMIN", "AUDIT"):
        assert hear(desk, bureau.person(role), ident).status_code in (403, 404), role
    heard = session.scalars(select(AuditEntry).where(AuditEntry.action == "recording.heard")).all()
    assert [entry.actor_id for entry in heard][-1] == commander.id and len(heard) == 4


def test_a_reports_recording_opens_only_under_a_reveal_and_never_to_shift_or_unit(
    desk: Desk, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal
) -> None:
    case = open_case(report())
    ident = attach(desk, agent, case).get_json()["id"]
    unit, commander = bureau.person("UNIT"), bureau.person("CMD")
    case = do(case, agent, "route", organisation_id=bureau.branch.id)
    case = do(case, unit, "verify")
    reason = {"reason_code": "verify"}
    assert desk.post(unit, f"/cases/{case.id}/identity", reason).status_code == 200
    for who in (bureau.person("SHIFT"), unit):
        assert hear(desk, who, ident).status_code == 403
    refused = hear(desk, commander, ident, "verify")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "reveal_needed")
    assert desk.post(commander, f"/cases/{case.id}/identity", reason).status_code == 200
    assert hear(desk, commander, ident).data == SOUND


def test_a_transcript_is_cleared_and_a_recording_is_sound(
    desk: Desk, office: Office, open_case: Opener, bureau: Bureau, agent: Principal
) -> None:
    case = open_case(complaint())
    named = attach(desk, agent, case, words=f"我是{CANARY['name']}")
    assert (named.status_code, named.get_json()["field"]) == (422, "transcript")
    picture = attach(desk, agent, case, sound=b"\x89PNG\r\n\x1a\n" + bytes(90))
    assert (picture.status_code, picture.get_json()["code"]) == (422, "file_kind")
    assert not office.recordings.exists()
    assert attach(desk, agent, case, words="要求退款").get_json()["transcript"] == "要求退款"
    other = attach(desk, bureau.person("AGENT"), case)
    assert (other.status_code, other.get_json()["code"]) == (403, "not_your_case")
