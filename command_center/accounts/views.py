"""Signing in and out, organisations and people."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, g, jsonify, request
from geoalchemy2.shape import to_shape
from sqlalchemy.orm import Session

from command_center.accounts import (
    attempts,
    cookies,
    devices,
    passwords,
    queries,
    second_factor,
    service,
    sessions,
)
from command_center.accounts.models import LoginSession, Organisation, User
from command_center.accounts.schemas import (
    Challenged,
    Confirmation,
    Me,
    OrganisationOut,
    OrganisationRef,
    Organisations,
    SecondStep,
    SignIn,
    UserOut,
    UserQuery,
    Users,
)
from command_center.accounts.seat import seat
from command_center.accounts.service import Entry
from command_center.accounts.sessions import Browser
from command_center.accounts.web import at_the_door, settings, unfinished, while_unfinished
from kernel import audit
from kernel.access import Role, system
from kernel.crypto import Vault
from kernel.errors import BadInput, Unauthenticated
from kernel.web import current_principal, public, require, unit_of_work

NOBODY = system("sign-in", role=Role.DOOR)
DAY = 86_400
blueprint = APIBlueprint("accounts", __name__, url_prefix="/api/v1", tag="Accounts")


def browser() -> Browser:
    """Where the present request comes from; the log of a sign-in says so too."""
    audit.terminal.set(seat(""))
    return Browser(request.remote_addr or "", request.user_agent.string)


def reference(organisation: Organisation) -> OrganisationRef:
    return OrganisationRef.model_validate(organisation, from_attributes=True)


def _me(session: Session, held: LoginSession) -> Me:
    user = held.user
    asked = service.principal(user)
    return Me(
        id=user.id,
        account=user.account,
        name=user.name,
        roles=sorted(asked.roles),
        permissions=sorted(asked.permissions),
        organisation=reference(user.organisation),
        csrf=service.csrf_token(settings().secret_key, held.id),
        must=unfinished(held),
        has_second_factor=second_factor.is_enrolled(session, user.id),
    )


def give_session(response: Response, token: str) -> Response:
    cookies.write(response, settings(), cookies.SESSION, token, settings().session_hours * 3600)
    return response


def give_challenge(response: Response, token: str) -> Response:
    seconds = int(sessions.CHALLENGE_LASTS.total_seconds())
    cookies.write(response, settings(), cookies.CHALLENGE, token, seconds)
    return response


def _answer(entry: Entry, me: Me | None) -> Response:
    """200 with who came in, or 202 with what the second step may be."""
    if me is not None:
        return give_session(jsonify(me.model_dump()), entry.token)
    said = Challenged(
        second=["totp", "recovery"],
        expires_in=int(sessions.CHALLENGE_LASTS.total_seconds()),
        may_trust=settings().trusted_device_days > 0,
    )
    response = jsonify(said.model_dump())
    response.status_code = 202
    return give_challenge(response, entry.token)


@blueprint.post("/session")
@blueprint.input(SignIn, arg_name="body")
@blueprint.doc(
    operation_id="signIn",
    responses={
        200: "Signed in", 202: "A second step is needed", 401: "Refused", 429: "Limited",
    },
)  # fmt: skip
@public
def sign_in(body: SignIn) -> Response:
    with passwords.place_in_line():
        with unit_of_work(NOBODY) as session:
            attempt = attempts.begin(session, body.account, request.remote_addr or "")
        if not passwords.verify(attempt.password_hash, body.password):
            raise Unauthenticated("bad_credentials")
    device = cookies.read(settings(), cookies.DEVICE)
    with unit_of_work(NOBODY) as session:
        sessions.forget(session, cookies.read(settings(), cookies.SESSION))
        user = service.recognise(session, attempt)
        entry = service.enter(session, settings(), user, browser(), device=device)
        me = _me(session, entry.opened) if entry.opened else None
    return _answer(entry, me)


@blueprint.post("/session/second")
@blueprint.input(SecondStep, arg_name="body")
@blueprint.doc(
    operation_id="finishSignIn", responses={200: "Signed in", 401: "Refused", 429: "Limited"}
)
@public
def second_step(body: SecondStep) -> Response:
    challenge = cookies.read(settings(), cookies.CHALLENGE)
    with unit_of_work(NOBODY) as session:
        account = sessions.challenged(session, challenge).account
        attempt = attempts.begin(session, account, request.remote_addr or "", attempts.SECOND)
    with unit_of_work(NOBODY) as session:
        entry = service.second_step(session, settings(), challenge, attempt, body.code, browser())
        assert entry.opened is not None  # noqa: S101 (a second step challenges nobody again)
        me = _me(session, entry.opened)
        device = _trusted(session, entry.user) if body.trust else ""
    response = _answer(entry, me)
    cookies.forget(response, settings(), cookies.CHALLENGE)
    if device:
        days = settings().trusted_device_days
        cookies.write(response, settings(), cookies.DEVICE, device, days * DAY)
    return response


def _trusted(session: Session, user: User) -> str:
    days = settings().trusted_device_days
    if not days:
        return ""
    return devices.trust(session, settings().secret_key, user.id, browser(), days)


@blueprint.post("/session/confirm")
@blueprint.input(Confirmation, arg_name="body")
@blueprint.doc(
    operation_id="confirmPresence",
    responses={200: "Confirmed", 401: "Refused", 422: "Neither proof given", 429: "Limited"},
)
@require()
def confirm(body: Confirmation) -> Response:
    """A fresh proof, where a step asks for one. A trusted desk proves nothing here."""
    if (body.password is None) == (body.code is None):
        raise BadInput("password", "required")
    how = _prove(body)
    with at_the_door() as session:
        held, token = sessions.confirm(session, g.login.id, how)
        me = _me(session, held)
    return give_session(jsonify(me.model_dump()), token)


def _prove(body: Confirmation) -> str:
    """How the person proved themselves; raises Unauthenticated, TooMany."""
    user = g.login.user
    with unit_of_work(NOBODY) as session:
        attempt = attempts.begin(session, user.account, request.remote_addr or "", attempts.CONFIRM)
    if body.password is not None:
        with passwords.place_in_line():
            if not passwords.verify(attempt.password_hash, body.password):
                raise Unauthenticated("bad_credentials")
    with unit_of_work(NOBODY) as session:
        vault = Vault(settings().secret_key)
        if body.code and not second_factor.fits(session, vault, user.id, body.code):
            raise Unauthenticated("bad_code")
        attempts.forgive(session, attempt)
    return "password" if body.password is not None else "totp"


@blueprint.get("/session")
@blueprint.output(Me)
@blueprint.doc(operation_id="whoAmI")
@while_unfinished
@require()
def who_am_i() -> Any:
    with at_the_door() as session:
        return _me(session, g.login)


@blueprint.delete("/session")
@blueprint.doc(operation_id="signOut", responses={204: "Signed out"})
@while_unfinished
@require()
def sign_out() -> Response:
    with at_the_door() as session:
        sessions.end(session, g.login.user_id, g.login.id)
    response = Response(status=204)
    cookies.forget(response, settings(), cookies.SESSION)
    return response


@blueprint.get("/organisations")
@blueprint.output(Organisations)
@blueprint.doc(operation_id="listOrganisations")
@require()
def list_organisations() -> Any:
    with unit_of_work() as session:
        return [_organisation(o) for o in queries.organisations(session)]


def _organisation(organisation: Organisation) -> OrganisationOut:
    point = to_shape(organisation.place).centroid if organisation.place is not None else None
    return OrganisationOut(
        id=organisation.id,
        parent_id=organisation.parent_id,
        kind=organisation.kind,
        name=organisation.name,
        phone=organisation.phone,
        fax=organisation.fax,
        region_code=organisation.region_code,
        lon=point.x if point else None,
        lat=point.y if point else None,
    )


@blueprint.get("/users")
@blueprint.input(UserQuery, location="query", arg_name="query")
@blueprint.output(Users)
@blueprint.doc(operation_id="listUsers")
@require("admin.users", "order.create", "order.approve")
def list_users(query: UserQuery) -> Any:
    with unit_of_work() as session:
        found = queries.users(session, current_principal().organisation_path, query.role)
        return [
            UserOut(
                id=user.id,
                name=user.name,
                roles=sorted(held.role for held in user.roles),
                organisation=reference(user.organisation),
            )
            for user in found
        ]
