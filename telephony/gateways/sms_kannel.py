"""SMS through Kannel: its HTTP `sendsms`, its delivery reports as receipts.

Kannel answers once bearerbox has the message in its store; from then on reconnects and repeats
toward the SMSC are Kannel's. Nothing personal goes into a receipt's URL: smsbox logs URLs.
"""

import re
from urllib.parse import quote, urlencode

from kernel.settings import Settings
from telephony import engine_http, sms_text
from telephony.gateways.base import Accepted, Gateway, Health, OutcomeUnknown, Outgoing, Refused
from telephony.lifecycle import Channel, Kind

NAME = "sms_kannel"
USER = "command-center"
EVERY_REPORT = 1 | 2 | 4 | 8 | 16
KINDS = {
    1: Kind.DELIVERED,
    2: Kind.FAILED,
    4: Kind.DEFERRED,
    8: Kind.CARRIED,
    16: Kind.REJECTED,
    34: Kind.EXPIRED,
    66: Kind.NOT_KNOWN,
}
"""Kannel's report types (`%d`) in our words."""
QUEUED_FOR_LATER = "3:"
TRY_LATER = {429, 500, 502, 503}


class KannelGateway:
    name = NAME
    channel: str = Channel.SMS

    def __init__(self, settings: Settings, *, answer_seconds: float = engine_http.ANSWER_SECONDS):
        self.settings = settings
        self.real = settings.has_carrier
        self.answer_seconds = answer_seconds

    def send(self, outgoing: Outgoing) -> Accepted | Refused:
        """Hand one part to Kannel. Raises OutcomeUnknown."""
        target = f"/cgi-bin/sendsms?{urlencode(self._query(outgoing), quote_via=quote)}"
        port = self.settings.kannel_sendsms_port
        try:
            reply = engine_http.exchange(port, "GET", target, answer_seconds=self.answer_seconds)
        except engine_http.NotReached:
            return Refused("engine_unreachable", again=True)
        return _verdict(reply)

    def _query(self, outgoing: Outgoing) -> dict[str, str | bytes | int]:
        query: dict[str, str | bytes | int] = {
            "username": USER,
            "password": self.settings.kannel_password,
            "from": self.settings.sms_number,
            "to": outgoing.to,
            "text": outgoing.text,
            "charset": "UTF-8",
            "coding": 2,
            "priority": outgoing.priority,
            "dlr-mask": EVERY_REPORT,
            "dlr-url": self._receipt_url(outgoing),
        }
        if outgoing.parts > 1:
            query["udh"] = sms_text.header(outgoing.message_id, outgoing.part, outgoing.parts)
        return query

    def _receipt_url(self, outgoing: Outgoing) -> str:
        """Where Kannel reports; it fills in the places marked with % and one letter."""
        token = quote(self.settings.hook_token, safe="").replace("%", "%%")
        which = f"message={outgoing.message_id}&attempt={outgoing.attempt}&part={outgoing.part}"
        return (
            f"http://kannel:{token}@127.0.0.1:{self.settings.http_port}"
            f"/hooks/kannel/receipt?{which}&kind=%d&provider_id=%F&at=%T"
        )

    def health(self) -> Health:
        """Bearerbox's status page: is the SMSC bound, how many messages wait."""
        target = f"/status.xml?password={quote(self.settings.kannel_password)}"
        try:
            port = self.settings.kannel_admin_port
            status = engine_http.exchange(port, "GET", target, answer_seconds=3).body
        except (engine_http.NotReached, OutcomeUnknown):
            return Health(False, {"engine": "unreachable"})
        bound = re.search(r"<status>online \d+s</status>", status) is not None
        waiting = re.search(r"<storesize>(\d+)</storesize>", status)
        detail: dict[str, object] = {
            "engine": "running",
            "carrier": "bound" if bound else "away",
            "waiting": int(waiting[1]) if waiting else 0,
            "simulator": not self.real,
        }
        return Health(bound, detail)


def _verdict(reply: engine_http.Reply) -> Accepted | Refused:
    if reply.status == 202:
        later = reply.body.startswith(QUEUED_FOR_LATER)
        return Accepted(problem="carrier_away" if later else None)
    if reply.status in TRY_LATER:
        return Refused("throttled", again=True)
    if reply.status in (401, 403):
        return Refused("engine_refuses_us", again=True)
    return Refused("engine_refused", again=False)


def create(settings: Settings) -> Gateway:
    return KannelGateway(settings)
