"""A browser asks to be woken when there is an order, and asks no longer."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, g

from command_center.accounts.models import LoginSession
from command_center.accounts.push import service, vapid
from command_center.accounts.push.schemas import PushIn, PushOut
from command_center.accounts.web import at_the_door, settings
from kernel.web import current_principal, require

blueprint = APIBlueprint("push", __name__, url_prefix="/api/v1/account/push", tag="Account")
TOLD = ("field.act", "order.read")


def held() -> LoginSession:
    found: LoginSession = g.login
    return found


@blueprint.get("")
@blueprint.output(PushOut)
@blueprint.doc(operation_id="getPush")
@require(*TOLD)
def get_push() -> Any:
    offered = service.is_offered(settings(), held().user, current_principal())
    with at_the_door() as session:
        on = offered and service.is_on(session, held().id)
    return PushOut(offered=offered, on=on, key=vapid.public_key(settings().push_key))


@blueprint.put("")
@blueprint.input(PushIn, arg_name="body")
@blueprint.doc(
    operation_id="startPush",
    responses={204: "On", 409: "Not offered", 422: "No push service of ours"},
)
@require(*TOLD)
def start_push(body: PushIn) -> Response:
    with at_the_door() as session:
        service.subscribe(session, settings(), held(), current_principal(), body.endpoint)
    return Response(status=204)


@blueprint.delete("")
@blueprint.doc(operation_id="stopPush", responses={204: "Off"})
@require(*TOLD)
def stop_push() -> Response:
    with at_the_door() as session:
        service.unsubscribe(session, held().id)
    return Response(status=204)
