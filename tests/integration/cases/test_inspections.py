"""Records of inspections: filed once, never changed, bound to their files, the ID number sealed."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from command_center.cases import papers
from command_center.cases.evidence import CaseEvidence
from command_center.cases.inspections import CaseInspections, digest_of
from command_center.cases.models import Case, Document, Inspection
from command_center.cases.office import Office
from dispatch.field.inspection import InspectionIn
from dispatch.field.ports import Filed
from dispatch.orders.models import Order
from kernel.access import Principal, Role
from kernel.clock import now
from kernel.db import in_role
from kernel.errors import BadInput, Conflict, NotFound
from tests.factories.bureau import Bureau, acting, complaint, report
from tests.factories.inspections import ID_NUMBER, inspection, refused
from tests.factories.pictures import picture
from tests.integration.cases.conftest import Opener

ASSIGNMENT = 71


@pytest.fixture
def office(office: Office, tmp_path: Path) -> Office:
    return replace(office, attachments=tmp_path / "attachments", originals=tmp_path / "originals")


@pytest.fixture
def officer(bureau: Bureau) -> Principal:
    return bureau.person("OFFICER", at=bureau.branch)


class Field:
    """The officer's way in, without the dispatch below it."""

    def __init__(self, session: Session, office: Office, officer: Principal, case: Case):
        self.session, self.office, self.officer, self.case = session, office, officer, case
        moment = now(session)
        self.order = Order(
            order_no=f"DD{case.id:012}", idempotency_key=uuid4(), case_id=case.id, brief={},
            organisation_path=case.organisation_path, kind="inspect", urgency=1, closed=False,
            note="", channels=["app"], state="ISSUED", created_at=moment, created_by=1,
            created_by_name="",
        )  # fmt: skip
        session.add(self.order)
        session.flush()

    def upload(self, data: bytes, name: str = "签名.png") -> int:
        with acting(self.session, self.officer):
            return CaseEvidence(self.office).add(
                self.session, case_id=self.case.id, order_id=self.order.id, name=name,
                media_type="", data=data, user_id=self.officer.id,
            )  # fmt: skip

    def file(self, told: InspectionIn, assignment_id: int = ASSIGNMENT) -> Filed:
        with acting(self.session, self.officer):
            return CaseInspections(self.office).file(
                self.session, told, case_id=self.case.id, order_id=self.order.id,
                assignment_id=assignment_id,
            )  # fmt: skip

    def signed(self, told: InspectionIn, **changes: Any) -> InspectionIn:
        drawn = self.upload(picture("PNG"))
        signatures = [{**one.model_dump(), "attachment_id": drawn} for one in told.signatures]
        return InspectionIn.model_validate(
            {**told.model_dump(), "signatures": signatures, **changes}
        )

    def row(self, filed: Filed) -> Inspection:
        return self.session.get_one(Inspection, filed.id)

    def page(self, filed: Filed) -> str:
        """The text of its paper."""
        document_id = self.row(filed).document_id
        papers.render_job(self.session, {"document_id": document_id})
        pdf = self.session.get_one(Document, document_id).pdf
        assert pdf is not None
        done = subprocess.run(
            ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
        )
        return done.stdout.decode()


@pytest.fixture
def field(session: Session, office: Office, officer: Principal, open_case: Opener) -> Field:
    return Field(session, office, officer, open_case(complaint()))


def test_a_record_is_filed_once_with_its_digest_and_files(field: Field) -> None:
    photo = field.upload(picture("JPEG"), "现场.jpg")
    told = field.signed(inspection(), attachment_ids=[photo])
    filed = field.file(told)
    assert field.file(told) == filed
    row = field.row(filed)
    assert (filed.version, filed.digest) == (1, digest_of(row.content))
    assert [one["id"] for one in row.content["attachments"]] == [photo]
    assert all(len(one["sha256"]) == 64 for one in row.content["signatures"])
    assert digest_of({**row.content, "scene": "一切正常"}) != filed.digest
    assert (row.device_time, row.filed_at) == (told.device_time, filed.filed_at)


def test_the_id_number_is_sealed_and_shown_masked(field: Field, office: Office) -> None:
    filed = field.file(field.signed(inspection()))
    assert filed.record.id_number == "110*************17"
    row = field.row(filed)
    document = field.session.get_one(Document, row.document_id)
    stored = f"{row.content}{document.data}".encode() + (row.sealed_id or b"")
    assert ID_NUMBER.encode() not in stored
    assert ID_NUMBER not in field.page(filed)
    opened = office.vault.open(row.sealed_id or b"", f"inspection:{row.key}".encode())
    assert ID_NUMBER.encode() in opened


def test_the_paper_counts_its_pages_and_says_what_was_found(field: Field) -> None:
    filed = field.file(field.signed(inspection(scene="冷库内有过期羊肉三箱。" * 150)))
    page = field.page(filed)
    for words in ("现场笔录", filed.number, "过期羊肉", "京012346", "不申请回避"):
        assert words in page, words
    counted = "".join(page.split())
    assert [f"第{n}页共3页" in counted for n in (1, 2, 3, 4)] == [True, True, True, False]
    assert filed.digest in counted


def test_a_refusal_stands_on_the_paper(field: Field) -> None:
    page = field.page(field.file(field.signed(refused())))
    assert "当事人拒绝签名" in page
    assert "李见证" in page


def test_a_correction_is_a_new_version_that_names_the_old_one(field: Field) -> None:
    first = field.file(field.signed(inspection()))
    told = field.signed(inspection(scene="更正：四箱", id_number=""), replaces_id=first.id)
    second = field.file(told)
    row = field.row(second)
    assert (second.version, second.replaces_id) == (2, first.id)
    assert row.content["corrects"] == {"number": first.number, "digest": first.digest}
    assert second.record.id_number == first.record.id_number
    assert first.number in field.page(second)
    assert field.row(first).content["scene"] != "更正：四箱"
    with pytest.raises(Conflict, match="already_corrected"):
        field.file(field.signed(inspection(), replaces_id=first.id))


def test_no_role_of_ours_may_change_a_record(field: Field) -> None:
    field.file(field.signed(inspection()))
    for role in Role:
        if role is Role.LOGIN:
            continue
        with pytest.raises(DBAPIError, match="permission denied"):
            with field.session.begin_nested(), in_role(field.session, role):
                field.session.execute(text("update cases.inspections set digest = ''"))


def test_files_and_keys_of_others_do_not_count(field: Field, open_case: Opener) -> None:
    told = field.signed(inspection())
    field.file(told)
    with pytest.raises(Conflict, match="idempotency_key_used"):
        field.file(told, assignment_id=ASSIGNMENT + 1)
    other = Field(field.session, field.office, field.officer, open_case(complaint()))
    with pytest.raises(NotFound):
        field.file(inspection(signatures=other.signed(inspection()).model_dump()["signatures"]))
    with pytest.raises(BadInput):
        photo = field.upload(picture("JPEG"))
        signatures = [{**one.model_dump(), "attachment_id": photo} for one in told.signatures]
        field.file(inspection(signatures=signatures))


def test_words_that_name_the_informant_are_refused(
    session: Session, office: Office, officer: Principal, open_case: Opener
) -> None:
    told = report()
    assert told.person is not None
    field = Field(session, office, officer, open_case(told))
    for name in ("defence", "party"):
        with pytest.raises(BadInput) as refusal:
            field.file(field.signed(inspection(**{name: f"是{told.person.name}说的"})))
        assert refusal.value.field == name
    assert session.scalar(select(Inspection.id)) is None
