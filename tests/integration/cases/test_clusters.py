"""Cases about the same thing hang together, for those who see them, as long as they are open."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from command_center.cases import clusters, service
from command_center.cases.likeness import Facts
from command_center.cases.models import Case, Link
from command_center.cases.office import Office
from command_center.cases.places import Place
from command_center.intake.schemas import Submission
from command_center.intake.service import Intake
from kernel.access import Principal, Role, system
from kernel.clock import FixedClock
from tests.factories.bureau import (
    CREDIT_CODE,
    Bureau,
    acting,
    complaint,
    consultation,
    mixed,
    report,
)
from tests.integration.cases.conftest import Doer, Opener

NEXT_DOOR = {"lat": 39.9202, "lon": 116.43, "level": "door"}
"""22 m north of the business."""
ELSEWHERE = {"name": "小李超市", "address": "东区和平路1号"}
OTHER_WORDS = {"dispatch_facts": "药盒上没有生产日期。", "details": {"object_code": "medicine"}}
SOMEBODY = {"name": "欧阳丽华", "phone": "13811112222", "address": "西区三里河路1号"}


@pytest.fixture
def linked(session: Session, office: Office) -> Callable[[], None]:
    """Does the waiting jobs, as the worker would."""

    def work() -> None:
        session.flush()
        waiting = text("delete from kernel.jobs where kind = :kind returning payload")
        payloads = list(session.scalars(waiting, {"kind": clusters.LINK}))
        with acting(session, system("worker", role=Role.HOUSE)):
            clusters.link(office, session, payloads)

    return work


def at_the_shop(kind: Any = complaint, **changes: Any) -> Submission:
    return kind(**changes)  # type: ignore[no-any-return]


def next_door(**changes: Any) -> Submission:
    """Another shop at the same place, another person, other words."""
    given = {
        "subject": ELSEWHERE, "place": NEXT_DOOR, "person": {**SOMEBODY, "anonymous": False},
        "caller_number": "01099990000",
    }  # fmt: skip
    return complaint(**{**given, **OTHER_WORDS, **changes})


def of(session: Session, who: Principal, case: Case) -> clusters.Cluster | None:
    with acting(session, who):
        return clusters.of(session, [case.id]).get(case.id)


def ids(*cases: Case) -> set[int]:
    return {case.id for case in cases}


def test_complaints_about_one_business_are_one_cluster(
    session: Session, open_case: Opener, bureau: Bureau, linked: Any
) -> None:
    cases = [open_case(complaint()) for _ in range(4)]
    alone = open_case(next_door())
    linked()
    found = of(session, bureau.person("DISP"), cases[2])
    assert found and set(found.members) == ids(*cases)
    assert (found.size, found.reason) == (4, "subject")
    assert all({"subject", "place", "text"} <= why for why in found.members.values())
    assert of(session, bureau.person("DISP"), alone) is None


def test_the_gravest_leads_and_the_tightest_light_is_shown(
    session: Session, open_case: Opener, bureau: Bureau, linked: Any, clock: FixedClock
) -> None:
    old = open_case(complaint())
    clock.advance(days=3)
    grave = open_case(complaint(urgency=2, urgency_reason="多人不适"))
    linked()
    found = of(session, bureau.person("DISP"), old)
    assert found and (found.lead_id, found.urgency) == (grave.id, 2)
    assert list(found.members) == [grave.id, old.id]
    assert found.light != "green"


def test_a_new_case_joins_and_a_settled_one_leaves(
    session: Session, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal, linked: Any
) -> None:
    first, second, third = (open_case(kind()) for kind in (complaint, complaint, report))
    linked()
    dispatcher = bureau.person("DISP")
    found = of(session, dispatcher, first)
    assert found and set(found.members) == ids(first, second, third)
    do(third, agent, "not_ours", text="已告知")
    found = of(session, dispatcher, first)
    assert found and set(found.members) == ids(first, second)
    linked()
    assert third.id not in set(session.scalars(select(Link.other_id)))
    fourth = open_case(complaint())
    linked()
    found = of(session, dispatcher, fourth)
    assert found and set(found.members) == ids(first, second, fourth)


def test_a_merged_report_leaves(
    session: Session, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal, linked: Any
) -> None:
    first, second, third = (open_case(report()) for _ in range(3))
    linked()
    do(third, agent, "merge", into_case_no=first.case_no)
    found = of(session, agent, first)
    assert found and set(found.members) == ids(first, second)
    assert of(session, agent, third) is None
    linked()
    assert not session.scalars(select(Link).where(Link.case_id == third.id)).all()


def test_a_moved_pin_and_new_facts_are_looked_at_anew(
    session: Session, office: Office, open_case: Opener, bureau: Bureau, agent: Principal,
    linked: Any,
) -> None:  # fmt: skip
    shop, other = open_case(complaint()), open_case(next_door())
    linked()
    assert of(session, agent, shop) is None
    with acting(session, agent):
        service.set_facts(session, office, other.id, shop.dispatch_facts or "")
    linked()
    found = of(session, agent, shop)
    assert found and found.reason == "place"
    assert found.members[other.id] == {"place", "text"}
    with acting(session, agent):
        service.set_place(session, office, other.id, Place(39.94, 116.45, "door", confirmed=True))
    linked()
    assert of(session, agent, shop) is None


def test_what_came_in_long_ago_is_another_matter(
    session: Session, open_case: Opener, bureau: Bureau, linked: Any, clock: FixedClock
) -> None:
    old = open_case(complaint())
    clock.advance(days=31)
    new = open_case(complaint())
    linked()
    assert of(session, bureau.person("DISP"), new) is None
    clock.advance(days=-31)
    assert old.closed_at is None


# -- who may know -------------------------------------------------------------------------------


def test_the_same_phone_links_for_those_who_may_know_the_complainant(
    session: Session, open_case: Opener, bureau: Bureau, linked: Any
) -> None:
    shop = open_case(complaint())
    again = open_case(next_door(person=complaint().person.model_dump()))
    linked()
    found = of(session, bureau.person("CMD"), shop)
    assert found and found.members[again.id] == {"place", "phone"}
    dispatcher = bureau.person("DISP")
    assert not dispatcher.can("complainant.read")
    assert of(session, dispatcher, shop) is None


def test_an_informant_is_nobody_here(
    session: Session, open_case: Opener, bureau: Bureau, linked: Any
) -> None:
    """The very person and words of a complaint next door: nothing links the report with it."""
    there = open_case(next_door(person=complaint().person.model_dump(), caller_number=None,
                                dispatch_facts="后厨冰柜有超过保质期的肉类。"))  # fmt: skip
    here = open_case(report(details={}, dispatch_facts="后厨冰柜有超过保质期的肉类。"))
    linked()
    for who in ("CMD", "DISP", "AGENT"):
        assert of(session, bureau.person(who), here) is None
        assert of(session, bureau.person(who), there) is None


def test_the_halves_of_a_mixed_call_are_linked_as_any_others(
    session: Session, intake: Intake, open_case: Opener, bureau: Bureau, agent: Principal,
    linked: Any,
) -> None:  # fmt: skip
    with acting(session, agent):
        halves = [one.case for one in intake.register(session, mixed())]
    stranger_to_both = open_case(complaint(
        person={**SOMEBODY, "anonymous": False}, caller_number="01099990000",
        dispatch_facts="药盒上没有生产日期。", details={"goods": "药"},
    ))  # fmt: skip
    linked()
    by_kind = {case.kind: case.id for case in halves}
    rows = session.execute(select(Link.case_id, Link.other_id, Link.reasons)).all()
    told = {(row.case_id, row.other_id): set(row.reasons) for row in rows}
    of_report = {pair: why for pair, why in told.items() if by_kind["JB"] in pair}
    assert len(of_report) == 4
    assert all(why == {"subject", "place"} for why in of_report.values())
    found = of(session, bureau.person("CMD"), stranger_to_both)
    assert found and found.members[by_kind["JB"]] == {"subject", "place"}


def test_what_one_may_not_see_counts_nothing_and_holds_nothing_together(
    session: Session, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal, linked: Any
) -> None:
    """A report stands between two shops, each within its 60 m; a station sees no reports."""
    food = {"details": {"object_code": "food"}}
    south, middle, north = (
        (39.9200, complaint), (39.9204, report), (39.9208, complaint),
    )  # fmt: skip
    cases = []
    for (lat, kind), name in zip((south, middle, north), ("甲店", "乙店", "丙店"), strict=True):
        place = {"lat": lat, "lon": 116.43, "level": "door"}
        told = kind(subject={"name": name, "address": f"{name}门前"}, place=place, **food,
                    person={**SOMEBODY, "anonymous": False}, caller_number=None)  # fmt: skip
        told = told.model_copy(update={"dispatch_facts": f"{name}" * 8})
        cases.append(open_case(told))
    linked()
    dispatcher = bureau.person("DISP")
    found = of(session, dispatcher, cases[0])
    assert found and set(found.members) == ids(*cases)
    blind = replace(dispatcher, permissions=dispatcher.permissions - {"report.read"})
    assert of(session, blind, cases[0]) is None
    assert of(session, blind, cases[2]) is None


def test_another_jurisdiction_counts_its_own(
    session: Session, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal, linked: Any
) -> None:
    cases = [open_case(complaint()) for _ in range(5)]
    for case in cases[:3]:
        do(case, agent, "route", organisation_id=bureau.branch.id)
    for case in cases[3:]:
        do(case, agent, "route", organisation_id=bureau.other.id)
    linked()
    here = of(session, bureau.person("UNIT"), cases[0])
    there = of(session, bureau.person("UNIT", at=bureau.other), cases[4])
    assert here and set(here.members) == ids(*cases[:3])
    assert there and set(there.members) == ids(*cases[3:])
    everyone = of(session, bureau.person("DISP"), cases[0])
    assert everyone and everyone.size == 5


def test_the_database_shows_nobody_a_link_with_a_case_they_do_not_see(
    session: Session, open_case: Opener, do: Doer, bureau: Bureau, agent: Principal, linked: Any
) -> None:
    here, there = open_case(complaint()), open_case(complaint())
    do(here, agent, "route", organisation_id=bureau.branch.id)
    do(there, agent, "route", organisation_id=bureau.other.id)
    linked()
    assert len(session.scalars(select(Link)).all()) == 2
    session.expunge_all()
    with acting(session, bureau.person("UNIT")):
        assert session.execute(select(Link.case_id)).all() == []


# -- for the form ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["credit_code", "business_id", "name"])
def test_similar_cases_are_the_open_ones_of_the_same_subject(
    session: Session, office: Office, open_case: Opener, bureau: Bureau, how: str
) -> None:
    same = open_case(complaint())
    open_case(next_door())
    given = {"credit_code": CREDIT_CODE, "business_id": bureau.business.id, "name": "老王饭店"}[how]
    draft = Facts(**{how: given}, is_draft=True)  # type: ignore[arg-type]
    with acting(session, bureau.person("AGENT")):
        ((row, why),) = clusters.like(session, office, draft)
        assert (row.case.id, set(why)) == (same.id, {"subject"})
        assert clusters.like(session, office, Facts(is_draft=True)) == []
    with acting(session, bureau.person("UNIT", at=bureau.other)):
        assert clusters.like(session, office, draft) == []


def test_a_consultation_may_belong_too(
    session: Session, open_case: Opener, bureau: Bureau, linked: Any
) -> None:
    asked, complained = open_case(consultation()), open_case(complaint())
    linked()
    found = of(session, bureau.person("DISP"), asked)
    assert found and set(found.members) == ids(asked, complained)
