"""Tiles, regions and ways on the demo city, as PostGIS cuts and serves them."""

import gzip
from collections.abc import Iterator
from itertools import pairwise

import pytest
from apiflask import APIFlask
from flask import g
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from command_center.demo import geography
from kernel.access import Principal, system
from kernel.gate import purposes
from kernel.settings import Settings
from kernel.web import install_error_handlers
from maps import routing, tiles
from maps.views import blueprint

from .conftest import City

TIANANMEN = (116.3975, 39.9087)
CENTRE_TILES = [(8, 210, 96), (11, 1686, 775), (13, 6744, 3104), (15, 26979, 12417)]


@pytest.fixture
def city_session(city: City) -> Iterator[Session]:
    with city.database.unit_of_work(system("test")) as session:
        yield session


@pytest.mark.parametrize("tile", CENTRE_TILES)
def test_a_tile_of_the_centre_is_small_and_names_its_layers(
    city_session: Session, tile: tuple[int, int, int]
) -> None:
    body = tiles.tile(city_session, *tile)
    assert b"roads" in body
    assert 0 < len(gzip.compress(body)) <= 20 * 1024


def test_low_zooms_draw_main_roads_only(city_session: Session) -> None:
    assert "长安街".encode() in tiles.tile(city_session, 13, 6744, 3104)
    assert b"residential" not in tiles.tile(city_session, 11, 1686, 775)


def test_districts_are_named_once_and_beats_only_near(city_session: Session) -> None:
    far = tiles.tile(city_session, 10, 843, 387)
    assert "东城区".encode() in far
    assert b"region_labels" in far
    assert b"beat" not in far
    assert b"beat" in tiles.tile(city_session, 12, 3372, 1552)


def told_by(tile: bytes) -> set[str]:
    """Layer and property of a vector tile (Mapbox Vector Tile 2.1: layers 3, name 1, keys 3)."""
    found = set()
    for field, layer in parts(tile):
        if field == 3:
            inner = list(parts(layer))
            [name] = [value.decode() for number, value in inner if number == 1]
            found |= {f"{name}.{value.decode()}" for number, value in inner if number == 3}
    return found


def parts(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The length-delimited fields of a protobuf message; numbers are passed over."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        size, at = varint(message, at)
        if tag & 7 == 2:
            yield tag >> 3, message[at : at + size]
            at += size


def varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (message[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if message[at - 1] < 0x80:
            return value, at


def test_a_tile_tells_what_its_purpose_lists_and_nothing_else(city_session: Session) -> None:
    told = set().union(*(told_by(tiles.tile(city_session, *tile)) for tile in CENTRE_TILES))
    assert told == set(tiles.PROPERTIES) == purposes.of("map.tile").fields


def test_where_nothing_lies_the_tile_is_empty(city_session: Session) -> None:
    assert tiles.tile(city_session, 15, 0, 0) == b""


def test_a_way_over_the_city_is_driven_on_its_roads(city_session: Session) -> None:
    start, end = (116.30, 39.98), (116.46, 39.87)
    (seconds,), (straight_m,), (engine,) = routing.travel_times(city_session, [start], end)
    assert engine == routing.ROAD
    straight = straight_m / (80 / 3.6)
    assert straight < seconds < 10 * straight
    route = routing.route(city_session, start, end)
    assert (route[0][:2], route[-1][:2]) == (start, end)
    assert len(route) > 20
    jumps = [abs(a.lon - b.lon) + abs(a.lat - b.lat) for a, b in pairwise(route)]
    assert max(jumps) < 0.05


# -- over HTTP ---------------------------------------------------------------------------------


@pytest.fixture
def asked_by() -> Principal:
    return Principal(7, "agent", permissions=frozenset({"map.read", "case.create"}))


@pytest.fixture
def client(city: City, asked_by: Principal, settings: Settings) -> FlaskClient:
    app = APIFlask(__name__)
    app.extensions.update(database=city.database, settings=settings)
    install_error_handlers(app)
    app.register_blueprint(blueprint)

    @app.before_request
    def sign_in() -> None:
        g.principal = asked_by

    return app.test_client()


def test_a_tile_comes_packed_and_is_not_sent_twice(client: FlaskClient) -> None:
    path = "/api/v1/maps/tiles/13/6744/3104.mvt"
    first = client.get(path)
    assert first.status_code == 200
    assert first.headers["Content-Encoding"] == "gzip"
    assert b"roads" in gzip.decompress(first.data)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", ["99/0/0", "13/9999999/1", "5/1/1"])
def test_a_tile_that_cannot_be_is_not_found(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/api/v1/maps/tiles/{path}.mvt")
    assert (answer.status_code, answer.json and answer.json["code"]) == (404, "not_found")


def test_the_style_points_back_at_this_server(client: FlaskClient) -> None:
    style = client.get("/api/v1/maps/style.json?theme=dark").get_json()
    assert style["name"] == "command-center-dark"
    assert style["sources"]["base"]["tiles"] == [
        "http://localhost/api/v1/maps/tiles/{z}/{x}/{y}.mvt"
    ]
    assert "演示数据" in style["sources"]["base"]["attribution"]


def test_regions_are_geojson(client: FlaskClient) -> None:
    answer = client.get("/api/v1/maps/regions").get_json()
    assert answer["type"] == "FeatureCollection"
    levels = [feature["properties"]["level"] for feature in answer["features"]]
    assert (levels.count("district"), levels.count("beat")) == (6, len(geography.branches()))
    only = client.get("/api/v1/maps/regions?level=district").get_json()
    assert {f["properties"]["level"] for f in only["features"]} == {"district"}


def test_geocoding_and_the_business_behind_an_answer(client: FlaskClient, city: City) -> None:
    meant = city.businesses[3]
    answer = client.get("/api/v1/maps/geocode", query_string={"q": meant.credit_code}).get_json()
    (found,) = answer["candidates"]
    assert (found["name"], found["level"]) == (meant.name, "door")
    business = client.get(f"/api/v1/maps/businesses/{found['business_id']}").get_json()
    assert business["scope"] == meant.scope
    assert (business["lon"], business["lat"]) == (meant.lon, meant.lat)
    assert client.get("/api/v1/maps/businesses/999999999").status_code == 404


class TestWithoutPermission:
    @pytest.fixture
    def asked_by(self) -> Principal:
        return Principal(8, "stranger")

    @pytest.mark.parametrize(
        "path",
        ["geocode?q=x", "businesses/1", "tiles/13/6744/3104.mvt", "style.json", "regions"],
    )
    def test_nothing_is_shown(self, client: FlaskClient, path: str) -> None:
        assert client.get(f"/api/v1/maps/{path}").status_code == 403
