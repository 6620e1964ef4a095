"""The one exception tree: machine code, HTTP status, parameters. The UI translates the code."""

from typing import Any, ClassVar


class AppError(Exception):
    """A refusal that people may read; raise one of its children."""

    status: ClassVar[int] = 500
    code: str = "internal"
    field: str | None = None

    def __init__(self, code: str | None = None, *, field: str | None = None, **params: object):
        self.code = code or self.code
        self.field = field
        self.params = params
        super().__init__(self.code, field, params)


class BadInput(AppError):
    """The input is wrong in one named field."""

    status = 422
    code = "bad_input"

    def __init__(self, field: str, code: str = "bad_input", **params: Any):
        super().__init__(code, field=field, **params)


class Unauthenticated(AppError):
    """Nobody is signed in, or the session has ended."""

    status = 401
    code = "unauthenticated"


class Forbidden(AppError):
    """The principal lacks a permission or the object lies outside its jurisdiction."""

    status = 403
    code = "forbidden"

    def __init__(self, permission: str = "", code: str = "forbidden", **params: Any):
        super().__init__(code, permission=permission, **params)


class StepUpRequired(AppError):
    """The last proof of who is sitting there is too old for this step; prove it and repeat."""

    status = 403
    code = "step_up_required"


class NotFound(AppError):
    """No such object, or none that the principal may know of."""

    status = 404
    code = "not_found"

    def __init__(self, kind: str, ident: object):
        super().__init__(kind=kind, id=ident)


class Conflict(AppError):
    """Someone else was first, or the state does not allow it."""

    status = 409
    code = "conflict"


class IllegalTransition(Conflict):
    """A state machine refuses this step from this state."""

    code = "illegal_transition"

    def __init__(self, machine: str, state: str, action: str, **params: Any):
        super().__init__(machine=machine, state=state, action=action, **params)


class TooMany(AppError):
    """A rate limit was reached."""

    status = 429
    code = "too_many"


class Unavailable(AppError):
    """An engine that the request needs does not answer."""

    status = 503
    code = "unavailable"
