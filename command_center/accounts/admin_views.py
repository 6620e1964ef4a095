"""Administration of accounts and of partners' tokens."""

from collections.abc import Sequence
from typing import Any

from apiflask import APIBlueprint
from flask import Response
from sqlalchemy.orm import Session

from command_center.accounts import administration, api_tokens, policy, second_factor, sessions
from command_center.accounts.account_views import sessions_out
from command_center.accounts.administration import Person
from command_center.accounts.models import ApiToken, User
from command_center.accounts.roles import ROLES
from command_center.accounts.schemas import (
    CreatedPerson,
    CreatedToken,
    Ended,
    NewPerson,
    People,
    PersonIn,
    PersonOut,
    PersonQuery,
    RoleOut,
    RolesOut,
    Sessions,
    TemporaryPassword,
    TokenIn,
    TokenOut,
    Tokens,
)
from command_center.accounts.views import reference
from command_center.accounts.web import at_the_door, settings
from kernel.errors import BadInput
from kernel.schemas import IDENT, REFUSALS
from kernel.web import require

PERSON = f"/users/<{IDENT}:user_id>"
blueprint = APIBlueprint(
    "administration", __name__, url_prefix="/api/v1/admin", tag="Administration"
)


@blueprint.get("/roles")
@blueprint.output(RolesOut)
@blueprint.doc(operation_id="listRoles")
@require("admin.users")
def list_roles() -> Any:
    roles = [
        RoleOut(
            code=code,
            permissions=sorted(held),
            needs_second_factor=policy.needs_second_factor(frozenset({code})),
            stands_alone=code in policy.ALONE,
        )
        for code, held in ROLES.items()
    ]
    return RolesOut(roles=roles, scopes=sorted(api_tokens.SCOPES))


@blueprint.get("/users")
@blueprint.input(PersonQuery, location="query", arg_name="query")
@blueprint.output(People)
@blueprint.doc(operation_id="listPeople")
@require("admin.users")
def list_people(query: PersonQuery) -> Any:
    with at_the_door() as session:
        return _people(session, administration.people(session, query.q))


@blueprint.post("/users")
@blueprint.input(NewPerson, arg_name="body")
@blueprint.output(CreatedPerson, status_code=201)
@blueprint.doc(operation_id="createPerson", responses=REFUSALS)
@require("admin.users", fresh=True)
def create(body: NewPerson) -> Any:
    with at_the_door() as session:
        user, password = administration.create(session, body.account, _said(body))
        person = _people(session, [user])[0]
        return CreatedPerson(person=person, password=password, password_until=user.password_until)


@blueprint.put(PERSON)
@blueprint.input(PersonIn, arg_name="body")
@blueprint.output(PersonOut)
@blueprint.doc(operation_id="changePerson", responses=REFUSALS)
@require("admin.users", fresh=True)
def change(user_id: int, body: PersonIn) -> Any:
    with at_the_door() as session:
        return _people(session, [administration.change(session, user_id, _said(body))])[0]


@blueprint.post(f"{PERSON}/password")
@blueprint.output(TemporaryPassword)
@blueprint.doc(operation_id="resetPassword", responses=REFUSALS)
@require("admin.users", fresh=True)
def reset_password(user_id: int) -> Any:
    with at_the_door() as session:
        user, password = administration.reset_password(session, user_id)
        return TemporaryPassword(password=password, password_until=user.password_until)


@blueprint.delete(f"{PERSON}/second-factor")
@blueprint.doc(operation_id="resetSecondFactor", responses={204: "Removed", **REFUSALS})
@require("admin.users", fresh=True)
def reset_second_factor(user_id: int) -> Response:
    with at_the_door() as session:
        administration.reset_second_factor(session, user_id)
    return Response(status=204)


@blueprint.get(f"{PERSON}/sessions")
@blueprint.output(Sessions)
@blueprint.doc(operation_id="listSessionsOf", responses=REFUSALS)
@require("admin.users")
def list_sessions(user_id: int) -> Any:
    with at_the_door() as session:
        user = administration.person(session, user_id)
        return sessions_out(sessions.of_user(session, user.id), None)


@blueprint.delete(f"{PERSON}/sessions")
@blueprint.output(Ended)
@blueprint.doc(operation_id="endSessionsOf", responses=REFUSALS)
@require("admin.users", fresh=True)
def end_sessions(user_id: int) -> Any:
    with at_the_door() as session:
        return Ended(ended=administration.end_sessions(session, user_id))


@blueprint.delete(f"{PERSON}/sessions/<{IDENT}:session_id>")
@blueprint.doc(operation_id="endSessionOf", responses={204: "Ended", **REFUSALS})
@require("admin.users", fresh=True)
def end_session(user_id: int, session_id: int) -> Response:
    with at_the_door() as session:
        sessions.end(session, administration.person(session, user_id).id, session_id)
    return Response(status=204)


@blueprint.get("/tokens")
@blueprint.output(Tokens)
@blueprint.doc(operation_id="listTokens")
@require("admin.users")
def list_tokens() -> Any:
    with at_the_door() as session:
        return [_token(held) for held in api_tokens.listed(session)]


@blueprint.post("/tokens")
@blueprint.input(TokenIn, arg_name="body")
@blueprint.output(CreatedToken, status_code=201)
@blueprint.doc(operation_id="createToken", responses=REFUSALS)
@require("admin.users", fresh=True)
def create_token(body: TokenIn) -> Any:
    with at_the_door() as session:
        made, text = api_tokens.create(
            session, body.name, body.organisation_id, frozenset(body.scopes), body.expires_at
        )
        return CreatedToken(token=_token(made), text=text)


@blueprint.delete(f"/tokens/<{IDENT}:token_id>")
@blueprint.doc(operation_id="revokeToken", responses={204: "Revoked", **REFUSALS})
@require("admin.users", fresh=True)
def revoke_token(token_id: int) -> Response:
    with at_the_door() as session:
        api_tokens.revoke(session, token_id)
    return Response(status=204)


def _said(body: PersonIn) -> Person:
    return Person(
        name=body.name,
        organisation_id=body.organisation_id,
        roles=frozenset(body.roles),
        phone=body.phone,
        certificate_no=body.certificate_no,
        extension=_extension(body.extension),
        active=body.active,
    )


def _extension(said: str) -> str:
    """Raises BadInput for a phone that the exchange does not have."""
    if said and said not in settings().extension_numbers:
        raise BadInput("extension", "unknown_extension", range=settings().extensions)
    return said


def _people(session: Session, users: Sequence[User]) -> list[PersonOut]:
    idents = [user.id for user in users]
    seen = sessions.last_seen(session, idents)
    enrolled = second_factor.enrolled_among(session, idents)
    return [
        PersonOut(
            id=user.id,
            account=user.account,
            name=user.name,
            roles=sorted(held.role for held in user.roles),
            organisation=reference(user.organisation),
            phone=user.phone,
            certificate_no=user.certificate_no,
            extension=user.extension,
            active=user.active,
            must_change_password=user.must_change_password,
            has_second_factor=user.id in enrolled,
            last_seen_at=seen.get(user.id),
        )
        for user in users
    ]


def _token(held: ApiToken) -> TokenOut:
    return TokenOut(
        id=held.id,
        name=held.name,
        hint=held.hint,
        organisation=reference(held.organisation),
        scopes=held.scopes,
        created_by=held.creator.name,
        created_at=held.created_at,
        expires_at=held.expires_at,
        last_used_at=held.last_used_at,
        revoked_at=held.revoked_at,
    )
