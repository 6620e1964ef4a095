"""Which district, sub-district or beat a point lies in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import LargeBinary, func, select
from sqlalchemy.orm import Session

from maps.models import Region
from maps.revisions import Cached

DISTRICT, SUBDISTRICT, BEAT = "district", "subdistrict", "beat"


@dataclass(frozen=True, slots=True)
class Area:
    """A region without its outline."""

    code: str
    name: str
    level: str
    parent_code: str | None


class Regions:
    """All regions in memory, ready to be asked about points."""

    def __init__(self, areas: Sequence[Area], outlines: Sequence[shapely.Geometry]):
        self.areas = areas
        self.outlines = dict(zip((area.code for area in areas), outlines, strict=True))
        self._layers = {
            level: _Layer([area for area in areas if area.level == level], self.outlines)
            for level in (DISTRICT, SUBDISTRICT, BEAT)
        }

    def at(self, lon: float, lat: float, level: str = DISTRICT) -> Area | None:
        """The region of that level around a point; on a shared border the first by code."""
        return self._layers[level].at(lon, lat)

    def of_points(
        self, lons: NDArray[np.float64], lats: NDArray[np.float64], level: str = DISTRICT
    ) -> list[str | None]:
        """The region code of each point, None outside all regions."""
        return self._layers[level].of_points(lons, lats)


class _Layer:
    def __init__(self, areas: Sequence[Area], outlines: Mapping[str, shapely.Geometry]):
        self._areas = areas
        shapes = [outlines[area.code] for area in areas]
        shapely.prepare(shapes)
        self._tree = shapely.STRtree(shapes)

    def at(self, lon: float, lat: float) -> Area | None:
        found = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        return self._areas[found.min()] if len(found) else None

    def of_points(self, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> list[str | None]:
        codes: list[str | None] = [None] * len(lons)
        points, areas = self._tree.query(shapely.points(lons, lats), predicate="intersects")
        for point, area in sorted(zip(points.tolist(), areas.tolist(), strict=True), reverse=True):
            codes[point] = self._areas[area].code
        return codes


def regions(session: Session) -> Regions:
    """The bureau's regions, kept in memory until they change."""
    return _REGIONS.get(session)


def region_at(session: Session, lon: float, lat: float, level: str = DISTRICT) -> Area | None:
    """The region of that level around a point, None outside all of them."""
    return regions(session).at(lon, lat, level)


def _load(session: Session) -> Regions:
    rows = session.execute(
        select(
            Region.code,
            Region.name,
            Region.level,
            Region.parent_code,
            func.st_asbinary(Region.geom, type_=LargeBinary),
        ).order_by(Region.code)
    ).all()
    areas = [Area(code, name, level, parent) for code, name, level, parent, _ in rows]
    return Regions(areas, [shapely.from_wkb(shape) for *_, shape in rows])


_REGIONS = Cached(_load, "regions")
