"""What every view needs: the principal, a unit of work, permission checks, problem responses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import quote

from flask import Flask, Response, current_app, g, jsonify, request
from pydantic import ValidationError
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from kernel.access import Principal
from kernel.db import Database
from kernel.errors import AppError, StepUpRequired, Unauthenticated
from kernel.gate.gate import Cleared
from kernel.i18n import translate
from kernel.log import get_logger

log = get_logger(__name__)
F = TypeVar("F", bound=Callable[..., Any])
STEP_UP = "step_up_window"
"""The application's extension that holds for how long a proof counts as fresh."""
FRESH_FOR = timedelta(minutes=10)
PROBLEM = {
    "type": "object",
    "required": ["status", "code", "message", "field", "params"],
    "properties": {
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "What went wrong, for programs"},
        "message": {"type": "string", "description": "The same in the reader's language"},
        "field": {"type": ["string", "null"], "description": "The input that is at fault"},
        "params": {"type": "object"},
    },
}
"""The JSON schema of what `problem` answers."""


def current_principal() -> Principal:
    """Who sent this request; raises Unauthenticated."""
    principal: Principal | None = g.get("principal")
    if principal is None:
        raise Unauthenticated
    return principal


def require_fresh() -> None:
    """Pass when the person proved themselves a short while ago; raises StepUpRequired."""
    confirmed_at = current_principal().confirmed_at
    window = current_app.extensions.get(STEP_UP, FRESH_FOR)
    if confirmed_at is None or database().clock.now() - confirmed_at > window:
        raise StepUpRequired


def require(*permissions: str, fresh: bool = False) -> Callable[[F], F]:
    """Let the view run only for a principal that holds one of the permissions.

    Without a permission named, anyone signed in may pass; a `fresh` view asks besides for a
    recent proof of who is sitting there. Both stay readable on the view, as
    `required_permissions` and `requires_fresh`, so that tests can list every endpoint's rule.
    """

    def decorate(view: F) -> F:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            principal = current_principal()
            if permissions:
                principal.require(*permissions)
            if fresh:
                require_fresh()
            return view(*args, **kwargs)

        cast(Any, guarded).required_permissions = permissions
        cast(Any, guarded).requires_fresh = fresh
        return cast(F, guarded)

    return decorate


def public(view: F) -> F:
    """Mark a view as open to everyone: no account needed."""
    cast(Any, view).required_permissions = None
    return view


def database() -> Database:
    found: Database = current_app.extensions["database"]
    return found


@contextmanager
def unit_of_work(principal: Principal | None = None) -> Iterator[Session]:
    """A transaction as the current principal (or the given one)."""
    with database().unit_of_work(principal or current_principal()) as session:
        yield session


def handed_out(
    content: Cleared[bytes] | Cleared[str],
    *,
    media_type: str,
    name: str = "",
    download: bool = False,
    policy: str = "",
) -> Response:
    """A file, page or tile to the browser that asked for it; raises NotCleared for what goes by
    another way. `policy` is its Content-Security-Policy.
    """
    response = Response(content.for_way("file", "page", "tile", "export"), content_type=media_type)
    if name:
        how = "attachment" if download else "inline"
        response.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name)}"
    if policy:
        response.headers["Content-Security-Policy"] = policy
    return response


def a_file(description: str, *media_types: str) -> Any:
    """What the API's document says of an answer that is no JSON."""
    schema = {"type": "string", "format": "binary"}
    return {"description": description, "content": {t: {"schema": schema} for t in media_types}}


def problem(
    status: int, code: str, *, field: str | None = None, params: dict[str, Any] | None = None
) -> Response:
    """The one shape of every refusal: status, machine code, message, field, parameters."""
    lang = request.accept_languages.best_match(["zh", "en"], "zh")
    body = {
        "status": status,
        "code": code,
        "message": translate(f"error.{code}", lang, **(params or {})),
        "field": field,
        "params": params or {},
    }
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def install_error_handlers(app: Flask) -> None:
    """Turn every exception into a problem response; unknown ones are logged and hidden."""

    @app.errorhandler(AppError)
    def refused(error: AppError) -> Response:
        _log_refusal(error)
        return problem(error.status, error.code, field=error.field, params=error.params)

    @app.errorhandler(ValidationError)
    def malformed(error: ValidationError) -> Response:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        return problem(422, f"invalid.{first['type']}", field=field)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return problem(error.code or 500, error.name.lower().replace(" ", "_"))

    @app.errorhandler(RecursionError)
    def too_deep(_: RecursionError) -> Response:
        log.warning("input_too_deep", path=_rule())
        return problem(400, "bad_request")

    @app.errorhandler(DataError)
    def unstorable(error: DataError) -> Response:
        log.warning("input_unstorable", path=_rule(), error=type(error.orig).__name__)
        return problem(422, "bad_input")

    @app.errorhandler(OperationalError)
    def database_away(_: OperationalError) -> Response:
        log.exception("database_unavailable")
        return problem(503, "database_unavailable")

    @app.errorhandler(Exception)
    def unexpected(_: Exception) -> Response:
        log.exception("request_failed", path=_rule())
        return problem(500, "internal")


def _log_refusal(error: AppError) -> None:
    """Who was turned away, where and why: never what was given."""
    if error.status in (401, 403, 429):
        asked = g.get("principal")
        log.warning("refused", code=error.code, path=_rule(), principal=asked.id if asked else None)


def _rule() -> str | None:
    """The rule of the present request's address: never the address, which may hold a number."""
    return request.url_rule.rule if request.url_rule else None
