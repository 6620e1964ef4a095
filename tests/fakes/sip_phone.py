"""A SIP phone of other make (PJSIP), as a program of its own: it registers, listens and presses.

Arguments: the registrar's port, its own ports for SIP and media, the file for what it hears, the
key. It speaks in lines: `registered`, `answered`, `pressed`, `over`. It presses the key (RFC 4733)
when it has heard sound and then a silence.
"""

import os
import sys
import threading
import time
from pathlib import Path

import pjsua2 as pj

QUIET_SECONDS = 1.5
ALL_SECONDS = 80
LOUD = 3
"""Of 255: speech is far above it, the silence of a line below."""


def say(word: str) -> None:
    print(word, flush=True)  # noqa: T201


class Call(pj.Call):  # type: ignore[misc]
    """Answered at once; both ends of its sound are a recorder and a level meter."""

    def __init__(self, account: "Account", ident: int, heard: str):
        super().__init__(account, ident)
        self.heard = heard
        self.recorder: pj.AudioMediaRecorder | None = None
        self.sound: pj.AudioMedia | None = None
        self.over = threading.Event()

    def onCallMediaState(self, _: pj.OnCallMediaStateParam) -> None:
        if self.recorder is None:
            self.sound = self.getAudioMedia(-1)
            self.recorder = pj.AudioMediaRecorder()
            self.recorder.createRecorder(self.heard)
            self.sound.startTransmit(self.recorder)
            say("answered")

    def onCallState(self, _: pj.OnCallStateParam) -> None:
        if self.getInfo().state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.over.set()


class Account(pj.Account):  # type: ignore[misc]
    def __init__(self, heard: str):
        super().__init__()
        self.heard = heard
        self.call: Call | None = None

    def onRegState(self, told: pj.OnRegStateParam) -> None:
        if told.code == 200:
            say("registered")

    def onIncomingCall(self, told: pj.OnIncomingCallParam) -> None:
        self.call = Call(self, told.callId, self.heard)
        answer = pj.CallOpParam()
        answer.statusCode = 200
        self.call.answer(answer)


def main(registrar: int, sip: int, media: int, heard: Path, key: str) -> None:
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt = 0  # events come in our own loop
    config.uaConfig.mainThreadOnly = True
    config.medConfig.clockRate = config.medConfig.sndClockRate = 8000
    endpoint.libInit(config)
    endpoint.audDevManager().setNullDev()
    transport = pj.TransportConfig()
    transport.port, transport.boundAddress = sip, "127.0.0.1"
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    account = register(registrar, media, heard)
    live(endpoint, account, key)
    if account.call is not None:
        account.call.recorder = None  # which closes its file, soon
    for _ in range(25):
        endpoint.libHandleEvents(20)
    say("over")
    os._exit(0)  # the library would rather be taken apart in an order of its own


def register(registrar: int, media: int, heard: Path) -> Account:
    wanted = pj.AccountConfig()
    wanted.idUri = f"sip:phone@127.0.0.1:{registrar}"
    wanted.regConfig.registrarUri = f"sip:127.0.0.1:{registrar}"
    wanted.mediaConfig.transportConfig.port = media
    wanted.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    account = Account(str(heard))
    account.create(wanted)
    return account


def live(endpoint: pj.Endpoint, account: Account, key: str) -> None:
    """Until the one call is over."""
    end = time.monotonic() + ALL_SECONDS
    loud_at = 0.0
    while time.monotonic() < end:
        endpoint.libHandleEvents(20)
        call = account.call
        if call is None or call.sound is None:
            continue
        if call.over.is_set():
            return
        if call.sound.getTxLevel() > LOUD:  # what the call gives to its recorder
            loud_at = time.monotonic()
        if key and loud_at and time.monotonic() - loud_at > QUIET_SECONDS:
            call.dialDtmf(key)
            say("pressed")
            key = ""


if __name__ == "__main__":
    registrar, sip, media = map(int, sys.argv[1:4])
    main(registrar, sip, media, Path(sys.argv[4]), sys.argv[5])
