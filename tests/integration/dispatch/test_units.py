"""Units and crews: who may be sent, where each is, and how they are ranked on real roads."""

from dataclasses import replace

import pytest
from geoalchemy2 import WKTElement
from sqlalchemy.orm import Session

from dispatch.recommendation.facts import Scene, gather_all
from dispatch.recommendation.rank import Ranking, Reason
from dispatch.units import queries
from dispatch.units import service as units
from dispatch.units.events import UnitChanged
from kernel.errors import Conflict, IllegalTransition, NotFound
from maps.models import RoadEdge
from maps.revisions import mark_changed
from tests.integration.dispatch.conftest import (
    COMPLAINT,
    DISPATCHER,
    EAST,
    PLACE,
    SETUP,
    STRANGER,
    WEST,
    Desk,
)


def sign_on(desk: Desk, unit_id: int, user_id: int, *, certified: bool = True) -> None:
    desk.do(
        lambda s: units.sign_on(
            s, unit_id, user_id=user_id, name="某", phone="", certified=certified
        ),
        SETUP,
    )


def ranking(desk: Desk) -> Ranking:
    return desk.do(lambda s: desk.room.orders.planner.ranking(s, COMPLAINT))


def test_the_second_certified_officer_makes_the_unit_free(desk: Desk) -> None:
    car = desk.unit("京A0001", crew=0)
    seen = [desk.unit_now(car).state]
    for user_id, certified in ((1, True), (2, False), (3, True)):
        sign_on(desk, car, user_id, certified=certified)
        seen.append(desk.unit_now(car).state)
    assert seen == ["OFF_DUTY", "OFF_DUTY", "OFF_DUTY", "FREE"]
    desk.do(lambda s: units.sign_off(s, 3), SETUP)
    assert desk.unit_now(car).state == "OFF_DUTY"


def test_an_officer_sits_in_one_car_at_a_time(desk: Desk) -> None:
    first, second = desk.unit("京A0001", crew=0), desk.unit("京A0002", crew=0)
    sign_on(desk, first, 1)
    with pytest.raises(Conflict, match="already_signed_on"):
        sign_on(desk, second, 1)
    desk.do(lambda s: units.sign_off(s, 1), SETUP)
    sign_on(desk, second, 1)


def test_nobody_leaves_an_order_without_a_crew(desk: Desk) -> None:
    car = desk.unit("京A0001")
    order_id = desk.issue(car, channels=("app",))
    with pytest.raises(IllegalTransition):
        desk.do(lambda s: units.sign_off(s, 100), SETUP)
    with pytest.raises(IllegalTransition):
        desk.do(lambda s: units.set_state(s, car, "OUT_OF_SERVICE", "x"))
    desk.report(desk.assignment(order_id).id, "FED_BACK")
    desk.do(lambda s: units.sign_off(s, 100), SETUP)
    assert desk.unit_now(car).state == "OFF_DUTY"


def test_a_car_out_of_service_says_why_and_comes_back(desk: Desk) -> None:
    car = desk.unit("京A0001")
    desk.do(lambda s: units.set_state(s, car, "OUT_OF_SERVICE", "保养"))
    assert (desk.unit_now(car).state, desk.unit_now(car).state_reason) == (
        "OUT_OF_SERVICE", "保养",
    )  # fmt: skip
    desk.do(lambda s: units.set_state(s, car, "FREE", ""))
    assert desk.unit_now(car).state == "FREE"
    with pytest.raises(NotFound):
        desk.do(lambda s: units.set_state(s, car, "OFF_DUTY", ""), STRANGER)


def test_the_board_shows_ones_own_units_with_the_newest_position(desk: Desk) -> None:
    car = desk.unit("京A0001", lon=116.42)
    desk.unit("京B0001", path=WEST.path)
    board = desk.do(lambda s: queries.board(s, "/1/4/"))
    assert [placed.unit.id for placed in board] == [car]
    assert board[0].position is not None
    assert board[0].position.lon == pytest.approx(116.42)


def test_every_change_of_a_unit_is_news(desk: Desk) -> None:
    car = desk.unit("京A0001")
    heard: list[UnitChanged] = []
    desk.database.events.subscribe(UnitChanged, heard.append)
    desk.issue(car, channels=("app",))
    assert heard and set(heard) == {UnitChanged(car, EAST.path)}


def test_without_roads_the_ranking_says_that_it_measured_a_straight_line(desk: Desk) -> None:
    near, far = desk.unit("京A0001", lon=116.429), desk.unit("京A0002", lon=116.38)
    ranked = ranking(desk)
    assert [one.facts.unit_id for one in ranked] == [near, far]
    assert {one.facts.engine for one in ranked} == {"straight"}
    assert ranked[0].reasons[0].code == "travel_straight"


def test_over_the_roads_the_nearer_car_may_be_the_later_one(desk: Desk) -> None:
    by_slow_lane, by_motorway = desk.unit("京A0001", lon=116.42), desk.unit("京A0002", lon=116.44)

    def roads(session: Session) -> None:
        for ident, (start, speed) in enumerate(((116.42, 5), (116.44, 100)), start=1):
            line = f"LINESTRING({start} {PLACE[1]}, {PLACE[0]} {PLACE[1]})"
            session.add(
                RoadEdge(
                    source=ident, target=9, name="路", road_class="primary", length_m=900,
                    speed_kmh=speed, one_way=False, geom=WKTElement(line, 4326),
                )
            )  # fmt: skip
        mark_changed(session, "roads")

    desk.do(roads, SETUP)
    ranked = ranking(desk)
    desk.do(lambda s: (s.query(RoadEdge).delete(), mark_changed(s, "roads")), SETUP)
    assert [one.facts.unit_id for one in ranked] == [by_motorway, by_slow_lane]
    assert {one.facts.engine for one in ranked} == {"road"}
    assert [round(one.facts.travel_seconds or 0) for one in ranked] == [32, 648]


def test_who_carries_what_the_case_needs_goes_first(desk: Desk) -> None:
    near, equipped = desk.unit("京A0001", lon=116.425), desk.unit("京A0002", lon=116.42)
    desk.do(lambda s: units.set_equipment(s, equipped, ["food_kit", "recorder"]))
    needing = replace(COMPLAINT, equipment=("food_kit",))
    ranked = desk.do(lambda s: desk.room.orders.planner.ranking(s, needing))
    assert [one.facts.unit_id for one in ranked] == [equipped, near]
    assert Reason("has_equipment", {"codes": ["food_kit"]}) in ranked[0].reasons
    assert Reason("lacks_equipment", {"codes": ["food_kit"]}) in ranked[1].reasons
    assert [one.facts.unit_id for one in ranking(desk)] == [near, equipped], (
        "where nothing is needed"
    )


def test_two_cases_need_different_things(desk: Desk) -> None:
    car = desk.unit("京A0001")
    desk.do(lambda s: units.set_equipment(s, car, ["cold_box"]))
    scenes = [Scene(PLACE, EAST.path, ("cold_box",)), Scene(PLACE, EAST.path, ("food_kit",))]
    cold, food = desk.do(lambda s: gather_all(s, DISPATCHER, scenes))
    assert (cold.has, cold.lacks) == ([("cold_box",)], [()])
    assert (food.has, food.lacks) == ([()], [("food_kit",)])


def test_a_foreign_car_and_a_taken_one_say_so(desk: Desk) -> None:
    desk.unit("京A0001")
    taken, foreign = desk.unit("京A0002"), desk.unit("京B0001", path=WEST.path)
    desk.issue(taken, channels=("app",))
    by_unit = {one.facts.unit_id: one for one in ranking(desk)}
    assert by_unit[taken].obstacle == "unit_taken"
    assert by_unit[taken].reasons[0].params == {"order_no": "DD202609220001"}
    assert "other_jurisdiction" in {reason.code for reason in by_unit[foreign].reasons}
    assert DISPATCHER.covers(WEST.path)
