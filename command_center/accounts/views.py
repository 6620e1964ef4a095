"""Session, organisations and people."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, g, jsonify, request
from geoalchemy2.shape import to_shape

from command_center.accounts import passwords, queries, service
from command_center.accounts.models import Organisation, User
from command_center.accounts.schemas import (
    Me,
    OrganisationOut,
    OrganisationRef,
    Organisations,
    SignIn,
    UserOut,
    UserQuery,
    Users,
)
from command_center.accounts.seat import seat
from kernel import audit
from kernel.access import Role, system
from kernel.errors import Unauthenticated
from kernel.settings import Settings
from kernel.web import current_principal, public, require, unit_of_work

COOKIE = "cc_session"
NOBODY = system("sign-in", role=Role.DOOR)
blueprint = APIBlueprint("accounts", __name__, url_prefix="/api/v1", tag="Accounts")


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def _reference(organisation: Organisation) -> OrganisationRef:
    return OrganisationRef.model_validate(organisation, from_attributes=True)


def _me(user: User, token: str) -> Me:
    asked = service.principal(user)
    return Me(
        id=user.id,
        account=user.account,
        name=user.name,
        roles=sorted(asked.roles),
        permissions=sorted(asked.permissions),
        organisation=_reference(user.organisation),
        csrf=service.csrf_token(settings().secret_key, token),
    )


@blueprint.post("/session")
@blueprint.input(SignIn, arg_name="body")
@blueprint.doc(operation_id="signIn", responses={200: "Signed in", 401: "Refused", 429: "Limited"})
@public
def sign_in(body: SignIn) -> Response:
    with passwords.place_in_line():
        with unit_of_work(NOBODY) as session:
            attempt = service.begin_attempt(session, body.account, request.remote_addr or "")
        if not passwords.verify(attempt.password_hash, body.password):
            raise Unauthenticated("bad_credentials")
    audit.terminal.set(seat(""))
    with unit_of_work(NOBODY) as session:
        user, token = service.admit(session, attempt, settings().session_hours)
    response = jsonify(_me(user, token).model_dump())
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings().session_hours * 3600,
        httponly=True,
        samesite="Strict",
        secure=not settings().is_demo,
    )
    return response


@blueprint.get("/session")
@blueprint.output(Me)
@blueprint.doc(operation_id="whoAmI")
@require()
def who_am_i() -> Me:
    return _me(g.user, request.cookies[COOKIE])


@blueprint.delete("/session")
@blueprint.doc(operation_id="signOut", responses={204: "Signed out"})
@require()
def sign_out() -> Response:
    with unit_of_work() as session:
        service.close_session(session, request.cookies[COOKIE])
    response = Response(status=204)
    response.delete_cookie(COOKIE)
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
                organisation=_reference(user.organisation),
            )
            for user in found
        ]
