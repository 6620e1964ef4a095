"""Fax through the labelled simulator (`telephony.simulated_fax`): reaches nobody."""

import json

from kernel.settings import Settings
from telephony import engine_http
from telephony.gateways.base import Accepted, Gateway, Health, OutcomeUnknown, Outgoing, Refused
from telephony.lifecycle import Channel

NAME = "fax_simulator"


class FaxSimulatorGateway:
    name = NAME
    channel: str = Channel.FAX
    real = False

    def __init__(self, settings: Settings, *, answer_seconds: float = engine_http.ANSWER_SECONDS):
        self.port = settings.fax_simulator_port
        self.answer_seconds = answer_seconds

    def send(self, outgoing: Outgoing) -> Accepted | Refused:
        """Hand over one document. Raises OutcomeUnknown."""
        if outgoing.document is None:
            return Refused("no_document", again=False)
        body = {
            "message": outgoing.message_id,
            "attempt": outgoing.attempt,
            "to": outgoing.to,
            "recipient": outgoing.recipient_name,
            "subject": outgoing.subject,
            "pages": outgoing.parts,
            "document": outgoing.document.name,
        }
        try:
            reply = engine_http.exchange(
                self.port,
                "POST",
                "/faxes",
                body=json.dumps(body).encode(),
                answer_seconds=self.answer_seconds,
            )
        except engine_http.NotReached:
            return Refused("engine_unreachable", again=True)
        return _verdict(reply)

    def health(self) -> Health:
        try:
            reply = engine_http.exchange(self.port, "GET", "/state", answer_seconds=3)
            detail = json.loads(reply.body)
        except (engine_http.NotReached, OutcomeUnknown, ValueError):
            return Health(False, {"engine": "unreachable"})
        return Health(True, {"engine": "running", **detail})


def _verdict(reply: engine_http.Reply) -> Accepted | Refused:
    if reply.status == 202:
        return Accepted(str(json.loads(reply.body)["id"]))
    if reply.status == 503:
        return Refused("lines_busy", again=True)
    return Refused("engine_refused", again=False)


def create(settings: Settings) -> Gateway:
    return FaxSimulatorGateway(settings)
