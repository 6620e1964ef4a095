"""An application behind the real door, and people who have an account there."""

from apiflask import APIFlask
from sqlalchemy.orm import Session

from command_center.accounts import service, views, web
from command_center.accounts.models import Organisation
from kernel.db import Database
from kernel.settings import Settings
from kernel.web import install_error_handlers

PASSWORD = "a good password"


def open_door(database: Database, settings: Settings) -> APIFlask:
    """The application with nothing but signing in."""
    app = APIFlask("door")
    app.extensions.update(database=database, settings=settings)
    install_error_handlers(app)
    web.install(app)
    app.register_blueprint(views.blueprint)
    return app


def bureau(session: Session) -> Organisation:
    return service.create_organisation(
        session, parent=None, code="b", kind="bureau", name="局", region_code="110000"
    )


def account(session: Session, organisation: Organisation, name: str, role: str) -> None:
    """Somebody of that name and role whose password is `PASSWORD`."""
    service.create_user(
        session,
        password=PASSWORD,
        roles=frozenset({role}),
        account=name,
        name=name,
        organisation_id=organisation.id,
    )
