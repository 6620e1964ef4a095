"""A crew hands its order to another: the taker accepts, until then the giver is responsible."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from dispatch.orders import queries
from dispatch.passing.models import Offer
from kernel.access import Principal
from kernel.errors import AppError, BadInput, Conflict, IllegalTransition, NotFound
from tests.integration.dispatch.conftest import DISPATCHER, WEST, Desk, person
from tests.integration.dispatch.test_field import APP, officer


class Crews:
    """Two crews of one branch; the first has an order and is on its way."""

    def __init__(self, desk: Desk):
        self.desk = desk
        self.giver, self.taker = self._crew("京A0001", 501), self._crew("京A0002", 511)
        self.order_id = desk.issue(self.giver[0], **APP)
        self.part = desk.assignment(self.order_id).id
        desk.report(self.part, "EN_ROUTE")

    def _crew(self, plate: str, ident: int) -> tuple[int, Principal]:
        car = self.desk.unit(plate, crew=0)
        people = [officer(self.desk, ident + n) for n in (0, 1)]
        for who in people:
            self.desk.do(lambda s, unit=car: self.desk.room.field.sign_on(s, unit), who)
        return car, people[0]

    def offer(
        self, who: Principal | None = None, unit: int | None = None, why: str = "更近"
    ) -> int:
        def step(session: Session) -> int:
            target = self.taker[0] if unit is None else unit
            return self.desk.room.passing.offer(session, self.part, target, why).id

        return self.desk.do(step, who or self.giver[1])

    def decide(self, verb: str, offer_id: int, who: Principal | None = None) -> str:
        def step(session: Session) -> str:
            return str(getattr(self.desk.room.passing, verb)(session, offer_id).state)

        return self.desk.do(step, who or self.taker[1])

    def withdraw(self, offer_id: int) -> None:
        def step(session: Session) -> None:
            passing = self.desk.room.passing
            passing.withdraw(session, passing.get(session, offer_id))

        self.desk.do(step, self.giver[1])

    def seen(self, who: Principal) -> list[str]:
        return self.desk.do(lambda s: [one.state for one in self.desk.room.passing.of_crew(s)], who)

    def states(self) -> list[tuple[str, str]]:
        def step(session: Session) -> list[tuple[str, str]]:
            order = queries.visible(session, DISPATCHER, self.order_id)
            return [(one.target_name, one.state) for one in order.assignments]

        return self.desk.do(step)


@pytest.fixture
def crews(desk: Desk) -> Crews:
    return Crews(desk)


def told(desk: Desk) -> list[tuple[str, Any]]:
    desk.work(seconds=1)
    kinds = ("order_offered", "order_passed", "offer_declined", "offer_withdrawn")
    return [(one["kind"], one["actor"]) for one in desk.timeline if one["kind"] in kinds]


@pytest.mark.parametrize("by_desk", [False, True])
def test_until_it_is_accepted_the_giver_has_it(crews: Crews, desk: Desk, by_desk: bool) -> None:
    who = DISPATCHER if by_desk else crews.giver[1]
    offer_id = crews.offer(who)
    assert crews.states() == [("京A0001", "EN_ROUTE")]
    assert desk.unit_now(crews.taker[0]).state == "FREE"
    assert crews.seen(crews.taker[1]) == crews.seen(crews.giver[1]) == ["open"]
    assert crews.decide("accept", offer_id) == "accepted"
    assert crews.states() == [("京A0001", "CANCELLED"), ("京A0002", "ACKED")]
    assert desk.unit_now(crews.giver[0]).state == "FREE"
    assert told(desk) == [("order_offered", who.name), ("order_passed", crews.taker[1].name)]
    assert not any("更近" in one.text for one in desk.sms.sent)


def test_declined_or_withdrawn_it_stays_where_it_was(crews: Crews, desk: Desk) -> None:
    assert crews.decide("decline", crews.offer()) == "declined"
    crews.withdraw(crews.offer(why="再试"))
    assert crews.states() == [("京A0001", "EN_ROUTE")]
    assert crews.seen(crews.taker[1]) == ["withdrawn", "declined"]
    assert [kind for kind, _ in told(desk)] == [
        "order_offered", "offer_declined", "order_offered", "offer_withdrawn",
    ]  # fmt: skip


def test_an_order_cancelled_meanwhile_is_not_taken_and_the_crew_reads_why(
    crews: Crews, desk: Desk
) -> None:
    offer_id = crews.offer()
    desk.do(lambda s: desk.room.orders.cancel(s, crews.order_id, "群众已撤诉"))
    with pytest.raises(Conflict) as refusal:
        crews.decide("accept", offer_id)
    assert (refusal.value.code, refusal.value.params["reason"]) == ("offer_over", "群众已撤诉")
    assert crews.seen(crews.taker[1]) == ["overtaken"]
    assert desk.unit_now(crews.taker[0]).state == "FREE"


def test_a_crew_that_was_sent_elsewhere_cannot_take_it(crews: Crews, desk: Desk) -> None:
    offer_id = crews.offer()
    desk.issue(crews.taker[0], **APP)
    with pytest.raises(AppError):
        crews.decide("accept", offer_id)
    assert crews.states() == [("京A0001", "EN_ROUTE")]


def test_only_who_was_asked_decides_and_only_once(crews: Crews, desk: Desk) -> None:
    offer_id = crews.offer()
    for who in (crews.giver[1], officer(desk, 599)):
        with pytest.raises(NotFound):
            crews.decide("accept", offer_id, who)
    crews.decide("accept", offer_id)
    for verb in ("accept", "decline"):
        with pytest.raises(Conflict):
            crews.decide(verb, offer_id)


def test_what_cannot_be_offered(crews: Crews, desk: Desk) -> None:
    with pytest.raises(BadInput):
        crews.offer(unit=crews.giver[0])
    far = desk.unit("京W0001", path=WEST.path)
    with pytest.raises(NotFound):
        crews.offer(unit=far)
    with pytest.raises(NotFound):
        crews.offer(person(8, "DISP", WEST.path))
    desk.gate.informant = "诸葛青禾"
    with pytest.raises(BadInput):
        crews.offer(why="诸葛青禾认识我们")
    crews.offer()
    with pytest.raises(Conflict):
        crews.offer()
    desk.report(crews.part, "FED_BACK", text="处理完毕", result_code="true")
    with pytest.raises(IllegalTransition):
        crews.offer()


def test_it_is_stored_as_it_was_decided(crews: Crews, desk: Desk) -> None:
    offer_id = crews.offer()
    crews.decide("decline", offer_id)
    kept = desk.do(lambda s: s.get_one(Offer, offer_id))
    assert (kept.outcome, kept.decided_by_name) == ("declined", crews.taker[1].name)
