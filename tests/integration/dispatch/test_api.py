"""The room over HTTP: shapes, permissions, and 404 for what is not one's own."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from apiflask import APIFlask
from flask import g, request
from werkzeug.test import TestResponse

from dispatch.api import blueprints
from dispatch.orders.ports import Officer
from dispatch.subjects.ports import Answer, Asked
from kernel.access import Principal
from kernel.web import install_error_handlers
from tests.integration.dispatch.conftest import (
    COMMANDER,
    COMPLAINT,
    DISPATCHER,
    EAST,
    GRAVE,
    STATION,
    STRANGER,
    Desk,
    person,
)

Call = Callable[..., TestResponse]


@pytest.fixture
def call(desk: Desk) -> Call:
    """Calls the API as somebody: `call(DISPATCHER, "GET", "/units")`."""
    app = APIFlask("dispatch")
    app.config["VALIDATION_ERROR_STATUS_CODE"] = 422
    app.extensions["database"] = desk.database
    install_error_handlers(app)
    people: dict[str, Principal] = {}

    @app.before_request
    def identify() -> None:
        g.principal = people.get(request.headers.get("X-Test-Who", ""))

    for blueprint in blueprints(desk.room):
        app.register_blueprint(blueprint)

    def send(who: Principal | None, method: str, path: str, **more: Any) -> TestResponse:
        if who is not None:
            people[str(who.id)] = who
        headers = {"X-Test-Who": str(who.id) if who else ""}
        return app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **more)

    return send


def body(**more: Any) -> dict[str, Any]:
    given = {
        "case_id": COMPLAINT.case_id,
        "unit_ids": [],
        "branch_ids": [],
        "channels": ["sms", "fax", "app"],
        "kind": "inspect",
        "closed": None,
        "note": "",
        "idempotency_key": str(uuid4()),
        "override_reason": None,
        "approval": None,
    }
    return {**given, **more}


def test_from_recommendation_to_order(desk: Desk, call: Call) -> None:
    car = desk.unit("京A0001")
    desk.directory.standing[EAST.id] = [Officer(70, "值班的老李", "+99913800000070", False)]
    advice = call(DISPATCHER, "GET", "/cases/1/recommendation").get_json()
    assert (advice["engine"], advice["items"][0]["unit_id"]) == ("straight", car)
    assert [one["organisation_id"] for one in advice["branches"]] == [12, 13]
    assert advice["branches"][0]["own_jurisdiction"] is True
    assert {one["name"] for one in advice["branches"][0]["on_duty"]} == {"值班的老李"}
    assert advice["branches"][0]["fax"] == EAST.fax
    draft = body(unit_ids=[car], branch_ids=[EAST.id])
    preview = call(DISPATCHER, "POST", "/orders/preview", json=draft)
    assert preview.status_code == 200, preview.get_data(as_text=True)
    assert [one["channel"] for one in preview.get_json()["recipients"]] == [
        "sms", "sms", "app", "sms", "fax",
    ]  # fmt: skip
    made = call(DISPATCHER, "POST", "/orders", json=draft)
    assert made.status_code == 201
    order = made.get_json()
    assert (order["state"], order["targets"]) == ("ISSUED", ["京A0001", "东华市监所"])
    assert order["issued_at"].endswith("Z")
    assert len(order["assignments"][0]["deliveries"]) == 3
    assert order["assignments"][0]["next"][0] == "ACKED"
    listed = call(DISPATCHER, "GET", "/orders?open=1&case_id=1").get_json()
    assert [one["order_no"] for one in listed] == [order["order_no"]]
    (unit,) = call(DISPATCHER, "GET", "/units").get_json()
    assert unit["assignment"]["order_no"] == order["order_no"]
    assert unit["position"]["fixed_at"].endswith("Z")
    assert call(DISPATCHER, "GET", f"/units/{car}/trail?minutes=30").get_json() == []


def test_the_desk_reports_on_behalf_and_cancels(desk: Desk, call: Call) -> None:
    made = call(DISPATCHER, "POST", "/orders", json=body(branch_ids=[EAST.id])).get_json()
    ident = made["assignments"][0]["id"]
    said = call(DISPATCHER, "POST", f"/assignments/{ident}/status", json={"state": "ACKED"})
    assert said.get_json()["assignments"][0]["acknowledged_via"] == "desk"
    refused = call(DISPATCHER, "POST", f"/assignments/{ident}/status", json={"state": "CANNOT"})
    assert (refused.status_code, refused.get_json()["field"]) == (422, "reason")
    gone = call(DISPATCHER, "POST", f"/orders/{made['id']}/cancel", json={"reason": "误派"})
    assert (gone.get_json()["state"], gone.get_json()["end_reason"]) == ("CANCELLED", "误派")
    late = call(DISPATCHER, "POST", f"/assignments/{ident}/status", json={"state": "EN_ROUTE"})
    assert (late.status_code, late.get_json()["code"]) == (409, "illegal_transition")


def test_approval_on_line(desk: Desk, call: Call) -> None:
    sent = body(case_id=GRAVE.case_id, branch_ids=[EAST.id])
    made = call(DISPATCHER, "POST", "/orders", json=sent).get_json()
    assert made["state"] == "PENDING_APPROVAL"
    assert call(DISPATCHER, "POST", f"/orders/{made['id']}/approve", json={}).status_code == 403
    done = call(COMMANDER, "POST", f"/orders/{made['id']}/approve", json={}).get_json()
    assert (done["state"], done["approval"]["approver"]) == ("ISSUED", COMMANDER.name)


def test_a_commander_reads_the_very_words_before_they_go(desk: Desk, call: Call) -> None:
    car = desk.unit("京A0001")
    sent = body(case_id=GRAVE.case_id, unit_ids=[car], branch_ids=[EAST.id])
    made = call(DISPATCHER, "POST", "/orders", json=sent).get_json()
    path = f"/orders/{made['id']}"
    assert call(DISPATCHER, "GET", f"{path}/texts").status_code == 403
    shown = call(COMMANDER, "GET", f"{path}/texts").get_json()
    call(COMMANDER, "POST", f"{path}/approve", json={})
    desk.work()
    gone = "".join(part.text for part in desk.sms.sent)
    texts = [one["text"] for one in shown if one["channel"] == "sms"]
    assert len(texts) == 3
    assert all(text in gone for text in texts)
    assert made["order_no"] in shown[0]["text"]
    assert call(COMMANDER, "GET", f"{path}/texts").status_code == 409


def test_oral_approval(desk: Desk, call: Call) -> None:
    spoken = {"mode": "oral", "approver_id": COMMANDER.id, "at": "2026-09-22T00:59:00Z"}
    sent = body(case_id=GRAVE.case_id, branch_ids=[EAST.id], approval=spoken)
    made = call(DISPATCHER, "POST", "/orders", json=sent).get_json()
    assert made["approval"]["confirm_due_at"] == "2026-09-22T01:30:00.000Z"
    done = call(COMMANDER, "POST", f"/orders/{made['id']}/confirm").get_json()
    assert done["approval"]["confirmed_at"] == "2026-09-22T01:00:00.000Z"


def test_deliveries_one_by_one(desk: Desk, call: Call) -> None:
    made = call(
        DISPATCHER, "POST", "/orders", json=body(branch_ids=[EAST.id], closed=True)
    ).get_json()
    text, fax = made["assignments"][0]["deliveries"]
    assert (fax["state"], fax["held"]) == ("HELD", "attendance_unconfirmed")
    let_go = call(
        DISPATCHER, "POST", f"/deliveries/{fax['id']}/release", json={"confirmed_with": "孙所长"}
    )
    assert let_go.get_json()["state"] == "QUEUED"
    stopped = call(DISPATCHER, "POST", f"/deliveries/{text['id']}/cancel").get_json()
    assert stopped["state"] == "CANCELLED"
    again = call(
        DISPATCHER, "POST", f"/deliveries/{text['id']}/resend", json={"reason": "请再发"}
    ).get_json()
    assert (again["repeats_id"], again["text"][:4]) == (text["id"], "【重发】")
    twice = call(DISPATCHER, "POST", f"/deliveries/{text['id']}/resend", json={"reason": "再"})
    assert (twice.status_code, twice.get_json()["code"]) == (409, "already_repeated")
    assert "重发" in twice.get_json()["message"]


def test_the_desk_says_what_a_unit_carries(desk: Desk, call: Call) -> None:
    car = desk.unit("京A0001")
    answer = call(DISPATCHER, "POST", f"/units/{car}/equipment",
                  json={"equipment": ["seals", "food_kit", "seals"]})  # fmt: skip
    assert answer.get_json()["equipment"] == ["food_kit", "seals"], "in the table's order, once"
    answer = call(DISPATCHER, "POST", f"/units/{car}/equipment", json={"equipment": ["tank"]})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "unknown_code")
    assert desk.unit_now(car).equipment == ["food_kit", "seals"]


def test_alarms_and_texts(desk: Desk, call: Call) -> None:
    ident = desk.text_in(EAST.phone, "你好")
    (alarm,) = call(DISPATCHER, "GET", "/alarms").get_json()
    assert (alarm["kind"], alarm["reference"]) == (
        "reply_unmatched", {"kind": "inbound", "id": ident},
    )  # fmt: skip
    taken = call(DISPATCHER, "POST", f"/alarms/{alarm['id']}/take").get_json()
    assert (taken["taken_by"], taken["climbs_at"]) == (DISPATCHER.name, None)
    (waiting,) = call(DISPATCHER, "GET", "/inbound?open=1").get_json()
    assert (waiting["text"], waiting["why"]) == ("你好", "no_open_assignment")
    settled = call(
        DISPATCHER, "POST", f"/inbound/{ident}/settle",
        json={"assignment_id": None, "state": None, "note": "无关"},
    )  # fmt: skip
    assert settled.status_code == 200
    assert call(DISPATCHER, "GET", "/alarms").get_json() == []
    gone = call(DISPATCHER, "POST", f"/alarms/{alarm['id']}/resolve", json={"note": ""})
    assert (gone.status_code, gone.get_json()["code"]) == (409, "alarm_resolved")


def test_a_strangers_text_at_the_intake_desk(desk: Desk, call: Call) -> None:
    agent, elsewhere = person(21, "AGENT"), person(22, "AGENT", "/1/5/")
    ident = desk.text_in("+99913899999999", "老王饭店卖过期羊肉")
    assert call(DISPATCHER, "GET", "/inbound").get_json() == []
    assert call(DISPATCHER, "GET", "/alarms").get_json() == []
    for method, path in (("GET", "/strangers/texts"), ("POST", f"/strangers/texts/{ident}/settle")):
        for who in (DISPATCHER, COMMANDER, person(23, "UNIT")):
            assert call(who, method, path, json={"note": "x"}).status_code == 403
    assert call(elsewhere, "GET", "/strangers/texts").get_json() == []
    (shown,) = call(agent, "GET", "/strangers/texts").get_json()
    assert (shown["id"], shown["sender"], shown["text"]) == (
        ident, "+99913899999999", "老王饭店卖过期羊肉",
    )  # fmt: skip
    path = f"/strangers/texts/{ident}/settle"
    for note in ("", "  ", None):
        assert call(agent, "POST", path, json={"note": note}).status_code == 422
    assert call(elsewhere, "POST", path, json={"note": "x"}).status_code == 404
    settled = {"assignment_id": None, "state": None, "note": "x"}
    assert call(DISPATCHER, "POST", f"/inbound/{ident}/settle", json=settled).status_code == 404
    assert call(agent, "POST", path, json={"note": "不是举报投诉"}).status_code == 200
    assert call(agent, "GET", "/strangers/texts").get_json() == []
    assert call(agent, "POST", path, json={"note": "再"}).status_code == 409


def test_the_officers_phone(desk: Desk, call: Call) -> None:
    car = desk.unit("京A0001", crew=1)
    desk.officer(501)
    who = person(501, "OFFICER", EAST.path)
    assert (
        call(who, "POST", "/field/sign-on", json={"unit_id": car}).get_json()["unit"]["id"] == car
    )
    order_id = desk.issue(car, channels=("app",))
    (assignment,) = call(who, "GET", "/field").get_json()["assignments"]
    assert assignment["order"]["subject_address"] == "东区建国路88号"
    assert assignment["next"][0] == "ACKED"
    path = f"/field/assignments/{assignment['id']}"
    acked = call(who, "POST", f"{path}/status", json={
        "state": "ACKED", "device_time": "2026-09-22T00:58:00Z"})  # fmt: skip
    assert acked.get_json()["assignments"][0]["state"] == "ACKED"
    photo = call(who, "POST", f"{path}/photos", data={"file": (BytesIO(b"jpeg"), "a.jpg")})
    assert (photo.status_code, photo.get_json()["media_type"]) == (201, "image/jpeg")
    here = {"lat": 39.92, "lon": 116.43, "accuracy": 8, "speed_kmh": 0, "course": 0,
            "at": "2026-09-22T01:00:00Z"}  # fmt: skip
    assert call(who, "POST", "/field/position", json=here).status_code == 204
    wrong = call(who, "POST", "/field/position", json={**here, "lat": 139.92})
    assert wrong.status_code == 422
    assert call(who, "POST", "/field/sos", json={"lat": 39.92, "lon": 116.43}).status_code == 201
    assert desk.assignment(order_id).acknowledged_via == "app"
    assert call(who, "POST", "/field/sign-off").status_code == 409


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/orders/1"),
        ("POST", "/orders/1/cancel"),
        ("POST", "/assignments/1/status"),
        ("POST", "/deliveries/1/cancel"),
        ("POST", "/units/1/state"),
        ("POST", "/units/1/equipment"),
        ("GET", "/units/1/trail"),
        ("POST", "/alarms/1/take"),
        ("GET", "/cases/1/recommendation"),
        ("GET", "/orders/4711"),
    ],
)
def test_what_lies_outside_the_jurisdiction_is_not_found(
    desk: Desk, call: Call, method: str, path: str
) -> None:
    desk.issue(desk.unit("京A0001"), channels=("sms",))
    desk.do(
        lambda s: desk.room.alarms.raise_alarm(
            s, "case_escalated", ("case", 2), organisation_path=EAST.path
        )
    )
    sent = {"reason": "x", "state": "ACKED"} if "units" not in path else {"state": "OFF_DUTY"}
    sent = {"equipment": []} if "equipment" in path else sent
    answer = call(STRANGER, method, path, json=sent if method == "POST" else None)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


HUGE = 99_999_999_999_999_999_999


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/orders/{}"),
        ("GET", "/orders/{}/texts"),
        ("POST", "/orders/{}/approve"),
        ("POST", "/orders/{}/refuse"),
        ("POST", "/orders/{}/confirm"),
        ("POST", "/orders/{}/cancel"),
        ("GET", "/cases/{}/recommendation"),
        ("POST", "/assignments/{}/status"),
        ("POST", "/deliveries/{}/resend"),
        ("POST", "/deliveries/{}/cancel"),
        ("POST", "/deliveries/{}/release"),
        ("POST", "/units/{}/state"),
        ("POST", "/units/{}/equipment"),
        ("GET", "/units/{}/trail"),
        ("POST", "/alarms/{}/take"),
        ("POST", "/alarms/{}/resolve"),
        ("POST", "/inbound/{}/settle"),
        ("POST", "/field/assignments/{}/status"),
        ("POST", "/field/assignments/{}/photos"),
    ],
)
def test_an_id_that_no_row_can_have_is_not_found(call: Call, method: str, path: str) -> None:
    for ident in (HUGE, 2**53):
        answer = call(COMMANDER, method, path.format(ident), json={} if method == "POST" else None)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "more", "field"),
    [
        ("GET", f"/orders?case_id={HUGE}", {}, "case_id"),
        ("POST", "/orders/preview", {"case_id": HUGE}, "case_id"),
        ("POST", "/orders", {"unit_ids": [HUGE]}, "unit_ids"),
        ("POST", "/orders", {"branch_ids": [-HUGE]}, "branch_ids"),
        ("POST", "/orders", {"approval": {"mode": "oral", "approver_id": HUGE,
                                          "at": "2026-09-22T00:59:00Z"}}, "approval"),
        ("POST", "/inbound/1/settle", {"assignment_id": HUGE}, "assignment_id"),
    ],
)  # fmt: skip
def test_an_id_that_no_row_can_have_is_refused_in_a_body(
    call: Call, method: str, path: str, more: dict[str, Any], field: str
) -> None:
    sent = body(branch_ids=[EAST.id]) | more
    answer = call(DISPATCHER, method, path, json=sent if method == "POST" else None)
    assert answer.status_code == 422
    assert field in answer.get_data(as_text=True)


ENDPOINTS = [
    ("GET", "/orders/1/texts", "order.approve"),
    ("GET", "/orders/1/words", "order.approve"),
    ("GET", "/units", "unit.read"),
    ("POST", "/units/1/state", "unit.manage"),
    ("POST", "/units/1/equipment", "unit.manage"),
    ("GET", "/units/1/trail", "unit.read"),
    ("GET", "/cases/1/recommendation", "unit.read"),
    ("GET", "/alarms", "alarm.take"),
    ("POST", "/alarms/1/take", "alarm.take"),
    ("POST", "/alarms/1/resolve", "alarm.take"),
    ("POST", "/orders/preview", "order.create"),
    ("POST", "/orders", "order.create"),
    ("GET", "/orders", "order.read"),
    ("GET", "/orders/1", "order.read"),
    ("POST", "/orders/1/approve", "order.approve"),
    ("POST", "/orders/1/refuse", "order.approve"),
    ("POST", "/orders/1/confirm", "order.approve"),
    ("POST", "/orders/1/cancel", "order.create"),
    ("POST", "/assignments/1/status", "order.create"),
    ("POST", "/deliveries/1/resend", "order.create"),
    ("POST", "/deliveries/1/cancel", "order.create"),
    ("POST", "/deliveries/1/release", "order.create"),
    ("GET", "/inbound", "order.create"),
    ("POST", "/inbound/1/settle", "order.create"),
    ("GET", "/field", "field.act"),
    ("POST", "/field/sign-on", "field.act"),
    ("POST", "/field/position", "field.act"),
    ("POST", "/field/sos", "field.act"),
]


def test_every_endpoint_asks_for_its_permission(call: Call) -> None:
    """The body is complete, so that only the permission can be what is missing."""
    nobody = person(66, "STAT")
    whole = {**body(branch_ids=[EAST.id]), "unit_id": 1, "reason": "x", "state": "OFF_DUTY",
             "confirmed_with": "x", "lat": 1, "lon": 1, "at": "2026-09-22T01:00:00Z"}  # fmt: skip
    for method, path, permission in ENDPOINTS:
        sent = dict(whole)
        if "assignments" in path or "inbound" in path:
            sent["state"] = "ACKED"
        if "equipment" in path:
            sent = {"equipment": []}
        answer = call(nobody, method, path, json=sent if method == "POST" else None)
        assert answer.status_code == 403, (path, answer.get_data(as_text=True))
        assert permission in answer.get_json()["params"]["permission"]
        assert call(None, method, path, json=sent if method == "POST" else None).status_code == 401


def test_a_service_station_is_refused_by_name(desk: Desk, call: Call) -> None:
    answer = call(DISPATCHER, "POST", "/orders", json=body(branch_ids=[STATION.id]))
    assert answer.status_code == 422
    assert (answer.get_json()["code"], answer.get_json()["field"]) == (
        "recipient_is_station", "branch_ids",
    )  # fmt: skip


def test_a_taken_unit_is_refused_by_the_orders_number(desk: Desk, call: Call) -> None:
    car = desk.unit("京A0001")
    desk.issue(car, channels=("app",))
    answer = call(DISPATCHER, "POST", "/orders", json=body(unit_ids=[car]))
    assert (answer.status_code, answer.get_json()["code"]) == (409, "unit_taken")
    assert answer.get_json()["params"]["order_no"] == "DD202609220001"


def test_showing_the_order_to_its_branch_is_the_branch_s_read_receipt(
    desk: Desk, call: Call
) -> None:
    order = desk.issue(branch_ids=(EAST.id,), channels=("sms",))
    before = call(DISPATCHER, "GET", f"/orders/{order}").get_json()["assignments"][0]
    reader = person(31, "UNIT", EAST.path, "王所长")
    shown = call(reader, "GET", f"/orders/{order}").get_json()["assignments"][0]
    assert (before["read_at"], shown["read_by"]) == (None, "王所长")
    rows = call(DISPATCHER, "GET", f"/orders/{order}/ledger").get_json()["rows"]
    assert [(one["channel"], one["name"]) for one in rows][1:] == [("page", "王所长")]
    assert call(STRANGER, "GET", f"/orders/{order}").status_code == 404


def test_nobody_holds_a_connection_while_a_registry_is_asked(
    desk: Desk, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = desk.issue(desk.unit("京A0001"), channels=("app",))
    pool: Any = desk.database.engine.pool
    find, held = desk.registry.find, list[int]()

    def watched(asked: Asked) -> Answer:
        held.append(pool.checkedout())
        return find(asked)

    monkeypatch.setattr(desk.registry, "find", watched)
    told = call(DISPATCHER, "POST", f"/orders/{order_id}/subject-facts").get_json()
    assert [one["outcome"] for one in told["items"]] == ["not_found"]
    assert held == [0]
