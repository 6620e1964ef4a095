"""Calls over Asterisk: a number is dialled, the words are spoken, one key answers.

Which key was pressed is told while the call goes on, how it ended at its end
(`telephony.call_reports`). A key proves the number, not the person.
"""

from kernel.settings import Settings
from telephony import numbers
from telephony.exchange import ExchangeGateway, lines
from telephony.gateways.base import Gateway, Outgoing
from telephony.lifecycle import Channel
from telephony.outbox import Outbox
from telephony.speech import PHRASES

NAME = "voice_asterisk"


class AsteriskVoiceGateway(ExchangeGateway):
    name = NAME
    channel: str = Channel.VOICE
    calls = Channel.VOICE

    @property
    def lines(self) -> int:
        return self.settings.voice_lines

    def variables(self, outgoing: Outgoing) -> dict[str, str]:
        """Files as the exchange names them: without their ending."""
        outbox = Outbox(self.settings.var_dir / "outbox")
        phrases = {name.upper(): str(outbox.phrase(name).with_suffix("")) for name in PHRASES}
        words = str(outgoing.document).removesuffix(".wav")
        return {"WORDS": words, "DESK": self._desk(), **phrases}

    def _desk(self) -> str:
        """What to dial for the desk; empty where it cannot be reached over this line."""
        desk, demo = self.settings.desk_number, self.settings.is_demo
        if all(one in self.settings.extension_numbers for one in desk.split(",")):
            return lines(*desk.split(","))
        refused = numbers.refusal(desk, demo_mode=demo, real=self.real)
        return "" if refused else lines(outside=numbers.normal(desk))


def create(settings: Settings) -> Gateway:
    return AsteriskVoiceGateway(settings)
