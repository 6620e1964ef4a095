"""What people put right of first answers is remembered for who asks the same, and counted."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.clock import FixedClock
from maps.geocoding import corrections
from maps.geocoding.corrections import Meant
from maps.geocoding.resolver import Geocoder
from maps.models import AnswerCount, Correction
from maps.registry import load
from maps.registry.rows import RegistryRow

EAST, WEST = (116.50, 39.91), (116.30, 39.92)


def put_right(session: Session, asked: str, at: tuple[float, float], **more: object) -> None:
    corrections.confirmed(session, asked, Meant(*at, "door", **more), corrected=True)


def test_a_correction_is_preferred_the_more_the_more_agree(session: Session) -> None:
    geocoder = Geocoder()
    assert geocoder.geocode(session, "老槐树那家烧烤") == []
    put_right(session, "喂，你好，老槐树那家烧烤", EAST, address="建国路9号")
    [found] = geocoder.geocode(session, "老槐树那家烧烤")
    assert (found.lon, found.lat, found.address) == (*EAST, "建国路9号")
    assert (found.level, found.confidence, found.evidence) == ("door", 0.5, ("corrected:1",))
    for _ in range(3):
        put_right(session, "老槐树那家烧烤", (EAST[0] + 0.0001, EAST[1]))
    put_right(session, "老槐树那家烧烤", WEST)
    assert [c.confidence for c in geocoder.geocode(session, "老槐树那家烧烤")] == [0.667, 0.167]


def test_a_kept_answer_is_counted_and_strengthens_what_is_remembered(
    session: Session, clock: FixedClock
) -> None:
    clock.advance(days=13)
    meant = Meant(*EAST, "door")
    corrections.confirmed(session, "老槐树", meant, corrected=False)
    assert session.scalars(select(Correction)).all() == []
    put_right(session, "老槐树", EAST)
    corrections.confirmed(session, "老槐树", meant, corrected=False)
    assert session.scalars(select(Correction.times)).all() == [2]
    [counted] = session.scalars(select(AnswerCount))
    assert (counted.month.isoformat(), counted.kept, counted.corrected) == ("2026-10-01", 2, 1)


def test_words_that_lead_to_a_person_are_counted_and_not_kept(session: Session) -> None:
    for asked in ("13812345678说的那家", "幸福小区3号楼2单元301楼下"):
        put_right(session, asked, EAST)
    assert session.scalars(select(Correction)).all() == []
    assert session.scalars(select(AnswerCount.corrected)).all() == [2]


def test_a_business_is_answered_once_where_people_say_it_is(session: Session) -> None:
    row = RegistryRow("锦官城饭店", "朝阳区建国路9号", lon=EAST[0], lat=EAST[1])
    load.load(session, [row], source="registry")
    geocoder = Geocoder()
    [registered] = geocoder.geocode(session, "锦官城饭店")
    put_right(session, "锦官城饭店", WEST, business_id=registered.business_id)
    [found] = geocoder.geocode(session, "锦官城饭店")
    assert (found.name, found.lon, found.source) == ("锦官城饭店", WEST[0], "corrections")
