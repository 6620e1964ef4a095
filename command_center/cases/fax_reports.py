"""Transmission reports of an order's faxes (传真发送报告): a paper of the case.

Implements dispatch's port `FaxReports`.
"""

from sqlalchemy.orm import Session

from command_center.accounts.models import Organisation
from command_center.cases import numbering, papers, timeline
from command_center.cases.models import Case, Document
from command_center.cases.office import Office
from dispatch.delivery.fax_report import FaxLine
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import NotFound
from kernel.jobs import enqueue

KIND = "fax_report"
WORD = "传"
STATES = {"DELIVERED": "成功", "FAILED": "失败", "UNKNOWN": "结果不明"}
MODES = {"T38": "T.38", "audio": "语音通道（G.711）"}
REASONS = {
    "busy": "对方占线", "no_answer": "无人应答", "dropped": "中途断线", "gave_up": "超时未发出",
    "no_outcome": "未得到发送结果", "outcome_unknown": "未得到发送结果",
    "worker_died": "发送中断，结果不明", "document_unreadable": "文件无法生成传真页",
    "not_cleared": "内容未通过外发检查", "engine_unreachable": "传真设备无响应",
    "engine_refused": "传真设备拒绝", "lines_busy": "线路全忙",
}  # fmt: skip
"""A code without words stays as it is."""

_PAPER = """<!doctype html><html lang="zh"><meta charset="utf-8"><style>{{ style|safe }}
@page { size: A4 landscape; margin: 18mm 15mm;
  @bottom-center { content: "第 " counter(page) " 页　共 " counter(pages) " 页"; font-size: 9pt; }
  @bottom-left { content: "{{ number }}"; font-size: 8pt; } }
th, td, td:first-child { width: auto; font-size: 9.5pt; line-height: 1.45; text-align: left;
  vertical-align: top; border: 0.5pt solid #000; padding: 2pt 4pt; overflow-wrap: anywhere; }
tr { break-inside: avoid; }</style>
<div class="bureau">{{ bureau }}</div><h1>传真发送报告</h1><div class="number">{{ number }}</div>
<p class="to">案件 {{ case_no }}　指令 {{ order_no }}</p>
<table><tr><th>序号</th><th>收件单位</th><th>传真号码</th><th>结束时间</th><th>页数</th>
<th>速率</th><th>传输方式</th><th>拨号</th><th>结果</th><th>原因</th></tr>
{% for row in rows %}<tr><td>{{ loop.index }}</td><td>{{ row.name }}</td><td>{{ row.address }}</td>
<td>{{ row.at or "—" }}</td><td>{{ row.pages }}</td><td>{{ row.rate or "—" }}</td>
<td>{{ row.mode or "—" }}</td><td>{{ row.attempts }} 次</td><td>{{ row.result }}</td>
<td>{{ row.reason or "—" }}</td></tr>{% endfor %}</table>
<div class="seal">{{ printed_at }}</div></html>"""

papers.add_template(KIND, _PAPER)


class CaseFaxReports:
    def __init__(self, office: Office):
        self.office = office

    def file(self, session: Session, *, case_id: int, order_no: str, lines: list[FaxLine]) -> None:
        """Draw up the report, numbered now, rendered by a job. Raises NotFound."""
        case = session.get(Case, case_id, with_for_update=True)
        if case is None:
            raise NotFound("case", case_id)
        moment, office = now(session), self.office
        number = numbering.document_no(session, WORD, office.region_code, office.day(moment))
        data = {
            "bureau": session.get_one(Organisation, case.centre_id).name,
            "number": number,
            "case_no": case.case_no,
            "order_no": order_no,
            "printed_at": f"{moment.astimezone(office.zone):%Y-%m-%d %H:%M}",
            "rows": [self._row(line) for line in lines],
        }
        papers.cleared(KIND, data)
        paper = Document(
            case_id=case.id, kind=KIND, number=number, created_at=moment,
            created_by=principal_of(session).id, data=data,
        )  # fmt: skip
        session.add(paper)
        session.flush()
        enqueue(session, papers.RENDER, {"document_id": paper.id})
        timeline.add(session, case, "fax_report_filed", number=number, order_no=order_no)
        record(session, "document.drawn_up", "case", case.id, number=number, kind=KIND)

    def _row(self, line: FaxLine) -> dict[str, str | int]:
        marks = ("（重发）" if line.is_repeat else "") + ("（撤回）" if line.is_recall else "")
        return {
            "name": line.name + marks,
            "address": line.address,
            "at": f"{line.at.astimezone(self.office.zone):%m-%d %H:%M:%S}" if line.at else "",
            "pages": f"{line.pages}/{line.pages_total}",
            "rate": f"{line.rate} bit/s" if line.rate else "",
            "mode": MODES.get(line.mode, line.mode),
            "attempts": line.attempts,
            "result": STATES[line.state],
            "reason": " ".join(filter(None, (REASONS.get(line.problem, line.problem), line.error))),
        }
