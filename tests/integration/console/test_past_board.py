"""The time machine: the board of a past minute, who may see which part of it, and the files."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from geoalchemy2 import WKTElement
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from command_center import wiring
from command_center.cases.models import Case
from dispatch.units import service as units
from dispatch.units.models import Unit
from gps_ingest import terminals
from kernel.audit import AuditEntry
from kernel.clock import FixedClock
from kernel.db import acting
from kernel.jobs import Handlers, Job
from kernel.settings import Settings
from tests.factories.bureau import Bureau, complaint, make_bureau, make_intake, make_office
from tests.factories.desk import Desk, OneTransaction

PLACE = (116.43, 39.92)


@pytest.fixture
def house(settings: Settings) -> wiring.House:
    return wiring.build(settings)


@pytest.fixture
def desk(session: Session, settings: Settings, house: wiring.House) -> Desk:
    return Desk(OneTransaction(session), settings, wiring.blueprints(house))


class Story:
    """A complaint comes in at 0 min, a car is sent at 10, sets out at 12, is there at 20."""

    def __init__(self, session: Session, desk: Desk, settings: Settings, house: wiring.House):
        self.session, self.desk, self.house = session, desk, house
        self.clock: FixedClock = session.info["clock"]
        self.bureau: Bureau = make_bureau(session)
        self.zero = self.clock.now()
        self.unit = self._car()
        self.dispatcher, self.commander = (self.bureau.person(r) for r in ("DISP", "CMD"))
        intake = make_intake(make_office(settings))
        with acting(session, self.bureau.person("AGENT")):
            self.case: Case = intake.register(session, complaint())[0].case
        self.case.place = WKTElement(f"POINT({PLACE[0]} {PLACE[1]})", 4326)  # type: ignore[assignment]
        self.at(10)
        self.order = self._send()
        self.assignment_id = self.order["assignments"][0]["id"]
        for minute, state in ((12, "EN_ROUTE"), (20, "ON_SCENE")):
            self.at(minute)
            self.say(state)
        self.at(60)

    def at(self, minute: float) -> datetime:
        self.clock.at = self.zero + timedelta(minutes=minute)
        return self.clock.at

    def _car(self) -> Unit:
        session, branch = self.session, self.bureau.branch
        terminal = terminals.register(session, identity="T1", protocol="nmea")
        car = units.register(
            session, name="执法01", plate="演A0001", organisation_id=branch.id,
            organisation_name=branch.name, organisation_path=branch.path,
            terminal_ids=[terminal.id],
        )  # fmt: skip
        for user in (71, 72):
            units.sign_on(session, car.id, user_id=user, name=f"警员{user}", phone="",
                          certified=True)  # fmt: skip
        fix = text(
            "insert into gps.fixes (terminal_id, fixed_at, geom, received_at, speed_kmh, flags)"
            " values (:terminal, :at, st_setsrid(st_makepoint(:lon, :lat), 4326), :at, 36, 0)"
        )
        for second in range(0, 1200, 10):
            at = self.zero + timedelta(seconds=second)
            lat = PLACE[1] - (1200 - second) * 10 / 111_195
            where = {"terminal": terminal.id, "at": at, "lon": PLACE[0], "lat": lat}
            session.execute(fix, where)
        return car

    def _send(self) -> Any:
        body = {
            "case_id": self.case.id, "unit_ids": [self.unit.id], "branch_ids": [],
            "channels": ["app"], "kind": "mediate",
            "idempotency_key": "0a4b1a52-9bb5-4d4b-8a39-000000000001",
            "override_reason": "更熟悉现场",
        }  # fmt: skip
        answer = self.desk.post(self.dispatcher, "/orders", body)
        assert answer.status_code == 201, answer.text
        self.work()
        return answer.get_json()

    def say(self, state: str) -> None:
        path = f"/assignments/{self.assignment_id}/status"
        answer = self.desk.post(self.dispatcher, path, {"state": state})
        assert answer.status_code == 200, answer.text
        self.work()

    def work(self) -> None:
        """The timeline's jobs, within this transaction."""
        handlers: Handlers = self.house.handlers
        for job in self.session.scalars(select(Job).where(Job.kind == "dispatch.timeline")).all():
            with acting(self.session, wiring.WORKER):
                handlers.in_transaction[job.kind](self.session, job.payload)
            self.session.delete(job)

    def leave(self, first: float = 0, last: float = 60, **more: Any) -> dict[str, Any]:
        return {
            "from": (self.zero + timedelta(minutes=first)).isoformat(),
            "to": (self.zero + timedelta(minutes=last)).isoformat(),
            "reason_code": "review", "note": "案件复盘", **more,
        }  # fmt: skip

    def board(self, minute: float, who: Any = None, **query: Any) -> Any:
        at = (self.zero + timedelta(minutes=minute)).isoformat()
        answer = self.desk.get(who or self.dispatcher, "/console/board", at=at, **query)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def playback(self) -> int:
        answer = self.desk.post(self.commander, "/console/playbacks", self.leave())
        assert answer.status_code == 201, answer.text
        return int(answer.get_json()["id"])


@pytest.fixture
def story(session: Session, desk: Desk, settings: Settings, house: wiring.House) -> Story:
    return Story(session, desk, settings, house)


@pytest.mark.parametrize(
    ("minute", "unit", "order", "case"),
    [
        (5, "FREE", None, "new"),
        (11, "ASSIGNED", "ISSUED", "sent"),
        (15, "EN_ROUTE", "EN_ROUTE", "acked"),
        (25, "ON_SCENE", "ON_SCENE", "on_scene"),
    ],
)
def test_units_orders_and_cases_stand_as_they_stood(
    story: Story, minute: float, unit: str, order: str | None, case: str
) -> None:
    board = story.board(minute)
    assert board["units"][0]["state"] == unit
    assert len(board["units"][0]["crew"]) == 2
    assert [one["state"] for one in board["orders"]] == ([order] if order else [])
    assert [one["status"] for one in board["cases"]] == [case]
    assert board["units"][0]["order_id"] == (story.order["id"] if order else None)


def test_before_it_came_in_there_was_no_case(story: Story) -> None:
    board = story.board(-1)
    assert (board["cases"], board["orders"], board["messages"]) == ([], [], [])
    assert board["units"][0]["state"] is None


def test_messages_come_in_step_the_newest_first(story: Story) -> None:
    told = [(one["way"], one["state"]) for one in story.board(15)["messages"]]
    assert told == [("in", "EN_ROUTE"), ("out", "SENT")]
    assert len(story.board(25)["messages"]) == 3


def test_without_leave_nobody_sees_where_the_units_were(story: Story) -> None:
    assert story.board(15)["units"][0]["position"] is None
    assert story.board(15, story.commander)["units"][0]["position"] is None


def test_one_reason_opens_one_period_and_is_kept(story: Story, session: Session) -> None:
    playback = story.playback()
    position = story.board(15, story.commander, playback=playback)["units"][0]["position"]
    assert position["lat"] == pytest.approx(PLACE[1] - 3000 / 111_195)
    assert position["fixed_at"] == (story.zero + timedelta(minutes=15)).isoformat(
        timespec="milliseconds"
    ).replace("+00:00", "Z")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "track.played")).one()
    assert (entry.actor_id, entry.reason_code, entry.note) == (
        story.commander.id, "review", "案件复盘",
    )  # fmt: skip


def test_a_unit_that_had_been_silent_for_long_stood_nowhere(story: Story) -> None:
    playback = story.playback()
    assert story.board(48, story.commander, playback=playback)["units"][0]["position"]
    assert not story.board(52, story.commander, playback=playback)["units"][0]["position"]


def test_leave_ends_with_its_period_its_time_and_its_person(
    story: Story, desk: Desk, session: Session
) -> None:
    body = story.leave(0, 30)
    playback = desk.post(story.commander, "/console/playbacks", body).get_json()["id"]
    at = (story.zero + timedelta(minutes=31)).isoformat()

    def asked(who: Any, at: str) -> int:
        return desk.get(who, "/console/board", at=at, playback=playback).status_code

    inside = story.zero.isoformat()
    assert asked(story.commander, inside) == 200
    assert asked(story.commander, at) == 403
    assert asked(story.bureau.person("CMD"), inside) == 403
    assert asked(story.dispatcher, inside) == 403
    story.at(60 + 121)
    assert asked(story.commander, inside) == 403


@pytest.mark.parametrize(
    ("days", "field"), [(-91, "too_long_ago"), (1, "in_the_future")]
)  # fmt: skip
def test_ninety_days_and_no_further(story: Story, desk: Desk, days: int, field: str) -> None:
    at = (story.clock.now() + timedelta(days=days)).isoformat()
    answer = desk.get(story.dispatcher, "/console/board", at=at)
    assert (answer.status_code, answer.get_json()["code"]) == (422, field)
    body = story.leave(days * 1440, days * 1440 + 60)
    refused = desk.post(story.commander, "/console/playbacks", body)
    assert refused.status_code == 422


@pytest.mark.parametrize("role", ["DISP", "SHIFT", "LEAD", "UNIT"])
def test_nobody_but_the_commander_gets_leave(story: Story, desk: Desk, role: str) -> None:
    answer = desk.post(story.bureau.person(role), "/console/playbacks", story.leave())
    assert answer.status_code == 403


def test_a_piece_of_the_way_is_thinned_and_asked_for_by_quarters(story: Story, desk: Desk) -> None:
    playback = story.playback()

    def piece(first: float, last: float) -> Any:
        since, until = (story.zero + timedelta(minutes=n) for n in (first, last))
        return desk.get(
            story.commander, "/console/board/tracks",
            **{"from": since.isoformat(), "to": until.isoformat(), "playback": playback},
        )  # fmt: skip

    ((unit, points),) = piece(0, 10).get_json()
    assert unit == story.unit.id
    assert len(points) == 61
    assert points[0][4] == story.zero.timestamp() * 1000
    assert piece(0, 16).status_code == 422
    assert piece(50, 61).status_code == 403


def test_the_board_of_another_jurisdiction_is_empty(story: Story) -> None:
    elsewhere = story.bureau.person("CMD", at=story.bureau.other)
    board = story.board(15, elsewhere)
    assert (board["units"], board["cases"], board["orders"], board["messages"]) == ([],) * 4


# -- files and figures -----------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["gpx", "geojson"])
def test_a_track_leaves_as_a_file_for_a_reason(
    story: Story, desk: Desk, session: Session, form: str
) -> None:
    path = f"/units/{story.unit.id}/track/export"
    answer = desk.post(story.commander, path, story.leave(format=form))
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["Content-Disposition"]
    assert form in answer.headers["Content-Disposition"]
    count = answer.text.count("<trkpt") if form == "gpx" else len(
        json.loads(answer.text)["features"][0]["geometry"]["coordinates"]
    )  # fmt: skip
    assert count == 120
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "track.exported")).one()
    assert (entry.reason_code, entry.detail["points"]) == ("review", 120)
    refused = desk.post(story.commander, path, story.leave(format=form, reason_code="curious"))
    assert refused.status_code == 422
    assert desk.post(story.dispatcher, path, story.leave(format=form)).status_code == 403


def test_a_piece_of_the_board_leaves_as_a_file_and_is_logged(
    story: Story, desk: Desk, session: Session
) -> None:
    body = story.leave(0, 10) | {"playback": story.playback()}
    asked = {name: body[name] for name in ("from", "to", "playback")}
    answer = desk.post(story.commander, "/console/board/export", asked)
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.text)["features"][0]["properties"]["name"] == "演A0001"
    assert session.scalars(select(AuditEntry).where(AuditEntry.action == "track.exported")).one()


def test_a_units_day_in_figures(story: Story, desk: Desk) -> None:
    day = story.zero.astimezone().date()
    answer = desk.get(story.dispatcher, f"/units/{story.unit.id}/day", date=day.isoformat())
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    assert told["metres"] == pytest.approx(11_900, rel=0.01)
    assert told["fixes"] == 120
    assert told["max_speed_kmh"] == 36
    (order,) = told["answers"]
    assert (order["acknowledged"], order["arrived"]) == (120, 600)
    assert all(stop["lon"] is None for stop in told["stops"])


def test_where_it_stood_needs_a_reason(story: Story, desk: Desk, session: Session) -> None:
    fix = text(
        "insert into gps.fixes (terminal_id, fixed_at, geom, received_at, speed_kmh, flags)"
        " select terminal_id, :at, st_setsrid(st_makepoint(:lon, :lat), 4326), :at, 0, 0"
        " from dispatch.unit_terminals"
    )
    for second in range(1200, 1600, 10):
        at = story.zero + timedelta(seconds=second)
        session.execute(fix, {"at": at, "lon": PLACE[0], "lat": PLACE[1]})
    path, day = f"/units/{story.unit.id}/day", story.zero.astimezone().date().isoformat()
    (hidden,) = desk.get(story.commander, path, date=day).get_json()["stops"]
    assert (hidden["lon"], hidden["lat"]) == (None, None)
    body = {"date": day, "reason_code": "vehicle"}
    (stop,) = desk.post(story.commander, path, body).get_json()["stops"]
    assert stop["lat"] == pytest.approx(PLACE[1], abs=1e-4)
    assert session.scalars(select(AuditEntry).where(AuditEntry.action == "track.read")).one()
    assert desk.post(story.dispatcher, path, body).status_code == 403
    elsewhere = story.bureau.person("CMD", at=story.bureau.other)
    assert desk.get(elsewhere, path, date=day).status_code == 404
    wrong = desk.post(story.commander, path, body | {"reason_code": "curious"})
    assert wrong.status_code == 422


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("0001-01-01", "too_long_ago"),
        ("2026-06-22", "too_long_ago"),
        ("9999-12-31", "in_the_future"),
    ],
)
def test_a_day_lies_within_the_last_ninety(story: Story, desk: Desk, day: str, code: str) -> None:
    answer = desk.get(story.dispatcher, f"/units/{story.unit.id}/day", date=day)
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)
