"""One report carries a made-up name, phone, address and identity number. After its whole way
through the house they are looked for in everything that was written or can be asked for."""

import gzip
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import requests

from command_center.engines.postgres import programs
from tests.e2e.client import Client
from tests.e2e.system import System, code_of, until

NAME, PHONE = "欧阳金丝雀", "+9991387654321098"
ADDRESS, ID_NUMBER = "演示市金丝雀胡同77号院3单元", "110101199003077777"
CANARIES = (NAME, "金丝雀", PHONE, PHONE[4:], ADDRESS, "77号院3单元", ID_NUMBER)
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
NEEDLES = {word.encode(code): word for word in CANARIES for code in ENCODINGS}


def hits(content: bytes) -> set[str]:
    """The canaries that sing in these bytes, in any encoding that something may have written."""
    escaped = {word.encode("unicode_escape"): word for word in CANARIES if not word.isascii()}
    return {word for needle, word in (NEEDLES | escaped).items() if needle in content}


def everything_written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file under var/, the database cluster's own included."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path.read_bytes()


def papers(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The text of every PDF; every fax page read back from its PDF."""
    for path in folder.rglob("*.pdf"):
        text = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
        yield f"text of {path.name}", text.stdout


def plain_dump(system: System) -> bytes:
    url = system.settings.owner_url.replace("+psycopg", "", 1)
    dump = subprocess.run(
        [str(programs(None) / "pg_dump"), "--inserts", url], capture_output=True, check=True
    )
    return dump.stdout


def bus_content(system: System) -> bytes:
    bus = redis.Redis.from_url(system.settings.bus_url)
    return b"\n".join(bus.dump(key) or b"" for key in bus.keys("*"))


def asked_for(system: System, case_id: int) -> Iterator[tuple[str, bytes]]:
    """What desks, leaders and the operator can ask for."""
    base = system.settings.base_url
    yield "metrics", requests.get(f"{base}/metrics", timeout=10).content
    head, dispatcher = Client(system, "head"), Client(system, "dispatcher")
    for path in ("/insight/heatmap.html?days=30", "/insight/regions?days=30", "/cases?view=all"):
        yield path, head.http.get(head.address + path, timeout=30).content
    for path in (f"/cases/{case_id}", "/orders", "/alarms", "/units", "/inbound"):
        yield path, dispatcher.http.get(dispatcher.address + path, timeout=30).content
    for tile in ("11/1686/776", "13/6745/3104"):
        content = head.http.get(f"{head.address}/maps/tiles/{tile}.mvt", timeout=10).content
        yield tile, gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


@pytest.mark.timeout(240)
def test_the_canary_is_heard_nowhere(running_system: System) -> None:
    system = running_system
    agent, dispatcher, commander = (
        Client(system, who) for who in ("agent", "dispatcher", "commander")
    )
    case_id = register(system, agent)
    order = dispatch(system, dispatcher, commander, case_id)
    reveal_is_possible(commander, case_id)
    singing = {}
    for name, content in (
        *everything_written(system.settings.var_dir),
        *papers(system.settings.var_dir),
        ("pg_dump", plain_dump(system)),
        ("redis", bus_content(system)),
        *asked_for(system, case_id),
    ):
        if found := hits(content):
            singing[name] = found
    assert singing == {}
    assert order["order_no"] in system.smsc.journal.read_text("utf-8")


def register(system: System, agent: Client) -> int:
    """A call that is both complaint and report, by the same person: the hardest case."""
    shop = system.sql(
        "select id, name, address, st_x(geom), st_y(geom) from maps.businesses"
        " where geom is not null order by id desc limit 1"
    )[0]
    answer = agent.post(
        "/submissions",
        idempotency_key=str(uuid.uuid4()),
        channel="phone",
        hotline="12315",
        kinds=["JB"],
        person={
            "name": NAME,
            "phone": PHONE,
            "address": ADDRESS,
            "id_kind": "id_card",
            "id_number": ID_NUMBER,
            "anonymous": False,
        },
        caller_number=PHONE,
        subject={"business_id": shop[0], "name": shop[1], "address": shop[2]},
        place={"lon": shop[3], "lat": shop[4], "level": "door", "confidence": 1.0,
               "evidence": [], "text": shop[2], "confirmed": True},
        sealed_narrative=f"我是{NAME}，住{ADDRESS}，电话{PHONE}，身份证{ID_NUMBER}，他们卖假酒。",
        dispatch_facts="店内后仓存放无标签白酒，晚间装车外送。",
        urgency=1,
        urgency_reason="证据可能灭失",
    )  # fmt: skip
    ident: int = answer["cases"][0]["id"]
    return ident


def dispatch(system: System, dispatcher: Client, commander: Client, case_id: int) -> dict[str, str]:
    """A closed order over every channel, acknowledged, fed back; its fax let go by a person."""
    found = dispatcher.get(f"/cases/{case_id}/recommendation")
    unit = next(one for one in found["items"] if one["eligible"])
    draft = {
        "case_id": case_id,
        "unit_ids": [unit["unit_id"]],
        "branch_ids": [found["branches"][0]["organisation_id"]],
        "channels": ["sms", "fax", "app"],
        "kind": "verify",
    }
    texts = dispatcher.post("/orders/preview", **draft)
    assert hits(str(texts).encode()) == set()
    order: dict[str, str] = dispatcher.post(
        "/orders", **draft, idempotency_key=str(uuid.uuid4()), override_reason="演练"
    )
    phone = system.sql(
        "select phone from dispatch.crew where unit_id = %s and signed_off_at is null limit 1",
        unit["unit_id"],
    )[0][0]
    code = code_of(system.text_to(phone, order["order_no"]))
    for digit in "135":
        assert system.smsc.inbound(phone, f"{code} {digit}")
    held = system.sql(
        "select id from dispatch.deliveries where order_id = %s and channel = 'fax'", order["id"]
    )[0][0]
    dispatcher.post(f"/deliveries/{held}/release", confirmed_with="值班员")
    until(
        lambda: [page for page in system.tiffs() if order["order_no"] in str(page)],
        40,
        "the released fax page",
    )
    return order


def reveal_is_possible(commander: Client, case_id: int) -> None:
    """The canary is really there: whoever may, and says why, reads it; the log holds no word."""
    said = commander.get("/codes")["reveal_reasons"][0]["code"]
    identity = commander.post(f"/cases/{case_id}/identity", reason_code=said, note="核实线索")
    assert identity["name"] == NAME
    assert identity["phone"] == PHONE
