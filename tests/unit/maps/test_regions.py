import numpy as np
from shapely import MultiPolygon, box

from maps.regions import Area, Regions

WEST = MultiPolygon([box(0, 0, 1, 1)])
EAST = MultiPolygon([box(1, 0, 2, 1)])
REGIONS = Regions(
    [
        Area("1", "west", "district", None),
        Area("2", "east", "district", None),
        Area("2B1", "beat", "beat", "2"),
    ],
    [WEST, EAST, EAST],
)


def test_a_point_lies_in_its_region_of_each_level() -> None:
    found = REGIONS.at(1.5, 0.5)
    assert found is not None and found.name == "east"
    beat = REGIONS.at(1.5, 0.5, "beat")
    assert beat is not None and beat.parent_code == "2"


def test_a_point_on_the_border_belongs_to_one_region_always_the_same() -> None:
    found = REGIONS.at(1.0, 0.5)
    assert found is not None and found.code == "1"


def test_outside_all_regions_there_is_none() -> None:
    assert REGIONS.at(5, 5) is None
    assert REGIONS.at(0.5, 0.5, "beat") is None
    assert Regions([], []).at(0, 0) is None


def test_many_points_are_answered_in_their_order() -> None:
    lons, lats = np.array([1.5, 9.0, 0.5, 1.0]), np.array([0.5, 9.0, 0.5, 0.5])
    assert REGIONS.of_points(lons, lats) == ["2", None, "1", "1"]
