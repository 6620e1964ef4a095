"""Areas around a point: the grid says what the shapes say."""

from random import Random

import numpy as np
import pytest
import shapely

from maps.geofences import Geofences
from maps.regions import Area


def fences(**outlines: shapely.Geometry) -> Geofences:
    areas = [Area(code, code, "beat", None) for code in outlines]
    return Geofences(areas, list(outlines.values()))


def test_areas_may_overlap_and_a_border_belongs_to_both_sides() -> None:
    found = fences(
        west=shapely.box(116.0, 39, 116.5, 40),
        east=shapely.box(116.5, 39, 117, 40),
        old=shapely.box(116.4, 39.4, 116.6, 39.6),
    )
    assert found.at(116.2, 39.2) == {"west"}
    assert found.at(116.45, 39.5) == {"west", "old"}
    assert found.at(116.5, 39.2) == {"west", "east"}
    assert found.at(115, 39.2) == frozenset()


def test_a_hole_is_outside() -> None:
    ring = shapely.box(116, 39, 117, 40).difference(shapely.box(116.4, 39.4, 116.6, 39.6))
    assert fences(ring=ring).at(116.5, 39.5) == frozenset()


@pytest.mark.parametrize("seed", range(5))
def test_every_point_is_where_the_shapes_say(seed: int) -> None:
    random = Random(seed)
    outlines = {
        f"a{n}": shapely.Point(random.uniform(116, 116.2), random.uniform(-0.1, 0.1)).buffer(
            random.uniform(0.001, 0.05), quad_segs=random.randint(1, 9)
        )
        for n in range(12)
    }
    found, together = fences(**outlines), fences(**outlines)
    points = np.array(
        [(random.uniform(115.95, 116.25), random.uniform(-0.15, 0.15)) for _ in range(2000)]
    )
    numbers = together.numbers(*points.T)
    for (lon, lat), number in zip(points.tolist(), numbers.tolist(), strict=True):
        expected = {c for c, shape in outlines.items() if shapely.intersects_xy(shape, lon, lat)}
        assert found.at(lon, lat) == together.combinations[number] == expected
