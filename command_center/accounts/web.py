"""The door: who sends this request, may they, and does the page that sent it belong to us.

A view without a declared rule (`require` or `public`) is refused: forgetting one opens nothing.
"""

import hmac
from typing import Any

from flask import Flask, current_app, g, request

from command_center.accounts import service
from command_center.accounts.models import User
from command_center.accounts.views import COOKIE
from kernel.access import Principal, system
from kernel.errors import Forbidden
from kernel.settings import Settings
from kernel.web import current_principal, database

DOORKEEPER = system("doorkeeper")
SAFE = {"GET", "HEAD", "OPTIONS"}


def user_of_request() -> User | None:
    """The signed-in user of the present request or socket handshake, else None."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    with database().unit_of_work(DOORKEEPER) as session:
        return service.user_of(session, token)


def principal_of_request() -> Principal | None:
    user = user_of_request()
    return service.principal(user) if user else None


def _identify() -> None:
    g.user = user_of_request()
    g.principal = service.principal(g.user) if g.user else None


def _check_rule(view: Any) -> None:
    rule = getattr(view, "required_permissions", "undeclared")
    if rule is None:
        return
    if rule == "undeclared":
        raise Forbidden("undeclared")
    principal = current_principal()
    if rule:
        principal.require(*rule)


def _check_csrf() -> None:
    if request.method in SAFE or g.principal is None:
        return
    settings: Settings = current_app.extensions["settings"]
    expected = service.csrf_token(settings.secret_key, request.cookies[COOKIE])
    if not hmac.compare_digest(expected, request.headers.get("X-CSRF-Token", "")):
        raise Forbidden(code="csrf")


def install(app: Flask) -> None:
    """Check every request before its view runs."""

    @app.before_request
    def door() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or request.endpoint == "static":
            return
        _identify()
        _check_rule(view)
        if getattr(view, "required_permissions", None) is not None:
            _check_csrf()
