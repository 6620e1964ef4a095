"""Papers: drawn up with a number and frozen data, then rendered to PDF from that data alone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from jinja2 import Environment, StrictUndefined
from sqlalchemy.orm import Session, undefer

from command_center.cases import codes, numbering, queries
from command_center.cases.models import Case, Document
from command_center.cases.office import Office
from kernel import pages
from kernel.access import Role
from kernel.audit import record
from kernel.clock import now
from kernel.db import carried_out_by, principal_of
from kernel.errors import NotFound
from kernel.gate import gate
from kernel.gate.gate import Cleared, Fields
from kernel.jobs import enqueue

RENDER = "cases.render_paper"
REFERRAL = "referral_letter"
REFERRAL_WORD = "移"

Render = Callable[[str, Cleared[Fields]], bytes]

_STYLE = """
@page { size: A4; margin: 30mm 26mm; }
body { font-family: "Noto Serif CJK SC", "Noto Sans CJK SC", serif; font-size: 12pt;
       line-height: 1.9; }
h1 { font-size: 20pt; text-align: center; margin: 0; letter-spacing: 4pt; }
.bureau { font-size: 16pt; text-align: center; }
.number { text-align: right; margin: 6pt 0 14pt; }
p { text-indent: 2em; margin: 0 0 4pt; }
p.to { text-indent: 0; }
ol { margin: 0 0 8pt 2em; }
.seal { text-align: right; margin-top: 26pt; }
.slip { border-top: 1px dashed #000; margin-top: 34pt; padding-top: 12pt; }
table { width: 100%; border-collapse: collapse; margin: 6pt 0; }
td { border: 0.5pt solid #000; padding: 3pt 6pt; }
td:first-child { width: 26%; }
"""

_LETTER = """<!doctype html><html lang="zh"><meta charset="utf-8"><style>{{ style|safe }}</style>
<div class="bureau">{{ bureau }}</div><h1>案件移送函</h1>
<div class="number">{{ number }}</div>
<p class="to">{{ agency }}：</p>
<p>我局于{{ received_on }}收到举报（编号{{ case_no }}），被举报人及基本情况如下：</p>
<table>
<tr><td>当事人</td><td>{{ subject }}</td></tr>
<tr><td>统一社会信用代码</td><td>{{ credit_code or "—" }}</td></tr>
<tr><td>地址</td><td>{{ address or "—" }}</td></tr>
<tr><td>案由及事实</td><td>{{ facts or "—" }}</td></tr>
</table>
<p>经核查，{{ reason }}。根据{{ legal_basis }}，现将该案移送你单位处理，请予接收，
并将处理结果函告我局。</p>
<p>移送材料：</p>
<ol>{% for item in materials %}<li>{{ item }}</li>{% endfor %}</ol>
<div class="seal">{{ bureau }}（印章）<br>{{ signed_on }}</div>
<div class="slip"><div class="bureau">送达回执</div>
<p class="to">{{ bureau }}：</p>
<p>{{ number }}《案件移送函》及所附材料已收到。</p>
<div class="seal">接收单位（印章）　　　经办人：　　　　　　<br>年　　月　　日</div></div>
</html>"""

_templates = Environment(autoescape=True, undefined=StrictUndefined)
TEMPLATES = {REFERRAL: _templates.from_string(_LETTER)}


def add_template(kind: str, html: str, **words: Any) -> None:
    """Let another part of the room have its paper rendered here; `words` are its fixed terms."""
    TEMPLATES[kind] = _templates.from_string(html, globals=words)


def draw_up_referral(
    session: Session, office: Office, case: Case, facts: str, data: dict[str, Any], bureau: str
) -> Document:
    """The referral letter (案件移送函): numbered now, rendered by a job.

    Raises BadInput naming the text that carries a person's number.
    """
    moment = now(session)
    number = numbering.document_no(session, REFERRAL_WORD, office.region_code, office.day(moment))
    subject = case.subject
    paper = Document(
        case_id=case.id,
        kind=REFERRAL,
        number=number,
        created_at=moment,
        created_by=principal_of(session).id,
        data={
            "bureau": bureau,
            "number": number,
            "agency": codes.zh("transfer_agencies", data["agency"]),
            "case_no": case.case_no,
            "received_on": chinese_day(office, case.received_at),
            "signed_on": chinese_day(office, moment),
            "subject": subject.name if subject else "",
            "credit_code": subject.credit_code if subject else "",
            "address": (subject.address if subject else "") or case.place_text,
            "facts": facts,
            "reason": data["reason"].rstrip("。"),
            "legal_basis": data["legal_basis"],
            "materials": _items(data["materials"]),
        },
    )
    cleared(paper.kind, paper.data)
    session.add(paper)
    session.flush()
    record(session, "document.drawn_up", "case", case.id, number=number, kind=REFERRAL)
    enqueue(session, RENDER, {"document_id": paper.id})
    return paper


def render_job(session: Session, payload: dict[str, Any]) -> None:
    """Job `cases.render_paper`: the PDF of a document, once."""
    _rendered(session, payload["document_id"], render)


def pdf(session: Session, document_id: int) -> tuple[Document, bytes]:
    """A document of a case that the principal may see, with its PDF; raises NotFound.

    One that the worker has not rendered yet is rendered now, off the event loop.
    """
    paper = session.get(Document, document_id)
    if paper is None:
        raise NotFound("document", document_id)
    queries.get(session, paper.case_id)
    return made(session, document_id)


@carried_out_by(Role.HOUSE)
def made(session: Session, document_id: int) -> tuple[Document, bytes]:
    """A paper that the principal was found to have a right to, with its PDF."""
    data = _rendered(session, document_id, render_beside_the_loop)
    return session.get_one(Document, document_id), data


def _rendered(session: Session, document_id: int, make: Render) -> bytes:
    paper = session.get_one(
        Document,
        document_id,
        options=[undefer(Document.pdf)],
        with_for_update=True,
        populate_existing=True,
    )
    if paper.pdf is None:
        paper.pdf = make(paper.kind, cleared(paper.kind, paper.data))
    return paper.pdf


def cleared(kind: str, data: dict[str, Any]) -> Cleared[Fields]:
    """The listed data of a paper of this kind; raises BadInput naming what may not leave."""
    return gate.clear(f"paper.{kind}", data)


def render(kind: str, data: Cleared[Fields]) -> bytes:
    """The PDF of a paper (about a second of work); the same data give the same page."""
    told = data.for_way("print")
    made: bytes = pages.laid_out(TEMPLATES[kind].render(style=_STYLE, **told)).write_pdf()
    return made


def render_beside_the_loop(kind: str, data: Cleared[Fields]) -> bytes:
    """As `render`, in a thread: the web process goes on answering."""
    return pages.beside_the_loop(render, kind, data)


def _items(materials: object) -> list[str]:
    if isinstance(materials, str):
        return [line.strip() for line in materials.splitlines() if line.strip()]
    return [str(item) for item in materials] if isinstance(materials, list | tuple) else []


def chinese_day(office: Office, moment: datetime) -> str:
    """The day as papers write it."""
    day = office.day(moment)
    return f"{day.year}年{day.month}月{day.day}日"
