"""Finding a business by its own address, in a city that is neither the demo's nor in any list."""

import itertools
from collections.abc import Callable, Iterator
from random import Random

import pytest
from sqlalchemy.orm import Session

from kernel.access import system
from kernel.db import Database
from maps.geocoding.candidates import Candidate
from maps.geocoding.resolver import candidates
from maps.registry import load, place
from maps.registry.rows import row_of

PROVINCE, CITY = "东海省", "临江市"
STREETS = {
    "望湖区": ("北京路", "河南中路", "南京东路", "人民路", "湖滨南路", "科创十三街", "广安门桥"),
    "南浦区": ("人民路", "天津路", "草桥东路", "石库门弄", "县前街"),
    "江北新区": ("人民路", "世纪大道", "上海西路", "中山东一路", "道外街"),
    "市南区": ("香港中路", "人民路"),
}
UNITS = (
    "", "3层306", "2楼201室", "院3号楼2单元301", "A座1203", "地下一层", "二层", "B1层05铺",
    "附1号", "万达广场3层306", "(底商)", "1幢101-102室",
)  # fmt: skip
NAMES = ("老王饭店", "福满楼餐饮管理有限公司", "小吕食品中心", "便民超市", "瑞祥药店")


def registry() -> list[dict[str, str]]:
    """300 businesses: several at one door, and the same street in several districts."""
    random = Random(5)
    places = [(district, street) for district, streets in STREETS.items() for street in streets]
    found: dict[tuple[str, ...], dict[str, str]] = {}
    while len(found) < 300:
        district, street = random.choice(places)
        number = random.choice(("1", "2", "12-3", "甲8", "88", "120", "811", "8-11"))
        unit = random.choice(UNITS)
        found[district, street, number, unit] = {
            "name": f"{CITY if random.random() < 0.3 else ''}{random.choice(NAMES)}",
            "address": f"{PROVINCE}{CITY}{district}{street}{number}号{unit}",
            "district": district,
            "street": street,
            "number": number,
            "unit": unit,
            "lon": f"{118 + random.random():.5f}",
            "lat": f"{32 + random.random():.5f}",
        }
    return list(found.values())


REGISTRY = registry()


@pytest.fixture(scope="module")
def bureau(make_database: Callable[[], str]) -> Iterator[Session]:
    """A bureau with this registry alone, in a database of its own: its transaction stays open."""
    database = Database(make_database(), pool_size=1)
    with database.unit_of_work(system("test")) as session:
        put(session, *REGISTRY, columns=("district", "street", "number"))
        yield session
    database.close()


def put(session: Session, *rows: dict[str, str], columns: tuple[str, ...]) -> None:
    told = ("name", "address", "lon", "lat", *columns)
    found = [row_of({column: row[column] for column in told}) for row in rows]
    load.load(session, found, source="registry", replace=True)


FORMS = [
    "".join(form)
    for form in itertools.product(
        ("", "P", "p"), ("", "C", "c"), ("", "D", "d"), ("SN",), ("", "U")
    )
]
"""Province, City, District (small letters: without 省, 市, 区), Street, Number, Unit."""


def said(form: str, row: dict[str, str]) -> str:
    parts = {
        "P": PROVINCE, "p": PROVINCE[:-1], "C": CITY, "c": CITY[:-1],
        "D": row["district"], "d": row["district"].removesuffix("区").removesuffix("新"),
        "S": row["street"], "N": f"{row['number']}号", "U": row["unit"],
    }  # fmt: skip
    return "".join(parts[letter] for letter in form)


def is_right(form: str, row: dict[str, str], found: Candidate | None) -> bool:
    """Whether it is this business, as far as what was said tells it from the others."""
    if found is None or found.name is None:
        return False
    place = f"{row['street']}{row['number']}号" + (row["unit"] if "U" in form else "")
    return place in found.address and ("d" not in form.lower() or row["district"] in found.address)


def wrong(session: Session, form: str, rows: list[dict[str, str]]) -> list[str]:
    """The addresses in this form that do not find their business first."""
    asked = [(row, said(form, row), candidates(session, said(form, row))) for row in rows]
    return [
        text for row, text, found in asked if not is_right(form, row, found[0] if found else None)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_an_address_finds_its_business_however_much_of_it_is_said(
    bureau: Session, form: str
) -> None:
    rows = REGISTRY[FORMS.index(form) % 3 :: 3]
    assert len(missed := wrong(bureau, form, rows)) <= len(rows) * 0.01, missed


@pytest.mark.parametrize("form", ["SN", "DSNU", "CDSN", "PCDSN", "PCDSNU"])
def test_a_registry_that_tells_the_address_alone_is_enough(session: Session, form: str) -> None:
    put(session, *REGISTRY[:60], columns=())
    assert wrong(session, form, REGISTRY[:60]) == []


@pytest.mark.parametrize("form", ["SN", "DSN", "PCDSN"])
def test_a_stored_address_may_say_less_than_the_caller(session: Session, form: str) -> None:
    short = [
        row | {"name": f"第{i}家小店", "address": f"{row['street']}{row['number']}号"}
        for i, row in enumerate(REGISTRY[:60])
    ]
    put(session, *short, columns=("district", "street", "number"))
    for row in short:
        best = candidates(session, said(form, row))[0]
        assert (best.name is not None, best.address) == (True, row["address"])
        assert "D" not in form or best.district == row["district"]


def business(name: str, address: str, **more: str) -> dict[str, str]:
    return {"name": name, "address": address, "lon": "116.35", "lat": "39.85", **more}


def at(district: str, street: str) -> dict[str, str]:
    return {"district": district, "street": street, "number": "5"}


@pytest.mark.parametrize("region", ["", "丰台区", "北京市丰台区", "北京市", "北京", "在北京市"])
@pytest.mark.parametrize("unit", ["", "3层306", "3层306室", "三层306"])
def test_a_business_is_found_by_its_own_address(session: Session, region: str, unit: str) -> None:
    shop = business("北京市小吕食品中心", "北京市丰台区草桥东路120号3层306", district="丰台区",
                    street="草桥东路", number="120")  # fmt: skip
    put(session, shop, columns=("district", "street", "number"))
    best = candidates(session, f"{region}草桥东路120号{unit}")[0]
    assert (best.name, best.level, best.confidence) == ("北京市小吕食品中心", "door", 0.97)


def test_a_spoken_district_tells_namesakes_apart(session: Session) -> None:
    places = [("望湖区", "人民路"), ("南浦区", "人民路"), ("江北新区", "人民路")]
    shops = [
        business("老王饭店", f"临江市{district}{street}5号", **at(district, street))
        for district, street in places
    ]
    put(session, *shops, columns=("district", "street", "number"))
    for district, street in places:
        for named in (district, district.removesuffix("区").removesuffix("新")):
            best = candidates(session, f"{named}{street}老王饭店")[0]
            assert (best.name, best.district) == ("老王饭店", district)
            assert best.confidence > 0.75
            assert "district:same" in best.evidence


def test_a_wrong_district_is_worth_half_and_said_so(session: Session) -> None:
    places = [("望湖区", "湖滨路"), ("南浦区", "人民路")]
    shops = [
        business(f"{street}小店", f"{district}{street}5号", **at(district, street))
        for district, street in places
    ]
    put(session, *shops, columns=("district", "street", "number"))
    best = candidates(session, "南浦区湖滨路5号")[0]
    assert (best.name, best.confidence) == ("湖滨路小店", 0.485)
    assert "district:other" in best.evidence


def test_a_name_that_was_said_comes_before_the_neighbours(session: Session) -> None:
    here = at("望湖区", "人民路")
    shops = [business(n, "临江市望湖区人民路5号2层", **here) for n in ("甲乙药店", "老王饭店")]
    put(session, *shops, columns=("district", "street", "number"))
    best = candidates(session, "临江市望湖区人民路5号老王饭店")[0]
    assert (best.name, "name:exact" in best.evidence) == ("老王饭店", True)
    assert [c.name for c in candidates(session, "临江市望湖区人民路5号鹤屿琴行")[:1]] != [
        "甲乙药店"
    ]


def test_parted_numbers_are_a_door_of_their_own(session: Session) -> None:
    put(
        session,
        business("甲店", "朝阳区建国路8811号"),
        business("乙店", "朝阳区建国路88-11号", lon="", lat=""),
        columns=(),
    )
    assert place.place_missing(session) != {"door": 1}
    for text in ("朝阳区建国路88-11号", "建国路88—11号", "建国路８８－１１号"):
        assert candidates(session, text)[0].name == "乙店"
    assert candidates(session, "建国路8811号")[0].name == "甲店"
