"""A flat picture of a city: degrees to metres and back, good to 0.1 % over 50 km."""

from dataclasses import dataclass
from math import cos, radians
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_METRES_PER_DEGREE_LON = 111_320.0
_METRES_PER_DEGREE_LAT = 111_132.0


@dataclass(frozen=True, slots=True)
class Plane:
    """A local plane that touches the earth at (lon, lat); x runs east, y north, in metres."""

    lon: float
    lat: float

    def to_metres(self, degrees: Array) -> Array:
        """(n, 2) of (lon, lat) to (n, 2) of (x, y)."""
        metres: Array = (degrees - (self.lon, self.lat)) * self._scale()
        return metres

    def to_degrees(self, metres: Array) -> Array:
        """(n, 2) of (x, y) to (n, 2) of (lon, lat)."""
        degrees: Array = metres / self._scale() + (self.lon, self.lat)
        return degrees

    def _scale(self) -> tuple[float, float]:
        return _METRES_PER_DEGREE_LON * cos(radians(self.lat)), _METRES_PER_DEGREE_LAT


def distance_m(lon_a: Any, lat_a: Any, lon_b: Any, lat_b: Any) -> Any:
    """Metres between two points of one city, as the crow flies; arrays or numbers."""
    east = (lon_b - lon_a) * _METRES_PER_DEGREE_LON * np.cos(np.radians((lat_a + lat_b) / 2))
    return np.hypot(east, (lat_b - lat_a) * _METRES_PER_DEGREE_LAT)
