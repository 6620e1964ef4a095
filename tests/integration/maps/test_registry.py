"""Loading a business registry, and giving honest points to businesses that have none."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, box
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kernel import credit_code
from maps import revisions
from maps.geocoding import tokens
from maps.geocoding.resolver import candidates
from maps.models import Business, Region, Street, TokenFrequency
from maps.registry import load, place
from maps.registry.rows import BadRow, RegistryRow, read

CODE = credit_code.make("9", "1", "110105", "DEM00001")
OTHER = credit_code.make("9", "1", "110105", "DEM00002")


def business(name: str, address: str = "建国路1号", **more: Any) -> RegistryRow:
    return RegistryRow(name=name, address=address, **more)


def put(session: Session, *rows: RegistryRow, replace: bool = False) -> load.Loaded:
    return load.load(session, rows, source="registry", replace=replace)


def names(session: Session) -> list[str]:
    return list(session.scalars(select(Business.name).order_by(Business.id)))


def test_a_known_credit_code_updates_whatever_else_changed(session: Session) -> None:
    put(session, business("老王饭店", credit_code=CODE, phone="1"))
    done = put(session, business("新王饭店", "知春路3号", credit_code=CODE, phone="2"))
    assert done == load.Loaded(new=0, updated=1, repeated=0)
    row = session.scalars(select(Business)).one()
    assert (row.name, row.address, row.phone, row.credit_code) == (
        "新王饭店",
        "知春路3号",
        "2",
        CODE,
    )


def test_without_a_code_name_and_address_say_who_it_is(session: Session) -> None:
    put(session, business("老王饭店"), business("老王饭店", "知春路3号"))
    done = put(session, business("老王饭店", phone="2"), business("老李饭店"))
    assert done == load.Loaded(new=1, updated=1, repeated=0)
    assert names(session) == ["老王饭店", "老王饭店", "老李饭店"]


def test_a_business_gets_its_code_later_and_keeps_it(session: Session) -> None:
    put(session, business("老王饭店"))
    put(session, business("老王饭店", credit_code=CODE))
    put(session, business("老王饭店", phone="3"))
    row = session.scalars(select(Business)).one()
    assert (row.credit_code, row.phone) == (CODE, "3")


def test_two_codes_are_two_businesses_even_at_one_door(session: Session) -> None:
    put(session, business("老王饭店"))
    done = put(
        session, business("老王饭店", credit_code=CODE), business("老王饭店", credit_code=OTHER)
    )
    assert (done.new, done.updated) == (1, 1)
    assert set(session.scalars(select(Business.credit_code))) == {CODE, OTHER}


def test_of_rows_repeated_in_one_file_the_last_counts(session: Session) -> None:
    done = put(
        session,
        business("老王饭店", phone="1"),
        business("老王饭店", phone="2", credit_code=CODE),
        business("老王饭店", phone="3"),
        business("老李饭店", phone="1"),
        business("老李饭店", phone="2"),
    )
    assert done == load.Loaded(new=2, updated=0, repeated=3)
    rows = session.scalars(select(Business).order_by(Business.id)).all()
    assert [(row.phone, row.credit_code) for row in rows] == [("3", CODE), ("2", None)]


@pytest.mark.parametrize("stored", [None, OTHER])
def test_a_namesake_without_a_code_stays_who_it_was(session: Session, stored: str | None) -> None:
    put(session, business("老王饭店", credit_code=stored, phone="1"))
    file = business("老王饭店", phone="2"), business("老王饭店", credit_code=CODE, phone="3")
    assert put(session, *file) == load.Loaded(new=1, updated=1, repeated=0)
    assert put(session, *file) == load.Loaded(new=0, updated=2, repeated=0)
    rows = session.execute(select(Business.credit_code, Business.phone).order_by(Business.phone))
    assert [tuple(row) for row in rows] == [(stored, "2"), (CODE, "3")]


def test_a_column_that_the_file_does_not_have_keeps_what_is_stored(session: Session) -> None:
    told = {"street": "新开路", "number": "7", "district": "朝阳区", "phone": "1", "scope": "餐饮"}
    put(session, business("老王饭店", "某大厦", credit_code=CODE, **told))
    file = f"name,address,credit_code,phone\n老王饭店,某大厦,{CODE},\n"
    put(session, *(row for row in read(io.BytesIO(file.encode())) if isinstance(row, RegistryRow)))
    row = session.scalars(select(Business)).one()
    assert (row.phone, row.scope) == ("", "餐饮")
    assert (row.district, row.street, row.number) == ("朝阳区", "新开路", "7")
    assert candidates(session, "新开路7号")[0].name == "老王饭店"
    assert row.tokens == tokens.of_business(["老王饭店"], "新开路", "7")


def test_who_moved_does_not_keep_the_old_street(session: Session) -> None:
    put(session, business("老王饭店", "某大厦", credit_code=CODE, street="新开路", number="7"))
    moved = business("老王饭店", "天上", credit_code=CODE, untold=("street", "number"))
    put(session, moved)
    row = session.scalars(select(Business)).one()
    assert (row.street, row.number) == ("", "")


def test_replace_empties_first_the_demo_included(session: Session) -> None:
    load.load(session, [business("演示饭店")], source="demo")
    put(session, business("老王饭店"), replace=True)
    assert names(session) == ["老王饭店"]
    assert candidates(session, "演示饭店")[:1] == []


def test_replace_without_a_good_row_empties_nothing(session: Session) -> None:
    put(session, business("老王饭店"))
    put(session, replace=True)
    assert names(session) == ["老王饭店"]


def test_a_new_business_is_found_at_once_by_every_process(session: Session) -> None:
    before = revisions.stamps(session, "businesses", "streets")
    put(session, business("福满楼饭店", street="新开的大街", number="7", lon=116.4, lat=39.9))
    assert revisions.stamps(session, "businesses", "streets") != before
    found = candidates(session, "新开的大街七号")[0]
    assert (found.name, found.lon, found.lat) == ("福满楼饭店", 116.4, 39.9)


def test_token_frequencies_are_those_of_the_table(session: Session) -> None:
    put(session, business("老王饭店"), business("老王面馆"))
    counted = session.execute(
        text("select token, count(*) from maps.businesses, unnest(tokens) token group by 1")
    )
    kept = session.execute(select(TokenFrequency.token, TokenFrequency.frequency))
    assert dict(kept.all()) == dict(counted.all())


def test_a_row_without_a_point_keeps_the_one_it_had_unless_it_moved(session: Session) -> None:
    put(session, business("老王饭店", lon=116.4, lat=39.9, credit_code=CODE))
    put(session, business("老王饭店", credit_code=CODE))
    assert session.scalars(select(Business.point_level)).one() == "door"
    put(session, business("老王饭店", "知春路3号", credit_code=CODE))
    assert session.scalars(select(Business.point_level)).one() == "unknown"


# -- points for those who have none -----------------------------------------------------------


@pytest.fixture
def street(session: Session) -> Iterator[Session]:
    """建国路 in 朝阳区 with doors 2 and 10 known; the district is a square."""
    square = MultiPolygon([box(116.3, 39.8, 116.5, 40.0)])
    session.add(
        Region(code="110105", name="朝阳区", level="district", geom=from_shape(square, 4326))
    )
    session.flush()
    here = {"district": "朝阳区", "street": "建国路"}
    put(
        session,
        business("甲", "建国路2号", number="2", lon=116.40, lat=39.9, **here),
        business("乙", "建国路10号", number="10", lon=116.48, lat=39.9, **here),
    )
    yield session


@pytest.mark.parametrize(
    ("told", "level", "lon"),
    [
        ({"district": "朝阳区", "street": "建国路", "number": "10"}, "door", 116.48),
        ({"district": "朝阳区", "street": "建国路", "number": "6"}, "street", 116.44),
        ({"street": "建国路", "number": "6"}, "street", 116.44),
        ({"district": "朝阳区", "street": "建国路"}, "street", None),
        ({"district": "朝阳区", "street": "别的路", "number": "6"}, "district", None),
        ({"district": "朝阳区"}, "district", None),
        ({"district": "浦东新区", "street": "世纪大道", "number": "1"}, "unknown", None),
        ({}, "unknown", None),
    ],
)
def test_a_point_is_as_exact_as_it_says(
    street: Session, told: dict[str, str], level: str, lon: float | None
) -> None:
    put(street, business("丙", "某处", **told))
    assert place.place_missing(street) == {level: 1}
    row = street.execute(
        text("select point_level, st_x(geom) as lon from maps.businesses where name = '丙'")
    ).one()
    assert row.point_level == level
    assert (row.lon is None) is (level == "unknown")
    if lon is not None:
        assert row.lon == pytest.approx(lon)


def test_an_unplaced_business_is_still_found_and_says_that_it_has_no_point(
    session: Session,
) -> None:
    put(session, business("福满楼饭店", "某处"))
    place.place_missing(session)
    (found,) = candidates(session, "福满楼饭店")
    assert (found.name, found.lat, found.lon, found.level) == ("福满楼饭店", None, None, "unknown")


def test_placing_twice_changes_nothing(street: Session) -> None:
    put(street, business("丙", "某处", district="朝阳区"))
    assert place.place_missing(street) == {"district": 1}
    assert place.place_missing(street) == {}


def test_streets_of_the_registry_are_known_as_streets(session: Session) -> None:
    put(session, business("甲", street="新开路", district="朝阳区", lon=116.4, lat=39.9))
    found = session.execute(select(Street.name, Street.district, Street.source)).all()
    assert ("新开路", "朝阳区", "registry") in [tuple(row) for row in found]
    put(session, business("乙", street="另一路"), replace=True)
    assert "新开路" not in session.scalars(select(Street.name)).all()


def test_a_file_becomes_a_registry(session: Session) -> None:
    text_ = (
        "name,address,credit_code,lon,lat\n"
        f"老王饭店,北京市朝阳区建国路88号,{CODE},116.48,39.91\n"
        "没有地址,,,,\n"
    )
    found = list(read(io.BytesIO(text_.encode())))
    good = [row for row in found if isinstance(row, RegistryRow)]
    assert [str(row) for row in found if isinstance(row, BadRow)] == ["line 3: address: is empty"]
    put(session, *good)
    row = session.scalars(select(Business)).one()
    assert (row.district, row.street, row.number, row.point_level) == (
        "朝阳区",
        "建国路",
        "88",
        "door",
    )
