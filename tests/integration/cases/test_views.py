"""Cases over HTTP: shapes, refusals, and nothing of a case that is not theirs."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import attachments, queries, views
from command_center.cases.office import Office
from command_center.intake.schemas import Submission
from command_center.intake.service import Intake
from kernel.access import Principal
from kernel.clock import FixedClock
from kernel.errors import BadInput
from kernel.settings import Settings
from maps.models import AnswerCount, Correction
from tests.factories.bureau import Bureau, complaint, report
from tests.factories.desk import Desk, OneTransaction
from tests.factories.pictures import picture

PNG = picture()


@pytest.fixture
def database(session: Session) -> OneTransaction:
    return OneTransaction(session)


@pytest.fixture
def house(bureau: Bureau) -> Bureau:
    return bureau


@pytest.fixture
def desk(database: OneTransaction, settings: Settings, office: Office) -> Desk:
    return Desk(database, settings, [views.create_blueprint(office)])


@pytest.fixture
def clerk(house: Bureau) -> Principal:
    return house.person("AGENT")


@pytest.fixture
def register(
    database: OneTransaction, intake: Intake, clerk: Principal
) -> Callable[[Submission], int]:
    def register(told: Submission) -> int:
        with database.unit_of_work(clerk) as session:
            return intake.register(session, told)[0].case.id

    return register


@pytest.fixture
def routed(desk: Desk, house: Bureau, clerk: Principal, register: Any) -> Callable[..., Any]:
    """A case at the branch, as its page shows it to the clerk."""

    def routed(told: Submission) -> Any:
        body = {"organisation_id": house.branch.id, "note": "请及时处理"}
        answer = desk.post(clerk, f"/cases/{register(told)}/route", body)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    return routed


def step(desk: Desk, who: Principal, case: Any, action: str, **given: Any) -> Any:
    path = f"/cases/{case['id']}/actions/{action}"
    return desk.post(who, path, {"version": case["version"], **given})


def test_the_code_tables_are_open_to_all(desk: Desk) -> None:
    tables = desk.get(None, "/codes").get_json()
    assert [code["code"] for code in tables["reject_reasons"]] == [f"N{n}" for n in range(1, 8)]
    assert len(tables["terminate_reasons"]) == 8
    assert len(tables["return_reasons"]) == 9
    trigger = next(t for t in tables["urgency_triggers"] if t["code"] == "POISONING")
    assert trigger["level"] == 2
    assert {"channels", "demands", "problems", "violations", "results", "objects",
            "reveal_reasons", "transfer_agencies"} < tables.keys()  # fmt: skip


def test_the_case_page_says_what_this_person_may_do_now(
    desk: Desk, house: Bureau, clerk: Principal, routed: Any
) -> None:
    case = routed(complaint())
    page = desk.get(house.person("UNIT"), f"/cases/{case['id']}").get_json()
    actions = {action["action"]: action for action in page["actions"]}
    assert set(actions) == {"return", "accept", "reject", "withdraw"}
    assert actions["reject"]["needs"] == ["reason_code", "remedies", "text"]
    assert actions["reject"]["choices"] == "reject_reasons"
    assert page["timeline"][-1]["kind"] == "route"
    assert page["timeline"][-1]["params"]["note"] == "请及时处理"
    running = {d["rule"]: d["light"] for d in page["deadlines"] if d["light"] != "none"}
    assert running == {"L121.accept": "green"}
    assert page["light"] == "green"
    dispatcher = desk.get(house.person("DISP"), f"/cases/{case['id']}").get_json()
    offered = {action["action"] for action in dispatcher["actions"]}
    assert offered == {"route", "withdraw", "declare_emergency"}


def test_a_fresh_case_suggests_the_branch_whose_beat_it_lies_in(
    desk: Desk, house: Bureau, register: Any
) -> None:
    page = desk.get(house.person("DISP"), f"/cases/{register(complaint())}").get_json()
    assert page["suggested_organisation"] == {"id": house.branch.id, "name": "东华市监所"}


def test_the_way_to_closure_over_http(desk: Desk, house: Bureau, routed: Any) -> None:
    unit, commander = house.person("UNIT"), house.person("CMD")
    case = routed(complaint())
    for who, action, given in (
        (unit, "accept", {}),
        (unit, "mediate", {"mode": "phone"}),
        (unit, "agree", {"result": "退款", "amount_recovered": 100}),
        (unit, "request_closure", {"result": "调解成功", "text": "已退款"}),
    ):
        answer = step(desk, who, case, action, **given)
        assert answer.status_code == 200, answer.text
        case = answer.get_json()
    (asked,) = case["approvals"]
    assert (asked["kind"], asked["verdict"]) == ("closure", None)
    done = step(desk, commander, case, "approve_closure", approval_id=asked["id"])
    assert (done.get_json()["state"], done.get_json()["light"]) == ("CLOSED", "none")


@pytest.mark.parametrize(
    ("role", "action", "given", "status", "code", "field"),
    [
        ("DISP", "accept", {}, 403, "forbidden", None),
        ("UNIT", "agree", {"result": "x", "amount_recovered": 1}, 409, "illegal_transition", None),
        ("UNIT", "reject", {"reason_code": "N1"}, 409, "illegal_transition", "remedies"),
        ("UNIT", "nonsense", {}, 409, "illegal_transition", None),
        ("UNIT", "return", {"reason_code": "R99", "text": "x"}, 422, "unknown_code", "reason_code"),
        ("UNIT", "return", {"reason_code": 1, "text": "x"}, 422, "bad_input", "reason_code"),
        ("UNIT", "accept", {"urgency": 3}, 422, "bad_input", "urgency"),
    ],
)
def test_refusals_have_one_shape(
    desk: Desk, house: Bureau, routed: Any, role: str, action: str, given: dict[str, Any],
    status: int, code: str, field: str | None,
) -> None:  # fmt: skip
    answer = step(desk, house.person(role), routed(complaint()), action, **given)
    problem = answer.get_json()
    assert (answer.status_code, problem["code"], problem["field"]) == (status, code, field)
    assert answer.content_type == "application/problem+json"


def test_a_stale_version_is_a_conflict_and_a_missing_one_is_asked_for(
    desk: Desk, house: Bureau, routed: Any
) -> None:
    case, unit = routed(complaint()), house.person("UNIT")
    step(desk, unit, case, "accept")
    stale = step(desk, unit, case, "mediate", mode="phone")
    assert (stale.status_code, stale.get_json()["code"]) == (409, "stale")
    bare = desk.post(unit, f"/cases/{case['id']}/actions/mediate", {"mode": "phone"})
    assert (bare.status_code, bare.get_json()["field"]) == (422, "version")


def test_every_door_to_a_case_elsewhere_says_that_there_is_none(
    desk: Desk, house: Bureau, routed: Any
) -> None:
    case = routed(report())
    stranger = house.person("UNIT", "CMD", "AGENT", at=house.other)
    ident = case["id"]
    requests = [
        ("GET", f"/cases/{ident}", None),
        ("PUT", f"/cases/{ident}/place", {"lat": 39.9, "lon": 116.4}),
        ("PUT", f"/cases/{ident}/facts", {"dispatch_facts": "x"}),
        ("POST", f"/cases/{ident}/urgency", {"level": 1, "reason": "x"}),
        ("POST", f"/cases/{ident}/escalate", {"level": 1, "reason": "x"}),
        ("POST", f"/cases/{ident}/route", {"organisation_id": house.other.id}),
        ("POST", f"/cases/{ident}/actions/verify", {"version": 1}),
        ("POST", f"/cases/{ident}/identity", {"reason_code": "verify"}),
        ("GET", "/cases/9007199254740991", None),
        ("GET", "/cases/99999999999999999999", None),
    ]
    for method, path, body in requests:
        answer = desk.send(method, stranger, path, json=body)
        assert (answer.status_code, path) == (404, path)


def test_lists_hide_what_is_elsewhere(desk: Desk, house: Bureau, routed: Any) -> None:
    routed(complaint())
    stranger = house.person("UNIT", at=house.other)
    assert desk.get(stranger, "/cases", view="all").get_json() == {"items": [], "next": None}
    assert desk.get(stranger, "/cases/similar", name="老王饭店").get_json() == []
    assert desk.get(stranger, "/cases/map", bbox="116,39,117,41").get_json() == []


@pytest.mark.parametrize("path", ["/cases", "/cases/1", "/cases/similar", "/documents/1"])
def test_reading_cases_needs_its_permission(desk: Desk, house: Bureau, path: str) -> None:
    assert desk.get(house.person("STAT"), path).status_code == 403
    assert desk.get(None, path).status_code == 401


@pytest.mark.parametrize("bbox", ["", "1,2,3", "a,b,c,d", "2,1,1,2", "nan,1,2,3", "-200,1,2,3"])
def test_a_frame_that_is_none_is_refused(desk: Desk, house: Bureau, bbox: str) -> None:
    answer = desk.get(house.person("DISP"), "/cases/map", bbox=bbox)
    assert (answer.status_code, answer.get_json()["field"]) == (422, "bbox")


def test_pages_are_followed_by_their_cursor(desk: Desk, house: Bureau, register: Any) -> None:
    wanted = [register(complaint(subject={"name": n, "address": "不详"})) for n in "甲乙丙"]
    who, cursor, seen = house.person("DISP"), "0", []
    while cursor is not None:
        page = desk.get(who, "/cases", limit=2, cursor=cursor).get_json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == wanted


def test_a_moved_pin_shows_on_the_page_and_on_the_map(
    desk: Desk, house: Bureau, clerk: Principal, register: Any
) -> None:
    ident = register(complaint())
    body = {"lat": 39.925, "lon": 116.345, "level": "door", "confidence": 1.0, "evidence": ["pin"]}
    page = desk.put(clerk, f"/cases/{ident}/place", body).get_json()
    assert page["place"] == {
        "lat": 39.925, "lon": 116.345, "level": "door", "confidence": 1.0, "confirmed": True,
        "text": "东区建国路88号",
    }  # fmt: skip
    (shown,) = desk.get(clerk, "/cases/map", bbox="116.34,39.92,116.35,39.93").get_json()
    assert (shown["id"], shown["lon"]) == (ident, 116.345)


def test_a_place_that_was_looked_up_is_remembered_and_of_a_report_is_not(
    session: Session, desk: Desk, house: Bureau, clerk: Principal, register: Any
) -> None:
    body = {"lat": 39.925, "lon": 116.345, "level": "door", "corrected": True}
    for told, asked in ((complaint(), "老槐树边的烧烤"), (report(), "水塔边的作坊")):
        path = f"/cases/{register(told)}/place"
        assert desk.put(clerk, path, body | {"asked": asked}).status_code == 200
    assert session.scalars(select(Correction.key)).all() == ["老槐树边的烧烤"]
    assert session.scalars(select(AnswerCount.corrected)).all() == [1]


def test_escalating_rings_and_shows_the_alarm(desk: Desk, clerk: Principal, register: Any) -> None:
    ident = register(complaint())
    page = desk.post(clerk, f"/cases/{ident}/escalate", {"level": 2, "reason": "群体聚集"})
    assert page.get_json()["urgency"] == 2
    assert page.get_json()["alarm_id"]
    again = desk.post(clerk, f"/cases/{ident}/escalate", {"level": 1, "reason": "x"})
    assert (again.status_code, again.get_json()["field"]) == (422, "level")
    assert (
        desk.post(clerk, f"/cases/{ident}/escalate", {"level": 4, "reason": "x"}).status_code == 422
    )
    assert (
        desk.post(clerk, f"/cases/{ident}/escalate", {"level": 2, "reason": ""}).status_code == 422
    )


def test_only_a_commander_lowers_what_needs_a_commander(
    desk: Desk, house: Bureau, clerk: Principal, register: Any
) -> None:
    ident = register(complaint())
    desk.post(clerk, f"/cases/{ident}/escalate", {"level": 2, "reason": "群体聚集"})
    lower = {"level": 1, "reason": "已散去"}
    for who in (clerk, house.person("DISP"), house.person("SHIFT")):
        assert desk.post(who, f"/cases/{ident}/urgency", lower).status_code == 403
    done = desk.post(house.person("CMD"), f"/cases/{ident}/urgency", lower)
    assert (done.status_code, done.get_json()["urgency"]) == (200, 1)


def test_a_clerk_rewrites_only_what_they_registered(
    desk: Desk, house: Bureau, clerk: Principal, register: Any
) -> None:
    ident, other = register(complaint()), house.person("AGENT")
    facts = {"dispatch_facts": "店员拒绝退款。"}
    refused = desk.put(other, f"/cases/{ident}/facts", facts)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "not_your_case")
    assert desk.put(clerk, f"/cases/{ident}/facts", facts).status_code == 200
    grave = {"level": 1, "reason": "再次来电"}
    assert desk.post(other, f"/cases/{ident}/escalate", grave).status_code == 200


def test_a_revealed_identity_comes_only_through_its_own_door(
    desk: Desk, house: Bureau, routed: Any
) -> None:
    case = routed(report())
    unit = house.person("UNIT")
    case = step(desk, unit, case, "verify").get_json()
    assert "诸葛青禾" not in desk.get(unit, f"/cases/{case['id']}").text
    body = {"reason_code": "verify", "note": "核实现场情况"}
    found = desk.post(unit, f"/cases/{case['id']}/identity", body).get_json()
    assert (found["name"], found["id_number"]) == ("诸葛青禾", "110101198808081234")


def test_a_referral_letter_is_a_pdf_for_those_who_see_the_case(
    desk: Desk, house: Bureau, routed: Any
) -> None:
    unit, head = house.person("UNIT"), house.person("LEAD")
    case = step(desk, unit, routed(report()), "verify").get_json()
    case = step(
        desk, unit, case, "request_transfer", agency="police", reason="涉嫌犯罪",
        legal_basis="行政处罚法第二十七条", materials=["现场笔录"],
    ).get_json()  # fmt: skip
    case = step(
        desk, head, case, "approve_transfer", approval_id=case["approvals"][0]["id"]
    ).get_json()
    (paper,) = case["documents"]
    answer = desk.get(unit, f"/documents/{paper['id']}")
    assert (answer.content_type, answer.data[:5]) == ("application/pdf", b"%PDF-")
    stranger = house.person("UNIT", at=house.other)
    assert desk.get(stranger, f"/documents/{paper['id']}").status_code == 404


def test_files_are_kept_by_content_and_read_by_those_who_see_the_case(
    desk: Desk, house: Bureau, database: OneTransaction, office: Office, clerk: Principal,
    register: Any, clock: FixedClock,
) -> None:  # fmt: skip
    ident = register(complaint())
    with database.unit_of_work(clerk) as session:
        case = queries.get(session, ident)
        kept = attachments.add(session, office, case, "../../etc/passwd.png", PNG)
        again = attachments.add(session, office, case, "sent again.png", PNG)
        assert again.id == kept.id
        with pytest.raises(BadInput):
            attachments.add(session, office, case, "page.html", b"<script>alert(1)</script>")
        with pytest.raises(BadInput):
            attachments.add(session, office, case, "big.png", PNG + bytes(attachments.MAX_BYTES))
    answer = desk.get(clerk, f"/attachments/{kept.id}")
    assert (answer.data, answer.content_type) == (PNG, "image/png")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    (shown,) = desk.get(clerk, f"/cases/{ident}").get_json()["attachments"]
    assert (shown["name"], shown["size"]) == ("passwd.png", len(PNG))
    stored = [path for path in office.attachments.rglob("*") if path.is_file()]
    assert kept.sha256 in [path.name for path in stored]
    stranger = house.person("UNIT", at=house.other)
    assert desk.get(stranger, f"/attachments/{kept.id}").status_code == 404
