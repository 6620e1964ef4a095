"""Records of inspections (现场笔录): digested, drawn up as a paper of the case, never changed.

Implements dispatch's port `Inspections`. The paper carries the signatures; the party's ID number
stands on it masked, whole it lies sealed.
"""

import base64
import hashlib
import json
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.accounts.models import Organisation
from command_center.cases import (
    attachments,
    identity,
    masking,
    numbering,
    papers,
    service,
    timeline,
)
from command_center.cases.models import Attachment, Case, Document, Inspection
from command_center.cases.office import Office
from dispatch.field.inspection import INSPECTOR, PARTY, WITNESS, InspectionIn, Record
from dispatch.field.ports import Filed
from dispatch.orders.models import Order
from kernel.access import Role
from kernel.audit import record
from kernel.clock import now
from kernel.db import carried_out_by, principal_of
from kernel.errors import BadInput, Conflict, NotFound
from kernel.jobs import enqueue

KIND = "inspection_record"
WORD = "检"
SIGNATURE_BYTES = 100_000
SIGNERS = {PARTY: "当事人", INSPECTOR: "检查人员", WITNESS: "见证人"}

_PAPER = """<!doctype html><html lang="zh"><meta charset="utf-8"><style>{{ style|safe }}
@page { margin: 24mm 22mm;
  @bottom-center { content: "第 " counter(page) " 页　共 " counter(pages) " 页"; font-size: 9pt; }
  @bottom-left { content: "{{ number }}"; font-size: 8pt; } }
body { line-height: 1.6; font-size: 11pt; }
td { vertical-align: top; white-space: pre-wrap; }
.signs { display: flex; flex-wrap: wrap; margin-top: 10pt; }
.sign { width: 47%; margin: 0 3% 8pt 0; break-inside: avoid; }
.sign img { display: block; height: 20mm; max-width: 100%; }
.digest { font-size: 7.5pt; word-break: break-all; margin-top: 8pt; text-indent: 0; }</style>
<div class="bureau">{{ bureau }}</div><h1>现场笔录</h1>
<div class="number">{{ number }}{% if corrects %}<br>更正并取代 {{ corrects }}{% endif %}</div>
<table>
<tr><td>案件编号 / 指令编号</td><td>{{ case_no }} / {{ order_no }}</td></tr>
<tr><td>检查时间</td><td>{{ started_at }} 至 {{ ended_at }}</td></tr>
<tr><td>检查地点</td><td>{{ place }}</td></tr>
<tr><td>检查人员及执法证号</td><td>{% for one in inspectors %}{{ one.name }}（{{
one.certificate_no }}）{{ "\n" if not loop.last }}{% endfor %}</td></tr>
<tr><td>当事人</td><td>{{ party }}</td></tr>
<tr><td>主体资格证照名称</td><td>{{ licence or "—" }}</td></tr>
<tr><td>统一社会信用代码</td><td>{{ credit_code or "—" }}</td></tr>
<tr><td>住所（住址）</td><td>{{ domicile or "—" }}</td></tr>
<tr><td>法定代表人（负责人）</td><td>{{ representative or "—" }}</td></tr>
<tr><td>身份证件号码</td><td>{{ id_number or "—" }}</td></tr>
<tr><td>联系电话</td><td>{{ phone or "—" }}</td></tr>
<tr><td>通知当事人到场情况</td><td>{{ presence }}</td></tr>
<tr><td>出示证件情况</td><td>检查人员已向当事人出示执法证件，表明身份。</td></tr>
<tr><td>告知权利</td><td>已告知当事人依法享有陈述、申辩和申请回避的权利。
陈述申辩：{{ rights_answer }}
申请回避：{{ recusal_answer }}</td></tr>
<tr><td>现场情况</td><td>{{ scene }}</td></tr>
<tr><td>强制措施告知</td><td>{{ measures or "未采取强制措施。" }}</td></tr>
<tr><td>当事人陈述申辩</td><td>{{ defence or "无。" }}</td></tr>
<tr><td>当事人意见</td><td>{{ opinion or "—" }}</td></tr>
{% if refused %}<tr><td>拒绝签名</td><td>当事人拒绝签名。原因：{{ refusal_reason }}
见证人：{{ witness }}</td></tr>{% endif %}
<tr><td>录音录像编号</td><td>{{ recordings_no or "—" }}</td></tr>
<tr><td>所附照片、录音</td><td>{% for one in attachments %}{{ one }}{{ "\n" if not loop.last }}{%
else %}—{% endfor %}</td></tr>
</table>
<div class="signs">{% for one in signatures %}
<div class="sign">{{ signers[one.role] }}：{{ one.name }}
<img src="{{ one.image }}" alt=""></div>{% endfor %}</div>
<div class="seal">{{ filed_at }}</div>
<p class="digest">内容摘要（SHA-256）：{{ digest }}</p></html>"""

papers.add_template(KIND, _PAPER, signers=SIGNERS)


class CaseInspections:
    """The caller has shown that the assignment is theirs: the case need not be theirs to read."""

    def __init__(self, office: Office):
        self.office = office

    @carried_out_by(Role.HOUSE)
    def file(
        self,
        session: Session,
        told: InspectionIn,
        *,
        case_id: int,
        order_id: int,
        assignment_id: int,
    ) -> Filed:
        """Keep it, once. Raises BadInput naming the field, NotFound, Conflict for a key of another
        record and for a correction of what has been corrected.
        """
        case = session.get(Case, case_id, with_for_update=True)
        if case is None:
            raise NotFound("case", case_id)
        if known := session.scalar(select(Inspection).where(Inspection.key == told.key)):
            if known.assignment_id != assignment_id:
                raise Conflict("idempotency_key_used")
            return _filed(session, self.office, known)
        texts = {name: words for name, words in told.model_dump().items() if isinstance(words, str)}
        service.refuse_person(session, self.office, case, texts, shapes=False)
        before = _corrected(session, told.replaces_id, assignment_id)
        made = self._made(session, case, order_id, assignment_id, told, before)
        params = {"number": made.content["number"], "version": made.version}
        timeline.add(session, case, "inspection_filed", **params)
        record(
            session, "inspection.filed", "case", case.id, inspection_id=made.id, digest=made.digest
        )
        return _filed(session, self.office, made)

    @carried_out_by(Role.HOUSE)
    def of(self, session: Session, assignment_id: int) -> list[Filed]:
        wanted = select(Inspection).where(Inspection.assignment_id == assignment_id)
        found = session.scalars(wanted.order_by(Inspection.id.desc()))
        return [_filed(session, self.office, one) for one in found]

    def _made(
        self,
        session: Session,
        case: Case,
        order_id: int,
        assignment_id: int,
        told: InspectionIn,
        before: Inspection | None,
    ) -> Inspection:
        moment, office, principal = now(session), self.office, principal_of(session)
        salt, id_number = token_hex(16), told.id_number.strip() or _id_of(office, before)
        number = numbering.document_no(session, WORD, office.region_code, office.day(moment))
        content = {
            **told.model_dump(
                mode="json", exclude={"key", "replaces_id", "signatures", "attachment_ids"}
            ),
            "number": number,
            "case_no": case.case_no,
            "order_no": session.get_one(Order, order_id).order_no,
            "id_number": masking.id_number(id_number),
            "id_print": _print(salt, id_number),
            "corrects": {"number": before.content["number"], "digest": before.digest}
            if before
            else None,
            "signatures": [
                {
                    **one.model_dump(),
                    "sha256": _file(session, case, order_id, one.attachment_id).sha256,
                }
                for one in told.signatures
            ],
            "attachments": [
                {"id": one, "sha256": _file(session, case, order_id, one).sha256}
                for one in told.attachment_ids
            ],
        }
        digest = digest_of(content)
        paper = self._paper(session, case, content, digest, moment)
        made = Inspection(
            case_id=case.id,
            assignment_id=assignment_id,
            document_id=paper.id,
            key=told.key,
            version=before.version + 1 if before else 1,
            replaces_id=before.id if before else None,
            content=content,
            digest=digest,
            sealed_id=identity.seal_text(
                office.vault, json.dumps([salt, id_number]), f"inspection:{told.key}"
            ),
            device_time=told.device_time,
            filed_at=moment,
            filed_by=principal.id,
            filed_by_name=principal.name,
        )
        session.add(made)
        session.flush()
        return made

    def _paper(
        self, session: Session, case: Case, content: dict[str, Any], digest: str, moment: datetime
    ) -> Document:
        """Numbered with the record, rendered by a job; raises BadInput for somebody's number."""
        data = {
            **content,
            "bureau": session.get_one(Organisation, case.centre_id).name,
            "corrects": content["corrects"]["number"] if content["corrects"] else "",
            "started_at": self._minute(content["started_at"]),
            "ended_at": self._minute(content["ended_at"]),
            "filed_at": self._minute(moment.isoformat()),
            "signatures": [
                {**one, "image": self._image(session, one["attachment_id"])}
                for one in content["signatures"]
            ],
            "attachments": [f"{one['id']}　{one['sha256']}" for one in content["attachments"]],
            "digest": digest,
        }
        paper = Document(
            case_id=case.id,
            kind=KIND,
            number=content["number"],
            created_at=moment,
            created_by=principal_of(session).id,
            data=data,
        )
        papers.cleared(KIND, data)
        session.add(paper)
        session.flush()
        enqueue(session, papers.RENDER, {"document_id": paper.id})
        return paper

    def _minute(self, iso: str) -> str:
        return f"{datetime.fromisoformat(iso).astimezone(self.office.zone):%Y-%m-%d %H:%M}"

    def _image(self, session: Session, attachment_id: int) -> str:
        """The drawn signature, for the page; raises BadInput for what is none."""
        kept = session.get_one(Attachment, attachment_id)
        if kept.media_type != "image/png" or kept.size > SIGNATURE_BYTES:
            raise BadInput("signatures", "not_a_signature")
        drawn = attachments.bytes_of(self.office, kept)
        return f"data:image/png;base64,{base64.b64encode(drawn).decode()}"


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of the record's content as canonical JSON."""
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _print(salt: str, id_number: str) -> str:
    """Binds the digest to a number that nobody can guess from it."""
    return hashlib.sha256(f"{salt}:{id_number}".encode()).hexdigest()


def _corrected(session: Session, replaces_id: int | None, assignment_id: int) -> Inspection | None:
    if replaces_id is None:
        return None
    before = session.get(Inspection, replaces_id)
    if before is None or before.assignment_id != assignment_id:
        raise NotFound("inspection", replaces_id)
    newer = select(Inspection.id).where(Inspection.replaces_id == replaces_id)
    if session.scalar(newer) is not None:
        raise Conflict("already_corrected", number=before.content["number"])
    return before


def _file(session: Session, case: Case, order_id: int, attachment_id: int) -> Attachment:
    """A file of this order; raises NotFound."""
    kept = session.get(Attachment, attachment_id)
    if kept is None or (kept.case_id, kept.order_id) != (case.id, order_id):
        raise NotFound("attachment", attachment_id)
    return kept


def _id_of(office: Office, kept: Inspection | None) -> str:
    """The party's whole ID number; '' where none was taken."""
    if kept is None:
        return ""
    told = identity.open_text(office.vault, kept.sealed_id, f"inspection:{kept.key}")
    _, id_number = json.loads(told)
    return str(id_number)


def _filed(session: Session, office: Office, kept: Inspection) -> Filed:
    said = {name: kept.content[name] for name in Record.model_fields}
    return Filed(
        kept.id,
        kept.content["number"],
        kept.version,
        kept.replaces_id,
        kept.digest,
        kept.filed_at,
        kept.filed_by_name,
        Record(**said),
    )
