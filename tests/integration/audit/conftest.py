"""The auditor's desk beside the rooms whose acts it shows, all in one rolled-back transaction."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from command_center.audit import views
from command_center.audit.service import Auditing
from command_center.cases import views as cases_views
from command_center.cases.models import Case
from command_center.cases.office import Office
from command_center.intake.schemas import Submission
from dispatch.units import views as units_views
from kernel.access import Principal
from kernel.settings import Settings
from tests.factories.bureau import Bureau, acting, make_bureau, make_intake, make_office
from tests.factories.desk import Desk, OneTransaction


@pytest.fixture
def office(settings: Settings) -> Office:
    return make_office(settings)


@pytest.fixture
def bureau(session: Session) -> Bureau:
    return make_bureau(session)


@pytest.fixture
def auditing(session: Session, settings: Settings) -> Auditing:
    return Auditing(settings, OneTransaction(session))  # type: ignore[arg-type]


@pytest.fixture
def desk(session: Session, settings: Settings, office: Office, auditing: Auditing) -> Desk:
    rooms = [
        views.create_blueprint(auditing),
        cases_views.create_blueprint(office),
        units_views.create_blueprint(),
    ]
    return Desk(OneTransaction(session), settings, rooms)


@pytest.fixture
def auditor(bureau: Bureau) -> Principal:
    return bureau.person("AUDIT")


@pytest.fixture
def open_case(session: Session, bureau: Bureau, office: Office) -> Callable[[Submission], Case]:
    """Registers a submission as an agent."""
    intake, agent = make_intake(office), bureau.person("AGENT")

    def open_one(told: Submission) -> Case:
        with acting(session, agent):
            (opened,) = intake.register(session, told)
        session.flush()
        return opened.case

    return open_one
