"""The destruction certificate (销毁清册): numbers and digests, never what they stood for."""

from command_center.cases import papers

KIND = "destruction_certificate"

_PAPER = """<!doctype html><html lang="zh"><meta charset="utf-8"><style>{{ style|safe }}
td, th { font-size: 8pt; line-height: 1.4; } td:first-child { width: 32%; }
td:nth-child(2) { font-family: monospace; font-size: 6.5pt; word-break: break-all; }</style>
<div class="bureau">{{ bureau }}</div><h1>档案销毁证明</h1>
<div class="number">{{ number }}</div>
<p>依据{{ basis }}，经{{ requested_by }}提出、{{ approved_by }}批准，
下列{{ kinds[target] }}已于{{ done_on }}销毁。{% if target != "gps" %}当事人身份、叙述、事实、
附件、文书内容及外发文本均已删除，
密封内容连同其密钥一并删除；编号、类别、时间和办理结果保留。{% endif %}</p>
<table><tr><td>编号</td><td>销毁前内容摘要（SHA-256）</td><td>结果</td></tr>
{% for reference, digest, outcome in items %}
<tr><td>{{ reference }}</td><td>{{ digest or "—" }}</td>
<td>{{ "已销毁" if outcome == "destroyed" else "未销毁（保全或尚未办结）" }}</td></tr>
{% endfor %}</table>
<div class="seal">{{ bureau }}（印章）<br>{{ done_on }}</div></html>"""

KINDS = {"TS": "投诉案卷", "JB": "举报案卷", "ZX": "咨询记录", "gps": "车辆位置记录"}

papers.add_template(KIND, _PAPER, kinds=KINDS)
