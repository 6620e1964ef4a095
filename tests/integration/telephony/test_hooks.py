"""The door through which engines call us."""

import json
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from kernel.db import Database
from kernel.settings import Settings
from telephony import inbound, views
from telephony.models import Inbound, Receipt
from telephony.views import DONE
from tests.integration.telephony.conftest import CREW, Desk
from tests.integration.telephony.hooks import authorization, hook_app
from tests.ports import free_port_base

RECEIPT = "/hooks/kannel/receipt?message={}&attempt=1&part=1&kind={}&provider_id=88&at=1790000000"
INBOUND = "/hooks/kannel/inbound?id={}&at=1790000000"


@pytest.fixture
def engine(desk: Desk, settings: Settings) -> Iterator[FlaskClient]:
    """An engine that knows the token."""
    client = hook_app(settings, desk.database).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = authorization(settings.hook_token)["Authorization"]
    with client:
        yield client


def say(engine: FlaskClient, text: bytes, charset: str = "UTF-8", ident: str = "one") -> int:
    """An inbound text; gives the HTTP status."""
    headers = {
        "X-Kannel-From": CREW,
        "X-Kannel-To": "12315",
        "Content-Type": f"text/plain; charset={charset}",
    }
    return engine.post(INBOUND.format(ident), data=text, headers=headers).status_code


def texts(desk: Desk) -> list[str]:
    return desk.do(lambda s: list(s.scalars(select(Inbound.text).order_by(Inbound.id))))


def test_every_door_is_closed_to_those_without_the_token(desk: Desk, settings: Settings) -> None:
    stranger = hook_app(settings, desk.database).test_client()
    for headers in ({}, authorization("wrong"), authorization(""), {"Authorization": "Bearer x"}):
        answers = (
            stranger.get(RECEIPT.format(1, 1), headers=headers),
            stranger.post(INBOUND.format(1), headers=headers),
            stranger.post("/hooks/call/receipt", json={}, headers=headers),
        )
        assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert texts(desk) == []


def test_a_receipt_delivers_its_message(desk: Desk, engine: FlaskClient) -> None:
    ident = desk.queue()
    desk.work()
    assert engine.get(RECEIPT.format(ident, 1)).status_code == DONE
    message = desk.message(ident)
    assert message.state == "DELIVERED"
    assert [(r.kind, r.part, r.at.isoformat()) for r in message.receipts] == [
        ("delivered", 1, "2026-09-21T14:13:20+00:00")
    ]
    assert message.receipts[0].raw["provider_id"] == "88"


@pytest.mark.parametrize(
    ("kind", "state", "problem"),
    [
        (2, "FAILED", "failed"),
        (34, "FAILED", "expired"),
        (16, "FAILED", "rejected"),
        (66, "UNKNOWN", "not_known"),
        (4, "SENT", None),
        (8, "SENT", None),
    ],
)
def test_each_report_of_kannel_has_its_meaning(
    desk: Desk, engine: FlaskClient, kind: int, state: str, problem: str | None
) -> None:
    ident = desk.queue()
    desk.work()
    engine.get(RECEIPT.format(ident, kind))
    assert (desk.state(ident), desk.message(ident).problem) == (state, problem)


def test_delivered_after_failed_is_delivered_and_never_the_other_way_round(
    desk: Desk, engine: FlaskClient
) -> None:
    ident = desk.queue()
    desk.work()
    states = []
    for kind in (2, 1, 2):
        engine.get(RECEIPT.format(ident, kind))
        states.append(desk.state(ident))
    assert states == ["FAILED", "DELIVERED", "DELIVERED"]
    assert desk.message(ident).problem is None


def test_a_receipt_of_a_message_nobody_knows_is_kept_and_not_asked_for_again(
    desk: Desk, engine: FlaskClient
) -> None:
    assert engine.get(RECEIPT.format(99999999, 1)).status_code == DONE
    orphan = desk.do(lambda s: s.scalars(select(Receipt).filter_by(message_id=None)).all())
    assert [receipt.raw["message"] for receipt in orphan][-1] == "99999999"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "kind=3&message=1&attempt=1&part=1",
        "kind=1&message=x&attempt=1&part=1",
        "kind=1&message=1&attempt=-1&part=1",
        "kind=1&message=99999999999999999999&attempt=1&part=1",
        "kind=１&message=1&attempt=1&part=1",
    ],
)
def test_a_malformed_receipt_is_refused(engine: FlaskClient, query: str) -> None:
    assert engine.get(f"/hooks/kannel/receipt?{query}").status_code == 422


@pytest.mark.parametrize("body", ["[]", "{}", '{"kind": "nonsense"}', '{"kind": ["busy"]}', "{"])
def test_a_malformed_fax_report_is_refused(engine: FlaskClient, body: str) -> None:
    answer = engine.post("/hooks/call/receipt", data=body, content_type="application/json")
    assert answer.status_code in (400, 422)


def test_pages_and_end_of_a_fax_are_reported_as_json(desk: Desk, engine: FlaskClient) -> None:
    ident = desk.queue_fax(pages=2)
    desk.work()
    for number, kind, page in ((1, "page", 1), (2, "page", 2), (3, "delivered", 2)):
        report = {
            "event_id": f"fax-{ident}-1-{number}",
            "message": ident,
            "attempt": 1,
            "kind": kind,
            "part": page,
            "at": "2026-09-22T01:00:00+00:00",
        }
        assert engine.post("/hooks/call/receipt", json=report).status_code == DONE
        confirmed = desk.message(ident).parts_confirmed
        assert confirmed == page
    assert desk.state(ident) == "DELIVERED"


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("1 到场".encode(), "UTF-8", "1 到场"),
        ("1 到场😀".encode("utf-16-be"), "UTF-16BE", "1 到场😀"),
        ("收到".encode("gb18030"), "GB18030", "收到"),
        (b"1 ok", "", "1 ok"),
        ("收到".encode(), "no-such-charset", "收到"),
        (b"1 \xff", "UTF-8", "1 \ufffd"),
        (b"1\x00", "UTF-8", "1\ufffd"),
        (b"\xd8\x00\x00\x31", "UTF-16BE", "\ufffd1"),
    ],
)
def test_a_text_is_read_in_the_charset_it_came_in(
    desk: Desk, engine: FlaskClient, body: bytes, charset: str, text: str
) -> None:
    assert say(engine, body, charset) == DONE
    assert texts(desk) == [text]


def test_a_text_is_told_upward_once_however_often_the_engine_repeats_it(
    desk: Desk, engine: FlaskClient
) -> None:
    assert [say(engine, "1 收到".encode(), ident="same") for _ in range(3)] == [DONE] * 3
    desk.work()
    (ident,) = desk.inbound
    found = desk.do(lambda session: inbound.get(session, ident))
    assert (found.sender, found.recipient, found.text, found.state) == (
        CREW,
        "12315",
        "1 收到",
        "new",
    )
    assert found.received_at.isoformat() == "2026-09-21T14:13:20+00:00"


def test_a_text_that_nobody_understood_waits_for_a_person(desk: Desk, engine: FlaskClient) -> None:
    say(engine, b"hello")
    desk.work()
    desk.do(lambda session: inbound.mark(session, desk.inbound[0], "to_person"))
    assert desk.do(lambda s: inbound.get(s, desk.inbound[0])).state == "to_person"


@pytest.mark.parametrize("missing", ["id", "sender"])
def test_a_text_without_sender_or_number_is_refused(engine: FlaskClient, missing: str) -> None:
    url = "/hooks/kannel/inbound" if missing == "id" else INBOUND.format("x")
    headers = {"X-Kannel-From": CREW} if missing == "id" else {}
    assert engine.post(url, data="1", headers=headers).status_code == 422


def test_a_flood_in_one_request_is_refused(desk: Desk, engine: FlaskClient) -> None:
    assert say(engine, b"x" * (views.MAX_BODY + 1)) == 413
    assert texts(desk) == []


def test_an_absurd_sender_is_cut_and_not_lost(desk: Desk, engine: FlaskClient) -> None:
    headers = {"X-Kannel-From": "9" * 200}
    assert engine.post(INBOUND.format("x"), data="1", headers=headers).status_code == DONE
    assert texts(desk) == ["1"]


def test_without_the_database_the_engine_is_asked_to_come_again(settings: Settings) -> None:
    nowhere = Database(f"postgresql+psycopg://nobody@127.0.0.1:{free_port_base()}/nothing")
    engine = hook_app(settings, nowhere).test_client()
    answer = engine.get(RECEIPT.format(1, 1), headers=authorization(settings.hook_token))
    assert answer.status_code == 503
    assert json.loads(answer.data)["code"] == "database_unavailable"
    nowhere.close()


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"conference": 7, "party": 2, "news": "joined", "at": "1795402944"}, DONE),
        ({"conference": 7, "party": 2, "news": "left"}, DONE),
        ({"conference": 7, "party": 2, "news": "sings"}, 422),
        ({"conference": "x", "party": 2, "news": "left"}, 422),
        ([], 422),
    ],
)
def test_news_of_a_party_go_upward_once_they_make_sense(
    engine: FlaskClient, said: object, status: int
) -> None:
    assert engine.post("/hooks/conference/party", json=said).status_code == status
