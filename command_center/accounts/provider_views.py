"""Signing in through the bureau's identity provider: there and back."""

import re

from apiflask import APIBlueprint
from flask import Response, redirect, request
from pydantic import BaseModel
from sqlalchemy import select

from command_center.accounts import attempts, cookies, service, sessions
from command_center.accounts.models import User
from command_center.accounts.oidc import FLOW_LASTS, Known, Provider
from command_center.accounts.service import Entry
from command_center.accounts.views import NOBODY, browser, give_challenge, give_session
from command_center.accounts.web import settings
from kernel.errors import AppError, NotFound, Unauthenticated
from kernel.log import get_logger
from kernel.schemas import Storable
from kernel.web import public, unit_of_work

log = get_logger(__name__)
OWN_PATH = re.compile(r"/(?![/\\])[!-~]*")
"""A path of this house: an address elsewhere would lend our name to a stranger's page."""
blueprint = APIBlueprint(
    "provider", __name__, url_prefix="/api/v1/session/provider", tag="Accounts"
)


class Onward(BaseModel):
    next: Storable = "/"


class Return(BaseModel):
    state: Storable = ""
    code: Storable = ""


@blueprint.get("")
@blueprint.input(Onward, location="query", arg_name="query")
@blueprint.doc(operation_id="signInWithProvider", responses={302: "To the provider"})
@public
def depart(query: Onward) -> Response:
    onward = query.next if OWN_PATH.fullmatch(query.next) else "/"
    provider = _provider()
    try:
        address, sealed = provider.start(onward)
    except AppError as refusal:
        return _refused(refusal)
    response = _redirect(address)
    # The provider's page sends the browser back from another site: a strict cookie stays away.
    cookies.write(response, settings(), cookies.PROVIDER, sealed, FLOW_LASTS, samesite="Lax")
    return response


@blueprint.get("/return")
@blueprint.input(Return, location="query", arg_name="query")
@blueprint.doc(operation_id="returnFromProvider", responses={302: "To the desk, or refused"})
@public
def come_back(query: Return) -> Response:
    provider = _provider()
    try:
        flow = provider.flow(cookies.read(settings(), cookies.PROVIDER), query.state)
        entry = _let_in(provider.finish(flow, query.code))
    except AppError as refusal:
        return _refused(refusal)
    response = _redirect(flow.next if entry.opened else "/login?second=1")
    cookies.forget(response, settings(), cookies.PROVIDER)
    return (give_session if entry.opened else give_challenge)(response, entry.token)


def _provider() -> Provider:
    if not settings().has_oidc:
        raise NotFound("provider", "")
    return Provider(settings())


def _let_in(known: Known) -> Entry:
    """Raises Unauthenticated for whoever has no account here: none is ever made on the way."""
    with unit_of_work(NOBODY) as session:
        attempt = attempts.begin(
            session, known.account[:60], request.remote_addr or "", attempts.PROVIDER
        )
    with unit_of_work(NOBODY) as session:
        user = session.scalar(select(User).where(User.id == attempt.user_id))
        if user is None:
            raise Unauthenticated("provider_unknown_account")
        attempts.forgive(session, attempt)
        sessions.forget(session, cookies.read(settings(), cookies.SESSION))
        device = cookies.read(settings(), cookies.DEVICE)
        return service.enter(
            session, settings(), user, browser(),
            how="provider", device=device, strong=known.strong,
        )  # fmt: skip


def _refused(refusal: AppError) -> Response:
    """Back to the sign-in page, which says why in the reader's language."""
    log.warning("provider_sign_in_refused", code=refusal.code)
    response = _redirect(f"/login?refused={refusal.code}")
    cookies.forget(response, settings(), cookies.PROVIDER)
    return response


def _redirect(address: str) -> Response:
    response: Response = redirect(address)  # type: ignore[assignment]
    return response
