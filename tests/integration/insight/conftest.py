from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from command_center.cases.office import Office
from command_center.insight import views
from command_center.intake.schemas import Submission
from command_center.intake.service import Intake
from kernel.access import Principal
from kernel.settings import Settings
from tests.factories.bureau import Bureau, make_bureau, make_intake, make_office
from tests.factories.desk import Desk, OneTransaction


@pytest.fixture
def office(settings: Settings) -> Office:
    return make_office(settings)


@pytest.fixture
def intake(office: Office) -> Intake:
    return make_intake(office)


@pytest.fixture
def database(session: Session) -> OneTransaction:
    return OneTransaction(session)


@pytest.fixture
def bureau(session: Session) -> Bureau:
    return make_bureau(session)


@pytest.fixture
def desk(database: OneTransaction, settings: Settings, office: Office) -> Desk:
    return Desk(database, settings, [views.create_blueprint(office)])


@pytest.fixture
def register(database: OneTransaction, intake: Intake, bureau: Bureau) -> Callable[..., int]:
    """Registers submissions as an agent; gives the last case's id."""
    agent: Principal = bureau.person("AGENT")

    def register(*told: Submission) -> int:
        with database.unit_of_work(agent) as session:
            return [one.case.id for t in told for one in intake.register(session, t)][-1]

    return register
