"""Scripts and templates in everything that strangers write, told through the ways by which it
really comes: said again letter by letter, never run, and never part of a page.
"""

import json
from html import unescape
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from shapely import box
from sqlalchemy import Connection, select, text
from werkzeug.test import TestResponse

from command_center.cases import papers
from command_center.cases.archive import certificate
from kernel.gate import gate
from kernel.i18n import translate
from maps import density
from maps.folium_assets import available
from maps.folium_page import AreaValue, HeatPage, render
from telephony import fax_page
from telephony.models import Inbound
from tests.factories.documented import operations
from tests.factories.pictures import picture
from tests.factories.siege import ALL, SETTER, Siege

TEMPLATES = ("{{7*7}}", "${7*7}", "#{7*7}", "{%raw%}x", "<%=7*7%>", "{0.__class__}", "{self}",
             "%(order_no)s%s", "{{config}}", "@:x|{n}", "{{''.__class__.__mro__}}")  # fmt: skip
SCRIPTS = ('"><script>pwned=1</script>', "<img src=x onerror=pwned=1>", "javascript:pwned=1",
           "<svg/onload=pwned=1>", "'-pwned-'", "</title><script>pwned()</script>")  # fmt: skip
TOGETHER = ("{{7*7}}${7*7}#{7*7}{0.__class__}", "{%raw%}<%=7*7%>%(order_no)s%s@:x|{n}",
            '"><script>pwned=1</script>', "<img src=x onerror=pwned=1>")  # fmt: skip
"""Short enough for every field."""
PLAIN_TYPES = {"application/json", "application/problem+json", "text/csv", "application/pdf",
               "image/jpeg", "application/vnd.mapbox-vector-tile", "audio/wav"}  # fmt: skip


class Told:
    """One word of a stranger in all they can write, and where it has come to."""

    def __init__(self, besieged: Siege, connection: Connection, word: str):
        self.besieged, self.connection, self.word = besieged, connection, word
        self.case_no = self._submit()
        connection.execute(text("select set_config('role', 'none', true)"))
        self.case_id: int = connection.scalar(
            text("select id from cases.cases where case_no = :no"), {"no": self.case_no}
        )  # type: ignore[assignment]

    def ask(self, who: str | None, method: str, path: str, **more: Any) -> TestResponse:
        return self.besieged.request(who, method, f"/api/v1{path}", **more)

    def _submit(self) -> str:
        word = self.word
        body = {
            "idempotency_key": str(uuid4()), "kinds": ["TS"], "channel": "web", "website": "",
            "person": {"name": f"甲{word}", "phone": f"乙{word}", "address": f"丙丁戊己{word}",
                       "id_kind": word, "id_number": f"庚辛壬癸{word}", "anonymous": False},
            "subject": {"name": f"店{word}", "address": word, "phone": word, "contact": word},
            "place": {"lat": 39.92, "lon": 116.43, "text": word, "evidence": [word]},
            "sealed_narrative": f"经过{word}", "dispatch_facts": f"事实{word}",
            "hotline": word[:10], "demands": ["refund"], "details": {"goods": word, "brand": word},
        }  # fmt: skip
        agent = {"User-Agent": word}
        answer = self.ask(None, "POST", "/public/submissions", json=body, headers=agent)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["receipts"][0]["case_no"])

    def text_in(self, sender: str) -> None:
        answer = self.besieged.hooked(
            f"/hooks/kannel/inbound?id={uuid4()}&at=1", data=self.word.encode(),
            content_type="text/plain; charset=utf-8",
            headers={"X-Kannel-From": sender, "X-Kannel-To": self.word},
        )  # fmt: skip
        assert answer.status_code == 202, answer.text
        with self.besieged.database.unit_of_work(SETTER) as session:
            newest = session.scalars(select(Inbound).order_by(Inbound.id.desc())).first()
            assert newest is not None
            self.besieged.house.dispatch.inbound.received(session, {"inbound_id": newest.id})

    def order(self) -> dict[str, Any]:
        """An order on the case to the branch, its words previewed before."""
        wanted = {
            "case_id": self.case_id, "unit_ids": [], "kind": "inspect", "note": self.word,
            "branch_ids": [self.besieged.bureau.branch.id], "channels": ["sms", "fax"],
        }  # fmt: skip
        shown = self.ask(ALL, "POST", "/orders/preview", json=wanted)
        assert shown.status_code == 200, shown.text
        more = {"idempotency_key": str(uuid4()), "override_reason": self.word}
        made = self.ask(ALL, "POST", "/orders", json=wanted | more)
        assert made.status_code == 201, made.text
        order: dict[str, Any] = made.get_json()
        return order | {"preview": shown.get_json()}

    def officer(self) -> None:
        """What a crew writes, and the name of the photo that they send."""
        path = f"/field/assignments/{self.besieged.ids['assignment_id']}"
        for state in ("EN_ROUTE", "ON_SCENE", "NEED_HELP", "HANDLING", "FED_BACK"):
            said = {
                "state": state,
                "text": self.word,
                "reason": self.word,
                "result_code": "confirmed",
            }
            answer = self.ask("officer", "POST", f"{path}/status", json=said)
            assert answer.status_code == 200, answer.text
        photo = {"file": (BytesIO(picture("JPEG", "yellow")), f"{self.word}.jpg".replace('"', "'"))}
        assert self.ask("officer", "POST", f"{path}/photos", data=photo).status_code == 201


def answers(besieged: Siege, told: Told) -> list[tuple[str, TestResponse]]:
    """Everything that can be read."""
    found, ids = [], {**besieged.known, "case_id": told.case_id}
    for operation in operations(besieged.app):
        if operation.method == "GET":
            query = {name: ids[name] for name in operation.query if name in ids and name != "q"}
            path = operation.path(ids)
            found.append((path, besieged.request(ALL, "GET", path, query_string=query)))
    return found


@pytest.mark.parametrize("word", TOGETHER)
def test_a_strangers_words_are_said_again_and_never_run(besieged: Siege, word: str) -> None:
    with besieged.database.attack() as connection:
        told = Told(besieged, connection, word)
        told.text_in(word[:11])
        told.text_in("+9991390000077")
        order = told.order()
        told.officer()
        seen = answers(besieged, told)
    case = next(one.get_json() for path, one in seen if path.endswith(f"/cases/{told.case_id}"))
    assert case["subject"]["name"] == f"店{word}"
    assert case["dispatch_facts"] == f"事实{word}"
    for line in order["preview"]["recipients"]:
        assert f"事实{word}" in line["text"], line["text"]
    assert case["hotline"] == ""
    everything = json.dumps([one.get_json(silent=True) for _, one in seen], ensure_ascii=False)
    assert everything.count(json.dumps(word, ensure_ascii=False)[1:-1]) >= 10
    assert "<class '" not in everything
    for path, answer in seen:
        wrong = f"{path} {answer.mimetype}"
        assert answer.status_code < 500, wrong
        assert answer.headers["X-Content-Type-Options"] == "nosniff", wrong
        if answer.mimetype == "text/html":
            assert "pwned" not in answer.get_data(as_text=True), wrong
        else:
            assert answer.mimetype in PLAIN_TYPES, wrong


@pytest.mark.parametrize("word", [*TEMPLATES, *SCRIPTS])
def test_a_paper_and_a_fax_say_the_words_as_they_are(word: str) -> None:
    names = ("bureau", "number", "agency", "case_no", "received_on", "signed_on", "subject",
             "credit_code", "address", "facts", "reason", "legal_basis")  # fmt: skip
    told = {**dict.fromkeys(names, word), "materials": [word]}
    letter = papers.TEMPLATES[papers.REFERRAL].render(style="", **told)
    items = {"basis": word, "requested_by": word, "approved_by": word, "done_on": word}
    proof = papers.TEMPLATES[certificate.KIND].render(
        style="", bureau=word, number=word, target="TS", items=[(word, word, "destroyed")], **items
    )
    fax = fax_page.form(word, [(word, word)], word)
    for page, times in ((letter, 13), (proof, 6), (fax, 4)):
        assert unescape(page).count(word) >= times, page
        for tag in ("<script", "<img", "<svg"):
            assert tag not in page


@pytest.mark.skipif(not available(), reason="the front-end was not built")
@pytest.mark.parametrize("word", [*TEMPLATES, *SCRIPTS])
def test_the_leaders_map_says_the_words_as_they_are(word: str) -> None:
    cells = density.suppressed(density.hexagons([116.4] * 5, [39.9] * 5))
    areas = [AreaValue(word, box(116.38, 39.88, 116.44, 39.94), 5)]
    page = HeatPage(word, word, areas, cells, source=word)
    html = render(gate.clear_record("page.heatmap", page)).content
    shown = html[html.index('<div class="title">') :]
    assert unescape(shown).count(word) >= 2
    for tag in ("<script>pwned", "<img src=x", "<svg/onload"):
        assert tag not in html


@pytest.mark.parametrize("word", [*TEMPLATES, *SCRIPTS])
def test_a_refusals_message_takes_values_and_runs_none(besieged: Siege, word: str) -> None:
    assert translate(word) == word
    assert translate(word) == word
    assert "<class" not in translate(f"error.{word}", "en", name=word, kind=word)
    for lang in ("zh", "en"):
        path = f"/api/v1/cases/{besieged.ids['case_id']}/actions/{word.replace('/', '')}"
        answer = besieged.send(ALL, "POST", path, json={"version": 0},
                               headers={"Accept-Language": lang})  # fmt: skip
        assert answer.status_code < 500
        assert answer.mimetype in PLAIN_TYPES
        assert "<class" not in answer.text
