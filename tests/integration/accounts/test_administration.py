"""Accounts as an administrator keeps them: made, changed, closed, never seen through."""

from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from command_center.accounts import queries
from command_center.accounts.models import Organisation
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from tests.factories import door
from tests.factories.desk import OneTransaction
from tests.factories.door import PASSWORD, SETTER, Browser, code_of

CHOSEN = "quartz lantern harbour 9"


@pytest.fixture
def admin(house: APIFlask) -> Browser:
    browser = Browser(house)
    browser.sign_in("admin")
    return browser


@pytest.fixture
def root(rooms: OneTransaction, people: dict[str, int]) -> int:
    with rooms.unit_of_work(SETTER) as session:
        return queries.root(session).id


def said(root: int, **more: Any) -> dict[str, Any]:
    return {"name": "王敏", "organisation_id": root, "roles": ["DISP"], **more}


def test_a_new_account_chooses_its_own_password_before_anything_else(
    admin: Browser, house: APIFlask, root: int
) -> None:
    made = admin.post("/admin/users", account="wangmin", **said(root))
    assert made.status_code == 201, made.text
    first = made.get_json()["password"]
    browser = Browser(house)
    assert browser.sign_in("wangmin", first).get_json()["must"] == ["password"]
    assert code_of(browser.get("/desk")) == (403, "password_first")
    assert browser.post("/account/password", old=first, password=CHOSEN).status_code == 204
    assert browser.get("/desk").status_code == 200
    assert Browser(house).sign_in("wangmin", first).status_code == 401


def test_a_first_password_is_good_for_three_days(
    admin: Browser, house: APIFlask, root: int, clock: FixedClock
) -> None:
    first = admin.post("/admin/users", account="wangmin", **said(root)).get_json()["password"]
    clock.advance(days=3)
    assert code_of(Browser(house).sign_in("wangmin", first)) == (401, "temporary_password_over")


def test_an_account_s_name_is_taken_once(admin: Browser, root: int) -> None:
    refused = admin.post("/admin/users", account="disp", **said(root))
    assert code_of(refused) == (409, "account_taken")
    assert refused.get_json()["field"] == "account"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"roles": ["KING"]}, "roles", "unknown_role"),
        ({"roles": ["ADMIN", "DISP"]}, "roles", "role_stands_alone"),
        ({"roles": ["AUDIT", "CMD"]}, "roles", "role_stands_alone"),
        ({"organisation_id": 999_999}, "organisation_id", "not_found"),
        ({"account": "no spaces"}, "account", "bad_input"),
        ({"name": ""}, "name", "bad_input"),
    ],
)
def test_what_is_refused_of_a_new_account(
    admin: Browser, root: int, change: dict[str, Any], field: str, code: str
) -> None:
    refused = admin.post("/admin/users", **{"account": "wangmin", **said(root), **change})
    assert code_of(refused) == (422, code)
    assert refused.get_json()["field"].endswith(field)


@pytest.mark.parametrize("change", [{"roles": ["AGENT"]}, {"active": False}])
def test_changed_rights_end_the_person_s_sessions(
    admin: Browser, house: APIFlask, root: int, people: dict[str, int], change: dict[str, Any]
) -> None:
    browser = Browser(house)
    browser.sign_in("disp")
    answer = admin.put(f"/admin/users/{people['disp']}", **said(root, **change))
    assert answer.status_code == 200, answer.text
    assert browser.get("/desk").status_code == 401


def test_a_changed_telephone_ends_nothing(
    admin: Browser, house: APIFlask, root: int, people: dict[str, int]
) -> None:
    browser = Browser(house)
    browser.sign_in("disp")
    answer = admin.put(f"/admin/users/{people['disp']}", **said(root, phone="+99913800000000"))
    assert answer.get_json()["phone"] == "+99913800000000"
    assert browser.get("/desk").status_code == 200


@pytest.mark.parametrize("change", [{"roles": ["CMD"]}, {"active": False}])
def test_nobody_changes_their_own_rights(
    admin: Browser, root: int, people: dict[str, int], change: dict[str, Any]
) -> None:
    own = {**said(root), "roles": ["ADMIN"], **change}
    refused = admin.put(f"/admin/users/{people['admin']}", **own)
    assert code_of(refused) == (403, "not_oneself")
    assert code_of(admin.post(f"/admin/users/{people['admin']}/password")) == (403, "not_oneself")


def test_a_reset_password_ends_sessions_and_reopens_a_locked_account(
    admin: Browser, house: APIFlask, people: dict[str, int]
) -> None:
    browser, stranger = Browser(house), Browser(house)
    browser.sign_in("disp")
    for _ in range(5):
        stranger.sign_in("disp", "wrong")
    assert stranger.sign_in("disp").status_code == 429
    password = admin.post(f"/admin/users/{people['disp']}/password").get_json()["password"]
    assert browser.get("/desk").status_code == 401
    assert browser.sign_in("disp").status_code == 401
    assert browser.sign_in("disp", password).get_json()["must"] == ["password"]


def test_a_lost_phone_is_forgotten(
    admin: Browser, house: APIFlask, people: dict[str, int], clock: FixedClock
) -> None:
    browser = Browser(house)
    browser.sign_in("disp")
    browser.enrol(clock)
    assert Browser(house).sign_in("disp").status_code == 202
    assert admin.delete(f"/admin/users/{people['disp']}/second-factor").status_code == 204
    assert Browser(house).sign_in("disp").status_code == 200


def test_an_administrator_ends_another_s_sessions(
    admin: Browser, house: APIFlask, people: dict[str, int]
) -> None:
    first, second = Browser(house), Browser(house)
    first.sign_in("disp")
    second.sign_in("disp")
    address = f"/admin/users/{people['disp']}/sessions"
    held = admin.get(address).get_json()
    assert admin.delete(f"{address}/{held[-1]['id']}").status_code == 204
    assert first.get("/desk").status_code == 401
    assert admin.delete(address).get_json() == {"ended": 1}
    assert second.get("/desk").status_code == 401


def test_an_administrator_keeps_to_their_own_organisations(
    rooms: OneTransaction, house: APIFlask, people: dict[str, int]
) -> None:
    with rooms.unit_of_work(SETTER) as session:
        root = queries.root(session)
        parts = [door.bureau(session, root, code) for code in ("east", "west")]
        door.account(session, parts[0], "admin.east", "ADMIN")
        theirs = door.account(session, parts[1], "disp.west", "DISP").id
        west = parts[1].id
    browser = Browser(house)
    browser.sign_in("admin.east")
    assert [one["account"] for one in browser.get("/admin/users").get_json()] == ["admin.east"]
    for answer in (
        browser.put(f"/admin/users/{theirs}", **said(west)),
        browser.post(f"/admin/users/{theirs}/password"),
        browser.delete(f"/admin/users/{theirs}/second-factor"),
        browser.get(f"/admin/users/{theirs}/sessions"),
        browser.delete(f"/admin/users/{theirs}/sessions"),
    ):
        assert code_of(answer) == (404, "not_found")
    refused = browser.post("/admin/users", account="spy", **said(west))
    assert code_of(refused) == (422, "not_found")


def test_only_administrators_administer(house: APIFlask, people: dict[str, int]) -> None:
    browser = Browser(house)
    browser.sign_in("cmd")
    for answer in (
        browser.get("/admin/users"),
        browser.get("/admin/tokens"),
        browser.post(f"/admin/users/{people['disp']}/password"),
    ):
        assert code_of(answer) == (403, "forbidden")


def test_an_administrator_sees_no_case(admin: Browser) -> None:
    assert code_of(admin.get("/desk")) == (403, "forbidden")


def test_administration_asks_for_a_fresh_proof(
    bureau_house: APIFlask, people: dict[str, int], root: int, clock: FixedClock
) -> None:
    browser = Browser(bureau_house)
    browser.sign_in("admin")
    browser.enrol(clock)
    clock.advance(minutes=11)
    address = f"/admin/users/{people['disp']}"
    for answer in (
        browser.post("/admin/users", account="wangmin", **said(root)),
        browser.put(address, **said(root)),
        browser.post(f"{address}/password"),
        browser.delete(f"{address}/second-factor"),
        browser.delete(f"{address}/sessions"),
        browser.post("/admin/tokens", name="x", organisation_id=root, scopes=["case.read"],
                     expires_at="2027-01-01T00:00:00Z"),
    ):  # fmt: skip
        assert code_of(answer) == (403, "step_up_required")


def test_every_change_is_on_record_without_names_numbers_or_passwords(
    admin: Browser, root: int, rooms: OneTransaction, people: dict[str, int]
) -> None:
    phone = "+99913800000000"
    made = admin.post("/admin/users", account="wangmin", **said(root, phone=phone)).get_json()
    ident = made["person"]["id"]
    admin.put(f"/admin/users/{ident}", **said(root, roles=["CMD"], phone=""))
    reset = admin.post(f"/admin/users/{ident}/password").get_json()
    with rooms.unit_of_work(SETTER) as session:
        entries = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.object_id == str(ident), AuditEntry.actor_id == people["admin"])
            .order_by(AuditEntry.id)
        ).all()
        assert [entry.action for entry in entries] == [
            "user.created", "user.changed", "password.reset",
        ]  # fmt: skip
        assert entries[1].detail == {
            "fields": ["phone", "roles"], "roles": ["CMD"], "organisation_id": root,
            "active": True,
        }  # fmt: skip
        told = " ".join(str(entry.detail) for entry in entries)
    for secret in (made["password"], reset["password"], phone, "王敏", PASSWORD):
        assert secret not in told


def test_closed_accounts_stay_in_the_administrator_s_list(
    admin: Browser, root: int, people: dict[str, int]
) -> None:
    admin.put(f"/admin/users/{people['disp']}", **said(root, active=False))
    (found,) = admin.get("/admin/users?q=王敏").get_json()
    assert (found["account"], found["active"]) == ("disp", False)


def test_the_tree_of_organisations_is_unchanged(rooms: OneTransaction, root: int) -> None:
    with rooms.unit_of_work(SETTER) as session:
        assert session.scalars(select(Organisation.id)).all() == [root]


def test_an_extension_is_one_of_the_exchange_s_and_somebody_s_alone(
    admin: Browser, people: dict[str, int], root: int
) -> None:
    given = admin.put(f"/admin/users/{people['disp']}", **said(root, extension="8003"))
    assert given.get_json()["extension"] == "8003"
    again = admin.put(f"/admin/users/{people['disp']}", **said(root, extension="8003"))
    assert again.status_code == 200
    taken = admin.post("/admin/users", account="wangmin", **said(root, extension="8003"))
    assert code_of(taken) == (409, "extension_taken")
    unknown = admin.put(f"/admin/users/{people['disp']}", **said(root, extension="9999"))
    assert code_of(unknown) == (422, "unknown_extension")
