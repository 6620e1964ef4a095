"""Which areas hold a point: ours in memory against PostGIS with an index, in the same run.

The areas are districts of a made-up city with ragged borders, 16, and 200 beats within; the points
are ways of vehicles, a fix a second. PostGIS is asked as a program would ask it, point by point on
one connection, and besides for all points in one query, which no live fix can wait for.
"""

import time
from collections.abc import Callable, Iterator
from random import Random

import numpy as np
import psycopg
import pytest
import shapely
from shapely.affinity import translate

from dispatch.tracking.fences import Fences
from dispatch.tracking.watching import Duty, Limits, Target
from gps_ingest.server import INGEST, connector
from kernel.db import Database
from maps.geofences import Geofences
from maps.regions import Area

WEST, SOUTH, SIDE = 116.2, 39.8, 0.4
POINTS, ASKED = 200_000, 5_000


def show(what: str, rate: float, against: float | None = None) -> None:
    ratio = f"   {rate / against:7.1f} times PostGIS" if against else ""
    print(f"\n{what:58s} {rate:>12,.0f} points/s{ratio}", end="")  # noqa: T201 (a benchmark)


def ragged(cell: shapely.Geometry, random: Random) -> shapely.Geometry:
    """A square with 400 corners more, as borders along rivers and streets have."""
    ring = shapely.get_coordinates(shapely.segmentize(cell.exterior, cell.length / 400))
    noise = np.array([(random.gauss(0, 2e-4), random.gauss(0, 2e-4)) for _ in ring])
    ring += noise
    ring[-1] = ring[0]
    return shapely.make_valid(shapely.Polygon(ring)).buffer(0)


@pytest.fixture(scope="module")
def areas() -> tuple[list[Area], list[shapely.Geometry]]:
    random = Random(12315)
    found, shapes = [], []
    for level, side in (("district", 4), ("beat", 14)):
        step = SIDE / side
        for n in range(side * side):
            square = translate(
                shapely.box(0, 0, step, step), WEST + n % side * step, SOUTH + n // side * step
            )
            found.append(Area(f"{level}{n}", f"{level} {n}", level, None))
            shapes.append(ragged(square, random))
    return found, shapes


@pytest.fixture(scope="module")
def points() -> list[tuple[float, float]]:
    """200 vehicles, 1,000 fixes each, 36 km/h, turning now and then."""
    random = Random(7)
    found = []
    for _ in range(200):
        lon, lat = WEST + random.random() * SIDE, SOUTH + random.random() * SIDE
        east, north = 1e-4, 0.0
        for _ in range(POINTS // 200):
            if random.random() < 0.02:
                east, north = random.choice([(1e-4, 0.0), (-1e-4, 0.0), (0.0, 1e-4), (0.0, -1e-4)])
            lon, lat = lon + east, lat + north
            found.append((lon, lat))
    return found


@pytest.fixture(scope="module")
def postgis(
    make_database: Callable[[], str], areas: tuple[list[Area], list[shapely.Geometry]]
) -> Iterator[psycopg.Connection]:
    database = Database(make_database(), pool_size=1)
    with connector(database)() as connection:
        connection.execute("set role none")
        connection.execute("create table public.areas (code text, geom geometry(geometry, 4326))")
        for area, shape in zip(*areas, strict=True):
            connection.execute(
                "insert into public.areas values (%s, st_geomfromwkb(%s, 4326))",
                (area.code, shapely.to_wkb(shape)),
            )
        connection.execute("create index on public.areas using gist (geom)")
        connection.execute("analyze public.areas")
        yield connection
    database.close()


def rate(count: int, step: Callable[[], object]) -> float:
    begin = time.perf_counter()
    step()
    return count / (time.perf_counter() - begin)


def test_points_in_areas(
    areas: tuple[list[Area], list[shapely.Geometry]],
    points: list[tuple[float, float]],
    postgis: psycopg.Connection,
) -> None:
    ours = Geofences(*areas)
    covers = (
        "select code from public.areas"
        " where st_covers(geom, st_setsrid(st_makepoint(%b, %b), 4326))"
    )
    answers = []

    def ask() -> None:
        with postgis.cursor() as cursor:
            for point in points[:ASKED]:
                answers.append({code for (code,) in cursor.execute(covers, point, prepare=True)})

    def ask_at_once() -> None:
        lons, lats = (list(column) for column in zip(*points, strict=True))
        postgis.execute(
            "select count(*) from unnest(%b::float8[], %b::float8[]) p (lon, lat)"
            " join public.areas on st_covers(geom, st_setsrid(st_makepoint(lon, lat), 4326))",
            (lons, lats),
        ).fetchone()

    one = rate(ASKED, ask)
    whole = rate(POINTS, ask_at_once)
    cold = rate(POINTS, lambda: [ours.at(*point) for point in points])
    warm = max(rate(POINTS, lambda: [ours.at(*point) for point in points]) for _ in range(3))
    show("PostGIS, point by point", one)
    show("PostGIS, all points in one query", whole)
    show("ours, first visit of every cell included", cold, one)
    show("ours", warm, one)
    show("ours, against PostGIS in one query", warm, whole)
    assert [ours.at(*point) for point in points[:ASKED]] == answers
    assert warm > 20 * one


def test_the_whole_watch_of_a_fix(
    areas: tuple[list[Area], list[shapely.Geometry]],
    points: list[tuple[float, float]],
    database: Database,
    postgis: psycopg.Connection,
) -> None:
    """Areas, scene, speed and drive, against ST_Covers and ST_DWithin in one statement."""
    random = Random(3)
    scenes = [(WEST + random.random() * SIDE, SOUTH + random.random() * SIDE) for _ in range(200)]
    postgis.execute("create table public.scenes (id int, geog geography(point, 4326))")
    for n, scene in enumerate(scenes):
        postgis.execute(
            "insert into public.scenes values"
            " (%s, st_setsrid(st_makepoint(%s, %s), 4326)::geography)", (n, *scene)
        )  # fmt: skip
    postgis.execute("create index on public.scenes using gist (geog)")
    postgis.execute("analyze public.scenes")
    near = (
        "with p as (select st_setsrid(st_makepoint(%b, %b), 4326) as at)"
        " select code from p, public.areas where st_covers(geom, at)"
        " union all"
        " select id::text from p, public.scenes where st_dwithin(geog, at::geography, 100)"
    )

    def ask() -> None:
        with postgis.cursor() as cursor:
            for point in points[:ASKED]:
                cursor.execute(near, point, prepare=True).fetchall()

    fences = Fences(database, INGEST, Limits())
    fences.duties = {
        n: Duty("EN_ROUTE", Target(n, lat, lon)) for n, (lon, lat) in enumerate(scenes)
    }

    fences.areas = Geofences(*areas)
    rounds = iter(range(10))

    def watch() -> None:
        begin = 2_000.0 * next(rounds)
        for n, (lon, lat) in enumerate(points):
            fences.passed(n // 1000, lat, lon, begin + n % 1000, 36.0)

    one = rate(ASKED, ask)
    show("PostGIS, areas and scene point by point", one)
    show("ours: the whole watch of a fix", max(rate(POINTS, watch) for _ in range(4)), one)
