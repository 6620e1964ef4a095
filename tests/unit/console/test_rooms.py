from command_center.console import rooms
from command_center.console.positions import Outlet, Position, by_room


def position(unit: int = 7, at: int = 1_000, lon: float = 116.41) -> Position:
    return Position(unit, "/1/4/", lon, 39.91, 90.0, 30.0, at)


def test_a_unit_is_news_for_its_branch_and_every_organisation_above_it() -> None:
    assert rooms.ancestors("/1/4/12/") == ["/1/", "/1/4/", "/1/4/12/"]


def test_a_desk_that_shows_the_place_stands_in_a_room_of_the_unit() -> None:
    desk = rooms.fleet_rooms_of_view("/1/", (116.40, 39.90, 116.45, 39.95))
    assert desk & set(rooms.fleet_rooms_of_cell("/1/4/", rooms.cell(116.41, 39.91)))


def test_a_desk_of_another_branch_hears_nothing() -> None:
    desk = rooms.fleet_rooms_of_view("/1/5/", (116.40, 39.90, 116.45, 39.95))
    assert not desk & set(rooms.fleet_rooms_of_cell("/1/4/", rooms.cell(116.41, 39.91)))


def test_a_desk_that_looks_elsewhere_hears_nothing() -> None:
    desk = rooms.fleet_rooms_of_view("/1/", (117.0, 40.2, 117.05, 40.25))
    assert not desk & set(rooms.fleet_rooms_of_cell("/1/4/", rooms.cell(116.41, 39.91)))


def test_a_view_of_the_whole_city_takes_the_whole_jurisdiction_once() -> None:
    desk = rooms.fleet_rooms_of_view("/1/", (115.0, 39.0, 118.0, 41.0))
    heard = desk & set(rooms.fleet_rooms_of_cell("/1/4/", rooms.cell(116.41, 39.91)))
    assert len(desk) == len(heard) == 1


def test_a_unit_speaks_at_most_once_a_second_and_with_its_newest_position() -> None:
    outlet = Outlet()
    outlet.offer(position(at=1_000))
    assert len(outlet.take(10.0)) == 1
    outlet.offer(position(at=1_200))
    outlet.offer(position(at=1_900))
    outlet.offer(position(at=1_500))
    assert outlet.take(10.5) == []
    assert [held.fixed_at_ms for held in outlet.take(11.0)] == [1_900]
    assert outlet.take(12.0) == []


def test_what_came_late_once_does_not_make_the_next_one_late() -> None:
    outlet = Outlet()
    outlet.offer(position(at=1_000))
    assert len(outlet.take(10.0)) == 1, "held up on its way"
    outlet.offer(position(at=2_000))
    assert len(outlet.take(10.2)) == 1
    outlet.offer(position(at=2_500))
    assert outlet.take(10.3) == []


def test_units_in_one_cell_share_one_message_and_rooms_without_a_desk_get_none() -> None:
    everywhere = set(rooms.fleet_rooms_of_cell("/1/4/", rooms.cell(116.41, 39.91)))
    messages = by_room([position(1), position(2)], everywhere)
    assert messages.keys() == everywhere
    assert all([row[0] for row in rows] == [1, 2] for rows in messages.values())
    assert by_room([position(1)], {"fleet:/1/5/:*"}) == {}
