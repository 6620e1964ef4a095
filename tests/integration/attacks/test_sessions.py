"""Sessions that are planted, kept or stolen; requests of other sites; requests sent twice."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from command_center.accounts import cookies
from kernel.clock import FixedClock
from kernel.db import Base
from tests.factories.documented import Operation, operations
from tests.factories.door import PASSWORD, Browser, Phone
from tests.factories.siege import ALL, Siege

PLANTED = "planted-by-the-attacker"
OURS = (cookies.SESSION, cookies.CHALLENGE, cookies.DEVICE, cookies.PROVIDER)
UNSAFE = ("POST", "PUT", "DELETE", "PATCH")


@pytest.fixture
def scene(besieged: Siege) -> Iterator[Connection]:
    """Everything that happens in one test is undone together."""
    with besieged.database.attack() as connection:
        yield connection


@pytest.fixture
def clock(besieged: Siege) -> FixedClock:
    found = besieged.database.clock
    assert isinstance(found, FixedClock)
    return found


def token(browser: Browser) -> str:
    held = browser.client.get_cookie(cookies.SESSION)
    return held.value if held else ""


def opens(besieged: Siege, value: str) -> bool:
    """Whether this cookie lets anybody in."""
    browser = Browser(besieged.app)
    browser.client.set_cookie(cookies.SESSION, value)
    return browser.get("/session").status_code == 200


# -- fixation ------------------------------------------------------------------------------------


def test_a_planted_cookie_is_never_adopted(besieged: Siege, scene: Connection) -> None:
    browser = Browser(besieged.app)
    for name in OURS:
        browser.client.set_cookie(name, PLANTED)
    assert browser.sign_in("stat").status_code == 200
    assert token(browser) != PLANTED
    assert not opens(besieged, PLANTED)


def test_a_session_planted_by_an_attacker_ends_when_its_victim_signs_in(
    besieged: Siege, scene: Connection
) -> None:
    attacker, victim = Browser(besieged.app), Browser(besieged.app)
    attacker.sign_in("agent")
    victim.client.set_cookie(cookies.SESSION, token(attacker))
    victim.sign_in("stat")
    assert token(victim) != token(attacker)
    assert not opens(besieged, token(attacker))


def test_every_proof_gives_a_new_token(
    besieged: Siege, scene: Connection, clock: FixedClock
) -> None:
    browser, seen = Browser(besieged.app), [PLANTED]
    browser.sign_in("stat")
    seen.append(token(browser))
    phone = browser.enrol(clock)
    browser.delete("/session")
    assert browser.sign_in("stat").status_code == 202
    assert token(browser) == ""
    assert browser.second(phone.next_code()).status_code == 200
    seen.append(token(browser))
    assert browser.post("/session/confirm", password=PASSWORD).status_code == 200
    seen.append(token(browser))
    changed = {"old": PASSWORD, "password": "纸飞机穿过七月的长廊x9"}
    assert browser.post("/account/password", **changed).status_code == 204
    seen.append(token(browser))
    assert len(set(seen)) == len(seen)
    assert [opens(besieged, one) for one in seen] == [False, False, False, False, True]


def test_a_token_stolen_before_the_password_was_changed_opens_nothing_after(
    besieged: Siege, scene: Connection
) -> None:
    browser = Browser(besieged.app)
    browser.sign_in("stat")
    stolen = token(browser)
    assert opens(besieged, stolen)
    browser.post("/account/password", old=PASSWORD, password="纸飞机穿过七月的长廊x9")
    assert not opens(besieged, stolen)


def test_a_challenge_of_another_browser_finishes_nothing(
    besieged: Siege, scene: Connection, clock: FixedClock
) -> None:
    """An attacker who knows a password plants their challenge, or steals the victim's code."""
    phones = {}
    for account in ("stat", "agent"):
        browser = Browser(besieged.app)
        browser.sign_in(account)
        phones[account] = browser.enrol(clock)
    attacker, victim = Browser(besieged.app), Browser(besieged.app)
    attacker.sign_in("agent")
    challenge = attacker.client.get_cookie(cookies.CHALLENGE)
    assert challenge is not None
    victim.sign_in("stat")
    victim.client.set_cookie(cookies.CHALLENGE, challenge.value)
    assert victim.second(phones["stat"].next_code()).status_code == 401


# -- other sites ---------------------------------------------------------------------------------


def unsafe(besieged: Siege) -> list[Operation]:
    return [one for one in operations(besieged.app) if one.method in UNSAFE]


def test_no_other_site_changes_anything(besieged: Siege) -> None:
    wrong, host = [], "localhost"
    for operation in unsafe(besieged):
        body = {"json": besieged.body(operation)} if operation.body else {}
        for headers in (
            {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": f"http://x.{host}"},
            {"Origin": f"http://{host}.evil.example"}, {"Origin": f"http://{host}@evil.example"},
            {"Origin": f"http://{host}:81"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": ""},
        ):  # fmt: skip
            answer = besieged.send(
                ALL, operation.method, besieged.path(operation), headers=headers, **body
            )
            if answer.status_code != 403 or answer.get_json()["code"] != "cross_site":
                wrong.append((str(operation), headers, answer.status_code))
    assert wrong == []


def test_no_page_changes_anything_without_its_token(besieged: Siege) -> None:
    wrong, others = [], besieged.seats["stat"].csrf
    for operation in unsafe(besieged):
        view = besieged.app.view_functions[endpoint(besieged, operation)]
        if getattr(view, "required_permissions", None) is None:
            continue
        body = {"json": besieged.body(operation)} if operation.body else {}
        for given in ("", "x", others, others[:-1] + "é", "\x00", besieged.seats[ALL].csrf[:-1]):
            answer = besieged.send(
                ALL, operation.method, besieged.path(operation),
                headers={"X-CSRF-Token": given}, **body,
            )  # fmt: skip
            if answer.status_code != 403 or answer.get_json()["code"] != "csrf":
                wrong.append((str(operation), given, answer.status_code, answer.text[:80]))
    assert wrong == []


def endpoint(besieged: Siege, operation: Operation) -> str:
    found, _ = besieged.app.url_map.bind("localhost").match(
        besieged.path(operation), operation.method
    )
    return str(found)


def test_a_session_that_was_left_opens_no_endpoint(besieged: Siege) -> None:
    """Every operation that asks for somebody, with a cookie and token kept from before."""
    wrong = []
    with besieged.database.attack():
        browser = Browser(besieged.app)
        browser.sign_in(ALL)
        kept, csrf = token(browser), browser.csrf
        assert browser.delete("/session").status_code == 204
        headers = {"Cookie": f"{cookies.SESSION}={kept}", "X-CSRF-Token": csrf}
        for operation in operations(besieged.app):
            view = besieged.app.view_functions[endpoint(besieged, operation)]
            if getattr(view, "required_permissions", None) is None:
                continue
            body = {"json": besieged.body(operation)} if operation.body else {}
            answer = besieged.request(
                None, operation.method, besieged.path(operation), headers=headers, **body
            )
            if answer.status_code != 401:
                wrong.append((str(operation), answer.status_code))
    assert wrong == []


# -- replays -------------------------------------------------------------------------------------

REPEATED = {
    "proposeSecondFactor": "a proposal counts for nothing until a code confirms it",
    "resetPassword": "the first password is worth nothing after the second",
    "createToken": "an administrator's own words, with a fresh proof",
    "placeLegalHold": "two holds keep no less than one",
    "askAuditCheck": "one more check of the log harms nothing",
    "searchIdentity": "each search is on record by itself",
    "putCaseFacts": "a correction; the second says the same",
    "setCaseUrgency": "a decision with its reason; the second says the same",
    "escalateCase": "a decision with its reason; the second says the same",
    "reportStatus": "an assignment keeps every word that was said of it; the second moves nothing",
    "reportStatusOnBehalf": "as above",
}
"""Operations whose second sending may leave a trace, and why that is no second effect."""
TRACES = ("audit", "audit_unchained", "jobs", "login_failures", "sessions")
"""What keeps that somebody asked, not what they did; none of them says it twice to anybody else."""


def state(connection: Connection) -> dict[str, str]:
    """A digest of every table."""
    connection.execute(text("select set_config('role', 'none', true)"))
    tables = [t for t in Base.metadata.sorted_tables if t.name not in TRACES]
    parts = (
        f"select '{t.name}' as name, md5(coalesce(string_agg(x::text, '|' order by x::text), ''))"
        f" as digest from {t.schema}.{t.name} x"
        for t in tables
    )
    found = connection.execute(text(" union all ".join(parts)))
    return {name: digest for name, digest in found}


def test_a_request_sent_twice_has_one_effect(besieged: Siege) -> None:
    wrong, worked = [], 0
    for operation in unsafe(besieged):
        path = besieged.path(operation)
        body = {"json": besieged.body(operation)} if operation.body else {}
        with besieged.database.attack() as connection:
            first = besieged.request(ALL, operation.method, path, **body)
            if first.status_code >= 400:
                continue
            worked, before = worked + 1, state(connection)
            second = besieged.request(ALL, operation.method, path, **body)
            after = state(connection)
        changed = [name for name in before if before[name] != after[name]]
        if second.status_code >= 500 or (changed and operation.name not in REPEATED):
            wrong.append((str(operation), operation.name, second.status_code, changed))
    assert worked > 30
    assert wrong == []


def one(besieged: Siege, name: str) -> Operation:
    return next(op for op in operations(besieged.app) if op.name == name)


def test_a_submission_or_order_sent_twice_is_one(besieged: Siege, scene: Connection) -> None:
    answers: list[TestResponse] = []
    submit = one(besieged, "submitPublicly")
    told: dict[str, Any] = besieged.body(submit)
    for _ in range(2):
        answers.append(besieged.request(None, "POST", besieged.path(submit), json=told))
    assert answers[0].get_json() == answers[1].get_json()
    other = besieged.request(None, "POST", besieged.path(submit), json={**told, "kinds": ["JB"]})
    assert other.status_code in (201, 409, 422)
    assert re.findall(r'"case_no":"(\w+)"', answers[0].text)[0] not in other.text


def test_codes_and_tokens_are_good_once(
    besieged: Siege, scene: Connection, clock: FixedClock
) -> None:
    browser = Browser(besieged.app)
    browser.sign_in("stat")
    phone: Phone = browser.enrol(clock)
    used = phone.next_code()
    browser.delete("/session")
    browser.sign_in("stat")
    challenge = browser.client.get_cookie(cookies.CHALLENGE)
    assert challenge is not None
    assert browser.second(used).status_code == 200
    assert browser.post("/session/confirm", code=used).status_code == 401
    replay = Browser(besieged.app)
    replay.client.set_cookie(cookies.CHALLENGE, challenge.value)
    assert replay.second(phone.next_code()).status_code == 401
    recovery = next(phone.recovery)
    for expected in (200, 401):
        browser = Browser(besieged.app)
        browser.sign_in("stat")
        assert browser.second(recovery).status_code == expected


def test_a_receipt_and_a_text_told_twice_are_one(besieged: Siege, scene: Connection) -> None:
    asked = "/hooks/kannel/inbound?id=again&at=1"
    for _ in range(2):
        answer = besieged.hooked(
            asked, data="接令".encode(), headers={"X-Kannel-From": "+9991390000009"},
            content_type="text/plain; charset=utf-8",
        )  # fmt: skip
        assert answer.status_code == 202
    count = "select count(*) from telephony.inbound where provider_id = 'again'"
    scene.execute(text("select set_config('role', 'none', true)"))
    assert scene.scalar(text(count)) == 1
