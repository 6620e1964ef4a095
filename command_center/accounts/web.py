"""The door: who sends this request, may they, and does the page that sent it belong to us.

A view without a declared rule (`require` or `public`) is refused: forgetting one opens nothing.
"""

import hmac
from typing import Any
from uuid import uuid4

from flask import Flask, current_app, g, request
from werkzeug.exceptions import UnsupportedMediaType

from command_center.accounts import service
from command_center.accounts.models import User
from command_center.accounts.seat import seat
from command_center.accounts.views import COOKIE
from kernel import audit
from kernel.access import Principal, Role, system
from kernel.errors import Forbidden
from kernel.log import correlation_id
from kernel.settings import Settings
from kernel.web import current_principal, database

DOORKEEPER = system("doorkeeper", role=Role.DOOR)
SAFE = {"GET", "HEAD", "OPTIONS"}
BODY_TYPES = {"application/json", "multipart/form-data"}


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
    audit.terminal.set(seat(request.cookies[COOKIE]) if g.principal else "")
    correlation_id.set(uuid4().hex[:16])


def _check_sender() -> None:
    """Refuse what a page of another site sends; a program names no origin and passes."""
    origin = request.headers.get("Origin")
    elsewhere = origin is not None and origin.partition("://")[2] != request.host
    if elsewhere or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden(code="cross_site")


def _check_body_type() -> None:
    """Refuse a body that is not said to be JSON or a form with files."""
    has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if request.mimetype not in BODY_TYPES and (request.mimetype or has_body):
        raise UnsupportedMediaType


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
    given = request.headers.get("X-CSRF-Token", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise Forbidden(code="csrf")


def install(app: Flask) -> None:
    """Check every request before its view runs."""

    @app.before_request
    def door() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or request.endpoint == "static":
            return
        if request.method not in SAFE and request.path.startswith("/api/"):
            _check_sender()
            _check_body_type()
        _identify()
        _check_rule(view)
        if getattr(view, "required_permissions", None) is not None:
            _check_csrf()
