"""Which of many reports the pipeline would let pass as they are, answered for all at once.

Sure in one direction only: what is plain would have passed every step of `Pipeline` unchanged and
unmarked, as the newest of its terminal. Whatever is not plain, or nearly not, goes through the
steps by itself, so that there is one place where reports are judged.
"""

import numpy as np
from numpy.typing import NDArray

from gps_ingest.pipeline import METRES_PER_DEGREE, MINUTE, ZONE_ERROR_SECONDS, Rules
from gps_ingest.protocols.jt808.columns import Columns

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
SURE = 0.99
"""Of a way that may be driven: two formulas may differ in the last digits."""


def in_itself(reports: Columns, at: Floats, received: Floats, rules: Rules) -> Mask:
    """What shows in the report alone; `at` and `received` in epoch seconds, (n,)."""
    ahead = at - received
    north, east = np.abs(reports.lat), np.abs(reports.lon)
    plain = reports.valid & (at >= rules.earliest.timestamp()) & (ahead <= rules.ahead_seconds)
    plain &= np.abs(np.abs(ahead) - ZONE_ERROR_SECONDS) >= MINUTE
    plain &= (north <= 90) & (east <= 180) & ((north >= 1e-3) | (east >= 1e-3))
    plain &= (reports.speed_kmh <= rules.max_speed_kmh) & (reports.course <= 360)
    plain &= reports.alt_m <= 20_000
    if rules.service_area is not None:
        west, south, east_end, north_end = rules.service_area
        plain &= (reports.lon >= west) & (reports.lon <= east_end)
        plain &= (reports.lat >= south) & (reports.lat <= north_end)
    return plain


def after(at: Floats, lat: Floats, lon: Floats, before: Floats, rules: Rules) -> Mask:
    """What follows from the newest one before, (n, 3) of epoch seconds, latitude, longitude;
    -inf where there is none.
    """
    gap = at - before[:, 0]
    east = (before[:, 2] - lon + 180) % 360 - 180
    middle = np.radians((lat + before[:, 1]) / 2)
    way = METRES_PER_DEGREE * np.hypot(before[:, 1] - lat, east * np.cos(middle))
    reach = gap * rules.jump_kmh / 3.6 * SURE + rules.jump_slack_m * SURE
    return (gap > 0) & ((gap > rules.jump_gap_seconds) | (way <= reach))
