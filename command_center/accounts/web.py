"""The door: who sends this request, may they, and does the page that sent it belong to us.

A view without a declared rule (`require` or `public`) is refused: forgetting one opens nothing.
"""

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast
from uuid import uuid4

from flask import Flask, current_app, g, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import UnsupportedMediaType

from command_center.accounts import api_tokens, cookies, service, sessions
from command_center.accounts.models import LoginSession
from command_center.accounts.seat import seat
from kernel import audit
from kernel.access import Principal, Role, system
from kernel.errors import Forbidden, Unauthenticated
from kernel.log import correlation_id
from kernel.settings import Settings
from kernel.web import STEP_UP, current_principal, database

DOORKEEPER = system("doorkeeper", role=Role.DOOR)
SAFE = {"GET", "HEAD", "OPTIONS"}
JSON = "application/json"
BODY_TYPES = {JSON, "multipart/form-data"}
MAX_JSON_BYTES = 1 << 20
"""Every text of a body at its longest, each letter escaped, makes 300 kB."""
BEARER = "Bearer "
F = TypeVar("F", bound=Callable[..., Any])


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


@contextmanager
def at_the_door() -> Iterator[Session]:
    """A transaction of whoever asks, with the door's rights on the accounts they answer for."""
    asks = replace(current_principal(), database_role=Role.DOOR)
    with database().unit_of_work(asks) as session:
        yield session


def while_unfinished(view: F) -> F:
    """Open the view also to whoever has yet to choose a password or enrol a second factor."""
    cast(Any, view).while_unfinished = True
    return view


def unfinished(held: LoginSession) -> list[str]:
    """What the person must do before this session opens the house."""
    steps = {
        "password": held.user.must_change_password,
        "second_factor": held.lacks_second_factor,
    }
    return [step for step, needed in steps.items() if needed]


def session_of_request(touch: bool = False) -> LoginSession | None:
    """The session of the present request or socket handshake, else None."""
    token = cookies.read(settings(), cookies.SESSION)
    if not token:
        return None
    with database().unit_of_work(DOORKEEPER) as session:
        held = sessions.find(session, token, settings().idle)
        if held and touch:
            sessions.seen(session, held, request.remote_addr or "")
        return held


def principal_of_request() -> Principal | None:
    """Who sits at the desk of this socket handshake; nobody while their sign-in is unfinished."""
    held = session_of_request()
    if held is None or unfinished(held):
        return None
    return service.principal(held.user, held)


def _identify(view: Any) -> None:
    g.login, g.principal = None, None
    audit.terminal.set("")
    correlation_id.set(uuid4().hex[:16])
    said = request.headers.get("Authorization", "")
    if said.startswith(BEARER):
        g.principal = _partner(said.removeprefix(BEARER), view)
        return
    held = session_of_request(touch=getattr(view, "required_permissions", None) is not None)
    if held is not None:
        g.login, g.principal = held, service.principal(held.user, held)
        audit.terminal.set(seat(g.principal.session_id))


def _partner(token: str, view: Any) -> Principal:
    """The partner whose token this is. Raises Unauthenticated.

    Raises Forbidden where a view is about accounts, asks for a person's fresh proof, or names no
    permission that a token could hold.
    """
    with database().unit_of_work(DOORKEEPER) as session:
        partner = api_tokens.principal_behind(session, token)
    if partner is None:
        raise Unauthenticated("bad_token")
    of_people = getattr(view, "__module__", "").startswith("command_center.accounts")
    rule = getattr(view, "required_permissions", ())
    if of_people or rule == () or getattr(view, "requires_fresh", False):
        raise Forbidden(code="not_for_tokens")
    return partner


def _check_sender() -> None:
    """Refuse what a page of another site sends; a program names no origin and passes."""
    origin = request.headers.get("Origin")
    elsewhere = origin is not None and origin.partition("://")[2] != request.host
    if elsewhere or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden(code="cross_site")


def _check_body() -> None:
    """Refuse a body that is not said to be JSON or a form with files; JSON is held in memory many
    times its size, so that less of it is taken than of files.
    """
    has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if request.mimetype not in BODY_TYPES and (request.mimetype or has_body):
        raise UnsupportedMediaType
    if request.mimetype == JSON:
        request.max_content_length = MAX_JSON_BYTES


def check_rule(view: Any) -> None:
    """Raises Unauthenticated, or Forbidden for whoever lacks what the view asks for."""
    rule = getattr(view, "required_permissions", "undeclared")
    if rule is None:
        return
    if rule == "undeclared":
        raise Forbidden("undeclared")
    principal = current_principal()
    _check_finished(view)
    if rule:
        principal.require(*rule)


def _check_finished(view: Any) -> None:
    steps = unfinished(g.login) if g.login else []
    if steps and not getattr(view, "while_unfinished", False):
        raise Forbidden(code=f"{steps[0]}_first")


def _check_csrf() -> None:
    if request.method in SAFE or g.login is None:
        return
    expected = service.csrf_token(settings().secret_key, g.login.id)
    given = request.headers.get("X-CSRF-Token", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise Forbidden(code="csrf")


def install(app: Flask) -> None:
    """Check every request before its view runs."""
    app.extensions[STEP_UP] = app.extensions["settings"].step_up

    @app.before_request
    def door() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or request.endpoint == "static":
            return
        if request.method not in SAFE and request.path.startswith("/api/"):
            _check_sender()
            _check_body()
        _identify(view)
        check_rule(view)
        if getattr(view, "required_permissions", None) is not None:
            _check_csrf()
