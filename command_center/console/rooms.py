"""Which room carries which news: jurisdiction × map cell. Pure.

A unit of the organisation "/1/4/12/" is news for whoever stands at "/1/", "/1/4/" or "/1/4/12/";
a desk stands in the rooms of its own organisation only, for the cells that its map shows.
"""

from math import floor

CELL_DEGREES = 0.05
"""Side of a map cell, degrees (about 4 × 5.5 km in Beijing)."""
MANY_CELLS = 64
"""A view wider than this many cells takes the whole jurisdiction instead."""

Bbox = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def ancestors(path: str) -> list[str]:
    """ "/1/4/" -> ["/1/", "/1/4/"]; the paths that cover it, widest first."""
    steps = path.strip("/").split("/")
    return ["/" + "/".join(steps[: n + 1]) + "/" for n in range(len(steps)) if steps[n]]


def cell(lon: float, lat: float) -> str:
    """Name of the map cell that holds the point."""
    return f"{floor(lon / CELL_DEGREES)}.{floor(lat / CELL_DEGREES)}"


def cells(bbox: Bbox) -> list[str]:
    """The cells that the view touches; ["*"] when it is wide or crosses itself."""
    west, south, east, north = (floor(edge / CELL_DEGREES) for edge in bbox)
    if east < west or north < south or (east - west + 1) * (north - south + 1) > MANY_CELLS:
        return ["*"]
    return [f"{x}.{y}" for x in range(west, east + 1) for y in range(south, north + 1)]


def fleet_room(path: str, cell_name: str) -> str:
    return f"fleet:{path}:{cell_name}"


def fleet_rooms_of_view(path: str, bbox: Bbox) -> set[str]:
    """The rooms that a desk at `path` stands in while its map shows `bbox`."""
    return {fleet_room(path, name) for name in cells(bbox)}


def fleet_rooms_of_cell(path: str, here: str) -> list[str]:
    """The rooms to which a position in that cell, of a unit of that organisation, is news."""
    return [fleet_room(above, name) for above in ancestors(path) for name in (here, "*")]


def person_room(user_id: int) -> str:
    """Every desk at which this person is signed in."""
    return f"person {user_id}"


def topic_room(topic: str, path: str) -> str:
    return f"{topic}:{path}"


TOPICS = {
    "case": "case.read",
    "order": "order.read",
    "conference": "order.read",
    "unit": "unit.read",
    "alarm": "alarm.take",
    "inbound": "order.read",
    "outbound": "order.read",
    "drill": "order.read",
    "stranger_text": "text.read",
    "field": "field.act",
    "stats": "stats.read",
    "supervision": "supervision.read",
}
"""Kind of news -> the permission that lets a desk hear of it."""
