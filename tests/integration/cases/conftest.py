from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.cases import actions
from command_center.cases.deadlines import Step, words
from command_center.cases.models import Case, Deadline
from command_center.cases.office import Office
from command_center.intake.schemas import Submission
from command_center.intake.service import Intake
from kernel.access import Principal
from kernel.settings import Settings
from tests.factories.bureau import Bureau, acting, make_bureau, make_intake, make_office, report

Opener = Callable[[Submission], Case]
Doer = Callable[..., Case]


@pytest.fixture
def office(settings: Settings) -> Office:
    return make_office(settings)


@pytest.fixture
def intake(office: Office) -> Intake:
    return make_intake(office)


@pytest.fixture
def bureau(session: Session) -> Bureau:
    """The small bureau, rolled back after the test."""
    return make_bureau(session)


@pytest.fixture
def agent(bureau: Bureau) -> Principal:
    """Who registers every case of `open_case`."""
    return bureau.person("AGENT")


@pytest.fixture
def open_case(session: Session, intake: Intake, agent: Principal) -> Opener:
    """Registers a submission as the agent: `open_case(complaint())`."""

    def open_one(told: Submission) -> Case:
        with acting(session, agent):
            (opened,) = intake.register(session, told)
        session.flush()
        return opened.case

    return open_one


@pytest.fixture
def do(session: Session, office: Office) -> Doer:
    """Takes a step as somebody: `do(case, unit, "accept")`."""

    def take(case: Case, who: Principal, action: str, **given: Any) -> Case:
        with acting(session, who):
            done = actions.act(session, office, case.id, action, given)
        session.flush()
        return done

    return take


@pytest.fixture
def verifying(
    open_case: Opener, do: Doer, bureau: Bureau, agent: Principal, unit: Principal
) -> Case:
    case = do(open_case(report()), agent, "route", organisation_id=bureau.branch.id)
    return do(case, unit, "verify")


def basis(row: Deadline) -> str:
    """Its arithmetic in Chinese."""
    return "；".join(words(Step(**one)).zh for one in row.steps)


def running(session: Session, case: Case, rule: str) -> Deadline:
    return session.scalars(
        select(Deadline).where(
            Deadline.case_id == case.id, Deadline.rule == rule, Deadline.void_at.is_(None)
        )
    ).one()
