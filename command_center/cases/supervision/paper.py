"""The supervision order on paper (督办单): drawn up when it goes out, and again when it ends."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from command_center.accounts import queries as accounts
from command_center.cases import papers
from command_center.cases.models import Document
from command_center.cases.office import Office
from command_center.cases.supervision.lifecycle import ENDED
from command_center.cases.supervision.models import Supervision
from kernel.clock import now
from kernel.db import principal_of
from kernel.jobs import enqueue

KIND = "supervision_order"
SOURCES = {
    "overdue": "案件逾期", "order_overdue": "调度指令逾期未反馈", "idle": "临期未办理",
    "no_result": "移送、转办后无结果", "leader": "领导批示", "superior": "上级督办",
}  # fmt: skip
LEVELS = {1: "一级", 2: "二级", 3: "三级"}
VERDICTS = {"accept": "同意办结", "escalate": "提级督办", "withdraw": "撤销督办"}

_PAPER = """<!doctype html><html lang="zh"><meta charset="utf-8"><style>{{ style|safe }}</style>
<div class="bureau">{{ bureau }}</div><h1>督办单</h1>
<div class="number">编号：{{ number }}</div>
<p class="to">{{ unit }}：</p>
<table>
<tr><td>督办级别</td><td>{{ level }}</td></tr>
<tr><td>督办来源</td><td>{{ source }}</td></tr>
<tr><td>案件编号</td><td>{{ case_no }}</td></tr>
<tr><td>存在问题</td><td>{{ problem }}</td></tr>
<tr><td>督办要求</td><td>{{ demand }}</td></tr>
<tr><td>签收时限</td><td>{{ sign_by }}</td></tr>
<tr><td>回复时限</td><td>{{ due }}</td></tr>
<tr><td>签发</td><td>{{ issued }}</td></tr>
<tr><td>签收</td><td>{{ signed or "　" }}</td></tr>
<tr><td>办理回复</td><td>{{ reply or "　" }}</td></tr>
<tr><td>督办结论</td><td>{{ verdict or "　" }}　{{ reason }}</td></tr>
</table>
<div class="seal">{{ bureau }}（印章）<br>{{ drawn_on }}</div></html>"""
papers.add_template(KIND, _PAPER)


def draw_up(session: Session, office: Office, order: Supervision) -> None:
    """Freeze the order as it stands as a paper of its case, rendered by a job.

    Raises BadInput naming the text that leads to a person.
    """
    ended = order.state in ENDED
    paper = Document(
        case_id=order.case_id,
        kind=KIND,
        number=f"{order.number}{'-结' if ended else ''}",
        created_at=now(session),
        created_by=principal_of(session).id,
        data=told(session, office, order),
    )
    papers.cleared(KIND, paper.data)
    session.add(paper)
    session.flush()
    order.document_id = paper.id
    enqueue(session, papers.RENDER, {"document_id": paper.id})


def told(session: Session, office: Office, order: Supervision) -> dict[str, Any]:
    """What the paper says."""

    def by(*acts: str) -> str:
        """Who did it last, and when; with the verdict's name and reason."""
        entry = next((one for one in reversed(order.entries) if one["act"] in acts), None)
        if entry is None:
            return ""
        at = _shown(office, datetime.fromisoformat(entry["at"]))
        verdict = VERDICTS.get(entry["act"], "")
        return "　".join(filter(None, (verdict, entry["name"], at)))

    verdict = by(*VERDICTS)
    reason = order.entries[-1]["text"] if verdict else ""
    return {
        "bureau": accounts.root(session).name,
        "number": order.number or "",
        "unit": order.unit_name,
        "level": LEVELS[order.level],
        "source": SOURCES[order.source],
        "case_no": order.case_no,
        "problem": order.problem,
        "demand": order.demand,
        "sign_by": _shown(office, order.sign_by),
        "due": _shown(office, order.due_at),
        "issued": by("issue"),
        "signed": by("sign"),
        "reply": order.reply,
        "verdict": verdict,
        "reason": reason,
        "drawn_on": papers.chinese_day(office, now(session)),
    }


def _shown(office: Office, moment: datetime | None) -> str:
    return f"{moment.astimezone(office.zone):%Y-%m-%d %H:%M}" if moment else ""
