"""Where engines on this machine call us back. Answered only after commit; known by a token."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from apiflask import APIBlueprint
from flask import Response, current_app, request

from kernel.access import Role, system
from kernel.errors import BadInput, Unauthenticated
from kernel.settings import Settings
from kernel.web import public, unit_of_work
from telephony import inbound, news, receipts
from telephony.fax_tray import NAME
from telephony.gateways import fax_asterisk, sms_kannel
from telephony.lifecycle import Channel, Kind

ENGINES = system("engines", role=Role.ENGINES)
MAX_BODY = 128 * 1024
"""A long text of 255 parts in UTF-8 is 51 kB."""
hooks = APIBlueprint("telephony_hooks", __name__, url_prefix="/hooks", enable_openapi=False)
CALL_ENGINES = ("fax_simulator", "fax_asterisk", "voice_asterisk")
PARTY_NEWS = ("joined", "left", Kind.BUSY, Kind.NO_ANSWER, Kind.DROPPED)
DONE = 202
"""Taken. Kannel takes only 200 and 202 for an end: anything else it repeats for ever."""


@hooks.before_request
def only_our_engines() -> None:
    """Raises Unauthenticated unless the request carries the shared token."""
    request.max_content_length = MAX_BODY
    settings = cast(Settings, current_app.extensions["settings"])
    given = (request.authorization.password if request.authorization else None) or ""
    if not hmac.compare_digest(given.encode(), settings.hook_token.encode()):
        raise Unauthenticated


@hooks.get("/kannel/receipt")
@public
def kannel_receipt() -> Response:
    """A delivery report: message, attempt, part, kind (`%d`), provider_id (`%F`), at (`%T`)."""
    query = request.args
    number = _whole(query, "kind")
    if number not in sms_kannel.KINDS:
        raise BadInput("kind")
    _record(query, sms_kannel.NAME, sms_kannel.KINDS[number], str(number))
    return Response(status=DONE)


@hooks.post("/call/receipt")
@public
def call_receipt() -> Response:
    """A page that passed, a key that was pressed, or how the call ended, as JSON."""
    body = request.get_json()
    said = {name: str(value) for name, value in body.items()} if isinstance(body, dict) else {}
    if said.get("kind") not in set(Kind):
        raise BadInput("kind")
    engine = said.get("engine", "fax_simulator")
    if engine not in CALL_ENGINES:
        raise BadInput("engine")
    if said["kind"] == Kind.KEY and said.get("key") not in receipts.KEYS:
        raise BadInput("key")
    _record(said, engine, Kind(said["kind"]), said.get("event_id", ""))
    return Response(status=DONE)


def _record(said: Mapping[str, str], gateway: str, kind: Kind, event: str) -> None:
    message, attempt = _whole(said, "message"), _whole(said, "attempt")
    part = _whole(said, "part")
    heard = receipts.Heard(
        # What was said about which part names the event: an engine's own ids change on repeats.
        event_id=f"{gateway}:{message}:{attempt}:{part}:{event}"[:160],
        message_id=message,
        attempt=attempt,
        part=part,
        kind=kind,
        at=_moment(said.get("at", "")),
        provider_id=said.get("provider_id", "")[:120] or None,
        raw=dict(said),
    )
    with unit_of_work(ENGINES) as session:
        receipts.take(session, heard)


@hooks.post("/kannel/inbound")
@public
def kannel_inbound() -> Response:
    """A text: id and at in the query, numbers in headers, the text as body in its charset."""
    with unit_of_work(ENGINES) as session:
        inbound.receive(
            session,
            gateway=sms_kannel.NAME,
            provider_id=request.args.get("id") or _missing("id"),
            sender=request.headers.get("X-Kannel-From") or _missing("sender"),
            recipient=request.headers.get("X-Kannel-To", ""),
            text=decoded(request.get_data(), request.mimetype_params.get("charset", "")),
            received_at=_moment(request.args.get("at", "")),
        )
    return Response(status=DONE)


@hooks.post("/fax/inbound")
@public
def fax_inbound() -> Response:
    """A fax that came in, as JSON: fax (its file), from, to, pages, at."""
    body = request.get_json()
    said = {name: str(value) for name, value in body.items()} if isinstance(body, dict) else {}
    if not NAME.fullmatch(said.get("fax", "")):
        raise BadInput("fax")
    with unit_of_work(ENGINES) as session:
        inbound.receive(
            session,
            gateway=fax_asterisk.NAME,
            provider_id=said["fax"],
            sender=said.get("from", ""),
            recipient=said.get("to", ""),
            text="",
            pages=_whole(said, "pages"),
            received_at=_moment(said.get("at", "")),
            channel=Channel.FAX,
        )
    return Response(status=DONE)


@hooks.post("/conference/party")
@public
def conference_party() -> Response:
    """What became of a party's line into a conference, as JSON: conference, party, news, at."""
    body = request.get_json()
    said = {name: str(value) for name, value in body.items()} if isinstance(body, dict) else {}
    conference, party = _whole(said, "conference"), _whole(said, "party")
    if said.get("news") not in PARTY_NEWS:
        raise BadInput("news")
    with unit_of_work(ENGINES) as session:
        news.party_changed(session, conference, party, said["news"], _moment(said.get("at", "")))
    return Response(status=DONE)


def decoded(body: bytes, charset: str) -> str:
    """The text in the charset it says; what does not fit is replaced, never refused."""
    try:
        return body.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def _missing(field: str) -> str:
    raise BadInput(field, "required")


def _whole(said: Mapping[str, str], field: str) -> int:
    """A count or an id; raises BadInput."""
    text = said.get(field, "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadInput(field)
    return int(text)


def _moment(text: str) -> datetime:
    """Seconds since 1970 or an ISO time, in UTC; now where it is neither."""
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.now(UTC)
