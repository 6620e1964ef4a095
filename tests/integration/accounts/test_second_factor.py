"""The second step of signing in: demanded of those who decide, offered to everybody."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from sqlalchemy import select, text

from command_center.accounts import attempts
from command_center.accounts.models import RecoveryCode, SecondFactor
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from tests.factories.desk import OneTransaction
from tests.factories.door import SETTER, Browser, Phone, code_of

Enrol = Callable[[str], Phone]


def test_in_the_demo_nobody_is_asked_for_a_second_factor(house: APIFlask) -> None:
    browser = Browser(house)
    me = browser.sign_in("cmd").get_json()
    assert (me["must"], me["has_second_factor"]) == ([], False)
    assert browser.get("/desk").status_code == 200


def test_whoever_decides_opens_nothing_before_enrolling(
    bureau_house: APIFlask, clock: FixedClock
) -> None:
    browser = Browser(bureau_house)
    assert browser.sign_in("cmd").get_json()["must"] == ["second_factor"]
    assert code_of(browser.get("/desk")) == (403, "second_factor_first")
    assert code_of(browser.get("/account/sessions")) == (403, "second_factor_first")
    browser.enrol(clock)
    assert browser.get("/session").get_json()["must"] == []
    assert browser.get("/desk").status_code == 200


@pytest.mark.parametrize(
    ("account", "must"),
    [
        ("cmd", ["second_factor"]),
        ("admin", ["second_factor"]),
        ("audit", ["second_factor"]),
        ("unit", ["second_factor"]),  # may reveal identities
        ("disp", []),
        ("agent", []),
    ],
)
def test_who_must_enrol_in_production(
    bureau_house: APIFlask, account: str, must: list[str]
) -> None:
    assert Browser(bureau_house).sign_in(account).get_json()["must"] == must


def test_the_password_alone_opens_nothing_once_a_second_factor_is_enrolled(
    bureau_house: APIFlask, enrolled: Enrol
) -> None:
    phone = enrolled("cmd")
    browser = Browser(bureau_house)
    answer = browser.sign_in("cmd")
    assert answer.status_code == 202
    assert answer.get_json() == {"second": ["totp", "recovery"], "expires_in": 300,
                                 "may_trust": True}  # fmt: skip
    assert "cc_session" not in str(answer.headers)
    assert browser.get("/session").status_code == 401
    assert browser.second(phone.next_code()).status_code == 200
    assert browser.get("/desk").status_code == 200


def test_a_code_is_good_for_one_sign_in(bureau_house: APIFlask, enrolled: Enrol) -> None:
    phone = enrolled("cmd")
    used = phone.next_code()
    for status in (200, 401):
        browser = Browser(bureau_house)
        browser.sign_in("cmd")
        assert browser.second(used).status_code == status


def test_the_code_of_the_enrolment_is_used_up_too(bureau_house: APIFlask, enrolled: Enrol) -> None:
    phone = enrolled("cmd")
    browser = Browser(bureau_house)
    browser.sign_in("cmd")
    assert code_of(browser.second(phone.code())) == (401, "bad_code")


def test_a_recovery_code_stands_in_once(bureau_house: APIFlask, enrolled: Enrol) -> None:
    code = next(enrolled("cmd").recovery)
    for status in (200, 401):
        browser = Browser(bureau_house)
        browser.sign_in("cmd")
        assert browser.second(code.lower()).status_code == status


def test_nobody_uses_another_s_recovery_code(bureau_house: APIFlask, enrolled: Enrol) -> None:
    code = next(enrolled("cmd").recovery)
    enrolled("unit")
    browser = Browser(bureau_house)
    browser.sign_in("unit")
    assert code_of(browser.second(code)) == (401, "bad_code")


def test_five_wrong_codes_close_the_second_step_and_new_challenges_do_not_reopen_it(
    bureau_house: APIFlask, enrolled: Enrol, clock: FixedClock
) -> None:
    phone = enrolled("cmd")
    for _ in range(attempts.PER_ACCOUNT):
        browser = Browser(bureau_house)
        browser.sign_in("cmd")
        assert code_of(browser.second("000000")) == (401, "bad_code")
    browser = Browser(bureau_house)
    assert browser.sign_in("cmd").status_code == 202
    assert code_of(browser.second(phone.next_code())) == (429, "account_locked")
    assert code_of(browser.second(next(phone.recovery))) == (429, "account_locked")
    clock.advance(minutes=16)
    browser.sign_in("cmd")
    assert browser.second(phone.next_code()).status_code == 200


def test_a_challenge_waits_five_minutes(
    bureau_house: APIFlask, enrolled: Enrol, clock: FixedClock
) -> None:
    phone = enrolled("cmd")
    browser = Browser(bureau_house)
    browser.sign_in("cmd")
    clock.advance(minutes=6)
    assert code_of(browser.second(phone.code())) == (401, "challenge_over")


def test_a_second_step_needs_a_first(bureau_house: APIFlask, enrolled: Enrol) -> None:
    phone = enrolled("cmd")
    assert code_of(Browser(bureau_house).second(phone.next_code())) == (401, "challenge_over")


def test_a_new_factor_counts_only_once_a_code_has_confirmed_it(
    bureau_house: APIFlask, enrolled: Enrol
) -> None:
    phone = enrolled("cmd")
    browser = Browser(bureau_house)
    browser.sign_in("cmd")
    browser.second(phone.next_code())
    browser.post("/account/second-factor")
    assert code_of(browser.post("/account/second-factor/confirm", code="000000")) == (
        422, "bad_code",
    )  # fmt: skip
    again = Browser(bureau_house)
    again.sign_in("cmd")
    assert again.second(phone.next_code()).status_code == 200


def test_whoever_finds_a_desk_open_cannot_put_their_own_phone_in_its_user_s_place(
    bureau_house: APIFlask, enrolled: Enrol, clock: FixedClock
) -> None:
    phone = enrolled("cmd")
    browser = Browser(bureau_house)
    browser.sign_in("cmd")
    browser.second(phone.next_code())
    clock.advance(minutes=11)
    for answer in (
        browser.post("/account/second-factor"),
        browser.post("/account/recovery-codes"),
        browser.delete("/account/second-factor"),
    ):
        assert code_of(answer) == (403, "step_up_required")


def test_a_demanded_factor_cannot_be_given_up_an_offered_one_can(
    house: APIFlask, bureau_house: APIFlask, enrolled: Enrol, clock: FixedClock
) -> None:
    phone = enrolled("cmd")
    browser = Browser(bureau_house)
    browser.sign_in("cmd")
    browser.second(phone.next_code())
    refused = browser.delete("/account/second-factor")
    assert code_of(refused) == (403, "second_factor_demanded")
    offered = Browser(house)
    offered.sign_in("disp")
    offered.enrol(clock)
    assert offered.delete("/account/second-factor").status_code == 204
    assert Browser(house).sign_in("disp").status_code == 200


def test_the_database_holds_neither_the_secret_nor_a_recovery_code(
    bureau_house: APIFlask, enrolled: Enrol, rooms: OneTransaction
) -> None:
    phone = enrolled("cmd")
    code = next(phone.recovery)
    with rooms.unit_of_work(SETTER) as session:
        held = session.scalars(select(SecondFactor)).one()
        assert held.secret is not None
        assert phone.totp.secret.encode() not in held.secret
        assert all(code.encode() not in row for row in session.scalars(
            select(RecoveryCode.code_hash)))  # fmt: skip
        said = " ".join(str(entry.detail) for entry in session.scalars(select(AuditEntry)))
        assert phone.totp.secret not in said
        assert code not in said


def test_a_secret_moved_to_another_person_s_row_opens_nothing(
    bureau_house: APIFlask, enrolled: Enrol, rooms: OneTransaction, people: dict[str, int]
) -> None:
    phone = enrolled("cmd")
    enrolled("unit")
    with rooms.unit_of_work(SETTER) as session:
        session.execute(
            text(
                "update accounts.second_factors set secret = (select secret from"
                " accounts.second_factors where user_id = :mine) where user_id = :theirs"
            ),
            {"mine": people["cmd"], "theirs": people["unit"]},
        )
    browser = Browser(bureau_house)
    browser.sign_in("unit")
    assert browser.second(phone.next_code()).status_code == 401


def test_the_qr_code_is_a_picture_of_the_address(house: APIFlask) -> None:
    browser = Browser(house)
    browser.sign_in("disp")
    said = browser.post("/account/second-factor").get_json()
    assert said["svg"].startswith("<svg")
    assert said["uri"].startswith("otpauth://totp/")
    assert said["secret"] in said["uri"]
