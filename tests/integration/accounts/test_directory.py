"""What dispatch is told of people and organisations."""

from datetime import timedelta

from sqlalchemy.orm import Session

from command_center.accounts.directory import StaffDirectory
from command_center.accounts.roster.models import Duty
from kernel.access import Role, system
from kernel.clock import now
from tests.factories import door
from tests.factories.bureau import acting, make_bureau


def test_the_numbers_of_ours_are_those_of_branches_and_of_officers_in_service(
    session: Session,
) -> None:
    bureau = make_bureau(session)
    bureau.branch.phone = "+999 10-0010-0010"
    for number, (name, role) in enumerate(
        (("on-crew", "OFFICER"), ("left", "OFFICER"), ("clerk", "AGENT"))
    ):
        made = door.account(session, bureau.branch, name, role)
        made.phone, made.active = f"+9991380000000{number}", name != "left"
    session.flush()
    with acting(session, system("worker", role=Role.HOUSE)):
        numbers = StaffDirectory().numbers(session)
    assert {"9991000100010", "99913800000000"} <= numbers
    assert not numbers & {"", "99913800000001", "99913800000002"}


def test_whom_to_call_is_every_office_and_whoever_stands_on_duty_there_now(
    session: Session,
) -> None:
    """What the roster says is told to whoever may read it."""
    bureau = make_bureau(session)
    stands = door.account(session, bureau.branch, "stands", "CMD")
    went = door.account(session, bureau.other, "went", "CMD")
    moment = now(session)
    for at, who, since in ((bureau.branch, stands, 1), (bureau.other, went, 9)):
        session.add(
            Duty(
                organisation_id=at.id, user_id=who.id, name=who.name, phone="+99913800000001",
                post="CMD", starts_at=moment - timedelta(hours=since),
                ends_at=moment + timedelta(hours=7 - since),
            )
        )  # fmt: skip
    session.flush()

    def told(role: str) -> dict[str, list[str]]:
        with acting(session, bureau.person(role, at=bureau.root)):
            found = StaffDirectory().contacts(session, bureau.root.path)
        return {one.branch.name: [who.name for who in one.on_duty] for one in found}

    nobody: dict[str, list[str]]
    nobody = {one.name: [] for one in (bureau.sub, bureau.branch, bureau.other)}
    assert told("DISP") == nobody | {bureau.branch.name: ["stands"]}
    assert told("UNIT") == nobody
