"""One's own sessions: seen, ended, and ended by what happens to the account."""

from apiflask import APIFlask
from flask import Flask
from sqlalchemy import select

from command_center.accounts import web
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from tests.factories.desk import OneTransaction
from tests.factories.door import PASSWORD, SETTER, Browser, code_of

PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


def test_a_person_sees_where_they_are_signed_in(house: APIFlask, clock: FixedClock) -> None:
    desk, phone = Browser(house), Browser(house, PHONE)
    desk.sign_in("disp")
    clock.advance(minutes=5)
    phone.sign_in("disp")
    Browser(house).sign_in("agent")
    found = phone.get("/account/sessions").get_json()
    assert [(held["this"], held["agent"]) for held in found] == [(True, PHONE), (False, desk.agent)]
    assert {held["address"] for held in found} == {"127.0.0.1"}
    assert found[1]["how"] == "password"


def test_a_session_ended_elsewhere_is_over_at_once(house: APIFlask) -> None:
    lost, here = Browser(house), Browser(house)
    lost.sign_in("disp")
    here.sign_in("disp")
    other = next(held for held in here.get("/account/sessions").get_json() if not held["this"])
    assert here.delete(f"/account/sessions/{other['id']}").status_code == 204
    assert lost.get("/desk").status_code == 401
    assert here.get("/desk").status_code == 200


def test_all_others_are_ended_at_once(house: APIFlask) -> None:
    others = [Browser(house) for _ in range(3)]
    for other in others:
        other.sign_in("disp")
    here = Browser(house)
    here.sign_in("disp")
    assert here.delete("/account/sessions").get_json() == {"ended": 3}
    assert [other.get("/desk").status_code for other in others] == [401] * 3
    assert here.get("/desk").status_code == 200


def test_nobody_ends_another_s_session(house: APIFlask) -> None:
    other, here = Browser(house), Browser(house)
    other.sign_in("agent")
    here.sign_in("disp")
    (held,) = other.get("/account/sessions").get_json()
    assert here.delete(f"/account/sessions/{held['id']}").status_code == 404
    assert other.get("/desk").status_code == 200


def test_each_sign_in_has_a_token_of_its_own(house: APIFlask) -> None:
    browser = Browser(house)
    tokens = set()
    for _ in range(2):
        browser.sign_in("disp")
        cookie = browser.client.get_cookie("cc_session")
        assert cookie is not None
        tokens.add((cookie.value, browser.csrf))
    assert len(tokens) == 2
    assert len(browser.get("/account/sessions").get_json()) == 1  # the first ended with it


def test_a_session_that_asks_for_nothing_ends_in_production(
    bureau_house: APIFlask, clock: FixedClock
) -> None:
    browser = Browser(bureau_house)
    browser.sign_in("disp")
    for _ in range(3):
        clock.advance(minutes=90)
        assert browser.get("/desk").status_code == 200
    clock.advance(minutes=121)
    assert browser.get("/desk").status_code == 401


def test_a_desk_that_only_listens_is_not_asking(bureau_house: APIFlask, clock: FixedClock) -> None:
    browser = Browser(bureau_house)
    browser.sign_in("disp")
    cookie = browser.client.get_cookie("__Host-cc_session")
    assert cookie is not None

    def still_listens() -> bool:
        with bureau_house.test_request_context(
            headers={"Cookie": f"__Host-cc_session={cookie.value}"}
        ):
            return web.principal_of_request() is not None

    clock.advance(minutes=100)
    assert still_listens()
    clock.advance(minutes=21)
    assert not still_listens()
    assert browser.get("/desk").status_code == 401


def test_the_live_line_stays_shut_until_the_sign_in_is_finished(bureau_house: APIFlask) -> None:
    browser = Browser(bureau_house)
    assert browser.sign_in("cmd").get_json()["must"] == ["second_factor"]
    assert listener(bureau_house, browser) is None


def listener(app: Flask, browser: Browser) -> object:
    cookie = browser.client.get_cookie("__Host-cc_session")
    assert cookie is not None
    with app.test_request_context(headers={"Cookie": f"__Host-cc_session={cookie.value}"}):
        return web.principal_of_request()


def test_in_production_the_cookie_is_bound_to_this_host_and_to_tls(bureau_house: APIFlask) -> None:
    said = Browser(bureau_house).sign_in("disp").headers["Set-Cookie"]
    assert said.startswith("__Host-cc_session=")
    for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in said
    assert "Domain" not in said


def test_the_record_tells_of_sessions_but_of_no_token(
    house: APIFlask, rooms: OneTransaction
) -> None:
    browser = Browser(house)
    browser.sign_in("disp")
    browser.post("/session/confirm", password=PASSWORD)
    browser.delete("/session")
    cookie_like = browser.csrf
    with rooms.unit_of_work(SETTER) as session:
        of_sessions = select(AuditEntry).where(AuditEntry.action.startswith("session"))
        entries = session.scalars(of_sessions.order_by(AuditEntry.id)).all()
        assert [entry.action for entry in entries] == [
            "session.opened", "session.confirmed", "session.ended",
        ]  # fmt: skip
        said = " ".join(str(entry.detail) for entry in entries)
        assert PASSWORD not in said
        assert cookie_like not in said


def test_signing_out_needs_the_page_s_token(house: APIFlask) -> None:
    browser = Browser(house)
    browser.sign_in("disp")
    browser.csrf = "another"
    assert code_of(browser.delete("/session")) == (403, "csrf")
