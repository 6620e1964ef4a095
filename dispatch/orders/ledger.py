"""The acknowledgement ledger of an order: who knew what, when, over which way, by what proof."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from jinja2 import Environment, StrictUndefined
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.delivery import queries as deliveries
from dispatch.delivery.models import Delivery
from dispatch.orders.models import Assignment, Order, StatusReport
from dispatch.orders.texts import URGENCIES
from kernel import pages
from kernel.gate import gate
from kernel.gate.gate import Cleared, Fields

KIND = "paper.order_ledger"
PAGE = "page"
"""The way of a read receipt: the desk's own page, shown to somebody of the branch."""
BY_PERSON = ("desk", "gps")
"""Ways by which a person of the centre says it, over no channel of the order."""


@dataclass(frozen=True, slots=True)
class Named:
    """One thing that a proof names, by a key of PROOFS: its number, the key pressed, a moment."""

    what: str
    value: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What an acknowledgement rests on: who said it, by which way, naming what."""

    via: str
    actor: str
    report: str
    details: Mapping[str, Any]

    @property
    def named(self) -> list[Named]:
        """What it names, in the sequence in which it was written down."""
        return [Named(what, str(value)) for what, value in self.details.items()]


@dataclass(frozen=True, slots=True)
class Line:
    """One message; the page of a branch that was read (`page`); or an acknowledgement that answered
    no message (`channel` is its way then).
    """

    target: str
    code: str
    is_copy: bool
    name: str
    address: str
    channel: str
    queued_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    state: str = ""
    problem: str | None = None
    attempts: int = 0
    acknowledged_at: datetime | None = None
    proof: Proof | None = None


def lines(session: Session, order: Order) -> list[Line]:
    """Every message of the order in the sequence of its making, by recipient."""
    sent = deliveries.by_assignment(session, [order.id])
    said = _acknowledgements(session, order)
    found = list[Line]()
    for assignment in order.assignments:
        own, report = sent.get(assignment.id, []), said.get(assignment.id)
        answered = _answered(own, report)
        found += [_line(assignment, one, report if one is answered else None) for one in own]
        if assignment.read_at is not None:
            found.append(_read(assignment))
        if report is not None and answered is None:
            found.append(_said_otherwise(assignment, report))
    return found


def _acknowledgements(session: Session, order: Order) -> dict[int, StatusReport]:
    """Assignment id -> the report by which a person took it, whatever it said besides."""
    due = {one.id: one.acknowledged_at for one in order.assignments if one.acknowledged_at}
    wanted = select(StatusReport).where(StatusReport.assignment_id.in_(due))
    found: dict[int, StatusReport] = {}
    for report in session.scalars(wanted.order_by(StatusReport.id)):
        if report.at >= due[report.assignment_id]:  # written down just after it was dated
            found.setdefault(report.assignment_id, report)
    return found


def _answered(own: Sequence[Delivery], report: StatusReport | None) -> Delivery | None:
    """The message that the report names, or answers: of its way, the last that had left by then."""
    if report is None or report.via in BY_PERSON:
        return None
    if "message_id" in report.proof:
        return next((one for one in own if one.message_id == report.proof["message_id"]), None)
    of_this_way = [
        one
        for one in own
        if one.channel == report.via and (one.queued_at or one.created_at) <= report.at
    ]
    named = [one for one in of_this_way if one.name == report.actor]
    found = named or of_this_way
    return found[-1] if found else None


def _line(assignment: Assignment, one: Delivery, report: StatusReport | None) -> Line:
    return Line(
        target=assignment.target_name,
        code=assignment.code,
        is_copy=assignment.is_copy,
        name=one.name,
        address=one.address if one.channel in ("sms", "fax", "voice") else "",
        channel=one.channel,
        queued_at=one.queued_at,
        sent_at=one.sent_at,
        delivered_at=one.delivered_at,
        state=one.state,
        problem=one.problem,
        attempts=one.attempts,
        acknowledged_at=assignment.acknowledged_at if report else None,
        proof=_proof(report) if report else None,
    )


def _read(assignment: Assignment) -> Line:
    return Line(
        target=assignment.target_name,
        code=assignment.code,
        is_copy=assignment.is_copy,
        name=assignment.read_by or "",
        address="",
        channel=PAGE,
        delivered_at=assignment.read_at,
    )


def _said_otherwise(assignment: Assignment, report: StatusReport) -> Line:
    return Line(
        target=assignment.target_name,
        code=assignment.code,
        is_copy=assignment.is_copy,
        name=report.actor,
        address="",
        channel=report.via,
        acknowledged_at=assignment.acknowledged_at,
        proof=_proof(report),
    )


def _proof(report: StatusReport) -> Proof:
    return Proof(report.via, report.actor, report.report, report.proof)


# ------------------------------------------------------------------------------ on paper

WAYS = {
    "sms": "短信", "fax": "传真", "app": "移动端", "vehicle": "车载终端", "voice": "自动拨号",
    "desk": "调度员代录", "gps": "轨迹确认", "page": "网页已阅",
}  # fmt: skip
STATES = {
    "HELD": "暂缓", "QUEUED": "排队", "SENDING": "发送中", "SENT": "已发出", "DELIVERED": "已送达",
    "FAILED": "失败", "UNKNOWN": "结果不明", "CANCELLED": "已停止",
}  # fmt: skip
PROOFS = {
    "inbound_id": "来信", "attachment_id": "附件", "message_id": "消息", "receipt_id": "回执",
    "number": "号码", "key": "按键", "downlink_id": "下发", "terminal_id": "终端",
    "happening_id": "轨迹事件", "proposal_id": "到场提示", "since": "起始", "offer_id": "移交",
    "user_id": "账号",
}  # fmt: skip
_STYLE = """
@page { size: A4 landscape; margin: 14mm 12mm 16mm;
  @bottom-right { content: "第 " counter(page) " 页 / 共 " counter(pages) " 页"; font-size: 8pt } }
html { font: 8.5pt/1.45 "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif; color: #000 }
h1 { font-size: 16pt; text-align: center; margin: 0 0 3mm }
p { margin: 0 0 2mm }
table { width: 100%; border-collapse: collapse }
th, td { border: .3mm solid #000; padding: .8mm 1.2mm; text-align: left; vertical-align: top;
  overflow-wrap: anywhere }
th { background: #eee }
tr { break-inside: avoid }
"""
_PAGE = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    """<html lang="zh"><body><h1>调度指令送达与签收记录</h1>
<p>指令 {{ order_no }}　案件 {{ case_no }}　{{ urgency }}　签发 {{ issued_by }} {{ issued_at }}
　批准 {{ approved_by or "—" }}　打印 {{ printed_at }}</p>
<table><tr><th>单位</th><th>收件人</th><th>号码</th><th>途径</th><th>排队</th><th>发出</th>
<th>送达</th><th>结果</th><th>签收</th><th>凭据</th></tr>
{% for row in rows %}<tr><td>{{ row.target }}{{ "（抄送）" if row.is_copy }}</td>
<td>{{ row.name }}</td><td>{{ row.address }}</td><td>{{ row.way }}</td><td>{{ row.queued }}</td>
<td>{{ row.sent }}</td><td>{{ row.delivered }}</td><td>{{ row.result }}</td>
<td>{{ row.acknowledged }}</td><td>{{ row.proof }}</td></tr>{% endfor %}</table>
</body></html>"""
)


def cleared(
    order: Order, found: Sequence[Line], printed_at: datetime, zone: tzinfo
) -> Cleared[Fields]:
    """What the paper says; people of the house only, no word of the case but its number."""

    def shown(moment: datetime | None) -> str:
        return f"{moment.astimezone(zone):%m-%d %H:%M:%S}" if moment else ""

    rows = [
        {
            "target": one.target,
            "is_copy": one.is_copy,
            "name": one.name,
            "address": one.address,
            "way": WAYS.get(one.channel, one.channel),
            "queued": shown(one.queued_at),
            "sent": shown(one.sent_at),
            "delivered": shown(one.delivered_at),
            "result": " ".join(filter(None, (STATES.get(one.state), one.problem))),
            "acknowledged": shown(one.acknowledged_at),
            "proof": _in_words(one.proof, shown) if one.proof else "",
        }
        for one in found
    ]
    said = {
        "order_no": order.order_no,
        "case_no": order.brief["case_no"],
        "urgency": URGENCIES[order.urgency],
        "issued_by": order.created_by_name,
        "issued_at": shown(order.issued_at),
        "approved_by": order.approval_in_words(zone),
        "printed_at": shown(printed_at),
        "rows": rows,
    }
    return gate.clear(KIND, said)


def render(told: Cleared[Fields]) -> bytes:
    """The PDF, a page for some twenty messages; about a second, beside the loop."""
    return pages.beside_the_loop(_render, told)


def _render(told: Cleared[Fields]) -> bytes:
    made: bytes = pages.laid_out(_PAGE.render(**told.for_way("print")), _STYLE).write_pdf()
    return made


def _in_words(proof: Proof, shown: Callable[[datetime], str]) -> str:
    def named(one: Named) -> str:
        moment = one.what == "since"
        value = shown(datetime.fromisoformat(one.value)) if moment else one.value
        return f"{PROOFS.get(one.what, one.what)} {value}"

    said = f"{WAYS.get(proof.via, proof.via)} {proof.actor}"
    return "，".join((said.strip(), *map(named, proof.named)))
