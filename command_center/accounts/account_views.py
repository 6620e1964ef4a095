"""One's own account: password, second factor, sessions, trusted desks."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, g, request

from command_center.accounts import (
    account,
    attempts,
    devices,
    passwords,
    policy,
    second_factor,
    service,
    sessions,
)
from command_center.accounts.models import SecondFactor, User
from command_center.accounts.schemas import (
    AccountOut,
    DeviceOut,
    Devices,
    Ended,
    EnrolIn,
    NewPassword,
    ProposalOut,
    RecoveryCodes,
    SessionOut,
    Sessions,
)
from command_center.accounts.views import NOBODY, give_session
from command_center.accounts.web import at_the_door, settings, while_unfinished
from kernel.crypto import Vault
from kernel.errors import Unauthenticated
from kernel.schemas import IDENT
from kernel.web import require, require_fresh, unit_of_work

blueprint = APIBlueprint("account", __name__, url_prefix="/api/v1/account", tag="Account")


def me() -> User:
    found: User = g.login.user
    return found


@blueprint.get("")
@blueprint.output(AccountOut)
@blueprint.doc(operation_id="getAccount")
@while_unfinished
@require()
def get_account() -> Any:
    user = me()
    with at_the_door() as session:
        held = session.get(SecondFactor, user.id)
        enrolled = held is not None and held.secret is not None
        return AccountOut(
            account=user.account,
            name=user.name,
            phone=user.phone,
            shortest_password=settings().shortest_password,
            has_second_factor=enrolled,
            needs_second_factor=settings().demands_second_factor
            and policy.needs_second_factor(service.roles_of(user)),
            enrolled_at=held.enrolled_at if held else None,
            recovery_codes_left=second_factor.recovery_codes_left(session, user.id),
            trusted_device_days=settings().trusted_device_days,
        )


@blueprint.post("/password")
@blueprint.input(NewPassword, arg_name="body")
@blueprint.doc(
    operation_id="changePassword",
    responses={204: "Changed", 401: "The old one is wrong", 422: "Refused", 429: "Limited"},
)
@while_unfinished
@require()
def change_password(body: NewPassword) -> Response:
    user = me()
    with passwords.place_in_line():
        with unit_of_work(NOBODY) as session:
            attempt = attempts.begin(
                session, user.account, request.remote_addr or "", attempts.CONFIRM
            )
        if not passwords.verify(attempt.password_hash, body.old):
            raise Unauthenticated("bad_credentials")
        hashed = account.accept_password(user, settings(), body.password, body.old)
    with at_the_door() as session:
        token = account.change_password(session, g.login, attempt, hashed)
    return give_session(Response(status=204), token)


@blueprint.post("/second-factor")
@blueprint.output(ProposalOut)
@blueprint.doc(operation_id="proposeSecondFactor")
@while_unfinished
@require()
def propose() -> Any:
    """A new secret. An enrolled one stays good until a code confirms the new."""
    _fresh_when_enrolled()
    with at_the_door() as session:
        made = second_factor.propose(session, Vault(settings().secret_key), me())
    return ProposalOut(secret=made.secret, uri=made.uri, svg=made.svg)


def _fresh_when_enrolled() -> None:
    """Whoever finds a desk open must not put their own phone in the place of its user's."""
    with at_the_door() as session:
        enrolled = second_factor.is_enrolled(session, me().id)
    if enrolled:
        require_fresh()


@blueprint.post("/second-factor/confirm")
@blueprint.input(EnrolIn, arg_name="body")
@blueprint.doc(
    operation_id="enrolSecondFactor", responses={200: "Enrolled", 422: "Refused", 429: "Limited"}
)
@blueprint.output(RecoveryCodes)
@while_unfinished
@require()
def enrol(body: EnrolIn) -> Any:
    user = me()
    with unit_of_work(NOBODY) as session:
        attempt = attempts.begin(session, user.account, request.remote_addr or "", attempts.SECOND)
    with at_the_door() as session:
        codes = account.enrol(session, settings(), user, body.code)
    with unit_of_work(NOBODY) as session:
        attempts.forgive(session, attempt)
    return RecoveryCodes(codes=codes)


@blueprint.delete("/second-factor")
@blueprint.doc(operation_id="removeSecondFactor", responses={204: "Removed", 403: "Demanded"})
@require(fresh=True)
def remove() -> Response:
    with at_the_door() as session:
        account.remove_second_factor(session, settings(), me())
    return Response(status=204)


@blueprint.post("/recovery-codes")
@blueprint.output(RecoveryCodes)
@blueprint.doc(operation_id="renewRecoveryCodes")
@require(fresh=True)
def renew_codes() -> Any:
    with at_the_door() as session:
        return RecoveryCodes(codes=account.renew_recovery_codes(session, me()))


@blueprint.get("/sessions")
@blueprint.output(Sessions)
@blueprint.doc(operation_id="listOwnSessions")
@require()
def list_sessions() -> Any:
    with at_the_door() as session:
        return sessions_out(sessions.of_user(session, me().id), g.login.id)


def sessions_out(found: Any, this: int | None) -> list[SessionOut]:
    return [
        SessionOut(
            id=held.id,
            created_at=held.created_at,
            last_seen_at=held.last_seen_at,
            expires_at=held.expires_at,
            how=held.how,
            address=held.address,
            agent=held.agent,
            this=held.id == this,
        )
        for held in found
    ]


@blueprint.delete("/sessions")
@blueprint.output(Ended)
@blueprint.doc(operation_id="endOtherSessions")
@require()
def end_others() -> Any:
    with at_the_door() as session:
        ended = sessions.end_all(session, me().id, but=g.login.id)
    return Ended(ended=ended)


@blueprint.delete(f"/sessions/<{IDENT}:session_id>")
@blueprint.doc(operation_id="endOwnSession", responses={204: "Ended"})
@require()
def end_session(session_id: int) -> Response:
    with at_the_door() as session:
        sessions.end(session, me().id, session_id)
    return Response(status=204)


@blueprint.get("/devices")
@blueprint.output(Devices)
@blueprint.doc(operation_id="listTrustedDevices")
@require()
def list_devices() -> Any:
    with at_the_door() as session:
        found = devices.of_user(session, me().id)
        return [DeviceOut.model_validate(held, from_attributes=True) for held in found]


@blueprint.delete(f"/devices/<{IDENT}:device_id>")
@blueprint.doc(operation_id="distrustDevice", responses={204: "Revoked"})
@require()
def distrust(device_id: int) -> Response:
    with at_the_door() as session:
        devices.distrust(session, me().id, device_id)
    return Response(status=204)
