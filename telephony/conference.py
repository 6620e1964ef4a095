"""A party's line into a conference: called by the exchange, joined to the others, recorded.

What became of it comes back through `telephony.call_reports`. The exchange alone sees the number.
"""

import re
from collections.abc import Mapping
from typing import Any

from kernel.gate.gate import Cleared
from kernel.settings import Settings
from telephony import numbers
from telephony.exchange import KNOWN, MADE, Ari, lines
from telephony.lifecycle import Channel
from telephony.outbox import Outbox

CONFERENCE = re.compile(r"conference-(\d{1,18})", re.ASCII)
"""What a conference is called at the exchange, its recording too."""
NOTICE = "recorded"
NO_NUMBER = "no_number"
Address = Mapping[str, Any]
"""`extension`, `number`: whichever there is; both ring at once."""


def name_of(conference_id: int) -> str:
    return f"conference-{conference_id}"


def line_of(conference_id: int, party_id: int) -> str:
    return f"{name_of(conference_id)}-{party_id}"


class ConferenceLine:
    """Asks the exchange. Every verb raises NotReached, OutcomeUnknown, ValueError (no answer)."""

    def __init__(self, settings: Settings, outbox: Outbox):
        self.settings, self.outbox = settings, outbox
        self.ari = Ari(settings.ari_port, settings.ari_password)
        self.real = bool(settings.sip_host)

    def ring(
        self, conference_id: int, party_id: int, to: Cleared[Address], *, notice: bool
    ) -> str | None:
        """Call somebody, once however often it is asked; gives why they cannot be called.

        `notice`: they are told first that the call is recorded. Raises Unspeakable besides.
        """
        address = to.for_way(Channel.VOICE)
        extension, number = address.get("extension", ""), address.get("number", "")
        refused = number and numbers.refusal(
            number, demo_mode=self.settings.is_demo, real=self.real
        )
        outside = numbers.normal(number) if number and not refused else ""
        if not extension and not outside:
            return refused or NO_NUMBER
        words = str(self.outbox.phrase(NOTICE).with_suffix("")) if notice else ""
        told = {
            "LINES": lines(extension, outside=outside),
            "CONFERENCE": name_of(conference_id),
            "NOTICE": words,
        }
        reply = self.ari.make(line_of(conference_id, party_id), "conference", told)
        return None if reply.status in (MADE, KNOWN) else "engine_refused"

    def hang_up(self, conference_id: int, party_id: int) -> None:
        self.ari.hang_up(line_of(conference_id, party_id))

    def names(self) -> frozenset[str]:
        """Of the lines that are up or ring."""
        return frozenset(self.ari.names())
