"""The report on paper."""

from datetime import datetime, tzinfo

from jinja2 import Environment, StrictUndefined

from command_center.cases.handover.models import Handover
from dispatch.alarms.duty import POSTS
from dispatch.orders.ledger import WAYS
from kernel import pages
from kernel.gate import gate
from kernel.gate.gate import Cleared, Fields

KIND = "paper.handover"
TITLES = {
    "alarms": "未结告警",
    "unacknowledged": "未接令的指令",
    "overdue": "逾期的指令",
    "unknown": "结果不明的投递",
    "approvals": "待审批",
    "due": "临期和逾期的案件",
    "units": "停用的执法单元",
}
_STYLE = """
@page { size: A4; margin: 15mm 14mm 16mm;
  @bottom-right { content: "第 " counter(page) " 页 / 共 " counter(pages) " 页"; font-size: 8pt } }
html { font: 9pt/1.5 "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif; color: #000 }
h1 { font-size: 16pt; text-align: center; margin: 0 0 4mm }
h2 { font-size: 10.5pt; margin: 4mm 0 1mm; break-after: avoid }
p { margin: 0 0 2mm; white-space: pre-wrap; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse; table-layout: fixed }
td { border: .3mm solid #000; padding: .6mm 1.2mm; vertical-align: top; overflow-wrap: anywhere }
td:first-child { width: 34% } td:nth-child(3) { width: 20% } td:nth-child(4) { width: 16% }
tr { break-inside: avoid }
.signs { margin-top: 8mm; display: flex; justify-content: space-between }
"""
_PAGE = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    """<html lang="zh"><body><h1>交接班记录</h1>
<p>交班 {{ written_by }}　{{ written_at }}　编号 {{ number }}</p>
<h2>交班人说明</h2><p>{{ notes or "无" }}</p>
{% for part in sections %}<h2>{{ part.title }}（{{ part.total }}）</h2>
{% if part.lines %}<table>{% for line in part.lines %}<tr><td>{{ line.number }}</td>
<td>{{ line.about }}</td><td>{{ line.state }}</td><td>{{ line.at }}</td></tr>{% endfor %}</table>
{% if part.total > part.lines|length %}<p>其余 {{ part.total - part.lines|length }} 项略</p>
{% endif %}{% else %}<p>无</p>{% endif %}{% endfor %}
<div class="signs"><span>交班人：{{ written_by }}</span>
<span>接班人：{{ signed_by or "（尚未签收）" }}　{{ signed_at }}</span></div></body></html>"""
)
WORDS = POSTS | WAYS | {
    "PENDING": "待下达", "ISSUED": "已下达", "ACKED": "已接令", "EN_ROUTE": "途中",
    "order": "指令审批", "closure": "办结审批", "transfer": "移送审批", "OUT_OF_SERVICE": "停用",
    "approval_pending": "指令待批准", "help_needed": "请求增援",
    "desk_wanted": "来电要求转指挥中心", "order_declined": "不能执行指令",
    "case_escalated": "案件上报", "ack_overdue": "逾期未接令", "depart_overdue": "逾期未出发",
    "arrive_overdue": "逾期未到场", "feedback_overdue": "逾期未反馈",
    "overdue_after_outage": "中断期间有指令到时未催办", "oral_unconfirmed": "口头批准待确认",
    "officer_distress": "执法人员求助", "delivery_problem": "指令发送异常",
    "outbound_paused": "外发已暂停", "reply_unmatched": "回复或传真待处理",
    "handover_unsigned": "交接班记录无人签收",
    "supervision_unsigned": "督办单逾期未签收", "supervision_overdue": "督办单逾期未回复",
    "terminal_suspicious": "车载终端身份可疑", "REGISTERED": "已登记", "ROUTED": "已分送",
    "RETURNED": "已退回", "ACCEPTED": "已受理", "REJECTED": "不予受理", "MEDIATING": "调解中",
    "AGREED": "调解成功", "TERMINATED": "终止调解", "NOTIFIED": "已告知", "CLOSED": "已办结",
    "WITHDRAWN": "已撤回", "VERIFY": "核查中", "FILED": "已立案", "NOT_FILED": "不予立案",
    "MERGED": "已并案", "REFERRED": "已移送", "NOT_OURS": "非本局职责", "OPEN": "待答复",
    "ANSWERED": "已答复", "CALLBACK": "待回电",
}  # fmt: skip
"""Codes in the words of the paper; one without words stays as it is."""


def cleared(handover: Handover, zone: tzinfo) -> Cleared[Fields]:
    """What the paper says; raises BadInput naming `notes` where they lead to a person."""

    def shown(moment: datetime | None) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""

    sections = [
        {
            "title": title,
            "total": handover.content[name]["total"],
            "lines": [
                {
                    "number": line["number"],
                    "about": WORDS.get(line["about"], line["about"]),
                    "state": " ".join(
                        filter(None, (WORDS.get(line["state"], line["state"]), line["who"]))
                    ),
                    "at": shown(datetime.fromisoformat(line["at"]) if line["at"] else None),
                }
                for line in handover.content[name]["lines"]
            ],
        }
        for name, title in TITLES.items()
    ]
    said = {
        "number": handover.id or "",
        "written_by": handover.written_by_name,
        "written_at": shown(handover.written_at),
        "notes": handover.notes,
        "signed_by": handover.signed_by_name or "",
        "signed_at": shown(handover.signed_at),
        "sections": sections,
    }
    return gate.clear(KIND, said)


def render(told: Cleared[Fields]) -> bytes:
    """The PDF; about a second, beside the loop."""
    return pages.beside_the_loop(_render, told)


def _render(told: Cleared[Fields]) -> bytes:
    made: bytes = pages.laid_out(_PAGE.render(**told.for_way("print")), _STYLE).write_pdf()
    return made
