"""One person's name, phone, address, identity number, photo and file name go through the house.

Then they are looked for in everything that was written, and in every way out that the gate knows.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from simple_websocket import Client as Socket
from simple_websocket import ConnectionClosed

from command_center.cases import fax_reports, papers
from command_center.demo.terminal import SimulatedTerminal
from gps_ingest.protocols.jt808 import words
from kernel.errors import AppError
from kernel.gate import gate, purposes
from tests.e2e.canaries import (
    ADDRESS,
    ID_NUMBER,
    NAME,
    NARRATIVE,
    ORDER_NO,
    PHONE,
    Written,
    bus_content,
    everything_written,
    hits,
    pages,
    plain_dump,
    telling_photo,
    text_of,
)
from tests.e2e.client import Client
from tests.e2e.system import System, code_of, until


@dataclass(frozen=True)
class Passage:
    """What the canary left behind on its way through the house."""

    system: System
    people: dict[str, Client]
    report: dict[str, Any]
    complaint: dict[str, Any]
    order: dict[str, Any]
    open_order: dict[str, Any]
    attachment_id: int
    terminal: SimulatedTerminal

    def get(self, path: str, who: str = "dispatcher") -> bytes:
        client = self.people[who]
        return client.http.get(client.address + path, timeout=30).content

    def post(self, path: str, who: str = "dispatcher", **body: Any) -> bytes:
        return self.people[who].send("POST", path, **body).content


Probe = Callable[[Passage, str], Written]


# -- one probe per way out ---------------------------------------------------------------------


def sms(passage: Passage, purpose: str) -> Written:
    """What the SMPP peer, which stands outside, has heard."""
    yield "smsc journal", passage.system.smsc.journal.read_bytes()


def fax(passage: Passage, purpose: str) -> Written:
    yield from pages(passage.system.settings.var_dir / "outbox")
    yield from ((str(page), page.read_bytes()) for page in passage.system.tiffs())


def app(passage: Passage, purpose: str) -> Written:
    yield "/field", passage.get("/field", "officer01")


def vehicle(passage: Passage, purpose: str) -> Written:
    """What the terminal in the car was told; it stands outside, too."""
    passage.terminal.listen(1)
    heard = [one for one in passage.terminal.heard if isinstance(one, words.Text | words.Question)]
    assert len(heard) >= 2, heard
    for one in heard:
        yield "vehicle screen", str(one.told()).encode()


def heatmap(passage: Passage, purpose: str) -> Written:
    for kind in ("", "&kind=JB", "&kind=TS"):
        yield f"heatmap{kind}", passage.get(f"/insight/heatmap.html?days=30{kind}", "head")


def tiles(passage: Passage, purpose: str) -> Written:
    for tile in ("11/1686/776", "13/6745/3104"):
        yield tile, passage.get(f"/maps/tiles/{tile}.mvt", "head")


def style(passage: Passage, purpose: str) -> Written:
    yield "style", passage.get("/maps/style.json", "head")


def api(passage: Passage, purpose: str) -> Written:
    """Every address that only reads, as the document of the API lists them."""
    known = {
        "case_id": passage.report["id"],
        "order_id": passage.order["id"],
        "attachment_id": passage.attachment_id,
        "unit_id": passage.order["assignments"][0]["target"]["id"],
    }
    document = passage.people["dispatcher"].get("/openapi.json")
    for path, methods in document["paths"].items():
        if "get" in methods and (asked := _filled(path, known)):
            for who in ("dispatcher", "head", "officer01"):
                yield f"{who} {asked}", passage.get(asked, who)


def _filled(path: str, known: dict[str, int]) -> str | None:
    names = re.findall(r"{(\w+)}", path)
    if not set(names) <= known.keys():
        return None
    filled = re.sub(r"{(\w+)}", lambda name: str(known[name[1]]), path).removeprefix("/api/v1")
    now = datetime.now(UTC)
    then = f"at={now:%Y-%m-%dT%H:%M:%SZ}&date={now:%Y-%m-%d}"
    return f"{filled}?view=all&days=30&bbox=115,39,118,41&q=酒&minutes=60&{then}"


def live(passage: Passage, purpose: str) -> Written:
    """What a desk is told over its socket when it comes, and while a case changes."""
    client = passage.people["dispatcher"]
    base = passage.system.settings.base_url
    cookie = "; ".join(f"{one.name}={one.value}" for one in client.http.cookies)
    address = base.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
    socket = Socket(address, headers={"Cookie": cookie})
    heard = [str(socket.receive(5))]
    socket.send("40")
    socket.send('420["hello"]')
    passage.post(f"/cases/{passage.report['id']}/escalate", level=2, reason="证据可能灭失")
    try:
        while len(heard) < 12 and (frame := socket.receive(2)) is not None:
            heard.append(str(frame))
        socket.close()
    except ConnectionClosed:
        pass
    assert any("units" in frame for frame in heard), heard
    yield "socket", "\n".join(heard).encode()


def attachment(passage: Passage, purpose: str) -> Written:
    for who in ("dispatcher", "commander", "head"):
        yield f"file for {who}", passage.get(f"/attachments/{passage.attachment_id}", who)


def original(passage: Passage, purpose: str) -> Written:
    """Closed to who may not know the person; the canary is really in it, for who may."""
    path, why = f"/attachments/{passage.attachment_id}/original", {"reason_code": "verify"}
    assert hits(passage.post(path, "commander", **why))
    yield "original", passage.post(path, "dispatcher", **why)


def recording(passage: Passage, purpose: str) -> Written:
    """A report's call: shut to who may not know the person, and to who gave no reason."""
    case_id = passage.report["id"]
    agent = passage.people["agent"]
    sound = b"RIFF\x24\0\0\0WAVEfmt " + NAME.encode()
    kept = agent.http.post(
        f"{agent.address}/cases/{case_id}/recordings",
        files={"file": ("call.wav", sound)},
        timeout=20,
    )
    assert kept.status_code == 201, kept.text
    path = f"/recordings/{kept.json()['id']}/hear"
    assert hits(passage.post(path, "commander", reason_code="verify")), "whose reveal runs"
    for who in ("dispatcher", "agent"):
        yield f"sound for {who}", passage.post(path, who, reason_code="verify")


def log_export(passage: Passage, purpose: str) -> Written:
    yield (
        "the log",
        Client(passage.system, "audit")
        .http.get(f"{passage.system.settings.base_url}/api/v1/audit/export.csv", timeout=20)
        .content,
    )


def tracks(passage: Passage, purpose: str) -> Written:
    """The way of the unit that drove to the informant's case, and the whole board's."""
    unit_id, now = passage.order["assignments"][0]["target"]["id"], datetime.now(UTC)
    period = {"from": (now - timedelta(minutes=10)).isoformat(), "to": now.isoformat()}
    why = {**period, "reason_code": "review", "note": ""}
    for form in ("gpx", "geojson"):
        path = f"/units/{unit_id}/track/export"
        yield form, passage.post(path, "commander", **why, format=form)
    leave = passage.people["commander"].post("/console/playbacks", **why)["id"]
    yield "board", passage.post("/console/board/export", "commander", **period, playback=leave)


def documents(passage: Passage, purpose: str) -> Written:
    for ident in (1, 2):
        yield f"document {ident}", passage.get(f"/documents/{ident}")


def referral(passage: Passage, purpose: str) -> Written:
    """A letter drawn up of more than it may say."""
    listed = dict.fromkeys(purposes.of(purpose).fields, "—")
    data = listed | {"materials": [], "informant": NAME, "phone": PHONE, "narrative": NARRATIVE}
    made = papers.render("referral_letter", papers.cleared("referral_letter", data))
    yield "referral letter", text_of(made)
    yield from at_the_gate(passage, purpose)


def fax_report(passage: Passage, purpose: str) -> Written:
    """A transmission report drawn up of more than it may say."""
    data = dict.fromkeys(purposes.of(purpose).fields, "—")
    stray = {"rows": [], "informant": NAME, "phone": PHONE, "narrative": NARRATIVE}
    made = papers.render(fax_reports.KIND, papers.cleared(fax_reports.KIND, data | stray))
    yield "fax report", text_of(made)


def ledger(passage: Passage, purpose: str) -> Written:
    """The page of who was told of the order, as it is printed."""
    order_id = passage.order["id"]
    yield "ledger", passage.get(f"/orders/{order_id}/ledger", "dispatcher")
    yield "printed ledger", text_of(passage.get(f"/orders/{order_id}/ledger.pdf", "dispatcher"))


def handover(passage: Passage, purpose: str) -> Written:
    """What one leaves open at the end of a duty, on screen and printed."""
    left = passage.people["dispatcher"].post("/handovers", notes="无", key=str(uuid.uuid4()))
    path = f"/handovers/{left['id']}"
    yield "hand-over", passage.get(path, "dispatcher")
    yield "printed hand-over", text_of(passage.get(f"{path}/paper.pdf", "dispatcher"))
    yield from at_the_gate(passage, purpose)


def supervision(passage: Passage, purpose: str) -> Written:
    """The informant's case put to its unit, on screen and printed."""
    draft = {"level": 1, "source": "leader", "problem": "进展缓慢", "demand": "尽快办结"}
    made = passage.people["commander"].post(
        "/supervisions", case_id=passage.report["id"], draft=draft, issue=True
    )
    path = f"/supervisions/{made['id']}"
    yield "supervision", passage.get(path, "commander")
    yield "printed supervision", text_of(passage.get(f"{path}/paper.pdf", "commander"))
    yield from at_the_gate(passage, purpose)


def receipt(passage: Passage, purpose: str) -> Written:
    told = submission(passage.system, ["TS"])
    for inner in ("caller_number", "urgency", "urgency_reason", "channel"):
        told.pop(inner)
    base = passage.system.settings.base_url
    yield (
        "receipt",
        requests.post(
            f"{base}/api/v1/public/submissions", json={**told, "website": ""}, timeout=20
        ).content,
    )


def public_status(passage: Passage, purpose: str) -> Written:
    base = passage.system.settings.base_url
    for case in (passage.report, passage.complaint):
        asked = {"case_no": case["case_no"], "query_code": case["query_code"]}
        answer = requests.post(f"{base}/api/v1/public/query", json=asked, timeout=20)
        assert answer.status_code == 200, answer.text
        yield case["case_no"], answer.content


def outside(*paths: str) -> Probe:
    def ask(passage: Passage, purpose: str) -> Written:
        for path in paths:
            address = passage.system.settings.base_url + path
            yield path, requests.get(address, timeout=20).content

    return ask


def at_the_gate(passage: Passage, purpose: str) -> Written:
    """No channel uses it yet: whoever builds one finds the gate shut to the canary."""
    why = purposes.of(purpose)
    stray = {"informant": NAME, "phone": PHONE, "address": ADDRESS, "narrative": NARRATIVE}
    stray = {name: value for name, value in stray.items() if name not in why.fields}
    plain = dict.fromkeys(why.fields - why.free, "—")
    yield purpose, str(gate.clear(purpose, plain | stray).content).encode()
    for name in why.free:
        if all(effect == "pass" for effect in why.on_hit.values()):
            continue
        with pytest.raises(AppError) as refusal:
            gate.clear(purpose, plain | {name: NARRATIVE})
        yield f"refusal of {purpose}.{name}", str(refusal.value.params).encode()


PROBES: dict[str, Probe] = {
    "order.sms": sms,
    "order.app": app,
    "order.fax": fax,
    "report_order.sms": sms,
    "report_order.app": app,
    "report_order.fax": fax,
    "order.vehicle": vehicle,
    "report_order.vehicle": vehicle,
    "order_question.vehicle": vehicle,
    "order_recall.vehicle": at_the_gate,
    "report_order_recall.vehicle": at_the_gate,
    "order_recall.voice": at_the_gate,
    "report_order_recall.voice": at_the_gate,
    "sms.duty_call": sms,
    "sms.duty_alarm": at_the_gate,
    "order_recall.sms": sms,
    "order_recall.fax": fax,
    "report_order_recall.sms": at_the_gate,
    "report_order_recall.fax": at_the_gate,
    "paper.referral_letter": referral,
    "paper.order_ledger": ledger,
    "paper.fax_report": fax_report,
    "paper.handover": handover,
    "paper.supervision_order": supervision,
    "public.receipt": receipt,
    "public.status": public_status,
    "page.heatmap": heatmap,
    "map.tile": tiles,
    "map.style": style,
    "desk.api": api,
    "desk.live": live,
    "desk.document": documents,
    "desk.attachment": attachment,
    "desk.original": original,
    "desk.recording": recording,
    "export.audit_log": log_export,
    "export.track": tracks,
    "desk.page": outside("/", "/dispatch", "/favicon.svg"),
    "engine.answer": outside("/hooks/kannel/receipt", "/hooks/call/receipt"),
    "operator.metrics": outside("/metrics"),
    "operator.health": outside("/healthz"),
    **dict.fromkeys(
        ("order.push", "registry.question", "place.question", "order.voice", "order.print",
         "report_order.voice",
         "report_order.print", "exchange.case", "mail.notice", "conference.staff",
         "conference.caller", "voice.duty_call", "drill.sms", "drill.fax",
         "drill.voice", "sms.notice", "sms.code", "voice.case_status", "export.statistics",
         "paper.destruction_certificate", "paper.inspection_record", "exchange.anchor"),
        at_the_gate,
    ),
}  # fmt: skip
"""Purpose -> how to look into what leaves for it. A new purpose without a probe fails."""


def test_every_purpose_of_the_gate_has_a_canary() -> None:
    assert set(PROBES) == set(purposes.TABLE)


@pytest.mark.timeout(420)
def test_the_canary_is_heard_nowhere(
    running_system: System, request: pytest.FixtureRequest
) -> None:
    passage = fly(running_system)
    request.addfinalizer(passage.terminal.close)
    reveal_is_possible(passage)
    singing = {
        f"{purpose}: {name}": found
        for purpose, probe in PROBES.items()
        for name, content in probe(passage, purpose)
        if (found := hits(content))
    }
    kept = {name: found for name, content in written(passage) if (found := hits(content))}
    assert (singing, kept) == ({}, {})
    assert passage.order["order_no"] in passage.system.smsc.journal.read_text("utf-8")


def written(passage: Passage) -> Written:
    """All that the installation holds, read past our own code."""
    yield from everything_written(passage.system.settings.var_dir)
    yield "pg_dump", plain_dump(passage.system)
    yield "redis", bus_content(passage.system)


# -- the way through the house -----------------------------------------------------------------


def fly(system: System) -> Passage:
    """A report and a complaint by the same person, each with its order; a photo; a recall."""
    names = ("agent", "dispatcher", "commander", "head", "officer01", "officer02")
    people = {who: Client(system, who) for who in names}
    report, complaint = (register(people["agent"], system, kind) for kind in ("JB", "TS"))
    unit_id = system.sql("select id from dispatch.units where plate = '演A0001'")[0][0]
    terminal = system.terminal("演A0001", "13912310001")
    for who in ("officer01", "officer02"):
        people[who].send("POST", "/field/sign-on", unit_id=unit_id)
    order = dispatch(system, people["dispatcher"], report["id"], unit_id)
    attachment_id = photograph(people["officer01"], order)
    answer(system, order, unit_id)
    release(system, people["dispatcher"], order)
    open_order = dispatch(system, people["dispatcher"], complaint["id"], None)
    wait_for_text(system, open_order)
    people["dispatcher"].post(f"/orders/{open_order['id']}/cancel", reason="误派，另行安排")
    return Passage(system, people, report, complaint, order, open_order, attachment_id, terminal)


def submission(system: System, kinds: list[str]) -> dict[str, Any]:
    """The hardest case: the caller tells everything, everywhere a form lets them."""
    shop = system.sql(
        "select id, name, address, st_x(geom), st_y(geom) from maps.businesses"
        " where geom is not null order by geom <-> st_setsrid(st_makepoint(116.45, 39.92), 4326)"
        " limit 1"
    )[0]
    return {
        "idempotency_key": str(uuid.uuid4()),
        "channel": "phone",
        "hotline": "12315",
        "kinds": kinds,
        "person": {"name": NAME, "phone": PHONE, "address": ADDRESS, "id_kind": "id_card",
                   "id_number": ID_NUMBER, "anonymous": False},
        "caller_number": PHONE,
        "subject": {"business_id": shop[0], "name": shop[1], "address": shop[2]},
        "place": {"lon": shop[3], "lat": shop[4], "level": "door", "confidence": 1.0,
                  "evidence": [], "text": shop[2], "confirmed": True},
        "sealed_narrative": NARRATIVE,
        "demands": ["repair"] if kinds == ["TS"] else [],
        "dispatch_facts": "店内后仓存放无标签白酒，晚间装车外送。",
        "details": {"order_no_external": ORDER_NO} if kinds == ["JB"] else {},
        "urgency": 1,
        "urgency_reason": "证据可能灭失",
    }  # fmt: skip


def register(agent: Client, system: System, kind: str) -> dict[str, Any]:
    told = submission(system, [kind])
    if kind == "TS":
        told["dispatch_facts"] = "白酒标签缺失，退款遭拒。"
    opened: dict[str, Any] = agent.post("/submissions", **told)["cases"][0]
    return opened


def dispatch(
    system: System, dispatcher: Client, case_id: int, unit_id: int | None
) -> dict[str, Any]:
    """An order over every channel, its words looked at before it goes."""
    found = dispatcher.get(f"/cases/{case_id}/recommendation")
    draft = {
        "case_id": case_id,
        "unit_ids": [unit_id] if unit_id else [],
        "branch_ids": [found["branches"][0]["organisation_id"]],
        "channels": ["sms", "fax", "app", "vehicle", "voice"],
        "kind": "verify",
    }
    shown = dispatcher.post("/orders/preview", **draft)
    assert hits(str(shown).encode()) == set()
    order: dict[str, Any] = dispatcher.post(
        "/orders", **draft, idempotency_key=str(uuid.uuid4()), override_reason="演练"
    )
    return order


def photograph(officer: Client, order: dict[str, Any]) -> int:
    """Evidence with a telling name and telling metadata."""
    assignment_id = order["assignments"][0]["id"]
    sent = officer.http.post(
        f"{officer.address}/field/assignments/{assignment_id}/photos",
        files={"file": (f"{NAME}{PHONE}.jpg", telling_photo(), "image/jpeg")},
        timeout=20,
    )
    assert sent.status_code == 201, sent.text
    ident: int = sent.json()["id"]
    return ident


def answer(system: System, order: dict[str, Any], unit_id: int) -> None:
    phone = system.sql(
        "select phone from dispatch.crew where unit_id = %s and signed_off_at is null limit 1",
        unit_id,
    )[0][0]
    code = code_of(system.text_to(phone, order["order_no"]))
    for digit in "135":
        assert system.smsc.inbound(phone, f"{code} {digit}")


def release(system: System, dispatcher: Client, order: dict[str, Any]) -> None:
    """A person lets the closed order's page go."""
    held = system.sql(
        "select id from dispatch.deliveries where order_id = %s and channel = 'fax'", order["id"]
    )[0][0]
    dispatcher.post(f"/deliveries/{held}/release", confirmed_with="值班员")
    until(
        lambda: [page for page in system.tiffs() if order["order_no"] in str(page)],
        40,
        "the released fax page",
    )


def wait_for_text(system: System, order: dict[str, Any]) -> None:
    number = order["order_no"]
    until(lambda: number in system.smsc.journal.read_text("utf-8"), 30, f"a text about {number}")


def reveal_is_possible(passage: Passage) -> None:
    """The canary is really there: whoever may, and says why, reads it; the log holds no word."""
    commander = passage.people["commander"]
    path = f"/cases/{passage.report['id']}/identity"
    identity = commander.post(path, reason_code="verify", note="核实线索")
    assert (identity["name"], identity["phone"]) == (NAME, PHONE)
    assert ORDER_NO in identity["narrative"]
