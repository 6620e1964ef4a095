"""The transmission report of faxes as a paper of the case."""

import subprocess
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import papers
from command_center.cases.fax_reports import KIND, CaseFaxReports
from command_center.cases.models import Document, TimelineEntry
from command_center.cases.office import Office
from dispatch.delivery.fax_report import FaxLine
from tests.factories.bureau import report
from tests.integration.cases.conftest import Opener

AT = datetime(2026, 9, 22, 4, 5, 6, tzinfo=UTC)
LINE = FaxLine(
    name="东城分局 东华门市监所", address="+9991000005001", is_repeat=False, is_recall=False,
    state="DELIVERED", problem="", at=AT, pages=3, pages_total=3, attempts=1, rate="14400",
    mode="T38", error="",
)  # fmt: skip
FAILED = FaxLine(
    name="西城分局 西单市监所", address="+9991000009711", is_repeat=True, is_recall=False,
    state="FAILED", problem="dropped", at=AT, pages=1, pages_total=3, attempts=3, rate="9600",
    mode="audio", error="3RD_T1_TIMEOUT",
)  # fmt: skip


def test_it_is_a_numbered_paper_that_says_how_each_fax_went(
    session: Session, office: Office, open_case: Opener
) -> None:
    case = open_case(report())
    CaseFaxReports(office).file(
        session, case_id=case.id, order_no="DD202609220001", lines=[LINE, FAILED]
    )
    paper = session.scalars(select(Document).filter_by(case_id=case.id, kind=KIND)).one()
    assert paper.number.endswith("传〔2026〕第1号")
    papers.render_job(session, {"document_id": paper.id})
    assert paper.pdf is not None
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=paper.pdf, capture_output=True, check=True
    )
    words = "".join(done.stdout.decode().split())
    for said in (
        "传真发送报告", paper.number, case.case_no, "DD202609220001", "+9991000005001", "3/3",
        "14400bit/s", "T.38", "1次", "成功", "1/3", "9600bit/s", "G.711", "3次", "失败", "中途断线",
        "09-2212:05:06",
    ):  # fmt: skip
        assert said in words, said
    told = select(TimelineEntry).filter_by(case_id=case.id, kind="fax_report_filed")
    assert session.scalars(told).one().params["number"] == paper.number
