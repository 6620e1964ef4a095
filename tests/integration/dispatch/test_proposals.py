"""What a track shows is laid before a person, who confirms or dismisses it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from command_center.engines.process import wait_until
from dispatch.field.schemas import field_out
from dispatch.field.service import Said
from dispatch.orders.models import Assignment, Order, Proposal, StatusReport
from dispatch.orders.proposals import dismiss
from dispatch.orders.views import show
from dispatch.units import queries as units
from dispatch.units.models import Observation, UnitState
from dispatch.units.schemas import unit_out
from gps_ingest.models import Happened
from kernel.errors import NotFound
from kernel.jobs import enqueue
from kernel.settings import Settings
from tests.factories.gps import rmc
from tests.ingest import IngestProcess, known_soon
from tests.integration.dispatch.conftest import (
    COMPLAINT,
    DISPATCHER,
    EAST,
    PLACE,
    SETUP,
    STRANGER,
    WORKER,
    Desk,
    person,
)
from tests.ports import free_port_base


def terminal_of(desk: Desk, unit_id: int) -> int:
    return desk.do(
        lambda s: s.scalar(
            text("select terminal_id from dispatch.unit_terminals where unit_id = :u"),
            {"u": unit_id},
        ),
        SETUP,
    )


def happen(desk: Desk, unit_id: int, kind: str, at: datetime | None = None, **details: Any) -> int:
    """The listeners tell of something, and the worker hears of it."""
    moment = at or desk.clock.now()
    terminal = terminal_of(desk, unit_id)

    def tell(session: Any) -> int:
        told = Happened(terminal_id=terminal, kind=kind, at=moment, key=str(details),
                        received_at=moment, lat=PLACE[1], lon=PLACE[0],
                        details=details)  # fmt: skip
        session.add(told)
        session.flush()
        enqueue(session, "gps.happened", {"happening_id": told.id, "kind": kind})
        return told.id

    ident = desk.do(tell, SETUP)
    desk.work()
    return ident


def arrive(desk: Desk, unit_id: int, order_id: int) -> int:
    """Gives the happening."""
    since = desk.clock.now() - timedelta(seconds=60)
    return happen(
        desk, unit_id, "arrived", assignment_id=desk.assignment(order_id).id,
        since=since.timestamp(), metres=40,
    )  # fmt: skip


def proposals(desk: Desk) -> list[Proposal]:
    return list(desk.do(lambda s: s.scalars(select(Proposal).order_by(Proposal.id)).all(), SETUP))


def shown(desk: Desk, order_id: int) -> Any:
    return desk.do(lambda s: show(s, s.get_one(Order, order_id))).assignments[0]


@pytest.fixture
def sent(desk: Desk) -> tuple[int, int]:
    """A unit under way, and its order."""
    car = desk.unit("京A0001")
    order_id = desk.issue(car, channels=("app",))
    desk.report(desk.assignment(order_id).id, "EN_ROUTE")
    return car, order_id


def test_an_arrival_is_proposed_and_moves_nothing(desk: Desk, sent: tuple[int, int]) -> None:
    car, order_id = sent
    arrive(desk, car, order_id)
    proposal = shown(desk, order_id).proposal
    assert (proposal.report, proposal.metres) == ("ON_SCENE", 40)
    assert desk.assignment(order_id).state == "EN_ROUTE"
    assert "arrival_proposed" in desk.told()


def test_a_person_confirms_it_and_the_ledger_says_by_what(
    desk: Desk, sent: tuple[int, int]
) -> None:
    car, order_id = sent
    happening = arrive(desk, car, order_id)
    desk.clock.advance(minutes=2)
    proposal = proposals(desk)[0]
    desk.report(
        desk.assignment(order_id).id, "ON_SCENE", via="gps", actor="李文涛",
        proposal_id=proposal.id,
    )  # fmt: skip
    assert desk.assignment(order_id).state == "ON_SCENE"
    assert desk.unit_now(car).state == "ON_SCENE"
    assert desk.assignment(order_id).on_scene_at == desk.order(order_id).issued_at
    last = select(StatusReport).order_by(StatusReport.id.desc()).limit(1)
    said = desk.do(lambda s: s.scalars(last).one(), SETUP)
    assert (said.via, said.actor) == ("gps", "李文涛")
    assert said.proof["happening_id"] == happening
    (kept,) = proposals(desk)
    assert (kept.outcome, kept.decided_by) == ("confirmed", DISPATCHER.name)
    assert shown(desk, order_id).proposal is None


def test_the_crew_confirms_it_on_its_phone(desk: Desk) -> None:
    car = desk.unit("京A0001", crew=0)
    pair = [person(n, "OFFICER", EAST.path, desk.officer(n).name) for n in (501, 502)]
    for who in pair:
        desk.do(lambda s: desk.room.field.sign_on(s, car), who)
    order_id = desk.issue(car, channels=("app",))
    arrive(desk, car, order_id)
    page = desk.do(lambda s: field_out(desk.room.field.page(s)), pair[0])
    proposal = page.assignments[0].proposal
    assert proposal is not None
    assignment = desk.assignment(order_id).id
    said = Said("ON_SCENE", proposal_id=proposal.id)
    desk.do(lambda s: desk.room.field.report(s, assignment, said), pair[0])
    assert desk.assignment(order_id).acknowledged_via == "gps"
    assert proposals(desk)[0].outcome == "confirmed"


def test_a_crew_that_is_elsewhere_dismisses_it_and_may_be_proposed_again(desk: Desk) -> None:
    car = desk.unit("京A0001", crew=0)
    pair = [person(n, "OFFICER", EAST.path, desk.officer(n).name) for n in (501, 502)]
    for who in pair:
        desk.do(lambda s: desk.room.field.sign_on(s, car), who)
    order_id = desk.issue(car, channels=("app",))
    arrive(desk, car, order_id)
    assignment = desk.assignment(order_id).id
    desk.do(lambda s: desk.room.field.dismiss(s, assignment, proposals(desk)[0].id), pair[0])
    assert desk.assignment(order_id).state == "ISSUED"
    desk.work()
    assert "arrival_dismissed" in desk.told()
    desk.clock.advance(minutes=10)
    arrive(desk, car, order_id)
    assert [one.outcome for one in proposals(desk)] == ["dismissed", None]


def test_who_reports_otherwise_has_overtaken_it(desk: Desk, sent: tuple[int, int]) -> None:
    car, order_id = sent
    arrive(desk, car, order_id)
    desk.report(desk.assignment(order_id).id, "HANDLING")
    assert proposals(desk)[0].outcome == "overtaken"


def test_a_cancelled_order_takes_its_proposal_along(desk: Desk, sent: tuple[int, int]) -> None:
    car, order_id = sent
    arrive(desk, car, order_id)
    desk.do(lambda s: desk.room.orders.cancel(s, order_id, "误派"))
    assert proposals(desk)[0].outcome == "overtaken"


def test_a_word_that_comes_late_counts_though_the_proposal_was_decided(
    desk: Desk, sent: tuple[int, int]
) -> None:
    car, order_id = sent
    arrive(desk, car, order_id)
    ident, assignment = proposals(desk)[0].id, desk.assignment(order_id)
    desk.do(lambda s: dismiss(s, s.get_one(Assignment, assignment.id), ident))
    desk.report(assignment.id, "ON_SCENE", via="gps", proposal_id=ident)
    assert desk.assignment(order_id).state == "ON_SCENE"
    assert proposals(desk)[0].outcome == "dismissed"


def test_another_orders_proposal_confirms_nothing(desk: Desk, sent: tuple[int, int]) -> None:
    car, order_id = sent
    arrive(desk, car, order_id)
    other = desk.issue(desk.unit("京A0002"), channels=("app",))
    with pytest.raises(NotFound):
        desk.report(
            desk.assignment(other).id, "ON_SCENE", via="gps", proposal_id=proposals(desk)[0].id
        )
    assert desk.assignment(other).state == "ISSUED"


def test_the_same_happening_once_more_and_one_of_a_past_order_propose_nothing(
    desk: Desk, sent: tuple[int, int]
) -> None:
    car, order_id = sent
    happening = arrive(desk, car, order_id)
    desk.do(lambda s: enqueue(s, "gps.happened", {"happening_id": happening, "kind": "arrived"}),
            WORKER)  # fmt: skip
    desk.work()
    assert len(proposals(desk)) == 1
    desk.report(desk.assignment(order_id).id, "ON_SCENE")
    desk.clock.advance(minutes=1)
    arrive(desk, car, order_id)
    assert len(proposals(desk)) == 1


def test_who_sits_elsewhere_sees_no_proposal(desk: Desk, sent: tuple[int, int]) -> None:
    arrive(desk, *sent)
    assert desk.do(lambda s: s.scalars(select(Proposal)).all(), STRANGER) == []


# -- notes ---------------------------------------------------------------------------------------


def notes(desk: Desk, unit_id: int) -> list[str]:
    found = desk.do(lambda s: units.board(s, "/1/", [unit_id]))
    return [note.kind for note in unit_out(found[0]).notes]


def test_a_silent_terminal_is_noted_until_it_is_heard_again(desk: Desk) -> None:
    car = desk.unit("京A0001")
    happen(desk, car, "offline", reason="connection_closed")
    assert notes(desk, car) == ["offline"]
    desk.clock.advance(hours=5)
    assert notes(desk, car) == ["offline"]
    happen(desk, car, "online", seconds=18_000)
    assert notes(desk, car) == []
    assert desk.alarms() == []


def test_speeding_and_a_drive_without_an_order_are_noted_for_half_an_hour(desk: Desk) -> None:
    car = desk.unit("京A0001")
    happen(desk, car, "overspeed", speed_kmh=131, limit_kmh=120)
    desk.clock.advance(minutes=1)
    happen(desk, car, "moved_without_order", metres=1200, seconds=300, state="FREE")
    assert notes(desk, car) == ["moved_without_order", "overspeed"]
    desk.clock.advance(minutes=30)
    assert notes(desk, car) == []
    assert desk.alarms() == []


def test_who_was_given_an_order_meanwhile_drives_for_it(desk: Desk, sent: tuple[int, int]) -> None:
    happen(desk, sent[0], "moved_without_order", metres=1200, seconds=300, state="FREE")
    assert notes(desk, sent[0]) == []


def test_borders_are_kept_without_a_note(desk: Desk) -> None:
    car = desk.unit("京A0001")
    happen(desk, car, "entered", area="B1", name="东华", level="beat")
    assert notes(desk, car) == []
    kept = desk.do(lambda s: s.scalars(select(Observation.kind)).all(), SETUP)
    assert kept == ["entered"]


def test_every_state_of_a_unit_is_kept_with_its_moment(desk: Desk, sent: tuple[int, int]) -> None:
    wanted = select(UnitState.state).where(UnitState.unit_id == sent[0]).order_by(UnitState.id)
    states = desk.do(lambda s: s.scalars(wanted).all(), SETUP)
    assert states == ["OFF_DUTY", "FREE", "ASSIGNED", "EN_ROUTE"]


# -- the whole way -------------------------------------------------------------------------------


@pytest.fixture
def ingest(desk: Desk, redis_url: str, tmp_path: Path) -> Iterator[IngestProcess]:
    settings = Settings(var_dir=tmp_path / "var", port_base=free_port_base())
    url = desk.database.engine.url.render_as_string(hide_password=False)
    process = IngestProcess(settings, url, redis_url, tmp_path / "ingest.log")
    yield process
    process.kill()


def test_from_the_receivers_wire_to_the_crew_at_its_scene(
    desk: Desk, ingest: IngestProcess
) -> None:
    """The listeners are killed in the middle of the minute: it begins anew, and is told once."""
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    desk.clock.at = began
    car = desk.unit("CAR1")
    order_id = desk.issue(car, channels=("app",), case=COMPLAINT)
    ingest.start()
    known_soon(ingest, "CAR1")

    def stand(first: int, last: int) -> None:
        with ingest.receiver("CAR1") as sock:
            for second in range(first, last, 5):
                at = began + timedelta(seconds=400 + second)
                sock.sendall(rmc(at, PLACE[1] + 0.0003, PLACE[0], knots=0.0))
            assert wait_until(lambda: desk.count("gps.latest where fixed_at >= '"
                                                 f"{at.isoformat()}'") == 1, 10)  # fmt: skip

    stand(0, 40)
    ingest.kill()
    ingest.start()
    known_soon(ingest, "CAR1")
    stand(40, 110)
    assert wait_until(lambda: desk.count("gps.happenings where kind = 'arrived'") == 1, 10)
    desk.clock.at = datetime.now(UTC) + timedelta(seconds=5)
    desk.work()
    (proposal,) = proposals(desk)
    assert proposal.metres == pytest.approx(33, abs=2)
    desk.report(desk.assignment(order_id).id, "ON_SCENE", via="gps", proposal_id=proposal.id)
    assert desk.assignment(order_id).state == "ON_SCENE"
    assert desk.count("gps.happenings where kind = 'arrived'") == 1
