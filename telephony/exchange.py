"""The telephone exchange (Asterisk) as its gateways use it: asked over ARI, one call an attempt.

The call of an attempt has the attempt's own name, so that the exchange refuses to make it twice.
What became of it comes back through `telephony.call_reports`.
"""

import base64
import hmac
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from kernel.settings import Settings
from telephony import engine_http
from telephony.engine_http import ANSWER_SECONDS, NotReached, Reply
from telephony.gateways.base import Accepted, Health, OutcomeUnknown, Outgoing, Refused
from telephony.lifecycle import Channel

USER = "command-center"
RING_SECONDS = 60
"""Longer than any dialling of the dial plan."""
MADE, ENDED, GONE, KNOWN = 200, 204, 404, 409
JOB = re.compile(r"(fax|voice)-(\d{1,18})-(\d{1,9})", re.ASCII)
"""What the call of an attempt is called: channel, message, attempt."""
LEG = re.compile(r"conference-(\d{1,18})-(\d{1,18})", re.ASCII)
"""What one party's line into a conference is called: conference, leg."""
UP = "Up"
"""A channel that was answered."""
LIST_BYTES = 1 << 20
"""Sixty calls are four channels of a kilobyte each."""


def extension_secret(settings: Settings, extension: str) -> str:
    """What a phone on that extension signs in with at the exchange."""
    name = f"extension {extension}".encode()
    return hmac.digest(settings.ari_password.encode(), name, "sha256").hex()[:20]


def lines(*extensions: str, outside: str = "") -> str:
    """As the dial plan dials them all at once: phones of the exchange, and a number beyond."""
    own = [f"PJSIP/{extension}" for extension in extensions if extension]
    return "&".join([*own, *([f"PJSIP/{outside}@trunk"] if outside else [])])


def job_of(channel: Channel, message_id: int, attempt: int) -> str:
    return f"{channel}-{message_id}-{attempt}"


@dataclass(frozen=True, slots=True)
class Ari:
    """The exchange's interface. Every question raises NotReached, OutcomeUnknown."""

    port: int
    password: str
    answer_seconds: float = ANSWER_SECONDS

    def make(self, job: str, plan: str, variables: Mapping[str, str]) -> Reply:
        """Have `<plan>-out` of the dial plan call somebody; who answers gets `<plan>-send`.

        Everything stands in the body: no number is part of an address or of a line's name.
        """
        # Both halves of the call inherit what begins with two underscores.
        inherited = {f"__{name}": value for name, value in variables.items()}
        asked = {
            "endpoint": f"Local/s@{plan}-out/n",
            "extension": "s",
            "context": f"{plan}-send",
            "priority": 1,
            "channelId": job,
            "timeout": RING_SECONDS,
            "variables": {"__JOB": job, **inherited},
        }
        return self._ask("POST", "/ari/channels", json.dumps(asked).encode())

    def calls(self, channel: Channel, answer_seconds: float | None = None) -> int:
        """How many are being made now; raises what `names` raises."""
        names = map(JOB.fullmatch, self.names(answer_seconds))
        # A call has two halves here and a leg on the trunk; the first half bears its name.
        return sum(name is not None and name[1] == channel for name in names)

    def names(self, answer_seconds: float | None = None) -> list[str]:
        """Of every line that is up or rings; ValueError for an answer that is no list of lines."""
        reply = self._ask("GET", "/ari/channels", None, answer_seconds)
        if reply.status != MADE:
            raise ValueError(f"the exchange answered {reply.status}")
        return [str(one.get("id", "")) for one in json.loads(reply.body)]

    def hang_up(self, job: str) -> None:
        """End a call in whatever state; one that is over stays over. ValueError as `names`."""
        reply = self._ask("DELETE", f"/ari/channels/{job}", None)
        if reply.status not in (ENDED, GONE):
            raise ValueError(f"the exchange answered {reply.status}")

    def hang_up_unanswered(self, job: str) -> None:
        """End a call that still rings; one that was answered goes on. ValueError as `names`."""
        reply = self._ask("GET", f"/ari/channels/{job}", None)
        if reply.status == GONE:
            return
        if reply.status != MADE:
            raise ValueError(f"the exchange answered {reply.status}")
        if json.loads(reply.body).get("state") != UP:
            self._ask("DELETE", f"/ari/channels/{job}", None)

    def _ask(
        self, method: str, target: str, body: bytes | None, answer_seconds: float | None = None
    ) -> Reply:
        token = base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        return engine_http.exchange(
            self.port,
            method,
            target,
            body=body,
            headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
            answer_seconds=answer_seconds or self.answer_seconds,
            most=LIST_BYTES,
        )


class ExchangeGateway(ABC):
    """What the exchange's gateways have in common: so many calls at once and no more."""

    name: str
    channel: str
    calls: Channel
    """The same as `channel`, as the exchange's calls bear it in their names."""

    def __init__(self, settings: Settings, *, answer_seconds: float = ANSWER_SECONDS):
        self.settings = settings
        self.ari = Ari(settings.ari_port, settings.ari_password, answer_seconds)
        self.real = bool(settings.sip_host)

    @property
    @abstractmethod
    def lines(self) -> int:
        """How many calls of this channel may run at once."""

    @abstractmethod
    def variables(self, outgoing: Outgoing) -> Mapping[str, str]:
        """What the dial plan needs to know of this call."""

    def send(self, outgoing: Outgoing) -> Accepted | Refused:
        """Have one number dialled. Raises OutcomeUnknown."""
        if outgoing.document is None:
            return Refused("no_document", again=False)
        try:
            if self.busy_lines() >= self.lines:
                return Refused("lines_busy", again=True)
        except (NotReached, OutcomeUnknown, ValueError):  # it was only asked
            return Refused("engine_unreachable", again=True)
        job = job_of(self.calls, outgoing.message_id, outgoing.attempt)
        try:
            variables = {"NUMBER": outgoing.to, **self.variables(outgoing)}
            reply = self.ari.make(job, self.calls, variables)
        except NotReached:
            return Refused("engine_unreachable", again=True)
        if reply.status in (MADE, KNOWN):
            return Accepted(job)
        return Refused("engine_refused", again=reply.status >= 500)

    def hang_up(self, message_id: int, attempt: int) -> None:
        """End the attempt's call if nobody has answered it.

        Raises NotReached, OutcomeUnknown, ValueError while the exchange does not say.
        """
        self.ari.hang_up_unanswered(job_of(self.calls, message_id, attempt))

    def health(self) -> Health:
        detail: dict[str, object] = {"simulator": not self.real, "lines": self.lines}
        try:
            busy = self.busy_lines(3)
        except (NotReached, OutcomeUnknown, ValueError):
            return Health(False, {"engine": "unreachable", **detail})
        return Health(True, {"engine": "running", "calling": busy, **detail})

    def busy_lines(self, answer_seconds: float | None = None) -> int:
        """Calls that are being made now. Raises what `Ari.calls` raises."""
        return self.ari.calls(self.calls, answer_seconds)
