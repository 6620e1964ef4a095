import pytest

from maps.geocoding.doors import Doors

STREET = Doors(
    [("2", 116.00, 39.9), ("10", 116.08, 39.9), ("1", 116.00, 39.8), ("99", 116.5, 39.8)]
)


def test_a_known_door_is_a_door() -> None:
    place = STREET.locate("10")
    assert place is not None
    assert (place.lon, place.lat, place.level, place.certainty) == (116.08, 39.9, "door", 1.0)


def test_an_unknown_door_lies_between_its_neighbours_on_the_same_side() -> None:
    place = STREET.locate("4")
    assert place is not None
    assert place.lon == pytest.approx(116.02)
    assert (place.lat, place.level, place.evidence) == (39.9, "street", "number:between:2-10")


def test_a_wide_gap_is_not_bridged() -> None:
    assert STREET.locate("51") is None


def test_beyond_the_last_door_only_the_next_few_are_believed() -> None:
    near = STREET.locate("14")
    assert near is not None and near.evidence == "number:near:10"
    assert STREET.locate("30") is None


def test_a_door_with_a_letter_stands_beside_the_plain_one() -> None:
    place = STREET.locate("甲10")
    assert place is not None
    assert (place.level, place.evidence) == ("street", "number:beside:10")


def test_several_businesses_at_one_door_make_one_point() -> None:
    place = Doors([("8", 116.0, 39.0), ("8", 116.2, 39.2)]).locate("8")
    assert place is not None
    assert (place.lon, place.lat) == (pytest.approx(116.1), pytest.approx(39.1))


@pytest.mark.parametrize("number", ["", "甲", "-"])
def test_no_number_no_place(number: str) -> None:
    assert STREET.locate(number) is None
