"""The ground of the demo city, as it stands in PostGIS."""

import shapely
from sqlalchemy import text

from command_center.demo import businesses, geography, roads, sources
from kernel import credit_code
from kernel.access import system
from maps.regions import region_at

from .conftest import BUSINESSES, SEED, City

NOBODY = system("test")


def test_roads_are_one_connected_named_network(city: City) -> None:
    with city.database.unit_of_work(NOBODY) as session:
        edges, names, km, loops, ends_apart = session.execute(
            text("""
                select count(*), count(distinct name), sum(length_m) / 1000,
                  count(*) filter (where source = target),
                  count(*) filter (where st_distance(st_startpoint(a.geom)::geography, (
                    select st_startpoint(b.geom)::geography from maps.road_edges b
                    where b.source = a.source order by b.id limit 1)) > 1)
                from maps.road_edges a""")
        ).one()
    assert (edges, names, loops, ends_apart) == (5483, 1344, 0, 0)
    assert 1900 < km < 2000


def test_beats_cover_their_district_without_gap_or_overlap() -> None:
    outlines = {district.code: district.outline for district in sources.districts()}
    branches = geography.branches()
    assert 12 <= len(branches) <= 16
    for code, outline in outlines.items():
        beats = [branch["polygon"] for branch in branches if branch["district_code"] == code]
        assert beats
        assert shapely.union_all(beats).symmetric_difference(outline).area < 1e-9
        assert abs(sum(beat.area for beat in beats) - outline.area) < 1e-9


def test_every_branch_stands_in_its_own_beat(city: City) -> None:
    with city.database.unit_of_work(NOBODY) as session:
        for branch in geography.branches():
            beat = region_at(session, branch["lon"], branch["lat"], "beat")
            assert beat is not None
            assert (beat.code, beat.name) == (branch["region_code"], branch["name"])


def test_businesses_are_labelled_valid_and_cannot_be_called(city: City) -> None:
    with city.database.unit_of_work(NOBODY) as session:
        rows = session.execute(
            text("""select credit_code, phone, source, point_level, tokens
                    from maps.businesses""")
        ).all()
    assert len(rows) == BUSINESSES
    assert {row.source for row in rows} == {"demo"}
    assert {row.point_level for row in rows} == {"door"}
    assert all(credit_code.is_valid(row.credit_code) for row in rows)
    assert all(row.phone.startswith("010-0000") and len(row.phone) == 12 for row in rows)
    assert all(row.tokens == sorted(set(row.tokens)) for row in rows)


def test_the_same_seed_gives_the_same_city(city: City) -> None:
    edges = roads.load(city.cache)
    again = list(businesses.generate(edges, sources.districts(), 200, SEED))
    other = list(businesses.generate(edges, sources.districts(), 200, SEED + 1))
    assert again != other
    assert [b.name for b in again] != [b.name for b in other]
    assert list(businesses.generate(edges, sources.districts(), 200, SEED)) == again


def test_the_ground_is_laid_in_seconds(city: City) -> None:
    assert city.seconds < 120
