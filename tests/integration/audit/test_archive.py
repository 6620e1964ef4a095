"""Retention: what is due is proposed, one asks, another approves, the certificate stays."""

import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, selectinload

from command_center.cases import attachments, papers
from command_center.cases.archive import certificate, person, service, views
from command_center.cases.archive.models import Destruction
from command_center.cases.archive.service import Archive
from command_center.cases.identity import Seat
from command_center.cases.models import Attachment, Case, Complainant, ReporterIdentity, Reveal
from command_center.cases.office import Office
from command_center.intake.schemas import Submission
from gps_ingest.days import Days
from kernel.access import Principal
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from kernel.errors import BadInput
from kernel.jobs import Job
from kernel.settings import Settings
from tests.factories.bureau import Bureau, acting, complaint, make_intake, report
from tests.factories.desk import Desk, OneTransaction
from tests.factories.pictures import telling_photo

OpenCase = Callable[[Submission], Case]
Coded = Callable[[Submission], tuple[Case, str]]


@pytest.fixture
def desk(session: Session, settings: Settings, office: Office) -> Desk:
    return Desk(OneTransaction(session), settings, [views.create_blueprint(office)])


@pytest.fixture
def keeper(office: Office, tmp_path: Path) -> Archive:
    return Archive(office, tmp_path, Days(tmp_path, 90))


@pytest.fixture
def archivist(bureau: Bureau) -> Principal:
    return bureau.person("ARCH")


@pytest.fixture
def old_cases(
    session: Session, open_case: OpenCase, office: Office, clock: FixedClock
) -> tuple[Case, Case]:
    """A complaint and a report, each with a photo, closed thirty-one years ago."""
    made = open_case(complaint()), open_case(report())
    for number, case in enumerate(made):
        attachments.add(
            session, office, case, "照片.jpg", telling_photo("某人", ("red", "green")[number])
        )
        case.closed_at, case.state = clock.now(), "CLOSED"
    session.flush()
    clock.advance(days=31 * 366)
    return made


def proposed(session: Session, keeper: Archive, target: str) -> Destruction:
    keeper.propose(session)
    found = select(Destruction).where(Destruction.target == target)
    return session.scalars(found.options(selectinload(Destruction.items))).one()


def run(session: Session, keeper: Archive, listed: Destruction) -> None:
    keeper.destroy(session, {"destruction_id": listed.id})
    session.flush()


def test_what_is_due_is_proposed_once_and_destroyed_only_when_a_second_person_approves(
    session: Session, desk: Desk, bureau: Bureau, keeper: Archive, archivist: Principal,
    office: Office, old_cases: tuple[Case, Case],
) -> None:  # fmt: skip
    _, case = old_cases
    photo = session.scalars(select(Attachment.sha256).where(Attachment.case_id == case.id)).one()
    listed = proposed(session, keeper, "JB")
    keeper.propose(session)
    path = f"/archive/destructions/{listed.id}"
    run(session, keeper, listed)
    assert case.reporter_ref is not None

    assert desk.post(archivist, f"{path}/request", {}).get_json()["state"] == "REQUESTED"
    assert desk.post(archivist, f"{path}/approve", {}).status_code == 403
    both = bureau.person("ARCH", "CMD")
    assert desk.post(bureau.person("LEAD"), f"{path}/approve", {}).get_json()["state"] == "APPROVED"
    assert session.query(Job).filter_by(kind=service.DESTROY).count() == 1
    assert desk.post(both, f"{path}/approve", {}).status_code == 409
    run(session, keeper, listed)

    session.refresh(case)
    assert (case.reporter_ref, case.sealed_narrative, case.sealed_facts) == (None, None, None)
    assert session.query(ReporterIdentity).count() == 0
    assert case.outcome == {"destroyed": listed.number}
    assert not (office.attachments / photo[:2] / photo).exists()
    told = desk.get(archivist, "/archive/destructions").get_json()
    (line,) = [one for one in told if one["id"] == listed.id]
    assert (line["count"], line["rule"]["days"]) == (1, listed.rule["days"])
    shown = desk.get(archivist, path).get_json()
    assert (shown["number"], line["number"]) == ("京市监销〔2057〕第1号",) * 2
    (item,) = shown["items"]
    assert (item["reference"], item["outcome"], len(item["digest"])) == (
        case.case_no, "destroyed", 64,
    )  # fmt: skip
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "case.destroyed")).one()
    assert entry.detail == {"number": listed.number, "digest": item["digest"]}


def test_nobody_approves_what_they_asked_for(
    session: Session, desk: Desk, bureau: Bureau, keeper: Archive, old_cases: tuple[Case, Case]
) -> None:
    both = bureau.person("ARCH", "CMD")
    path = f"/archive/destructions/{proposed(session, keeper, 'TS').id}"
    assert desk.post(both, f"{path}/request", {}).status_code == 200
    answer = desk.post(both, f"{path}/approve", {})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "own_request")


def test_a_case_on_hold_is_not_proposed_and_not_destroyed(
    session: Session, desk: Desk, bureau: Bureau, keeper: Archive, archivist: Principal,
    old_cases: tuple[Case, Case],
) -> None:  # fmt: skip
    case, informed = old_cases
    body = {"case_no": informed.case_no, "reason": "行政诉讼未结"}
    assert desk.post(archivist, "/archive/holds", body).status_code == 201
    listed = proposed(session, keeper, "TS")
    assert not session.scalars(select(Destruction).where(Destruction.target == "JB")).all()
    late = {"case_no": case.case_no, "reason": "复议"}
    hold = desk.post(archivist, "/archive/holds", late).get_json()
    path = f"/archive/destructions/{listed.id}"
    desk.post(archivist, f"{path}/request", {})
    desk.post(bureau.person("CMD"), f"{path}/approve", {})
    run(session, keeper, listed)
    assert [item.outcome for item in listed.items] == ["held"]
    assert session.get(Complainant, case.id) is not None
    assert desk.post(archivist, f"/archive/holds/{hold['id']}/lift", {}).status_code == 200
    keeper.propose(session)
    assert session.query(Destruction).filter_by(target="TS", state="PROPOSED").count() == 1


def test_the_archive_is_searched_by_number_and_tells_nothing_of_a_case(
    session: Session, desk: Desk, bureau: Bureau, keeper: Archive, archivist: Principal,
    old_cases: tuple[Case, Case], open_case: OpenCase, clock: FixedClock,
) -> None:  # fmt: skip
    old, informed = old_cases
    young, _still_open = open_case(complaint()), open_case(complaint())
    young.closed_at, young.state = clock.now(), "CLOSED"
    session.flush()

    def found(**query: str) -> list[str]:
        told = desk.get(archivist, "/archive/cases", **query)
        assert told.status_code == 200, told.text
        return [one["case_no"] for one in told.get_json()["items"]]

    assert set(found()) == {old.case_no, informed.case_no, young.case_no}
    assert found()[-1] == young.case_no
    assert set(found(standing="due")) == {old.case_no, informed.case_no}
    assert found(standing="kept") == [young.case_no]
    assert found(kind="JB") == found(q=informed.case_no[-6:].lower(), kind="JB")
    body = {"case_no": old.case_no, "reason": "行政复议"}
    assert desk.post(archivist, "/archive/holds", body).get_json()["case_no"] == old.case_no
    assert (found(standing="held"), found(standing="due")) == ([old.case_no], [informed.case_no])
    (running,) = desk.get(bureau.person("LEAD"), "/archive/holds").get_json()
    assert (running["case_no"], running["lifted_at"]) == (old.case_no, None)
    page = desk.get(archivist, "/archive/cases", limit="2").get_json()
    assert (len(page["items"]), page["next"]) == (2, "2")
    assert set(page["items"][0]) == {
        "case_no", "kind", "organisation", "closed_at", "ends_at", "held", "destroyed"
    }  # fmt: skip
    assert found(cursor="2") == [young.case_no]
    assert desk.get(bureau.person("CMD"), "/archive/cases").status_code == 403


def test_whoever_approves_has_just_proved_who_they_are(
    session: Session, desk: Desk, bureau: Bureau, keeper: Archive, archivist: Principal,
    old_cases: tuple[Case, Case],
) -> None:  # fmt: skip
    path = f"/archive/destructions/{proposed(session, keeper, 'TS').id}"
    desk.post(archivist, f"{path}/request", {})
    stale = replace(bureau.person("CMD"), confirmed_at=None)
    answer = desk.post(stale, f"{path}/approve", {})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "step_up_required")


def test_a_refused_list_destroys_nothing_and_is_proposed_again(
    session: Session, desk: Desk, bureau: Bureau, keeper: Archive, archivist: Principal,
    old_cases: tuple[Case, Case],
) -> None:  # fmt: skip
    listed = proposed(session, keeper, "TS")
    path = f"/archive/destructions/{listed.id}"
    desk.post(archivist, f"{path}/request", {})
    assert desk.post(bureau.person("LEAD"), f"{path}/refuse", {"reason": ""}).status_code == 422
    told = desk.post(bureau.person("LEAD"), f"{path}/refuse", {"reason": "尚需查阅"}).get_json()
    assert (told["state"], told["reason"]) == ("REFUSED", "尚需查阅")
    run(session, keeper, listed)
    assert session.get(Complainant, old_cases[0].id) is not None
    keeper.propose(session)
    assert session.query(Destruction).filter_by(target="TS").count() == 2


def test_young_and_open_cases_are_never_proposed(
    session: Session, keeper: Archive, open_case: OpenCase, clock: FixedClock
) -> None:
    open_case(complaint())
    closed = open_case(report())
    closed.closed_at = clock.now()
    clock.advance(days=3650)
    keeper.propose(session)
    assert not session.scalars(select(Destruction)).all()


def test_whoever_sits_below_the_root_knows_of_no_list(
    session: Session, desk: Desk, bureau: Bureau, keeper: Archive, old_cases: tuple[Case, Case]
) -> None:
    path = f"/archive/destructions/{proposed(session, keeper, 'TS').id}"
    below = bureau.person("ARCH", at=bureau.sub)
    for address in ("", f"/{path.rpartition('/')[2]}", "/../holds", "/../cases"):
        answer = desk.get(below, os.path.normpath(f"/archive/destructions{address}"))
        assert answer.status_code == 404
    assert desk.post(below, f"{path}/request", {}).status_code == 404
    assert desk.get(below, "/archive/destructions").status_code == 404
    for role in ("AUDIT", "ADMIN", "DISP", "UNIT"):
        assert desk.get(bureau.person(role), "/archive/destructions").status_code == 403


def test_old_days_of_positions_are_dropped_by_rule(
    session: Session, keeper: Archive, bureau: Bureau, archivist: Principal
) -> None:
    session.execute(text("select gps.ensure_partitions('2026-01-05', '2026-01-05')"))
    listed = proposed(session, keeper, "gps")
    assert [item.reference for item in listed.items] == ["fixes_20260105"]
    with acting(session, archivist):
        service.request(session, listed.id)
    with acting(session, bureau.person("CMD")):
        service.approve(session, listed.id)
    run(session, keeper, listed)
    assert session.scalar(text("select to_regclass('gps.fixes_20260105')")) is None
    assert listed.items[0].outcome == "destroyed"


@pytest.mark.parametrize("name", ["fixes_default", "fixes_29990101", "terminals", "fixes_2026010"])
def test_nothing_but_a_past_day_can_be_dropped(session: Session, name: str) -> None:
    with pytest.raises(Exception, match="not a past day"):
        session.execute(text("select gps.drop_day(:name)"), {"name": name})


def test_the_certificate_lists_numbers_and_digests(
    session: Session, keeper: Archive, bureau: Bureau, archivist: Principal,
    old_cases: tuple[Case, Case],
) -> None:  # fmt: skip
    listed = proposed(session, keeper, "JB")
    with acting(session, archivist):
        service.request(session, listed.id)
    with acting(session, bureau.person("CMD")):
        service.approve(session, listed.id)
    run(session, keeper, listed)
    told = listed.certificate
    assert told is not None
    assert told["items"] == [[old_cases[1].case_no, listed.items[0].digest, "destroyed"]]
    assert "诸葛青禾" not in str(told)
    leaving = papers.cleared(certificate.KIND, told)
    assert papers.render(certificate.KIND, leaving).startswith(b"%PDF-")


def test_old_copies_of_faxes_go_and_those_that_still_wait_stay(
    session: Session, keeper: Archive, tmp_path: Path, clock: FixedClock
) -> None:
    folder = tmp_path / "outbox"
    folder.mkdir()
    waits, old, young = ("a" * 64, "b" * 64, "c" * 64)
    for name in (waits, old, young):
        path = folder / f"{name}.pdf"
        path.write_bytes(b"%PDF-")
        days = 1 if name == young else 100
        moment = clock.now().timestamp() - days * 86_400
        os.utime(path, (moment, moment))
    session.execute(
        text(
            "insert into telephony.messages (channel, purpose, address, document, demo, state,"
            " parts_total, queued_at, try_at, give_up_at) values ('fax', 'order', '1', :name, true,"
            " 'SENT', 1, now(), now(), now())"
        ),
        {"name": waits},
    )
    keeper.purge_files(session)
    assert {path.stem for path in folder.iterdir()} == {waits, young}


# -- one person's data ------------------------------------------------------------------------


@pytest.fixture
def coded(session: Session, bureau: Bureau, office: Office) -> Coded:

    def register(told: Submission) -> tuple[Case, str]:
        with acting(session, bureau.person("AGENT")):
            (opened,) = make_intake(office).register(session, told)
        session.flush()
        return opened.case, opened.query_code

    return register


def test_a_person_gets_their_complaints_and_no_report_without_its_own_code(
    session: Session, desk: Desk, bureau: Bureau, coded: Coded
) -> None:
    first, code = coded(complaint())
    second, _ = coded(complaint(dispatch_facts="另一件。"))
    informed, its_code = coded(report())
    commander = bureau.person("CMD")
    body = {"case_no": first.case_no, "query_code": code, "reason_code": "access"}
    told = desk.post(commander, "/archive/person-export", body).get_json()
    assert {one["case_no"] for one in told["cases"]} == {first.case_no, second.case_no}
    assert told["cases"][0]["person"]["name"] == "诸葛青禾"
    assert informed.case_no not in str(told)
    others = [{"case_no": informed.case_no, "query_code": its_code}]
    told = desk.post(commander, "/archive/person-export", {**body, "others": others}).get_json()
    (own,) = [one for one in told["cases"] if one["case_no"] == informed.case_no]
    assert own["person"]["name"] == "诸葛青禾" and own["narrative"]
    (opened,) = session.scalars(select(Reveal)).all()
    assert (opened.case_id, opened.user_id, opened.reason_code) == (
        informed.id, commander.id, "reply"
    )  # fmt: skip
    logged = session.scalars(select(AuditEntry).where(AuditEntry.action == "person.exported")).all()
    assert len(logged) == 5
    assert {entry.reason_code for entry in logged} == {"access"}


def test_somebody_else_on_the_same_phone_is_not_told(
    desk: Desk, bureau: Bureau, coded: Coded
) -> None:
    first, code = coded(complaint())
    told = {"name": "王小明", "phone": "13900007788", "address": "东区1号", "anonymous": False}
    other, _ = coded(complaint(person=told))
    body = {"case_no": first.case_no, "query_code": code, "reason_code": "access"}
    told = desk.post(bureau.person("CMD"), "/archive/person-export", body).get_json()
    assert other.case_no not in {one["case_no"] for one in told["cases"]}


def test_a_wrong_code_proves_nothing_and_rings_on_the_auditors_desk(
    session: Session, office: Office, bureau: Bureau, monkeypatch: pytest.MonkeyPatch,
    coded: Coded,
) -> None:  # fmt: skip
    monkeypatch.setattr(person, "apart", nullcontext)
    case, code = coded(complaint())
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for number in (case.case_no, "TS99999920260922000001"):
        with acting(session, bureau.person("CMD")), pytest.raises(BadInput, match="not_proven"):
            person.export(session, office, Seat(), person.Proof(number, wrong), [], "access")
    alerts = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "person.export_refused")
    ).all()
    assert [alert.detail for alert in alerts] == [{"alert": True}]
