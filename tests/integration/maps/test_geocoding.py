"""Finding places by what callers say, on the businesses of the demo city."""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel.access import system
from maps.geocoding.candidates import Candidate
from maps.geocoding.query import Query
from maps.geocoding.resolver import Geocoder, candidates
from tests.factories import spoken

from .conftest import City

QUERIES = 700


@pytest.fixture
def city_session(city: City) -> Iterator[Session]:
    with city.database.unit_of_work(system("test")) as session:
        yield session


def test_seven_kinds_of_noise_and_the_first_answer_is_right(
    city: City, city_session: Session
) -> None:
    first: dict[str, list[bool]] = defaultdict(list)
    sure: list[bool] = []
    for query in spoken.queries(city.businesses, QUERIES, 5):
        found = candidates(city_session, query.text)
        right = bool(found) and query.right(found[0].name, found[0].address)
        first[query.kind].append(right)
        if found and found[0].confidence >= 0.9:
            sure.append(right)
    share = {kind: sum(rights) / len(rights) for kind, rights in first.items()}
    assert sum(share.values()) / len(share) >= 0.94, share
    # A character that fell out of a short name often leaves several names possible.
    assert share["dropped character"] >= 0.75, share
    assert min(v for k, v in share.items() if k != "dropped character") >= 0.9, share
    assert sum(sure) / len(sure) >= 0.99
    assert len(sure) / QUERIES >= 0.6


def test_a_business_that_nobody_registered_is_never_found_with_confidence(
    city_session: Session,
) -> None:
    strangers = spoken.unknown(200, 3)
    sure = [
        text
        for text in strangers
        if any(c.confidence >= 0.9 for c in candidates(city_session, text))
    ]
    assert len(sure) <= len(strangers) * 0.05, sure


def test_an_answer_tells_point_level_and_reasons(city: City, city_session: Session) -> None:
    meant = next(b for b in city.businesses if not b.form)
    best = candidates(city_session, f"{meant.street}{meant.number}号{meant.brand}{meant.trade}")[0]
    assert (best.name, best.address, best.credit_code) == (
        meant.name,
        meant.address,
        meant.credit_code,
    )
    assert (best.lat, best.lon, best.level) == (meant.lat, meant.lon, "door")
    assert best.confidence > 0.9
    assert {"name:exact", "street:written", "number:same"} <= set(best.evidence)


def test_a_credit_code_finds_its_business_at_once(city: City, city_session: Session) -> None:
    meant = city.businesses[7]
    (found,) = candidates(city_session, meant.credit_code.lower())
    assert (found.name, found.confidence, found.evidence) == (
        meant.name,
        1.0,
        ("credit_code:same",),
    )


def test_a_door_that_no_business_has_lies_between_those_that_are_known(
    city: City, city_session: Session
) -> None:
    street, missing = _gap(city)
    best = candidates(city_session, f"{street}{missing}号")[0]
    assert (best.name, best.level) == (None, "street")
    assert best.address.endswith(f"{street}{missing}号")
    assert any(word.startswith("number:between:") for word in best.evidence)


def _gap(city: City) -> tuple[str, int]:
    """A street with a free number between two taken ones of the same side and district."""
    taken: dict[tuple[str, str], set[int]] = defaultdict(set)
    for business in city.businesses:
        taken[business.street, business.district].add(int(business.number))
    for (street, _), numbers in sorted(taken.items()):
        for number in sorted(numbers):
            others = [n for (s, _), found in taken.items() if s == street for n in found]
            if number + 4 in numbers and number + 2 not in others:
                return street, number + 2
    raise AssertionError("no gap in the whole city")


def test_a_bare_street_is_a_street_and_a_bare_district_a_district(city_session: Session) -> None:
    street = candidates(city_session, "建国路")[0]
    assert (street.name, street.level) == (None, "street")
    assert street.confidence < 0.9
    there = candidates(city_session, "海淀区知春路")
    assert [c.level for c in there][:1] == ["street"]
    district = candidates(city_session, "海淀区")[0]
    assert (district.address, district.level) == ("海淀区", "district")


@pytest.mark.parametrize("text", ["", "   ", "？！", "嗯", "\0", "x" * 5000, "鹤" * 300])
def test_what_means_nothing_finds_nothing_and_breaks_nothing(
    city_session: Session, text: str
) -> None:
    assert candidates(city_session, text) == []


def test_at_most_five_candidates_the_best_first(city_session: Session) -> None:
    found = candidates(city_session, "老王饭店")
    assert 0 < len(found) <= 5
    assert [c.confidence for c in found] == sorted((c.confidence for c in found), reverse=True)


class PreviousCases:
    """A source as another room would add it."""

    name = "cases"

    def find(self, session: Session, query: Query) -> list[Candidate]:
        found = Candidate("老地方", "建国路1号", 39.9, 116.4, "door", 0.99, ("case:1",), self.name)
        return [found] if "老地方" in query.text else []


def test_another_room_can_add_a_source(city_session: Session) -> None:
    geocoder = Geocoder([PreviousCases()])
    assert [c.source for c in geocoder.geocode(city_session, "还是老地方")] == ["cases"]
    assert geocoder.geocode(city_session, "新地方") == []


def test_a_bridge_and_its_corner(city_session: Session) -> None:
    bridge = candidates(city_session, "三元桥")[0]
    assert (bridge.level, bridge.address) == ("landmark", "朝阳区三元桥")
    corner = candidates(city_session, "三元桥东南角")[0]
    assert (corner.level, corner.evidence[0]) == ("near", "corner:se")
    assert bridge.lon is not None and bridge.lat is not None
    assert corner.lon is not None and corner.lat is not None
    assert corner.lon > bridge.lon and corner.lat < bridge.lat
    assert corner.confidence < bridge.confidence


def test_two_streets_make_a_crossing_on_both(city_session: Session) -> None:
    best = candidates(city_session, "知春路与中关村东路路口")[0]
    assert (best.level, best.evidence) == ("crossing", ("crossing:written",))
    assert best.address == "海淀区知春路与中关村东路路口"
    apart = text(
        "select max(d) from (select min(st_distance(geom::geography,"
        " st_setsrid(st_makepoint(:lon, :lat), 4326)::geography)) as d from maps.streets"
        " where name in ('知春路', '中关村东路') group by name) each"
    )
    metres = city_session.execute(apart, {"lon": best.lon, "lat": best.lat}).scalar_one()
    assert metres < 40


def test_opposite_a_business_is_a_place_and_no_business(city: City, city_session: Session) -> None:
    meant = next(b for b in city.businesses if not b.form)
    said = f"{meant.street}{meant.number}号{meant.brand}{meant.trade}"
    anchor = candidates(city_session, said)[0]
    best = candidates(city_session, f"{said}对面")[0]
    assert (best.level, best.name, best.business_id) == ("near", None, None)
    assert best.address == anchor.name
    assert best.evidence[0] == "relative:opposite"
    assert best.confidence < anchor.confidence


def test_a_pasted_link_is_a_point_in_our_datum(city_session: Session) -> None:
    link = "https://uri.amap.com/marker?position=116.4136442,39.9056040&name=x"
    best = candidates(city_session, f"就是这里 {link}")[0]
    assert (best.level, best.evidence) == ("point", ("pasted:amap", "datum:gcj02"))
    assert (best.lon, best.lat) == pytest.approx((116.4074, 39.9042), abs=1e-4)


def test_a_branch_of_a_chain_is_the_one_on_its_street(city: City, city_session: Session) -> None:
    meant = next(b for b in city.businesses if b.name.endswith(f"({b.street}店)"))
    best = candidates(city_session, f"{meant.brand}{meant.trade}（{meant.street}店）")[0]
    assert best.name == meant.name
