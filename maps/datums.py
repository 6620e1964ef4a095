"""The three datums of Chinese maps: WGS-84 (ours), GCJ-02 (AMap, Tencent), BD-09 (Baidu).

Every position inside the house is WGS-84; these functions stand at its edges. All take and give
degrees in (lon, lat) order and never raise on finite numbers.
"""

from collections.abc import Callable
from math import atan2, cos, pi, radians, sin, sqrt

LonLat = tuple[float, float]

# Baidu's Mercator by bands of latitude, as its own pages compute it: the least |y| of the band,
# two factors for the longitude, seven for the powers of |y| / the last number.
_BD_MERCATOR = (
    (12890594.86, 1.410526172116255e-8, 8.98305509648872e-6, -1.9939833816331, 200.9824383106796,
     -187.2403703815547, 91.6087516669843, -23.38765649603339, 2.57121317296198, -0.03801003308653,
     17337981.2),
    (8362377.87, -7.435856389565537e-9, 8.983055097726239e-6, -0.78625201886289, 96.32687599759846,
     -1.85204757529826, -59.36935905485877, 47.40033549296737, -16.50741931063887, 2.28786674699375,
     10260144.86),
    (5591021, -3.030883460898826e-8, 8.98305509983578e-6, 0.30071316287616, 59.74293618442277,
     7.357984074871, -25.38371002664745, 13.45380521110908, -3.29883767235584, 0.32710905363475,
     6856817.37),
    (3481989.83, -1.981981304930552e-8, 8.983055099779535e-6, 0.03278182852591, 40.31678527705744,
     0.65659298677277, -4.44255534477492, 0.85341911805263, 0.12923347998204, -0.04625736007561,
     4482777.06),
    (1678043.12, 3.09191371068437e-9, 8.983055096812155e-6, 6.995724062e-5, 23.10934304144901,
     -2.3663490511e-4, -0.6321817810242, -0.00663494467273, 0.03430082397953, -0.00466043876332,
     2555164.4),
    (0, 2.890871144776878e-9, 8.983055095805407e-6, -3.068298e-8, 7.47137025468032,
     -3.53937994e-6, -0.02145144861037, -1.234426596e-5, 1.0322952773e-4, -3.23890364e-6, 826088.5),
)  # fmt: skip


# Krasovsky 1940, on which the GCJ-02 offset is defined.
_AXIS_M = 6378245.0
_ECCENTRICITY_2 = 0.00669342162296594323
# The box in which GCJ-02 is applied: lon west, lon east, lat south, lat north.
_BOX = (72.004, 137.8347, 0.8293, 55.8271)

_TOLERANCE_DEG = 1e-9
_MAX_STEPS = 10

_BD_TURN = pi * 3000 / 180
_BD_LON, _BD_LAT = 0.0065, 0.006


def inside_china(lon: float, lat: float) -> bool:
    """Whether GCJ-02 shifts this point: the box the published formula uses, not a border."""
    west, east, south, north = _BOX
    return west <= lon <= east and south <= lat <= north


def wgs84_to_gcj02(lon: float, lat: float) -> LonLat:
    """The GCJ-02 position; a point outside the box comes back unchanged."""
    return _shift(lon, lat) if inside_china(lon, lat) else (lon, lat)


def gcj02_to_wgs84(lon: float, lat: float) -> LonLat:
    """The WGS-84 position, exact to a nanodegree; outside the box unchanged."""
    # The box is asked once, on the input: asked inside the loop, a point just
    # within the edge would jump in and out of it for ever.
    return _invert(_shift, lon, lat) if inside_china(lon, lat) else (lon, lat)


def gcj02_to_bd09(lon: float, lat: float) -> LonLat:
    """The BD-09 position of a GCJ-02 one."""
    radius = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * _BD_TURN)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _BD_TURN)
    return radius * cos(angle) + _BD_LON, radius * sin(angle) + _BD_LAT


def bd09_to_gcj02(lon: float, lat: float) -> LonLat:
    """The GCJ-02 position of a BD-09 one, exact (the usual closed form is up to 0.22 m off)."""
    return _invert(gcj02_to_bd09, lon, lat)


def bd09mc_to_bd09(x: float, y: float) -> LonLat:
    """The BD-09 degrees of a point in Baidu's own Mercator metres, as its page addresses carry."""
    band = next(row for row in _BD_MERCATOR if abs(y) >= row[0])
    _, lon_0, lon_1, *powers, half = band
    share = abs(y) / half
    lat = sum(factor * share**power for power, factor in enumerate(powers))
    return lon_0 + lon_1 * abs(x), lat if y >= 0 else -lat


def wgs84_to_bd09(lon: float, lat: float) -> LonLat:
    """The BD-09 position of a WGS-84 one."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: float, lat: float) -> LonLat:
    """The WGS-84 position of a BD-09 one."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def to_wgs84(datum: str, lon: float, lat: float) -> LonLat:
    """The WGS-84 position of one in the named datum (`wgs84`, `gcj02`, `bd09`, `bd09mc`).

    Raises ValueError on any other name.
    """
    try:
        return _TO_WGS84[datum](lon, lat)
    except KeyError:
        raise ValueError(f"unknown datum: {datum}") from None


def _invert(forward: Callable[[float, float], LonLat], lon: float, lat: float) -> LonLat:
    """The point that `forward` sends to (lon, lat), by fixed-point steps."""
    x, y = lon, lat
    for _ in range(_MAX_STEPS):
        image_x, image_y = forward(x, y)
        error_x, error_y = image_x - lon, image_y - lat
        x, y = x - error_x, y - error_y
        if abs(error_x) < _TOLERANCE_DEG and abs(error_y) < _TOLERANCE_DEG:
            break
    return x, y


def _shift(lon: float, lat: float) -> LonLat:
    x, y = lon - 105.0, lat - 35.0
    east_m, north_m = _east_offset_m(x, y), _north_offset_m(x, y)
    phi = radians(lat)
    w2 = 1 - _ECCENTRICITY_2 * sin(phi) ** 2
    metres_per_radian_north = _AXIS_M * (1 - _ECCENTRICITY_2) / (w2 * sqrt(w2))
    metres_per_radian_east = _AXIS_M / sqrt(w2) * cos(phi)
    return (
        lon + east_m / metres_per_radian_east * 180 / pi,
        lat + north_m / metres_per_radian_north * 180 / pi,
    )


def _east_offset_m(x: float, y: float) -> float:
    polynomial = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    waves = (
        20 * sin(6 * x * pi)
        + 20 * sin(2 * x * pi)
        + 20 * sin(x * pi)
        + 40 * sin(x / 3 * pi)
        + 150 * sin(x / 12 * pi)
        + 300 * sin(x / 30 * pi)
    )
    return polynomial + waves * 2 / 3


def _north_offset_m(x: float, y: float) -> float:
    polynomial = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    waves = (
        20 * sin(6 * x * pi)
        + 20 * sin(2 * x * pi)
        + 20 * sin(y * pi)
        + 40 * sin(y / 3 * pi)
        + 160 * sin(y / 12 * pi)
        + 320 * sin(y / 30 * pi)
    )
    return polynomial + waves * 2 / 3


def _unchanged(lon: float, lat: float) -> LonLat:
    return lon, lat


_TO_WGS84: dict[str, Callable[[float, float], LonLat]] = {
    "wgs84": _unchanged,
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
    "bd09mc": lambda x, y: bd09_to_wgs84(*bd09mc_to_bd09(x, y)),
}
