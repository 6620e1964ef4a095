"""Fax over Asterisk: real T.30 (`res_fax_spandsp`) over the bureau's SIP trunk."""

from kernel.settings import Settings
from telephony.exchange import ExchangeGateway
from telephony.gateways.base import Gateway, Outgoing
from telephony.lifecycle import Channel

NAME = "fax_asterisk"


class AsteriskFaxGateway(ExchangeGateway):
    name = NAME
    channel: str = Channel.FAX
    calls = Channel.FAX

    @property
    def lines(self) -> int:
        return self.settings.fax_lines

    def variables(self, outgoing: Outgoing) -> dict[str, str]:
        return {"DOCUMENT": str(outgoing.document), "STATION": self.settings.fax_number}


def create(settings: Settings) -> Gateway:
    return AsteriskFaxGateway(settings)
