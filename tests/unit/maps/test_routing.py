import pytest

from maps.routing import ROAD, STRAIGHT, STRAIGHT_FACTOR, STRAIGHT_KMH, Edge, Router

A, B, C, D = (116.40, 39.90), (116.42, 39.90), (116.42, 39.92), (116.40, 39.92)


def edge(
    ends: tuple[int, int],
    *points: tuple[float, float],
    kmh: float = 36,
    metres: float = 2000,
    one_way: bool = False,
) -> Edge:
    return Edge(*ends, metres, kmh, one_way, points)


# A square with corners 1 to 4: A-B-C, back from C to D and A one way only.
SQUARE = Router(
    [
        edge((1, 2), A, B),
        edge((2, 3), B, C),
        edge((3, 4), C, (116.41, 39.921), D, one_way=True),
        edge((4, 1), D, A, kmh=72, one_way=True),
    ]
)


def test_travel_time_is_length_over_speed_along_the_fastest_way() -> None:
    times = SQUARE.travel_times([A], C)
    assert times.engine.tolist() == [ROAD]
    assert times.seconds.tolist() == pytest.approx([400])


def test_one_way_streets_are_driven_one_way_only() -> None:
    there, back = SQUARE.travel_times([D], A), SQUARE.travel_times([A], D)
    assert there.seconds.tolist() == pytest.approx([100])
    assert back.seconds.tolist() == pytest.approx([600])


def test_answers_stand_in_the_order_of_the_units() -> None:
    times = SQUARE.travel_times([C, B, A, B], C)
    assert times.seconds.tolist() == pytest.approx([0, 200, 400, 200], abs=0.5)


def test_of_two_parallel_roads_the_faster_one_counts() -> None:
    router = Router([edge((1, 2), A, B), edge((1, 2), A, B, kmh=72)])
    assert router.travel_times([A], B).seconds.tolist() == pytest.approx([100])


def test_without_a_network_the_straight_line_is_used_and_said() -> None:
    (seconds,), (straight_m,), (engine,) = Router([]).travel_times([A], B)
    assert engine == STRAIGHT
    assert seconds == pytest.approx(straight_m * STRAIGHT_FACTOR / (STRAIGHT_KMH / 3.6))
    assert 1650 < straight_m < 1750


def test_far_from_every_road_the_straight_line_is_used_and_said() -> None:
    far = (116.60, 39.90)
    assert SQUARE.travel_times([A, far], C).engine.tolist() == [ROAD, STRAIGHT]
    assert SQUARE.travel_times([A, B], far).engine.tolist() == [STRAIGHT, STRAIGHT]


def test_an_unreachable_island_is_reached_by_the_straight_line() -> None:
    island = [(116.44, 39.90), (116.45, 39.90)]
    router = Router([edge((1, 2), A, B), edge((8, 9), *island)])
    assert router.travel_times([A], island[0]).engine.tolist() == [STRAIGHT]


def test_nobody_asked_nothing_answered() -> None:
    assert [len(column) for column in SQUARE.travel_times([], A)] == [0, 0, 0]


def test_a_route_follows_the_shape_of_the_roads() -> None:
    route = SQUARE.route(C, A)
    places = [(point.lon, point.lat) for point in route]
    assert places == [C, C, (116.41, 39.921), D, A, A]
    assert [point.speed_kmh for point in route[2:5]] == [36, 36, 72]


def test_a_route_to_where_no_road_leads_is_the_straight_line() -> None:
    far = (116.60, 39.90)
    assert [(point.lon, point.lat) for point in SQUARE.route(A, far)] == [A, far]


def test_a_route_to_the_same_place_is_short() -> None:
    assert {(point.lon, point.lat) for point in SQUARE.route(B, B)} == {B}
