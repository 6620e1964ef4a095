"""How often a query code may be guessed at, by one stranger and by many."""

import threading
from collections import Counter

import pytest
from sqlalchemy.orm import Session

from command_center.portal import views as portal_views
from command_center.portal.views import Limits
from kernel.db import Database
from kernel.limiter import Limiter
from kernel.settings import Settings
from tests.factories.bureau import make_bureau, make_intake, make_office, report
from tests.factories.desk import Desk, OneTransaction

STRANGER, OWNER = "192.0.2.1", "192.0.2.99"


def make_desk(database: Database | OneTransaction, settings: Settings) -> Desk:
    """The public pages; one address gets 10 guesses at a case, all together 30."""
    limits = Limits(asking=Limiter(1000, 600))
    return Desk(
        database,
        settings,
        [portal_views.create_blueprint(make_intake(make_office(settings)), limits)],
    )


@pytest.fixture
def desk(session: Session, settings: Settings) -> Desk:
    make_bureau(session)
    return make_desk(OneTransaction(session), settings)


@pytest.fixture
def case(desk: Desk) -> dict[str, str]:
    """A case's number and its code."""
    told = report().model_dump(
        mode="json", exclude={"urgency", "urgency_reason", "triggers"}, exclude_none=True
    )
    (receipt,) = desk.post(None, "/public/submissions", told).get_json()["receipts"]
    return {name: receipt[name] for name in ("case_no", "query_code")}


def ask(desk: Desk, case: dict[str, str], address: str) -> int:
    return desk.send(
        "POST", None, "/public/query", json=case, environ_base={"REMOTE_ADDR": address}
    ).status_code


def wrong(case: dict[str, str]) -> dict[str, str]:
    return case | {"query_code": f"{(int(case['query_code']) + 1) % 10**6:06}"}


def test_many_guesses_at_once_are_ten_tries(database: Database, settings: Settings) -> None:
    desk = make_desk(database, settings)
    answers: Counter[int] = Counter()

    def guess() -> None:
        body = {"case_no": "JB1100002026092200001", "query_code": "123456"}
        answer = desk.app.test_client().post("/api/v1/public/query", json=body)
        answers[answer.status_code] += 1

    threads = [threading.Thread(target=guess) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {404: 10, 429: 30}


def test_a_stranger_s_guesses_do_not_shut_out_the_case_s_own_person(
    desk: Desk, case: dict[str, str]
) -> None:
    answers = [ask(desk, wrong(case), STRANGER) for _ in range(100)]
    assert answers == [404] * 10 + [429] * 90
    assert ask(desk, case, STRANGER) == 429
    assert ask(desk, case, OWNER) == 200


def test_strangers_at_many_addresses_share_one_limit(desk: Desk, case: dict[str, str]) -> None:
    answers = [ask(desk, wrong(case), f"192.0.2.{n % 20}") for n in range(100)]
    assert answers == [404] * 30 + [429] * 70


def test_the_case_s_own_person_may_ask_as_often_as_they_like(
    desk: Desk, case: dict[str, str]
) -> None:
    assert {ask(desk, case, OWNER) for _ in range(50)} == {200}
