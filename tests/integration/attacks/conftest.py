from collections.abc import Callable, Iterator
from typing import Any

import pytest

from command_center.accounts import cookies, web
from command_center.accounts.models import LoginSession
from command_center.accounts.phones import Phones
from command_center.intake import views as intake
from command_center.intake.callers import Limits
from command_center.portal import views as portal
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.limiter import Limiter
from kernel.settings import Settings
from tests.factories import siege
from tests.factories.siege import Siege


def remembering(house: Siege) -> Callable[..., LoginSession | None]:
    """The door, which looks each seat up once: most of an attack's time would go there. Browsers
    that sign in themselves are looked up each time.
    """
    look, tokens = web.session_of_request, {seat.token for seat in house.seats.values()}
    held: dict[str, LoginSession | None] = {}

    def session_of_request(touch: bool = False) -> LoginSession | None:
        token = cookies.read(house.settings, cookies.SESSION)
        if token not in tokens:
            return look(touch)
        if token not in held:
            held[token] = look()
        return held[token]

    return session_of_request


class NoListener(Phones):
    """Officers' phones, whose positions go nowhere."""

    def accept(self, *_: Any) -> None:
        """Taken."""


def besiege(settings: Settings, address: str, redis_url: str) -> Iterator[Siege]:
    """A house of its own, in which no limit stops anybody."""
    free, database = Limiter(10**9, 1), Database(address, clock=FixedClock(), pool_size=8)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(portal.Limits, "of_the_demo", lambda: portal.Limits(free, free, free, free))
        patched.setattr(intake, "Limits", lambda: Limits(free, free))
        made = siege.build(
            settings.model_copy(update={"database_url": address, "redis_url": redis_url}), database
        )
    made.house.dispatch.field.positions = NoListener(settings)
    yield made
    made.house.database.close()
    database.close()


@pytest.fixture(scope="package")
def besieged(
    settings: Settings, make_database: Callable[[], str], redis_url: str
) -> Iterator[Siege]:
    """One house for all attacks."""
    for made in besiege(settings, make_database(), redis_url):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(web, "session_of_request", remembering(made))
            yield made


@pytest.fixture(scope="module")
def stormed(
    settings: Settings, make_database: Callable[[], str], redis_url: str
) -> Iterator[Siege]:
    """A house whose requests are kept, many at a time."""
    yield from besiege(settings, make_database(), redis_url)
