"""Facts about the business of an order: asked for by desk and crew, kept with the order."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.orders import queries
from dispatch.subjects.models import SubjectFacts
from dispatch.subjects.ports import (
    FOUND,
    NOT_FOUND,
    TIMEOUT,
    UNAVAILABLE,
    Answer,
    Asked,
    Facts,
)
from dispatch.subjects.service import A_MINUTE
from dispatch.subjects.views import theirs
from kernel.access import Principal
from kernel.errors import NotFound, TooMany
from tests.integration.dispatch.conftest import DISPATCHER, EAST, WEST, Desk, person
from tests.integration.dispatch.test_field import APP, officer

SINCE = datetime(2026, 9, 1, tzinfo=UTC)
KNOWN = Answer(
    FOUND, "registry", SINCE, Facts(name="老王饭店", scope="餐饮服务", promises="七日退换")
)


def ask(desk: Desk, order_id: int, who: Principal = DISPATCHER) -> SubjectFacts:
    """As the endpoint: asked between two transactions. Gives the newest answer."""
    asked = desk.do(lambda s: desk.room.subjects.question(s, theirs(s, order_id)), who)
    answer = desk.registry.find(asked) if asked else None

    def step(session: Session) -> SubjectFacts:
        order = theirs(session, order_id)
        if answer is not None:
            desk.room.subjects.keep(session, order, answer)
        return desk.room.subjects.of(session, order)[0]

    return desk.do(step, who)


def known(desk: Desk, order_id: int) -> list[tuple[str, str]]:
    def step(session: Session) -> list[tuple[str, str]]:
        order = queries.visible(session, DISPATCHER, order_id)
        return [
            (one.outcome, one.content["scope"]) for one in desk.room.subjects.of(session, order)
        ]

    return desk.do(step)


def test_the_order_shows_what_was_known_when(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.registry.answer = KNOWN
    first = ask(desk, order_id)
    assert (first.asked_at, first.asked_by_name, first.fetched_at) == (
        desk.clock.now(), DISPATCHER.name, SINCE
    )  # fmt: skip
    assert desk.registry.asked == [Asked("", "老王饭店")]
    desk.registry.answer = Answer(FOUND, "registry", SINCE, Facts(scope="餐饮服务、食品销售"))
    assert ask(desk, order_id).id == first.id, "an answer of this minute is given again"
    desk.clock.advance(minutes=1)
    ask(desk, order_id)
    assert known(desk, order_id) == [(FOUND, "餐饮服务、食品销售"), (FOUND, "餐饮服务")]


@pytest.mark.parametrize("outcome", [NOT_FOUND, TIMEOUT, UNAVAILABLE])
def test_a_silence_is_kept_as_such(desk: Desk, outcome: str) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.registry.answer = Answer(outcome, "remote")
    ask(desk, order_id)
    assert known(desk, order_id) == [(outcome, "")]


def test_nobody_asks_about_the_order_of_another_jurisdiction(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    with pytest.raises(NotFound):
        ask(desk, order_id, person(8, "DISP", WEST.path))
    assert ask(desk, order_id, person(8, "UNIT", EAST.path)).outcome == NOT_FOUND


def test_the_crew_asks_about_its_own_order_alone(desk: Desk) -> None:
    car = desk.unit("京A0001", crew=0)
    crew, other = [officer(desk, ident) for ident in (501, 502)], officer(desk, 503)
    for who in crew:
        desk.do(lambda s: desk.room.field.sign_on(s, car), who)
    order_id = desk.issue(car, **APP)
    assert ask(desk, order_id, crew[0]).outcome == NOT_FOUND
    with pytest.raises(NotFound):
        ask(desk, order_id, other)


def test_nobody_asks_without_end(desk: Desk) -> None:
    order_id = desk.issue(desk.unit("京A0001"), **APP)
    desk.registry.answer = Answer(TIMEOUT, "remote")
    for _ in range(A_MINUTE):
        ask(desk, order_id)
    with pytest.raises(TooMany):
        ask(desk, order_id)
    assert desk.do(lambda s: s.scalar(select(func.count(SubjectFacts.id)))) == A_MINUTE
