"""The queue, the map: in the right order, and only one's own."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from command_center.cases import queries, service
from command_center.cases.office import Office
from command_center.cases.places import Place
from command_center.cases.queries import Filter
from kernel.access import Principal
from kernel.clock import FixedClock
from kernel.errors import BadInput, Conflict, Forbidden, NotFound
from tests.factories.bureau import CREDIT_CODE, Bureau, acting, complaint, report
from tests.integration.cases.conftest import Doer, Opener

EVERYWHERE = (116.0, 39.0, 117.0, 41.0)
NOWHERE = {"name": "游商", "address": "不详"}


def listed(session: Session, who: Principal, **wanted: object) -> Sequence[str]:
    with acting(session, who):
        return [row.case.case_no for row in queries.find(session, Filter(**wanted))]  # type: ignore[arg-type]


def test_the_queue_puts_untaken_alarms_then_urgency_then_light_then_age_first(
    session: Session, office: Office, open_case: Opener, bureau: Bureau, clock: FixedClock
) -> None:
    dispatcher = bureau.person("DISP")
    late = open_case(complaint(subject={**NOWHERE, "name": "甲"}))
    clock.advance(days=3)
    old, new = (open_case(complaint(subject={**NOWHERE, "name": n})) for n in "乙丙")
    taken, ringing = (open_case(report(subject={**NOWHERE, "name": n})) for n in "丁戊")
    with acting(session, dispatcher):
        service.escalate(session, office, taken.id, 2, "群众围观")
        service.escalate(session, office, ringing.id, 1, "证据可能灭失")
        alarm = queries.rows(session, [taken])[0].alarm_id
        assert alarm is not None
        office.alarms.take(session, alarm)
    wanted = [case.case_no for case in (ringing, taken, late, old, new)]
    assert listed(session, dispatcher) == wanted


def test_a_case_without_a_position_is_never_lost_from_sight(
    session: Session, open_case: Opener, bureau: Bureau
) -> None:
    placed, unplaced = open_case(complaint()), open_case(complaint(subject=NOWHERE))
    dispatcher = bureau.person("DISP")
    assert set(listed(session, dispatcher)) == {placed.case_no, unplaced.case_no}
    assert listed(session, dispatcher, unplaced=True) == [unplaced.case_no]


def test_everyone_sees_their_own_jurisdiction_and_what_they_registered(
    session: Session, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal
) -> None:
    here = do(open_case(complaint()), agent, "route", organisation_id=bureau.branch.id)
    there = do(open_case(report()), agent, "route", organisation_id=bureau.other.id)
    assert listed(session, bureau.person("UNIT")) == [here.case_no]
    assert listed(session, bureau.person("UNIT", at=bureau.other)) == [there.case_no]
    assert set(listed(session, agent, view="mine")) == {here.case_no, there.case_no}
    with acting(session, bureau.person("UNIT")), pytest.raises(NotFound):
        queries.get(session, there.id)


def test_a_service_station_never_sees_a_report(
    session: Session, open_case: Opener, bureau: Bureau
) -> None:
    shown, hidden = open_case(complaint()), open_case(report())
    station = replace(bureau.person("SVC"), permissions=frozenset({"case.read"}))
    assert listed(session, station) == [shown.case_no]
    with acting(session, station):
        assert [row["case_no"] for row in queries.on_map(session, EVERYWHERE)] == [shown.case_no]
        with pytest.raises(NotFound):
            queries.get(session, hidden.id)


@pytest.mark.parametrize("words", ["老王", "建国路", CREDIT_CODE.lower(), "00001"])
def test_a_case_is_found_by_number_subject_address_or_credit_code(
    session: Session, open_case: Opener, bureau: Bureau, words: str
) -> None:
    case = open_case(complaint())
    open_case(complaint(subject=NOWHERE))
    assert case.case_no in listed(session, bureau.person("DISP"), text=words)
    assert not listed(session, bureau.person("DISP"), text="%_\\")


def test_pages_follow_each_other(session: Session, open_case: Opener, bureau: Bureau) -> None:
    numbers = [open_case(complaint(subject=NOWHERE)).case_no for _ in range(2)]
    numbers.append(open_case(complaint(subject=NOWHERE, urgency=0, urgency_reason="重复")).case_no)
    dispatcher = bureau.person("DISP")
    pages = [listed(session, dispatcher, limit=2, offset=n) for n in (0, 2)]
    assert [*pages[0], *pages[1]] == numbers


def test_closed_cases_leave_the_queue(
    session: Session, open_case: Opener, do: Doer, agent: Principal
) -> None:
    case = do(open_case(report()), agent, "not_ours", text="已告知")
    assert listed(session, agent) == []
    assert listed(session, agent, view="all") == [case.case_no]


def test_the_map_shows_what_stands_in_the_frame(
    session: Session, open_case: Opener, bureau: Bureau
) -> None:
    case = open_case(complaint())
    with acting(session, bureau.person("DISP")):
        (found,) = queries.on_map(session, EVERYWHERE)
        assert (found["id"], found["status"]) == (case.id, "new")
        assert queries.on_map(session, (116.0, 39.0, 116.1, 39.1)) == []


def test_a_moved_pin_is_confirmed_and_changes_region_and_cell(
    session: Session, office: Office, open_case: Opener, agent: Principal
) -> None:
    case = open_case(complaint())
    cell, version = case.cell, case.version
    with acting(session, agent):
        service.set_place(session, office, case.id, Place(39.93, 116.34, "door", confirmed=True))
    assert (case.region_code, case.place_confirmed_by) == ("110102", agent.id)
    assert (case.cell != cell, case.version) == (True, version + 1)


def test_raising_the_level_rings_and_lowering_it_to_nothing_ends_the_alarm(
    session: Session, office: Office, open_case: Opener, agent: Principal
) -> None:
    case = open_case(complaint())
    with acting(session, agent):
        service.set_urgency(session, office, case.id, 1, "老人受骗")
        assert queries.rows(session, [case])[0].alarm_id
        with pytest.raises(BadInput):
            service.escalate(session, office, case.id, 0, "误报")
        service.set_urgency(session, office, case.id, 0, "误报")
        assert queries.rows(session, [case])[0].alarm_id is None


def test_a_case_that_left_ones_jurisdiction_is_read_but_not_changed(
    session: Session, office: Office, open_case: Opener, do: Doer, bureau: Bureau
) -> None:
    case = open_case(complaint())
    case.registered_by = (visitor := bureau.person("UNIT")).id
    session.flush()
    with acting(session, visitor):
        assert queries.get(session, case.id)
        with pytest.raises(Forbidden):
            service.set_facts(session, office, case.id, "新的事实")


def test_a_closed_case_takes_no_more_changes(
    session: Session, office: Office, open_case: Opener, do: Doer, agent: Principal
) -> None:
    case = do(open_case(report()), agent, "not_ours", text="已告知")
    with acting(session, agent), pytest.raises(Conflict):
        service.escalate(session, office, case.id, 2, "x")
