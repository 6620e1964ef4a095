"""Fax over Asterisk: real T.30 (`res_fax_spandsp`) over the bureau's SIP trunk, asked by ARI.

The call of an attempt has the attempt's own name, so that the exchange refuses to make it twice.
How it ended comes back through `telephony.fax_reports`.
"""

import base64
import json
import re
from urllib.parse import urlencode

from kernel.settings import Settings
from telephony import engine_http
from telephony.gateways.base import Accepted, Gateway, Health, OutcomeUnknown, Outgoing, Refused
from telephony.lifecycle import Channel

NAME = "fax_asterisk"
USER = "command-center"
RING_SECONDS = 60
MADE, KNOWN = 200, 409
JOB = re.compile(r"fax-(\d{1,18})-(\d{1,9})", re.ASCII)
"""What the call of an attempt is called: message, attempt."""
LIST_BYTES = 1 << 20
"""Sixty calls are four channels of a kilobyte each."""


class AsteriskFaxGateway:
    name = NAME
    channel: str = Channel.FAX

    def __init__(self, settings: Settings, *, answer_seconds: float = engine_http.ANSWER_SECONDS):
        self.settings, self.answer_seconds = settings, answer_seconds
        self.real = bool(settings.sip_host)

    def send(self, outgoing: Outgoing) -> Accepted | Refused:
        """Have one document dialled. Raises OutcomeUnknown."""
        if outgoing.document is None:
            return Refused("no_document", again=False)
        try:
            if self.busy_lines() >= self.settings.fax_lines:
                return Refused("lines_busy", again=True)
        except (engine_http.NotReached, OutcomeUnknown, ValueError):  # it was only asked
            return Refused("engine_unreachable", again=True)
        job = job_of(outgoing.message_id, outgoing.attempt)
        query = urlencode(
            {
                "endpoint": f"Local/{outgoing.to}@fax-out/n",
                "extension": "s",
                "context": "fax-send",
                "priority": 1,
                "channelId": job,
                "timeout": RING_SECONDS,
            }
        )
        # Both halves of the call inherit what begins with two underscores.
        variables = {
            "__JOB": job,
            "__DOCUMENT": str(outgoing.document),
            "__STATION": self.settings.fax_number,
        }
        body = json.dumps({"variables": variables}).encode()
        try:
            reply = self._ask("POST", f"/ari/channels?{query}", body)
        except engine_http.NotReached:
            return Refused("engine_unreachable", again=True)
        if reply.status in (MADE, KNOWN):
            return Accepted(job)
        return Refused("engine_refused", again=reply.status >= 500)

    def health(self) -> Health:
        detail: dict[str, object] = {"simulator": not self.real, "lines": self.settings.fax_lines}
        try:
            busy = self.busy_lines(3)
        except (engine_http.NotReached, OutcomeUnknown, ValueError):
            return Health(False, {"engine": "unreachable", **detail})
        return Health(True, {"engine": "running", "calling": busy, **detail})

    def busy_lines(self, answer_seconds: float | None = None) -> int:
        """Calls that are being made now. Raises NotReached, OutcomeUnknown; ValueError for an
        answer that is no list of calls.
        """
        reply = self._ask("GET", "/ari/channels", None, answer_seconds)
        if reply.status != MADE:
            raise ValueError(f"the exchange answered {reply.status}")
        found = json.loads(reply.body)
        # A call has two halves here and a leg on the trunk; the first half bears its name.
        return sum(bool(JOB.fullmatch(str(one.get("id", "")))) for one in found)

    def _ask(
        self, method: str, target: str, body: bytes | None, answer_seconds: float | None = None
    ) -> engine_http.Reply:
        token = base64.b64encode(f"{USER}:{self.settings.ari_password}".encode()).decode()
        return engine_http.exchange(
            self.settings.ari_port,
            method,
            target,
            body=body,
            headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
            answer_seconds=answer_seconds or self.answer_seconds,
            most=LIST_BYTES,
        )


def job_of(message_id: int, attempt: int) -> str:
    return f"fax-{message_id}-{attempt}"


def create(settings: Settings) -> Gateway:
    return AsteriskFaxGateway(settings)
