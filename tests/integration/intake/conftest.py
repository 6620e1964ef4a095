import pytest
from sqlalchemy.orm import Session

from command_center.cases.office import Office
from command_center.intake.service import Intake
from kernel.settings import Settings
from tests.factories.bureau import Bureau, make_bureau, make_intake, make_office


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
