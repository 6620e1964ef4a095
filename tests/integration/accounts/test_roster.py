"""The duty roster: who writes it, what it shows, whom it lets be called."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.accounts.directory import StaffDirectory
from command_center.accounts.models import Organisation, User
from command_center.accounts.roster import service, views
from command_center.accounts.roster.models import Duty
from command_center.accounts.roster.service import Shift
from kernel.access import Principal, Role, system
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from kernel.db import acting
from kernel.errors import BadInput, Conflict, Forbidden
from kernel.settings import Settings
from tests.factories import door
from tests.factories.bureau import Bureau, make_bureau
from tests.factories.desk import Desk, OneTransaction

TODAY = date(2026, 9, 22)  # a Tuesday; the clock stands at 9:00 in Shanghai
MONDAY = datetime(2026, 9, 20, 16, tzinfo=UTC)
"""0:00 of that week in Shanghai."""
WORKER = system("worker", role=Role.HOUSE)


@pytest.fixture
def bureau(session: Session) -> Bureau:
    return make_bureau(session)


@pytest.fixture
def desk(session: Session, settings: Settings) -> Desk:
    return Desk(OneTransaction(session), settings, [views.blueprint])


def person(session: Session, at: Organisation, name: str, *roles: str) -> User:
    made = door.account(session, at, name, *roles)
    made.phone = f"+9991380000{made.id:04d}"
    session.flush()
    return made


def hours(start: float, end: float) -> dict[str, str]:
    """From so many hours after Monday 0:00 on."""
    moments = {"starts_at": start, "ends_at": end}
    return {name: (MONDAY + timedelta(hours=n)).isoformat() for name, n in moments.items()}


def said(at: Organisation, who: User, post: str = "CMD", **more: Any) -> dict[str, Any]:
    return {"organisation_id": at.id, "user_id": who.id, "post": post, **hours(32, 40), **more}


def put(session: Session, at: Organisation, who: User, post: str = "CMD", **more: Any) -> Duty:
    """On duty now, past all checks."""
    given = {"starts_at": MONDAY, "ends_at": MONDAY + timedelta(days=7), "phone": who.phone, **more}
    made = Duty(organisation_id=at.id, user_id=who.id, name=who.name, post=post, **given)
    session.add(made)
    session.flush()
    return made


def names(session: Session, path: str) -> list[str]:
    with acting(session, WORKER):
        return [one.name for one in StaffDirectory().commanders(session, path)]


# ------------------------------------------------------------------------------ writing


def test_a_commander_writes_changes_and_removes_and_all_of_it_is_logged(
    desk: Desk, bureau: Bureau, session: Session
) -> None:
    who, zhao = bureau.person("CMD"), person(session, bureau.root, "赵刚", "CMD")
    made = desk.post(who, "/duties", said(bureau.root, zhao))
    assert made.status_code == 201, made.text
    duty = made.get_json()
    assert (duty["name"], duty["phone"]) == ("赵刚", zhao.phone)
    changed = desk.put(
        who, f"/duties/{duty['id']}", said(bureau.root, zhao, phone="+999 1380-000-7777")
    )
    assert changed.get_json()["phone"] == "+99913800007777"
    assert desk.send("DELETE", who, f"/duties/{duty['id']}").status_code == 204
    found = session.scalars(select(AuditEntry).where(AuditEntry.object_kind == "duty")).all()
    assert [one.action for one in found] == ["duty.written", "duty.changed", "duty.removed"]
    assert found[0].detail["user_id"] == zhao.id


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"post": "HEAD"}, 422, "cannot_stand_there"),
        ({"user_id": 10**9}, 422, "cannot_stand_there"),
        (hours(40, 32), 422, "bad_span"),
        (hours(32, 32 + 24 * 8), 422, "bad_span"),
        (hours(24 * 400, 24 * 401), 422, "too_far"),
        (hours(0, 8), 409, "duty_over"),
        ({"phone": "home"}, 422, "not_a_number"),
        ({"organisation_id": 10**9}, 422, "not_found"),
    ],
)
def test_what_is_refused(
    desk: Desk, bureau: Bureau, session: Session, change: dict[str, Any], status: int, code: str
) -> None:
    zhao = person(session, bureau.root, "赵刚", "CMD")
    refused = desk.post(bureau.person("CMD"), "/duties", {**said(bureau.root, zhao), **change})
    assert (refused.status_code, refused.get_json()["code"]) == (status, code)


def test_a_person_without_a_number_needs_one_on_duty(session: Session, bureau: Bureau) -> None:
    zhao = door.account(session, bureau.root, "赵刚", "CMD")
    shift = Shift(bureau.root.id, "CMD", zhao.id, MONDAY, MONDAY + timedelta(days=3))
    with acting(session, bureau.person("SHIFT")), pytest.raises(BadInput, match="required"):
        service.write(session, shift)


def test_somebody_of_a_branch_stands_at_no_post_of_the_bureau(
    session: Session, bureau: Bureau
) -> None:
    """An alarm of the bureau would not be theirs to take."""
    low = person(session, bureau.branch, "小王", "CMD")
    shift = Shift(bureau.root.id, "CMD", low.id, MONDAY, MONDAY + timedelta(days=3))
    with acting(session, bureau.person("CMD")), pytest.raises(BadInput, match="cannot_stand"):
        service.write(session, shift)


def test_the_roster_of_a_superior_is_read_and_not_written(
    desk: Desk, bureau: Bureau, session: Session
) -> None:
    zhao = person(session, bureau.root, "赵刚", "CMD")
    put(session, bureau.root, zhao)
    below = bureau.person("CMD", at=bureau.branch)
    week = desk.get(below, "/duties", organisation_id=bureau.root.id, day=TODAY.isoformat())
    assert [one["name"] for one in week.get_json()["duties"]] == ["赵刚"]
    assert week.get_json()["may_edit"] is False
    refused = desk.post(below, "/duties", said(bureau.root, zhao))
    assert refused.get_json()["code"] == "outside_jurisdiction"


def test_what_is_over_stays_as_it_was(session: Session, bureau: Bureau, clock: FixedClock) -> None:
    zhao = person(session, bureau.root, "赵刚", "CMD")
    past = put(session, bureau.root, zhao, ends_at=MONDAY + timedelta(hours=8))
    with acting(session, bureau.person("CMD")):
        with pytest.raises(Conflict, match="duty_over"):
            service.remove(session, past.id)
        shift = Shift(bureau.root.id, "CMD", zhao.id, MONDAY, MONDAY + timedelta(days=3))
        with pytest.raises(Conflict, match="duty_over"):
            service.change(session, past.id, shift)


# ------------------------------------------------------------------------------ the week


def test_a_week_shows_its_gaps_and_overlaps(desk: Desk, bureau: Bureau, session: Session) -> None:
    zhao = person(session, bureau.root, "赵刚", "CMD", "SHIFT")
    day = timedelta(days=1)
    put(session, bureau.root, zhao, ends_at=MONDAY + 3 * day)
    put(session, bureau.root, zhao, starts_at=MONDAY + 2 * day, ends_at=MONDAY + 5 * day)
    asked = {"organisation_id": bureau.root.id, "day": TODAY.isoformat()}
    week = desk.get(bureau.person("DISP"), "/duties", **asked).get_json()
    assert (week["since"], week["until"]) == (
        "2026-09-20T16:00:00.000Z",
        "2026-09-27T16:00:00.000Z",
    )
    [post] = week["posts"]
    assert post["post"] == "CMD"
    assert [one["since"] for one in post["overlaps"]] == ["2026-09-22T16:00:00.000Z"]
    assert [one["since"] for one in post["gaps"]] == ["2026-09-25T16:00:00.000Z"]


def test_a_week_is_copied_once(desk: Desk, bureau: Bureau, session: Session) -> None:
    zhao, gone = (person(session, bureau.root, name, "CMD") for name in ("赵刚", "已离任"))
    day = timedelta(days=1)
    put(session, bureau.root, zhao, starts_at=MONDAY - day, ends_at=MONDAY + day)  # last week's
    put(session, bureau.root, zhao, starts_at=MONDAY + day, ends_at=MONDAY + 2 * day)
    put(session, bureau.root, gone, starts_at=MONDAY + 2 * day, ends_at=MONDAY + 3 * day)
    gone.active = False
    session.flush()
    body = {"organisation_id": bureau.root.id, "day": "2026-09-22", "into": "2026-10-01"}
    who = bureau.person("SHIFT")
    assert desk.post(who, "/duties/copy", body).get_json() == {"written": 1, "left_out": 1}
    assert desk.post(who, "/duties/copy", body).get_json() == {"written": 0, "left_out": 2}
    asked = {"organisation_id": bureau.root.id, "day": "2026-09-30"}
    [copied] = desk.get(who, "/duties", **asked).get_json()["duties"]
    assert copied["starts_at"] == "2026-09-28T16:00:00.000Z"


def test_who_may_stand_where(desk: Desk, bureau: Bureau, session: Session) -> None:
    for name, place, role in (
        ("赵刚", bureau.root, "CMD"),
        ("钱局", bureau.root, "LEAD"),
        ("小孙", bureau.branch, "DISP"),
        ("小李", bureau.other, "DISP"),
        ("小周", bureau.branch, "AGENT"),
    ):
        person(session, place, name, role)
    found = desk.get(bureau.person("CMD"), "/duties/people", organisation_id=bureau.branch.id)
    people = {one["name"]: one["posts"] for one in found.get_json()["people"]}
    assert people == {"赵刚": ["CMD"], "钱局": ["DEPUTY"], "小孙": ["DISP"]}


# ------------------------------------------------------------------------------ who is called


def test_without_a_roster_all_who_command_are_called(session: Session, bureau: Bureau) -> None:
    person(session, bureau.root, "局长", "HEAD")
    person(session, bureau.root, "赵刚", "CMD")
    person(session, bureau.branch, "所长", "CMD")
    assert names(session, bureau.branch.path) == ["赵刚", "所长", "局长"]


def test_whoever_is_on_duty_comes_instead_of_the_rank_and_the_nearest_first(
    session: Session, bureau: Bureau
) -> None:
    zhao, _, near = (
        person(session, place, name, "CMD")
        for place, name in (
            (bureau.root, "赵刚"),
            (bureau.root, "休息的"),
            (bureau.branch, "所长"),
        )
    )
    person(session, bureau.root, "局长", "HEAD")
    put(session, bureau.root, zhao, phone="+99913800007777")
    put(session, bureau.branch, near)
    assert names(session, bureau.branch.path) == ["所长", "赵刚", "局长"]
    assert names(session, bureau.other.path) == ["赵刚", "局长"]
    with acting(session, WORKER):
        [first, *_] = StaffDirectory().commanders(session, bureau.other.path)
    assert first.phone == "+99913800007777"


@pytest.mark.parametrize("change", ["switched off", "lost the rank", "moved away", "over"])
def test_whoever_cannot_come_is_passed_over(session: Session, bureau: Bureau, change: str) -> None:
    zhao, _ = (person(session, bureau.root, name, "CMD") for name in ("赵刚", "周敏"))
    duty = put(session, bureau.root, zhao)
    assert names(session, bureau.branch.path) == ["赵刚"]
    if change == "switched off":
        zhao.active = False
    elif change == "lost the rank":
        zhao.roles.clear()
    elif change == "moved away":
        zhao.organisation = bureau.other
    else:
        duty.ends_at = MONDAY + timedelta(hours=1)
    session.flush()
    assert "周敏" in names(session, bureau.branch.path)
    with acting(session, WORKER):
        assert not StaffDirectory().on_duty(session, bureau.branch.path, "CMD")


def test_a_crew_in_danger_finds_the_roster_that_it_may_not_read(
    session: Session, bureau: Bureau
) -> None:
    zhao = person(session, bureau.root, "赵刚", "CMD")
    put(session, bureau.root, zhao)
    crew: Principal = bureau.person("OFFICER", at=bureau.branch)
    with acting(session, crew):
        assert not session.scalars(select(Duty)).all()
        found = StaffDirectory().on_duty(session, bureau.branch.path, "CMD")
    assert [one.name for one in found] == ["赵刚"]


def test_who_only_reads_the_roster_writes_nothing(
    desk: Desk, bureau: Bureau, session: Session
) -> None:
    zhao = person(session, bureau.root, "赵刚", "CMD")
    assert desk.post(bureau.person("DISP"), "/duties", said(bureau.root, zhao)).status_code == 403
    shift = Shift(bureau.root.id, "CMD", zhao.id, MONDAY, MONDAY + timedelta(days=3))
    with acting(session, bureau.person("CMD", at=bureau.branch)), pytest.raises(Forbidden):
        service.write(session, shift)
