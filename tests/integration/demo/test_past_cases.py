"""The demo city's past: plausible, sealed, labelled, and out of the way of new cases."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from geoalchemy2.shape import from_shape
from shapely import Point
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from command_center.cases.codes import known
from command_center.cases.models import Case, Deadline, TimelineEntry
from command_center.demo import past_stories
from command_center.demo.past_cases import OPEN_SHARE, seed_past_cases
from kernel.clock import FixedClock, now
from kernel.settings import Settings
from maps.models import Business
from tests.factories.bureau import (
    EAST,
    WEST,
    Bureau,
    complaint,
    make_bureau,
    make_intake,
    make_office,
)

COUNT = 300
TRADES = (("餐饮服务", "饭店"), ("生活美容服务", "美容院"), ("服装零售", "服装店"), ("", "咨询"))


@pytest.fixture
def bureau(session: Session, settings: Settings) -> Bureau:
    made = make_bureau(session)
    random = Random(1)
    for number in range(80):
        west, south, east, north = random.choice((EAST, WEST))
        scope, trade = random.choice(TRADES)
        point = Point(random.uniform(west, east), random.uniform(south, north))
        session.add(
            Business(
                name=f"{number}号{trade}", address=f"某街{number}号", scope=scope, tokens=[],
                geom=from_shape(point, 4326), point_level="door", fetched_at=now(session),
                source="demo",
            )
        )  # fmt: skip
    session.flush()
    seed_past_cases(session, settings.model_copy(update={"demo_past_cases": COUNT}))
    return made


def count(session: Session, *where: Any) -> int:
    return session.scalar(select(func.count()).select_from(Case).where(*where)) or 0


def test_the_past_is_labelled_spread_and_almost_all_closed(
    session: Session, bureau: Bureau, clock: FixedClock
) -> None:
    assert count(session) == count(session, Case.demo) == COUNT
    assert count(session, Case.closed_at.is_(None)) == COUNT // OPEN_SHARE
    assert count(session, Case.received_at < clock.now() - timedelta(days=180)) > COUNT / 4
    assert count(session, Case.received_at > clock.now()) == 0
    kinds = session.scalars(select(Case.kind).distinct()).all()
    assert set(kinds) == {"TS", "JB", "ZX"}
    open_levels = session.scalars(select(Case.urgency).where(Case.closed_at.is_(None))).all()
    assert set(open_levels) == {0, 1}


def test_every_open_case_that_waits_shows_its_next_date_and_none_of_the_closed_do(
    session: Session, bureau: Bureau, clock: FixedClock
) -> None:
    assert count(session, Case.closed_at.is_not(None), Case.due_at.is_not(None)) == 0
    assert count(session, Case.closed_at.is_(None), Case.due_at < clock.now()) > 0, "some are late"
    assert session.scalar(select(func.count(Deadline.id)).where(Deadline.met_at.is_not(None)))


def test_cases_lie_with_the_branch_of_their_place(session: Session, bureau: Bureau) -> None:
    mislaid = session.scalar(
        text(
            "select count(*) from cases.cases c join accounts.organisations o"
            " on o.id = c.organisation_id where o.kind = 'branch'"
            " and not st_covers(o.jurisdiction, c.place)"
        )
    )
    assert mislaid == 0
    assert count(session, Case.organisation_id == bureau.branch.id) > 0
    assert count(session, Case.place.is_not(None), Case.cell.is_(None)) == 0


def test_reports_of_the_past_are_sealed_like_any_other(session: Session, bureau: Bureau) -> None:
    assert count(session, Case.kind == "JB", Case.sealed_facts.is_(None)) == 0
    assert count(session, Case.kind == "JB", Case.informant_given) > 0
    facts = session.scalars(select(Case.dispatch_facts).where(Case.kind == "TS")).all()
    assert all(words and "{" not in words for words in facts)


def test_new_numbers_go_on_where_the_past_ended(
    session: Session, bureau: Bureau, settings: Settings, clock: FixedClock
) -> None:
    clock.at -= timedelta(days=1)
    (opened,) = make_intake(make_office(settings)).register(session, complaint())
    session.flush()
    assert count(session, Case.case_no == opened.case.case_no) == 1


def test_each_entry_of_the_timeline_has_somebody_and_something(
    session: Session, bureau: Bureau
) -> None:
    entries = session.scalars(select(TimelineEntry)).all()
    assert len(entries) > COUNT * 2
    assert all(entry.actor and entry.kind for entry in entries)


@pytest.mark.parametrize("trade", [*past_stories.TRADES, past_stories.SERVICES])
def test_every_story_can_be_told_and_uses_known_codes(trade: past_stories.Trade) -> None:
    for complaint_ in trade.complaints:
        past_stories.fill(Random(1), trade, complaint_.facts)
        assert complaint_.problem in known("problems")
        assert complaint_.object in known("objects")
        assert set(complaint_.demands) <= known("demands")
    for report_ in trade.reports:
        past_stories.fill(Random(1), trade, report_.facts)
        assert report_.violation in known("violations")
