"""A file loses what it says of itself, its original is sealed, it leaves only when cleared."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from command_center.cases import attachments, clearance, originals, views
from command_center.cases.clearance import Decision
from command_center.cases.identity import Seat
from command_center.cases.models import Attachment, Case, Reveal, SealedOriginal
from command_center.cases.office import Office
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from kernel.crypto import Broken
from kernel.errors import BadInput, Conflict, Forbidden, NotFound
from kernel.gate.gate import NotCleared
from kernel.settings import Settings
from tests.factories.bureau import Bureau, acting, complaint, report
from tests.factories.desk import Desk, OneTransaction
from tests.factories.pictures import picture, telling_photo
from tests.integration.cases.conftest import Opener

ARTIST = "CanaryZhang"
LOOKED = {"nothing_identifies": True}
Keep = Callable[..., Attachment]


SEAT = Seat(b"s" * 32)


@pytest.fixture
def office(office: Office, tmp_path: Path) -> Office:
    return replace(office, attachments=tmp_path / "open", originals=tmp_path / "sealed")


@pytest.fixture
def keep(session: Session, office: Office) -> Keep:
    """Keeps a file of a case: `keep(case, data)`."""

    def keep_one(case: Case, data: bytes) -> Attachment:
        kept = attachments.add(session, office, case, "IMG_0001.jpg", data)
        session.flush()
        return kept

    return keep_one


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_no_file_in_the_open_says_who_made_it_or_where(
    session: Session, office: Office, open_case: Opener, keep: Keep, tmp_path: Path
) -> None:
    kept = keep(open_case(report()), telling_photo(ARTIST))
    assert not kept.metadata_kept
    _, data = attachments.read(session, office, kept.id)
    with Image.open(BytesIO(data)) as image:
        assert dict(image.getexif()) == {}
    assert ARTIST.encode() not in on_disk(tmp_path)


def test_the_original_is_sealed_and_opens_only_with_the_identity(
    session: Session, office: Office, open_case: Opener, keep: Keep, bureau: Bureau
) -> None:
    photo = telling_photo(ARTIST)
    kept = keep(open_case(report()), photo)
    with acting(session, bureau.person("CMD")):
        _, data = originals.opened(session, office, kept.id, SEAT, "verify", "")
    assert data == photo
    actions = session.scalars(select(AuditEntry.action)).all()
    assert {"identity.revealed", "original.opened"} <= set(actions)
    with acting(session, bureau.person("DISP")), pytest.raises(Forbidden):
        originals.opened(session, office, kept.id, SEAT, "verify", "")


def test_a_sealed_original_fits_no_other_file(
    session: Session, office: Office, open_case: Opener, keep: Keep, bureau: Bureau
) -> None:
    case = open_case(report())
    one, two = (keep(case, telling_photo(ARTIST, colour)) for colour in ("red", "green"))
    refs = {row.attachment_id: row for row in session.scalars(select(SealedOriginal))}
    wrong = refs[two.id].ref
    session.delete(refs[two.id])
    session.flush()
    refs[one.id].ref = wrong
    with acting(session, bureau.person("CMD")), pytest.raises(Broken):
        originals.opened(session, office, one.id, SEAT, "verify", "")


def test_a_file_that_said_nothing_needs_no_original(
    session: Session, office: Office, open_case: Opener, keep: Keep, bureau: Bureau
) -> None:
    case = open_case(complaint())
    clean = attachments.read(session, office, keep(case, telling_photo(ARTIST)).id)[1]
    before = session.scalar(select(func.count()).select_from(SealedOriginal))
    kept = keep(open_case(complaint()), clean)
    assert session.scalar(select(func.count()).select_from(SealedOriginal)) == before
    with acting(session, bureau.person("CMD")), pytest.raises(NotFound):
        originals.opened(session, office, kept.id, SEAT, "verify", "")


def test_a_picture_that_nobody_here_can_open_is_left_to_a_person(
    open_case: Opener, keep: Keep
) -> None:
    kept = keep(open_case(complaint()), b"\0\0\0\x18ftypheic" + bytes(40))
    assert (kept.media_type, kept.metadata_kept) == ("image/heic", True)


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"\xff\xd8\xff\xe0 no photo", "file_damaged"), (b"<html>", "file_kind")],
)
def test_a_file_that_is_none_is_refused(
    session: Session, office: Office, open_case: Opener, keep: Keep, data: bytes, code: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        keep(open_case(complaint()), data)
    assert (refusal.value.field, refusal.value.code) == ("file", code)


def test_a_file_leaves_only_for_what_a_person_cleared_it(
    session: Session, office: Office, open_case: Opener, keep: Keep, bureau: Bureau
) -> None:
    kept = keep(open_case(complaint()), picture())
    with acting(session, bureau.person("DISP")):
        with pytest.raises(Conflict, match="attachment_not_cleared"):
            clearance.for_leaving(session, office, kept.id, "order.fax")
        clearance.decide(session, kept.id, Decision("order.fax", nothing_identifies=True))
        along = clearance.for_leaving(session, office, kept.id, "order.fax")
        assert along.for_way("fax").name == f"{kept.id}.png"
        with pytest.raises(NotCleared):
            along.for_way("sms")
        with pytest.raises(Conflict):
            clearance.for_leaving(session, office, kept.id, "exchange.case")
        clearance.decide(session, kept.id, Decision(None))
        with pytest.raises(Conflict):
            clearance.for_leaving(session, office, kept.id, "order.fax")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (Decision("order.fax"), "nothing_identifies"),
        (Decision("order.sms", nothing_identifies=True), "purpose"),
        (Decision("report_order.fax", nothing_identifies=True), "purpose"),
    ],
)
def test_a_clearance_says_for_what_and_that_nobody_is_given_away(
    session: Session, open_case: Opener, keep: Keep, bureau: Bureau, said: Decision, field: str
) -> None:
    kept = keep(open_case(complaint()), picture())
    with acting(session, bureau.person("DISP")), pytest.raises(BadInput) as refusal:
        clearance.decide(session, kept.id, said)
    assert refusal.value.field == field


def test_what_may_still_tell_where_it_was_made_needs_a_second_word(
    session: Session, open_case: Opener, keep: Keep, bureau: Bureau
) -> None:
    kept = keep(open_case(complaint()), b"OggS" + bytes(40))
    assert kept.metadata_kept
    with acting(session, bureau.person("DISP")):
        with pytest.raises(BadInput) as refusal:
            clearance.decide(session, kept.id, Decision("order.fax", nothing_identifies=True))
        assert refusal.value.field == "metadata_accepted"
        said = Decision("order.fax", nothing_identifies=True, metadata_accepted=True)
        assert clearance.decide(session, kept.id, said)
    assert kept.cleared_for == "order.fax"


def test_another_bureaus_dispatcher_clears_nothing(
    session: Session, open_case: Opener, keep: Keep, bureau: Bureau
) -> None:
    kept = keep(open_case(complaint()), picture())
    with acting(session, bureau.person("DISP", at=bureau.other)):
        with pytest.raises((Forbidden, NotFound)):
            clearance.decide(session, kept.id, Decision("order.fax", nothing_identifies=True))


def test_over_http_the_case_page_shows_the_state_of_each_file(
    session: Session, settings: Settings, office: Office, open_case: Opener, keep: Keep,
    bureau: Bureau,
) -> None:  # fmt: skip
    desk = Desk(OneTransaction(session), settings, [views.create_blueprint(office)])
    case = open_case(complaint())
    kept, dispatcher = keep(case, telling_photo(ARTIST)), bureau.person("DISP")
    path = f"/attachments/{kept.id}/clearance"
    (shown,) = desk.get(dispatcher, f"/cases/{case.id}").get_json()["attachments"]
    assert (shown["cleared_for"], shown["metadata_kept"]) == (None, False)
    assert "order.fax" in shown["clearable_for"]
    refused = desk.post(dispatcher, path, {"purpose": "order.fax"})
    assert (refused.status_code, refused.get_json()["field"]) == (422, "nothing_identifies")
    answer = desk.post(dispatcher, path, {"purpose": "order.fax", **LOOKED}).get_json()
    (shown,) = answer["attachments"]
    assert (shown["cleared_for"], shown["cleared_by_name"]) == ("order.fax", dispatcher.name)
    assert [entry["kind"] for entry in answer["timeline"]][-1] == "attachment_cleared"
    branch = bureau.person("UNIT")
    assert desk.post(branch, path, {"purpose": None}).status_code == 403
    commander = bureau.person("CMD")
    opened = desk.post(
        commander, f"/attachments/{kept.id}/original", {"reason_code": "verify", "note": ""}
    )
    assert opened.status_code == 200, opened.text
    assert opened.data == telling_photo(ARTIST)


def test_the_originals_of_a_report_open_together_for_ten_minutes(
    session: Session, settings: Settings, office: Office, open_case: Opener, keep: Keep,
    bureau: Bureau, clock: FixedClock,
) -> None:  # fmt: skip
    desk = Desk(OneTransaction(session), settings, [views.create_blueprint(office)])
    case = open_case(report())
    first, second = (keep(case, telling_photo(ARTIST, colour)) for colour in ("red", "green"))
    plain = keep(case, picture())
    commander = bureau.person("CMD")
    for who, mine in ((commander, {first.id, second.id}), (bureau.person("DISP"), set())):
        shown = desk.get(who, f"/cases/{case.id}").get_json()["attachments"]
        assert {one["id"] for one in shown if one["may_open_original"]} == mine

    def opened(kept: Attachment) -> int:
        path = f"/attachments/{kept.id}/original"
        return desk.post(commander, path, {"reason_code": "verify"}).status_code

    assert [opened(one) for one in (first, second, first, plain)] == [200, 200, 200, 404]
    assert session.query(Reveal).filter_by(case_id=case.id).count() == 1
    clock.advance(minutes=10)
    assert opened(second) == 200
    assert session.query(Reveal).filter_by(case_id=case.id).count() == 2
    logged = select(AuditEntry.object_id).where(AuditEntry.action == "original.opened")
    assert [*session.scalars(logged)] == [str(one.id) for one in (first, second, first, second)]
