"""A bureau with an application behind its door, as a demo and as a bureau runs it."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from kernel.clock import FixedClock
from kernel.settings import Settings
from tests.factories import door
from tests.factories.desk import OneTransaction

PEOPLE = (
    ("disp", "DISP"),
    ("agent", "AGENT"),
    ("cmd", "CMD"),
    ("unit", "UNIT"),
    ("admin", "ADMIN"),
    ("audit", "AUDIT"),
)


@pytest.fixture
def rooms(session: Session) -> OneTransaction:
    """The database of one test: its units of work are savepoints, rolled back at the end."""
    return OneTransaction(session)


@pytest.fixture
def people(rooms: OneTransaction) -> dict[str, int]:
    """Accounts by name -> id; everybody sits at the bureau."""
    with rooms.unit_of_work(door.SETTER) as session:
        bureau = door.bureau(session)
        return {name: door.account(session, bureau, name, role).id for name, role in PEOPLE}


@pytest.fixture
def house(rooms: OneTransaction, settings: Settings, people: dict[str, int]) -> APIFlask:
    """The demo: a second factor is offered, a proof holds as long as the session."""
    return door.open_door(rooms, settings)


@pytest.fixture
def bureau_house(rooms: OneTransaction, settings: Settings, people: dict[str, int]) -> APIFlask:
    """Production: a second factor is demanded, a proof holds ten minutes."""
    return door.open_door(rooms, door.production(settings))


@pytest.fixture
def enrolled(bureau_house: APIFlask, clock: FixedClock) -> Callable[[str], door.Phone]:
    """Gives somebody a second factor and their authenticator."""

    def enrol(account: str) -> door.Phone:
        browser = door.Browser(bureau_house)
        assert browser.sign_in(account).status_code == 200
        return browser.enrol(clock)

    return enrol
